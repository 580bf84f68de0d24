"""How often the model errs on what it keeps, from audited cases, and how many audits that takes."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Floats, Ints, check_groups, check_number, named_groups
from cede._checks._arrays import to_array
from cede._intervals import Estimate, check_confidence, share_estimate, share_interval
from cede.exceptions import InvalidInput
from cede.monitoring._outcomes import check_rates, percent, read_wrong

__all__ = ["KeptError", "audits_needed", "kept_error"]

#: Beyond this, numbers of audits are not worth computing: nobody does them.
_MOST_AUDITS = 1_000_000


@dataclass(frozen=True)
class KeptError:
    """The share of kept cases that the model gets wrong, estimated from audited ones."""

    #: With its Clopper-Pearson interval.
    error: Estimate
    n_wrong: int
    n_audited: int
    #: Audited cases whose outcome is not known yet; left out.
    n_unknown: int
    confidence: float
    #: The same in each group, each interval at the same confidence by itself.
    by_group: dict[Any, Estimate]

    def p_value(self, error: float) -> float:
        """Probability of as many errors or more if the kept error is ``error`` (exact binomial)."""
        from scipy.special import bdtrc

        if self.n_wrong == 0:
            return 1.0
        return float(bdtrc(self.n_wrong - 1, self.n_audited, float(error)))

    def __str__(self) -> str:
        """One line for people."""
        text = (
            f"{percent(self.error.value)} of the kept cases are wrong "
            f"({percent(self.confidence)} interval {percent(self.error.low)} to "
            f"{percent(self.error.high)}): {self.n_wrong:,} of {self.n_audited:,} audited"
        )
        return text + (f", {self.n_unknown:,} not known yet" if self.n_unknown else "")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "error": list(self.error),
            "n_wrong": self.n_wrong,
            "n_audited": self.n_audited,
            "n_unknown": self.n_unknown,
            "confidence": self.confidence,
            "by_group": {str(name): list(error) for name, error in self.by_group.items()},
        }


def kept_error(
    wrong: ArrayLike, *, confidence: float = 0.95, subgroups: ArrayLike | None = None
) -> KeptError:
    r"""Estimate the model's error on the cases it keeps, from a random audit of them.

    If one share drew all audited cases, they are a random sample of the kept ones. The share of
    errors among them is then unbiased, and its Clopper-Pearson interval holds the truth at least as
    often as it says. If the share has changed over time, estimate each period by itself, or all of
    them by :func:`cede.evaluation.off_policy_cost`.

    Parameters
    ----------
    wrong : array of shape (n,)
        Of the audited cases alone: 1 or true where the model was wrong; NaN where that is not known
        yet. Those are left out, and counted.
    confidence : float, default=0.95
        Of the interval, in (0, 1).
    subgroups : array of shape (n,), optional
        Subgroup of each audited case; each with a known outcome gets an estimate. The intervals
        hold one by one; for all of k subgroups together, ask for ``1 - (1 - confidence) / k``.

    Raises
    ------
    InvalidInput
        If no outcome is known, or one is neither 0, 1 nor NaN.

    References
    ----------
    Clopper and Pearson 1934.

    Examples
    --------
    >>> print(kept_error([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))
    5 % of the kept cases are wrong (95 % interval 0.127 % to 24.9 %): 1 of 20 audited
    """
    level = check_confidence(confidence)
    outcome = read_wrong(wrong)
    known = ~np.isnan(outcome)
    if not known.any():
        raise InvalidInput(
            f"must be known of an audited case, but got {len(outcome)} of which none is; wait for "
            f"outcomes (audits_needed says how many it takes to see a rise)",
            argument="wrong",
        )
    by_group: dict[Any, Estimate] = {}
    if subgroups is not None:
        check_groups(subgroups, outcome, "subgroups", beside="wrong")
        by_group = _each_group(outcome[known], to_array(subgroups)[known], level)
    n_wrong, n_audited = int(outcome[known].sum()), int(known.sum())
    error = share_estimate(n_wrong, n_audited, level)
    return KeptError(error, n_wrong, n_audited, len(outcome) - n_audited, level, by_group)


def _each_group(outcome: Floats, names: NDArray[Any], level: float) -> dict[Any, Estimate]:
    """An estimate per group, all intervals in one call."""
    known, number = named_groups(names, "subgroups")
    count = np.bincount(number, outcome)
    total = np.bincount(number)
    low, high = share_interval(count, total, level)
    rows = zip(count / total, low, high, strict=True)
    return {name: Estimate(*map(float, row)) for name, row in zip(known, rows, strict=True)}


def audits_needed(
    error: float, rise_to: float, *, power: float = 0.8, confidence: float = 0.95
) -> int:
    r"""How many audited cases show, with a given power, that the kept error has risen.

    The test is the exact binomial one of :math:`H_0: e \le a` against :math:`e = b > a`, which is
    ``kept_error(...).p_value(a) <= alpha``. It rejects at k errors or more, where k is the smallest
    number with :math:`P(\mathrm{Bin}(n, a) \ge k) \le \alpha`, one minus the confidence. Its power
    :math:`P(\mathrm{Bin}(n, b) \ge k)` falls wherever k grows by one, so the answer is the n from
    which on it never falls below the power asked for. This is for one look at n cases; to look
    after each of them, take :class:`KeptErrorCusum`.

    Parameters
    ----------
    error, rise_to : float
        The error rate a that is accepted, and the higher one b that is to be seen; in (0, 1).
    power : float, default=0.8
        Probability with which the rise is seen.
    confidence : float, default=0.95
        One minus the probability of seeing a rise where there is none.

    Returns
    -------
    int
        Audited cases; divided by the audit's share, they are kept cases.

    Raises
    ------
    InvalidInput
        If the rates are equal, in the wrong order, or closer than a million audits tell apart.

    Examples
    --------
    >>> audits_needed(0.05, 0.10)
    191
    """
    check_rates(error, rise_to, "error", "rise_to")
    alpha = 1.0 - check_confidence(confidence)
    target = check_number("power", power, "0.8 for 80 %")
    if not alpha < target < 1.0:
        raise InvalidInput(
            f"must be above the probability of a false alarm, {alpha:.3g}, and below 1, but got "
            f"{power!r}; write 0.8 for 80 %",
            argument="power",
        )
    guess = _normal_guess(error, rise_to, alpha, target)
    if guess > _MOST_AUDITS:
        raise InvalidInput(
            f"must be further from {error!r}, but got {rise_to!r}, which takes about {guess:,.0f} "
            f"audits to tell apart; look for a larger rise",
            argument="rise_to",
        )
    # The k at which n cases reject grows with n. While it stays, a stretch of n, power grows: if it
    # is too small for some n, then at the start of the stretch. Beyond twice the guess it never is.
    middle = guess * (error + rise_to) / 2
    narrow = middle > 20_000  # the rates are then close, and the guess is good
    k = np.arange(int(0.8 * middle) if narrow else 1, int((1.25 if narrow else 2) * middle) + 50)
    stretch_starts = _most_cases(k - 1, error, alpha) + 1
    enough = _most_cases(k, rise_to, target) + 1
    short = np.flatnonzero(enough > stretch_starts)
    if not short.size:
        return 1
    # If the whole stretch of a k is too short, the next one suffices from its start.
    last = short[-1]
    return int(min(enough[last], _most_cases(k[last : last + 1], error, alpha)[0] + 1))


def _normal_guess(error: float, risen: float, alpha: float, power: float) -> float:
    """How many cases it takes by the normal approximation."""
    z = NormalDist()
    reach = z.inv_cdf(1 - alpha) * np.sqrt(error * (1 - error))
    reach += z.inv_cdf(power) * np.sqrt(risen * (1 - risen))
    return float((reach / (risen - error)) ** 2) + 10.0 / (risen - error)


def _most_cases(k: Ints, error: float, probability: float) -> Ints:
    """Largest n among which k errors or more have at most this probability."""
    from scipy.special import betainc

    low = np.maximum(k - 1, 0)  # so few cases cannot hold k errors; none holds 0 or more: -1
    high = np.ceil((k + 40.0) * 40.0 / error).astype(np.int64)
    while (high - low > 1).any():
        middle = (low + high) // 2
        rare = betainc(np.maximum(k, 1), np.maximum(middle - k + 1, 1), error) <= probability
        low, high = np.where(rare, middle, low), np.where(rare, high, middle)
    return np.where(k > 0, low, -1)
