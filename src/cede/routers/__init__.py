"""Estimators in scikit-learn's manner: one abstract router, and final children, one per file."""

from cede.routers._base import Router as Router
from cede.routers._baselines import ExpertAlone as ExpertAlone
from cede.routers._baselines import ModelAlone as ModelAlone
from cede.routers._baselines import Oracle as Oracle
from cede.routers._baselines import RandomRouter as RandomRouter
from cede.routers._calibrated import CalibratedRouter as CalibratedRouter
from cede.routers._cascade import CascadeRouter as CascadeRouter
from cede.routers._density_ratio import DensityRatioRouter as DensityRatioRouter
from cede.routers._ensemble import EnsembleRouter as EnsembleRouter
from cede.routers._fixed_models import LoggedModel as LoggedModel
from cede.routers._fixed_models import TorchModel as TorchModel
from cede.routers._methods import METHODS as METHODS
from cede.routers._methods import Method as Method
from cede.routers._neighbor import NeighborRouter as NeighborRouter
from cede.routers._post_hoc import PostHocRouter as PostHocRouter
from cede.routers._region import RegionRouter as RegionRouter
from cede.routers._single_stage import SingleStageClassifier as SingleStageClassifier
from cede.routers._two_stage import TwoStageRouter as TwoStageRouter

__all__ = [
    "METHODS",
    "CalibratedRouter",
    "CascadeRouter",
    "DensityRatioRouter",
    "EnsembleRouter",
    "ExpertAlone",
    "LoggedModel",
    "Method",
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
