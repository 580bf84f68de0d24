"""Shapes and values at the door, and the wording of failures. Imports neither torch nor sklearn."""

from cede._checks._values import Bools as Bools
from cede._checks._values import Floats as Floats
from cede._checks._values import Ints as Ints
from cede._checks._values import check_agent_table as check_agent_table
from cede._checks._values import check_budget as check_budget
from cede._checks._values import check_fees as check_fees
from cede._checks._values import check_finite as check_finite
from cede._checks._values import check_groups as check_groups
from cede._checks._values import check_not_negative as check_not_negative
from cede._checks._values import check_number as check_number
from cede._checks._values import check_propensities as check_propensities
from cede._checks._values import check_same_agents as check_same_agents
from cede._checks._values import check_same_length as check_same_length
from cede._checks._values import check_sample_weight as check_sample_weight
from cede._checks._values import difference as difference
from cede._checks._values import number_groups as number_groups
from cede._checks._values import per_expert as per_expert
from cede._checks._values import without_rounding as without_rounding

__all__ = [
    "Bools",
    "Floats",
    "Ints",
    "check_agent_table",
    "check_budget",
    "check_fees",
    "check_finite",
    "check_groups",
    "check_not_negative",
    "check_number",
    "check_propensities",
    "check_same_agents",
    "check_same_length",
    "check_sample_weight",
    "difference",
    "number_groups",
    "per_expert",
    "without_rounding",
]
