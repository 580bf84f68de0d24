r"""What a surrogate's value promises: lowest risks, minimisability gaps and bounds, without torch.

A router is trained on a surrogate risk R, and judged by its deferral risk :math:`R_{def}`. From one
to the other leads the *excess*, R minus the mean lowest conditional risk: in papers
:math:`R - R^* + M`, with the minimisability gap M of a class. Logarithms are natural.

- Of the loss of aggregated costs: the lowest conditional risk (:func:`optimal_risk`), the gap of a
  class (:func:`minimizability_gap`), the excess that regret forces (:func:`calibration_transform`)
  and the factor that lifts the loss above the deferral loss (:func:`upper_bound_factor`).
- From excess to regret: :func:`consistency_bound` for a surrogate, :func:`plug_in_bound` for
  estimates that are plugged into the Bayes rule.

>>> risk, costs = 0.31, [[0.1, 0.4], [0.3, 0.2]]         # of a router; expected, of two agents
>>> excess = risk - optimal_risk(costs).mean()
>>> bound = consistency_bound(excess, "aggregated", n_agents=2, scale=0.5)   # 0.5: mean total
>>> round(float(bound), 3)                               # at most this much above the best router
0.129
"""

from cede.theory._aggregated import calibration_transform as calibration_transform
from cede.theory._aggregated import minimizability_gap as minimizability_gap
from cede.theory._aggregated import optimal_risk as optimal_risk
from cede.theory._aggregated import upper_bound_factor as upper_bound_factor
from cede.theory._bounds import consistency_bound as consistency_bound
from cede.theory._bounds import plug_in_bound as plug_in_bound

__all__ = [
    "calibration_transform",
    "consistency_bound",
    "minimizability_gap",
    "optimal_risk",
    "plug_in_bound",
    "upper_bound_factor",
]
