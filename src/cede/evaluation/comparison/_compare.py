"""Compare fitted methods on cases that none of them saw."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import (
    Floats,
    Ints,
    check_agent_table,
    check_budget,
    check_fees,
    check_groups,
    check_same_length,
    number_groups,
)
from cede._checks._arrays import to_array
from cede._checks._names import expert_names as names_at_columns
from cede._intervals import check_confidence
from cede._rows._fingerprint import seen_before
from cede.costs import (
    check_names,
    check_table_alone,
    is_cost_table,
    read_cost_table,
    resolve_costs,
)
from cede.evaluation.comparison._constant import Constant, commonest
from cede.evaluation.comparison._judge import Judge
from cede.evaluation.comparison._result import Comparison
from cede.evaluation.resampling import paired_bootstrap
from cede.exceptions import InvalidInput
from cede.operating import Scorer

__all__ = ["compare"]

#: What a case says of a share by another fit's scores: of 400 draws of 1,000 rows, at budgets of
#: 20 and 30 %, intervals of 95 % held 94 % of the shares at one, and 97 % at a half.
_OTHER_FITS = 0.5


def compare(
    methods: Mapping[str, Scorer],
    X: Any,
    y: ArrayLike,
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
        The cases, as in :func:`cede.deferral_curve`; those with a missing answer are left out. If
        ``y`` is a table of agent costs, accuracy is one minus the mean cost, and the rows of
        ``model`` are always there.
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
        ``print`` shows it; :meth:`~cede.Comparison.verdict` says what to do.

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
    >>> found = compare({"line": router}, x[1_000:], table[1_000:], budgets=[0.5])
    >>> found.verdict().action, found.verdict().row.method
    ('defer', 'line')
    """
    if not isinstance(methods, Mapping):
        raise InvalidInput(
            f"methods are fitted routers by name, such as {{'mine': router}}, not {methods!r}."
        )
    given = to_array(y)
    is_table = is_cost_table(given)
    if is_table:
        check_table_alone(experts, costs, fees)
        table = read_cost_table(given)
        errors = table[:, 1:]
    else:
        errors = resolve_costs(y, experts, costs)
    known = ~np.isnan(table if is_table else errors).any(axis=1)
    truth, errors = given[known], errors[known]
    if len(truth) == 0:
        raise InvalidInput("No case has an answer of every expert, so there is nothing to compare.")
    check_confidence(confidence)
    if n_boot < 1 or isinstance(budgets, float | int):
        raise InvalidInput(
            f"compare wants n_boot >= 1 and a list of budgets, however n_boot={n_boot} and "
            f"budgets={budgets!r}."
        )
    told = y if is_table else costs if experts is None else experts
    for name, method in methods.items():
        check_names(method, told)
        seen = seen_before(method, X)
        if seen is not None:
            warnings.warn(
                f"{name!r} is flattered: {seen}; compare on cases that no method was fitted on.",
                UserWarning,
                stacklevel=2,
            )
    names = _names(expert_names, told, methods, errors.shape[1])
    constant = None if is_table or model is None else commonest(truth, y_fit, class_names)
    _check_names(methods, names, constant)
    prices = check_fees(fees, names)
    together = None if groups is None else _group_numbers(groups, known)
    tuning = _tuning(methods, X_tune, tune_scores, errors.shape[1])
    before = check_groups(tune_groups, next(iter(tuning.values()), ()), "tune_groups")
    model_costs = table[known, 0] if is_table else None
    weight = 1.0 if tune_scores is None else _OTHER_FITS
    judge = Judge(truth, errors, prices, model_costs, together, confidence, weight)
    for name, method in methods.items():
        judge.add_method(
            name, method, X, known, tuning.get(name), before, [check_budget(b) for b in budgets]
        )
    if is_table or model is not None:
        answers = None if is_table else np.asarray(model.predict(X))[known]
        judge.add_references(answers, names, budgets, constant)
    if not judge.right:
        raise InvalidInput("There is nothing to compare: pass methods, or a model.")
    means = paired_bootstrap(judge.outcomes(), n_boot, random_state, progress, groups=together)
    rows, outcomes = judge.rows(means, confidence, together)
    return Comparison(
        in_costs=is_table,
        rows=rows,
        outcomes=outcomes,
        groups=together,
        budgets=tuple(float(b) for b in budgets),
        expert_names=names,
        curves=judge.curves,
        n_cases=len(truth),
        n_independent=len(truth) if together is None else int(together.max()) + 1,
        n_left_out=int((~known).sum()),
        confidence=confidence,
        n_boot=n_boot,
    )


def _tuning(
    methods: Mapping[str, Scorer],
    X_tune: Any,
    tune_scores: Mapping[str, ArrayLike] | None,
    n_experts: int,
) -> dict[str, Floats]:
    """Agent scores of each method on the cases that points are chosen on; none are these."""
    if X_tune is not None and tune_scores is not None:
        raise InvalidInput("Points are chosen on X_tune or by tune_scores, not by both; pass one.")
    if tune_scores is None:
        asked = methods if X_tune is not None else {}
        given = {name: method.agent_scores(X_tune) for name, method in asked.items()}
    elif set(tune_scores) == set(methods):
        given = dict(tune_scores)
    else:
        raise InvalidInput(
            f"tune_scores holds scores of each method by its name, {', '.join(methods)}, however "
            f"it holds {', '.join(map(str, tune_scores)) or 'none'}."
        )
    tables = {name: check_agent_table("tune_scores", scores) for name, scores in given.items()}
    for name, scores in tables.items():
        if scores.shape[1] != n_experts + 1 or len({len(t) for t in tables.values()}) > 1:
            raise InvalidInput(
                f"tune_scores are of the same cases for each method, one column per agent "
                f"({n_experts + 1}), however those of {name!r} have shape {scores.shape}."
            )
    return tables


def _names(
    names: Sequence[str] | None, table: Any, methods: Mapping[str, Scorer], n_experts: int
) -> tuple[str, ...]:
    """Names as given, or as the table's columns, or as those that a method was fitted with."""
    if names is None:
        plain, found = names_at_columns(None, n_experts), names_at_columns(table, n_experts)
        fitted = [getattr(method, "expert_names_", plain) for method in methods.values()]
        known = [n for n in (found, *map(tuple, fitted)) if n != plain and len(n) == n_experts]
        return known[0] if known else plain
    if len(names) != n_experts:
        raise InvalidInput(f"There are {n_experts} experts, but {len(names)} names: {list(names)}.")
    return tuple(names)


def _check_names(
    methods: Mapping[str, Scorer], experts: Sequence[str], constant: Constant | None
) -> None:
    """Every row has a name of its own."""
    taken = {"model alone", "random, same rate", "oracle", *(f"{name} alone" for name in experts)}
    taken |= set() if constant is None else {constant.row}
    if "model" in experts or len(set(experts)) < len(experts):
        raise InvalidInput(f"Experts need names of their own, other than 'model', not {experts}.")
    clash = sorted(taken & set(methods))
    if clash:
        raise InvalidInput(f"A method cannot be named {clash[0]!r}: that row is always there.")


def _group_numbers(groups: ArrayLike, known: Any) -> Ints:
    values = to_array(groups)
    check_same_length(groups=values, y=known)
    return number_groups(values[known])
