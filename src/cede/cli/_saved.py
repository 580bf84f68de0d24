"""A router that knows the names of its agents and features, fitted to a log or read back.

What the commands need beside the router, they let the router keep: columns of the arrays it is
fitted on carry the names of features and experts, and two attributes of the fit, ``model_name_``
and ``exchange_rate_``, are saved and loaded with the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from cede._checks import Floats, Ints
from cede.exceptions import InvalidInput
from cede.logs import Cases, read_log
from cede.operating import OperatingPoint, route
from cede.routers import Router
from cede.routers.persistence import load
from cede.tuning import choose_operating_point

__all__ = ["NamedRouter", "learn", "read_router"]


@dataclass(frozen=True, eq=False)
class NamedRouter:
    """A fitted router, and the names of its columns."""

    router: Any
    agent_names: tuple[str, ...]
    feature_names: tuple[str, ...]

    def scores(self, X: Any) -> Any:
        """Agent scores ``(n, J + 1)`` of features ``(n, d)`` in the order of their names."""
        return self.router.agent_scores(_columns(X, self.feature_names))

    def route(self, X: Any) -> Any:
        """Who answers each case, ``(n,)``."""
        return self.router.route(_columns(X, self.feature_names))

    def tune(self, X: Any, budget: float | None, groups: Any = None) -> OperatingPoint | None:
        """Choose the operating point if there is a budget; return the one that holds, if any."""
        if budget is not None:
            self.choose(X, budget=budget, groups=groups)
        return self.point

    def choose(self, X: Any, costs: Any = None, **asked: Any) -> OperatingPoint:
        """Choose the operating point by what is asked; costs are a table ``(n, J + 1)``."""
        point: OperatingPoint = self.router.tune(_columns(X, self.feature_names), costs, **asked)
        return point

    @property
    def routes_by_scores(self) -> bool:
        """Whether scores and the operating point say it all; a class may route otherwise."""
        return type(self.router).route is Router.route

    def route_by(self, scores: Floats) -> Ints:
        """Who answers cases of these scores, ``(n,)``, at the operating point that holds."""
        return route(scores, self.point)

    def choose_by(self, scores: Floats, budget: float) -> None:
        """Choose the operating point for cases of these scores, and for them alone."""
        fees = self.router._fees()
        point = choose_operating_point(scores, budget, fees_in_scores=fees, cases=scores[:1])
        # It is not kept, and what stood there were scores and not cases.
        self.router.operating_point_ = replace(point, fingerprint=None)

    @property
    def point(self) -> OperatingPoint | None:
        """The operating point that holds, if any."""
        return getattr(self.router, "operating_point_", None)

    def named(self, model: str | None) -> tuple[str, ...]:
        """Names of the agents in a log that calls the model so; None is as at the fit."""
        if model is None or model == self.agent_names[0]:
            return self.agent_names
        if hasattr(self.router, "model_name_"):
            raise InvalidInput(
                f"The router was fitted with {self.agent_names[0]!r} as its model, however --model "
                f"is {model!r}; leave --model out, or fit again."
            )
        return (model, *self.agent_names[1:])

    def read(self, table: Any, model: str | None = None, **columns: Any) -> Cases:
        """Read a log with the router's features and agents, of which the model may be called so."""
        names = self.named(model)
        return read_log(table, model=names[0], agents=names, features=self.feature_names, **columns)

    def at_rate(self, rate: float | None) -> str | None:
        """Say so, if a log is read at another exchange rate than the router was fitted at."""
        own = getattr(self.router, "exchange_rate_", rate)
        if own == rate:
            return None
        fitted = "on outcomes alone" if own is None else f"at an exchange rate of {own:g}"
        judged = "on outcomes alone" if rate is None else f"at {rate:g}"
        return f"The router was fitted {fitted} and is judged here {judged}."


def learn(router: Any, cases: Cases) -> NamedRouter:
    """Fit a router to a log."""
    beside = {"propensities": cases.propensities, "groups": cases.groups}
    options = {name: values for name, values in beside.items() if values is not None}
    costs = _columns(cases.agent_costs, cases.agent_names)
    router.fit(_columns(cases.X, cases.feature_names), costs, **options)
    router.model_name_ = cases.agent_names[0]
    router.exchange_rate_ = cases.exchange_rate
    return NamedRouter(router, cases.agent_names, cases.feature_names)


def read_router(folder: Path) -> NamedRouter:
    """Read a saved router; one that was not fitted by ``cede fit`` calls agent 0 "model"."""
    router: Any = load(folder)
    features = getattr(router, "feature_names_in_", None)
    if features is None:
        raise InvalidInput(
            f"The router in {str(folder)!r} was fitted on an array whose columns had no names, so "
            f"that no table can be matched to it; fit it on a dataframe, or by cede fit."
        )
    agents = (getattr(router, "model_name_", "model"), *router.expert_names_)
    return NamedRouter(router, tuple(map(str, agents)), tuple(map(str, features)))


def _columns(values: Any, names: Sequence[str]) -> pa.Table:
    """Return an array as a table, for the names."""
    return pa.table(dict(zip(names, values.T, strict=True)))
