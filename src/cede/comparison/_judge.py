"""The judge of a comparison: who was right, or what it cost, in which case, method by method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cede._checks import Floats, Ints
from cede._intervals import Estimate, design_effect, share_estimate
from cede.comparison._result import Outcome, Row
from cede.comparison._savings import simultaneous_savings
from cede.costs import expert_costs
from cede.curves import DeferralCurve, Scorer, deferral_curve_from_scores
from cede.exceptions import InvalidInput
from cede.metrics import expert_load
from cede.operating import NEVER, OperatingPoint, deferral_gain, route
from cede.tuning import choose_operating_point

__all__ = ["Judge"]


class Judge:
    """Collects, row by row, who was right in which case, and which fees were paid.

    ``model_costs`` are what agent 0 costs where it is the same for every method; otherwise each
    method's own answers are judged. ``groups`` number cases that belong together.
    """

    def __init__(
        self,
        y: Any,
        errors: Floats,
        fees: Floats,
        model_costs: Floats | None = None,
        groups: Ints | None = None,
        confidence: float = 0.95,
        tuning_weight: float = 1.0,
    ) -> None:
        self.y, self.errors, self.fees, self.model_costs = y, errors, fees, model_costs
        self.groups, self.confidence, self.tuning_weight = groups, confidence, tuning_weight
        self.right: list[Floats] = []
        self.spent: list[Floats] = []
        self.curves: dict[str, DeferralCurve] = {}
        self._half_rows: list[dict[str, Any]] = []

    def _realised(self, budget: float) -> float:
        """Mean share that the methods deferred at this budget; the budget if there are none."""
        rates = [
            1 - r["coverage"] for r in self._half_rows if r["is_method"] and r["budget"] == budget
        ]
        return float(np.mean(rates)) if rates else budget

    def add_method(
        self,
        name: str,
        method: Scorer,
        X: Any,
        known: Any,
        tuning: Floats | None,
        tuning_groups: Ints | None,
        budgets: Sequence[float],
    ) -> None:
        """Judge a method at points chosen on other cases' scores, or on these."""
        scores = np.asarray(method.agent_scores(X))[known]
        if scores.shape != (len(self.y), self.errors.shape[1] + 1):
            raise InvalidInput(
                f"{name} gives agent scores of shape {scores.shape} for {len(self.y)} cases and "
                f"{self.errors.shape[1]} experts; it was fitted with other experts."
            )
        fixed = self.model_costs is not None
        table = self._table(None if fixed else np.asarray(method.predict(X))[known])
        self.curves[name] = deferral_curve_from_scores(scores, table)
        for budget in budgets:
            point = choose_operating_point(scores if tuning is None else tuning, budget)
            sent = self._sent(point, scores, tuning, tuning_groups)
            self._add_point(name, scores, table, point, sent)

    def add_references(
        self, model_answers: Any, expert_names: Sequence[str], budgets: Sequence[float]
    ) -> None:
        table = self._table(model_answers)
        n, n_agents = table.shape
        paid = table + np.append(0.0, self.fees)
        for agent, name in enumerate(["model", *expert_names]):
            routes = np.full(n, agent)
            self._add(
                f"{name} alone",
                False,
                None,
                1 - table[:, agent],
                np.full(n, np.append(0.0, self.fees)[agent]),
                expert_load(routes, n_agents - 1),
                None,
            )
        if n_agents == 1:
            return
        self.curves["oracle"] = deferral_curve_from_scores(1 - paid, table)
        for budget in map(float, budgets):
            rate = self._realised(budget)
            mixed = (1 - rate) * table[:, 0] + rate * table[:, 1:].mean(axis=1)
            shares = np.full(n_agents - 1, rate / (n_agents - 1))
            self._add(
                "random, same rate",
                False,
                budget,
                1 - mixed,
                np.full(n, rate * self.fees.mean()),
                shares,
                None,
            )
            self._add_oracle(table, paid, budget)

    def outcomes(self) -> Floats:
        """What is resampled, ``(n, 2 R)``: who was right, row by row, then the fees paid."""
        return np.column_stack([*self.right, *self.spent])

    def rows(self, means: Floats, confidence: float) -> tuple[tuple[Row, ...], tuple[Outcome, ...]]:
        """Rows with their intervals, in the order of printing, and who was right in each."""
        n_rows = len(self.right)
        right, cost = means[:, :n_rows], means[:, n_rows:] + 1 - means[:, :n_rows]
        tail = [(1 - confidence) / 2, (1 + confidence) / 2]
        (low, high), (cost_low, cost_high) = np.quantile([right, cost], tail, axis=1).swapaxes(0, 1)
        halves = list(enumerate(self._half_rows))
        base = next((i for i, r in halves if r["method"] == "model alone"), None)
        alone = [i for i, r in halves if not r["is_method"] and r["budget"] is None]
        savings = simultaneous_savings(
            np.array([r["cost"] for _, r in halves]),
            cost,
            alone,
            [i for i, r in halves if r["is_method"] or i in alone],
            confidence,
        )
        rows = []
        for i, half in halves:
            gain: tuple[float | None, ...] = (None, None, None)
            if base is not None:
                difference = np.quantile(right[:, i] - right[:, base], tail)
                apart = float(self.right[i].mean() - self.right[base].mean())
                gain = (apart, *map(float, difference))
            rows.append(
                Row(
                    accuracy=float(self.right[i].mean()),
                    low=float(low[i]),
                    high=float(high[i]),
                    gain=gain[0],
                    gain_low=gain[1],
                    gain_high=gain[2],
                    cost_low=float(cost_low[i]),
                    cost_high=float(cost_high[i]),
                    savings=savings[i],
                    **half,
                )
            )
        # References first, then methods, in each table.
        order = sorted(range(n_rows), key=lambda i: (rows[i].method == "oracle", rows[i].is_method))
        return tuple(rows[i] for i in order), tuple(_light(self.right[i]) for i in order)

    def _table(self, model_answers: Any) -> Floats:
        if self.model_costs is not None:
            return np.column_stack([self.model_costs, self.errors])
        return np.hstack([expert_costs(model_answers, self.y), self.errors])

    def _sent(
        self,
        point: OperatingPoint,
        scores: Floats,
        tuning: Floats | None,
        tuning_groups: Ints | None,
    ) -> Estimate:
        """Share that leaves the model in the long run, by all cases at hand.

        Given k of the n cases that a point was chosen on, the share is distributed as
        Beta(k + 1, n - k); given as many of others, too, as if all were of one kind. Cases that
        a point was chosen on by the scores of other fits have a weight below one.
        """
        if all(price == NEVER for price in point.prices):
            return Estimate(0.0, 0.0, 0.0)
        leave = np.asarray(route(scores, point) > 0, dtype=np.float64)
        groups, weights = self.groups, np.ones(len(leave))
        if tuning is not None:
            before = np.asarray(route(tuning, point) > 0, dtype=np.float64)
            if groups is not None or tuning_groups is not None:
                first = np.arange(len(before)) if tuning_groups is None else tuning_groups
                second = np.arange(len(leave)) if groups is None else groups
                groups = np.append(first, second + 1 + int(first.max(initial=0)))
            weights = np.append(np.full(len(before), self.tuning_weight), weights)
            leave = np.append(before, leave)
        effect = design_effect(leave, groups, self.confidence) * len(leave) / weights.sum()
        away = len(leave) * float(np.average(leave, weights=weights))
        return share_estimate(away, len(leave), self.confidence, effect)

    def _add_point(
        self,
        name: str,
        scores: Floats,
        table: Floats,
        point: OperatingPoint,
        sent: Estimate,
    ) -> None:
        routes: Ints = route(scores, point)
        wrong = table[np.arange(len(table)), routes]
        self._add(
            name,
            True,
            point.budget,
            1 - wrong,
            np.append(0.0, self.fees)[routes],
            expert_load(routes, table.shape[1] - 1),
            point.prices,
            sent,
        )

    def _add_oracle(self, table: Floats, paid: Floats, budget: float) -> None:
        """Spend the whole budget: outcomes take few values, so the last tie is split evenly."""
        point = choose_operating_point(1 - paid, budget)
        price = point.prices[0]
        gain = deferral_gain(1 - paid)
        tied = (gain == price) & (price > 0)
        left = budget * len(gain) - np.count_nonzero(gain > price)
        share = np.where(gain > price, 1.0, tied * left / max(1, np.count_nonzero(tied)))
        best = paid[:, 1:].argmin(axis=1) + 1
        case = np.arange(len(table))
        wrong = (1 - share) * table[:, 0] + share * table[case, best]
        shares = np.bincount(best, share, minlength=table.shape[1])[1:] / len(table)
        spent = share * self.fees[best - 1]
        self._add("oracle", False, budget, 1 - wrong, spent, shares, point.prices)

    def _add(
        self,
        name: str,
        is_method: bool,
        budget: float | None,
        right: Floats,
        spent: Floats,
        shares: Floats,
        prices: tuple[float, ...] | None,
        sent: Estimate | None = None,
    ) -> None:
        self.right.append(right)
        self.spent.append(spent)
        self._half_rows.append(
            {
                "method": name,
                "is_method": is_method,
                "budget": budget,
                "cost": float(1 - right.mean() + spent.mean()),
                "coverage": float(1 - shares.sum()),
                "shares": tuple(map(float, shares)),
                "prices": prices,
                "sent": sent,
            }
        )


def _light(right: Floats) -> Outcome:
    """One byte per case where outcomes are right or wrong."""
    bits = right.astype(np.uint8)
    return bits if np.array_equal(bits, right) else right
