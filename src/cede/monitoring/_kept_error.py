"""How often the model errs on what it keeps, from audited cases; and how many of them it takes."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Floats, Ints, check_same_length
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
        """Chance of as many errors or more if the kept error is ``error`` (exact binomial)."""
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
            "by_group": {str(name): list(found) for name, found in self.by_group.items()},
        }


def kept_error(
    wrong: ArrayLike, *, confidence: float = 0.95, subgroups: ArrayLike | None = None
) -> KeptError:
    r"""Estimate the model's error on the cases it keeps, from a random audit of them.

    Audited cases are a random sample of the kept ones if one share drew them all, so the share
    wrong among them is unbiased and its Clopper-Pearson interval holds the truth at least as often
    as it says. Where the share changed from time to time, estimate each time by itself, or all at
    once by :func:`cede.off_policy_cost`.

    Parameters
    ----------
    wrong : array of shape (n,)
        Of the audited cases alone: 1 or true where the model was wrong. NaN where that is not
        known yet; those are left out, and counted.
    confidence : float, default=0.95
    subgroups : array of shape (n,), optional
        Group of each audited case; one estimate for each that has a known outcome. The intervals
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
            f"Of {len(outcome)} audited cases no outcome is known, so nothing can be said of the "
            f"kept error; audits_needed says how many it takes to see a rise."
        )
    by_group: dict[Any, Estimate] = {}
    if subgroups is not None:
        names = to_array(subgroups)
        check_same_length(wrong=outcome, subgroups=names)
        by_group = _each_group(outcome[known], names[known], level)
    n_wrong, n_audited = int(outcome[known].sum()), int(known.sum())
    error = share_estimate(n_wrong, n_audited, level)
    return KeptError(error, n_wrong, n_audited, len(outcome) - n_audited, level, by_group)


def _each_group(outcome: Floats, names: NDArray[Any], level: float) -> dict[Any, Estimate]:
    """An estimate per group, all intervals in one call."""
    known, number = np.unique(names, return_inverse=True)
    count = np.bincount(number, outcome)
    total = np.bincount(number)
    low, high = share_interval(count, total, level)
    rows = zip(count / total, low, high, strict=True)
    return {
        name: Estimate(*map(float, row)) for name, row in zip(known.tolist(), rows, strict=True)
    }


def audits_needed(
    error: float, rise_to: float, *, power: float = 0.8, confidence: float = 0.95
) -> int:
    r"""How many audited cases show, with a given power, that the kept error has risen.

    The exact binomial test of :math:`H_0: e \le a` against :math:`e = b > a` rejects at k errors or
    more, with k the smallest number for which :math:`P_a(\mathrm{Bin}(n, a) \ge k) \le \alpha`, one
    minus the confidence; it is ``kept_error(...).p_value(a) <= alpha``. Its power :math:`P(
    \mathrm{Bin}(n, b) \ge k)` falls wherever k grows by one, so the answer is the n from which
    on it never falls below the one asked for. This is one look at n cases; to look after each of
    them, take :class:`KeptErrorCusum`.

    Parameters
    ----------
    error, rise_to : float
        The error rate that is accepted, and the higher one that is to be seen; in (0, 1).
    power : float, default=0.8
        The chance to see it.
    confidence : float, default=0.95
        One minus the chance to see a rise where there is none.

    Returns
    -------
    int
        Audited cases; divided by the audit's share, kept cases.

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
    alpha, wanted = 1.0 - check_confidence(confidence), float(power)
    if not alpha < wanted < 1.0:
        raise InvalidInput(
            f"power is the chance to see the rise, above that of a false alarm ({alpha:.3g}) and "
            f"below 1, however power={power!r}."
        )
    guess = _normal_guess(error, rise_to, alpha, wanted)
    if guess > _MOST_AUDITS:
        raise InvalidInput(
            f"To tell an error of {rise_to!r} from {error!r} takes about {guess:,.0f} audits; look "
            f"for a larger rise."
        )
    # The k at which n cases reject grows with n; while it stays, power grows. So a k falls short on
    # the first cases of its stretch, or on none; beyond twice the guess none does.
    middle = guess * (error + rise_to) / 2
    narrow = middle > 20_000  # the rates are then close, and the guess is good
    k = np.arange(int(0.8 * middle) if narrow else 1, int((1.25 if narrow else 2) * middle) + 50)
    stretch_starts = _most_cases(k - 1, error, alpha) + 1
    enough = _most_cases(k, rise_to, wanted) + 1
    short = np.flatnonzero(enough > stretch_starts)
    if not short.size:
        return 1
    # If none of its stretch is enough, the next k's is, from its start.
    last = short[-1]
    return int(min(enough[last], _most_cases(k[last : last + 1], error, alpha)[0] + 1))


def _normal_guess(error: float, risen: float, alpha: float, power: float) -> float:
    """Cases that it takes by the normal approximation."""
    z = NormalDist()
    reach = z.inv_cdf(1 - alpha) * np.sqrt(error * (1 - error))
    reach += z.inv_cdf(power) * np.sqrt(risen * (1 - risen))
    return float((reach / (risen - error)) ** 2) + 10.0 / (risen - error)


def _most_cases(k: Ints, error: float, chance: float) -> Ints:
    """Largest n at which k errors or more come with at most a chance."""
    from scipy.special import betainc

    low = np.maximum(k - 1, 0)  # so few cases cannot hold k errors; none holds 0 or more: -1
    high = np.ceil((k + 40.0) * 40.0 / error).astype(np.int64)
    while (high - low > 1).any():
        middle = (low + high) // 2
        rare = betainc(np.maximum(k, 1), np.maximum(middle - k + 1, 1), error) <= chance
        low, high = np.where(rare, middle, low), np.where(rare, high, middle)
    return np.where(k > 0, low, -1)
