r"""Experts with limited time: exact assignments, their prices, a controller for a day.

With :math:`s_{ij}` the score of agent j on case i, and :math:`c_j` the capacity of expert j,

.. math::
    \max_{x \ge 0} \sum_{ij} s_{ij} x_{ij}, \quad \sum_j x_{ij} = 1, \quad \sum_i x_{ij} \le c_j
    \qquad \text{and} \qquad
    \min_{p \ge 0} \sum_i \max_j (s_{ij} - p_j) + \sum_j c_j p_j

are worth the same. :func:`assign` solves both, for cases that are known together. The prices p are
what an :class:`cede.OperatingPoint` holds: by how much each expert's score must exceed the model's.
:func:`prices_within` turns them into a rule that stays within capacities on these cases, at every
tie; :class:`CapacityController` applies the rule to a stream, and its prices follow what is left.
Needs numpy only.
"""

from cede.tuning.capacities._assign import Assignment as Assignment
from cede.tuning.capacities._assign import assign as assign
from cede.tuning.capacities._controller import CapacityController as CapacityController
from cede.tuning.capacities._prices import prices_within as prices_within

__all__ = ["Assignment", "CapacityController", "assign", "prices_within"]
