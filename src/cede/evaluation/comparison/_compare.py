"""Compare fitted methods on cases that none of them saw."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, Ints, check_fees, check_same_length, number_groups
from cede._checks._arrays import to_array
from cede._intervals import check_confidence
from cede._rows._fingerprint import seen_before
from cede.costs import (
    check_names,
    check_table_alone,
    is_cost_table,
    read_cost_table,
    resolve_costs,
)
from cede.evaluation.comparison._ask import place_methods
from cede.evaluation.comparison._constant import commonest
from cede.evaluation.comparison._judge import judge
from cede.evaluation.comparison._names import check_row_names, read_expert_names
from cede.evaluation.comparison._result import Comparison
from cede.evaluation.comparison._truth import Truth
from cede.exceptions import InvalidInput
from cede.logs._opened import check_known, opened
from cede.operating import Scorer

__all__ = ["check_known", "check_settings", "compare", "truth_of"]


def compare(
    methods: Mapping[str, Scorer],
    X: Any,
    y: ArrayLike | None = None,
    experts: Any = None,
    costs: ArrayLike | None = None,
    *,
    budgets: Sequence[float] = (0.1, 0.2, 0.3),
    model: Any = None,
    fees: ArrayLike | None = None,
    X_tune: Any = None,
    y_fit: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    tune_scores: Mapping[str, ArrayLike] | None = None,
    tune_groups: ArrayLike | None = None,
    expert_names: Sequence[str] | None = None,
    groups: ArrayLike | None = None,
    n_boot: int = 1000,
    confidence: float = 0.95,
    random_state: int | None = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Compare fitted methods on labelled cases that none of them was fitted on.

    Parameters
    ----------
    methods : dict of name to router
        Anything with ``agent_scores(X)`` and ``predict(X)``.
    X, y, experts, costs
        The cases: :class:`cede.logs.Cases` bring all of it, and groups; or arrays, as in
        :func:`cede.deferral_curve`. Those with a missing answer are left out. If ``y`` is a table
        of agent costs, accuracy is one minus the mean cost, and the rows of ``model`` are always
        there.
    budgets : sequence of float, default=(0.1, 0.2, 0.3)
        Largest shares of cases that may leave the model.
    model : classifier, optional
        The base model: adds the rows *model alone*, each expert alone, *always* the commonest
        answer, *random, same rate* (its expectation, experts drawn uniformly, at the mean rate the
        methods realise) and *oracle* (which knows every outcome).
    fees : float or array of shape (J,), optional
        Paid when an expert is asked; part of ``cost``. The methods know their own.
    X_tune : array or dataframe, optional
        Cases on which operating points are chosen; the share that leaves the model then differs
        from the budget, as it will in use: by up to 8 points at a budget of 20 % if they are 100,
        by up to 4 if they are 400. Without it they are chosen on ``X``, which needs no labels but
        all cases at once.
    y_fit : array of shape (m,), optional
        Labels of the cases that were fitted on: the answer that *always* gives is the commonest
        of these. Without it, it is chosen on ``y``, and a little harder to beat. Labels
        that are all equal have no such row.
    class_names : sequence of str, optional
        What the labels 0, 1, … are called in the name of that row.
    tune_scores : dict of name to array of shape (n, J + 1), optional
        Instead of ``X_tune``, each method's agent scores of such cases: of those it was fitted on,
        for example, each by a fit on others. For the interval of the share to come, two of these
        count as one, since other fits' scores are not quite the method's.
    tune_groups : array of shape (n,), optional
        Which of the cases that points are chosen on belong together: the intervals of the shares
        are wider then.
    groups : array of shape (n,), optional
        Cases of one group (a patient's, a conversation's) are not independent: the bootstrap draws
        groups.
    n_boot, confidence, random_state
        Resamples of the paired bootstrap (a verdict needs 100 at least), level of the intervals,
        seed. The intervals hold the fitted methods and their operating points fixed.
    progress : callable, optional
        Told (resamples done, resamples in all).

    Returns
    -------
    Comparison
        ``print`` shows it; :meth:`~cede.evaluation.Comparison.verdict` says what to do.

    Raises
    ------
    InvalidInput
        If there is nothing to compare, a name stands twice, a setting means nothing, or a method
        was fitted with other experts.

    Examples
    --------
    >>> import numpy as np
    >>> from cede import TwoStageRouter, compare
    >>> x = np.random.default_rng(0).uniform(-1, 1, size=(2_000, 1))
    >>> table = np.column_stack([0.2 + 0.1 * x[:, 0], 0.2 - 0.1 * x[:, 0]])  # cost of each agent
    >>> router = TwoStageRouter().fit(x[:1_000], table[:1_000])
    >>> comparison = compare({"line": router}, x[1_000:], table[1_000:], budgets=[0.5])
    >>> comparison.verdict().action, comparison.verdict().row.method
    ('defer', 'line')
    """
    if not isinstance(methods, Mapping):
        raise InvalidInput(
            f"must be fitted routers by name, but got {methods!r}; write {{'mine': router}}",
            argument="methods",
        )
    X, y, experts, costs, _, groups = opened(X, y, experts, costs, groups=groups)
    check_known(y)
    labels: Any = to_array(y)
    is_table = is_cost_table(labels)
    if is_table:
        check_table_alone(experts, costs, fees)
        agent_costs = read_cost_table(labels)
        labels, errors, of_model = None, agent_costs[:, 1:], agent_costs[:, 0]
    else:
        errors, of_model = resolve_costs(y, experts, costs), None
    check_settings(confidence, n_boot, budgets)
    table = y if is_table else costs if experts is None else experts
    for name, method in methods.items():
        check_names(method, table)
        overlap = seen_before(method, X)
        if overlap is not None:
            warnings.warn(
                f"{name!r} is flattered: {overlap}; compare on cases that no method was fitted on.",
                UserWarning,
                stacklevel=2,
            )
    names = read_expert_names(expert_names, table, methods, errors.shape[1])
    truth = truth_of(labels, errors, of_model, names, fees, groups)
    constant = None
    if model is not None and not is_table:
        constant = commonest(truth.labels, y_fit, class_names)
    check_row_names(methods, names, None if constant is None else constant.row)
    placed = place_methods(
        methods, X, truth, budgets, confidence=confidence,
        X_tune=X_tune, tune_scores=tune_scores, tune_groups=tune_groups,
    )  # fmt: skip
    with_answers = model is not None and not is_table
    return judge(
        truth,
        placed,
        budgets=budgets,
        with_references=is_table or model is not None,
        answers=np.asarray(model.predict(X))[truth.known] if with_answers else None,
        constant=constant,
        n_boot=n_boot,
        confidence=confidence,
        random_state=random_state,
        progress=progress,
    )


