"""The three estimates, and what each case adds to them."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cede._checks import Bools, Floats, Ints
from cede.exceptions import InvalidInput
from cede.off_policy._reading import Log


class Part(NamedTuple):
    """An estimate, with what each case adds to it."""

    value: float
    influence: Floats  # (n,), its mean is zero
    weight: Floats  # (n,), clipped
    full_weight: Floats  # (n,)


def evaluate(policy: NDArray[Any], log: Log) -> Part:
    """Estimate the mean cost; formulas stand in :mod:`cede.off_policy`."""
    shares, costs = _shares(policy), _cells(log.costs, policy)
    full, clipped = _weights(policy, log)
    terms = np.where(np.isnan(costs), 0.0, costs)
    terms *= clipped
    if log.estimates is not None:
        # Not pi m + w (c - m), which rounds: where all is known it has to be c itself.
        terms += (shares - clipped) * _cells(log.estimates, policy)
    term, weight = _per_case(terms), _per_case(clipped)
    total = weight.sum()
    if total == 0.0:
        raise InvalidInput(
            "In no case is the cost of an agent known that the routes choose, so this log does not "
            "say what they would cost; choose agents that were observed."
        )
    if log.method == "self_normalised":
        value = float(term.sum() / total)
        influence = (term - value * weight) * (len(weight) / total)
    else:
        value = float(term.mean())
        influence = term - value
    return Part(value, influence, weight, weight if log.clip is None else _per_case(full))


def weight_apart(first: NDArray[Any], second: NDArray[Any], log: Log) -> tuple[Bools, Floats]:
    """Tell which cases two policies treat differently, and by how much weight, ``(n,)`` each."""
    if first.ndim == 1 and second.ndim == 1:
        differ = np.asarray(first != second)
        both = _per_case(_weights(first, log)[1]) + _per_case(_weights(second, log)[1])
        return differ, np.where(differ, both, 0.0)
    agents = np.arange(log.costs.shape[1])
    one, two = (
        policy if policy.ndim == 2 else (policy[:, None] == agents).astype(np.float64)
        for policy in (first, second)
    )
    apart = np.abs(_weights(one, log)[1] - _weights(two, log)[1]).sum(axis=1)
    return (one != two).any(axis=1), apart


def effective_size(weight: Floats) -> float:
    """How many equal weights are as good, ``(sum w)² / sum w²``."""
    squares = float(weight @ weight)
    return float(weight.sum()) ** 2 / squares if squares else 0.0


def standard_error(influence: Floats, groups: Ints | None) -> float:
    """Standard error of a mean of independent cases, or of groups of cases."""
    n_cases = len(influence)
    sums = influence if groups is None else np.bincount(groups, influence)
    n = len(sums)
    return float(np.sqrt(n / (n - 1) * (sums @ sums)) / n_cases)


def normal_reach(confidence: float) -> float:
    """How many standard errors an interval reaches to either side."""
    if not 0.0 < confidence < 1.0:
        raise InvalidInput(
            f"confidence is how often the interval holds the truth, between 0 and 1, however "
            f"confidence={confidence!r}; write 0.95 for 95 %."
        )
    return NormalDist().inv_cdf(0.5 + 0.5 * confidence)


def _weights(policy: NDArray[Any], log: Log) -> tuple[Floats, Floats]:
    """Weight of each cell that the policy may choose, as it is and clipped."""
    known = ~np.isnan(_cells(log.costs, policy))
    full = np.zeros(known.shape)
    np.divide(_shares(policy), _cells(log.propensities, policy), out=full, where=known)
    return full, full if log.clip is None else np.minimum(full, log.clip)


def _cells(table: Floats, policy: NDArray[Any]) -> Floats:
    """Return the cells that a policy may choose: one per case for routes, all for shares."""
    return table if policy.ndim == 2 else np.take_along_axis(table, policy[:, None], axis=1)


def _shares(policy: NDArray[Any]) -> Floats:
    return policy if policy.ndim == 2 else np.ones((len(policy), 1))


def _per_case(cells: Floats) -> Floats:
    """Sum over agents; a single column as it is, which is faster."""
    return cells[:, 0] if cells.shape[1] == 1 else np.asarray(cells.sum(axis=1))
