"""How to choose an operating point: by a share of cases, a price, a workload or a goal.

Changing the point is an addition per column of the scores; nothing is fitted again. What is asked
for holds on the cases the point is chosen on, at every pattern of ties. What to expect on other
cases is said with intervals, in :attr:`cede.OperatingPoint.expected`.
"""

from cede.tuning._blend import Blend as Blend
from cede.tuning._blend import Walked as Walked
from cede.tuning._choose import choose_operating_point as choose_operating_point
from cede.tuning._question import Question as Question
from cede.tuning.capacities import Assignment as Assignment
from cede.tuning.capacities import CapacityController as CapacityController
from cede.tuning.capacities import assign as assign
from cede.tuning.capacities import prices_within as prices_within
from cede.tuning.guarantees import Certificate as Certificate
from cede.tuning.guarantees import SubgroupRisk as SubgroupRisk
from cede.tuning.guarantees import binomial_p_value as binomial_p_value
from cede.tuning.guarantees import certify as certify
from cede.tuning.guarantees import certify_scores as certify_scores
from cede.tuning.guarantees import hoeffding_bentkus_p_value as hoeffding_bentkus_p_value
from cede.tuning.guarantees import risk_upper_bound as risk_upper_bound

__all__ = [
    "Assignment",
    "Blend",
    "CapacityController",
    "Certificate",
    "Question",
    "SubgroupRisk",
    "Walked",
    "assign",
    "binomial_p_value",
    "certify",
    "certify_scores",
    "choose_operating_point",
    "hoeffding_bentkus_p_value",
    "prices_within",
    "risk_upper_bound",
]
