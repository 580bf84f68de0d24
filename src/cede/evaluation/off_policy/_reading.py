"""Reading what a log says of costs, and routes: shapes, propensities, policies, groups."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import (
    Bools,
    Floats,
    Ints,
    check_finite,
    check_groups,
    check_propensities,
    check_same_length,
)
from cede._checks._arrays import as_numbers, to_array
from cede._intervals import cost_range
from cede.evaluation.off_policy._results import Method
from cede.exceptions import InvalidInput, UnknownName


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a log says of costs, checked, and how it is to be weighed."""

    costs: Floats
    propensities: Floats
    #: Also of cells whose cost is not known; NaN where they are not policy.
    all_propensities: Floats
    estimates: Floats | None
    method: Method
    clip: float | None
    #: Between which ends any cost lies, if that was said.
    limits: tuple[float, float] | None

    @cached_property
    def cost_range(self) -> tuple[float, float]:
        """Ends of the range of costs of all agents."""
        return cost_range(self.costs) if self.limits is None else self.limits

    def cost_range_of(self, policy: NDArray[Any]) -> tuple[float, float]:
        """Ends of the range of costs of those agents that a policy may choose."""
        if self.limits is not None:
            return self.limits
        shares = policy.max(axis=0) > 0 if policy.ndim == 2 else np.bincount(policy) > 0
        return cost_range(self.costs, np.flatnonzero(shares))

    @property
    def all_known(self) -> bool:
        """Whether every cost is known and was sure to be."""
        return bool((self.propensities == 1.0).all() and not np.isnan(self.costs).any())


def read_evidence(
    agent_costs: ArrayLike,
    propensities: ArrayLike,
    estimates: ArrayLike | None,
    method: Method,
    clip: float | None,
    limits: tuple[float, float] | None,
) -> Evidence:
    """Check what a log says, and the way to weigh it."""
    if method not in get_args(Method):
        raise UnknownName("method", method, get_args(Method))
    costs = _table("agent_costs", agent_costs)
    if len(costs) < 2:
        raise InvalidInput(
            f"must hold two cases at least, but got {len(costs)}; an interval needs more",
            argument="agent_costs",
        )
    if propensities is None:
        raise InvalidInput(
            "must say how likely each cost was to be observed, but got none, and nothing is "
            "guessed; pass ones where a cost was sure to be known",
            argument="propensities",
        )
    known = ~np.isnan(costs)
    if np.isinf(costs).any():
        check_finite("agent_costs that are not missing (NaN)", np.where(known, costs, 0.0))
    propensity = check_propensities(propensities, known)
    if clip is not None and not 1.0 <= clip < np.inf:
        raise InvalidInput(
            f"must be finite and at least 1, but got {clip!r}; it is the largest weight of a "
            "cell, and weights average 1",
            argument="clip",
        )
    guesses = _read_estimates(estimates, method, costs.shape)
    return Evidence(
        costs=costs,
        propensities=propensity,
        all_propensities=_all_propensities(propensities, propensity, known),
        estimates=guesses,
        method=method,
        clip=clip,
        limits=None if limits is None else _read_range(limits, costs),
    )


def _all_propensities(propensities: ArrayLike, checked: Floats, known: Bools) -> Floats:
    """Propensities of all cells; NaN where none in (0, 1] is policy."""
    table = as_numbers("propensities", propensities)
    if table.shape == (len(known), known.shape[1] - 1):
        table = np.hstack([np.ones((len(known), 1)), table])
    if table.shape != known.shape:
        return np.where(known, checked, np.nan)
    possible = (table > 0.0) & (table <= 1.0)
    return np.where(known, checked, np.where(possible, table, np.nan))


