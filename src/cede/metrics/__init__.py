"""What a set of routes is worth, and what a score is that routes by it: arrays to numbers.

:func:`routed_costs`, :func:`system_accuracy`, :func:`deferral_rate`, :func:`coverage` and
:func:`expert_load` judge one set of routes. :func:`gap_recovered`, :func:`average_gap_recovered`
and :func:`call_share_for_gap` judge a score between a weak model and a strong expert over all
shares of calls, as the literature on routing among language models does (APGR and CPT).
"""

from cede.metrics._gap import (
    GapRecovered,
    average_gap_recovered,
    call_share_for_gap,
    gap_recovered,
)
from cede.metrics._routes import (
    coverage,
    deferral_rate,
    expert_load,
    routed_costs,
    system_accuracy,
)

__all__ = [
    "GapRecovered",
    "average_gap_recovered",
    "call_share_for_gap",
    "coverage",
    "deferral_rate",
    "expert_load",
    "gap_recovered",
    "routed_costs",
    "system_accuracy",
]
