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
    "evaluate",
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
    from cede.costs import agent_costs as agent_costs
    from cede.costs import cascade_costs as cascade_costs
    from cede.costs import classification_costs as classification_costs
    from cede.costs import detection_costs as detection_costs
    from cede.costs import expert_costs as expert_costs
    from cede.costs import llm_costs as llm_costs
    from cede.costs import multitask_costs as multitask_costs
    from cede.costs import regression_costs as regression_costs
    from cede.evaluation import LearningCurve as LearningCurve
    from cede.evaluation import learning_curve as learning_curve
    from cede.evaluation.appraisal import Appraisal as Appraisal
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
    from cede.evaluation.comparison import Verdict as Verdict
    from cede.evaluation.comparison import compare as compare
    from cede.evaluation.comparison import simultaneous_band as simultaneous_band
    from cede.evaluation.off_policy import off_policy_cost as off_policy_cost
    from cede.evaluation.off_policy import off_policy_difference as off_policy_difference
    from cede.exceptions import CedeError as CedeError
    from cede.exceptions import InvalidInput as InvalidInput
    from cede.losses import SURROGATES as SURROGATES
    from cede.losses import Surrogate as Surrogate
    from cede.monitoring import KeptErrorCusum as KeptErrorCusum
    from cede.monitoring import Monitor as Monitor
    from cede.monitoring import audit as audit
    from cede.operating import DeferralCurve as DeferralCurve
    from cede.operating import OperatingPoint as OperatingPoint
    from cede.operating import deferral_curve as deferral_curve
    from cede.operating import deferral_curve_from_scores as deferral_curve_from_scores
    from cede.operating import route as route
    from cede.operating import system_accuracy as system_accuracy
    from cede.report import evaluate as evaluate
    from cede.routers import CalibratedRouter as CalibratedRouter
    from cede.routers import CascadeRouter as CascadeRouter
    from cede.routers import DensityRatioRouter as DensityRatioRouter
    from cede.routers import EnsembleRouter as EnsembleRouter
    from cede.routers import ExpertAlone as ExpertAlone
    from cede.routers import LoggedModel as LoggedModel
    from cede.routers import ModelAlone as ModelAlone
    from cede.routers import NeighborRouter as NeighborRouter
    from cede.routers import Oracle as Oracle
    from cede.routers import PostHocRouter as PostHocRouter
    from cede.routers import RandomRouter as RandomRouter
    from cede.routers import RegionRouter as RegionRouter
    from cede.routers import SingleStageClassifier as SingleStageClassifier
    from cede.routers import TorchModel as TorchModel
    from cede.routers import TwoStageRouter as TwoStageRouter
    from cede.routers.persistence import load as load
    from cede.routers.persistence import save as save
    from cede.routers.regions import ReaderStudy as ReaderStudy
    from cede.routers.regions import read_reader_study as read_reader_study
    from cede.study import Study as Study
    from cede.study import compare_table as compare_table
    from cede.tuning import choose_operating_point as choose_operating_point
    from cede.tuning.capacities import Assignment as Assignment
    from cede.tuning.capacities import CapacityController as CapacityController
    from cede.tuning.capacities import assign as assign
    from cede.tuning.guarantees import Certificate as Certificate
    from cede.tuning.guarantees import certify as certify
    from cede.tuning.guarantees import certify_scores as certify_scores
else:
    _HOMES = {
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
        "evaluation": (
            "LearningCurve",
            "learning_curve",
        ),
        "evaluation.appraisal": (
            "Appraisal",
            "appraise",
        ),
        "evaluation.calibration": (
            "BrierScore",
            "Reliability",
            "agent_reliability",
            "brier_score",
            "classwise_reliability",
            "expected_calibration_error",
            "reliability",
            "top_label_reliability",
        ),
        "evaluation.comparison": (
            "Band",
            "Comparison",
            "Verdict",
            "compare",
            "simultaneous_band",
        ),
        "evaluation.off_policy": (
            "off_policy_cost",
            "off_policy_difference",
        ),
        "exceptions": (
            "CedeError",
            "InvalidInput",
        ),
        "losses": (
            "SURROGATES",
            "Surrogate",
        ),
        "monitoring": (
            "KeptErrorCusum",
            "Monitor",
            "audit",
        ),
        "operating": (
            "DeferralCurve",
            "OperatingPoint",
            "deferral_curve",
            "deferral_curve_from_scores",
            "route",
            "system_accuracy",
        ),
        "report": ("evaluate",),
        "routers": (
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
        "routers.persistence": (
            "load",
            "save",
        ),
        "routers.regions": (
            "ReaderStudy",
            "read_reader_study",
        ),
        "study": (
            "Study",
            "compare_table",
        ),
        "tuning": ("choose_operating_point",),
        "tuning.capacities": (
            "Assignment",
            "CapacityController",
            "assign",
        ),
        "tuning.guarantees": (
            "Certificate",
            "certify",
            "certify_scores",
        ),
    }
    _MODULES = {
        *("datasets", "logs", "theory", "training"),
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
