"""cede: learning to defer. Decide, case by case, who answers: the model, or which expert.

One vocabulary, in code and docs:

================== =========================================================== =================
word               meaning                                                     shape
================== =========================================================== =================
case               one input to be decided
``y``              the true answer                                             ``(n,)``
agent              anyone who can answer; agent 0 is the model, agent j >= 1
                   is expert j
``experts``        the experts' answers, column j - 1 for expert j             ``(n, J)``
``answers``        every agent's answer, the model's first                     ``(n, J + 1)``
``routes``         who answers each case, in 0..J                              ``(n,)``
``scores``         raw network output: K classes, then J experts               ``(..., K + J)``
``agent_scores``   one comparable number per agent, higher is better           ``(n, J + 1)``
``costs``          what deferring costs, usually 1[expert wrong] + fee         ``(..., J)``
``agent_costs``    the same with the model's cost first                        ``(n, J + 1)``
fee                price of consulting an expert, known in advance             ``(J,)``
budget             largest share of cases that may leave the model             scalar
coverage           share of cases that the model keeps                         scalar
operating point    the price at which deferring is worth it, with what it was
                   chosen on
================== =========================================================== =================

Importing cede imports none of its contents: names resolve on first use, so that the numpy half can
be used without loading torch. It changes nothing, seeds nothing, downloads nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "SURROGATES",
    "Appraisal",
    "Assignment",
    "Band",
    "BrierScore",
    "CalibratedRouter",
    "CapacityController",
    "CascadeRouter",
    "CedeError",
    "Certificate",
    "Comparison",
    "DeferralCurve",
    "DensityRatioRouter",
    "EnsembleRouter",
    "ExpertAlone",
    "InvalidInput",
    "KeptErrorCusum",
    "LearningCurve",
    "LoggedModel",
    "ModelAlone",
    "Monitor",
    "NeighborRouter",
    "OperatingPoint",
    "Oracle",
    "PostHocRouter",
    "RandomRouter",
    "ReaderStudy",
    "RegionRouter",
    "Reliability",
    "SingleStageClassifier",
    "Study",
    "Surrogate",
    "TorchModel",
    "TwoStageRouter",
    "Verdict",
    "agent_costs",
    "agent_reliability",
    "appraise",
    "assign",
    "audit",
    "brier_score",
    "cascade_costs",
    "certify",
    "certify_scores",
    "choose_operating_point",
    "classification_costs",
    "classwise_reliability",
    "compare",
    "compare_table",
    "deferral_curve",
    "deferral_curve_from_scores",
    "detection_costs",
    "expected_calibration_error",
    "expert_costs",
    "learning_curve",
    "llm_costs",
    "load",
    "multitask_costs",
    "off_policy_cost",
    "off_policy_difference",
    "read_reader_study",
    "regression_costs",
    "reliability",
    "route",
    "save",
    "simultaneous_band",
    "system_accuracy",
    "top_label_reliability",
]

if TYPE_CHECKING:
    from cede.appraisal import Appraisal as Appraisal
    from cede.appraisal import appraise as appraise
    from cede.calibration import BrierScore as BrierScore
    from cede.calibration import Reliability as Reliability
    from cede.calibration import agent_reliability as agent_reliability
    from cede.calibration import brier_score as brier_score
    from cede.calibration import classwise_reliability as classwise_reliability
    from cede.calibration import expected_calibration_error as expected_calibration_error
    from cede.calibration import reliability as reliability
    from cede.calibration import top_label_reliability as top_label_reliability
    from cede.capacities import Assignment as Assignment
    from cede.capacities import CapacityController as CapacityController
    from cede.capacities import assign as assign
    from cede.comparison import Band as Band
    from cede.comparison import Comparison as Comparison
    from cede.comparison import Verdict as Verdict
    from cede.comparison import compare as compare
    from cede.comparison import simultaneous_band as simultaneous_band
    from cede.costs import agent_costs as agent_costs
    from cede.costs import cascade_costs as cascade_costs
    from cede.costs import classification_costs as classification_costs
    from cede.costs import detection_costs as detection_costs
    from cede.costs import expert_costs as expert_costs
    from cede.costs import llm_costs as llm_costs
    from cede.costs import multitask_costs as multitask_costs
    from cede.costs import regression_costs as regression_costs
    from cede.curves import DeferralCurve as DeferralCurve
    from cede.curves import deferral_curve as deferral_curve
    from cede.curves import deferral_curve_from_scores as deferral_curve_from_scores
    from cede.estimators import CalibratedRouter as CalibratedRouter
    from cede.estimators import CascadeRouter as CascadeRouter
    from cede.estimators import DensityRatioRouter as DensityRatioRouter
    from cede.estimators import EnsembleRouter as EnsembleRouter
    from cede.estimators import ExpertAlone as ExpertAlone
    from cede.estimators import LoggedModel as LoggedModel
    from cede.estimators import ModelAlone as ModelAlone
    from cede.estimators import NeighborRouter as NeighborRouter
    from cede.estimators import Oracle as Oracle
    from cede.estimators import PostHocRouter as PostHocRouter
    from cede.estimators import RandomRouter as RandomRouter
    from cede.estimators import RegionRouter as RegionRouter
    from cede.estimators import SingleStageClassifier as SingleStageClassifier
    from cede.estimators import TorchModel as TorchModel
    from cede.estimators import TwoStageRouter as TwoStageRouter
    from cede.exceptions import CedeError as CedeError
    from cede.exceptions import InvalidInput as InvalidInput
    from cede.guarantees import Certificate as Certificate
    from cede.guarantees import certify as certify
    from cede.guarantees import certify_scores as certify_scores
    from cede.learning import LearningCurve as LearningCurve
    from cede.learning import learning_curve as learning_curve
    from cede.metrics import system_accuracy as system_accuracy
    from cede.monitoring import KeptErrorCusum as KeptErrorCusum
    from cede.monitoring import Monitor as Monitor
    from cede.monitoring import audit as audit
    from cede.off_policy import off_policy_cost as off_policy_cost
    from cede.off_policy import off_policy_difference as off_policy_difference
    from cede.operating import OperatingPoint as OperatingPoint
    from cede.operating import route as route
    from cede.persistence import load as load
    from cede.persistence import save as save
    from cede.regions import ReaderStudy as ReaderStudy
    from cede.regions import read_reader_study as read_reader_study
    from cede.study import Study as Study
    from cede.study import compare_table as compare_table
    from cede.surrogates import SURROGATES as SURROGATES
    from cede.surrogates import Surrogate as Surrogate
    from cede.tuning import choose_operating_point as choose_operating_point
else:
    _HOMES = {
        "appraisal": ("Appraisal", "appraise"),
        "calibration": (
            "BrierScore",
            "Reliability",
            "agent_reliability",
            "brier_score",
            "classwise_reliability",
            "expected_calibration_error",
            "reliability",
            "top_label_reliability",
        ),
        "capacities": ("Assignment", "CapacityController", "assign"),
        "comparison": ("Band", "Comparison", "Verdict", "compare", "simultaneous_band"),
        "costs": (
            "agent_costs",
            "cascade_costs",
            "classification_costs",
            "detection_costs",
            "expert_costs",
            "llm_costs",
            "multitask_costs",
            "regression_costs",
        ),
        "curves": ("DeferralCurve", "deferral_curve", "deferral_curve_from_scores"),
        "estimators": (
            "CalibratedRouter",
            "CascadeRouter",
            "DensityRatioRouter",
            "EnsembleRouter",
            "ExpertAlone",
            "LoggedModel",
            "ModelAlone",
            "NeighborRouter",
            "Oracle",
            "PostHocRouter",
            "RandomRouter",
            "RegionRouter",
            "SingleStageClassifier",
            "TorchModel",
            "TwoStageRouter",
        ),
        "exceptions": ("CedeError", "InvalidInput"),
        "guarantees": ("Certificate", "certify", "certify_scores"),
        "learning": ("LearningCurve", "learning_curve"),
        "metrics": ("system_accuracy",),
        "monitoring": ("KeptErrorCusum", "Monitor", "audit"),
        "off_policy": ("off_policy_cost", "off_policy_difference"),
        "operating": ("OperatingPoint", "route"),
        "persistence": ("load", "save"),
        "regions": ("ReaderStudy", "read_reader_study"),
        "study": ("Study", "compare_table"),
        "surrogates": ("SURROGATES", "Surrogate"),
        "tuning": ("choose_operating_point",),
    }
    _MODULES = {
        *("datasets", "logs", "losses", "metrics", "plotting", "report", "theory", "training"),
        *_HOMES,
    }
    _HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

    def __getattr__(name):
        if name in _HOME_OF:
            return getattr(import_module(f"cede.{_HOME_OF[name]}"), name)
        if name in _MODULES:
            return import_module(f"cede.{name}")
        raise AttributeError(f"module 'cede' has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *__all__, *_MODULES})
