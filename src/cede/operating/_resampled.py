"""Areas under the deferral curves of resampled cases, without computing each curve."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cede._checks import Floats, Ints
from cede.operating._choice import Choice, choose
from cede.operating._hull import hull_of

__all__ = ["resampled_areas"]


def resampled_areas(scores: Floats, costs: Floats, draws: Iterable[Ints]) -> Floats:
    """Areas of the curve, the random mix, the hull and the oracle, and the normalised area.

    A resample says how often each case is drawn. Which expert a case would go to, and in which
    order cases leave, is the same in all resamples and computed once. A case that is drawn twice
    ties with itself, and the straight line over the tie is exact.

    Parameters
    ----------
    scores, costs : arrays of shape (n, J + 1)
        Finite, with an expert at least.
    draws : iterable of int arrays of shape (n,)
        How often each case is there.

    Returns
    -------
    array of shape (number of draws, 5)
        As of :class:`DeferralCurve`; the normalised area is NaN where the oracle is no better than
        the random mix.
    """
    tables = {"error": costs}
    best = choose(costs, tables, lowest=True)
    choice = choose(scores, tables)
    curve = _Order.of(choice.gain[:-1], choice)
    oracle = _Order.of(-best.added["error"], best)
    of_experts = costs[:, 1:].mean(axis=1)
    areas = []
    for counts in draws:
        n = counts.sum()
        model = float(counts @ costs[:, 0])
        random = 1.0 - (model + float(counts @ of_experts)) / (2 * n)
        rates, accuracy = curve.points(counts, model)
        hull = hull_of(rates, accuracy)
        area = float(np.trapezoid(accuracy, rates))
        most = float(np.trapezoid(*oracle.points(counts, model)[::-1]))
        way = (area - random) / (most - random) if most > random + 1e-12 else float("nan")
        areas.append([area, random, float(np.trapezoid(accuracy[hull], rates[hull])), most, way])
    return np.array(areas)


@dataclass(frozen=True)
class _Order:
    """The cases in the order in which they leave."""

    cases: Ints
    #: What asking adds to the cost of each, in this order.
    added: Floats
    #: Of each group of equal gains, the place of the last case.
    last: Ints

    @classmethod
    def of(cls, gain: Floats, choice: Choice) -> _Order:
        cases = np.argsort(-gain, kind="stable")
        last = np.flatnonzero(np.append(np.diff(gain[cases]) != 0, True))
        return cls(cases, choice.added["error"][cases], last)

    def points(self, counts: Ints, of_model: float) -> tuple[Floats, Floats]:
        """Deferral rate and accuracy after each group of equal gains, and before the first."""
        drawn = counts[self.cases]
        n = drawn.sum()
        rates = np.append(0.0, drawn.cumsum()[self.last] / n)
        error = np.append(of_model, of_model + (drawn * self.added).cumsum()[self.last]) / n
        return rates, 1.0 - error
