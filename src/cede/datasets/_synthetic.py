"""Made-up problems whose truth is known, so that a router can be held against the best one."""

from __future__ import annotations

import numpy as np

from cede._checks import Floats, Ints
from cede.datasets._dataset import Dataset
from cede.datasets._draws import check_at_least, draw_answers, draw_classes, logistic, softmax
from cede.exceptions import InvalidInput

GENERATED = "none needed: the numbers are generated"


def make_two_specialists(
    n: int = 5_000, random_state: int | np.random.Generator | None = 0
) -> Dataset:
    r"""Make a problem for two experts, each good on one side and poor on the other.

    A case is :math:`x = (s, u, v)`, with the side :math:`s` uniform on (-1, 1) and :math:`u, v`
    standard normal. Three classes pull in directions :math:`d_k` 120 degrees apart:

    .. math::

        \eta(x) = \mathrm{softmax}_k\bigl(2\,\langle d_k, (u, v)\rangle\bigr), \qquad
        \mathrm{logit}\,a_1(x) = 0.5 + 3 s, \qquad \mathrm{logit}\,a_2(x) = 0.5 - 3 s.

    The model is sure of itself far from :math:`(u, v) = 0` and along three rays; near the centre
    the specialist of that side knows better. Class logits and the logits of the experts'
    accuracies are linear in x, so linear scores can represent the truth exactly. Alone, the best
    model is right in 78 % of cases and either specialist in 57 %; the best system in 90 %, asking
    a specialist in about six cases out of ten.

    Parameters
    ----------
    n : int, default=5000
        Number of cases.
    random_state : int, Generator or None, default=0
        Seed; None draws anew at each call. The truth does not depend on it, only the cases do.

    Returns
    -------
    Dataset
        With ``class_posterior`` ``(n, 3)`` and ``expert_accuracy`` ``(n, 2)``. Given x, experts
        err independently; a wrong answer is either of the other two classes with equal chance.

    Raises
    ------
    InvalidInput
        If ``n`` is not a positive integer.

    Examples
    --------
    >>> problem = make_two_specialists(n=20_000)
    >>> round(problem.best_accuracy(), 2)
    0.9
    >>> round(float(problem.class_posterior.max(axis=1).mean()), 2)
    0.78
    """
    check_at_least(1, n=n)
    rng = np.random.default_rng(random_state)
    side, place = rng.uniform(-1.0, 1.0, size=n), rng.standard_normal((n, 2))
    angles = 2.0 * np.pi * np.arange(3) / 3.0
    posterior = softmax(2.0 * place @ np.stack([np.cos(angles), np.sin(angles)]))
    accuracy = logistic(0.5 + 3.0 * np.column_stack([side, -side]))
    y = draw_classes(posterior, rng)
    return Dataset(
        name="two_specialists",
        X=np.column_stack([side, place]),
        feature_names=("side", "u", "v"),
        y=y,
        experts=draw_answers(y, accuracy, 3, rng),
        expert_names=("specialist 1", "specialist 2"),
        class_posterior=posterior,
        expert_accuracy=accuracy,
        licence=GENERATED,
        description="Three classes; two experts, each good on its own side of the first feature.",
    )


def make_realizable_mixture(
    n: int = 4_000,
    n_classes: int = 3,
    n_experts: int = 3,
    n_features: int = 10,
    n_components: int = 10,
    other_accuracy: float = 0.5,
    random_state: int | np.random.Generator | None = 0,
) -> Dataset:
    r"""Make a problem that linear scores solve without error, and consistent losses need not.

    Features come from a mixture of Gaussians with equal weights, identity covariance and standard
    normal means. Hidden linear scores :math:`u(x) = W x`, K classes then J experts, columns of unit
    length, name who is responsible for x:

    - a class k: then :math:`y = k`, always;
    - expert j: then y is uniform over the classes, and expert j is right, always.

    Every expert not responsible is right with chance ``other_accuracy``. The best system therefore
    has accuracy 1, and a linear K + J score function attains it (it is *realizable*). Losses that
    are consistent over all functions need not find it among the linear ones: trained on 2,000
    cases, cost-sensitive softmax and one-vs-all reached 0.79 to 0.83 in our trial (four seeds),
    a realizable-consistent loss 0.98.

    Parameters
    ----------
    n : int, default=4000
        Number of cases.
    n_classes, n_experts : int, default=3
        K of at least 2, and J; no experts is legal.
    n_features, n_components : int, default=10
        Dimension of x, and number of Gaussians.
    other_accuracy : float, default=0.5
        Chance that an expert who is not responsible is right. Raising it towards 1 makes the
        choice of expert matter less.
    random_state : int, Generator or None, default=0
        Seed of W, the means and the cases; None draws anew at each call. To test what was learned,
        split one data set: another seed is another problem.

    Returns
    -------
    Dataset
        With the truth, and in ``extras``: ``responsible`` ``(n,)``, class k as k and expert j
        (from 1) as K + j - 1; ``scores`` ``(n, K + J)``, the hidden scores; ``component`` ``(n,)``.

    Raises
    ------
    InvalidInput
        If a size is not an integer in range, or ``other_accuracy`` lies outside [0, 1].

    References
    ----------
    After the realizable mixture of Mozannar et al. 2023, "Who should predict? Exact algorithms
    for learning to defer to humans", AISTATS, with several experts.

    Examples
    --------
    >>> problem = make_realizable_mixture()
    >>> problem.best_accuracy()
    1.0
    >>> problem.expert_accuracy.mean(axis=0).round(2)
    array([0.6 , 0.62, 0.58])
    """
    check_at_least(1, n=n, n_features=n_features, n_components=n_components)
    check_at_least(2, n_classes=n_classes)
    check_at_least(0, n_experts=n_experts)
    if not 0.0 <= other_accuracy <= 1.0:
        raise InvalidInput(f"other_accuracy is a chance in [0, 1], not {other_accuracy!r}.")
    rng = np.random.default_rng(random_state)
    weights = rng.standard_normal((n_features, n_classes + n_experts))
    means = rng.standard_normal((n_components, n_features))
    component = rng.integers(n_components, size=n)
    X = means[component] + rng.standard_normal((n, n_features))
    scores = X @ (weights / np.linalg.norm(weights, axis=0))
    responsible = scores.argmax(axis=1)
    posterior, accuracy = _truth(responsible, n_classes, n_experts, other_accuracy)
    y = draw_classes(posterior, rng)
    return Dataset(
        name="realizable_mixture",
        X=X,
        feature_names=tuple(f"x{i}" for i in range(1, n_features + 1)),
        y=y,
        experts=draw_answers(y, accuracy, n_classes, rng),
        expert_names=tuple(f"expert {j}" for j in range(1, n_experts + 1)),
        class_posterior=posterior,
        expert_accuracy=accuracy,
        extras={"responsible": responsible, "scores": scores, "component": component},
        licence=GENERATED,
        description="A linear score function names, case by case, the class or who knows it.",
    )


def _truth(
    responsible: Ints, n_classes: int, n_experts: int, other_accuracy: float
) -> tuple[Floats, Floats]:
    """Class posterior ``(n, K)`` and expert accuracy ``(n, J)``, given who is responsible."""
    actions = np.arange(n_classes + n_experts)
    named = responsible[:, None] == actions
    is_class = (responsible < n_classes)[:, None]
    posterior = np.where(is_class, named[:, :n_classes], 1.0 / n_classes)
    accuracy = np.where(named[:, n_classes:], 1.0, other_accuracy)
    return posterior, accuracy
