"""The random audit: some of the cases that the model keeps go to an expert anyway."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Bools, Floats, Ints, check_finite, check_not_negative, check_share
from cede._checks._arrays import as_flags, as_numbers, to_array
from cede._checks._names import in_order
from cede.exceptions import InvalidInput

__all__ = ["AuditedRoutes", "audit", "check_routes", "own_draws", "propensities_of"]

#: Tells this stream of random numbers from others of the same seed.
_AUDIT = (0x61756469,)


@dataclass(frozen=True)
class AuditedRoutes:
    """Routes after an audit, with the probabilities that off-policy evaluation asks for."""

    #: Who answers each case, 0..J, audits included; ``(n,)``.
    routes: Ints
    #: Who was to answer it before the audit; the deferral rate is measured on this; ``(n,)``.
    decided: Ints
    #: The probability with which each agent was drawn, ``(n, J + 1)``; rows sum to 1.
    probabilities: Floats
    #: The probability with which a kept case was drawn.
    share: float

    @property
    def audited(self) -> Bools:
        """Which cases the model keeps and an expert answers all the same; ``(n,)``."""
        return np.asarray(self.routes != self.decided)

    @property
    def propensities(self) -> Floats:
        """The probability with which the agent who answers was drawn; ``(n,)``.

        It is 1 for a deferred case, one minus the share for a kept one, and the share times the
        expert's part of it for an audited one. These are the propensities of a log in which only
        the cost of the agent who answered is known.
        """
        return propensities_of(self.routes, self.probabilities)

    @property
    def review_propensities(self) -> Floats:
        """Propensities of a log in which experts' answers tell who was right; ``(n, J + 1)``.

        If nothing else tells, the model's cost is known where any expert answers: with probability
        1 in a deferred case, and the share in a kept one. An expert's is known where that expert
        answers.
        """
        table = self.probabilities.copy()
        table[:, 0] = table[:, 1:].sum(axis=1)
        return table

    def __str__(self) -> str:
        """One line for people."""
        n_kept = int(np.count_nonzero(self.decided == 0))
        return (
            f"{int(self.audited.sum()):,} of {n_kept:,} kept cases audited, drawn with a "
            f"probability of {100 * self.share:.3g} %"
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
    r"""Send a random share of the kept cases to an expert, and note the propensities.

    Where nobody looks at what the model keeps, nobody sees it fail. Each kept case is drawn on its
    own with probability ``share``; among the experts available, j gets it with probability
    :math:`w_{ij} / \sum_k w_{ik}`. Deferred cases stay as they are. With the propensities in the
    log, ``off_policy_cost`` estimates without bias, from the costs of who answered:

    - the routes before the audit and after it (``decided`` and ``probabilities``);
    - any routes that send deferred cases where they went, and kept ones to the model or to an
      expert with a positive weight.

    To judge the model alone, its costs on deferred cases must become known, too: if an expert's
    answer tells whether the model was right, pass ``review_propensities``. This audit does not show
    what another expert would have done with deferred cases; an evaluation of such routes warns that
    its weights do not average 1.

    Parameters
    ----------
    routes : array of shape (n,)
        0 where the model keeps the case, j where it goes to expert j.
    share : float
        In (0, 1). :func:`audits_needed` says how many audits are enough.
    n_experts : int, optional
        Needed if neither ``available`` nor ``weights`` shows it.
    available : booleans of shape (J,) or (n, J), optional
        Who can be asked. A kept case is not audited if nobody can be, or all its weights are zero;
        what is learned of kept cases then holds for the others.
    weights : array of shape (J,) or (n, J), optional
        Not negative: how often each expert does the audits. By default, all who are available do
        equally many, so that each is judged on all kept cases. With 1 for the expert who scores
        best in a case and 0 for the others, little is learned of the others.
    random_state : int, Generator or None, default=None
        Seed; None draws anew at each call. The same seed for every batch would draw the same places
        in each: pass a Generator then.

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
    >>> today = audit([0, 2, 0, 0], 0.5, n_experts=2, random_state=0)
    >>> today.routes, today.audited
    (array([1, 2, 0, 0]), array([ True, False, False, False]))
    >>> today.propensities
    array([0.25, 1.  , 0.5 , 0.5 ])
    """
    part = check_share("share", share, "0.02 for 2 %")
    rng = own_draws(random_state, _AUDIT)
    decided = check_routes(routes)
    shares = _shares_of_experts(decided, n_experts, available, weights)
    auditable = (decided == 0) & (shares.sum(axis=1) > 0)
    # Two draws per case even if it is not audited, so that one case's audit depends on no other.
    draw, place = rng.random((2, len(decided)))
    audited = auditable & (draw < part)
    answering = decided.copy()
    answering[audited] = 1 + _draw_column(shares[audited], place[audited])
    probabilities = np.zeros((len(decided), shares.shape[1] + 1))
    probabilities[np.arange(len(decided)), decided] = 1.0
    probabilities[auditable, 0] = 1.0 - part
    probabilities[auditable, 1:] = part * shares[auditable]
    return AuditedRoutes(answering, decided, probabilities, part)


def propensities_of(routes: Ints, probabilities: Floats) -> Floats:
    """The probability with which the agent who answers was drawn, ``(n,)``."""
    return np.asarray(probabilities[np.arange(len(routes)), routes], dtype=np.float64)


def own_draws(
    random_state: int | np.random.Generator | None, stream: tuple[int, ...]
) -> np.random.Generator:
    """A stream of random numbers of its own: data of the same seed must not decide who is drawn."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    return np.random.default_rng(np.random.SeedSequence(random_state, spawn_key=stream))


