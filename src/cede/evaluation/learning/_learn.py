"""Fit a router on growing parts of its cases, and judge each fit on the same others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import check_budget
from cede._intervals import check_confidence
from cede._rows._fingerprint import fingerprint
from cede.evaluation.learning._curve import LearningCurve, LearningPoint
from cede.evaluation.learning._to_judge import CasesToJudge
from cede.evaluation.learning._to_learn import CasesToLearn, read_sizes
from cede.exceptions import InvalidInput
from cede.logs._opened import opened

__all__ = ["learning_curve"]


def learning_curve(
    router: Any,
    X: Any,
    y: ArrayLike | None = None,
    experts: Any = None,
    costs: ArrayLike | None = None,
    *,
    X_test: Any,
    y_test: ArrayLike | None = None,
    experts_test: Any = None,
    costs_test: ArrayLike | None = None,
    sizes: Sequence[int] | None = None,
    budget: float = 0.2,
    fees: ArrayLike | None = None,
    repeats: int = 5,
    confidence: float = 0.95,
    random_state: int | None = 0,
    progress: Callable[[int, int], None] | None = None,
    groups: ArrayLike | None = None,
    groups_test: ArrayLike | None = None,
) -> LearningCurve:
    r"""Fit a router on growing parts of its cases, and judge each fit on the same test cases.

    Per repeat the cases are shuffled, and a larger part contains the smaller ones. With mean gains
    :math:`g_r` of the repeats, and the gain of each test case averaged over them, of standard
    deviation :math:`\sigma` over ``n`` cases, intervals are :math:`\bar g \pm
    \sqrt{t^2 s_g^2 / R + z^2 \sigma^2 / n}`: the cases learned from and those judged on could
    both have been others. At the largest size, repeats differ in order only if it is all there is.
    With groups, whole groups are shuffled, and the gains of test cases vary by group.

    Parameters
    ----------
    router : Router
        A new one with the same parameters is fitted each time. A model in it that is fitted stays
        as it is; one that is not is fitted on the same part, and gains are over that one.
    X, y, experts, costs
        Cases to learn from, as for ``fit``; :class:`cede.logs.Cases` bring all of it, and groups.
    X_test, y_test, experts_test, costs_test
        Cases to judge on, in the same forms, which the router and its model have not seen; those
        with a missing answer are left out.
    sizes : sequence of int, optional
        Numbers of cases; default six, each twice the one before, up to all.
    budget : float, default=0.2
        The operating point is chosen on the test cases, which needs no labels.
    fees : float or array of shape (J,), optional
        Paid when an expert is asked; part of the costs judged. The router knows its own.
    repeats : int, default=5
        At least 2.
    confidence, random_state
        Level of the intervals; seed of the shuffles.
    progress : callable, optional
        Told (fits done, fits in all).
    groups, groups_test : array of shape (n,), optional
        Which cases belong together, such as one patient's; the router is fitted with its part.

    Raises
    ------
    InvalidInput
        If sizes are not increasing numbers of cases, a fit fails (too few cases to fit on), or
        test cases are among those to learn from.

    Examples
    --------
    >>> from cede import TwoStageRouter
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(600, 1))
    >>> table = np.column_stack([np.full(600, 0.5), X[:, 0] > 0])
    >>> curve = learning_curve(
    ...     TwoStageRouter(), X[:300], table[:300], X_test=X[300:], y_test=table[300:],
    ...     sizes=[20, 100, 300], budget=0.5, repeats=2,
    ... )
    >>> [p.n_cases for p in curve.points], curve.needed(0.5)
    ([20, 100, 300], 20.0)
    """
    X, y, experts, costs, _, groups = opened(X, y, experts, costs, groups=groups)
    X_test, y_test, experts_test, costs_test, _, groups_test = opened(
        X_test, y_test, experts_test, costs_test, groups=groups_test
    )
    _check_answers(y=y, y_test=y_test)
    to_learn = CasesToLearn.of(X, y, experts, costs, groups)
    numbers = read_sizes(sizes, len(to_learn))
    share, level = check_budget(budget), check_confidence(confidence)
    if repeats < 2:
        raise InvalidInput(
            f"must be at least 2, as intervals need fits that differ, but got {repeats}",
            argument="repeats",
        )
    _check_apart(X, X_test)
    to_judge = CasesToJudge(X_test, y_test, experts_test, costs_test, fees, groups_test)
    n_answers = to_learn.n_answers()
    orders = to_learn.shuffled(repeats, random_state)
    tell = progress or (lambda done, total: None)
    points: list[LearningPoint] = []
    for size in numbers:
        outcomes = []
        for order in orders:
            outcomes.append(to_judge.judge(to_learn.fit(router, order[:size]), share))
            tell(len(points) * repeats + len(outcomes), len(numbers) * repeats)
        costs_of_all, costs_of_model, rates = map(np.array, zip(*outcomes, strict=True))
        points.append(
            LearningPoint(
                n_cases=size,
                n_answers=float(np.mean([n_answers[order[:size]].sum() for order in orders])),
                cost=to_judge.mean_cost(costs_of_all, level),
                model_cost=to_judge.mean_cost(costs_of_model, level),
                gain=to_judge.mean_gain(costs_of_model - costs_of_all, level),
                deferral_rate=float(rates.mean()),
            )
        )
    return LearningCurve(tuple(points), share, repeats, to_judge.n_cases, level)


def _check_answers(**answers: Any) -> None:
    for name, table in answers.items():
        if table is None:
            raise InvalidInput(
                "must be labels or a table of agent costs, but got none; pass them, or Cases",
                argument=name,
            )


def _check_apart(X: Any, X_test: Any) -> None:
    overlap = fingerprint(X).overlap(X_test)
    if overlap is not None:
        raise InvalidInput(
            f"must hold cases that no fit has seen, but {overlap:.0%} of X_test are in X; hold "
            f"some out",
            argument="X_test",
        )
