"""Who gets which cases: how deferred cases differ from kept ones, and who is right on which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cede.evaluation.appraisal import Contrast
from cede.report.plotting._canvas import FAINT, INK, MUTED, blank_figure, line_style, percent, short

_LEVELS = {"right": "share answered right", "quality": "mean score", "cost": "mean cost"}

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def contrast(
    contrast: Contrast,
    agents: Sequence[str],
    *,
    method: str = "",
    measure: str = "right",
    decimals: int = 1,
    width: float = 9.0,
) -> Figure:
    """Draw how deferred cases differ from kept ones, and who is right on which.

    Parameters
    ----------
    contrast : cede.evaluation.Contrast
    agents : sequence of str
        Names, the model's first.
    method : str, optional
        Chooses the colour.
    measure : {"right", "quality", "cost"}, default="right"
        What ``accuracy`` is: a share answered right, or one minus a mean cost, which is drawn as
        it is or as that cost.
    decimals : int, default=1
        Of the numbers, in per cent where they are shares.
    width : float, default=9.0
        In inches; below 6 the two panels stand one above the other.
    """
    wide = width >= 6
    bars, dots = 0.25 * len(contrast.names) + 0.8, 0.42 * len(agents) + 1.2
    alone = not contrast.names
    height = dots if alone else max(bars, dots) if wide else bars + dots
    with blank_figure(width, height) as figure:
        if alone:
            left, right = None, figure.add_subplot()
        elif wide:
            left, right = figure.subplots(1, 2, width_ratios=[1.25, 1])
        else:
            left, right = figure.subplots(2, 1, height_ratios=[bars, dots])
        colour = line_style(method).colour
        if left is not None:
            _draw_differences(left, contrast, colour, wide)
        names = [short(name, 20) for name in agents]
        _draw_agents(right, contrast, names, colour, measure, decimals)
    return figure


def _draw_differences(ax: Axes, contrast: Contrast, colour: str, wide: bool) -> None:
    rows, longest = np.arange(len(contrast.names)), 32 if wide else 20
    ax.barh(rows, contrast.differences, height=0.62, color=colour, alpha=0.75)
    ax.axvline(0, color=MUTED, linewidth=0.8)
    ax.set_yticks(
        rows, [short(name, longest) for name in contrast.names], color=INK, parse_math=False
    )
    ax.invert_yaxis()
    reach = (1.35 if wide else 1.7) * max(0.1, float(np.abs(contrast.differences).max(initial=0.0)))
    ax.set_xlim(-reach, reach)
    for row, apart in enumerate(contrast.differences):
        side = 1 if apart >= 0 else -1
        _write(ax, f"{round(apart, 2) + 0.0:+.2f}".replace("-", "−"), apart, row, side)
    _tidy(ax, "Deferred against kept cases")
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.set_xlabel("← lower · higher →\nin deferred cases (standard deviations)")


def _draw_agents(
    ax: Axes,
    contrast: Contrast,
    agents: Sequence[str],
    colour: str,
    measure: str,
    decimals: int,
) -> None:
    levels = 1.0 - contrast.accuracy if measure == "cost" else contrast.accuracy
    rows = np.arange(len(agents))
    groups = [("kept", contrast.n_kept, "white"), ("deferred", contrast.n_deferred, colour)]
    if contrast.n_kept and contrast.n_deferred:
        ax.hlines(rows, *levels, color=FAINT, linewidth=2, zorder=1)
    for group, (name, n, fill) in enumerate(groups):
        if n == 0:
            continue  # its accuracy is not known
        share, others = levels[group], levels[1 - group]
        ax.scatter(share, rows, s=46, color=fill, edgecolor=colour, label=f"{name} ({n:,})")
        for row, (value, other) in enumerate(zip(share, others, strict=True)):
            side = -1 if value < other or (value == other and group == 0) else 1
            if np.isfinite(value):
                text = f"{value:.{decimals}%}" if measure == "right" else f"{value:,.{decimals}f}"
                _write(ax, text, value, row, side, gap=7)
    ax.set_yticks(rows, agents, color=INK, parse_math=False)
    ax.set(ylim=(len(agents) - 0.4, -1.2), xlabel=_LEVELS[measure])
    ax.margins(x=0.3)
    ax.locator_params(axis="x", nbins=4)
    if measure == "right":
        ax.xaxis.set_major_formatter(percent())
    ax.legend(loc="upper center", ncols=2, handletextpad=0.1, borderaxespad=0)
    _tidy(ax, "Who is right on which cases" if measure == "right" else "Who does well on which")


def _write(ax: Axes, text: str, x: float, y: float, side: int, gap: int = 3) -> None:
    """Write beside a mark: to its right if ``side`` is 1, to its left if -1."""
    ax.annotate(
        text,
        (x, y),
        (side * gap, 0),
        textcoords="offset points",
        ha="left" if side > 0 else "right",
        va="center",
        size=8,
    )


def _tidy(ax: Axes, title: str) -> None:
    ax.set_title(title, loc="left", weight="bold")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
