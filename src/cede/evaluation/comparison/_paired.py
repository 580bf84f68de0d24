"""Tests of two rows on the same cases, corrected for how many are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, Ints, check_finite, check_same_length
from cede._checks._arrays import to_array
from cede._intervals import Estimate, check_confidence, cost_range, mean_estimate, mean_p_value
from cede._text import shown
from cede.exceptions import InvalidInput

__all__ = ["McNemar", "PairedTest", "PairedTests", "holm", "mcnemar", "paired_tests"]


@dataclass(frozen=True)
class McNemar:
    """Two routers on the same cases: who was right where the other was wrong.

    Examples
    --------
    >>> print(McNemar(n_cases=100, first_only=15, second_only=5, p_value=0.041))
    of 100 cases, 15 only the first and 5 only the second had right: p = 0.041 (McNemar, exact)
    """

    n_cases: int
    #: Cases that only the first had right, and only the second. The others tell nothing.
    first_only: int
    second_only: int
    #: Two-sided, of one test; not corrected for any other.
    p_value: float

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"of {self.n_cases:,} cases, {self.first_only:,} only the first and "
            f"{self.second_only:,} only the second had right: p {p_text(self.p_value)} "
            f"(McNemar, exact)"
        )


def mcnemar(first: ArrayLike, second: ArrayLike) -> McNemar:
    r"""McNemar's exact test of two routers that were right or wrong in the same cases.

    If neither is better, each of the :math:`b + c` cases that only one of them had right is as
    likely the first's as the second's, so with the binomial distribution of one half

    .. math:: p = \min(1, 2 P(B_{b+c} \le \min(b, c))).

    If that is so, a p-value of at most ``p`` has at most the probability ``p``, however few cases
    there are.

    Parameters
    ----------
    first, second : array of shape (n,)
        One where it was right, zero where it was wrong (or the other way round, for both).
        Cases must be independent of each other.

    Raises
    ------
    InvalidInput
        If outcomes are not 0 or 1. Costs have no discordant pairs; :func:`paired_tests` compares
        their means.

    References
    ----------
    McNemar 1947, "Note on the sampling error of the difference between correlated proportions or
    percentages".

    Examples
    --------
    >>> test = mcnemar([1, 1, 1, 1, 1, 1, 0, 1], [0, 0, 0, 0, 0, 0, 0, 1])
    >>> test.first_only, test.second_only, round(test.p_value, 5)
    (6, 0, 0.03125)
    """
    from scipy.special import bdtr

    first_right, second_right = _bits("first", first), _bits("second", second)
    n = check_same_length(first=first_right, second=second_right)
    b, c = (
        int(np.count_nonzero(first_right & ~second_right)),
        int(np.count_nonzero(second_right & ~first_right)),
    )
    p = min(1.0, 2.0 * float(bdtr(min(b, c), b + c, 0.5))) if b + c else 1.0
    return McNemar(n, b, c, p)


def holm(p_values: ArrayLike) -> Floats:
    r"""Return p-values corrected for their number by Holm's method, in the same order.

    With :math:`p_{(1)} \le \dots \le p_{(k)}`, the i-th smallest becomes
    :math:`\max_{l \le i} \min(1, (k - l + 1) p_{(l)})`. If every test whose corrected
    p-value is below :math:`\alpha` is taken for a difference, the probability that one or more of
    these is none is at most :math:`\alpha`, however the tests depend on each other.

    References
    ----------
    Holm 1979, "A simple sequentially rejective multiple test procedure".

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0.0) & (p <= 1.0)).all():
        raise InvalidInput(
            f"must be numbers between 0 and 1, in one row, but got {p.tolist()}; pass one per test",
            argument="p_values",
        )
    order = np.argsort(p, kind="stable")
    corrected = np.empty_like(p)
    corrected[order] = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)).clip(max=1.0)
    return corrected


@dataclass(frozen=True)
class PairedTest:
    """One method against the baseline."""

    method: str
    budget: float | None
    #: Mean outcome less the baseline's, with an interval of its own (not corrected).
    difference: Estimate
    p_value: float
    #: Corrected by Holm's method for all tests it was made with.
    p_corrected: float
    #: "McNemar, exact", "Student's t", "Gaffke's bound" where differences hardly vary, or "the same
    #: outcome in every case"; of the middle two, "over groups" where there are any.
    test: str


