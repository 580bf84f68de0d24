"""Mean ranks over problems, and which of them differ: Friedman's test and Nemenyi's distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from cede.report.plotting import blank_figure, line_style, readable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Level of Nemenyi's test.
LEVEL = 0.05


@dataclass(frozen=True)
class Ranks:
    """Methods from the best mean rank (the smallest) to the worst."""

    methods: tuple[str, ...]
    mean: tuple[float, ...]
    #: Over how many problems.
    n_problems: int
    #: Two mean ranks farther apart than this differ, at 5 % for all pairs together.
    distance: float
    #: Of Friedman's test that all methods are alike.
    p_value: float

    @property
    def tied_with_best(self) -> tuple[str, ...]:
        """Those whose distance to the best is below the critical one, the best first."""
        near = np.array(self.mean) - self.mean[0] < self.distance
        return tuple(name for name, is_near in zip(self.methods, near, strict=True) if is_near)

    def cliques(self) -> list[tuple[int, int]]:
        """First and last place of each largest run of methods that do not differ."""
        mean, found = np.array(self.mean), []
        for first in range(len(mean)):
            last = int(np.flatnonzero(mean - mean[first] < self.distance)[-1])
            if last > first and (not found or last > found[-1][1]):
                found.append((first, last))
        return found


def rank(areas: Mapping[str, Sequence[float]]) -> Ranks:
    r"""Rank methods by areas, one list over the same problems per method; the largest has rank 1.

    With :math:`k` methods on :math:`N` problems, mean ranks differ at 5 % if they are farther apart
    than :math:`q_{0.05} \sqrt{k (k + 1) / (6 N)}`, q being the studentised range's over root two.

    References
    ----------
    Demšar 2006, "Statistical comparisons of classifiers over multiple data sets", JMLR.
    """
    table = np.array(list(areas.values())).T  # problems x methods
    n, k = table.shape
    mean = stats.rankdata(-table, axis=1).mean(axis=0)
    q = float(stats.studentized_range.ppf(1 - LEVEL, k, np.inf)) / 2**0.5
    p = float(stats.friedmanchisquare(*table.T).pvalue) if k > 2 and n > 1 else 1.0
    order = np.argsort(mean, kind="stable")
    names = list(areas)
    return Ranks(
        tuple(names[i] for i in order),
        tuple(float(mean[i]) for i in order),
        n,
        q * (k * (k + 1) / (6 * n)) ** 0.5,
        1.0 if np.isnan(p) else p,
    )


def draw(panels: Mapping[str, Ranks], columns: int = 2, width: float = 10.0) -> Figure:
    """A row per method at its mean rank; methods beside one bar do not differ."""
    tall = -(-len(panels) // columns)
    most = [max(len(r.methods) for r in list(panels.values())[i * columns : (i + 1) * columns])
            for i in range(tall)]  # fmt: skip
    with blank_figure(width, sum(0.2 * rows + 0.85 for rows in most)) as figure:
        grid: Any = figure.subplots(tall, columns, squeeze=False, height_ratios=most).ravel()
        for ax, (title, ranks) in zip(grid, panels.items(), strict=False):
            _draw_panel(ax, title, ranks)
        for ax in grid[len(panels) :]:
            ax.remove()
    return figure


def _draw_panel(ax: Any, title: str, ranks: Ranks) -> None:
    places = range(len(ranks.methods))
    for place, (name, mean) in enumerate(zip(ranks.methods, ranks.mean, strict=True)):
        ax.plot([mean], [place], "o", ms=5, color=line_style(name).colour)
    worst = ranks.mean[-1]
    step = 0.035 * (worst - ranks.mean[0] or 1.0)
    for number, (first, last) in enumerate(ranks.cliques(), start=1):
        x = worst + (number + 1) * step
        ax.plot([x, x], [first - 0.2, last + 0.2], color="#222222", linewidth=2.2,
                solid_capstyle="butt")  # fmt: skip
    ax.set_yticks(places, [readable(name) for name in ranks.methods])
    ax.set_ylim(len(ranks.methods) - 0.4, -0.6)
    ax.grid(axis="y", color="#cccccc", linewidth=0.4)
    ax.set_title(title, loc="left")
    ax.set_xlabel(
        f"mean rank over {ranks.n_problems} problems (critical distance {ranks.distance:.1f})"
    )
