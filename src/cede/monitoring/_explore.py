"""A share for newcomers: an expert without history is asked at random, with known propensities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, Floats, Ints, check_share
from cede._checks._arrays import as_flags
from cede.exceptions import InvalidInput
from cede.monitoring._audit import AuditedRoutes, check_routes, own_draws, propensities_of

__all__ = ["ExploredRoutes", "explore"]

#: Tells this stream of random numbers from others of the same seed.
_EXPLORE = (0x6578706C,)


@dataclass(frozen=True)
class ExploredRoutes:
    """Routes of which a random share goes to a newcomer, with the propensities a log must hold."""

    #: Who answers each case, 0..J + 1, the newcomer being agent J + 1; ``(n,)``.
    routes: Ints
    #: Who would have answered it; ``(n,)``.
    decided: Ints
    #: The probability with which each agent was drawn, ``(n, J + 2)``; rows sum to 1.
    probabilities: Floats
    #: The probability with which a case was drawn.
    share: float

    @property
    def explored(self) -> Bools:
        """Which cases the newcomer answers; ``(n,)``."""
        return np.asarray(self.routes == self.probabilities.shape[1] - 1)

    @property
    def propensities(self) -> Floats:
        """The probability with which the agent who answers was drawn; ``(n,)``."""
        return propensities_of(self.routes, self.probabilities)

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"{int(self.explored.sum()):,} of {len(self.routes):,} cases to the newcomer, drawn "
            f"with a probability of {100 * self.share:.3g} %"
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

    A router sends nothing to experts of whom nothing is known, so nothing becomes known of them.
    Here, each case is drawn on its own with probability ``share``, whatever the router decided. The
    newcomer's cases are then like all others: what is learned from them
    (:meth:`cede.Router.add_expert`) needs no weights, and with ``propensities`` in the log
    :func:`cede.evaluation.off_policy_cost` estimates without bias

    - the routes as they were decided, and as they were carried out;
    - any routes that send some of these cases, or all, to the newcomer.

    After m of these cases the newcomer's mean cost is known to about :math:`1 / \sqrt{m}`; a share
    of 0.05 brings 50 of them in 1,000 cases. The newcomer is agent J + 1, as it will be once it is
    added.

    Parameters
    ----------
    routes : array of shape (n,), or AuditedRoutes
        0 where the model answers, j where expert j does; or what :func:`audit` returned, as an
        audit draws first and its probabilities are carried on.
    share : float
        In (0, 1).
    n_experts : int
        The number J of experts whom the router knows.
    available : booleans of shape (n,), optional
        Where the newcomer can be asked; what is learned holds for these cases.
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
    >>> today = explore([0, 1, 0, 1], 0.5, n_experts=1, random_state=7)
    >>> today.routes, today.explored
    (array([2, 1, 0, 2]), array([ True, False, False,  True]))
    >>> today.probabilities[1]
    array([0. , 0.5, 0.5])
    """
    part = check_share("share", share, "0.05 for 5 %")
    decided, before = _decisions(routes, n_experts)
    present = np.ones(len(decided), dtype=np.bool_)
    if available is not None:
        present = as_flags("available", available)
        if present.shape != decided.shape or present.dtype != np.bool_:
            raise InvalidInput(
                f"must be booleans, one per case {decided.shape}, but got dtype {present.dtype} "
                f"and shape {present.shape}; write True where the newcomer can be asked",
                argument="available",
            )
    explored = present & (own_draws(random_state, _EXPLORE).random(len(decided)) < part)
    newcomer = np.where(present, part, 0.0)[:, None]
    return ExploredRoutes(
        routes=np.where(explored, n_experts + 1, decided),
        decided=decided,
        probabilities=np.hstack([before * (1.0 - newcomer), newcomer]),
        share=part,
    )


def _decisions(routes: ArrayLike | AuditedRoutes, n_experts: int) -> tuple[Ints, Floats]:
    """Who was to answer, ``(n,)``, and with which probability each agent was, ``(n, J + 1)``."""
    decided = check_routes(routes.routes if isinstance(routes, AuditedRoutes) else routes)
    probabilities = np.asarray(decided[:, None] == np.arange(n_experts + 1), dtype=np.float64)
    if isinstance(routes, AuditedRoutes):
        probabilities = routes.probabilities
    if probabilities.shape[1] != n_experts + 1 or decided.max() > n_experts:
        raise InvalidInput(
            f"must be the number of experts in the routes, which run to {decided.max()}, but got "
            f"{n_experts!r}; count those whom the router knows",
            argument="n_experts",
        )
    return decided, probabilities
