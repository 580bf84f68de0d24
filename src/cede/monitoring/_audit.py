"""The random audit: some of the cases that the model keeps go to an expert anyway."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Bools, Floats, Ints, check_finite, check_not_negative, check_number
from cede._checks._arrays import as_flags, as_numbers, to_array
from cede._checks._names import in_order
from cede.exceptions import InvalidInput

__all__ = ["AuditedRoutes", "audit", "chance_of", "check_routes", "check_share", "own_draws"]

#: Tells this stream of random numbers from others of the same seed.
_AUDIT = (0x61756469,)


@dataclass(frozen=True)
class AuditedRoutes:
    """Routes after an audit, with the chances that an evaluation off policy asks for."""

    #: Who answers each case, 0..J, audits included; ``(n,)``.
    routes: Ints
    #: Who was to answer it before the audit; what a realised rate is measured on.
    decided: Ints
    #: The chance with which each agent was drawn, ``(n, J + 1)``; rows sum to 1.
    probabilities: Floats
    #: The share of kept cases that is drawn.
    share: float

    @property
    def audited(self) -> Bools:
        """Which cases the model had kept and an expert answers all the same; ``(n,)``."""
        return np.asarray(self.routes != self.decided)

    @property
    def propensities(self) -> Floats:
        """The chance with which the agent who answers was drawn; ``(n,)``.

        1 for a deferred case, one minus the share for a kept one, and the share times the expert's
        part of it for an audited one. These are the propensities of a log in which only the cost of
        whoever answered is known.
        """
        return chance_of(self.routes, self.probabilities)

    @property
    def review_propensities(self) -> Floats:
        """Chances of a log in which experts' answers tell who was right; ``(n, J + 1)``.

        Where nothing else does, the model's cost is known if any expert looks: with a chance of 1
        in a deferred case, and of the share in a kept one. An expert's is known if he was drawn.
        """
        table = self.probabilities.copy()
        table[:, 0] = table[:, 1:].sum(axis=1)
        return table

    def __str__(self) -> str:
        """One line for people."""
        kept = int(np.count_nonzero(self.decided == 0))
        return (
            f"{int(self.audited.sum()):,} of {kept:,} kept cases audited, drawn with a chance of "
            f"{100 * self.share:.3g} %"
        )


def audit(
    routes: ArrayLike,
    share: float,
    *,
    n_experts: int | None = None,
    available: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    random_state: int | np.random.Generator | None = None,
) -> AuditedRoutes:
    r"""Send a random share of the kept cases to an expert, and say with which chance.

    Where nobody looks at what the model keeps, nobody sees it fail. Each kept case is drawn apart
    with probability ``share``, and goes to expert j with probability :math:`w_{ij} / \sum_k w_{ik}`
    of those available. Deferred cases stay as they are. With the chances logged,
    :func:`cede.off_policy_cost` estimates without bias, from the costs of whoever answered:

    - the routes before the audit and after it (``decided``, and ``probabilities``);
    - any routes that send deferred cases where they went, and kept ones to the model or to an
      expert with a positive weight.

    The model alone can be judged only if its costs on deferred cases become known too: where an
    expert's answer tells whether the model was right, pass ``review_propensities``. What another
    expert would have done with deferred cases this audit does not show; an evaluation of such
    routes warns that its weights do not average 1.

    Parameters
    ----------
    routes : array of shape (n,)
        0 where the model keeps the case, j where it goes to expert j.
    share : float
        In (0, 1). How many audits are enough, :func:`audits_needed` says.
    n_experts : int, optional
        Needed where neither ``available`` nor ``weights`` tells it.
    available : booleans of shape (J,) or (n, J), optional
        Who can be asked. A kept case for which nobody can, or whose weights are all zero, is not
        audited: what is then learnt of kept cases holds for the others.
    weights : array of shape (J,) or (n, J), optional
        Not negative; how often each expert does the audits. Without it, all who are available do
        equally many, which judges each of them on all kept cases. One with 1 for the best-scored
        expert of each case and 0 elsewhere asks the best, and says little of the others.
    random_state : int, Generator or None, default=None
        Seed; None draws anew at each call. A seed that is the same for every batch draws the same
        places in each: pass a Generator then.

    Returns
    -------
    AuditedRoutes

    Raises
    ------
    InvalidInput
        If the share is not strictly between 0 and 1, there is no expert, or shapes disagree.

    References
    ----------
    Horvitz and Thompson 1952, "A generalization of sampling without replacement from a finite
    universe", for the weights that undo the draw.

    Examples
    --------
    >>> found = audit([0, 2, 0, 0], 0.5, n_experts=2, random_state=0)
    >>> found.routes, found.audited
    (array([1, 2, 0, 0]), array([ True, False, False, False]))
    >>> found.propensities
    array([0.25, 1.  , 0.5 , 0.5 ])
    """
    part = check_share("The share of kept cases to audit", share, "0.02 for 2 %")
    rng = own_draws(random_state, _AUDIT)
    decided = check_routes(routes)
    chance = _chance_of_each(decided, n_experts, available, weights)
    kept = decided == 0
    auditable = kept & (chance.sum(axis=1) > 0)
    # Two draws per case whatever becomes of it, so that one case's audit depends on no other.
    drawn, place = rng.random((2, len(decided)))
    chosen = auditable & (drawn < part)
    routed = decided.copy()
    routed[chosen] = 1 + _draw_column(chance[chosen], place[chosen])
    probabilities = np.zeros((len(decided), chance.shape[1] + 1))
    probabilities[np.arange(len(decided)), decided] = 1.0
    probabilities[auditable, 0] = 1.0 - part
    probabilities[auditable, 1:] = part * chance[auditable]
    return AuditedRoutes(routed, decided, probabilities, part)


def chance_of(routes: Ints, probabilities: Floats) -> Floats:
    """The chance with which the agent who answers was drawn, ``(n,)``."""
    return np.asarray(probabilities[np.arange(len(routes)), routes], dtype=np.float64)


def own_draws(
    random_state: int | np.random.Generator | None, stream: tuple[int, ...]
) -> np.random.Generator:
    """A stream of its own: cases made up with the same seed must not decide who is drawn."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    return np.random.default_rng(np.random.SeedSequence(random_state, spawn_key=stream))


