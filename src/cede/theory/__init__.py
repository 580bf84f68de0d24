r"""What a surrogate's value promises: lowest risks, minimisability gaps and bounds, without torch.

A router is trained on a surrogate risk R and judged by its deferral risk :math:`R_{def}`. What ties
them is the *excess*: R minus the mean lowest conditional risk. In papers it is written
:math:`R - R^* + M`, with the minimisability gap M of a class. Logarithms are natural.

- For the loss of aggregated costs: the lowest conditional risk (:func:`optimal_risk`), the gap of a
  class (:func:`minimisability_gap`), the least excess at a given regret
  (:func:`calibration_transform`) and the factor that lifts the loss above the deferral loss
  (:func:`upper_bound_factor`).
- From excess to regret: :func:`consistency_bound` for a surrogate, :func:`plug_in_bound` for
  estimates that are plugged into the Bayes rule.

>>> risk, costs = 0.31, [[0.1, 0.4], [0.3, 0.2]]         # of a router; expected, of two agents
>>> excess = risk - optimal_risk(costs).mean()
>>> bound = consistency_bound(excess, "aggregated", n_agents=2, scale=0.5)   # 0.5: mean total
>>> round(float(bound), 3)                               # at most this much above the best router
0.129
"""

from cede.theory._aggregated import calibration_transform as calibration_transform
from cede.theory._aggregated import minimisability_gap as minimisability_gap
from cede.theory._aggregated import optimal_risk as optimal_risk
from cede.theory._aggregated import upper_bound_factor as upper_bound_factor
from cede.theory._bounds import consistency_bound as consistency_bound
from cede.theory._bounds import plug_in_bound as plug_in_bound

__all__ = [
    "calibration_transform",
    "consistency_bound",
    "minimisability_gap",
    "optimal_risk",
    "plug_in_bound",
    "upper_bound_factor",
]
