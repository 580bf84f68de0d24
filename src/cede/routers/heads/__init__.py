"""Heads: what maps features to scores, as values; how they are fitted; and what they become.

The values and the fitted heads do without torch, which is imported where a head is fitted.
"""

from cede.routers.heads._fitted import FittedLine as FittedLine
from cede.routers.heads._fitted import FittedNetwork as FittedNetwork
from cede.routers.heads._fitted import in_blocks as in_blocks
from cede.routers.heads._fitted import products as products
from cede.routers.heads._headed import Headed as Headed
from cede.routers.heads._headed import fit_head as fit_head
from cede.routers.heads._objective import USUAL_DECAY as USUAL_DECAY
from cede.routers.heads._objective import Objective as Objective
from cede.routers.heads._objective import mean_of as mean_of
from cede.routers.heads._objective import routed_risk as routed_risk
from cede.routers.heads._values import Head as Head
from cede.routers.heads._values import Linear as Linear
from cede.routers.heads._values import Mlp as Mlp
from cede.routers.heads._values import Network as Network
from cede.routers.heads._values import own_head as own_head

__all__ = [
    "USUAL_DECAY",
    "FittedLine",
    "FittedNetwork",
    "Head",
    "Headed",
    "Linear",
    "Mlp",
    "Network",
    "Objective",
    "fit_head",
    "in_blocks",
    "mean_of",
    "own_head",
    "products",
    "routed_risk",
]
