r"""Scores to routes: one rule, and the point at which it is applied.

The rule, for agent scores ``s`` of shape ``(n, J + 1)`` (higher is better, the model first) and
prices ``t_j``: with the gain of expert ``j``

.. math:: g_j = (s_j - s_0) - t_j,

a case goes to the expert with the largest gain if that gain is strictly positive, and stays with
the model otherwise. Asking costs something, so a tie stays with the model; among experts that
tie, the first is asked. A point is chosen and applied by the same :func:`deferral_gain`. A price
that equals a gain is compared by ``x - t > 0``, which in floating point is exactly ``x > t``: a
budget gives, when it is applied, what it allowed when it was chosen.

Numbers that judge a set of routes, or a score that routes by it.

:func:`routed_costs`, :func:`system_accuracy`, :func:`deferral_rate`, :func:`coverage` and
:func:`expert_load` judge one set of routes. :func:`gap_recovered`, :func:`average_gap_recovered`
and :func:`call_share_for_gap` judge a score between a weak model and a strong expert over all
shares of calls, and :func:`average_quality` a system over a range of spend, as the literature on
routing among language models does (APGR, CPT and AIQ). :func:`risk_coverage`,
:func:`area_under_risk_coverage` and :func:`area_under_generalised_risk_coverage` judge a score by
which answers are kept or withheld, without experts (AURC, E-AURC and AUGRC).

Deferral curves: what the system is worth at every deferral rate, exact, by one sort.

:func:`deferral_curve` judges a router on labelled cases, :func:`deferral_curve_from_scores` scores
and costs produced anywhere. A :class:`DeferralCurve` has accuracy, risk, spend and each expert's
load at every point, its references (:attr:`~DeferralCurve.oracle`, :attr:`~DeferralCurve.random`,
:attr:`~DeferralCurve.hull`), and the curve of each group.
"""

from cede.operating._curve import DeferralCurve as DeferralCurve
from cede.operating._from_router import Scorer as Scorer
from cede.operating._from_router import deferral_curve as deferral_curve
from cede.operating._from_scores import deferral_curve_from_scores as deferral_curve_from_scores
from cede.operating._gap import GapRecovered as GapRecovered
from cede.operating._gap import average_gap_recovered as average_gap_recovered
from cede.operating._gap import call_share_for_gap as call_share_for_gap
from cede.operating._gap import gap_recovered as gap_recovered
from cede.operating._hull import upper_hull as upper_hull
from cede.operating._point import NEVER as NEVER
from cede.operating._point import Expectation as Expectation
from cede.operating._point import OperatingPoint as OperatingPoint
from cede.operating._quality import average_quality as average_quality
from cede.operating._routes import coverage as coverage
from cede.operating._routes import deferral_rate as deferral_rate
from cede.operating._routes import expert_load as expert_load
from cede.operating._routes import routed_costs as routed_costs
from cede.operating._routes import system_accuracy as system_accuracy
from cede.operating._rule import check_available as check_available
from cede.operating._rule import check_one_price_list as check_one_price_list
from cede.operating._rule import deferral_gain as deferral_gain
from cede.operating._rule import route as route
from cede.operating._selective import RiskCoverage as RiskCoverage
from cede.operating._selective import (
    area_under_generalised_risk_coverage as area_under_generalised_risk_coverage,
)
from cede.operating._selective import area_under_risk_coverage as area_under_risk_coverage
from cede.operating._selective import risk_coverage as risk_coverage

__all__ = [
    "NEVER",
    "DeferralCurve",
    "Expectation",
    "GapRecovered",
    "OperatingPoint",
    "RiskCoverage",
    "Scorer",
    "area_under_generalised_risk_coverage",
    "area_under_risk_coverage",
    "average_gap_recovered",
    "average_quality",
    "call_share_for_gap",
    "check_available",
    "check_one_price_list",
    "coverage",
    "deferral_curve",
    "deferral_curve_from_scores",
    "deferral_gain",
    "deferral_rate",
    "expert_load",
    "gap_recovered",
    "risk_coverage",
    "route",
    "routed_costs",
    "system_accuracy",
    "upper_hull",
]
