"""Bounds on excess deferral risk, from a surrogate's excess or from the errors of estimates."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats
from cede.exceptions import InvalidInput, UnknownName
from cede.theory._checks import check_above_zero, check_at_least, check_costs, check_count
from cede.theory._formulas import FORMULAS, MARGINS

__all__ = ["consistency_bound", "plug_in_bound"]


def consistency_bound(
    excess: ArrayLike,
    kind: str,
    *,
    u: float = 1.0,
    n_agents: int | None = None,
    n_actions: int | None = None,
    scale: float | None = None,
    margin: str = "logistic",
    weight: float = 1.0,
    max_cost: float = 1.0,
    exact: bool = False,
) -> Floats:
    r"""Largest excess deferral risk :math:`R_{def} - R_{def}^* + M_{def}` at a surrogate's excess.

    x is the excess, s the scale, :math:`c = c_{max}`, w the weight; keywords in bold are required:

    ======================  =========================================  =============================
    kind                    bound                                      takes
    ======================  =========================================  =============================
    asymmetric_softmax      :math:`\max(\sqrt 2, c) \sqrt x`           max_cost
    softmax_one_vs_all      :math:`\max(\sqrt 2, \sqrt{c/w}) \sqrt x`  weight, max_cost
    one_vs_all              :math:`\sqrt{c\,x}`                        max_cost
    cost_sensitive_softmax  :math:`\sqrt{2 s x}`                       **scale**
    expected_cost           :math:`(K + J)\,x`                         **n_actions**
    rejector                :math:`\sqrt{2 s x}`; squared hinge:       margin, **scale** (not for
                            :math:`\sqrt{s x}`; hinge: :math:`x`       the hinge)
    aggregated              :math:`s\,\Gamma_u(x / s)`                 **scale, n_agents**, u, exact
    ======================  =========================================  =============================

    .. math::
        \Gamma_u(v) = \sqrt{2^u (2-u)\,v} \;(u < 1), \quad \sqrt{2 A^{u-1}\,v} \;(1 \leq u < 2),
        \quad (u-1)\,A^{u-1}\,v \;(u \geq 2)

    Parameters
    ----------
    excess : array
        Surrogate risk minus the mean lowest conditional risk, at least 0; each gets a bound.
    kind : str
        A loss of :mod:`cede.losses`, by name.
    u : float, default=1.0
        As in :func:`cede.losses.aggregated`.
    n_agents : int
        The number A = J + 1 of agents, the model included.
    n_actions : int
        The number K + J of classes and experts.
    scale : float
        Expected sum of a case's weights in the loss: J times the mean of the agents' total cost
        (aggregated), the mean cost of model plus expert (rejector), one plus the experts'
        accuracies (cost-sensitive softmax without fees).
    margin : {"logistic", "exponential", "squared_hinge", "hinge"}, default="logistic"
        As in :func:`cede.losses.rejector`.
    weight : float, default=1.0
        As in :func:`cede.losses.softmax_one_vs_all`.
    max_cost : float, default=1.0
        As in the loss.
    exact : bool, default=False
        Take the inverse of :func:`calibration_transform` for :math:`\Gamma_u`. It is sharp: never
        above the closed form, nor above 1.

    Returns
    -------
    array of the shape of ``excess``
        For the rule that takes the best of the decoded costs or, where nothing is decoded, of the
        scores.

    Raises
    ------
    InvalidInput
        If the excess is negative or not finite, a keyword is missing or unusable, or one that this
        kind does not take is not at its default.
    UnknownName
        If no bound of this kind, or no such margin, is known.

    Notes
    -----
    All bounds are concave in (x, s), so they hold on average over x, too. They are for experts who
    answer every case, and that of the rejector for one expert.

    Compare the closed forms of :math:`\Gamma_u` with papers. A further factor :math:`2 - u` under
    the root for 1 < u < 2, as it has been printed, is wrong, by 0.09 of the scale for u = 1.5. From
    u = 2 on, ``exact=True`` gives

    .. math:: \min\Bigl(1, (u-1)\,v \big/ \bigl[1 - \max_{k \leq A} (k-1)\,k^{1-u}\bigr]\Bigr)

    which is the same at u = 2, up to the minimum, and far smaller beyond: :math:`8v/3` for u = 3
    and four agents, where the published form gives :math:`32v`, 12 times as much.

    References
    ----------
    The first four follow from Pinsker's inequality (others' constants: Cao et al. 2023; arXiv
    2604.09414); then Mao, Mohri and Zhong 2025; Narasimhan et al. 2022, theorem 4; Montreuil et al.
    2025, theorem 4.4.

    Examples
    --------
    >>> consistency_bound([0.0, 0.02], "asymmetric_softmax")
    array([0. , 0.2])
    >>> round(float(consistency_bound(0.02, "aggregated", scale=1.0, n_agents=2, exact=True)), 4)
    0.1993
    >>> for exact in (False, True):
    ...     options = {"u": 3.0, "n_agents": 4, "scale": 3.0, "exact": exact}
    ...     print(consistency_bound([0.03], "aggregated", **options).round(4))
    [0.96]
    [0.08]
    """
    if kind not in FORMULAS:
        raise UnknownName("consistency bound for", kind, FORMULAS)
    if margin not in MARGINS:
        raise UnknownName("margin", margin, MARGINS)
    x = check_costs("excess", excess)
    check_at_least("u", u, 0.0)
    check_at_least("max_cost", max_cost, 1.0)
    check_above_zero("weight", weight)
    if scale is not None:
        check_above_zero("scale", scale)
    if n_agents is not None:
        check_count("n_agents", n_agents)
    if n_actions is not None:
        check_count("n_actions", n_actions)
    keywords = {
        "u": u,
        "n_agents": n_agents,
        "n_actions": n_actions,
        "scale": scale,
        "margin": margin,
        "weight": weight,
        "max_cost": max_cost,
        "exact": exact,
    }
    formula, needs, takes = FORMULAS[kind]
    if kind == "rejector" and margin == "hinge":
        needs = ()
    _check_keywords(kind, keywords, needs, takes)
    return np.asarray(formula(x, **{name: keywords[name] for name in takes}))[()]


def _check_keywords(
    kind: str, keywords: dict[str, Any], needs: tuple[str, ...], takes: tuple[str, ...]
) -> None:
    """Raise if a bound lacks a keyword, or gets one on which it does not depend."""
    for name in needs:
        if keywords[name] is None:
            raise InvalidInput(
                f"must be a number for the bound of {kind!r}, but got none; pass "
                f"{' and '.join(needs)}",
                argument=name,
            )
    defaults = inspect.signature(consistency_bound).parameters
    for name, value in keywords.items():
        if name not in takes and value != defaults[name].default:
            raise InvalidInput(
                f"must stay at its default for the bound of {kind!r}, which does not depend on it, "
                f"but got {value!r}; it takes {' and '.join(takes)}",
                argument=name,
            )


def plug_in_bound(
    posterior: ArrayLike,
    estimated_posterior: ArrayLike,
    expert_costs: ArrayLike,
    estimated_expert_costs: ArrayLike,
    *,
    max_cost: float = 1.0,
) -> float:
    r"""Largest excess deferral risk of plugging estimates into the Bayes rule.

    .. math:: c_{max} E\|\eta - \pi\|_1 + 2 E \max_j |\epsilon_j - \hat\epsilon_j|

    Parameters
    ----------
    posterior, estimated_posterior : array of shape (n, K)
        Class probabilities :math:`\eta` and :math:`\pi` of each case.
    expert_costs, estimated_expert_costs : array of shape (n, J) or (n,)
        Expected costs :math:`\epsilon` and :math:`\hat\epsilon` of the experts, usually errors,
        without fees: the bound holds for all of them.
    max_cost : float, default=1.0
        Factor of the published form, at least 1; the bound holds with 1.

    Returns
    -------
    float
        Mean over the cases.

    Raises
    ------
    InvalidInput
        If shapes disagree, a number is negative or not finite, or ``max_cost`` is below 1.

    Notes
    -----
    It is published for one expert. It holds for several, as regret is at most the sum of the errors
    in the costs of two actions, so that the largest at each x is enough.

    References
    ----------
    Narasimhan et al. 2022, theorem 2.

    Examples
    --------
    >>> round(plug_in_bound([[0.7, 0.3]], [[0.6, 0.4]], [0.2], [0.25]), 4)
    0.3
    """
    eta = check_costs("posterior", posterior)
    pi = check_costs("estimated_posterior", estimated_posterior)
    true = check_costs("expert_costs", expert_costs)
    guess = check_costs("estimated_expert_costs", estimated_expert_costs)
    max_cost = check_at_least("max_cost", max_cost, 1.0)
    classes_fit = eta.ndim == 2 and eta.size > 0 and eta.shape == pi.shape
    experts_fit = true.ndim in (1, 2) and true.shape == guess.shape
    if not (classes_fit and experts_fit and len(eta) == len(true)):
        raise InvalidInput(
            f"must have one shape (n, K) with its estimate, and the experts' costs one shape "
            f"(n, J) or (n,) with theirs, but got {eta.shape}, {pi.shape}, {true.shape} and "
            f"{guess.shape}; write one row per case in all",
            argument="posterior",
        )
    classes = np.abs(eta - pi).sum(-1)
    experts = np.abs(true - guess).reshape(len(eta), -1).max(-1, initial=0.0)
    return float((max_cost * classes + 2.0 * experts).mean())
