"""The only training loops: to convergence, one problem or many at once, and by mini-batches."""

from cede.training._converge import converge as converge
from cede.training._converge_many import converge_many as converge_many
from cede.training._device import pick_device as pick_device
from cede.training._device import seeded as seeded
from cede.training._epochs import History as History
from cede.training._epochs import Schedule as Schedule
from cede.training._epochs import train as train
from cede.training._linear_many import LinearFits as LinearFits
from cede.training._linear_many import fit_linear_many as fit_linear_many
from cede.training._modules import HEADS as HEADS
from cede.training._modules import Head as Head
from cede.training._modules import linear as linear
from cede.training._modules import make_head as make_head
from cede.training._modules import mlp as mlp
from cede.training._modules import unscaled as unscaled

__all__ = [
    "HEADS",
    "Head",
    "History",
    "LinearFits",
    "Schedule",
    "converge",
    "converge_many",
    "fit_linear_many",
    "linear",
    "make_head",
    "mlp",
    "pick_device",
    "seeded",
    "train",
    "unscaled",
]
