"""What a set of routes is worth, and what a score is that routes by it: arrays to numbers.

:func:`routed_costs`, :func:`system_accuracy`, :func:`deferral_rate`, :func:`coverage` and
:func:`expert_load` judge one set of routes. :func:`gap_recovered`, :func:`average_gap_recovered`
and :func:`call_share_for_gap` judge a score between a weak model and a strong expert over all
shares of calls, and :func:`average_quality` a system over a range of spend, as the literature on
routing among language models does (APGR, CPT and AIQ). :func:`risk_coverage`,
:func:`area_under_risk_coverage` and :func:`area_under_generalised_risk_coverage` judge a score by
which answers are kept or withheld, without experts (AURC, E-AURC and AUGRC).
"""

from cede.metrics._gap import (
    GapRecovered,
    average_gap_recovered,
    call_share_for_gap,
    gap_recovered,
)
from cede.metrics._hull import upper_hull
from cede.metrics._quality import average_quality
from cede.metrics._routes import (
    coverage,
    deferral_rate,
    expert_load,
    routed_costs,
    system_accuracy,
)
from cede.metrics._selective import (
    RiskCoverage,
    area_under_generalised_risk_coverage,
    area_under_risk_coverage,
    risk_coverage,
)

__all__ = [
    "GapRecovered",
    "RiskCoverage",
    "area_under_generalised_risk_coverage",
    "area_under_risk_coverage",
    "average_gap_recovered",
    "average_quality",
    "call_share_for_gap",
    "coverage",
    "deferral_rate",
    "expert_load",
    "gap_recovered",
    "risk_coverage",
    "routed_costs",
    "system_accuracy",
    "upper_hull",
]
