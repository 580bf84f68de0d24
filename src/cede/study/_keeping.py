"""From a comparison to running: a method that was compared, as a router of the table's raw columns.

The router is fitted again, on the cases of the fit part, from the columns as they stand in the
table, and judged as it is kept, on the test part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints
from cede._intervals import Estimate, mean_estimate
from cede._text import shown
from cede.evaluation.comparison import Comparison
from cede.evaluation.comparison._currency import Currency
from cede.exceptions import InvalidInput
from cede.logs import Cases, FixedModel
from cede.operating import OperatingPoint
from cede.routers import METHODS, EncodedRouter, Method, Router
from cede.routers.encoding import Encoder
from cede.study._workbench import Workbench

__all__ = ["Kept", "check_keepable", "keep"]


@dataclass(frozen=True, eq=False)
class Kept:
    """A method that was compared, as a router that reads the table's columns."""

    #: Its name in the comparison.
    method: str
    router: Router
    point: OperatingPoint
    #: That its point was chosen for.
    budget: float
    #: Mean cost of the system, fees included, on the test cases with every agent's answer, in units
    #: of one error; of the kept router, and of the model alone.
    cost: Estimate
    model_cost: Estimate
    #: For each test case: its row in the table, from 0, or its name in a tool's files, who should
    #: answer, each agent's score, why.
    cases: Mapping[str, NDArray[Any]]
    #: Whether the model was trained here, and is not kept.
    trained_here: bool
    #: The money in which costs are shown; None is units of one error.
    currency: Currency | None = None

    def __str__(self) -> str:
        """What was kept, and what it is worth, in two or three sentences."""
        number = "{:.3f}".format if self.currency is None else self.currency.number
        unit = "errors" if self.currency is None else self.currency.unit
        cost, low, high = map(number, self.cost)
        text = (
            f"Kept: {self.method}, fitted again on the columns as they stand, at a budget of "
            f"{100 * self.budget:.4g} %. On the test cases its mean cost is {cost} [{low} to "
            f"{high}] {unit}, of the model alone {number(self.model_cost.value)}."
        )
        if not self.trained_here:
            return f"{text} It reads what the model says from the columns of the table."
        return (
            f"{text} The model that was trained here is not kept: the router knows where it errs "
            f"by the table's columns alone."
        )


def check_keepable(name: str, methods: tuple[str, ...]) -> None:
    """Refuse a method that was not compared, or cannot be kept without its model."""
    if name not in methods:
        raise InvalidInput(
            f"must name a method that is compared, {', '.join(methods) or 'of which there is none'}"
            f", but got {name!r}; compare it, too (--method)",
            argument="keep",
        )
    row = METHODS[name]
    if {"labels", "trust"} & row.needs or "estimates" not in row.gives:
        able = [n for n, one in METHODS.items() if _is_keepable(one)]
        raise InvalidInput(
            f"must name a method that learns what answers cost, so that its router runs without "
            f"the labels, but got {name!r}; choose one of {', '.join(able)}",
            argument="keep",
        )


def _is_keepable(row: Method) -> bool:
    return not {"labels", "trust"} & row.needs and "estimates" in row.gives


def keep(
    name: str,
    bench: Workbench,
    fees: Floats,
    model: Any,
    comparison: Comparison,
    largest_shares: Floats | None,
) -> Kept:
    """Fit a method again as a router of raw columns, tune it, and judge it on the test part.

    Parameters
    ----------
    name : str
        Of a method.
    bench : Workbench
    fees : array of shape (J,)
    model : FixedModel, or what was trained
    comparison : Comparison
        Its cheapest budget of this method is the router's.
    largest_shares : array of shape (J,), optional
        Of the cases that each expert can answer.
    """
    fixed = model if isinstance(model, FixedModel) else None
    said = fixed.columns if fixed is not None and fixed.proba else ()
    cases = _with_model_costs(bench)
    encoder = Encoder(probabilities=said)
    router = EncodedRouter(METHODS[name].make(), encoder=encoder).fit(cases[bench.parts.fit])
    router.set_params(fees=fees)
    rows = [row for row in comparison.methods if row.method == name]
    budget = float(min(rows, key=lambda row: row.cost).budget or 0.0)
    share: Any = budget if largest_shares is None else np.minimum(budget, largest_shares)
    to_tune = replace(cases[bench.parts.tune], agent_costs=np.full_like(
        cases.agent_costs[bench.parts.tune], np.nan))  # fmt: skip
    point = router.tune(to_tune, budget=share)
    test = cases[bench.parts.test]
    scores = router.agent_scores(test)
    routes = router.route(test)
    cost, of_model = _judged(test, routes, fees)
    return Kept(
        method=name,
        router=router,
        point=point,
        budget=budget,
        cost=cost,
        model_cost=of_model,
        cases=_table(
            test,
            bench.parts.test,
            routes,
            scores,
            _Reasons(
                test.agent_names,
                fees,
                np.asarray(point.prices),
                comparison.in_costs,
                comparison.currency,
            ),
        ),
        trained_here=fixed is None,
        currency=comparison.currency,
    )


