"""How far each loss gets with more cases: the realizable mixture in one stage and in two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from mixtures import EXPECTED, REFERENCE, Fitting, accuracy, draw, fit, method_named
from realizable import BY_NAME, CLEAR, span

from cede.report.plotting import Line, Panel, lines
from cede_papers import (
    IN_DIRECTION,
    NOT_REPRODUCED,
    REPRODUCED,
    Claim,
    Run,
    mean_and_interval,
    table,
    with_deviation,
    with_interval,
)

USES_DEVICE = True

METHODS = {
    "single": (
        "cost_sensitive_softmax",
        "one_vs_all",
        "softmax_one_vs_all",
        "mixture_of_experts",
        "realizable (q = 0)",
        "realizable (q = 0.7)",
        "expected_cost",
    ),
    "two": (
        "weighted",
        "aggregated (u = 1)",
        "constrained",
        "complement (q = 0)",
        "complement (q = 1)",
    ),
}
STAGES = {"single": "one stage", "two": "two stages"}
NEAR = 98.0  # accuracy at the largest size that is near 100, in percent
FLAT, RISING = 0.1, 0.2  # share of the errors that the last step to more cases takes away

Task = tuple[str, str, Mapping[str, Any], Run]


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """Accuracy of every method at every size: ``results[problem][method][size][draw]``."""
    pairs = [
        (name, method)
        for name in settings["problems"]
        for method in METHODS[BY_NAME[name].stage]
    ]  # fmt: skip
    tasks: list[Task] = [(*pair, settings, run) for pair in pairs]
    found = run.map(accuracies, tasks, lambda task: "  ".join(task[:2]))
    results: dict[str, dict[str, Any]] = {name: {} for name in settings["problems"]}
    for (problem, method), values in zip(pairs, found, strict=True):
        results[problem][method] = values
    return {"sizes": settings["sizes"], "draws": settings["draws"], "results": results}


def accuracies(task: Task) -> list[list[float]]:
    """Fit one method to the first cases of all draws at once, size by size, and test it."""
    problem, settings, run = BY_NAME[task[0]], task[2], task[3]
    method = method_named(problem, task[1])
    reference = method_named(problem, REFERENCE[problem.stage])
    most, fitting = max(settings["sizes"]), Fitting(settings["weight_decay"], settings["tol"])
    cases = draw(problem, most + settings["n_test"], run.seeds(settings["draws"]))
    test, found = cases.part(most).to(run.device), []
    for size in settings["sizes"]:
        train = cases.part(0, size).to(run.device)
        start, _ = fit(problem, reference, train, fitting)
        heads, _ = fit(problem, method, train, fitting, start)
        found.append(accuracy(problem, method, heads, test, train))
    return found


def kinds(problem: str) -> dict[str, str]:
    """What theory says of each method: "perfect" or "below"."""
    of = BY_NAME[problem]
    rows = (method_named(of, name) for name in METHODS[of.stage])
    return {row.name: EXPECTED[row.perfect](of) for row in rows}


def gains(found: dict[str, Any], problem: str) -> dict[str, tuple[float, float, float]]:
    """Share of each method's errors that the last step to more cases takes away."""
    shares = {}
    for method, values in found["results"][problem].items():
        before, after = (100.0 - np.array(row) for row in values[-2:])
        shares[method] = mean_and_interval((before - after) / before.mean())
    return shares


def tables(found: dict[str, Any]) -> str:
    """Accuracy by size, and what the last step to more cases brings."""
    header = [f"{size:,}" for size in found["sizes"]]
    parts = []
    for problem, methods in found["results"].items():
        last, kind = gains(found, problem), kinds(problem)
        rows = []
        for method, values in methods.items():
            mark = "**" if kind[method] == "perfect" else ""
            cells = [mark + with_deviation(row) + mark for row in values]
            rows.append([method, *cells, with_interval(last[method], scale=100, digits=0)])
        parts += [
            f"### {STAGES[BY_NAME[problem].stage].capitalize()}, {problem}",
            f"System accuracy on fresh cases, %, by cases to fit; mean ± standard deviation over "
            f"{found['draws']} draws. **Bold**: theory promises a perfect router. Last column: "
            "share of the errors that the last step takes away, %, with its 95 % interval.",
            table(["method", *header, "last step"], rows),
        ]
    return "\n\n".join(parts)


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """Accuracy against size, with bands of 95 %."""
    panels = []
    for problem, methods in found["results"].items():
        drawn = {}
        for method, values in methods.items():
            three = [mean_and_interval(row) for row in values]
            mean, low, high = (np.array(part) / 100.0 for part in zip(*three, strict=True))
            drawn[method] = Line(found["sizes"], mean, low, high)
        panels.append(
            Panel(problem, "cases to fit", "system accuracy", drawn, percent_y=True, log_x=True)
        )
    return {"sample_size": lines(panels, columns=2)}


def claims(found: dict[str, Any]) -> list[Claim]:
    """Judge: the proposed losses go to 100 % with more cases; the others stay below; and flat."""
    return [make(found, problem) for problem in found["results"] for make in (rising, flat)]


def parted(found: dict[str, Any], problem: str) -> tuple[list[str], list[str]]:
    """Methods that theory promises a perfect router, and the others."""
    kind = kinds(problem)
    of = {k: [m for m in found["results"][problem] if kind[m] == k] for k in ("perfect", "below")}
    return of["perfect"], of["below"]


def rising(found: dict[str, Any], problem: str) -> Claim:
    """Make a row of the claims: who goes to 100 %, and who does not."""
    values, last = found["results"][problem], gains(found, problem)
    ends = {method: float(np.mean(rows[-1])) for method, rows in values.items()}
    proposed, others = parted(found, problem)
    reference = values[REFERENCE[BY_NAME[problem].stage]][-1]
    behind = {m: mean_and_interval(np.subtract(values[m][-1], reference)) for m in others}
    missed = [m for m in proposed if ends[m] < NEAR or last[m][1] < RISING]
    missed += [m for m in others if behind[m][2] > -CLEAR]
    two = BY_NAME[problem].stage == "two"
    reason = "`complement`, ours, stands for the paper's own loss" if two else ""
    smallest = min(ends[m] for m in proposed)
    return Claim(
        f"With more cases the proposed losses go to 100 %, and the others do not "
        f"({STAGES[BY_NAME[problem].stage]}, {problem}).",
        "about 100 % (curves only)",
        f"{span([ends[m] for m in proposed])} at {found['sizes'][-1]:,} cases; others "
        f"{span([ends[m] for m in others])}",
        f"{smallest - 100:.1f} points to 100 %".replace("-", "−"),
        NOT_REPRODUCED if missed else IN_DIRECTION if two else REPRODUCED,
        f"not so for {', '.join(missed)}" if missed else reason,
    )


def flat(found: dict[str, Any], problem: str) -> Claim:
    """Make a row of the claims: the others gain nothing more at the end."""
    last, (_, others) = gains(found, problem), parted(found, problem)
    still = [m for m in others if last[m][2] > FLAT]
    before, most = found["sizes"][-2:]
    means = [100 * last[m][0] for m in others]
    shown = "; ".join(f"{m} {with_interval(last[m], scale=100, digits=0)} %" for m in still)
    return Claim(
        f"The others are flat ({STAGES[BY_NAME[problem].stage]}, {problem}).",
        "flat (curves only)",
        f"from {before:,} to {most:,} cases they lose {span(means)} of their errors",
        "–",
        NOT_REPRODUCED if still else REPRODUCED,
        f"more than {100 * FLAT:.0f} % cannot be ruled out for {shown}" if still else "",
    )