def check_settings(confidence: float, n_boot: int, budgets: Any) -> None:
    """Raise unless a comparison can be made with these."""
    check_confidence(confidence)
    if n_boot < 1:
        raise InvalidInput(f"must be at least 1, but got {n_boot}", argument="n_boot")
    if isinstance(budgets, float | int):
        raise InvalidInput(
            f"must be a list, but got {budgets!r}; write [{budgets!r}]", argument="budgets"
        )


def truth_of(
    labels: Any,
    errors: Any,
    of_model: Any,
    expert_names: tuple[str, ...],
    fees: ArrayLike | None,
    groups: ArrayLike | None,
    class_costs: Floats | None = None,
) -> Truth:
    """What answers cost where every agent's is known, from labels or the model's own costs."""
    known = ~np.isnan(errors).any(axis=1)
    if of_model is not None:
        known &= ~np.isnan(of_model)
    if not known.any():
        raise InvalidInput(
            f"must hold one at least in which every agent's answer is known, but got none of "
            f"{len(known):,}; compare fewer experts at a time",
            argument="cases",
        )
    return Truth(
        known=known,
        errors=errors[known],
        fees=check_fees(fees, expert_names),
        expert_names=expert_names,
        labels=None if labels is None else labels[known],
        model_costs=None if of_model is None else of_model[known],
        groups=None if groups is None else _group_numbers(groups, known),
        class_costs=class_costs,
    )


def _group_numbers(groups: ArrayLike, known: Any) -> Ints:
    values = to_array(groups)
    check_same_length(groups=values, y=known)
    return number_groups(values[known])
