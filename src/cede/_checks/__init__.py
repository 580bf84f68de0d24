"""Shapes and values at the door, and the wording of failures. Imports neither torch nor sklearn."""

from cede._checks._arrays import Bools as Bools
from cede._checks._arrays import Floats as Floats
from cede._checks._arrays import Ints as Ints
from cede._checks._arrays import check_finite as check_finite
from cede._checks._cases import check_groups as check_groups
from cede._checks._cases import check_same_length as check_same_length
from cede._checks._cases import check_sample_weight as check_sample_weight
from cede._checks._cases import named_groups as named_groups
from cede._checks._cases import number_groups as number_groups
from cede._checks._experts import check_fees as check_fees
from cede._checks._experts import per_expert as per_expert
from cede._checks._numbers import check_budget as check_budget
from cede._checks._numbers import check_not_negative as check_not_negative
from cede._checks._numbers import check_number as check_number
from cede._checks._numbers import check_share as check_share
from cede._checks._numbers import difference as difference
from cede._checks._numbers import without_rounding as without_rounding
from cede._checks._tables import check_agent_table as check_agent_table
from cede._checks._tables import check_propensities as check_propensities
from cede._checks._tables import check_same_agents as check_same_agents

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
    "check_share",
    "difference",
    "named_groups",
    "number_groups",
    "per_expert",
    "without_rounding",
]
