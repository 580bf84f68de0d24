"""The upper hull of points: what mixing any two of them can reach."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, Ints
from cede._checks._arrays import as_numbers
from cede.exceptions import InvalidInput

__all__ = ["hull_of", "upper_hull"]


def upper_hull(x: ArrayLike, y: ArrayLike) -> Ints:
    """Which points lie on the upper convex hull, from the lowest ``x`` to the highest.

    Points in the middle of a straight edge are left out, as far as rounding allows. This is
    quickhull (Barber et al. 1996) on all edges at once: each pass drops the points below their edge
    and splits the edge at the point farthest above it. Millions of points of a curve take about a
    second.

    Parameters
    ----------
    x, y : arrays of shape (m,)
        ``x`` not decreasing.

    Returns
    -------
    array of integers
        Positions in ``x``, increasing. Of several points at the first or the last ``x``, the
        highest counts.

    Raises
    ------
    InvalidInput
        If there is no point, an entry is not finite, or ``x`` decreases somewhere.

    Examples
    --------
    >>> upper_hull([0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 2.0, 1.0, 3.0, 0.0])
    array([0, 1, 3, 4])
    """
    return hull_of(*_check_points(x, y))


def hull_of(at: Floats, height: Floats) -> Ints:
    """Like :func:`upper_hull`, without checks."""
    first = int(np.argmax(height[: np.searchsorted(at, at[0], side="right")]))
    start = int(np.searchsorted(at, at[-1], side="left"))
    last = start + int(np.argmax(height[start:]))
    if last <= first:  # all points have one x
        return np.array([first])
    hull = np.array([first, last])
    rest = np.arange(first + 1, last)
    edge = np.zeros(len(rest), dtype=np.int64)  # from hull[edge] to hull[edge + 1]
    rounding = 8 * np.finfo(np.float64).eps * float(np.abs(height).max())
    while True:
        width, rise, left = np.diff(at[hull]), np.diff(height[hull]), hull[edge]
        above = (height[rest] - height[left]) * width[edge] - (at[rest] - at[left]) * rise[edge]
        outside = above > rounding * width[edge]
        rest, edge, above = rest[outside], edge[outside], above[outside]
        if rest.size == 0:
            return hull
        starts = np.flatnonzero(np.diff(edge, prepend=-1))
        highest = np.repeat(np.maximum.reduceat(above, starts), np.diff(starts, append=len(edge)))
        hits = np.flatnonzero(above == highest)
        new = hits[np.flatnonzero(np.diff(edge[hits], prepend=-1))]  # the first of several
        hull = np.sort(np.append(hull, rest[new]))
        rest = np.delete(rest, new)
        # The hull has few points and the rest many, so the few are searched for among the many.
        edge = np.repeat(np.arange(len(hull) - 1), np.diff(np.searchsorted(rest, hull)))


def _check_points(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    at, height = as_numbers("x", x), as_numbers("y", y)
    if at.ndim != 1 or at.shape != height.shape or at.size == 0:
        raise InvalidInput(
            f"must have shape (m,) like y, with one point at least, but got {at.shape} and "
            f"{height.shape}; pass both coordinates of every point",
            argument="x",
        )
    if not (np.isfinite(at).all() and np.isfinite(height).all()):
        raise InvalidInput(
            "and y must be finite numbers, but some are not; leave out points that are not known",
            argument="x",
        )
    if (np.diff(at) < 0).any():
        raise InvalidInput("must not decrease; sort the points by it first", argument="x")
    return at, height
