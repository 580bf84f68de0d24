"""The range in which numbers lie, seen or not, and whether those seen tell how much they vary.

That a sample does not vary is no proof that nothing does. Of ``n`` equal numbers, the next may be
any other with a probability of up to about 3/n, and the range says how far it then moves the mean.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

import numpy as np

from cede._checks import Bools, Floats, Ints

__all__ = ["MOST_MOVED", "MOST_SKEWED", "cost_range", "hardly_varies", "hardly_vary"]

#: A mean is taken to be normal if one more number at the far end of the range moves it by less than
#: a third of its standard error, and if its skewness is less than a fifth, which of a rare kind of
#: case is 25 of them seen.
MOST_MOVED, MOST_SKEWED = 1 / 3, 1 / 5


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


def hardly_vary(columns: Iterable[Floats], low: float, high: float) -> Bools:
    """Tell of each of several columns of numbers whether it hardly varies."""
    return np.array([hardly_varies(column, low, high) for column in columns], dtype=np.bool_)


def hardly_varies(values: Floats, low: float, high: float) -> bool:
    """Tell whether an unseen number may move a mean too much for Student's t to hold."""
    n = len(values)
    deviations = values - values.mean()
    spread = float(deviations @ deviations)
    if n < 2 or values.max() == values.min():
        return True
    mean = float(values.mean())
    reach = max(high - mean, mean - low)
    skewed = abs(float((deviations**3).sum())) > MOST_SKEWED * spread**1.5
    return bool(reach > MOST_MOVED * sqrt(spread)) or skewed
