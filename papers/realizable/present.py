"""From report.json to the tables of README.md and to figure.svg."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from cede.plotting import line_style, to_svg

GOAL = 98.0  # what a method that is promised a perfect router must reach, in percent
CLEAR = 1.0  # points by which one that is not must stay below the reference, interval and all
REFERENCE = {"single": "realizable, q = 0", "two": "complement, q = 0"}
TITLES = {
    "single": "One stage: classes and experts are learnt together",
    "two": "Two stages: the agents are fixed, each wrong with chance err outside its own region",
}
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
SKELETON = f"# Quick run\n\n{BEGIN}\n{END}\n"
MEANINGS = {
    "perfect": "theory says that it does",
    "below": "theory says that it need not",
    "open": "open: claimed for its family, with counterexamples",
}
INK, MUTED = "#222222", "#666666"
STYLE = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
}

Cells = dict[tuple[str, str], dict[str, Any]]


def write(report: dict[str, Any], folder: Path) -> None:
    """Write the figure, and the tables into the README's block."""
    readme = folder / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else SKELETON
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    readme.write_text(f"{before}{BEGIN}\n{tables(report)}\n{END}{after}", encoding="utf-8")
    (folder / "figure.svg").write_text(figure(report), encoding="utf-8")


def tables(report: dict[str, Any]) -> str:
    """Every table, as Markdown."""
    s, v = report["settings"], report["versions"]
    parts = [
        f"{s['draws']} draws of every problem (seeds {s['seeds'][0]} to {s['seeds'][-1]}), "
        f"{s['n_train']:,} cases to train on and {s['n_test']:,} to test on; {s['steps']:,} "
        f"full-batch steps of Adam, step size {s['step_size']:g}. cede {v['cede']}, torch "
        f"{v['torch']}; {report['seconds']:,} seconds."
    ]
    for stage, title in TITLES.items():
        cells = at_standard(report, stage)
        problems, methods = names(cells)
        levels = [
            [m, *(marked(cells, p, m, level) for p in problems), *judged(cells, m)] for m in methods
        ]
        gaps = [[m, *(marked(cells, p, m, against) for p in problems)] for m in methods]
        parts += [
            f"### {title}",
            "System accuracy on fresh cases, %, mean ± standard deviation over draws. **Bold**: "
            "theory promises a perfect router; *italics*: that is open.",
            table(["method", *problems, "expected", "verdict"], levels),
            "The same as differences in points, with 95 % intervals (paired t over draws): what is "
            "bold against the best plain number of its column, everything else against "
            f"“{REFERENCE[stage]}”.",
            table(["method", *problems], gaps),
        ]
    return "\n\n".join([*parts, *sensitivity(report)])


def at_standard(report: dict[str, Any], stage: str) -> Cells:
    """Results at the standard settings, by problem and method."""
    return {
        (r["problem"], r["method"]["name"]): r
        for r in report["results"]
        if r["stage"] == stage
        and r["start"] == 1.0
        and r["step_size"] == report["settings"]["step_size"]
    }


def names(cells: Cells) -> tuple[list[str], list[str]]:
    """Problems and methods, each once, in the order in which they ran."""
    return list(dict.fromkeys(p for p, _ in cells)), list(dict.fromkeys(m for _, m in cells))


