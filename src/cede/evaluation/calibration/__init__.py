r"""Are estimated probabilities right? Bins, errors and scores, of classes and of agents.

With an estimate :math:`p_i` of each case and what happened, :math:`o_i` (1 or 0, or a degree
between), everything here is about :math:`E[o \mid p] - p`:

- :func:`reliability`: mean estimate against the share that happened, in bins of equal width or
  equal mass; its ``ece``, ``max_gap`` and the exact interval of every bin.
- :func:`expected_calibration_error`: that error with an interval, which holds even where estimates
  are calibrated, as percentiles of resamples do not; on request without its bias.
- :func:`brier_score`: the mean squared error and the parts that it adds up from.
- :func:`top_label_reliability`, :func:`classwise_reliability`: of a class posterior.
- :func:`agent_reliability`: of every agent's estimated accuracy, from a router.

Estimates that are off are mended by :class:`cede.routers.CalibratedRouter`.
"""

from cede.evaluation.calibration._agents import agent_reliability as agent_reliability
from cede.evaluation.calibration._brier import BrierScore as BrierScore
from cede.evaluation.calibration._brier import brier_score as brier_score
from cede.evaluation.calibration._classes import classwise_reliability as classwise_reliability
from cede.evaluation.calibration._classes import top_label_reliability as top_label_reliability
from cede.evaluation.calibration._error import (
    expected_calibration_error as expected_calibration_error,
)
from cede.evaluation.calibration._reliability import Reliability as Reliability
from cede.evaluation.calibration._reliability import reliability as reliability

__all__ = [
    "BrierScore",
    "Reliability",
    "agent_reliability",
    "brier_score",
    "classwise_reliability",
    "expected_calibration_error",
    "reliability",
    "top_label_reliability",
]
