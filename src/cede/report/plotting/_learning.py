"""What the router is worth against how many cases it learned from."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

import numpy as np

from cede.evaluation import LearningCurve
from cede.report.plotting._canvas import FAINT, INK, MUTED, blank_figure, line, line_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def learning_curve(
    curve: LearningCurve, *, method: str = "", share: float = 0.9, width: float = 6.0
) -> Figure:
    """Draw what the system costs less than its model alone, against the cases learned from.

    Bars are intervals, each on its own. Where a gain is shown at the largest size, a mark says how
    many cases reach a share of it.

    Parameters
    ----------
    curve : cede.evaluation.LearningCurve
    method : str, optional
        Chooses colour and line style.
    share : float, default=0.9
        Of the gain at the largest size.
    width : float, default=6.0
        In inches.
    """
    sizes = np.array([point.n_cases for point in curve.points])
    gain, low, high = np.array([point.gain for point in curve.points]).T
    style = line_style(method)
    with blank_figure(width, 0.62 * width if width >= 5 else 0.85 * width) as figure:
        ax = figure.add_subplot()
        ax.axhline(0, color=INK, linewidth=0.9, zorder=1.5)
        ax.annotate(
            "the model alone",
            (1, 0),
            (0, 3),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            color=MUTED,
        )
        ax.plot(sizes, gain, linewidth=1.8, zorder=2.5, **line(style))
        ax.vlines(sizes, low, high, color=style.colour, linewidth=1.2, zorder=2.4)
        ax.plot(sizes, gain, "o", color=style.colour, mec="white", zorder=4)
        _mark_needed(ax, curve, share)
        _name_axes(ax, sizes, width)
        subtitle = f"budget {100 * curve.budget:.4g}%, {curve.confidence:.0%} intervals"
        subtitle += ", " if width >= 5 else "\n"
        ax.set_title(f"{subtitle}{curve.n_test:,} test cases", loc="left", color=MUTED)
    return figure


def _mark_needed(ax: Axes, curve: LearningCurve, share: float) -> None:
    need = curve.needed(share)
    if isnan(need):
        return
    height = share * curve.points[-1].gain.value
    ax.plot([need, need], [0, height], color=MUTED, linewidth=0.9, linestyle=(0, (2, 2)), zorder=2)
    first = need <= curve.points[0].n_cases
    ax.annotate(
        f"{share:.0%} of the gain:\n{'at most' if first else 'about'} {need:,.0f} cases",
        (need, 0.5 * height),
        (5, 0),
        textcoords="offset points",
        va="center",
    )


def _name_axes(ax: Axes, sizes: np.ndarray[tuple[int], np.dtype[np.int64]], width: float) -> None:
    ax.set_xscale("log")
    ax.minorticks_off()
    # Sizes that would stand too close to each other have a point but no number.
    room = np.log(sizes[-1] / sizes[0]) / (2.2 * width) if len(sizes) > 1 else 0.0
    ticks = [int(sizes[-1])]
    for size in sizes[-2::-1]:
        if np.log(ticks[-1] / size) >= room:
            ticks.append(int(size))
    ax.set_xticks(ticks, [f"{size:,}" for size in ticks])
    ax.margins(x=0.05, y=0.1)
    ax.set(xlabel="cases learned from", ylabel="cost saved per case,\nagainst the model alone")
    ax.grid(axis="y", color=FAINT, linewidth=0.4)
