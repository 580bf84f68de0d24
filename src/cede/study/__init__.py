"""The main job, from a table to a comparison: every step on cases of its own.

The way of the data: the *model* part trains the base model; the *fit* part, which the model has not
seen, fits the methods; the *tune* part chooses operating points; the *test* part judges. Of a model
that is fixed already there is no model part.
Whatever the method, the model that answers is the base model: see :class:`FittedMethod`.
"""

from cede._listen import listen as listen
from cede.logs import FixedModel as FixedModel
from cede.study._giveaways import giveaways as giveaways
from cede.study._giveaways import sentence as sentence
from cede.study._keeping import Kept as Kept
from cede.study._splits import Parts as Parts
from cede.study._splits import split as split
from cede.study._stakes import Stakes as Stakes
from cede.study._study import Study as Study
from cede.study._study import compare_table as compare_table
from cede.study._workbench import FittedMethod as FittedMethod
from cede.study._workbench import Workbench as Workbench

__all__ = [
    "FittedMethod",
    "FixedModel",
    "Kept",
    "Parts",
    "Stakes",
    "Study",
    "Workbench",
    "compare_table",
    "giveaways",
    "listen",
    "sentence",
    "split",
]