def check_share(what: str, share: float, example: str) -> float:
    """Return the share of cases that is drawn, in (0, 1), as a float."""
    value = check_number("share", share, example)
    if not 0.0 < value < 1.0:
        raise InvalidInput(
            f"{what} lies strictly between 0 and 1, however share={share!r}; write {example}."
        )
    return value


def check_routes(routes: ArrayLike) -> Ints:
    """Return routes of some cases, integers ``(n,)`` from 0."""
    decided = to_array(routes)
    if decided.ndim != 1 or decided.dtype.kind not in "iu":
        raise InvalidInput(
            f"routes must be integers of shape (n,), 0 for the model, however they have dtype "
            f"{decided.dtype} and shape {decided.shape}."
        )
    if not decided.size:
        raise InvalidInput("There is no case to audit; pass the routes of some.")
    if decided.min() < 0:
        raise InvalidInput(f"routes are 0 or more, however the smallest is {decided.min()}.")
    return decided.astype(np.int64)


def _chance_of_each(
    decided: Ints, n_experts: int | None, available: ArrayLike | None, weights: ArrayLike | None
) -> Floats:
    """Chance of each expert once a case is audited, ``(n, J)``; a row of zeros if nobody can be."""
    given = {"available": available, "weights": weights}
    tables = {
        name: as_flags(name, in_order(name, table, None))
        for name, table in given.items()
        if table is not None
    }
    sizes = {name: table.shape[-1] for name, table in tables.items() if table.ndim}
    if n_experts is not None:
        sizes["n_experts"] = int(n_experts)
    if not sizes:
        raise InvalidInput(
            "Routes do not say how many experts there are; pass n_experts=, available= or weights=."
        )
    n, count = len(decided), next(iter(sizes.values()))
    if count < 1:
        raise InvalidInput("There is no expert to audit with; an audit needs one at least.")
    for name, table in tables.items():
        if table.shape not in ((count,), (n, count)):
            raise InvalidInput(
                f"{name} must have one entry per expert ({count},) or per case and expert "
                f"{(n, count)}, however its shape is {table.shape}."
            )
    if len(set(sizes.values())) > 1 or decided.max() > count:
        raise InvalidInput(
            f"There are {count} experts by {next(iter(sizes))}, however routes run to "
            f"{decided.max()}" + "".join(f" and {k} tells {v}" for k, v in sizes.items()) + "."
        )
    chance = np.broadcast_to(_numbers(tables.get("weights", np.ones(count))), (n, count)).copy()
    chance *= _present(tables.get("available", np.ones(count, dtype=np.bool_)))
    total = chance.sum(axis=1, keepdims=True)
    np.divide(chance, total, out=chance, where=total > 0)
    return chance


def _numbers(weights: NDArray[np.generic]) -> Floats:
    values = as_numbers("weights", weights)
    check_finite("weights", values)
    check_not_negative("weights", values)
    if not (values > 0).any():
        raise InvalidInput("All weights are zero, so nobody would do an audit; make one positive.")
    return values


def _present(available: NDArray[np.generic]) -> Bools:
    if available.dtype != np.bool_:
        raise InvalidInput(f"available must be booleans, however it has dtype {available.dtype}.")
    return available.astype(np.bool_)


def _draw_column(chance: Floats, uniform: Floats) -> Ints:
    """Draw a column per row; one of chance zero is never drawn, whatever rounding does."""
    passed = (chance.cumsum(axis=1) <= uniform[:, None]).sum(axis=1)
    last = chance.shape[1] - 1 - (chance[:, ::-1] > 0).argmax(axis=1)
    return np.asarray(np.minimum(passed, last), dtype=np.int64)
