"""Whether an expert is right as often as a method says it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cede.evaluation.calibration import Reliability
from cede.exceptions import InvalidInput
from cede.report.plotting._canvas import MUTED, blank_figure, line_style, percent, readable, short

#: Height of the counts underneath, in heights of the panel.
COUNTS = 0.22

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def reliability(
    reliabilities: Mapping[str, Reliability], expert: str, *, width: float = 9.0
) -> Figure:
    """Draw the estimated accuracy of one expert against the share observed right, per method.

    A dot is a bin of cases; its line is the 95 % interval of the share (Clopper-Pearson), of this
    bin alone. Estimates that mean what they say lie on the diagonal. Underneath, how many cases
    each bin has, at its mean estimate.

    Parameters
    ----------
    reliabilities : dict of method name to Reliability
        All of the same expert.
    expert : str
        Its name.
    width : float, default=9.0
        In inches; below 6 there are two panels in a row, else four.
    """
    if not reliabilities:
        raise InvalidInput(
            "must hold one method at least, but got none; leave the figure out",
            argument="reliabilities",
        )
    columns = 4 if width >= 6 else 2
    lines = -(-len(reliabilities) // columns)
    side = width / columns
    with blank_figure(width, (side * (1.05 + COUNTS) + 0.15) * lines + 0.35) as figure:
        grid = figure.subplots(lines, columns, sharey=True, squeeze=False)
        for ax in grid.flat[len(reliabilities) :]:
            ax.set_visible(False)
        for ax, (name, bins) in zip(grid.flat, reliabilities.items(), strict=False):
            _draw(ax, name, bins)
        who = short(expert, 24)
        gap = " " if len(who) + 30 < 14 * width else "\n"
        figure.supxlabel(f"estimated chance that{gap}{who} is right", size=9, parse_math=False)
        figure.supylabel("share observed right", size=9)
    return figure


def _draw(ax: Axes, method: str, bins: Reliability) -> None:
    colour = line_style(method).colour
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8)
    low, high = bins.interval(0.95)
    ax.vlines(bins.estimate, low, high, color=colour, linewidth=1.1, alpha=0.7)
    ax.scatter(bins.estimate, bins.outcome, 14, colour, linewidth=0, clip_on=False, zorder=3)
    ax.set_title(f"{readable(method)}\nECE {bins.ece:.3f}", loc="left", parse_math=False)
    ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    ax.set_box_aspect(1)
    ax.xaxis.set_major_formatter(percent())
    ax.yaxis.set_major_formatter(percent())
    _draw_counts(ax, bins, colour)


def _draw_counts(ax: Axes, bins: Reliability, colour: str) -> None:
    """Draw the cases of each bin underneath, on the same axis of estimates."""
    below = ax.inset_axes((0.0, -COUNTS - 0.11, 1.0, COUNTS), sharex=ax)
    ax.tick_params(labelbottom=False, bottom=False)
    below.vlines(bins.estimate, 0, bins.count, color=colour, linewidth=3, alpha=0.7)
    most = int(bins.count.max())
    below.set(ylim=(0, 1.05 * most), yticks=[most])
    below.set_yticklabels([f"{most:,}"], size=7)
    below.tick_params(axis="y", length=2, pad=1)
