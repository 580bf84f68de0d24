"""A share for newcomers: an expert without history is asked at random, with known chances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, Floats, Ints
from cede._checks._arrays import as_flags
from cede.exceptions import InvalidInput
from cede.monitoring._audit import (
    AuditedRoutes,
    chance_of,
    check_routes,
    check_share,
    own_draws,
)

__all__ = ["ExploredRoutes", "explore"]

#: Tells this stream of random numbers from others of the same seed.
_EXPLORE = (0x6578706C,)


@dataclass(frozen=True)
class ExploredRoutes:
    """Routes of which a random share goes to a newcomer, with the chances a log must hold."""

    #: Who answers each case, 0..J + 1, the newcomer being agent J + 1; ``(n,)``.
    routes: Ints
    #: Who would have answered it; ``(n,)``.
    decided: Ints
    #: The chance with which each agent was drawn, ``(n, J + 2)``; rows sum to 1.
    probabilities: Floats
    #: The share of cases that is drawn.
    share: float

    @property
    def explored(self) -> Bools:
        """Which cases the newcomer answers; ``(n,)``."""
        return np.asarray(self.routes == self.probabilities.shape[1] - 1)

    @property
    def propensities(self) -> Floats:
        """The chance with which the agent who answers was drawn; ``(n,)``."""
        return chance_of(self.routes, self.probabilities)

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"{int(self.explored.sum()):,} of {len(self.routes):,} cases to the newcomer, drawn "
            f"with a chance of {100 * self.share:.3g} %"
        )


def explore(
    routes: ArrayLike | AuditedRoutes,
    share: float,
    *,
    n_experts: int,
    available: ArrayLike | None = None,
    random_state: int | np.random.Generator | None = None,
) -> ExploredRoutes:
    r"""Send a random share of all cases to an expert who has no history yet.

    Nobody is routed to of whom nothing is known, and nothing becomes known of whom nobody is routed
    to. Each case is drawn apart with probability ``share``, whatever the router decided, so the
    newcomer's cases are like all others: what is learned of them (:meth:`cede.Router.add_expert`)
    needs no weights, and with ``propensities`` in the log :func:`cede.off_policy_cost` estimates
    without bias

    - the routes as they were decided, and as they were carried out;
    - any routes that send some of these cases to the newcomer, also all of them.

    After m of these cases the newcomer's mean cost is known to about
    :math:`1 / \sqrt{m}`; a share of 0.05 brings 50 of them in 1,000 cases. Until it is added, the
    newcomer is agent J + 1, which is its number afterwards, too.

    Parameters
    ----------
    routes : array of shape (n,), or AuditedRoutes
        0 where the model answers, j where expert j does; or what :func:`audit` returned, whose
        draws came first and whose chances are carried on.
    share : float
        In (0, 1).
    n_experts : int
        J, how many experts the router knows.
    available : booleans of shape (n,), optional
        In which cases the newcomer can be asked; what is learned holds for these.
    random_state : int, Generator or None, default=None
        Seed; None draws anew at each call. Pass a Generator where batches follow each other.

    Returns
    -------
    ExploredRoutes

    Raises
    ------
    InvalidInput
        If the share is not strictly between 0 and 1, or shapes disagree.

    Examples
    --------
    >>> found = explore([0, 1, 0, 1], 0.5, n_experts=1, random_state=7)
    >>> found.routes, found.explored
    (array([2, 1, 0, 2]), array([ True, False, False,  True]))
    >>> found.probabilities[1]
    array([0. , 0.5, 0.5])
    """
    part = check_share("The share of cases for a newcomer", share, "0.05 for 5 %")
    decided, before = _chances(routes, n_experts)
    present = np.ones(len(decided), dtype=np.bool_)
    if available is not None:
        present = as_flags("available", available)
        if present.shape != decided.shape or present.dtype != np.bool_:
            raise InvalidInput(
                f"available must be booleans, one per case {decided.shape}, however it has dtype "
                f"{present.dtype} and shape {present.shape}."
            )
    drawn = present & (own_draws(random_state, _EXPLORE).random(len(decided)) < part)
    chance = np.where(present, part, 0.0)[:, None]
    return ExploredRoutes(
        routes=np.where(drawn, n_experts + 1, decided),
        decided=decided,
        probabilities=np.hstack([before * (1.0 - chance), chance]),
        share=part,
    )


def _chances(routes: ArrayLike | AuditedRoutes, n_experts: int) -> tuple[Ints, Floats]:
    """Who was to answer, ``(n,)``, and with which chance each agent was, ``(n, J + 1)``."""
    decided = check_routes(routes.routes if isinstance(routes, AuditedRoutes) else routes)
    chances = np.asarray(decided[:, None] == np.arange(n_experts + 1), dtype=np.float64)
    if isinstance(routes, AuditedRoutes):
        chances = routes.probabilities
    if chances.shape[1] != n_experts + 1 or decided.max() > n_experts:
        raise InvalidInput(
            f"n_experts={n_experts!r} is how many experts the router knows, however routes are of "
            f"more or fewer (they run to {decided.max()})."
        )
    return decided, chances
