"""Everything a report tells of methods on cases that none of them saw, in numbers.

:func:`appraise` adds to a comparison what a reader asks next: which method is in front and at which
points, its whole curve with a band, its areas, whether estimates are what they say, who gets which
cases, what is spent, and, if wanted, a guarantee. Asks a method for ``agent_scores`` and
``predict`` only, as a comparison does.
"""

from cede.evaluation.appraisal._appraisal import Appraisal as Appraisal
from cede.evaluation.appraisal._appraisal import Measure as Measure
from cede.evaluation.appraisal._appraise import appraise as appraise
from cede.evaluation.appraisal._areas import Areas as Areas
from cede.evaluation.appraisal._contrast import Contrast as Contrast
from cede.evaluation.appraisal._honesty import Honesty as Honesty
from cede.evaluation.appraisal._lead import Lead as Lead

__all__ = ["Appraisal", "Areas", "Contrast", "Honesty", "Lead", "Measure", "appraise"]
