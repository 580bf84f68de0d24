"""Estimators in scikit-learn's manner: one abstract router, and final children, one per file."""

from cede.estimators._base import Router as Router
from cede.estimators._baselines import ExpertAlone as ExpertAlone
from cede.estimators._baselines import ModelAlone as ModelAlone
from cede.estimators._baselines import Oracle as Oracle
from cede.estimators._baselines import RandomRouter as RandomRouter
from cede.estimators._calibrated import CalibratedRouter as CalibratedRouter
from cede.estimators._cascade import CascadeRouter as CascadeRouter
from cede.estimators._density_ratio import DensityRatioRouter as DensityRatioRouter
from cede.estimators._ensemble import EnsembleRouter as EnsembleRouter
from cede.estimators._fixed_models import LoggedModel as LoggedModel
from cede.estimators._fixed_models import TorchModel as TorchModel
from cede.estimators._neighbor import NeighborRouter as NeighborRouter
from cede.estimators._post_hoc import PostHocRouter as PostHocRouter
from cede.estimators._region import RegionRouter as RegionRouter
from cede.estimators._single_stage import SingleStageClassifier as SingleStageClassifier
from cede.estimators._two_stage import TwoStageRouter as TwoStageRouter

__all__ = [
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
    "Router",
    "SingleStageClassifier",
    "TorchModel",
    "TwoStageRouter",
]
