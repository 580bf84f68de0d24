from ._base import Router as Router
from ._baselines import ExpertAlone as ExpertAlone
from ._baselines import ModelAlone as ModelAlone
from ._baselines import Oracle as Oracle
from ._baselines import RandomRouter as RandomRouter
from ._calibrated import CalibratedRouter as CalibratedRouter
from ._cascade import CascadeRouter as CascadeRouter
from ._density_ratio import DensityRatioRouter as DensityRatioRouter
from ._ensemble import EnsembleRouter as EnsembleRouter
from ._fixed_models import LoggedModel as LoggedModel
from ._fixed_models import TorchModel as TorchModel
from ._from_tables import read_log_for as read_log_for
from ._from_tables import read_new_for as read_new_for
from ._from_tables import route_in_parts as route_in_parts
from ._method import Method as Method
from ._methods import METHODS as METHODS
from ._neighbor import NeighborRouter as NeighborRouter
from ._post_hoc import PostHocRouter as PostHocRouter
from ._region import RegionRouter as RegionRouter
from ._single_stage import SingleStageClassifier as SingleStageClassifier
from ._table import ROUTERS as ROUTERS
from ._two_stage import TwoStageRouter as TwoStageRouter
from .heads import Linear as Linear
from .heads import Mlp as Mlp
from .heads import Network as Network

__all__ = [
    "METHODS",
    "CalibratedRouter",
    "CascadeRouter",
    "DensityRatioRouter",
    "EnsembleRouter",
    "ExpertAlone",
    "Linear",
    "LoggedModel",
    "Method",
    "Mlp",
    "ModelAlone",
    "NeighborRouter",
    "Network",
    "Oracle",
    "PostHocRouter",
    "RandomRouter",
    "RegionRouter",
    "Router",
    "SingleStageClassifier",
    "TorchModel",
    "TwoStageRouter",
    "read_log_for",
    "read_new_for",
    "route_in_parts",
]