def _read_range(limits: tuple[float, float], costs: Floats) -> tuple[float, float]:
    """Ends of the range of costs."""
    ends = np.asarray(limits)
    if ends.shape != (2,) or ends.dtype.kind not in "fiu" or not np.isfinite(ends).all():
        raise InvalidInput(
            f"must be the least and the most that any answer can cost, but got {limits!r}; write "
            "(0, 1) for errors",
            argument="cost_range",
        )
    low, high = map(float, ends)
    if not low <= np.nanmin(costs) <= np.nanmax(costs) <= high or low == high:
        raise InvalidInput(
            f"must hold every cost, but got {low:.4g} to {high:.4g} for costs from "
            f"{np.nanmin(costs):.4g} to {np.nanmax(costs):.4g}; widen it to all that an answer "
            "can cost",
            argument="cost_range",
        )
    return low, high


def read_policy(name: str, routes: ArrayLike, evidence: Evidence) -> NDArray[Any]:
    """Return routes ``(n,)`` as integers, or the probability of each agent ``(n, J + 1)``."""
    policy = to_array(routes)
    n_agents = evidence.costs.shape[1]
    if policy.ndim == 2:
        shares = _table(name, policy, evidence.costs.shape)
        check_finite(name, shares)
        if (shares < 0.0).any() or np.abs(shares.sum(axis=1) - 1.0).max() > 1e-6:
            raise InvalidInput(
                "must be each agent's probability if the shape is (n, J + 1), not negative and "
                f"with rows that sum to 1, but the smallest is {shares.min():.4g} and the sums "
                f"run from {shares.sum(axis=1).min():.4g} to {shares.sum(axis=1).max():.4g}; "
                "divide each row by its sum",
                argument=name,
            )
        return shares
    if policy.ndim != 1 or policy.dtype.kind not in "iu":
        raise InvalidInput(
            f"must be whole numbers of shape (n,) or probabilities of shape "
            f"{evidence.costs.shape}, but got dtype {policy.dtype} and shape {policy.shape}; pass "
            "what route returns",
            argument=name,
        )
    check_same_length(**{name: policy, "agent_costs": evidence.costs})
    if policy.min() < 0 or policy.max() >= n_agents:
        raise InvalidInput(
            f"must lie in 0..{n_agents - 1} (0 is the model), but got {policy.min()} to "
            f"{policy.max()}; pass routes among the agents of the log",
            argument=name,
        )
    return policy.astype(np.int64, copy=False)


def read_groups(groups: ArrayLike | None, evidence: Evidence) -> Ints | None:
    """Number the groups from 0; None if every case is its own."""
    ids = check_groups(groups, evidence.costs, beside="agent_costs")
    if ids is not None and ids.max() == 0:
        raise InvalidInput(
            "must be two at least, but all cases are in one; an interval needs more",
            argument="groups",
        )
    return ids


def _read_estimates(
    estimates: ArrayLike | None, method: Method, shape: tuple[int, ...]
) -> Floats | None:
    if (estimates is not None) != (method == "doubly_robust"):
        raise InvalidInput(
            f"must come with the method 'doubly_robust' and only with it, but method {method!r} "
            f"came {'with' if estimates is not None else 'without'} them; pass every cell's "
            "estimated cost",
            argument="estimates",
        )
    if estimates is None:
        return None
    table = _table("estimates", estimates, shape)
    check_finite("estimates", table)
    return table


def _table(name: str, values: ArrayLike, shape: tuple[int, ...] | None = None) -> Floats:
    """Return numbers of shape ``(n, J + 1)``; NaN may be anywhere."""
    table = as_numbers(name, values)
    if table.ndim != 2 or table.shape[1] < 1:
        raise InvalidInput(
            "must have shape (n, J + 1), one column per agent with the model first, but got "
            f"{table.shape}; pass a row per case",
            argument=name,
        )
    if shape is not None and table.shape != shape:
        raise InvalidInput(
            f"must have one entry per case and agent, {shape} as agent_costs have, but got "
            f"{table.shape}; pass the same cases and agents",
            argument=name,
        )
    return table
