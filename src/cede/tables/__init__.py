"""From a table with named columns to the arrays that a study needs.

Any dataframe that narwhals knows comes in (pandas, polars, pyarrow); a path is read with pyarrow.
The caller names the label, the experts, and what to leave out. What every other column was taken
for, whether it is used, and why not, is said by a :class:`Column`: nothing is left out, and nothing
made missing, without a word.
"""

from cede.tables._columns import Column as Column
from cede.tables._files import read_table as read_table
from cede.tables._problem import Problem as Problem
from cede.tables._problem import read_problem as read_problem

__all__ = ["Column", "Problem", "read_problem", "read_table"]
