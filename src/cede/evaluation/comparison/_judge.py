"""Methods at their points, judged by what answers cost: entries, resamples, rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from cede._checks import Floats
from cede.evaluation.comparison._constant import Constant
from cede.evaluation.comparison._currency import Currency
from cede.evaluation.comparison._entry import Entry
from cede.evaluation.comparison._points import Placed
from cede.evaluation.comparison._references import references
from cede.evaluation.comparison._result import Comparison
from cede.evaluation.comparison._rows import rows_of
from cede.evaluation.comparison._table import Row
from cede.evaluation.comparison._truth import Truth
from cede.evaluation.resampling import paired_bootstrap
from cede.exceptions import InvalidInput
from cede.operating import deferral_curve_from_scores

__all__ = ["judge", "judged_rows"]


def judge(
    truth: Truth,
    methods: Mapping[str, Placed],
    *,
    budgets: Sequence[float],
    with_references: bool,
    answers: Any = None,
    constant: Constant | None = None,
    currency: Currency | None = None,
    n_boot: int = 1000,
    confidence: float = 0.95,
    random_state: int | None = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Compare methods that have their points.

    Parameters
    ----------
    truth : Truth
    methods : dict of name to Placed
    budgets : sequence of float
    with_references : bool
        Whether to add each agent alone, the constant, the random mix and the oracle.
    answers : array of shape (n,), optional
        What the model alone answers, where its costs follow from that.
    constant : Constant, optional
    currency : Currency, optional
        In which costs are shown.
    n_boot, confidence, random_state, progress
        As of :func:`cede.compare`.
    """
    tables = {name: truth.table(placed.answers) for name, placed in methods.items()}
    table = truth.table(answers) if with_references else None
    rows, entries = judged_rows(
        truth, methods, tables, table, budgets=budgets, constant=constant, n_boot=n_boot,
        confidence=confidence, random_state=random_state, progress=progress,
    )  # fmt: skip
    curves = {
        name: deferral_curve_from_scores(placed.scores, tables[name])
        for name, placed in methods.items()
    }
    if table is not None and truth.expert_names:
        full_costs = table + np.append(0.0, truth.fees)
        curves["oracle"] = deferral_curve_from_scores(1 - full_costs, table)
    return Comparison(
        rows=rows,
        outcomes=tuple(entry.outcome() for entry in entries),
        groups=truth.groups,
        budgets=tuple(float(b) for b in budgets),
        expert_names=truth.expert_names,
        curves=curves,
        n_cases=len(truth),
        n_independent=truth.n_independent,
        n_left_out=int((~truth.known).sum()),
        confidence=confidence,
        n_boot=n_boot,
        in_costs=truth.model_costs is not None or truth.class_costs is not None,
        currency=currency,
    )


def judged_rows(
    truth: Truth,
    methods: Mapping[str, Placed],
    tables: Mapping[str, Floats],
    table: Floats | None,
    *,
    budgets: Sequence[float],
    constant: Constant | None = None,
    n_boot: int = 1000,
    confidence: float = 0.95,
    random_state: int | None = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[tuple[Row, ...], list[Entry]]:
    """The rows of a comparison, and who was right in each case of each.

    ``tables`` is what each method costs, ``(n, J + 1)``; ``table`` what the references do, if there
    are to be any.
    """
    entries = [
        entry for name, placed in methods.items() for entry in _entries(name, placed, truth, tables)
    ]
    if table is not None:
        rates = {float(budget): _mean_rate(entries, budget) for budget in budgets}
        entries += references(truth, table, rates, constant)
    if not entries:
        raise InvalidInput(
            "must hold a method, but got none, and no model; pass one of them", argument="methods"
        )
    columns = np.column_stack([*(e.right for e in entries), *(e.spent for e in entries)])
    resampled = paired_bootstrap(columns, n_boot, random_state, progress, groups=truth.groups)
    rows = rows_of(entries, truth, resampled, confidence)
    # References first, then methods, in each table.
    order = sorted(range(len(rows)), key=lambda i: (rows[i].method == "oracle", rows[i].is_method))
    return tuple(rows[i] for i in order), [entries[i] for i in order]


def _entries(name: str, placed: Placed, truth: Truth, tables: Mapping[str, Floats]) -> list[Entry]:
    """A method at each of its points."""
    table = tables[name]
    n, n_agents = table.shape
    return [
        Entry(
            method=name,
            is_method=True,
            budget=point.budget,
            right=1 - table[np.arange(n), point.routes],
            spent=truth.paid(point.routes),
            shares=np.bincount(point.routes, minlength=n_agents)[1:] / n,
            prices=point.prices,
            sent=point.sent,
        )
        for point in placed.points
    ]


def _mean_rate(entries: Sequence[Entry], budget: float) -> float:
    """Mean share that the methods deferred at this budget; the budget if there are none."""
    rates = [1 - entry.coverage for entry in entries if entry.budget == budget]
    return float(np.mean(rates)) if rates else float(budget)
