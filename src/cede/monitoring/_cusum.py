"""Whether the kept error has risen, and since when: a cumulative sum of errors in audits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Ints
from cede.exceptions import InvalidInput
from cede.monitoring._outcomes import check_rates, percent, read_wrong
from cede.monitoring._run_length import lattice, mean_run_lengths, threshold_for

__all__ = ["CusumReading", "KeptErrorCusum"]


class _Count(NamedTuple):
    """Audited cases up to some point, and errors among them."""

    cases: int
    wrong: int


@dataclass(frozen=True)
class CusumReading:
    """Where a cumulative sum stands."""

    #: Whether it has alarmed, and at which audited case, counted from 1.
    alarm: bool
    alarm_at: int | None
    #: The most likely case at which the rise began, counted from 1. Without an alarm, where the sum
    #: began to climb; None if it is at zero.
    since: int | None
    #: Errors and cases from there to the alarm, or until now.
    n_wrong_since: int
    n_since: int
    #: The sum now, in errors beyond those allowed, and the sum at which it alarms.
    excess: float
    threshold: float
    n_audited: int

    def __str__(self) -> str:
        """One line for people."""
        if self.alarm:
            return (
                f"the kept error has risen: alarm at audited case {self.alarm_at:,}; from case "
                f"{self.since:,} on, {self.n_wrong_since:,} of {self.n_since:,} were wrong"
            )
        return (
            f"no sign of a risen kept error: {self.excess:.2f} errors beyond those allowed, alarm "
            f"at {self.threshold:.2f}, after {self.n_audited:,} audited cases"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dict(vars(self))


class KeptErrorCusum:
    r"""Watch the model's error on the cases it keeps, audit by audit, for a rise.

    It adds up the log likelihood ratios of "the error is b" against "it is a", starts again at zero
    whenever the sum falls below, and alarms as soon as a change at any past case is likely enough.
    Scaled so that an error counts one, a case with the outcome :math:`x_i \in \{0, 1\}` gives

    .. math:: S_i = \max(0, S_{i-1} + x_i - \gamma), \qquad
              \gamma = \log\tfrac{1-a}{1-b} \Big/ \log\tfrac{b(1-a)}{a(1-b)} \in (a, b),

    and the alarm is at :math:`S_i \ge h`: h errors more than the allowed :math:`\gamma` per case.
    Of all rules with the same mean time between false alarms, this one sees a change to b soonest
    in the worst case (Moustakides 1986). :math:`\gamma` is replaced by a fraction within 2 % of its
    value. The sum is then a Markov chain on a lattice, its mean times are exact, and h is the
    smallest whose mean time to a false alarm is not below the one asked for.

    Parameters
    ----------
    error_in_control : float
        The kept error a that is accepted, such as the upper end of ``kept_error``'s interval. If it
        is too low, false alarms come more often than asked.
    error_to_detect : float
        The smallest kept error b > a that is not acceptable.
    false_alarm_every : float, optional
        Mean number of audited cases until a false alarm, from a fresh start.
    threshold : float, optional
        The height h in errors, instead of ``false_alarm_every``.

    Attributes
    ----------
    allowance : float
        :math:`\gamma`, errors that are allowed per audited case.
    threshold : float
        The height h, in errors.
    false_alarm_every : float
        Mean number of audited cases to a false alarm, not below the one asked for.
    detection_delay : float
        Mean number of audited cases to the alarm once the error is ``error_to_detect``, if the sum
        is at zero; it is shorter if not.

    Raises
    ------
    InvalidInput
        If the rates are equal or in the wrong order, or if both or none of ``false_alarm_every``
        and ``threshold`` are passed.

    References
    ----------
    Page 1954, "Continuous inspection schemes"; Reynolds and Stoumbos 1999, "A CUSUM chart for
    monitoring a proportion when inspecting continuously"; Moustakides 1986,
    "Optimal stopping times for detecting changes in distributions".

    Examples
    --------
    >>> watch = KeptErrorCusum(0.05, 0.15, false_alarm_every=2_000)
    >>> round(watch.threshold, 2), round(watch.detection_delay)
    (3.64, 54)
    >>> print(watch.update([0, 0, 1, 0, 0, 0]).excess)
    0.6363636363636364
    >>> print(watch.update([1, 1, 0, 1, 1, 1, 0]))  # doctest: +NORMALIZE_WHITESPACE
    the kept error has risen: alarm at audited case 11; from case 3 on, 5 of 9 were wrong
    """

    def __init__(
        self,
        error_in_control: float,
        error_to_detect: float,
        *,
        false_alarm_every: float | None = None,
        threshold: float | None = None,
    ) -> None:
        check_rates(error_in_control, error_to_detect, "error_in_control", "error_to_detect")
        if (false_alarm_every is None) == (threshold is None):
            raise InvalidInput(
                f"must be passed if there is no threshold, and only then, but got "
                f"{false_alarm_every!r} beside {threshold!r}; pass either",
                argument="false_alarm_every",
            )
        self.error_in_control = float(error_in_control)
        self.error_to_detect = float(error_to_detect)
        self._steps = lattice(self.error_in_control, self.error_to_detect)
        self._height = self._choose_height(false_alarm_every, threshold)
        self.allowance = self._steps.down / sum(self._steps)
        self.threshold = self._height / sum(self._steps)
        self.false_alarm_every = self.run_length(self.error_in_control)
        self.detection_delay = self.run_length(self.error_to_detect)
        self.reset()

    def _choose_height(self, every: float | None, threshold: float | None) -> int:
        if every is not None:
            if not 1.0 < every < np.inf:
                raise InvalidInput(
                    f"must be finite and above 1, but got {every!r}; write a mean number of "
                    f"audited cases",
                    argument="false_alarm_every",
                )
            return threshold_for(self._steps, self.error_in_control, float(every))
        if threshold is None or not 0.0 < threshold < np.inf:
            raise InvalidInput(
                f"must be finite and above 0, but got {threshold!r}; write a number of errors",
                argument="threshold",
            )
        return max(1, int(np.ceil(threshold * sum(self._steps) - 1e-9)))

    def run_length(self, error: float) -> float:
        """Mean number of audited cases from a sum of zero to the alarm, at an error rate; exact."""
        if not 0.0 < error <= 1.0:
            raise InvalidInput(
                f"must be in (0, 1], but got {error!r}; write 0.05 for 5 %", argument="error"
            )
        return float(mean_run_lengths(self._steps, self._height, float(error))[0])

    def reset(self) -> None:
        """Start anew at zero, as after an alarm that was acted upon."""
        self._level = 0
        self._now, self._zero = _Count(0, 0), _Count(0, 0)
        self._alarm: _Count | None = None

    @property
    def reading(self) -> CusumReading:
        """Where the sum stands."""
        end = self._alarm or self._now
        return CusumReading(
            alarm=self._alarm is not None,
            alarm_at=self._alarm.cases if self._alarm else None,
            since=self._zero.cases + 1 if end.cases > self._zero.cases else None,
            n_wrong_since=end.wrong - self._zero.wrong,
            n_since=end.cases - self._zero.cases,
            excess=self._level / sum(self._steps),
            threshold=self.threshold,
            n_audited=self._now.cases,
        )

    def update(self, wrong: ArrayLike) -> CusumReading:
        """Take in the next audited cases, in the order of time; return where the sum stands.

        Parameters
        ----------
        wrong : array of shape (n,)
            1 or true where the model was wrong. Cases whose outcome is not known yet (NaN) are
            skipped; pass them when it is. The result does not depend on how cases are split into
            calls. An alarm stays until :meth:`reset`.
        """
        outcome = read_wrong(wrong)
        x = outcome[~np.isnan(outcome)].astype(np.int64)
        if not x.size:
            return self.reading
        # The free sum, less its smallest value so far where that is below zero.
        free = self._level + np.cumsum(x * sum(self._steps) - self._steps.down)
        level = free - np.minimum(np.minimum.accumulate(free), 0)
        count = self._now.wrong + np.cumsum(x)
        if self._alarm is None:
            above = np.flatnonzero(level >= self._height)
            if above.size:
                self._alarm = self._counted(above[0], count)
            zeros = np.flatnonzero(level[: above[0]] == 0 if above.size else level == 0)
            if zeros.size:
                self._zero = self._counted(zeros[-1], count)
        self._level = int(level[-1])
        self._now = self._counted(len(x) - 1, count)
        return self.reading

    def _counted(self, index: int, count: Ints) -> _Count:
        return _Count(self._now.cases + int(index) + 1, int(count[index]))

    def __repr__(self) -> str:
        return (
            f"KeptErrorCusum({self.error_in_control!r}, {self.error_to_detect!r}, "
            f"threshold={self.threshold:.4g})"
        )

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"kept error {percent(self.error_in_control)} accepted, "
            f"{percent(self.error_to_detect)} to detect: alarm at {self.threshold:.2f} errors "
            f"beyond {self.allowance:.3g} per audit; a false alarm every "
            f"{self.false_alarm_every:,.0f} audits, a true one after {self.detection_delay:,.0f}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with where the sum stands."""
        return {
            "error_in_control": self.error_in_control,
            "error_to_detect": self.error_to_detect,
            "threshold": self.threshold,
            "level": self._level,
            "now": list(self._now),
            "zero": list(self._zero),
            "alarm": None if self._alarm is None else list(self._alarm),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> KeptErrorCusum:
        """Read back what :meth:`to_dict` wrote."""
        rates = (values["error_in_control"], values["error_to_detect"])
        watch = cls(*rates, threshold=values["threshold"])
        watch._level = values["level"]
        watch._now, watch._zero = _Count(*values["now"]), _Count(*values["zero"])
        watch._alarm = None if values["alarm"] is None else _Count(*values["alarm"])
        return watch
