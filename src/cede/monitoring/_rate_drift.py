"""Whether as many cases leave the model as the operating point led to expect."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks._arrays import to_array
from cede._intervals import check_confidence
from cede.exceptions import InvalidInput
from cede.monitoring._audit import AuditedRoutes
from cede.monitoring._outcomes import percent
from cede.operating import OperatingPoint

__all__ = ["RateDrift", "rate_drift"]


@dataclass(frozen=True)
class RateDrift:
    """How many recent cases were deferred, and how many were to be expected."""

    #: Whether ``p_value`` is at most one minus the confidence.
    drifted: bool
    #: Two-sided, times the number of looks.
    p_value: float
    n_deferred: int
    n_cases: int
    #: Share deferred on the cases that the point was chosen on.
    expected_rate: float
    #: Between these numbers of deferred cases one window lies with the stated confidence.
    low: int
    high: int
    n_looks: int
    confidence: float

    @property
    def rate(self) -> float:
        """Share of the recent cases that was deferred."""
        return self.n_deferred / self.n_cases

    def __str__(self) -> str:
        """One line for people."""
        verdict = "not what was to be expected" if self.drifted else "as was to be expected"
        looks = f" for {self.n_looks:,} looks" if self.n_looks > 1 else ""
        return (
            f"{percent(self.rate)} left the model, {verdict} (p = {self.p_value:.2g}{looks}): "
            f"{self.n_deferred:,} of {self.n_cases:,}, expected {self.low:,} to {self.high:,} "
            f"after {percent(self.expected_rate)} when the point was chosen"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "rate": self.rate}


def rate_drift(
    point: OperatingPoint,
    routes: ArrayLike | AuditedRoutes,
    *,
    n_looks: int = 1,
    confidence: float = 0.95,
) -> RateDrift:
    r"""Compare the deferral rate with the one that the operating point led to expect.

    Suppose that k of the n cases on which the point was chosen left the model, and that the m
    recent cases are exchangeable with them. With the beta-binomial BB, the number X of recent ones
    that leave has

    .. math:: P(X \ge x) \le P(\mathrm{BB}(m; k + 1, n - k) \ge x), \qquad
              P(X \le x) \le P(\mathrm{BB}(m; k, n - k + 1) \le x).

    The first is an equality if the price is the (k + 1)-th largest gain of the n, as it is for a
    budget: the share of all gains above an order statistic is beta-distributed. If the price was
    fixed before, both are the tails of Fisher's exact test on the two counts. The p-value is twice
    the smaller tail, at most 1; the numbers to expect are those of ``point.rate_among(m)``. Both
    allow for chance among the cases on which the point was chosen, too; if these came in groups,
    all counts are divided by their design effect.

    Parameters
    ----------
    point : OperatingPoint
        One with ``deferral_rate`` and ``n_cases``, as ``tune`` returns.
    routes : AuditedRoutes or array of shape (n,)
        Of recent cases, as decided before any audit: audits are no deferrals.
    n_looks : int, default=1
        How many windows will be looked at in all; the p-value is multiplied by it (Bonferroni).
        If nobody knows, watch deferrals by :class:`ConformalMartingale`.
    confidence : float, default=0.95

    Raises
    ------
    InvalidInput
        If the point does not say what it was chosen on, or there is no recent case.

    References
    ----------
    Wilks 1942, "Statistical prediction with special reference to the problem of tolerance limits";
    Fisher 1935, "The logic of inductive inference", for the test.

    Examples
    --------
    >>> point = OperatingPoint((0.1,), deferral_rate=0.2, n_cases=500)
    >>> print(rate_drift(point, [0] * 65 + [1] * 35))  # doctest: +NORMALIZE_WHITESPACE
    35 % left the model, not what was to be expected (p = 0.0024): 35 of 100, expected 12 to 29
    after 20 % when the point was chosen
    """
    level = check_confidence(confidence)
    if n_looks < 1:
        raise InvalidInput(
            f"must be 1 or more, but got {n_looks!r}; count all windows", argument="n_looks"
        )
    decided = to_array(routes.decided if isinstance(routes, AuditedRoutes) else routes)
    if decided.ndim != 1 or decided.dtype.kind not in "iu":
        raise InvalidInput(
            f"must be integers of shape (n,), 0 for the model, but got dtype {decided.dtype} and "
            f"shape {decided.shape}; write who answers each case",
            argument="routes",
        )
    n_deferred = int(np.count_nonzero(decided))
    k, n, m = _read_counts(point, len(decided))
    p_value = min(1.0, 2.0 * min(_tails(n_deferred, m, k, n, point.design_effect)) * n_looks)
    usual = point.rate_among(m, level)
    return RateDrift(
        drifted=p_value <= 1.0 - level,
        p_value=p_value,
        n_deferred=n_deferred,
        n_cases=m,
        expected_rate=k / n,
        low=round(usual.low * m),
        high=round(usual.high * m),
        n_looks=int(n_looks),
        confidence=level,
    )


def _read_counts(point: OperatingPoint, n_cases: int) -> tuple[int, int, int]:
    rate, n = point.deferral_rate, point.n_cases
    if rate is None or not n:
        raise InvalidInput(
            "must know on how many cases it was chosen and how many of them left the model, but "
            "got neither or one; take one that tune returned",
            argument="point",
        )
    if n_cases < 1:
        raise InvalidInput("must hold a case, but got none; pass those of some", argument="routes")
    return round(rate * n), int(n), int(n_cases)


def _tails(x: int, m: int, k: int, n: int, effect: float) -> tuple[float, float]:
    """Bounds of P(X <= x) and P(X >= x)."""
    from scipy.stats import betabinom

    inside, outside, size = k / effect, (n - k) / effect, max(1, round(m / effect))
    most, least = -(-x * size // m), x * size // m  # rounded so that tails are not too thin
    lower = 1.0 if k == 0 else float(betabinom.cdf(most, size, inside, outside + 1))
    upper = 1.0 if k == n else float(betabinom.sf(least - 1, size, inside + 1, outside))
    return lower, max(upper, 0.0)
