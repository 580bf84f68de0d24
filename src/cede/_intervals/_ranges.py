"""The range in which costs lie, seen or not.

That a sample does not vary is no proof that nothing does. Of ``n`` equal numbers, the next may be
any other with a probability of up to about 3/n, and the range says how far it then moves the mean.
"""

from __future__ import annotations

import numpy as np

from cede._checks import Floats, Ints

__all__ = ["cost_range"]


def cost_range(table: Floats, chosen: Ints | None = None) -> tuple[float, float]:
    """Lowest and highest cost that there can be, seen or not, of a table ``(n, J + 1)``.

    If every column has two values at most, costs are taken for errors, perhaps with a fee on top; a
    column with one value alone might have been larger by one error, or smaller, but not below zero.
    Other costs may be in any unit, and their range runs from zero, or the lowest, to the highest.

    Parameters
    ----------
    table : array of shape (n, J + 1)
        NaN are left out.
    chosen : int array, optional
        The columns whose range is asked for; all by default.

    Examples
    --------
    >>> cost_range(np.array([[0.0, 0.1], [0.0, 0.1]]))
    (0.0, 1.1)
    >>> cost_range(np.array([[0.2, 7.0], [0.1, 5.0], [0.3, 5.0]]))
    (0.0, 7.0)
    """
    columns = [column[~np.isnan(column)] for column in table.T]
    ends = {k: (float(c.min()), float(c.max())) for k, c in enumerate(columns) if c.size}
    if not ends:
        return 0.0, 1.0
    if any(((columns[k] != a) & (columns[k] != b)).any() for k, (a, b) in ends.items()):
        return min(0.0, *(a for a, _ in ends.values())), max(0.0, *(b for _, b in ends.values()))
    places = [k for k in ends if chosen is None or k in chosen] or list(ends)
    ranges = [_one_error_wide(*ends[k]) for k in places]
    return min(a for a, _ in ranges), max(b for _, b in ranges)


def _one_error_wide(low: float, high: float) -> tuple[float, float]:
    if low in (0.0, 1.0) and high in (0.0, 1.0):
        return 0.0, 1.0
    if low < high:
        return low, high
    return low - 1.0 if low < 0.0 else max(0.0, low - 1.0), high + 1.0
