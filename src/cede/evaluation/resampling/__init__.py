"""One bootstrap for all columns of a table, and how far a whole curve may lie from its estimate.

A resample of ``n`` cases is a count per case, and counts times outcomes is a matrix product, so
what costs time is drawing counts. Two exact ways of drawing few numbers instead of many:

- cases whose outcomes are equal in every column are one pattern, and how often each pattern is
  drawn is a multinomial number. Methods that are right or wrong have few patterns;
- otherwise, counts of a Poisson number of draws are independent of each other, one byte of random
  bits each; given their sum they are multinomial, and draws that are missing are added one by one.

Neither is an approximation: every resample has the distribution of ``n`` draws with replacement.
"""

from cede.evaluation.resampling._bootstrap import paired_bootstrap
from cede.evaluation.resampling._critical import critical_value

__all__ = ["critical_value", "paired_bootstrap"]
