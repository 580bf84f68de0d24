from ._converge import converge as converge
from ._converge_many import converge_many as converge_many
from ._device import pick_device as pick_device
from ._device import seeded as seeded
from ._epochs import Schedule as Schedule
from ._epochs import train as train
from ._history import History as History
from ._linear_many import LinearFits as LinearFits
from ._linear_many import fit_linear_many as fit_linear_many
from ._modules import Shaped as Shaped
from ._modules import linear as linear
from ._modules import make_module as make_module
from ._modules import mlp as mlp
from ._modules import unscaled as unscaled

__all__ = [
    "History",
    "LinearFits",
    "Schedule",
    "Shaped",
    "converge",
    "converge_many",
    "fit_linear_many",
    "linear",
    "make_module",
    "mlp",
    "pick_device",
    "seeded",
    "train",
    "unscaled",
]
