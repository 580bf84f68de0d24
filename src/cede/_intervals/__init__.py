"""Intervals of shares and means, exact where they can be; everything else refers to these."""

from cede._intervals._betting import least_mean as least_mean
from cede._intervals._estimate import Estimate as Estimate
from cede._intervals._estimate import check_confidence as check_confidence
from cede._intervals._gaffke import bounded_mean as bounded_mean
from cede._intervals._gaffke import bounded_p_value as bounded_p_value
from cede._intervals._means import MOST_MOVED as MOST_MOVED
from cede._intervals._means import MOST_SKEWED as MOST_SKEWED
from cede._intervals._means import hardly_varies as hardly_varies
from cede._intervals._means import hardly_vary as hardly_vary
from cede._intervals._means import independent_parts as independent_parts
from cede._intervals._means import mean_estimate as mean_estimate
from cede._intervals._means import mean_estimates as mean_estimates
from cede._intervals._means import mean_p_value as mean_p_value
from cede._intervals._means import student_estimate as student_estimate
from cede._intervals._ranges import cost_range as cost_range
from cede._intervals._shares import design_effect as design_effect
from cede._intervals._shares import share_among as share_among
from cede._intervals._shares import share_estimate as share_estimate
from cede._intervals._shares import share_interval as share_interval
from cede._intervals._shares import share_prediction as share_prediction

__all__ = [
    "MOST_MOVED",
    "MOST_SKEWED",
    "Estimate",
    "bounded_mean",
    "bounded_p_value",
    "check_confidence",
    "cost_range",
    "design_effect",
    "hardly_varies",
    "hardly_vary",
    "independent_parts",
    "least_mean",
    "mean_estimate",
    "mean_estimates",
    "mean_p_value",
    "share_among",
    "share_estimate",
    "share_interval",
    "share_prediction",
    "student_estimate",
]
