"""The three estimates, and what each case contributes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cede._checks import Bools, Floats
from cede.evaluation.off_policy._reading import Evidence
from cede.exceptions import InvalidInput

#: If so few of some cells are observed on average, it may well be none.
_RARE = 3.0
#: A cell decides by itself if it is so many times as heavy as the observed weights.
_HEAVIER = 3.0


class Part(NamedTuple):
    """An estimate, with the contribution of each case."""

    value: float
    influence: Floats  # (n,), its mean is zero
    ends: tuple[float, float]  # between which value and influence would lie, at the weights seen
    weight: Floats  # (n,), clipped
    full_weight: Floats  # (n,)
    most_off: float  # how far a cost that was not observed can be from its expectation


def evaluate(policy: NDArray[Any], evidence: Evidence) -> Part:
    """Estimate the mean cost; formulas stand in :mod:`cede.evaluation.off_policy`."""
    shares, costs = _shares(policy), _cells(evidence.costs, policy)
    full, clipped = _weights(policy, evidence)
    terms = np.where(np.isnan(costs), 0.0, costs)
    terms *= clipped
    if evidence.estimates is not None:
        # Not pi m + w (c - m), which rounds: where all is known it has to be c itself.
        terms += (shares - clipped) * _cells(evidence.estimates, policy)
    term, weight = _per_case(terms), _per_case(clipped)
    total = weight.sum()
    if total == 0.0:
        raise InvalidInput(
            "must choose agents whose cost is known somewhere, but in no case is it, so this log "
            "does not say what they would cost; choose agents that were observed",
            argument="routes",
        )
    size, bases = weight, np.zeros(1)
    if evidence.method == "self_normalised":
        value = float(term.sum() / total)
        influence = (term - value * weight) * (len(weight) / total)
        size, bases = weight * (len(weight) / total), np.array([value])
    else:
        value = float(term.mean())
        influence = term - value
    if evidence.estimates is not None:
        expected = _per_case(shares * _cells(evidence.estimates, policy))
        bases = np.array([expected.min(), expected.max()])
    costs_between = evidence.cost_range_of(policy)
    ends = _ends(bases, size, costs_between)
    weighed = weight if evidence.clip is None else _per_case(full)
    return Part(value, influence, ends, weight, weighed, _most_off(policy, evidence, costs_between))


def _most_off(
    policy: NDArray[Any], evidence: Evidence, costs_between: tuple[float, float]
) -> float:
    """The width of the range of costs; with estimates, their largest error on known costs."""
    if evidence.estimates is None:
        return costs_between[1] - costs_between[0]
    apart = np.abs(_cells(evidence.costs, policy) - _cells(evidence.estimates, policy))
    return float(np.nanmax(apart))


def _ends(bases: Floats, weight: Floats, costs: tuple[float, float]) -> tuple[float, float]:
    """Least and most of ``base + weight (cost - base)``, reached where each part is at an end."""
    sizes = np.array([weight.min(), weight.max()])[:, None, None]
    corners = bases + sizes * (np.array(costs)[:, None] - bases)
    return float(corners.min()), float(corners.max())


def rare_share(
    policy: NDArray[Any], evidence: Evidence, seen: Floats, other: NDArray[Any] | None = None
) -> float:
    """Share of a policy's choices in heavy cells of which at most three would be observed.

    Cells count from the heaviest down, observed or not, as far as they are much heavier than the
    observed weights. With another policy, choices are those in which the two differ.
    """
    shares, table = _shares(policy), policy
    if other is not None:
        agents = np.arange(evidence.costs.shape[1])
        first_shares, second_shares = (
            p if p.ndim == 2 else (p[:, None] == agents).astype(np.float64) for p in (policy, other)
        )
        shares = table = np.abs(first_shares - second_shares)
    propensity = _cells(evidence.all_propensities, table)
    size = shares / propensity  # NaN where that is not known, which is not heavier
    heavier = size > _HEAVIER * float(seen @ seen) / max(float(seen.sum()), 1e-300)
    size, often = size[heavier], propensity[heavier]
    if evidence.clip is not None:
        size = np.minimum(size, evidence.clip)
    order = np.argsort(-size)
    mass, count = (size * often)[order], often[order]
    part = ((_RARE - (count.cumsum() - count)) / count).clip(0.0, 1.0)
    return float(mass @ part) / len(shares)


def weight_apart(
    first: NDArray[Any], second: NDArray[Any], evidence: Evidence
) -> tuple[Bools, Floats]:
    """Tell which cases two policies treat differently, and by how much weight, ``(n,)`` each."""
    if first.ndim == 1 and second.ndim == 1:
        differ = np.asarray(first != second)
        both = _per_case(_weights(first, evidence)[1]) + _per_case(_weights(second, evidence)[1])
        return differ, np.where(differ, both, 0.0)
    agents = np.arange(evidence.costs.shape[1])
    first_shares, second_shares = (
        policy if policy.ndim == 2 else (policy[:, None] == agents).astype(np.float64)
        for policy in (first, second)
    )
    apart = np.abs(_weights(first_shares, evidence)[1] - _weights(second_shares, evidence)[1]).sum(
        axis=1
    )
    return (first_shares != second_shares).any(axis=1), apart


def _weights(policy: NDArray[Any], evidence: Evidence) -> tuple[Floats, Floats]:
    """Weight of each cell that the policy may choose, as it is and clipped."""
    known = ~np.isnan(_cells(evidence.costs, policy))
    full = np.zeros(known.shape)
    np.divide(_shares(policy), _cells(evidence.propensities, policy), out=full, where=known)
    return full, full if evidence.clip is None else np.minimum(full, evidence.clip)


def _cells(table: Floats, policy: NDArray[Any]) -> Floats:
    """Return the cells that a policy may choose: one per case for routes, all for shares."""
    return table if policy.ndim == 2 else np.take_along_axis(table, policy[:, None], axis=1)


def _shares(policy: NDArray[Any]) -> Floats:
    return policy if policy.ndim == 2 else np.ones((len(policy), 1))


def _per_case(cells: Floats) -> Floats:
    """Sum over agents; a single column as it is, which is faster."""
    return cells[:, 0] if cells.shape[1] == 1 else np.asarray(cells.sum(axis=1))
