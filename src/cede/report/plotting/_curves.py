"""Accuracy against deferral rate: one curve, or every method of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from cede._checks import Floats
from cede.evaluation.comparison import Comparison
from cede.exceptions import InvalidInput
from cede.operating import DeferralCurve, upper_hull
from cede.report.plotting._canvas import (
    FAINT,
    INK,
    MUTED,
    STYLES,
    LineStyle,
    blank_figure,
    line,
    line_style,
    percent,
    readable,
    short,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_POINTS = 400
_ACROSS = {
    "deferral_rate": "share of cases deferred",
    "coverage": "share of cases that the model keeps",
    "spend": "spend per case",
}
#: More agents than these are not told apart; the best of the rest are named.
MOST_LEVELS = 8
_REFERENCES = {"oracle": "oracle", "random": "random", "hull": "two prices mixed"}


def curve(
    curve: DeferralCurve,
    ax: Axes | None = None,
    *,
    method: str = "",
    confidence: float | None = 0.95,
    against: str = "deferral_rate",
    references: Sequence[str] = (),
) -> Axes:
    """Draw accuracy against deferral rate, coverage or spend, with a pointwise band.

    Parameters
    ----------
    curve : DeferralCurve
        Of 0-1 errors. At most 400 of its points are drawn.
    ax : matplotlib Axes, optional
        Where to draw; without it on a new figure, ``result.figure``.
    method : str, optional
        Chooses colour and line style.
    confidence : float or None, default=0.95
        Level of the band ``p ± z sqrt(p (1 - p) / n)``; None draws no band.
    against : {"deferral_rate", "coverage", "spend"}, default="deferral_rate"
        What lies on the horizontal axis. Spend needs a curve with fees or charges.
    references : sequence of {"oracle", "random", "hull"}, default=()
        Thin lines to read the curve against: its references of the same names, the hull being that
        of the points as they are drawn. All lines are labelled, so that ``ax.legend()`` names them;
        a new figure with references has the legend.
    """
    _check_choices(against, references)
    if ax is None:
        with blank_figure(6.0, 4.0) as figure:
            ax = figure.add_subplot()
            _name_axes(ax, against)
            if against != "spend":
                ax.set_xlim(0, 1)
            _draw_curve(ax, curve, method, confidence, against)
            _draw_references(ax, curve, method, against, references)
            if references:
                legend = figure.legend(loc="outside upper left", ncols=2, handlelength=3.2)
                for text in legend.get_texts():
                    text.set_parse_math(False)
        return ax
    _draw_curve(ax, curve, method, confidence, against)
    _draw_references(ax, curve, method, against, references)
    return ax


def comparison(comparison: Comparison, *, width: float = 9.0) -> Figure:
    """Draw every method's accuracy against its deferral rate, the agents alone, and one answer.

    The dots are the operating points of the table. The frame is made for the methods and the
    agents; an oracle far above them leaves it, and the legend says how far it gets. A line of
    dots and dashes is the commonest answer in every case, where that is in the frame.

    Parameters
    ----------
    comparison : Comparison
    width : float, default=9.0
        In inches; below 6 the figure is laid out for a telephone.
    """
    wide = width >= 6
    methods = [name for name in comparison.curves if name != "oracle"]
    alone = [row for row in comparison.rows if row.is_agent]
    height = 0.57 * width if wide else width + 0.2 * len(methods)
    with blank_figure(width, height) as figure:
        ax = figure.add_subplot()
        for name in methods:
            curve(comparison.curves[name], ax, method=name, confidence=comparison.confidence)
        for row in comparison.rows:
            if row.is_method and row.budget is not None:
                colour = line_style(row.method).colour
                ax.plot(1 - row.coverage, row.accuracy, "o", color=colour, mec="white", zorder=4)
        ax.set(xlim=(0, 1), ylim=_limits(comparison, [row.accuracy for row in alone]))
        if "oracle" in comparison.curves:
            curve(comparison.curves["oracle"], ax, method="oracle", confidence=None)
        one = comparison.constant
        _draw_alone(
            ax,
            [(row.method, row.accuracy) for row in alone],
            None if one is None else (one.method, one.accuracy),
            gap=0.095 if wide else 0.17,
        )
        _mark_budgets(ax, comparison.budgets, room=0.07 if wide else 0.16)
        _name_axes(ax)
        _add_legend(figure, comparison, methods, columns=3 if wide else 1)
    return figure


def _check_choices(against: str, references: Sequence[str]) -> None:
    if against not in _ACROSS:
        raise InvalidInput(
            f"must be one of {list(_ACROSS)}, but got {against!r}", argument="against"
        )
    strays = [name for name in references if name not in _REFERENCES]
    if isinstance(references, str) or strays:
        raise InvalidInput(
            f"must be a list of names out of {list(_REFERENCES)}, but got {references!r}",
            argument="references",
        )


def _draw_curve(
    ax: Axes, curve: DeferralCurve, method: str, confidence: float | None, against: str
) -> None:
    style = line_style(method)
    across, p = _thinned(getattr(curve, against), curve.accuracy)
    if confidence is not None:
        half = _half_width(p, curve.n_cases, confidence)
        ax.fill_between(across, p - half, p + half, color=style.colour, alpha=0.07, linewidth=0)
    ax.plot(across, p, linewidth=1.8, zorder=2.5, label=readable(method), **line(style))


def _draw_references(
    ax: Axes, curve: DeferralCurve, method: str, against: str, references: Sequence[str]
) -> None:
    hull = LineStyle(line_style(method).colour, (1.5, 1.5))
    for name in references:
        reference = curve if name == "hull" else getattr(curve, name)
        across, p = getattr(reference, against), reference.accuracy
        if name == "hull":
            order = np.argsort(across, kind="stable")
            corners = order[upper_hull(across[order], p[order])]
            across, p = across[corners], p[corners]
        style = line(STYLES.get(name, hull))
        ax.plot(*_thinned(across, p), linewidth=1.0, zorder=2.2, label=_REFERENCES[name], **style)


def _thinned(across: Floats, p: Floats) -> tuple[Floats, Floats]:
    at = np.unique(np.linspace(0, len(p) - 1, _MOST_POINTS).round().astype(np.int64))
    return across[at], p[at]


def _name_axes(ax: Axes, against: str = "deferral_rate") -> None:
    ax.set(xlabel=_ACROSS[against], ylabel="share answered right")
    if against != "spend":
        ax.xaxis.set_major_formatter(percent())
    ax.yaxis.set_major_formatter(percent())
    ax.grid(axis="y", color=FAINT, linewidth=0.4)


def _half_width(p: Floats, n: int, confidence: float) -> Floats:
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return np.asarray(z * np.sqrt((p * (1 - p)).clip(0.0) / n), dtype=np.float64)


def _limits(comparison: Comparison, agents: Sequence[float]) -> tuple[float, float]:
    """From the lowest band to the highest; up to the oracle if it is near."""
    heights = [*agents]
    for name, method_curve in comparison.curves.items():
        if name != "oracle":
            half = _half_width(
                method_curve.accuracy, comparison.n_independent, comparison.confidence
            )
            heights += [
                float((method_curve.accuracy - half).min()),
                float((method_curve.accuracy + half).max()),
            ]
    low, high = min(heights), max(heights)
    if "oracle" in comparison.curves:
        top = float(comparison.curves["oracle"].accuracy.max())
        high = max(high, top) if top < high + 0.5 * (high - low) else high
    margin = 0.04 * (high - low) or 0.01
    return low - margin, high + margin


def _draw_alone(
    ax: Axes,
    agents: Sequence[tuple[str, float]],
    constant: tuple[str, float] | None,
    gap: float,
) -> None:
    """The model as a level line, experts at the right end, a random choice between them.

    Of many agents, the best are named. One answer in every case is a thin line.
    """
    if not agents:
        return
    model, experts = agents[0][1], [accuracy for _, accuracy in agents[1:]]
    ax.axhline(model, color=INK, linewidth=0.9, zorder=1.5)
    ax.plot([0], [model], "s", color=INK, clip_on=False, zorder=5)
    if experts:
        ends = [model, float(np.mean(experts))]
        ax.plot([0, 1], ends, linewidth=1.4, zorder=1.6, **line(STYLES["random"]))
        ax.plot([1] * len(experts), experts, "D", color=INK, clip_on=False, zorder=5)
    low, high = ax.get_ylim()
    levels = [*best_levels(agents), *([] if constant is None else [constant])]
    if constant is not None and low <= constant[1] <= high:
        ax.axhline(constant[1], color=MUTED, linewidth=0.9, linestyle="-.", zorder=1.5)
    gap *= high - low
    places = _spread([accuracy for _, accuracy in levels], gap, low + 0.4 * gap, high)
    for (name, accuracy), place in zip(levels, places, strict=True):
        alone = "alone " if name.endswith(" alone") else "↓ " if accuracy < low else ""
        ax.annotate(
            f"{short(name.removesuffix(' alone'), 16)}\n{alone}{accuracy:.1%}",
            (1, place),
            (11, 0),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
            parse_math=False,
        )


def best_levels(alone: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """The model, and the best of the experts, as they came."""
    best = sorted(range(1, len(alone)), key=lambda j: -alone[j][1])[: MOST_LEVELS - 1]
    return [alone[j] for j in [0, *sorted(best)] if j < len(alone)]


def _spread(heights: Sequence[float], gap: float, low: float, high: float) -> Floats:
    """Move labels apart until there is a gap between any two: up first, then down again."""
    order = np.argsort(heights, kind="stable")
    places = np.asarray(heights, dtype=np.float64)[order].clip(low, high)
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + gap)
    places[-1] = min(places[-1], high)
    for i in range(len(places) - 2, -1, -1):
        places[i] = min(places[i], places[i + 1] - gap)
    result = np.empty(len(places))
    result[order] = places
    return result


def _mark_budgets(ax: Axes, budgets: Sequence[float], room: float) -> None:
    """A line per budget, its number above where there is room."""
    labels: list[tuple[float, str]] = []
    for budget in sorted(budgets):
        ax.axvline(budget, color=MUTED, linewidth=0.6, zorder=1)
        if not labels or budget - labels[-1][0] >= room:
            labels.append((budget, f"{100 * budget:.3g}%"))
    for i, (budget, text) in enumerate(labels):
        ax.annotate(
            text if i else f"budget {text}",
            (budget, 1),
            (0 if i else 10, 3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center" if i else "right",
            annotation_clip=False,
        )


def _add_legend(
    figure: Figure, comparison: Comparison, methods: Sequence[str], columns: int
) -> None:
    """Methods first, the best at the middle budget on top."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    middle = sorted(comparison.budgets)[len(comparison.budgets) // 2]
    rank = {row.method: row.accuracy for row in comparison.at(middle).rows if row.is_method}
    best_first = sorted(methods, key=lambda name: -rank[name])
    entries: list[tuple[str, Artist]] = [
        (readable(name), Line2D([], [], linewidth=1.8, **line(line_style(name))))
        for name in best_first
    ]
    if "oracle" in comparison.curves:
        top = comparison.curves["oracle"].accuracy.max()
        entries += [
            (f"oracle, up to {top:.0%}", Line2D([], [], **line(STYLES["oracle"]))),
            ("random, same rate", Line2D([], [], **line(STYLES["random"]))),
        ]
    dot = Line2D([], [], linestyle="none", marker="o", color=MUTED, mec="white")
    entries += [
        (f"{comparison.confidence:.0%} interval at each point", Patch(color=MUTED, alpha=0.2)),
        ("what each budget gives", dot),
    ]
    legend = figure.legend(
        [handle for _, handle in entries],
        [text for text, _ in entries],
        loc="outside upper left",
        ncols=columns,
        handlelength=3.2,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
