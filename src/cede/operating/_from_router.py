"""Curves of routers on labelled cases."""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import ArrayLike

from cede._checks._names import in_order
from cede.costs import read_outcomes
from cede.logs._opened import check_known, opened
from cede.operating._curve import DeferralCurve
from cede.operating._from_scores import deferral_curve_from_scores

__all__ = ["Scorer", "deferral_curve"]


class Scorer(Protocol):
    """All that a curve or a comparison asks of a method."""

    def agent_scores(self, X: Any) -> Any:
        """One comparable number per agent and case, ``(n, J + 1)``, the model first."""

    def predict(self, X: Any) -> Any:
        """What the model would answer, ``(n,)``."""


def deferral_curve(
    router: Scorer,
    X: Any,
    y: ArrayLike | None = None,
    experts: Any = None,
    costs: ArrayLike | None = None,
    fees: ArrayLike | None = None,
    *,
    charges: ArrayLike | None = None,
    subgroups: ArrayLike | None = None,
) -> DeferralCurve:
    """Compute the curve of a fitted router on labelled cases it was not fitted on.

    Parameters
    ----------
    router : object with ``agent_scores(X)`` and ``predict(X)``
        Any router of cede, or anybody's.
    X
        Features of ``n`` cases; or :class:`cede.logs.Cases`, which hold what is known of them.
    y : array of shape (n,) or (n, J + 1)
        True answers; or a table of agent costs, fees included, which is all there is to know.
    experts : array of shape (n, J), optional
        The experts' answers; cases with a missing one are left out.
    costs : array of shape (n, J), optional
        Instead of answers, what each expert's answer costs before fees (1 where it is wrong).
    fees : float or array, optional
        Paid when an expert is asked, in units of one error; part of ``risk``, and not of
        ``error`` and ``accuracy``. For its shapes, see :mod:`cede.costs`.
    charges : float or array, optional
        What asking costs in any unit of money, for ``spend``; by default the fees.
    subgroups : array of shape (n,), optional
        Adds the curve of each group's cases, under its name.

    Returns
    -------
    DeferralCurve
        On the cases that every expert answered.
    """
    X, y, experts, costs, _, _ = opened(X, y, experts, costs)
    check_known(y)
    table = read_outcomes(router, X, y, experts, costs, fees)
    names = getattr(router, "expert_names_", None)
    return deferral_curve_from_scores(
        router.agent_scores(X),
        table,
        in_order("fees", fees, names),
        charges=in_order("charges", charges, names),
        subgroups=subgroups,
    )
