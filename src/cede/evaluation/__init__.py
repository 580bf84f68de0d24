"""What routers are worth, with intervals.

:mod:`~cede.evaluation.comparison` puts methods side by side and draws a verdict;
:mod:`~cede.evaluation.appraisal` is all that a report tells, in numbers;
:mod:`~cede.evaluation.calibration` asks whether estimates mean what they say;
:mod:`~cede.evaluation.off_policy` estimates what routes cost by a log of other routes;
:mod:`~cede.evaluation.judgement` sets them beside each agent alone, on any log;
:mod:`~cede.evaluation.learning` asks how many answers are needed; and
:mod:`~cede.evaluation.resampling` draws the cases anew.
"""

from cede.evaluation.appraisal import Appraisal as Appraisal
from cede.evaluation.appraisal import Areas as Areas
from cede.evaluation.appraisal import Contrast as Contrast
from cede.evaluation.appraisal import Honesty as Honesty
from cede.evaluation.appraisal import Lead as Lead
from cede.evaluation.appraisal import Measure as Measure
from cede.evaluation.appraisal import appraise as appraise
from cede.evaluation.calibration import BrierScore as BrierScore
from cede.evaluation.calibration import Reliability as Reliability
from cede.evaluation.calibration import agent_reliability as agent_reliability
from cede.evaluation.calibration import brier_score as brier_score
from cede.evaluation.calibration import classwise_reliability as classwise_reliability
from cede.evaluation.calibration import expected_calibration_error as expected_calibration_error
from cede.evaluation.calibration import reliability as reliability
from cede.evaluation.calibration import top_label_reliability as top_label_reliability
from cede.evaluation.comparison import Band as Band
from cede.evaluation.comparison import Comparison as Comparison
from cede.evaluation.comparison import McNemar as McNemar
from cede.evaluation.comparison import PairedTest as PairedTest
from cede.evaluation.comparison import PairedTests as PairedTests
from cede.evaluation.comparison import Row as Row
from cede.evaluation.comparison import Verdict as Verdict
from cede.evaluation.comparison import compare as compare
from cede.evaluation.comparison import holm as holm
from cede.evaluation.comparison import mcnemar as mcnemar
from cede.evaluation.comparison import simultaneous_band as simultaneous_band
from cede.evaluation.judgement import Judgement as Judgement
from cede.evaluation.judgement import Line as Line
from cede.evaluation.judgement import about_money as about_money
from cede.evaluation.judgement import judge_routes as judge_routes
from cede.evaluation.learning import LearningCurve as LearningCurve
from cede.evaluation.learning import LearningPoint as LearningPoint
from cede.evaluation.learning import learning_curve as learning_curve
from cede.evaluation.off_policy import OffPolicyDifference as OffPolicyDifference
from cede.evaluation.off_policy import OffPolicyEstimate as OffPolicyEstimate
from cede.evaluation.off_policy import off_policy_cost as off_policy_cost
from cede.evaluation.off_policy import off_policy_difference as off_policy_difference
from cede.evaluation.resampling import critical_value as critical_value
from cede.evaluation.resampling import paired_bootstrap as paired_bootstrap

__all__ = [
    "Appraisal",
    "Areas",
    "Band",
    "BrierScore",
    "Comparison",
    "Contrast",
    "Honesty",
    "Judgement",
    "Lead",
    "LearningCurve",
    "LearningPoint",
    "Line",
    "McNemar",
    "Measure",
    "OffPolicyDifference",
    "OffPolicyEstimate",
    "PairedTest",
    "PairedTests",
    "Reliability",
    "Row",
    "Verdict",
    "about_money",
    "agent_reliability",
    "appraise",
    "brier_score",
    "classwise_reliability",
    "compare",
    "critical_value",
    "expected_calibration_error",
    "holm",
    "judge_routes",
    "learning_curve",
    "mcnemar",
    "off_policy_cost",
    "off_policy_difference",
    "paired_bootstrap",
    "reliability",
    "simultaneous_band",
    "top_label_reliability",
]
