"""Appraise methods on cases that none of them was fitted on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, number_groups
from cede._checks._arrays import to_array
from cede._rows._fingerprint import HashedCases, check_unseen, fingerprint, hash_cases
from cede.costs import check_names
from cede.evaluation.appraisal._appraisal import Appraisal
from cede.evaluation.appraisal._close import Close
from cede.evaluation.appraisal._honesty import honesty
from cede.evaluation.appraisal._lead import leading_row
from cede.evaluation.appraisal._reading import (
    AnswerCosts,
    are_bits,
    beside,
    measure_of,
    read_answer_costs,
    rows_of,
)
from cede.evaluation.appraisal._scorers import Remembered
from cede.evaluation.comparison._ask import place_methods
from cede.evaluation.comparison._compare import check_settings, truth_of
from cede.evaluation.comparison._constant import Constant, commonest
from cede.evaluation.comparison._judge import judge
from cede.evaluation.comparison._names import check_row_names, read_expert_names
from cede.evaluation.comparison._points import Placed
from cede.evaluation.comparison._result import Comparison
from cede.evaluation.comparison._terms import Terms
from cede.evaluation.comparison._truth import Truth
from cede.exceptions import InvalidInput
from cede.logs import Cases
from cede.logs._opened import check_known, opened
from cede.operating import OperatingPoint, Scorer
from cede.tuning.guarantees import certify_scores

__all__ = ["appraise"]

Progress = Callable[[str, float], None]


def appraise(
    methods: Mapping[str, Scorer],
    X: Any,
    y: ArrayLike | None = None,
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
    terms: Terms | None = None,
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
        a table of agent costs as ``y``. :class:`cede.logs.Cases` bring all of it, and groups,
        outcomes, money and names. Cases with a missing answer are left out, and counted.
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
    terms : Terms, optional
        Beside labels 0..K-1: what answers cost, how many each expert can give, and in which money
        costs are shown.
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
    >>> router = TwoStageRouter().fit(logs.X[train], logs.answer_costs[train])
    >>> appraisal = appraise({"router": router}, logs.X[test], logs.answer_costs[test])
    >>> appraisal.measure, appraisal.verdict.action
    ('right', 'ask')
    """
    tell = progress or (lambda step, done: None)
    terms = terms or Terms()
    if point is not None and len(methods) != 1:
        raise InvalidInput(
            f"must be of one method, but got {len(methods)}; pass one, or say budgets",
            argument="point",
        )
    if isinstance(X, Cases):
        outcomes = X.outcomes if outcomes is None else outcomes
        money = X.money if money is None else money
        model_name, expert_names, feature_names = X.agent_names[0], X.expert_names, X.feature_names
    X, y, experts, costs, _, groups = opened(X, y, experts, costs, groups=groups)
    check_known(y)
    hashed = hash_cases(X)
    scorers = _remembered(methods, point, hashed)
    answering: Any = next(iter(scorers.values()), None) if model is None else model
    answer_costs = read_answer_costs(X, y, experts, costs, answering, outcomes, terms.class_costs)
    is_table = answer_costs.is_table
    shares = (1.0,) if point is not None else tuple(budgets)
    check_settings(confidence, n_boot, shares)
    table = y if is_table else costs if experts is None else experts
    for method in scorers.values():
        check_names(method, table)
    names = read_expert_names(expert_names, table, scorers, answer_costs.full.shape[1] - 1)
    truth = truth_of(
        None if is_table else to_array(y), answer_costs.full[:, 1:],
        answer_costs.full[:, 0] if is_table else None,
        names, None if is_table else fees, groups, terms.class_costs,
    )  # fmt: skip
    constant = None if is_table else commonest(truth.labels, y_fit, class_names, terms.class_costs)
    check_row_names(scorers, names, None if constant is None else constant.row)
    tell("comparing on unseen cases", 0.0)
    placed = place_methods(
        scorers, X, truth, shares, confidence=confidence,
        X_tune=X_tune, tune_scores=tune_scores, tune_groups=tune_groups,
        largest_shares=terms.largest_shares,
    )  # fmt: skip
    comparison, answers = _compare_twice(
        truth, placed, answer_costs, constant,
        None if is_table else np.asarray(answering.predict(X))[truth.known],
        budgets=shares, n_boot=n_boot, confidence=confidence, random_state=random_state,
        currency=terms.currency,
    )  # fmt: skip
    tell("looking closer", 0.5)
    verdict = comparison.verdict_or_none
    errors = answer_costs.errors
    near = Close(placed, errors[truth.known], answers, n_boot=n_boot, seed=random_state)
    row = leading_row(comparison, verdict)
    numbers = None if groups is None else number_groups(groups)
    return Appraisal(
        comparison=comparison,
        answers=answers,
        measure=measure_of(errors[truth.known]) if terms.class_costs is None else "cost",
        model_name=model_name,
        fees=tuple(truth.fees.tolist()),
        verdict=verdict,
        lead=None if row is None else near.lead(row, rows_of(X, truth.known), feature_names),
        honesty={
            name: honesty(
                method, X, answer_costs.full, (model_name, *names),
                before_fees=not is_table, groups=numbers, confidence=confidence,
                n_boot=n_boot, random_state=random_state,
            )
            for name, method in scorers.items()
        },
        money=None
        if money is None
        else near.money(beside("money", money, answer_costs.full)[truth.known], comparison.rows),
        point=point,
        certificate=None if risk is None or row is None else certify_scores(
            scorers[row.method].own_scores(X), errors,
            risk=risk, delta=delta, groups=groups, random_state=random_state,
        ),
        fingerprint=fingerprint(hashed).digest,
        n_features=np.shape(X)[1] if len(np.shape(X)) == 2 else None,
        seed=random_state,
    )  # fmt: skip


def _remembered(
    methods: Mapping[str, Scorer], point: OperatingPoint | None, hashed: HashedCases
) -> dict[str, Remembered]:
    """Methods that are asked once each; none was fitted on these cases."""
    scorers = {name: Remembered(method, point) for name, method in methods.items()}
    for method in scorers.values():
        check_unseen(method, hashed, "A report")
    return scorers


def _compare_twice(
    truth: Truth,
    placed: Mapping[str, Placed],
    costs: AnswerCosts,
    constant: Constant | None,
    answers: Any,
    **settings: Any,
) -> tuple[Comparison, Comparison]:
    """By all that counts, and by the answers alone; one value where that is the same."""
    comparison = judge(
        truth, placed, with_references=True, answers=answers, constant=constant, **settings
    )
    if costs.is_table:
        comparison = _in_answers(comparison, costs.full[truth.known])
    if costs.errors is costs.full:
        return comparison, comparison
    by_answers = judge(truth.by(costs.errors), placed, with_references=True, **settings)
    return comparison, _in_answers(by_answers, costs.errors[truth.known])


def _in_answers(comparison: Comparison, table: Floats) -> Comparison:
    """Speak of right and wrong answers where a table of costs holds nothing else."""
    return replace(comparison, in_costs=False) if are_bits(table) else comparison
