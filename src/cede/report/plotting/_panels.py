"""Panels side by side: lines over a quantity, or a row per method with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from cede.exceptions import InvalidInput
from cede.report.plotting._canvas import (
    FAINT,
    INK,
    MUTED,
    LineStyle,
    blank_figure,
    line,
    percent,
    readable,
    styles_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Behind a label, so that lines do not cross it.
_PAPER = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.5}
#: With more points than these a line shows no markers.
_MARKED = 25


@dataclass(frozen=True)
class Line:
    """A method over a quantity, with a band if its ends are given."""

    x: ArrayLike
    y: ArrayLike
    low: ArrayLike | None = None
    high: ArrayLike | None = None


@dataclass(frozen=True)
class Panel:
    """One pair of axes.

    For :func:`lines`, ``rows`` maps the name of a method to a :class:`Line`; for :func:`dots`, to
    three numbers, ``(value, low, high)``, or to a value alone.
    """

    title: str
    x_label: str
    y_label: str
    rows: Mapping[str, Line | tuple[float, float, float] | float]
    #: Level lines by name, such as the model alone.
    levels: Mapping[str, float] = field(default_factory=dict)
    percent_x: bool = False
    percent_y: bool = False
    log_x: bool = False
    log_y: bool = False
    y_limits: tuple[float, float] | None = None


def lines(panels: Sequence[Panel], *, columns: int = 2, width: float = 9.0) -> Figure:
    """Draw methods as lines with bands, a legend above all panels.

    Parameters
    ----------
    panels : sequence of Panel
        Their rows are instances of :class:`Line`.
    columns : int, default=2
        Panels in a row.
    width : float, default=9.0
        In inches.

    Raises
    ------
    InvalidInput
        If there is no panel, or one has no rows.
    """
    columns = min(columns, len(panels)) or 1
    names = _names(panels)
    styles = styles_of(names)
    tall = -(-len(panels) // columns)
    with blank_figure(width, tall * (0.68 * width / columns) ** 0.5 * 1.75 + 0.3) as figure:
        grid = figure.subplots(tall, columns, squeeze=False).ravel()
        for ax, panel in zip(grid, panels, strict=False):
            for name in names:
                if name in panel.rows:
                    _draw_line(ax, name, panel.rows[name], styles[name])
            _draw_levels(ax, panel.levels)
            _dress(ax, panel)
            ax.grid(axis="y", color=FAINT, linewidth=0.4)
        for ax in grid[len(panels) :]:
            ax.remove()
        _add_legend(figure, styles, width)
    return figure


def dots(panels: Sequence[Panel], *, columns: int = 2, width: float = 9.0) -> Figure:
    """Draw a row per method, its value and interval; the same order of rows in every panel.

    Parameters
    ----------
    panels : sequence of Panel
        Their rows are ``(value, low, high)`` or numbers. Methods stand in the order in which they
        first come, the first on top.
    columns, width
        As in :func:`lines`.

    Raises
    ------
    InvalidInput
        If there is no panel, or one has no rows.
    """
    columns = min(columns, len(panels)) or 1
    names = _names(panels)
    styles = styles_of(names)
    tall = -(-len(panels) // columns)
    with blank_figure(width, tall * (0.24 * len(names) + 0.75)) as figure:
        grid = figure.subplots(tall, columns, squeeze=False, sharey=True).ravel()
        for ax, panel in zip(grid, panels, strict=False):
            for place, name in enumerate(names):
                if name in panel.rows:
                    _draw_dot(ax, place, panel.rows[name], styles[name])
            for level in panel.levels.values():
                ax.axvline(level, color=MUTED, linewidth=0.8, zorder=1)
            _dress(ax, panel)
            ax.grid(axis="y", color=FAINT, linewidth=0.4)
            ax.set_yticks(range(len(names)), [readable(name) for name in names])
            for text in ax.get_yticklabels():
                text.set_parse_math(False)
            ax.tick_params(axis="y", length=0, labelcolor=INK)
            ax.set_ylim(len(names) - 0.5, -0.5)
            ax.spines["left"].set_visible(False)
        for ax in grid[len(panels) :]:
            ax.remove()
    return figure


def _names(panels: Sequence[Panel]) -> list[str]:
    """Every method once, in the order in which they come."""
    if not panels or not all(panel.rows for panel in panels):
        raise InvalidInput(
            f"must be one at least, each with a method, but got {len(panels)}, of which "
            f"{sum(not panel.rows for panel in panels)} are empty; leave these out",
            argument="panels",
        )
    return list(dict.fromkeys(name for panel in panels for name in panel.rows))


def _draw_line(ax: Axes, name: str, row: object, style: LineStyle) -> None:
    if not isinstance(row, Line):
        raise InvalidInput(
            f"must hold a Line for each method, but got {row!r} for {name!r}; write Line(x, y)",
            argument="panels",
        )
    x, y = np.asarray(row.x, dtype=float), np.asarray(row.y, dtype=float)
    if row.low is not None and row.high is not None:
        ax.fill_between(x, row.low, row.high, color=style.colour, alpha=0.13, linewidth=0)
    marker = style.marker if len(x) <= _MARKED else ""
    ax.plot(x, y, linewidth=1.6, marker=marker, markersize=4, zorder=2.5, **line(style))


def _draw_dot(ax: Axes, place: int, row: Any, style: LineStyle) -> None:
    value, low, high = np.broadcast_to(np.asarray(row, dtype=float), 3)
    ax.plot([low, high], [place, place], color=style.colour, linewidth=1.8, alpha=0.55)
    ax.plot([value], [place], style.marker, color=style.colour, markersize=5.5)


def _draw_levels(ax: Axes, levels: Mapping[str, float]) -> None:
    for name, level in levels.items():
        ax.axhline(level, color=MUTED, linewidth=0.9, zorder=1)
        ax.annotate(name, (1, level), (-2, 2), xycoords=("axes fraction", "data"),
                    textcoords="offset points", ha="right", color=MUTED, size=8,
                    parse_math=False, zorder=4, bbox=_PAPER)  # fmt: skip


def _dress(ax: Axes, panel: Panel) -> None:
    ax.set_title(panel.title, loc="left", parse_math=False)
    ax.set_xlabel(panel.x_label, parse_math=False)
    ax.set_ylabel(panel.y_label, parse_math=False)
    if panel.log_x:
        from matplotlib.ticker import NullFormatter

        ax.set_xscale("log")
        ax.xaxis.set_minor_formatter(NullFormatter())  # the labels between two decades collide
    if panel.log_y:
        ax.set_yscale("log")
    if panel.percent_x:
        ax.xaxis.set_major_formatter(percent())
    if panel.percent_y:
        ax.yaxis.set_major_formatter(percent())
    if panel.y_limits is not None:
        ax.set_ylim(*panel.y_limits)


def _add_legend(figure: Figure, styles: Mapping[str, LineStyle], width: float) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linewidth=1.6, marker=style.marker, markersize=4, **line(style))
        for style in styles.values()
    ]
    legend = figure.legend(
        handles,
        [readable(name) for name in styles],
        loc="outside upper left",
        ncols=max(1, int(width / 2.3)),
        handlelength=3.2,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
