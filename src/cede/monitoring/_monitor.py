"""Scores, deferral rate and kept error of a router in use, watched in one place."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, Floats, check_agent_table, check_same_length
from cede._checks._arrays import to_array
from cede._intervals import check_confidence
from cede.exceptions import InvalidInput
from cede.monitoring._audit import AuditedRoutes
from cede.monitoring._cusum import KeptErrorCusum
from cede.monitoring._kept_error import audits_needed, kept_error
from cede.monitoring._martingale import ConformalMartingale, MartingaleReading
from cede.monitoring._outcomes import percent, read_wrong
from cede.operating import OperatingPoint, check_one_price_list, deferral_gain

__all__ = ["Finding", "Monitor", "MonitorReport"]

_WIDTH = 80


@dataclass(frozen=True)
class Finding:
    """One thing that is watched, and what there is to say of it."""

    what: str
    #: None while there is too little to judge.
    alarm: bool | None
    sentence: str


@dataclass(frozen=True)
class MonitorReport:
    """What a monitor has seen so far; prints as a table of sentences."""

    findings: tuple[Finding, ...]

    @property
    def alarm(self) -> bool:
        """Whether there is an alarm of any kind."""
        return any(finding.alarm for finding in self.findings)

    def __str__(self) -> str:
        """A table of 80 columns."""
        lines: list[str] = []
        for finding in self.findings:
            word = {None: "-", False: "fine", True: "ALARM"}[finding.alarm]
            text = wrap(finding.sentence, _WIDTH - 22)
            lines.append(f"{word:<6}{finding.what:<16}{text[0]}")
            lines += [" " * 22 + more for more in text[1:]]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "alarm": self.alarm}


class Monitor:
    """Watch a router in use: its scores, how much it defers, and what the model gets wrong.

    :class:`ConformalMartingale` watches scores and deferrals, each with half of the probability of
    a false alarm, so that both together keep to it (a report doubles their p-values).
    :class:`KeptErrorCusum` watches audited cases. Ask for a report at any time.

    Parameters
    ----------
    reference_scores : array of shape (n, J + 1)
        Agent scores of cases on which nothing was fitted, such as those of ``tune``.
    point : OperatingPoint
        The point at which cases are routed.
    cusum : KeptErrorCusum, optional
        Pass one if cases are audited.
    confidence : float, default=0.95
        Of intervals. One minus it is the probability that scores or deferrals ever raise an alarm
        without a drift.
    horizon : int, default=1000
        As in :class:`ConformalMartingale`.

    Raises
    ------
    InvalidInput
        If there is no reference case, or no expert.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> from cede import route
    >>> point = OperatingPoint((0.5,))
    >>> watch = Monitor(
    ...     rng.normal(size=(2_000, 2)),
    ...     point,
    ...     cusum=KeptErrorCusum(0.05, 0.10, false_alarm_every=5_000),
    ... )
    >>> today = rng.normal(size=(400, 2))
    >>> watch.observe_cases(today, route(today, point))
    >>> watch.observe_audits([0, 0, 1, 0, 0, 0, 0, 0])
    >>> print(watch.report())
    fine  scores          no sign that the scores moved, in 400 cases (p = 1 over
                          all looks)
    fine  deferral rate   36 % of 400 cases left the model, 31.5 % to 42 % are usual
                          of so many; no sign of another rate than the reference's
                          (p = 1)
    -     kept error      12.5 % of the kept cases are wrong (95 % interval 0.316 %
                          to 52.7 %): 1 of 8 audited
    -     rise of it      no sign of a risen kept error: 0.57 errors beyond those
                          allowed, alarm at 5.86, after 8 audited cases; to see a
                          rise from 5 % to 10 % four times in five takes 191
    """

    def __init__(
        self,
        reference_scores: ArrayLike,
        point: OperatingPoint,
        *,
        cusum: KeptErrorCusum | None = None,
        confidence: float = 0.95,
        horizon: int = 1_000,
    ) -> None:
        scores = check_agent_table("reference_scores", reference_scores)
        if not len(scores):
            raise InvalidInput(
                "must hold a case, but got none; pass those that were tuned on",
                argument="reference_scores",
            )
        if scores.shape[1] != len(point.prices) + 1 or not point.prices:
            raise InvalidInput(
                f"must have a column for the model and one for each expert who has a price in "
                f"the point, one at least, but got {scores.shape[1]} columns beside "
                f"{len(point.prices)} prices; pass the agent scores of one router",
                argument="reference_scores",
            )
        self.confidence, self.cusum = check_confidence(confidence), cusum
        deferred = _deferred(scores, point)
        self.point = replace(point, deferral_rate=float(deferred.mean()), n_cases=len(scores))
        level = (1.0 + self.confidence) / 2
        self._scores = ConformalMartingale(deferral_gain(scores), confidence=level, horizon=horizon)
        self._deferrals = ConformalMartingale(deferred, confidence=level, horizon=horizon)
        self._n_cases = self._n_deferred = self._n_wrong = self._n_audited = 0

    def __repr__(self) -> str:
        """How much it has seen."""
        return f"Monitor({self._n_cases:,} cases seen, {self._n_audited:,} audited)"

    def observe_cases(self, agent_scores: ArrayLike, routes: ArrayLike | AuditedRoutes) -> None:
        """Take in the next cases, in the order of time.

        Parameters
        ----------
        agent_scores : array of shape (n, J + 1)
        routes : AuditedRoutes or array of shape (n,)
            As decided before any audit: audits are no deferrals.
        """
        scores = check_agent_table("agent_scores", agent_scores)
        decided = to_array(routes.decided if isinstance(routes, AuditedRoutes) else routes)
        check_same_length(agent_scores=scores, routes=decided)
        if scores.shape[1] != len(self.point.prices) + 1 or decided.dtype.kind not in "iu":
            raise InvalidInput(
                f"must have {len(self.point.prices) + 1} columns, as the reference, with routes of "
                f"integers, but got {scores.shape[1]} and dtype {decided.dtype}; pass what the "
                f"router returned",
                argument="agent_scores",
            )
        self._scores.update(deferral_gain(scores))
        self._deferrals.update(decided != 0)
        self._n_cases += len(decided)
        self._n_deferred += int(np.count_nonzero(decided))

    def observe_audits(self, wrong: ArrayLike) -> None:
        """Take in the outcomes of the next audited cases: 1 where the model was wrong."""
        outcome = read_wrong(wrong)
        known = outcome[~np.isnan(outcome)]
        self._n_wrong += int(known.sum())
        self._n_audited += len(known)
        if self.cusum is not None:
            self.cusum.update(known)

    def report(self) -> MonitorReport:
        """What has been seen so far."""
        findings = [self._about_scores(), self._about_deferrals(), self._about_error()]
        if self.cusum is not None:
            findings.append(Finding("rise of it", *self._about_rise(self.cusum)))
        return MonitorReport(tuple(findings))

    def _about_scores(self) -> Finding:
        if not self._n_cases:
            return Finding("scores", None, "no case has been observed yet")
        reading = _of_two(self._scores.reading)
        return Finding("scores", reading.alarm, str(reading))

    def _about_deferrals(self) -> Finding:
        if not self._n_cases:
            return Finding("deferral rate", None, "no case has been observed yet")
        usual = self.point.rate_among(self._n_cases, self.confidence)
        reading = _of_two(self._deferrals.reading)
        text = (
            f"{percent(self._n_deferred / self._n_cases)} of {self._n_cases:,} cases left the "
            f"model, {percent(usual.low)} to {percent(usual.high)} are usual of so many; "
        )
        if reading.alarm:
            way = reading.direction if reading.direction in ("lower", "higher") else "other"
            text += f"{way} than the reference's from about case {reading.since:,} on"
        else:
            text += "no sign of another rate than the reference's"
        return Finding("deferral rate", reading.alarm, f"{text} (p = {reading.p_value:.2g})")

    def _about_error(self) -> Finding:
        if not self._n_audited:
            text = "no audited outcome is known yet, so nothing is known of what the model keeps"
            return Finding("kept error", None, text)
        outcomes = np.repeat([1.0, 0.0], [self._n_wrong, self._n_audited - self._n_wrong])
        return Finding("kept error", None, str(kept_error(outcomes, confidence=self.confidence)))

    def _about_rise(self, cusum: KeptErrorCusum) -> tuple[bool | None, str]:
        reading = cusum.reading
        if reading.alarm:
            return True, str(reading)
        accepted, risen = cusum.error_in_control, cusum.error_to_detect
        enough = audits_needed(accepted, risen, confidence=self.confidence)
        if reading.n_audited >= enough:
            return False, str(reading)
        return None, (
            f"{reading}; to see a rise from {percent(accepted)} to {percent(risen)} four times in "
            f"five takes {enough:,}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, from which :meth:`from_dict` goes on."""
        return {
            "point": self.point.to_dict(),
            "confidence": self.confidence,
            "cusum": None if self.cusum is None else self.cusum.to_dict(),
            "scores": self._scores.to_dict(),
            "deferrals": self._deferrals.to_dict(),
            "counts": [self._n_cases, self._n_deferred, self._n_wrong, self._n_audited],
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Monitor:
        """Read back what :meth:`to_dict` wrote."""
        watch = cls.__new__(cls)
        watch.point = OperatingPoint.from_dict(values["point"])
        watch.confidence = values["confidence"]
        cusum = values["cusum"]
        watch.cusum = None if cusum is None else KeptErrorCusum.from_dict(cusum)
        watch._scores = ConformalMartingale.from_dict(values["scores"])
        watch._deferrals = ConformalMartingale.from_dict(values["deferrals"])
        watch._n_cases, watch._n_deferred, watch._n_wrong, watch._n_audited = values["counts"]
        return watch


def _of_two(reading: MartingaleReading) -> MartingaleReading:
    """A reading with its p-value doubled, as two watches share one false alarm (Bonferroni)."""
    return replace(reading, p_value=min(1.0, 2.0 * reading.p_value))


def _deferred(scores: Floats, point: OperatingPoint) -> Bools:
    check_one_price_list(point)
    return np.asarray(deferral_gain(scores, np.asarray(point.prices)) > 0.0)
