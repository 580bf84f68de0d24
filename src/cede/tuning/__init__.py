"""Where to stand: an operating point by what is known, a share, a price, a workload, a goal.

Changing the point is an addition per column of the scores; nothing is fitted again. What is asked
for holds on the cases the point is chosen on, at every pattern of ties; what to expect of others is
said with intervals, in :attr:`cede.OperatingPoint.expected`.
"""

from cede.tuning._blend import Blend as Blend
from cede.tuning._blend import Walked as Walked
from cede.tuning._choose import choose_operating_point as choose_operating_point

__all__ = ["Blend", "Walked", "choose_operating_point"]
