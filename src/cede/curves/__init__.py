"""Deferral curves: what the system is worth at every deferral rate, exact, by one sort.

:func:`deferral_curve` judges a router on labelled cases, :func:`deferral_curve_from_scores` scores
and costs produced anywhere. A :class:`DeferralCurve` has accuracy, risk, spend and each expert's
load at every point, its references (:attr:`~DeferralCurve.oracle`, :attr:`~DeferralCurve.random`,
:attr:`~DeferralCurve.hull`), and the curve of each group.
"""

from cede.curves._curve import DeferralCurve
from cede.curves._from_router import Scorer, deferral_curve
from cede.curves._from_scores import deferral_curve_from_scores

__all__ = [
    "DeferralCurve",
    "Scorer",
    "deferral_curve",
    "deferral_curve_from_scores",
]
