"""One deferral curve with a band that holds all of it, and what it is read against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cede._checks import Floats
from cede.evaluation.comparison import Band
from cede.operating import DeferralCurve
from cede.report.plotting._canvas import (
    FAINT,
    INK,
    MUTED,
    STYLES,
    blank_figure,
    line,
    line_style,
    percent,
    readable,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Formatter

_MOST_POINTS = 400


def bands(
    curve: DeferralCurve,
    band: Band,
    gain: Band,
    *,
    method: str = "",
    measure: str = "right",
    ylabel: str = "share answered right",
    width: float = 9.0,
) -> Figure:
    """Draw a curve with its band and references, and what it is above the model alone.

    Parameters
    ----------
    curve : DeferralCurve
        Its oracle, its random mix and its hull are drawn too.
    band, gain : Band
        Of the curve's accuracy; and of that less the model's.
    method : str, optional
        Chooses the colour.
    measure : {"right", "quality", "cost"}, default="right"
        Draw right answers in per cent, one minus the mean cost, or the mean cost.
    ylabel : str, default="share answered right"
    width : float, default=9.0
        In inches; below 6 the panels stand one above the other.
    """
    wide, costs = width >= 6, measure == "cost"
    with blank_figure(width, 0.45 * width if wide else 1.75 * width) as figure:
        left, right = figure.subplots(1, 2) if wide else figure.subplots(2, 1)
        style = line_style(method)
        _draw_band(left, band, style.colour, costs, level=1.0)
        _draw(left, curve, costs, label=readable(method) or "the method", width=1.8, zorder=3,
              color=style.colour)  # fmt: skip
        _draw(left, curve.hull, costs, label="hull: two points mixed", width=1.0, zorder=2,
              color=INK, linestyle=(0, (1, 1.2)))  # fmt: skip
        _draw(left, curve.random, costs, label="random mix", width=1.4, zorder=2,
              **line(STYLES["random"]))  # fmt: skip
        low, high = left.get_ylim()
        _draw(left, curve.oracle, costs, label="oracle", width=1.4, zorder=2,
              **line(STYLES["oracle"]))  # fmt: skip
        top = left.get_ylim()
        reach = 0.6 * (high - low)
        left.set_ylim(max(top[0], low - reach), min(top[1], high + reach))
        left.set_title(ylabel, loc="left", weight="bold")
        left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2, handlelength=2.6)
        _draw_band(right, gain, style.colour, costs, level=0.0)
        sign = -1.0 if costs else 1.0
        right.plot(gain.rates, sign * gain.value, linewidth=1.8, color=style.colour)
        right.axhline(0, color=MUTED, linewidth=0.9)
        unit = ", points" if measure == "right" else ""
        right.set_title(f"difference to the model alone{unit}", loc="left", weight="bold")
        for ax in (left, right):
            ax.set(xlim=(0, 1), xlabel="share of cases deferred")
            ax.xaxis.set_major_formatter(percent())
            ax.grid(axis="y", color=FAINT, linewidth=0.4)
            if measure == "right":
                ax.yaxis.set_major_formatter(percent())
        if measure == "right":
            right.yaxis.set_major_formatter(_points())
    return figure


def _draw(
    ax: Axes, curve: DeferralCurve, costs: bool, *, label: str, width: float, **look: Any
) -> None:
    at = np.unique(np.linspace(0, len(curve.error) - 1, _MOST_POINTS).round().astype(np.int64))
    height: Floats = curve.error[at] if costs else curve.accuracy[at]
    (handle,) = ax.plot(curve.deferral_rate[at], height, linewidth=width, **look)
    handle.set_label(label)


def _draw_band(ax: Axes, band: Band, colour: str, costs: bool, level: float) -> None:
    low, high = (level - band.high, level - band.low) if costs else (band.low, band.high)
    ax.fill_between(band.rates, low, high, color=colour, alpha=0.16, linewidth=0)


def _points() -> Formatter:
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda apart, _: f"{100 * apart:+.4g}".replace("-", "−"))