def table(header: list[str], rows: Iterable[list[str]]) -> str:
    rules = ["---"] + ["--:" if any(c.isdigit() for c in h) else "---" for h in header[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in (header, rules, *rows))


def mean_and_interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean, and the ends of its 95 % t-interval."""
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return float(values.mean()), float(values.mean() - half), float(values.mean() + half)


def mean_and_deviation(accuracy: list[float]) -> str:
    return f"{np.mean(accuracy):.1f} ± {np.std(accuracy, ddof=1):.1f}"


def marked(cells: Cells, problem: str, method: str, text: Callable[..., str]) -> str:
    """Return a cell's text, bold where a perfect router is expected, italic where that is open."""
    if (problem, method) not in cells:
        return "–"
    mark = {"perfect": "**", "below": "", "open": "*"}[cells[problem, method]["expected"]]
    return mark + text(cells, problem, method) + mark


def level(cells: Cells, problem: str, method: str) -> str:
    return mean_and_deviation(cells[problem, method]["accuracy"])


def difference(cells: Cells, problem: str, method: str) -> tuple[float, float, float]:
    """To the best that is expected below or, for all but the perfect, to the reference."""
    result = cells[problem, method]
    other = cells[problem, REFERENCE[result["stage"]]]
    if result["expected"] == "perfect":
        rest = [r for (p, _), r in cells.items() if p == problem and r["expected"] == "below"]
        other = max(rest, key=lambda r: np.mean(r["accuracy"]))
    return mean_and_interval(np.subtract(result["accuracy"], other["accuracy"]))


def against(cells: Cells, problem: str, method: str) -> str:
    text = "{:+.1f} [{:+.1f}, {:+.1f}]".format(*difference(cells, problem, method))
    return text.replace("-", "−")


def judged(cells: Cells, method: str) -> list[str]:
    """What is expected of a method, and what happened."""
    own = {p: r for (p, m), r in cells.items() if m == method}
    words = {"perfect": f"≥ {GOAL:g}", "below": "below", "open": "open"}
    kinds = [words[kind] for kind in words if any(r["expected"] == kind for r in own.values())]
    reached = {p: bool(np.mean(r["accuracy"]) >= GOAL) for p, r in own.items()}
    below = {p: difference(cells, p, method)[2] <= -CLEAR for p in own}
    met = {"perfect": reached, "below": below}
    missed = [p for p, r in own.items() if r["expected"] in met and not met[r["expected"]][p]]
    verdict = f"not at {'; '.join(missed)}" if missed else "as expected"
    if still_open := [p for p, r in own.items() if r["expected"] == "open"]:
        there = "; ".join(p for p in still_open if reached[p])
        verdict += f"; where open, ≥ {GOAL:g} at {there or 'none'}"
    return ["; ".join(kinds), verdict]


def sensitivity(report: dict[str, Any]) -> list[str]:
    """Build the table of other step sizes and starts; the standard setting comes first."""
    settings: dict[tuple[float, float], Cells] = {}
    for r in report["results"]:
        cells = settings.setdefault((r["step_size"], r["start"]), {})
        cells[r["problem"], r["method"]["name"]] = r
    if len(settings) == 1:
        return []
    (problem,), methods = names(list(settings.values())[-1])
    rows = []
    for m in methods:
        accuracies = [cells[problem, m]["accuracy"] for cells in settings.values()]
        rows.append([m, *(f"{mean_and_deviation(a)} ({min(a):.1f})" for a in accuracies)])
    return [
        f"### Other step sizes and starts, at {problem}",
        "Mean ± standard deviation, and the worst draw. Weights start uniform on ±start/√10; "
        "start = 1 is how `torch.nn.Linear` starts, more is a confident and wrong start.",
        table(
            ["method", *(f"step = {step:g}, start = {start:g}" for step, start in settings)], rows
        ),
    ]


def figure(report: dict[str, Any]) -> str:
    """Draw means and their intervals as SVG: a panel per problem, a row per method."""
    colours = {
        "perfect": line_style("threshold_correction").colour,
        "below": line_style("cost_sensitive_softmax").colour,
        "open": line_style("oracle").colour,
    }
    stages = {title: at_standard(report, stage) for stage, title in TITLES.items()}
    heights = [0.23 * len(names(cells)[1]) + 1.1 for cells in stages.values()]
    lowest = min(min(r["accuracy"]) for cells in stages.values() for r in cells.values())
    with rc_context(STYLE):
        whole = Figure(figsize=(10.0, sum(heights) + 0.65))
        parts = whole.subfigures(3, 1, height_ratios=[0.65, *heights], hspace=0)
        parts[0].text(0.01, 0.58, "Does the loss find the perfect linear router?", weight="bold")
        for line, (kind, meaning) in enumerate(MEANINGS.items()):
            parts[0].text(0.99, 0.7 - 0.3 * line, f"● {meaning}", color=colours[kind], ha="right")
        s = report["settings"]
        note = f"Mean of {s['draws']} draws of each problem, with its 95 % interval."
        parts[0].text(0.01, 0.18, note, color=MUTED)
        for part, height, (title, cells) in zip(parts[1:], heights, stages.items(), strict=True):
            part.text(0.01, 1.0 - 0.2 / height, title, weight="bold", color=MUTED)
            problems, methods = names(cells)
            panels = np.atleast_1d(part.subplots(1, len(problems), sharey=True))
            part.subplots_adjust(0.2, 0.5 / height, 0.985, 1.0 - 0.6 / height, wspace=0.1)
            for ax, problem in zip(panels, problems, strict=True):
                draw_panel(ax, [cells.get((problem, m)) for m in methods], colours)
                ax.set_title(problem, loc="left")
                ax.set_xlim(5 * (lowest // 5) - 3, 102)
                ax.set_xticks(range(10 * int((lowest + 7) // 10), 101, 10))
            panels[0].set_yticks(range(len(methods)), methods, color=INK)
            panels[0].set_ylim(len(methods) - 0.4, -0.6)
            panels[-1].set_xlabel("system accuracy, %", loc="right")
    return to_svg(whole, label="System accuracy of every method on every problem") + "\n"


def draw_panel(ax: Axes, results: list[dict[str, Any] | None], colours: dict[str, str]) -> None:
    for row, result in enumerate(results):
        if result is None:
            continue
        colour = colours[result["expected"]]
        mean, low, high = mean_and_interval(np.array(result["accuracy"]))
        ax.hlines(row, low, high, color=colour, linewidth=1.5)
        ax.plot(mean, row, "o", markersize=5, color=colour)
        ax.annotate(
            f"{mean:.1f}",
            (low, row),
            (-6, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            color=colour,
        )
    ax.grid(axis="x", color="#e4e4e4", linewidth=0.7)
    ax.tick_params(axis="y", length=0)
