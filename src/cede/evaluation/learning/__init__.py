"""How many expert answers are needed: a router fitted again and again on more of its cases.

:func:`learning_curve` fits and judges; the :class:`LearningCurve` it returns prints what each
number of cases was worth, and says how many are enough.
"""

from cede.evaluation.learning._curve import LearningCurve as LearningCurve
from cede.evaluation.learning._curve import LearningPoint as LearningPoint
from cede.evaluation.learning._learn import learning_curve as learning_curve

__all__ = ["LearningCurve", "LearningPoint", "learning_curve"]
