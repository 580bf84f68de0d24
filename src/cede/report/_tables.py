"""What a statistician reads: every number with its interval, as strings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cede._intervals import Estimate
from cede._text import shown
from cede.evaluation.appraisal import Appraisal, Honesty
from cede.evaluation.comparison import PairedTests, Row
from cede.report import plotting
from cede.report._numbers import Unit, budget_name, method_name, p_value
from cede.report._wording import Wording

if TYPE_CHECKING:
    from cede.study import Study

__all__ = [
    "Line",
    "answering",
    "areas",
    "budgets",
    "changes",
    "honesties",
    "loads",
    "monies",
    "savings",
    "targets",
    "tests",
]

MODEL = "model alone"


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
    #: Mean cost of all that counts, and its interval; empty where only answers count.
    cost: str
    cost_interval: str
    shares: tuple[str, ...]


def budgets(words: Wording) -> list[tuple[str, list[Line]]]:
    """A title and lines per budget."""
    low, high = _scale(words)
    tables = []
    for budget in words.appraisal.answers.budgets:
        rows = words.appraisal.answers.at(budget).rows
        best = min(
            (row for row in rows if row.is_method),
            key=lambda row: words.appraisal.in_full(row).cost,
            default=None,
        )
        title = (
            "At the operating point" if words.appraisal.point else f"Budget {budget_name(budget)}"
        )
        if budget == 1.0 and not words.appraisal.point:
            title = "No limit"
        tables.append((title, [_line(words, row, row is best, low, high) for row in rows]))
    return tables


def _line(words: Wording, row: Row, is_best: bool, low: float, high: float) -> Line:
    unit, in_all = words.fine, words.fine_in_all
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
    full, cost, cost_between = words.appraisal.in_full(row), "", ""
    if words.counts_more:
        cost = in_all.number(1 - full.cost)
        if full.cost_low is not None and full.cost_high is not None:
            cost_between = in_all.interval(1 - full.cost_high, 1 - full.cost_low)
    return Line(
        name=words.row(row),
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
        shares=tuple(f"{100 * part:.1f}" for part in row.shares) if words.few_experts else (),
    )


def targets(result: Appraisal | Study, words: Wording) -> list[list[str]]:
    """What each row detects of one label, in %, by each target that was asked for."""
    rows = {(r.method, r.budget): r for r in words.appraisal.comparison.rows}
    return [
        [
            one.target,
            words.row(rows[one.row, one.budget]),
            words.point(one.budget),
            _share(one.value),
            "" if one.over_model is None else _share(one.over_model),
        ]
        for one in sorted(
            () if isinstance(result, Appraisal) else result.detected, key=lambda one: one.target
        )
    ]


def changes(result: Appraisal | Study) -> list[list[str]]:
    """Shares in the first and in the last third of a test part that is later in time, in %."""
    steadiness = None if isinstance(result, Appraisal) else result.steadiness
    return [
        [change.name, _share(change.early), _share(change.late), _share(change.difference)]
        for change in (() if steadiness is None else steadiness.changes)
    ]


def _share(estimate: Estimate) -> str:
    value, low, high = (f"{100 * x + 0.0:.1f}".replace("-", "−") for x in estimate)
    return f"{value} [{low} to {high}]"


def loads(words: Wording) -> dict[str, Any] | None:
    """Who answers how much of the method in front, budget by budget, if there are many experts."""
    if words.few_experts or words.appraisal.lead is None:
        return None
    names = words.agents
    parts = [(row.coverage, *row.shares) for row in words.appraisal.rows]
    heads = [words.point(row.budget) for row in words.appraisal.rows]
    lines = [[name, *(f"{100 * p[j]:.1f}" for p in parts)] for j, name in enumerate(names)]
    return {"head": ["answers, %", *heads], "lines": lines}


def _is_compared(row: Row) -> bool:
    return row.gain is not None and (row.is_method or row.method != MODEL)


def _scale(words: Wording) -> tuple[float, float]:
    """One scale of differences for all tables; the oracle is too far off to be on it."""
    rows = [row for row in words.appraisal.answers.rows if row.method != "oracle" or row.is_method]
    lows = [row.gain_low for row in rows if row.gain_low is not None]
    highs = [row.gain_high for row in rows if row.gain_high is not None]
    return min([0.0, *lows]), max([0.0, *highs])


def tests(words: Wording) -> list[dict[str, Any]]:
    """Every method against the model alone; and against the best expert alone."""
    rivals = [MODEL]
    if len(words.appraisal.alone) > 1:
        rivals.append(max(words.appraisal.alone[1:], key=lambda row: row.accuracy).method)
    unit = words.fine
    tables = []
    for rival in rivals:
        results = words.appraisal.answers.against(rival)
        if results.tests:
            name = shown(f"{words.appraisal.model_name} alone" if rival == MODEL else rival)
            tables.append(
                {"rival": name, "lines": _test_lines(results, unit, words), "made": results}
            )
    return tables


def _test_lines(results: PairedTests, unit: Unit, words: Wording) -> list[list[str]]:
    return [
        [
            method_name(test.method),
            words.point(test.budget),
            unit.apart(test.difference.value),
            unit.apart_interval(test.difference.low, test.difference.high),
            p_value(test.p_value),
            p_value(test.p_corrected),
            test.test,
        ]
        for test in results.tests
    ]


def savings(words: Wording) -> dict[str, Any]:
    """What each agent alone and the methods save against others, in simultaneous intervals.

    Against the model, the two experts who cost least, and the commonest answer in every case.
    """
    rows = [
        r
        for r in words.appraisal.comparison.rows
        if r.savings and (r.is_method or r.budget is None)
    ]
    constant = [r for r in rows if r.answer is not None]
    alone = [words.appraisal.in_full(row) for row in words.appraisal.alone]
    cheapest = sorted(range(1, len(alone)), key=lambda j: alone[j].cost)[:2]
    against = [0, *sorted(cheapest), *(len(alone) for _ in constant)]
    names = [*words.agents, *(r.method for r in constant)]
    lines = [
        [
            words.row(row),
            words.point(row.budget),
            *(_saved(row.savings[j], words.fine_in_all) for j in against),
        ]
        for row in rows[1:]
    ]
    return {
        "names": [shown(names[j], 26) for j in against],
        "lines": lines,
        "all": len(against) == len(names),
    }


def monies(words: Wording) -> list[list[str]]:
    """Money per case of each agent alone and of the methods, with intervals."""
    rows = [r for r in words.appraisal.comparison.rows if r.is_method or r.is_agent]
    pairs = [(row, words.appraisal.money_of(row)) for row in rows]
    return [
        [words.row(row), words.point(row.budget), f"{m.value:.3g}",
         f"{m.low:.3g} to {m.high:.3g}"]
        for row, m in pairs if m is not None
    ]  # fmt: skip


def _saved(saved: Estimate, unit: Unit) -> str:
    value, low, high = (unit.apart(-x) for x in saved)
    return f"{value} [{low} {high}]"


def areas(words: Wording) -> list[tuple[str, str, str, str]]:
    """Name, value, interval and meaning of each area of the method in front."""
    if words.appraisal.lead is None:
        return []
    unit, lead_areas = words.fine, words.appraisal.lead.areas
    mean = {"right": "Share of right answers", "quality": "Mean score", "cost": "Mean cost"}
    all_shares = f"{mean[unit.measure]} on average over all shares deferred, from 0 to 100 %"
    lines = [
        (method_name(words.appraisal.lead.method), *unit.estimate(lead_areas.area), all_shares),
        ("random mix", *unit.estimate(lead_areas.random), "The same, of cases sent on at random to "
         "experts drawn at random"),
        ("hull", *unit.estimate(lead_areas.hull), "The same, if two prices may be mixed at random; "
         "chosen on these cases, so that it flatters"),
        ("oracle", *unit.estimate(lead_areas.oracle), "The same, of whoever knew every outcome"),
    ]  # fmt: skip
    if lead_areas.normalised is not None:
        n = lead_areas.normalised
        ends = f"{_two_decimals(n.low)} to {_two_decimals(n.high)}"
        meaning = "0 is the random mix, 1 the oracle; below 0, deferring at random would be better"
        lines.append(("normalised area", _two_decimals(n.value), ends, meaning))
    return lines


def honesties(words: Wording) -> list[dict[str, Any]]:
    """Per method: lines of its agents, or why there are none."""
    # Scores are about all that a table of costs holds.
    measure = (
        words.appraisal.measure if words.appraisal.answers is words.appraisal.comparison else "cost"
    )
    fine = words.fine_in_all
    unit = Unit(measure, fine.decimals, fine.currency if measure == "cost" else None)
    result = []
    for name, report in words.appraisal.honesty.items():
        why = report if isinstance(report, str) else ""
        lines = (
            [] if isinstance(report, str) else [_honest_line(honesty, unit) for honesty in report]
        )
        binned = any(line[5] for line in lines)
        levels = [line[:6] if binned else line[:5] for line in lines]
        parts = [[line[0], *line[6:]] for line in lines] if binned else []
        block = {"method": method_name(name), "why": why, "lines": levels, "parts": parts}
        result.append(block)
    return result


def _honest_line(honesty: Honesty, unit: Unit) -> list[str]:
    observed, gap = honesty.observed, honesty.gap
    cells = [
        shown(honesty.agent),
        f"{honesty.n_cases:,}",
        unit.number(honesty.expected),
        f"{unit.number(observed.value)} [{unit.interval(observed.low, observed.high)}]",
        f"{unit.apart(gap.value)} [{unit.apart_interval(gap.low, gap.high)}]",
    ]
    if honesty.calibration_error is None or honesty.brier is None or honesty.reliability is None:
        return [*cells, *[""] * 6]
    error, brier = honesty.calibration_error, honesty.brier
    return [
        *cells,
        f"{error.value:.3f} [{error.low:.3f} to {error.high:.3f}]",
        f"{brier.score:.3f}",
        f"{brier.reliability:.4f}",
        f"{brier.resolution:.4f}",
        f"{brier.uncertainty:.3f}",
        f"{100 * honesty.reliability.clipped:.1f}",
    ]


def answering(words: Wording, rows: Sequence[Row], a_year: float | None) -> dict[str, Any]:
    """Who answers how much, at the points of the first page."""
    unit = words.unit
    names = words.agents
    shares = [[r.coverage, *r.shares] for r in rows]
    lines = [
        [name, unit.number(row.accuracy), *[f"{100 * part[agent]:.1f}" for part in shares]]
        for agent, (name, row) in enumerate(zip(names, words.appraisal.alone, strict=True))
    ]
    most = 10
    if len(lines) > most:  # those who answer most, and of the idle the best
        worth = [row.accuracy for row in words.appraisal.alone]
        busiest = [max((part[j] for part in shares), default=0.0) for j in range(len(lines))]
        order = sorted(range(1, len(lines)), key=lambda j: (-busiest[j], -worth[j]))
        others = order[most - 1 :]
        of_others = [f"{100 * sum(part[j] for j in others):.1f}" for part in shares]
        lines = [lines[j] for j in [0, *sorted(order[: most - 1])]]
        lines.append([f"{len(others)} others", "", *of_others])
    constant = words.appraisal.answers.constant
    if constant is not None:  # beside the model alone, which has to beat it
        level = unit.number(constant.accuracy)
        lines.insert(1, [words.row(constant), level, *("" for _ in rows)])
    totals = []
    if a_year is not None:
        sent = [f"{round((1 - row.coverage) * a_year):,}" for row in rows]
        totals.append([f"sent on a year, of {a_year:,.10g}", "", *sent])
    if any(words.appraisal.fees):
        model, *costs = (
            words.per_100(words.appraisal.in_full(r)) for r in (words.appraisal.alone[0], *rows)
        )
        totals.append([f"{words.all_that_counts}, per 100 cases", model, *costs])
    if words.appraisal.money is not None:
        spent = [words.appraisal.money_of(r) for r in rows]
        before = words.appraisal.money_of(words.appraisal.alone[0])
        money = [f"{m.value:.3g}" for m in (before, *spent) if m]
        totals.append(["money per case", *money])
    return {"header": unit.header, "lines": lines, "totals": totals}


def _two_decimals(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")