def check_routes(routes: ArrayLike) -> Ints:
    """Return routes of some cases, integers ``(n,)`` from 0."""
    decided = to_array(routes)
    if decided.ndim != 1 or decided.dtype.kind not in "iu":
        raise InvalidInput(
            f"must be integers of shape (n,), 0 for the model, but got dtype {decided.dtype} and "
            f"shape {decided.shape}; write who answers each case",
            argument="routes",
        )
    if not decided.size:
        raise InvalidInput("must hold a case, but got none; pass those of some", argument="routes")
    if decided.min() < 0:
        raise InvalidInput(
            f"must be 0 or more, but got {decided.min()}; write 0 for the model", argument="routes"
        )
    return decided.astype(np.int64)


def _shares_of_experts(
    decided: Ints, n_experts: int | None, available: ArrayLike | None, weights: ArrayLike | None
) -> Floats:
    """Share of the audits of a case that each expert does, ``(n, J)``; zeros if nobody can."""
    tables = {
        name: as_flags(name, in_order(name, table, None))
        for name, table in (("available", available), ("weights", weights))
        if table is not None
    }
    n, count = len(decided), _count_experts(decided, n_experts, tables)
    for name, table in tables.items():
        if table.shape not in ((count,), (n, count)):
            raise InvalidInput(
                f"must have one entry per expert ({count},) or per case and expert {(n, count)}, "
                f"but got shape {table.shape}; write them so",
                argument=name,
            )
    shares = np.broadcast_to(_numbers(tables.get("weights", np.ones(count))), (n, count)).copy()
    shares *= _present(tables.get("available", np.ones(count, dtype=np.bool_)))
    total = shares.sum(axis=1, keepdims=True)
    np.divide(shares, total, out=shares, where=total > 0)
    return shares


def _count_experts(
    decided: Ints, n_experts: int | None, tables: dict[str, NDArray[np.generic]]
) -> int:
    sizes = {name: table.shape[-1] for name, table in tables.items() if table.ndim}
    if n_experts is not None:
        sizes["n_experts"] = int(n_experts)
    if not sizes:
        raise InvalidInput(
            "must be known, as routes do not say how many there are, but got none; pass it, or who "
            "is available, or weights",
            argument="n_experts",
        )
    first, count = next(iter(sizes.items()))
    if count < 1:
        raise InvalidInput("must hold an expert, but got none; name one at least", argument=first)
    for name, size in sizes.items():
        if size != count:
            raise InvalidInput(
                f"must be of {count} experts, as {first} is, but got {size}; name the same experts",
                argument=name,
            )
    if decided.max() > count:
        raise InvalidInput(
            f"must run up to {count}, the number of experts by {first}, but got {decided.max()}; "
            f"name all experts",
            argument="routes",
        )
    return int(count)


def _numbers(weights: NDArray[np.generic]) -> Floats:
    values = as_numbers("weights", weights)
    check_finite("weights", values)
    check_not_negative("weights", values, "weigh an expert 0 who does no audits")
    if not (values > 0).any():
        raise InvalidInput(
            "must be positive for some expert, but got zero for all; weigh those who do audits",
            argument="weights",
        )
    return values


def _present(available: NDArray[np.generic]) -> Bools:
    if available.dtype != np.bool_:
        raise InvalidInput(
            f"must be booleans, but got dtype {available.dtype}; write True who can be asked",
            argument="available",
        )
    return available.astype(np.bool_)


def _draw_column(shares: Floats, uniform: Floats) -> Ints:
    """Draw a column per row; one with a share of zero is never drawn, not even by rounding."""
    column = (shares.cumsum(axis=1) <= uniform[:, None]).sum(axis=1)
    last = shares.shape[1] - 1 - (shares[:, ::-1] > 0).argmax(axis=1)
    return np.asarray(np.minimum(column, last), dtype=np.int64)
