"""Whether the scores have moved: bets on drift, case by case, that may be looked at any time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, Ints
from cede._checks._arrays import to_array
from cede._intervals import check_confidence
from cede.exceptions import InvalidInput
from cede.monitoring._score_drift import read_sample

__all__ = ["ConformalMartingale", "MartingaleReading"]

#: Stakes, on either side: small ones see small drifts, after many cases.
_STAKES = np.array([-0.9, -0.3, -0.1, 0.1, 0.3, 0.9])
#: What the first six and the last six bets are on, by the sign of the stake.
_DIRECTIONS = ("lower", "higher", "further apart", "closer together")
_ROWS_AT_ONCE = 512
#: The logarithm of the largest float; winnings go beyond it.
_LARGEST = float(np.log(np.finfo(np.float64).max))
#: Tells this stream of random numbers from others of the same seed.
_TIES = (0x74696573,)


@dataclass(frozen=True)
class MartingaleReading:
    """What the bets have won."""

    #: Whether the winnings have ever reached ``1 / (1 - confidence)``, and at which case.
    alarm: bool
    alarm_at: int | None
    #: The case at which the drift began, counted from 1, by the bet that has won most; None without
    #: an alarm.
    since: int | None
    #: How the scores have moved: lower, higher, further apart or closer together; None likewise.
    direction: str | None
    #: Natural logarithm of the winnings now, per unit staked; 0 at the start.
    log_evidence: float
    #: One over the largest winnings so far, at most 1: valid whenever one stops to look.
    p_value: float
    n_cases: int

    @property
    def evidence(self) -> float:
        """Winnings now, per unit staked, at most the largest float."""
        return float(np.exp(min(self.log_evidence, _LARGEST)))

    def __str__(self) -> str:
        """One line for people."""
        if self.alarm:
            return (
                f"the scores have moved: alarm at case {self.alarm_at:,} (p = {self.p_value:.2g}); "
                f"they lie {self.direction} from about case {self.since:,} on"
            )
        return (
            f"no sign that the scores moved, in {self.n_cases:,} cases (p = {self.p_value:.2g} "
            f"over all looks)"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**vars(self), "evidence": self.evidence}


class ConformalMartingale:
    r"""Watch scores for drift from a reference, with one probability of a false alarm for all time.

    Each new score gets its rank among the reference and all scores since,

    .. math:: p_i = \frac{\#\{j : s_j > s_i\} + \theta_i\, \#\{j : s_j = s_i\}}{n + i},

    with ties broken at random. As long as reference and new cases are exchangeable, these are
    independent and uniform, for any distribution of scores. Against that, bets with stakes
    :math:`\epsilon` start at every case s, with the weight :math:`w_s = h / ((s + h - 1)(s + h))`:

    .. math:: E_i = \frac1{12} \sum_{\epsilon, u} \Bigl( \sum_{s \le i} w_s \prod_{r = s}^{i}
              \bigl(1 + \epsilon (1 - 2 u_r)\bigr) + \sum_{s > i} w_s \Bigr),

    with :math:`u = p`, which wins if scores move up or down, and :math:`u = |2p - 1|`, which wins
    if they move apart or together. :math:`E` is a martingale that begins at 1, so the probability
    that it ever reaches :math:`1 / \alpha` is at most :math:`\alpha` (Ville): look every hour or
    once a year. Later scores are ranked among new ones, too, so a drift must show before drifted
    cases outnumber the reference.

    Parameters
    ----------
    reference : array of shape (n,)
        Gains, or any score, of cases on which nothing was fitted. To watch the deferral rate, 1 for
        a deferred case and 0 for a kept one.
    confidence : float, default=0.95
        One minus the probability that an alarm is ever raised without a drift.
    horizon : int, default=1000
        The number h of cases by which a drift, if there is one, is as likely as not to have begun.
        Later ones are seen, too, after somewhat more cases.
    random_state : int, default=0
        Seed for breaking ties.

    Raises
    ------
    InvalidInput
        If the reference is empty or not finite.

    References
    ----------
    Vovk, Gammerman and Shafer 2022, "Algorithmic learning in a random world"; Vovk et
    al. 2021, "Retrain or not retrain: conformal test martingales for change-point detection".

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> watch = ConformalMartingale(rng.normal(size=1_000))
    >>> print(watch.update(rng.normal(size=300)))
    no sign that the scores moved, in 300 cases (p = 0.19 over all looks)
    >>> reading = watch.update(rng.normal(0.8, size=200))
    >>> reading.alarm, reading.alarm_at, reading.direction
    (True, 323, 'higher')
    """

    def __init__(
        self,
        reference: ArrayLike,
        *,
        confidence: float = 0.95,
        horizon: int = 1_000,
        random_state: int = 0,
    ) -> None:
        sample = read_sample("reference", reference)
        if sample.shape[1] != 1:
            raise InvalidInput(
                f"must have shape (n,), one score per case, but got {sample.shape[1]} columns; "
                f"take cede.operating.deferral_gain of agent scores",
                argument="reference",
            )
        if horizon < 1:
            raise InvalidInput(
                f"must be 1 or more, but got {horizon!r}; write a number of cases",
                argument="horizon",
            )
        self.confidence, self.horizon = check_confidence(confidence), int(horizon)
        self.random_state = int(random_state)
        self._pool = np.sort(sample[:, 0])
        n_bets = 2 * len(_STAKES)
        # For each bet: the log of what it won if begun at once; that of all begun so far, over it.
        self._log_one = np.zeros(n_bets)
        self._log_begun = np.full(n_bets, -np.inf)
        # For each bet: the log weight of the best time to begin, and that time.
        self._log_best, self._best = np.full(n_bets, -np.inf), np.zeros(n_bets, dtype=np.int64)
        self._n_cases, self._log_evidence, self._log_largest = 0, 0.0, 0.0
        self._alarm: tuple[int, int, str] | None = None

    @property
    def reading(self) -> MartingaleReading:
        """What the bets have won."""
        at, since, direction = self._alarm or (None, None, None)
        return MartingaleReading(
            alarm=self._alarm is not None,
            alarm_at=at,
            since=since,
            direction=direction,
            log_evidence=self._log_evidence,
            # A p-value may be too large, but not too small: never zero.
            p_value=max(float(np.exp(-self._log_largest)), 5e-324),
            n_cases=self._n_cases,
        )

    def update(self, scores: ArrayLike) -> MartingaleReading:
        """Take in the next cases, in the order of time; return what the bets have won.

        The result does not depend on how cases are split into calls. An alarm stays: after one,
        take a new reference.
        """
        new = to_array(scores)
        if new.ndim == 1 and not new.size:
            return self.reading
        new = read_sample("scores", new)
        if new.shape[1] != 1:
            raise InvalidInput(
                f"must have shape (n,), but got shape {new.shape}; write one score per case",
                argument="scores",
            )
        log_bets = self._log_bets(self._p_values(new[:, 0]))
        times = self._n_cases + 1 + np.arange(len(new))
        log_one = np.cumsum(np.vstack([self._log_one, log_bets]), axis=0)
        log_weight = np.log(self.horizon) - np.log(times + self.horizon - 1.0)
        log_weight -= np.log(times + self.horizon)
        begun = log_weight[:, None] - log_one[:-1]
        log_begun = np.logaddexp.accumulate(np.vstack([self._log_begun, begun]), axis=0)[1:]
        winnings = log_one[1:] + log_begun
        won = np.logaddexp.reduce(winnings, axis=1) - np.log(winnings.shape[1])
        evidence = np.logaddexp(won, np.log(self.horizon) - np.log(times + self.horizon))
        self._find_alarm(evidence, winnings, begun, times)
        self._log_one, self._log_begun = log_one[-1], log_begun[-1]
        self._n_cases, self._log_evidence = int(times[-1]), float(evidence[-1])
        self._log_largest = max(self._log_largest, float(evidence.max()))
        return self.reading

    def _find_alarm(self, evidence: Floats, winnings: Floats, begun: Floats, times: Ints) -> None:
        """Note the first alarm; until then, keep the best time to begin of each bet."""
        if self._alarm is not None:
            return
        reached = np.flatnonzero(evidence >= -np.log(1.0 - self.confidence))
        end = int(reached[0]) + 1 if reached.size else len(times)
        place = begun[:end].argmax(axis=0)
        best = np.take_along_axis(begun, place[None, :], axis=0)[0]
        better = best > self._log_best
        self._log_best = np.where(better, best, self._log_best)
        self._best = np.where(better, times[place], self._best)
        if reached.size:
            bet = int(winnings[end - 1].argmax())
            kind = 2 * (bet // len(_STAKES)) + int(_STAKES[bet % len(_STAKES)] > 0)
            self._alarm = (int(times[end - 1]), int(self._best[bet]), _DIRECTIONS[kind])

    def _p_values(self, new: Floats) -> Floats:
        """Smoothed rank of each score among the pool and the new ones up to it, itself included."""
        above, equal = np.empty(len(new)), np.empty(len(new))
        sizes = len(self._pool) + 1 + np.arange(len(new))
        for start in range(0, len(new), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            block = new[rows]
            left, right = (np.searchsorted(self._pool, block, side) for side in ("left", "right"))
            above[rows] = len(self._pool) - right + np.tril(block > block[:, None]).sum(axis=1)
            equal[rows] = right - left + np.tril(block == block[:, None]).sum(axis=1)
            self._pool = np.sort(np.concatenate([self._pool, block]), kind="stable")
        # One draw per case, found by its number, so that it does not depend on how cases are split.
        # It is a stream of its own: scores made with the same seed must not break their ties.
        bits = np.random.PCG64(np.random.SeedSequence(self.random_state, spawn_key=_TIES))
        bits.advance(self._n_cases)
        return (above + np.random.Generator(bits).random(len(new)) * equal) / sizes

    @staticmethod
    def _log_bets(p: Floats) -> Floats:
        """Log of what each bet gains in each case, ``(n, 12)``."""
        uniform = np.stack([p, np.abs(2.0 * p - 1.0)], axis=1)
        gains = (1.0 - 2.0 * uniform)[:, :, None] * _STAKES
        return np.asarray(np.log1p(gains.reshape(len(p), -1)))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with all scores among which later ones are ranked."""
        return {
            "confidence": self.confidence,
            "horizon": self.horizon,
            "random_state": self.random_state,
            "pool": self._pool.tolist(),
            "log_one": self._log_one.tolist(),
            # None stands for minus infinity, for which JSON has no word.
            "log_begun": self._log_begun.tolist() if self._n_cases else None,
            "log_best": self._log_best.tolist() if self._n_cases else None,
            "best": self._best.tolist(),
            "n_cases": self._n_cases,
            "log_evidence": self._log_evidence,
            "log_largest": self._log_largest,
            "alarm": None if self._alarm is None else list(self._alarm),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ConformalMartingale:
        """Read back what :meth:`to_dict` wrote."""
        settings = {name: values[name] for name in ("confidence", "horizon", "random_state")}
        watch = cls(values["pool"], **settings)
        watch._log_one = np.asarray(values["log_one"])
        if values["n_cases"]:
            watch._log_begun = np.asarray(values["log_begun"])
            watch._log_best = np.asarray(values["log_best"])
        watch._best = np.asarray(values["best"], dtype=np.int64)
        watch._n_cases = values["n_cases"]
        watch._log_evidence = _logarithm(values, "evidence")
        watch._log_largest = _logarithm(values, "largest")
        if values["alarm"] is not None:
            at, since, direction = values["alarm"]
            watch._alarm = (at, since, direction)
        return watch


def _logarithm(values: dict[str, Any], name: str) -> float:
    """Read a logarithm, or take that of a number, which older versions wrote."""
    if f"log_{name}" in values:
        return float(values[f"log_{name}"])
    return min(float(np.log(values[name])), _LARGEST)
