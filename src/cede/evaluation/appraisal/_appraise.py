"""Appraise methods on cases that none of them was fitted on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, check_fees, number_groups
from cede._rows._fingerprint import check_unseen, fingerprint
from cede.evaluation.appraisal._appraisal import Appraisal
from cede.evaluation.appraisal._close import Close
from cede.evaluation.appraisal._honesty import honesty
from cede.evaluation.appraisal._lead import leading_row
from cede.evaluation.appraisal._reading import (
    are_bits,
    beside,
    check_enough,
    goodness,
    measure_of,
    read_agents,
)
from cede.evaluation.appraisal._scorers import Remembered
from cede.evaluation.comparison import Comparison, Verdict, compare
from cede.exceptions import InvalidInput
from cede.operating import OperatingPoint, Scorer
from cede.tuning.guarantees import certify_scores

__all__ = ["appraise"]

Progress = Callable[[str, float], None]


def appraise(
    methods: Mapping[str, Scorer],
    X: Any,
    y: ArrayLike,
    experts: Any = None,
    costs: ArrayLike | None = None,
    *,
    outcomes: ArrayLike | None = None,
    money: ArrayLike | None = None,
    budgets: Sequence[float] = (0.1, 0.2, 0.3),
    point: OperatingPoint | None = None,
    model: Any = None,
    model_name: str = "model",
    fees: ArrayLike | None = None,
    X_tune: Any = None,
    y_fit: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    tune_scores: Mapping[str, ArrayLike] | None = None,
    tune_groups: ArrayLike | None = None,
    expert_names: Sequence[str] | None = None,
    feature_names: Sequence[str] | None = None,
    groups: ArrayLike | None = None,
    risk: float | None = None,
    delta: float = 0.1,
    n_boot: int = 1000,
    confidence: float = 0.95,
    random_state: int | None = 0,
    progress: Progress | None = None,
) -> Appraisal:
    """Judge methods on labelled cases that none of them was fitted on, as a report tells it.

    Parameters
    ----------
    methods : dict of name to router
        Anything with ``agent_scores(X)`` and ``predict(X)``.
    X, y, experts, costs
        The cases, as in :func:`cede.compare`: labels, with the experts' answers or their costs; or
        a table of agent costs as ``y``. Cases with a missing answer are left out, and counted.
    outcomes : array of shape (n, J + 1), optional
        Beside a table of agent costs: how good each answer was, from 0 to 1, where the costs hold
        money too.
    money : array of shape (n, J + 1), optional
        What each answer would have cost in money, in any unit.
    budgets : sequence of float, default=(0.1, 0.2, 0.3)
        Largest shares of cases that may leave the model.
    point : OperatingPoint, optional
        Judge the one method at this point, instead of at budgets.
    model : classifier, optional
        The base model; by default, the first method's answers are the model's.
    model_name : str, default="model"
        What the model is called.
    fees, X_tune, y_fit, class_names, tune_scores, tune_groups, expert_names, groups
        As in :func:`cede.compare`.
    feature_names : sequence of str, optional
        For telling which cases are deferred; by default those of the columns.
    risk, delta : float, optional
        Look for a point with at most this share of wrong answers, or mean loss of quality,
        guaranteed with probability ``1 - delta``: see :func:`cede.certify`.
    n_boot, confidence, random_state
        Resamples, level of all intervals, seed.
    progress : callable, optional
        Told the step begun and the share of the work done.

    Returns
    -------
    Appraisal

    Raises
    ------
    InvalidInput
        If a method knows that it was fitted on these cases, fewer than 10 of them have an answer
        of every agent, a point is passed with several methods, outcomes without a table of costs,
        and as :func:`cede.compare` and :func:`cede.certify`.

    Examples
    --------
    >>> from cede import TwoStageRouter
    >>> from cede.evaluation.appraisal import appraise
    >>> from cede.datasets import load_llm_routing
    >>> logs = load_llm_routing()
    >>> train, test = (logs.extras["split"] == part for part in ("train", "test"))
    >>> router = TwoStageRouter().fit(logs.X[train], logs.agent_costs[train])
    >>> found = appraise({"router": router}, logs.X[test], logs.agent_costs[test])
    >>> found.measure, found.verdict.action
    ('right', 'ask')
    """
    tell = progress or (lambda step, done: None)
    if point is not None and len(methods) != 1:
        raise InvalidInput(
            f"A point is of one method, however there are {len(methods)}; pass one, or budgets."
        )
    asked = {name: Remembered(method, point) for name, method in methods.items()}
    for method in asked.values():
        check_unseen(method, X, "A report")
    answering = next(iter(asked.values()), None) if model is None else model
    full, is_table = read_agents(X, y, experts, costs, answering)
    good = goodness(full, outcomes, is_table)
    known: Bools = np.asarray(~np.isnan(full).any(axis=1))
    check_enough(known)
    tell("comparing on unseen cases", 0.0)
    options: dict[str, Any] = {
        "budgets": (1.0,) if point is not None else tuple(budgets),
        "X_tune": X_tune,
        "tune_scores": tune_scores,
        "tune_groups": tune_groups,
        "groups": groups,
        "n_boot": n_boot,
        "confidence": confidence,
        "random_state": random_state,
    }

    def judged(truth: Any, table: Any, **given: Any) -> Comparison:
        found = compare(asked, X, truth, **options, **given)
        plain = is_table and are_bits(table[known])
        return replace(found, in_costs=False) if plain else found

    if is_table:
        comparison = judged(y, full, expert_names=expert_names)
    else:
        given = {"experts": experts, "costs": costs, "fees": fees, "model": answering}
        given |= {"y_fit": y_fit, "class_names": class_names}
        comparison = judged(y, full, expert_names=expert_names, **given)
    answers = comparison
    if good is not full:
        answers = judged(good, good, expert_names=comparison.expert_names)
    tell("looking closer", 0.5)
    try:
        verdict: Verdict | None = comparison.verdict()
    except InvalidInput:  # too few resamples
        verdict = None
    near = Close(asked, X, good[known], known, answers, options)
    row = leading_row(comparison, verdict)
    names = (model_name, *comparison.expert_names)
    numbers = None if groups is None else number_groups(groups)
    return Appraisal(
        comparison=comparison,
        answers=answers,
        measure=measure_of(good[known]),
        model_name=model_name,
        fees=tuple(check_fees(None if is_table else fees, comparison.expert_names).tolist()),
        verdict=verdict,
        lead=None if row is None else near.lead(row, feature_names),
        honesty={
            name: honesty(
                method, X, full, names,
                before_fees=not is_table, groups=numbers, confidence=confidence,
                n_boot=n_boot, random_state=random_state,
            )
            for name, method in asked.items()
        },
        money=None if money is None else near.money(beside(money, full), comparison.rows),
        point=point,
        certificate=None if risk is None or row is None else certify_scores(
            asked[row.method].own_scores(X), good,
            risk=risk, delta=delta, groups=groups, random_state=random_state,
        ),
        fingerprint=fingerprint(X).digest,
        n_features=np.shape(X)[1] if len(np.shape(X)) == 2 else None,
        seed=random_state,
    )  # fmt: skip