def _with_model_costs(bench: Workbench) -> Cases:
    """The cases with what the model's answers cost, as a table of costs and not of labels."""
    costs = bench.problem.agent_costs.copy()
    costs[:, 0] = bench.model_costs(np.arange(len(costs)))
    return replace(bench.problem, agent_costs=costs, y=None)


def _judged(test: Cases, routes: Ints, fees: Floats) -> tuple[Estimate, Estimate]:
    """Mean cost of the routes and of the model, where every answer is known."""
    known = ~np.isnan(test.agent_costs).any(axis=1)
    table = test.agent_costs[known] + np.append(0.0, fees)
    groups = None if test.groups is None else test.groups[known]
    ends = (0.0, float(table.max(initial=1.0)))
    paid = table[np.arange(len(table)), routes[known]]
    cost, of_model = (mean_estimate(x, groups=groups, bounds=ends) for x in (paid, table[:, 0]))
    return cost, of_model


def _table(
    test: Cases, rows: Ints, routes: Ints, scores: Floats, reasons: _Reasons
) -> dict[str, NDArray[Any]]:
    """Who should answer each test case, in the order of the table, and why."""
    order = np.argsort(rows)
    named = test.ids.dtype == object
    columns: dict[str, NDArray[Any]] = {
        **({"case": test.ids[order]} if named else {"row": rows[order]}),
        "agent": np.array(test.agent_names, dtype=object)[routes[order]],
    }
    columns |= {f"score of {n}": scores[order, j] for j, n in enumerate(test.agent_names)}
    why = [reasons.of(one) for one in scores[order]]
    return {**columns, "why": np.array(why, dtype=object)}


@dataclass(frozen=True, eq=False)
class _Reasons:
    """Why the model keeps a case or an expert gets it, in plain words."""

    agent_names: tuple[str, ...]
    fees: Floats
    prices: Floats
    #: Whether answers cost more or less than one error, so that nobody is simply right.
    in_costs: bool
    currency: Currency | None = None

    def of(self, scores: Floats) -> str:
        """Of one case, by the scores of all agents."""
        model, *experts = [shown(name) for name in self.agent_names]
        if not experts:
            return f"{model}: there is nobody else"
        best = int((scores[1:] - self.prices).argmax())
        name, fee, price = experts[best], self.fees[best], self.prices[best]
        money = self.currency
        paid = f", fee {f'{fee:.4g}' if money is None else money.amount(fee)}" if fee else ""
        limit = "never asked" if price > 1e6 else f"asked for a gain above {self._amount(price)}"
        expected = scores[1 + best] + fee
        gain = self._amount(scores[1 + best] - scores[0] + 0.0)
        if self.in_costs:
            unit = "errors" if money is None else money.unit
            both = (
                f"cost {self._amount(1 - expected)} {unit}, {model} {self._amount(1 - scores[0])}"
            )
        else:
            both = f"be right {expected:.2f}, {model} {scores[0]:.2f}"
        return f"{name} expected to {both}{paid}: a gain of {gain}; {name} is {limit}"

    def _amount(self, cost: float) -> str:
        """A cost as money, or in units of one error."""
        return f"{cost:.2f}" if self.currency is None else self.currency.number(cost)
