"""Methods side by side on the same cases: one table per budget, intervals beside every number.

Asks a method for two things only, ``agent_scores(X)`` and ``predict(X)``, so anybody's can be
compared. Operating points are chosen without labels; intervals come from one paired bootstrap,
in which every row of every table sees the same resampled cases.
"""

from cede.comparison._compare import compare as compare
from cede.comparison._result import Comparison as Comparison
from cede.comparison._result import Row as Row

__all__ = ["Comparison", "Row", "compare"]
