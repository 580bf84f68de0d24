"""The cases of a choice in order of gain, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints
from cede.operating._choice import Choice, blocks

__all__ = ["Ranking", "rank", "sort_with_units"]

_LOW = np.uint64(3)


@dataclass(frozen=True)
class Ranking:
    """The largest gain first, with one point per distinct gain and one before the first."""

    #: Price of each point, and how many cases it defers; None for 0, 1, ..., n.
    prices: Floats
    count: Ints | None
    #: Mean of each table at each point.
    means: Mapping[str, Floats]
    #: Which expert each case goes to, (n,), in this order.
    expert: NDArray[np.unsignedinteger] | None


def rank(choice: Choice, of_model: Mapping[str, float]) -> Ranking:
    """Sort the cases and add up the tables, starting from each one's total for the model alone.

    The choice's gain is used up. Few arrays of ``n + 1`` are touched: at ten million cases, fresh
    memory costs as much as the arithmetic.
    """
    n = len(choice.gain) - 1
    falling = np.subtract(0.0, choice.gain[:n], out=choice.gain[:n])  # without a negative zero
    added = choice.added["error"]
    short = added.dtype == np.int8 and len(choice.added) == 1
    prices = sort_with_units(falling, added) if short else None
    expert = None
    if prices is not None:
        sums = {"error": _add_units(choice.gain, of_model["error"])}
    else:
        order, prices = np.argsort(falling), choice.gain
        falling.sort()  # no slower than gathering, and no new array
        sums = {name: _add(part, order, of_model[name]) for name, part in choice.added.items()}
        expert = None if choice.expert is None else choice.expert.take(order)
    np.negative(prices[:n], out=prices[:n])
    prices[n] = -np.inf
    for total in sums.values():
        total /= n
    # No point stands inside a group of equal gains.
    apart = prices[1:] != prices[:-1]
    if apart.all():
        return Ranking(prices, None, sums, expert)
    last = np.flatnonzero(apart)
    count = np.append(0, last + 1)
    prices = np.append(prices[last], -np.inf)
    return Ranking(prices, count, {name: total[count] for name, total in sums.items()}, expert)


def sort_with_units(keys: Floats, units: NDArray[np.int8]) -> Floats | None:
    """Sort keys that carry a -1, 0 or 1 each, by two plain sorts, which cost less than an argsort.

    Returns the sorted keys, and room for one number more. ``keys`` themselves are sorted by all but
    their two lowest bits, in which the units plus one are written. That is the same order, unless
    two keys differ in these bits only or one is infinite; then None is returned, and ``keys`` stay
    as they were.
    """
    n = len(keys)
    result = np.empty(n + 1)
    exact = result[:n]
    exact[...] = keys
    exact.sort()
    if not np.isfinite(exact[[0, -1]]).all():
        return None
    bits = exact.view(np.uint64)
    for rows in blocks(n - 1):
        differ = bits[rows.start + 1 : rows.stop + 1] ^ bits[rows.start : rows.stop]
        if (differ - np.uint64(1) < _LOW).any():  # unsigned: equal keys become the largest number
            return None
    tagged = keys.view(np.uint64)
    np.bitwise_and(tagged, ~_LOW, out=tagged)
    np.bitwise_or(tagged, (units + np.int8(1)).view(np.uint8), out=tagged)
    keys.sort()
    return result


def _add_units(tagged: Floats, start: float) -> Floats:
    """Turn keys with units in their two lowest bits, and one number more, into running sums."""
    n = len(tagged) - 1
    units = np.empty(n, dtype=np.int8)
    bits = tagged[:n].view(np.uint64)
    for rows in blocks(n):
        units[rows] = (bits[rows] & _LOW).astype(np.int8) - np.int8(1)
    np.cumsum(units, dtype=np.float64, out=tagged[1:])
    tagged[0] = 0.0
    tagged += start
    return tagged


def _add(added: NDArray[np.generic], order: Ints, start: float) -> Floats:
    total = np.empty(len(order) + 1)
    total[0] = start
    if added.dtype == np.float64:
        added.take(order, out=total[1:], mode="clip")
    else:
        total[1:] = added.take(order)
    return np.asarray(np.cumsum(total, out=total), dtype=np.float64)
