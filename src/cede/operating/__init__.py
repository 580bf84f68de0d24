"""Scores to routes: one rule, and the point at which it is applied.

The rule, for agent scores ``s`` of shape ``(n, J + 1)`` (higher is better, the model first) and
prices ``t_j``: with the gain of expert ``j``

.. math:: g_j = (s_j - s_0) - t_j,

a case goes to the expert with the largest gain if that gain is strictly positive, and stays with
the model otherwise. A query costs something, so a tie stays with the model; among experts that
tie, the first is asked. Choosing a point and applying it both go through :func:`deferral_gain`,
and a price chosen as one of the gains is compared with ``x - t > 0``, which in floating point is
exactly ``x > t``: what a budget allows when it is chosen is what it gives when it is applied.
"""

from cede.operating._point import NEVER as NEVER
from cede.operating._point import Expectation as Expectation
from cede.operating._point import OperatingPoint as OperatingPoint
from cede.operating._rule import check_available as check_available
from cede.operating._rule import check_one_price_list as check_one_price_list
from cede.operating._rule import deferral_gain as deferral_gain
from cede.operating._rule import route as route

__all__ = [
    "NEVER",
    "Expectation",
    "OperatingPoint",
    "check_available",
    "check_one_price_list",
    "deferral_gain",
    "route",
]
