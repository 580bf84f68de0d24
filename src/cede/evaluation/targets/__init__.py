"""What a system of model and experts detects: F1, area under the curve, sensitivity.

Beside right answers and costs: of one label that is to be found, whoever answers.
"""

from cede.evaluation.targets._scorers import TARGETS as TARGETS
from cede.evaluation.targets._scorers import Target as Target
from cede.evaluation.targets._scorers import find_target as find_target
from cede.evaluation.targets._system import Detected as Detected
from cede.evaluation.targets._system import Shown as Shown
from cede.evaluation.targets._system import detected as detected

__all__ = ["TARGETS", "Detected", "Shown", "Target", "detected", "find_target"]
