"""Methods side by side on the same cases: one table per budget, intervals beside every number.

Asks a method for two things only, ``agent_scores(X)`` and ``predict(X)``, so anybody's can be
compared. Operating points are chosen without labels; intervals come from one paired bootstrap,
in which every row of every table sees the same resampled cases.

Where few cases tell a row from another, or none does, resamples would say that nothing can be
otherwise: there, intervals are exact for shares, and bounds from the range of the costs for other
means and for differences.

Each interval of a table stands for itself. What is chosen after looking at many numbers needs
more: :meth:`Comparison.verdict` rests on intervals that hold for all rows together (in each
row, ``savings`` and ``gain_low_simultaneous`` to ``gain_high_simultaneous``),
:meth:`cede.evaluation.Comparison.against` corrects p-values for their number, and
:func:`simultaneous_band` holds a whole curve.
"""

from cede.evaluation.comparison._band import Band as Band
from cede.evaluation.comparison._band import simultaneous_band as simultaneous_band
from cede.evaluation.comparison._compare import compare as compare
from cede.evaluation.comparison._paired import McNemar as McNemar
from cede.evaluation.comparison._paired import PairedTest as PairedTest
from cede.evaluation.comparison._paired import PairedTests as PairedTests
from cede.evaluation.comparison._paired import holm as holm
from cede.evaluation.comparison._paired import mcnemar as mcnemar
from cede.evaluation.comparison._result import Comparison as Comparison
from cede.evaluation.comparison._table import Row as Row
from cede.evaluation.comparison._verdict import Verdict as Verdict

__all__ = [
    "Band",
    "Comparison",
    "McNemar",
    "PairedTest",
    "PairedTests",
    "Row",
    "Verdict",
    "compare",
    "holm",
    "mcnemar",
    "simultaneous_band",
]
