"""Judge routes on cases that they were not learned from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from cede._checks import Ints
from cede._listen import listen
from cede._text import shown
from cede.evaluation.judgement._appraisal import appraisal_of
from cede.evaluation.judgement._judgement import ROUTER, Judgement, Line
from cede.evaluation.judgement._money import about_money
from cede.evaluation.judgement._ways import Ways
from cede.evaluation.off_policy import OffPolicyDifference
from cede.exceptions import InvalidInput
from cede.logs import Cases
from cede.operating import OperatingPoint

__all__ = ["judge_routes"]

_Result = TypeVar("_Result")


def judge_routes(routes: Ints, cases: Cases, point: OperatingPoint | None = None) -> Judgement:
    """Estimate what routes would have cost on a log that they were not learned from.

    With propensities by self-normalised weights, whose parts add up to the cost, on all cases;
    without, by plain means over the cases in which every agent's cost is known.

    Parameters
    ----------
    routes : int array of shape (n,)
        Who would answer each case, in 0..J.
    cases : Cases
        With ``outcomes``.
    point : OperatingPoint, optional
        The point that the routes stand at. If it limits how many cases may leave the model, the
        router's rival is the model; else the cheapest agent alone.

    Returns
    -------
    Judgement

    Raises
    ------
    InvalidInput
        If an agent is called "router", an agent's cost is known in no case, or fewer than two
        cases have the cost of every agent and there are no propensities.

    Examples
    --------
    >>> import numpy as np
    >>> from cede.evaluation import judge_routes
    >>> from cede.logs import Cases
    >>> x = np.linspace(-1.0, 1.0, 200)
    >>> outcomes = np.column_stack([x < 0.4, x > -0.6]).astype(float)
    >>> cases = Cases(
    ...     agent_names=("small", "large"), agent_costs=1.0 - outcomes, outcomes=outcomes,
    ...     features={"x": x}, ids=np.arange(200),
    ... )
    >>> judgement = judge_routes((x > 0.0).astype(int), cases)
    >>> [(line.name, line.cost) for line in judgement.lines]
    [('small', 0.3), ('large', 0.2), ('router', 0.0)]
    >>> judgement.rival, judgement.appraisal.verdict.action
    ('large', 'defer')
    """
    if ROUTER in cases.agent_names:
        raise InvalidInput(
            f"must not hold an agent called {ROUTER!r}, as the router is called so here, but got "
            f"one; give it another name",
            argument="cases",
        )
    if cases.outcomes is None:
        raise InvalidInput("must have outcomes; read them from a log", argument="cases")
    n_all, weighed = len(cases), cases.propensities is not None
    if not weighed:
        complete = np.asarray(~np.isnan(cases.agent_costs).any(axis=1))
        if np.count_nonzero(complete) < 2:
            raise InvalidInput(
                f"must hold two at least in which the cost of every agent is known, or say how "
                f"likely each cost was to be logged, but got {np.count_nonzero(complete)} of "
                f"{n_all:,}; name the propensities, or the column of case ids if rows of the same "
                f"case belong together",
                argument="cases",
            )
        cases, routes = cases[complete], routes[complete]
    _check_known(cases, n_all)
    estimates = _Estimates(routes, cases)
    shares = estimates.costs.shares(estimates.costs.router)
    lines = [
        estimates.line(agent, name, float(shares[agent]))
        for agent, name in enumerate(cases.agent_names)
    ]
    limited = point is not None and point.chosen_by in ("budget", "capacity", "spend")
    rival = 0 if limited else int(np.argmin([line.cost for line in lines]))
    lines.append(estimates.line(estimates.costs.router, ROUTER, None))
    appraisal = appraisal_of(estimates.costs, cases, point)
    return Judgement(
        lines=tuple(lines),
        rival=cases.agent_names[rival],
        difference=estimates.difference(rival),
        n_cases=len(routes),
        n_left_out=n_all - len(routes),
        weighed=weighed,
        exchange_rate=cases.exchange_rate,
        appraisal=appraisal,
        warnings=(*appraisal.warnings, *about_money(cases), *estimates.warnings()),
    )


def _check_known(cases: Cases, n_all: int) -> None:
    """Refuse an agent of whom nothing is known."""
    silent = np.isnan(cases.agent_costs).all(axis=0)
    if silent.any():
        raise InvalidInput(
            f"must hold some cost of each agent, but got none of "
            f"{cases.agent_names[int(silent.argmax())]!r} in {n_all:,} cases; log some of its "
            f"calls, or leave it out",
            argument="cases",
        )


class _Estimates:
    """Estimates on one log, and the warnings that each brings."""

    def __init__(self, routes: Ints, cases: Cases) -> None:
        assert cases.outcomes is not None
        self.costs = Ways(routes, cases)
        self._parts = [cases.outcomes] if cases.money is None else [cases.outcomes, cases.money]
        self._heard: dict[str, list[str]] = {}

    def line(self, way: int, name: str, share: float | None) -> Line:
        """One line of the table: an agent alone, or the router, which has no share."""
        subject = name if share is None else f"{name} alone"
        cost = self._listen(subject, lambda: self.costs.cost(way))
        outcome, *money = self.costs.means(way, *self._parts)
        return Line(
            name, cost.value, cost.low, cost.high, outcome, money[0] if money else None, share
        )

    def difference(self, agent: int) -> OffPolicyDifference:
        """The router less an agent alone."""
        return self._listen("difference", lambda: self.costs.difference(self.costs.router, agent))

    def warnings(self) -> tuple[str, ...]:
        """Each sentence once, after the names of those it was said of."""
        return tuple(
            text if names == ["difference"] else f"{', '.join(map(shown, names))}: {text}"
            for text, names in self._heard.items()
        )

    def _listen(self, name: str, ask: Callable[[], _Result]) -> _Result:
        result, warned = listen(ask)
        for text in warned:
            names = self._heard.setdefault(text.replace("other_routes", "routes"), [])
            if not (names and name == "difference"):  # said of one of the two already
                names.append(name)
        return result
