"""Find the point with the fewest deferrals at which a risk is guaranteed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import check_agent_table
from cede._rows._fingerprint import check_unseen, fingerprint
from cede.costs import (
    add_fees,
    is_cost_table,
    read_outcomes,
)
from cede.exceptions import InvalidInput
from cede.logs._opened import check_known, opened
from cede.operating import Scorer
from cede.tuning.guarantees._certificate import Certificate
from cede.tuning.guarantees._claim import check_claim
from cede.tuning.guarantees._reading import (
    check_enough,
    one_of_each,
    read_cases,
    read_groups,
    read_scouts,
)
from cede.tuning.guarantees._search import search

__all__ = ["certify", "certify_scores", "on_cases"]


def certify(
    router: Scorer,
    X: Any,
    y: ArrayLike | None = None,
    experts: Any = None,
    costs: ArrayLike | None = None,
    *,
    risk: float,
    delta: float | None = 0.1,
    of: str = "system",
    groups: ArrayLike | None = None,
    subgroups: ArrayLike | None = None,
    fees: ArrayLike | None = None,
    largest_cost: float = 1.0,
    procedure: str = "fixed_sequence",
    scout: float | ArrayLike = 0.2,
    random_state: int | None = 0,
) -> Certificate:
    """Certify a router on labelled cases that it was not fitted, calibrated or chosen on.

    Parameters
    ----------
    router : object with ``agent_scores(X)`` and ``predict(X)``
        Any router of cede, or anybody's. One that knows that it was fitted on these cases is
        refused.
    X, y, experts, costs, fees
        The cases, as in :func:`cede.deferral_curve`. With fees, a case can cost more than 1.
    risk, delta, of, groups, subgroups, largest_cost, procedure, scout, random_state
        What is to be guaranteed; see :func:`certify_scores`.

    Raises
    ------
    InvalidInput
        If the router was fitted on these cases, and as :func:`certify_scores`.
    """
    X, y, experts, costs, _, groups = opened(X, y, experts, costs, groups=groups)
    check_known(y)
    check_unseen(router, X, "A guarantee")
    table = read_outcomes(router, X, y, experts, costs, fees)
    if not is_cost_table(y):
        table = add_fees(table, fees, getattr(router, "expert_names_", None))
    scores = np.asarray(router.agent_scores(X))
    if scores.shape[1:] != table.shape[1:]:
        raise InvalidInput(
            f"must be those of {scores.shape[-1] - 1}, whom the router scores, but got outcomes of "
            f"{table.shape[1] - 1}; bring answers or costs with a column for each",
            argument="experts",
        )
    certificate = certify_scores(
        scores,
        table,
        risk=risk,
        delta=delta,
        of=of,
        groups=groups,
        subgroups=subgroups,
        largest_cost=largest_cost,
        procedure=procedure,
        scout=scout,
        random_state=random_state,
    )
    return on_cases(certificate, X)


def on_cases(certificate: Certificate, X: Any) -> Certificate:
    """Note in the certified point which cases it was chosen on."""
    if certificate.point is None:
        return certificate
    point = replace(certificate.point, fingerprint=fingerprint(X).digest)
    return replace(certificate, point=point)


def certify_scores(
    agent_scores: ArrayLike,
    agent_costs: ArrayLike,
    *,
    risk: float,
    delta: float | None = 0.1,
    of: str = "system",
    groups: ArrayLike | None = None,
    subgroups: ArrayLike | None = None,
    largest_cost: float = 1.0,
    procedure: str = "fixed_sequence",
    scout: float | ArrayLike = 0.2,
    random_state: int | None = 0,
) -> Certificate:
    r"""Find the point with the fewest deferrals at which a risk is guaranteed, or say that none is.

    Over draws of these cases, independent and from where later ones come, the certified point's
    risk :math:`R` exceeds ``risk`` with probability ``delta`` at most, however bad the scores are:
    :math:`P(\text{certified and } R > \alpha) \le \delta`. If several cases belong together, such
    as one patient's, name their group in ``groups``.

    All points have one price for all experts. Fewer deferrals on this path are also less money
    spent, whatever the fees. Prices below zero, at which cases are deferred against the scores'
    advice, are on the path: what is kept may need them, and scores that only rank have no zero.

    Parameters
    ----------
    agent_scores : array of shape (n, J + 1)
        One comparable number per agent, higher is better, the model first.
    agent_costs : array of shape (n, J + 1)
        What letting each agent answer cost, in ``[0, largest_cost]``, the model first; NaN where
        it is not known. Cases with a missing cost are left out and counted: the guarantee is for
        cases like those that are left. Only the model's costs are read for the kept risks.
    risk : float
        The mean cost that must not be exceeded; with 0-1 costs, a share of errors.
    delta : float or None, default=0.1
        Probability that the guarantee fails. None, with ``of="kept"``: it holds on average over
        draws of these cases (conformal risk control), with fewer deferrals.
    of : {"system", "kept", "among_kept"}, default="system"
        ``"system"``: mean cost of whoever answers. ``"kept"``: cost of the cases that the model
        keeps, per case of all; errors that nobody else looked at. ``"among_kept"``: mean cost
        among the cases that the model keeps, the selective risk.
    groups : array of shape (n,), optional
        Which cases belong together (to one patient, one conversation). They are not independent,
        and no guarantee would hold if they were taken to be. One case of each group is drawn, of
        those whose costs are known, and the others are left out: what is guaranteed is the risk
        in a random case of a random group.
    subgroups : array of shape (n,), optional
        Parts of the cases in each of which the risk must hold, at one point. The largest of their
        p-values tests that, without a correction: if the risk is too high in subgroup :math:`g`,
        then :math:`P(\max_h p_h \le \delta) \le P(p_g \le \delta) \le \delta`.
    largest_cost : float, default=1.0
        The most that a case can ever cost, fees included: known in advance, not the largest seen.
        If all costs are 0 or this, the test is exact; otherwise it is Hoeffding-Bentkus.
    procedure : {"fixed_sequence", "bonferroni"}, default="fixed_sequence"
        How prices are tested, where the risk may rise as more is deferred (all but ``"kept"``):
        one after the other from the least risk to the fewest deferrals, until one fails; or up to
        20 of them at once, each at ``delta`` divided by their number.
    scout : float or boolean array of shape (n,), default=0.2
        Share of the cases, drawn in each group, that chooses prices and their order; or which
        cases do. They do not test, or nothing would be guaranteed. ``"kept"`` needs none: its
        risk cannot rise as more is deferred, so all cases test all points.
    random_state : int or None, default=0
        Seed of the draw.

    Returns
    -------
    Certificate

    Raises
    ------
    InvalidInput
        If a setting or a cost is out of range, or there are fewer cases, in all or in a group,
        than would certify the risk without any error.

    References
    ----------
    Angelopoulos, Bates, Candès, Jordan and Lei 2021, "Learn then test" (p-values, fixed sequences
    learned on a split); Laufer-Goldshtein et al. 2023, "Efficiently controlling multiple risks
    with Pareto testing" (which points are worth testing); Angelopoulos, Bates, Fisch, Lei and
    Schuster 2022, "Conformal risk control" (``delta=None``); Geifman and El-Yaniv 2017,
    "Selective classification for deep neural networks" (``"among_kept"``).

    Examples
    --------
    An expert errs in 2 % of cases, the model the more the larger x, and the score knows x.

    >>> import cede
    >>> rng = np.random.default_rng(0)
    >>> x = rng.random(4_000)
    >>> scores = np.column_stack([1 - x / 2, np.full(4_000, 0.9)])
    >>> wrong = rng.random((4_000, 2)) < np.column_stack([x / 2, np.full(4_000, 0.02)])
    >>> certificate = certify_scores(scores, wrong, risk=0.05)
    >>> print(certificate)  # doctest: +NORMALIZE_WHITESPACE
    At price 0.0906, the system errs in at most 5 % of cases, with confidence 90 %:
    4.4 % of 3,200 test cases; 62.0 % deferred.
    >>> routes = cede.route(scores, certificate.point)
    """
    scores = check_agent_table("agent_scores", agent_scores)
    table = check_agent_table("agent_costs", agent_costs, allow_missing=True)
    if scores.shape != table.shape:
        raise InvalidInput(
            f"must have the shape of agent_scores, {scores.shape}, but got {table.shape}; bring a "
            f"row per case and a column per agent",
            argument="agent_costs",
        )
    costs = table if of == "system" else table[:, :1]
    known = np.asarray(~np.isnan(costs).any(axis=1), dtype=np.bool_)
    if not known.any():
        raise InvalidInput(
            f"must hold what the guarantee is about for one case at least, but got none in "
            f"{len(costs):,} cases; bring cases whose outcomes are logged",
            argument="agent_costs",
        )
    if groups is not None:
        known = one_of_each(groups, known, random_state)
    claim = check_claim(risk, delta, of, largest_cost, procedure, costs[known])
    names, group = read_groups(subgroups, known)
    cases = read_cases(scores[known], costs[known], group, max(1, len(names)))
    n_experts = scores.shape[1] - 1
    if n_experts == 0 and delta is None:
        raise InvalidInput(
            "must be a number where there is no expert and nothing to choose, but got None; say "
            "0.1",
            argument="delta",
        )
    scouts = np.zeros(len(cases), dtype=np.bool_)
    if n_experts and of != "kept":
        scouts = read_scouts(scout, known, cases, random_state)
    check_enough(claim, cases, scouts, names)
    return search(claim, cases, scouts, names, n_experts, int((~known).sum()))
