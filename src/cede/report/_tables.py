"""What a statistician reads: every number with its interval, as strings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cede._intervals import Estimate
from cede._text import shown
from cede.evaluation.appraisal import Appraisal, Honesty
from cede.evaluation.comparison import PairedTests, Row
from cede.report import plotting
from cede.report._numbers import (
    Unit,
    agent_names,
    budget_name,
    method_name,
    p_value,
    point_name,
    row_name,
    units,
)

__all__ = [
    "Line",
    "answering",
    "areas",
    "budgets",
    "counts_more",
    "few_experts",
    "honesties",
    "loads",
    "monies",
    "savings",
    "tests",
]

MODEL = "model alone"
#: Of the half of an interval; the first page shows one.
_DIGITS = 2


@dataclass(frozen=True)
class Line:
    """A row of the tables of budgets, as strings."""

    name: str
    #: "method", "best" or "reference".
    kind: str
    swatch: plotting.LineStyle | None
    level: str
    interval: str
    apart: str
    apart_interval: str
    #: Ends and middle of the difference's interval and the place of 0, from 0 to 100 (or None).
    forest: tuple[float, float, float, float] | None
    kept: str
    #: Mean cost of all that counts, and its interval; empty where answers are all.
    cost: str
    cost_interval: str
    shares: tuple[str, ...]


def budgets(found: Appraisal) -> list[tuple[str, list[Line]]]:
    """A title and lines per budget."""
    low, high = _scale(found)
    tables = []
    for budget in found.answers.budgets:
        rows = found.answers.at(budget).rows
        best = min(
            (row for row in rows if row.is_method),
            key=lambda row: found.in_full(row).cost,
            default=None,
        )
        title = "At the operating point" if found.point else f"Budget {budget_name(budget)}"
        if budget == 1.0 and not found.point:
            title = "No limit"
        tables.append((title, [_line(found, row, row is best, low, high) for row in rows]))
    return tables


def _line(found: Appraisal, row: Row, is_best: bool, low: float, high: float) -> Line:
    unit, in_all = units(found, _DIGITS)
    apart = between = ""
    forest = None
    if _is_compared(row):
        ends = row.gain_low or 0.0, row.gain_high or 0.0
        apart, between = unit.apart(row.gain or 0.0), unit.apart_interval(*ends)
        reach = (high - low) or 1.0
        places = [100 * (x - low) / reach for x in (ends[0], row.gain or 0.0, ends[1], 0.0)]
        if min(places) > -1e-6 and max(places) < 100 + 1e-6 and ends[0] < ends[1]:
            forest = (places[0], places[1], places[2], places[3])
            if unit.in_costs:
                forest = (100 - places[2], 100 - places[1], 100 - places[0], 100 - places[3])
    full, cost, cost_between = found.in_full(row), "", ""
    if counts_more(found):
        cost = in_all.number(1 - full.cost)
        if full.cost_low is not None and full.cost_high is not None:
            cost_between = in_all.interval(1 - full.cost_high, 1 - full.cost_low)
    return Line(
        name=row_name(found, row),
        kind="best" if is_best else "method" if row.is_method else "reference",
        swatch=plotting.line_style(row.method) if row.is_method else None,
        level=unit.number(row.accuracy),
        interval=unit.interval(row.low, row.high),
        apart=apart,
        apart_interval=between,
        forest=forest,
        kept=f"{100 * row.coverage:.1f}",
        cost=cost,
        cost_interval=cost_between,
        shares=tuple(f"{100 * part:.1f}" for part in row.shares) if few_experts(found) else (),
    )


def few_experts(found: Appraisal) -> bool:
    """Whether each has room for a column beside all other numbers."""
    return len(found.comparison.expert_names) <= (1 if counts_more(found) else 3)


def loads(found: Appraisal) -> dict[str, Any] | None:
    """Who answers how much of the method in front, budget by budget, if there are many experts."""
    if few_experts(found) or found.lead is None:
        return None
    names = agent_names(found)
    parts = [(row.coverage, *row.shares) for row in found.rows]
    heads = [point_name(found, row.budget) for row in found.rows]
    lines = [[name, *(f"{100 * p[j]:.1f}" for p in parts)] for j, name in enumerate(names)]
    return {"head": ["answers, %", *heads], "lines": lines}


def counts_more(found: Appraisal) -> bool:
    """Whether anything but answers counts: fees, or money."""
    return any(found.fees) or found.answers is not found.comparison


def _is_compared(row: Row) -> bool:
    return row.gain is not None and (row.is_method or row.method != MODEL)


def _scale(found: Appraisal) -> tuple[float, float]:
    """One scale of differences for all tables; the oracle is too far off to be on it."""
    rows = [row for row in found.answers.rows if row.method != "oracle" or row.is_method]
    lows = [row.gain_low for row in rows if row.gain_low is not None]
    highs = [row.gain_high for row in rows if row.gain_high is not None]
    return min([0.0, *lows]), max([0.0, *highs])


def tests(found: Appraisal) -> list[dict[str, Any]]:
    """Every method against the model alone; and against the best expert alone."""
    rivals = [MODEL]
    if len(found.alone) > 1:
        rivals.append(max(found.alone[1:], key=lambda row: row.accuracy).method)
    unit, _ = units(found, _DIGITS)
    tables = []
    for rival in rivals:
        made = found.answers.against(rival)
        if made.tests:
            named = shown(f"{found.model_name} alone" if rival == MODEL else rival)
            tables.append({"rival": named, "lines": _test_lines(made, unit, found), "made": made})
    return tables


def _test_lines(made: PairedTests, unit: Unit, found: Appraisal) -> list[list[str]]:
    return [
        [
            method_name(test.method),
            point_name(found, test.budget),
            unit.apart(test.difference.value),
            unit.apart_interval(test.difference.low, test.difference.high),
            p_value(test.p_value),
            p_value(test.p_corrected),
            test.test,
        ]
        for test in made.tests
    ]


def savings(found: Appraisal) -> dict[str, Any]:
    """What each agent alone and the methods save against others, in simultaneous intervals.

    Against the model, the two experts who cost least, and the commonest answer in every case.
    """
    rows = [r for r in found.comparison.rows if r.savings and (r.is_method or r.budget is None)]
    constant = [r for r in rows if r.answer is not None]
    alone = [found.in_full(row) for row in found.alone]
    cheapest = sorted(range(1, len(alone)), key=lambda j: alone[j].cost)[:2]
    against = [0, *sorted(cheapest), *(len(alone) for _ in constant)]
    digits = units(found, _DIGITS)[1].decimals
    names = [*agent_names(found), *(r.method for r in constant)]
    lines = [
        [
            row_name(found, row),
            point_name(found, row.budget),
            *(_saved(row.savings[j], digits) for j in against),
        ]
        for row in rows[1:]
    ]
    return {
        "names": [shown(names[j], 26) for j in against],
        "lines": lines,
        "all": len(against) == len(names),
    }


def monies(found: Appraisal) -> list[list[str]]:
    """Money per case of each agent alone and of the methods, with intervals."""
    rows = [r for r in found.comparison.rows if r.is_method or r.is_agent]
    pairs = [(row, found.money_of(row)) for row in rows]
    return [
        [row_name(found, row), point_name(found, row.budget), f"{m.value:.3g}",
         f"{m.low:.3g} to {m.high:.3g}"]
        for row, m in pairs if m is not None
    ]  # fmt: skip


def _saved(found: Estimate, digits: int) -> str:
    value, low, high = (f"{round(x, digits) + 0.0:+.{digits}f}".replace("-", "−") for x in found)
    return f"{value} [{low} {high}]"


def areas(found: Appraisal) -> list[tuple[str, str, str, str]]:
    """Name, value, interval and meaning of each area of the method in front."""
    if found.lead is None:
        return []
    unit, seen = units(found, _DIGITS)[0], found.lead.areas
    mean = {"right": "Share of right answers", "quality": "Mean quality", "cost": "Mean cost"}
    all_shares = f"{mean[unit.measure]} on average over all shares deferred, from 0 to 100 %"
    lines = [
        (method_name(found.lead.method), *unit.estimate(seen.area), all_shares),
        ("random mix", *unit.estimate(seen.random), "The same, of cases sent on at random to "
         "experts drawn at random"),
        ("hull", *unit.estimate(seen.hull), "The same, if two prices may be mixed at random; "
         "chosen on these cases, so that it flatters"),
        ("oracle", *unit.estimate(seen.oracle), "The same, of whoever knew every outcome"),
    ]  # fmt: skip
    if seen.normalised is not None:
        n = seen.normalised
        ends = f"{_two(n.low)} to {_two(n.high)}"
        lines.append(("normalised area", _two(n.value), ends, "0 is the random mix, 1 the oracle; "
                      "below 0, deferring at random would be better"))  # fmt: skip
    return lines


def honesties(found: Appraisal) -> list[dict[str, Any]]:
    """Per method: lines of its agents, or why there are none."""
    # Scores are about all that a table of costs holds.
    measure = found.measure if found.answers is found.comparison else "cost"
    unit = Unit(measure, units(found, _DIGITS)[1].decimals)
    result = []
    for name, told in found.honesty.items():
        why = told if isinstance(told, str) else ""
        lines = [] if isinstance(told, str) else [_honest_line(one, unit) for one in told]
        binned = any(line[5] for line in lines)
        levels = [line[:6] if binned else line[:5] for line in lines]
        parts = [[line[0], *line[6:]] for line in lines] if binned else []
        told_of = {"method": method_name(name), "why": why, "lines": levels, "parts": parts}
        result.append(told_of)
    return result


def _honest_line(one: Honesty, unit: Unit) -> list[str]:
    cells = [
        shown(one.agent),
        f"{one.n_cases:,}",
        unit.number(one.expected),
        f"{unit.number(one.observed.value)} [{unit.interval(one.observed.low, one.observed.high)}]",
        f"{unit.apart(one.gap.value)} [{unit.apart_interval(one.gap.low, one.gap.high)}]",
    ]
    if one.calibration_error is None or one.brier is None or one.reliability is None:
        return [*cells, *[""] * 6]
    error, brier = one.calibration_error, one.brier
    return [
        *cells,
        f"{error.value:.3f} [{error.low:.3f} to {error.high:.3f}]",
        f"{brier.score:.3f}",
        f"{brier.reliability:.4f}",
        f"{brier.resolution:.4f}",
        f"{brier.uncertainty:.3f}",
        f"{100 * one.reliability.clipped:.1f}",
    ]


def answering(found: Appraisal, rows: Sequence[Row], a_year: float | None) -> dict[str, Any]:
    """Who answers how much, at the points of the first page."""
    unit, _ = units(found)
    names = agent_names(found)
    shares = [[r.coverage, *r.shares] for r in rows]
    lines = [
        [name, unit.number(row.accuracy), *[f"{100 * part[agent]:.1f}" for part in shares]]
        for agent, (name, row) in enumerate(zip(names, found.alone, strict=True))
    ]
    most = 10
    if len(lines) > most:  # those who answer most, and of the idle the best
        worth = [row.accuracy for row in found.alone]
        busiest = [max((part[j] for part in shares), default=0.0) for j in range(len(lines))]
        order = sorted(range(1, len(lines)), key=lambda j: (-busiest[j], -worth[j]))
        others = order[most - 1 :]
        rest = [f"{100 * sum(part[j] for j in others):.1f}" for part in shares]
        lines = [lines[j] for j in [0, *sorted(order[: most - 1])]]
        lines.append([f"{len(others)} others", "", *rest])
    totals = []
    if a_year is not None:
        sent = [f"{round((1 - row.coverage) * a_year):,}" for row in rows]
        totals.append([f"sent on a year, of {a_year:,.10g}", "", *sent])
    if any(found.fees):
        model, *costs = (f"{100 * found.in_full(r).cost:.1f}" for r in (found.alone[0], *rows))
        totals.append(["wrong answers and fees, per 100 cases", model, *costs])
    if found.money is not None:
        spent = [found.money_of(r) for r in rows]
        before = found.money_of(found.alone[0])
        money = [f"{m.value:.3g}" for m in (before, *spent) if m]
        totals.append(["money per case", *money])
    return {"header": unit.header, "lines": lines, "totals": totals}


def _two(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")
