"""Intervals of shares and means, exact where they can be; everything else refers to these."""

from cede._intervals._estimates import Estimate as Estimate
from cede._intervals._estimates import check_confidence as check_confidence
from cede._intervals._estimates import design_effect as design_effect
from cede._intervals._estimates import independent_parts as independent_parts
from cede._intervals._estimates import mean_estimate as mean_estimate
from cede._intervals._estimates import mean_p_value as mean_p_value
from cede._intervals._estimates import share_estimate as share_estimate
from cede._intervals._estimates import share_interval as share_interval
from cede._intervals._estimates import share_prediction as share_prediction
from cede._intervals._estimates import student_estimate as student_estimate

__all__ = [
    "Estimate",
    "check_confidence",
    "design_effect",
    "independent_parts",
    "mean_estimate",
    "mean_p_value",
    "share_estimate",
    "share_interval",
    "share_prediction",
    "student_estimate",
]
