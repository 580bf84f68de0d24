"""Right answers against the share of cases sent on: a picture for people in a hurry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from cede._checks import Floats
from cede.operating import DeferralCurve
from cede.report.plotting._canvas import FAINT, INK, MUTED, STYLES, blank_figure, percent, short
from cede.report.plotting._curves import _spread, best_levels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_POINTS = 400
_COLOUR = STYLES["threshold_correction"].colour


def shared(
    curve: DeferralCurve,
    alone: Sequence[tuple[str, float]],
    points: Sequence[tuple[float, float]],
    *,
    constant: tuple[str, float] | None = None,
    measure: str = "right",
    decimals: int = 1,
    ylabel: str = "right answers",
    width: float = 9.0,
) -> Figure:
    """Draw what sending cases on is worth, the agents alone as levels, and numbered points.

    Parameters
    ----------
    curve : DeferralCurve
    alone : sequence of (name, accuracy)
        Who would answer every case, the model first; accuracy is one minus the mean cost. Of more
        than eight, the best are drawn. An expert far below all others leaves the frame: an arrow
        says so.
    points : sequence of (share sent, accuracy)
        Marked with their numbers, from 1.
    constant : (name, accuracy), optional
        The commonest answer in every case, a level beside the agents'.
    measure : {"right", "quality", "cost"}, default="right"
        Draw right answers in per cent, one minus the mean cost, or the mean cost.
    decimals : int, default=1
        Of the numbers beside the levels.
    ylabel : str, default="right answers"
    width : float, default=9.0
        In inches; below 6 the figure is laid out for a telephone.
    """
    wide, costs = width >= 6, measure == "cost"
    at = np.unique(np.linspace(0, len(curve.error) - 1, _MOST_POINTS).round().astype(np.int64))
    rate = curve.deferral_rate[at]

    def shown(worth: Floats) -> Floats:
        return 1.0 - worth if costs else worth

    all_levels = [*best_levels(alone), *([] if constant is None else [constant])]
    levels = [(name, float(shown(np.array(worth)))) for name, worth in all_levels]
    height = shown(curve.accuracy[at])
    dots = [(share, float(shown(np.array(worth)))) for share, worth in points]
    with blank_figure(width, 0.44 * width if wide else 0.95 * width) as figure:
        ax = figure.add_subplot()
        ax.set(xlim=(0, 1), ylim=_frame(height, levels, dots, costs))
        (handle,) = ax.plot(rate, height, color=_COLOUR, linewidth=2.2, zorder=3)
        _draw_levels(ax, levels, measure, decimals, wide)
        for number, (share, worth) in enumerate(dots, start=1):
            ax.plot([share], [worth], "o", ms=15, color=_COLOUR, mec="white", mew=1.5, zorder=5,
                    clip_on=False)  # fmt: skip
            ax.annotate(str(number), (share, worth), ha="center", va="center_baseline",
                        color="white", weight="bold", zorder=6, annotation_clip=False)  # fmt: skip
        ax.xaxis.set_major_formatter(percent())
        if measure == "right":
            ax.yaxis.set_major_formatter(percent())
        ax.grid(axis="y", color=FAINT, linewidth=0.4)
        ax.set_xlabel("share of cases sent on")
        ax.set_title(ylabel, loc="left", weight="bold")
        handle.set_label("cases shared")
        ax.legend(handles=[handle], loc="lower right", bbox_to_anchor=(1.0, 0.985), borderaxespad=0)
    return figure


def _frame(
    height: Floats, levels: Sequence[tuple[str, float]], dots: Sequence[tuple[float, float]],
    costs: bool,
) -> tuple[float, float]:  # fmt: skip
    """Around curve, model and points, and those experts who are not far worse than all of these."""
    heights = [*height, levels[0][1], *(worth for _, worth in dots)]
    low, high = min(heights), max(heights)
    reach = 0.8 * max(high - low, 1e-9)
    for _, worth in levels[1:]:
        is_far = worth > high + reach if costs else worth < low - reach
        if not is_far:
            low, high = min(low, worth), max(high, worth)
    margin = 0.09 * (high - low) or 0.01
    return low - margin, high + margin


def _draw_levels(
    ax: Axes, levels: Sequence[tuple[str, float]], measure: str, decimals: int, wide: bool
) -> None:
    """A line per agent, its name beside its end."""
    low, high = ax.get_ylim()
    gap = (0.055 if wide else 0.115) * (high - low)
    places = _spread([worth for _, worth in levels], gap, low + 0.6 * gap, high)
    for number, ((name, worth), place) in enumerate(zip(levels, places, strict=True)):
        inside = low <= worth <= high
        colour = INK if number == 0 else MUTED
        if inside:
            dashes = "-" if number == 0 else "--"
            ax.axhline(worth, color=colour, linewidth=1.1, linestyle=dashes, zorder=1.5)
        between = " " if wide else "\n"
        arrow = "" if inside else "↓ " if worth < low else "↑ "
        number_text = (
            f"{100 * worth:.{decimals}f}%" if measure == "right" else f"{worth:,.{decimals}f}"
        )
        ax.annotate(
            f"{arrow}{short(name, 18)}{between}{number_text}",
            (1, place),
            (8, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            weight="bold" if number == 0 else "normal",
            linespacing=1.05,
            size=8.5,
            annotation_clip=False,
            parse_math=False,
        )
