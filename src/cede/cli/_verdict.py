"""What a router would have cost on a log, beside each agent alone, and the verdict of a report."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np

from cede._checks import Floats, Ints
from cede._text import shown
from cede.cli._judged import CONFIDENCE, ROUTER, judged
from cede.cli._log import Cases
from cede.cli._money import about_money
from cede.cli._options import in_flags
from cede.evaluation.appraisal import Appraisal
from cede.evaluation.off_policy import OffPolicyDifference, off_policy_cost, off_policy_difference
from cede.exceptions import InvalidInput
from cede.operating import OperatingPoint
from cede.report import Summary, summarise
from cede.study import listen

__all__ = ["ROUTER", "Line", "Verdict", "judge"]

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Line:
    """One way to answer all cases: an agent alone, or the router."""

    name: str
    #: Mean cost per case, with its interval.
    cost: float
    low: float
    high: float
    #: Mean quality, and mean money if the log has it: cost is 1 - outcome + exchange rate * money.
    outcome: float
    money: float | None
    #: Share of cases that the router gives to this agent; None for the router itself.
    share: float | None


@dataclass(frozen=True)
class Verdict:
    """A router on a log that it was not fitted on."""

    #: Each agent alone, the model's first, and the router.
    lines: tuple[Line, ...]
    #: The cheapest single agent, as this log says: the hardest to beat, as it was chosen on it.
    #: Within a budget it is the model, as no other agent alone would be.
    rival: str
    #: The router less that agent, paired case by case; below zero, the router is cheaper.
    difference: OffPolicyDifference
    n_cases: int
    #: Cases that say nothing without propensities, as some agent's cost is not known.
    n_left_out: int
    #: Whether cases were weighed by propensities.
    weighed: bool
    exchange_rate: float | None
    #: What a report rests its verdict on.
    appraisal: Appraisal
    #: What the estimates warn of.
    warnings: tuple[str, ...]

    @property
    def decimals(self) -> int:
        """As many as show two digits of the shortest interval's half."""
        return _decimals(*((line.high - line.low) / 2 for line in self.lines))

    @property
    def summary(self) -> Summary:
        """The words of a report."""
        return summarise(self.appraisal)

    @property
    def sentence(self) -> str:
        """The verdict of a report on these cases."""
        return self.summary.verdict

    @property
    def against(self) -> str:
        """The paired difference to the agent whom the router has to beat."""
        apart, rival = self.difference, f"{shown(self.rival)} alone"
        if apart.n_differ == 0:
            return f"The router gives every case to {shown(self.rival)}: no gain over {rival}."
        d = _decimals((apart.high - apart.low) / 2)
        return (
            f"Case by case, the router costs {_signed(apart.value, d)} compared with {rival} (95 % "
            f"interval of this one difference {_signed(apart.low, d)} to {_signed(apart.high, d)})."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        lines = {line.name: asdict(line) for line in self.lines}
        apart = self.difference
        return {
            "n_cases": self.n_cases,
            "n_left_out": self.n_left_out,
            "method": apart.method if self.weighed else "mean",
            "confidence": CONFIDENCE,
            "alone": {k: _without_name(v) for k, v in lines.items() if k != ROUTER},
            "router": _without_name(lines[ROUTER]),
            "difference": {
                "against": self.rival,
                "value": apart.value,
                "low": apart.low,
                "high": apart.high,
                "n_differ": apart.n_differ,
                "n_matched": apart.n_matched,
                "effective_size": apart.effective_size,
            },
            "action": self.summary.action,
            "sentence": self.sentence,
            "warnings": list(self.warnings),
        }


def _decimals(*halves: float) -> int:
    shortest = min((half for half in halves if half > 0.0), default=0.01)
    return int(np.clip(1 - np.floor(np.log10(shortest)), 2, 6))


def _signed(value: float, decimals: int) -> str:
    return f"{round(value, decimals) + 0.0:+.{decimals}f}"


def judge(routes: Ints, cases: Cases, point: OperatingPoint | None = None) -> Verdict:
    """Estimate what routes, at a point, would have cost on cases they were not learned from.

    With propensities by self-normalised weights, of which parts add up to the cost, on all cases;
    without, by plain means over the cases in which every agent's cost is known.
    """
    names = cases.agent_names
    if ROUTER in names:
        raise InvalidInput(f"No agent can be called {ROUTER!r} here; give it another name.")
    weighed = cases.propensities is not None
    n_all = len(cases)
    if not weighed:
        complete = np.asarray(~np.isnan(cases.agent_costs).any(axis=1))
        if np.count_nonzero(complete) < 2:
            raise InvalidInput(
                f"In {np.count_nonzero(complete)} of the {n_all:,} cases to judge on is the cost "
                f"of every agent known, and otherwise a log must say how likely each was to be "
                f"logged: pass --propensity, or --case if rows of the same case belong together."
            )
        cases, routes = cases.rows(complete), routes[complete]
    silent = np.isnan(cases.agent_costs).all(axis=0)
    if silent.any():
        raise InvalidInput(
            f"Agent {names[int(silent.argmax())]!r} has no known cost in the {n_all:,} cases to "
            f"judge on, so that these do not tell what it would cost; log some of its calls, or "
            f"leave it out."
        )
    judging = _Judge(cases)
    alone = [
        judging.line(name, np.full(len(cases), agent), float(np.mean(routes == agent)))
        for agent, name in enumerate(names)
    ]
    limited = point is not None and point.chosen_by in ("budget", "capacity", "spend")
    rival = 0 if limited else int(np.argmin([line.cost for line in alone]))
    ours = judging.line(ROUTER, routes, None)
    appraisal = judged(routes, cases, point)
    return Verdict(
        lines=(*alone, ours),
        rival=names[rival],
        difference=judging.difference(routes, rival),
        n_cases=len(cases),
        n_left_out=n_all - len(cases),
        weighed=weighed,
        exchange_rate=cases.exchange_rate,
        appraisal=appraisal,
        warnings=(*appraisal.warnings, *about_money(cases), *judging.warnings()),
    )


class _Judge:
    """Estimates on one log, and the warnings that each brings."""

    def __init__(self, cases: Cases) -> None:
        self.costs = cases.agent_costs
        known = ~np.isnan(self.costs)
        # Outcomes count where money is known too: the parts are of the same cells as the cost.
        self.outcomes = np.where(known, cases.outcomes, np.nan)
        self.money = None if cases.money is None else np.where(known, cases.money, np.nan)
        given = cases.propensities
        self.chances = np.ones(known.shape) if given is None else given
        self.options: Any = {
            "method": "self_normalised",
            "confidence": CONFIDENCE,
            "groups": cases.groups,
        }
        self._heard: dict[str, list[str]] = {}

    def line(self, name: str, routes: Ints, share: float | None) -> Line:
        said_of = name if share is None else f"{name} alone"
        cost = self._listen(said_of, lambda: self._mean(routes, self.costs))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # the same as of the cost
            outcome = self._mean(routes, self.outcomes).value
            money = None if self.money is None else self._mean(routes, self.money).value
        return Line(name, cost.value, cost.low, cost.high, outcome, money, share)

    def difference(self, routes: Ints, agent: int) -> OffPolicyDifference:
        others = np.full(len(routes), agent)
        return self._listen(
            "difference",
            lambda: off_policy_difference(routes, others, self.costs, self.chances, **self.options),
        )

    def warnings(self) -> tuple[str, ...]:
        return tuple(
            text if names == ["difference"] else f"{', '.join(map(shown, names))}: {text}"
            for text, names in self._heard.items()
        )

    def _mean(self, routes: Ints, table: Floats) -> Any:
        return off_policy_cost(routes, table, self.chances, **self.options)

    def _listen(self, name: str, ask: Callable[[], _Result]) -> _Result:
        result, warned = listen(ask)
        for text in warned:
            heard = self._heard.setdefault(in_flags(text), [])
            if not (heard and name == "difference"):  # said of one of the two already
                heard.append(name)
        return result


def _without_name(line: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key != "name"}
