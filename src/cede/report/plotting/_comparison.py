"""A curve with the band that holds all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cede.evaluation.comparison import Band
from cede.report.plotting._canvas import FAINT, INK, blank_figure, line, line_style, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def band(
    band: Band,
    ax: Axes | None = None,
    *,
    method: str = "",
    label: str = "share answered right",
) -> Axes:
    """Draw a curve over deferral rates and the band in which all of it is expected to lie.

    Parameters
    ----------
    band : cede.evaluation.comparison.Band
        What :func:`cede.evaluation.simultaneous_band` returns.
    ax : matplotlib Axes, optional
        Where to draw; without it on a new figure, ``result.figure``.
    method : str, optional
        Chooses colour and line style.
    label : str, default="share answered right"
        What the heights are. Where they reach 0 (a difference), a line stands at 0.
    """
    if ax is None:
        with blank_figure(6.0, 4.0) as figure:
            ax = figure.add_subplot()
            ax.set(xlabel="share of cases deferred", ylabel=label)
            ax.set_xlim(band.rates[0], max(band.rates[-1], band.rates[0] + 1e-9))
            ax.xaxis.set_major_formatter(percent())
            ax.grid(axis="y", color=FAINT, linewidth=0.4)
            ax.set_title(str(band), loc="left", size=7)
    style = line_style(method)
    if (band.low <= 0).any():
        ax.axhline(0, color=INK, linewidth=0.9, zorder=1.5)
    ax.fill_between(
        band.rates, band.low, band.high, color=style.colour, alpha=0.15, linewidth=0, zorder=2
    )
    ax.plot(band.rates, band.value, linewidth=1.8, zorder=2.5, **line(style))
    return ax
