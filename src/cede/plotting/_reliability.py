"""Whether an expert is right as often as a method says it is."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from cede._checks import Floats, Ints
from cede.calibration import Reliability
from cede.exceptions import InvalidInput
from cede.plotting._canvas import MUTED, blank_figure, line_style, percent, readable, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def reliability(
    reliabilities: Mapping[str, Reliability], expert: str, *, width: float = 9.0
) -> Figure:
    """Draw the estimated accuracy of one expert against the share observed right, per method.

    A bubble is a bin of cases, larger for more cases; its line is the 95 % interval of the share
    (Wilson). Estimates that mean what they say lie on the diagonal.

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
        raise InvalidInput("There is no method whose estimates could be drawn.")
    columns = 4 if width >= 6 else 2
    lines = -(-len(reliabilities) // columns)
    with blank_figure(width, width / columns * lines + 0.35) as figure:
        grid = figure.subplots(lines, columns, sharey=True, squeeze=False)
        for ax in grid.flat[len(reliabilities) :]:
            ax.set_visible(False)
        for ax, (name, found) in zip(grid.flat, reliabilities.items(), strict=False):
            _draw(ax, name, found)
        who = short(expert, 24)
        figure.supxlabel(f"estimated chance that {who} is right", size=9, parse_math=False)
        figure.supylabel("share observed right", size=9)
    return figure


def _draw(ax: Axes, method: str, found: Reliability) -> None:
    colour = line_style(method).colour
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8)
    low, high = _wilson(found.outcome, found.count)
    ax.vlines(found.estimate, low, high, color=colour, linewidth=0.8, alpha=0.6)
    area = 10 + 150 * found.count / found.count.max()
    ax.scatter(
        found.estimate, found.outcome, area, colour, alpha=0.6, linewidth=0, clip_on=False, zorder=3
    )
    ax.set_title(f"{readable(method)}\nECE {found.ece:.3f}", loc="left", parse_math=False)
    ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    ax.set_box_aspect(1)
    ax.xaxis.set_major_formatter(percent())
    ax.yaxis.set_major_formatter(percent())


def _wilson(share: Floats, count: Ints) -> tuple[Floats, Floats]:
    """The 95 % interval of a share that stays inside [0, 1] (Wilson 1927)."""
    z2 = NormalDist().inv_cdf(0.975) ** 2
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = np.sqrt(z2 * share * (1 - share) / count + (z2 / (2 * count)) ** 2) / (1 + z2 / count)
    return centre - half, centre + half