@dataclass(frozen=True)
class PairedTests:
    """Every method against one baseline; ``print`` says what was corrected for."""

    baseline: str
    confidence: float
    tests: tuple[PairedTest, ...]

    def __str__(self) -> str:
        """A table of at most 100 columns."""
        if not self.tests:
            return f"There is no other method to test against {shown(self.baseline)}."
        width = min(32, max(6, *(len(shown(t.method)) for t in self.tests)))
        level = f"[{self.confidence:.0%}]"
        lines = [
            f"{'method':<{width}}  budget  {f'vs {shown(self.baseline)} {level}':>32}  p corrected"
        ]
        for t in self.tests:
            budget = "" if t.budget is None else f"{100 * t.budget:.4g}%"
            d = t.difference
            difference = f"{d.value:+.4f} [{d.low:+.4f} {d.high:+.4f}]"
            p = p_text(t.p_corrected).removeprefix("= ")
            lines.append(
                f"{shown(t.method, width):<{width}}  {budget:>6}  {difference:>32}  {p:>11}"
            )
        kinds = " and ".join(dict.fromkeys(t.test for t in self.tests))
        count = len(self.tests)
        lines.append(
            f"Tests: {kinds}, two-sided, on the same cases."
            + (
                f"\np is corrected by Holm's method for the {count} tests of this table, and "
                f"for no others."
                if count > 1
                else "\nOne test, so p is not corrected for any other."
            )
        )
        return "\n".join(lines)


def paired_tests(
    baseline: str,
    pairs: Sequence[tuple[str, float | None, Any, Any]],
    groups: Ints | None = None,
    confidence: float = 0.95,
) -> PairedTests:
    """Test methods against a baseline on the same cases, corrected for their number.

    McNemar's exact test where outcomes are 0 or 1 and cases are independent; otherwise Student's t
    of the differences, over groups where there are any, or Gaffke's bound where few differ. If
    both have the same outcome in all of these cases, they may still differ in others: the interval
    says how often.

    Parameters
    ----------
    baseline : str
        What it is called.
    pairs : sequence of (method, budget, outcomes, outcomes of the baseline)
        Outcomes of shape ``(n,)``, higher is better.
    groups : int array of shape (n,), optional
    confidence : float, default=0.95
        Of the interval of each difference.
    """
    level = check_confidence(confidence)
    results = [_test(outcomes, rival, groups, level) for _, _, outcomes, rival in pairs]
    corrected = holm([p for _, p, _ in results])
    tests = tuple(
        PairedTest(method, budget, difference, p, float(q), test)
        for (method, budget, _, _), (difference, p, test), q in zip(
            pairs, results, corrected, strict=True
        )
    )
    return PairedTests(baseline, level, tests)


def p_text(p: float) -> str:
    """As ``= 0.041`` or ``< 0.0001``."""
    return "< 0.0001" if p < 0.0001 else f"= {p:.2g}"


def _test(
    outcomes: Any, rival: Any, groups: Ints | None, confidence: float
) -> tuple[Estimate, float, str]:
    check_same_length(method=outcomes, baseline=rival)
    differences = np.asarray(outcomes, dtype=np.float64) - np.asarray(rival, dtype=np.float64)
    check_finite("differences of outcomes", differences)
    low, high = cost_range(np.column_stack([outcomes, rival]))
    ends = (low - high, high - low)
    difference = mean_estimate(differences, confidence, groups, ends)
    if not differences.any():
        return difference, 1.0, "the same outcome in every case"
    if groups is None and _are_bits(outcomes) and _are_bits(rival):
        return difference, mcnemar(outcomes, rival).p_value, "McNemar, exact"
    p, is_student = mean_p_value(differences, groups, ends)
    test = "Student's t" if is_student else "Gaffke's bound"
    return difference, p, test if groups is None else f"{test} over groups"


def _are_bits(values: Any) -> bool:
    return bool(np.isin(values, (0, 1)).all())


def _bits(name: str, values: ArrayLike) -> Any:
    table = to_array(values)
    if table.ndim != 1 or len(table) == 0 or not _are_bits(table):
        raise InvalidInput(
            f"must be 1 where it was right and 0 where it was wrong, in one row, but got other "
            f"values (shape {table.shape}); compare mean costs with against()",
            argument=name,
        )
    return table.astype(np.bool_)
