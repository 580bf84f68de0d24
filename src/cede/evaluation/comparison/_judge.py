"""The judge of a comparison: who was right, or what it cost, in which case, method by method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cede._checks import Floats, Ints
from cede._intervals import Estimate, cost_range, design_effect, share_estimate
from cede.costs import expert_costs
from cede.evaluation.comparison._constant import Constant
from cede.evaluation.comparison._means import Means
from cede.evaluation.comparison._savings import simultaneous_savings
from cede.evaluation.comparison._table import Outcome, Row
from cede.exceptions import InvalidInput
from cede.operating import (
    NEVER,
    DeferralCurve,
    OperatingPoint,
    Scorer,
    deferral_curve_from_scores,
    deferral_gain,
    expert_load,
    route,
)
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
        self,
        model_answers: Any,
        expert_names: Sequence[str],
        budgets: Sequence[float],
        constant: Constant | None = None,
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
        if constant is not None:
            right = (self.y == constant.answer).astype(np.float64)
            nobody = np.zeros(n_agents - 1)
            self._add(
                constant.row, False, None, right, np.zeros(n), nobody, None, answer=constant.name
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

    def rows(
        self, means: Floats, confidence: float, groups: Ints | None = None
    ) -> tuple[tuple[Row, ...], tuple[Outcome, ...]]:
        """Rows with their intervals, in the order of printing, and who was right in each."""
        n_rows = len(self.right)
        cheap, dear = self._range(False)
        accuracy = np.array([column.mean() for column in self.right])
        right = Means(
            np.column_stack(self.right), means[:, :n_rows], (1 - dear, 1 - cheap), groups, accuracy
        )
        wrong = Means(1 - right.values, 1 - right.resampled, (cheap, dear), groups, 1 - accuracy)
        cost = wrong
        if self.fees.any():
            cost = Means(
                wrong.values + np.column_stack(self.spent),
                means[:, n_rows:] + 1 - means[:, :n_rows],
                self._range(True),
                groups,
                np.array([row["cost"] for row in self._half_rows]),
            )
        halves = list(enumerate(self._half_rows))
        alone = [i for i, r in halves if not r["is_method"] and r["budget"] is None]
        chosen = [i for i, r in halves if r["is_method"] or i in alone]
        part = self._most_apart(alone)
        savings = simultaneous_savings(cost, alone, chosen, part, confidence)
        gains = savings
        if cost is not wrong:
            gains = simultaneous_savings(wrong, alone, chosen, part, confidence)
        ends, cost_ends = right.intervals(confidence), cost.intervals(confidence)
        gain_ends = right.gains(alone[0], part[:, 0], confidence) if alone else None
        rows = []
        for i, half in halves:
            gain: tuple[float | None, ...] = (None, None, None)
            if gain_ends is not None:
                apart = float(accuracy[i] - accuracy[alone[0]])
                gain = (apart, *map(float, gain_ends[i]))
            together = gains[i][0][1:] if gains[i] else (None, None)
            rows.append(
                Row(
                    accuracy=float(accuracy[i]),
                    low=float(ends[i, 0]),
                    high=float(ends[i, 1]),
                    gain=gain[0],
                    gain_low=gain[1],
                    gain_high=gain[2],
                    gain_low_simultaneous=together[0],
                    gain_high_simultaneous=together[1],
                    cost_low=float(cost_ends[i, 0]),
                    cost_high=float(cost_ends[i, 1]),
                    savings=savings[i],
                    **half,
                )
            )
        # References first, then methods, in each table.
        order = sorted(range(n_rows), key=lambda i: (rows[i].method == "oracle", rows[i].is_method))
        return tuple(rows[i] for i in order), tuple(_light(self.right[i]) for i in order)

    def _range(self, with_fees: bool) -> tuple[float, float]:
        """Between which ends any agent's cost lies, seen or not."""
        # A model that answers is right or wrong.
        of_model = np.arange(len(self.y)) % 2 if self.model_costs is None else self.model_costs
        return cost_range(
            np.column_stack([of_model, self.errors + (self.fees if with_fees else 0.0)])
        )

    def _most_apart(self, alone: Sequence[int]) -> Floats:
        """How much of their range rows and agents alone can differ by in one case, ``(R, A)``.

        An agent is itself; whoever lets nobody leave is the model; a mix has only a part of others.
        """
        part = np.ones((len(self.right), len(alone)))
        for k, agent in enumerate(alone):
            part[agent, k] = 0.0
        for i, row in enumerate(self._half_rows if alone else ()):
            nobody_left = row["budget"] == 0.0 and row["coverage"] == 1.0
            if row["method"] == "random, same rate":
                part[i, 0] = 1.0 - row["coverage"]
            elif nobody_left and np.array_equal(self.right[i], self.right[alone[0]]):
                part[i, 0] = 0.0
        return part

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
            sent=sent,
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
        *,
        answer: str | None = None,
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
                "answer": answer,
                "sent": sent,
            }
        )


def _light(right: Floats) -> Outcome:
    """One byte per case where outcomes are right or wrong."""
    bits = right.astype(np.uint8)
    return bits if np.array_equal(bits, right) else right
