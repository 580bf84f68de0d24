"""Methods side by side on the same cases: one table per budget, intervals beside every number.

Asks a method for two things only, ``agent_scores(X)`` and ``predict(X)``, so anybody's can be
compared. Operating points are chosen without labels; intervals come from one paired bootstrap,
in which every row of every table sees the same resampled cases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, Ints, check_budget, check_fees, check_same_length
from cede.costs import expert_costs, resolve_costs
from cede.curves import DeferralCurve, Scorer, deferral_curve_from_scores
from cede.exceptions import InvalidInput
from cede.metrics import expert_load
from cede.operating import OperatingPoint, choose_operating_point, deferral_gain, route
from cede.resampling import paired_bootstrap

__all__ = ["Comparison", "Row", "compare"]


@dataclass(frozen=True)
class Row:
    """One method at one budget."""

    method: str
    #: False for the rows that are always there: model, experts, random, oracle.
    is_method: bool
    #: The budget its operating point was chosen for; None if it has no choice.
    budget: float | None
    #: System accuracy on the cases compared, and its interval.
    accuracy: float
    low: float
    high: float
    #: Accuracy minus that of the model alone, with the interval of the paired difference.
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    #: Share of cases the model kept.
    coverage: float
    #: Mean cost: errors, plus the fees of the experts asked.
    cost: float
    #: Share of cases each expert answered.
    shares: tuple[float, ...]
    #: Price per expert of the operating point.
    prices: tuple[float, ...] | None


@dataclass(frozen=True)
class Comparison:
    """All rows, with the curves they lie on."""

    rows: tuple[Row, ...]
    budgets: tuple[float, ...]
    expert_names: tuple[str, ...]
    #: Accuracy against deferral rate of each method (and "oracle"), on errors without fees.
    curves: Mapping[str, DeferralCurve]
    n_cases: int
    #: Groups of cases, or cases if none were given: what the intervals rest on.
    n_independent: int
    #: Cases left out because an expert's answer is missing.
    n_left_out: int
    confidence: float
    n_boot: int

    def at(self, budget: float) -> Comparison:
        """The rows of one budget."""
        wanted = check_budget(budget)
        if wanted not in self.budgets:
            raise InvalidInput(f"No budget {budget!r} was compared, only {list(self.budgets)}.")
        rows = tuple(row for row in self.rows if row.budget in (None, wanted))
        return replace(self, rows=rows, budgets=(wanted,))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON (curves left out)."""
        return {
            "n_cases": self.n_cases,
            "n_independent": self.n_independent,
            "n_left_out": self.n_left_out,
            "confidence": self.confidence,
            "n_boot": self.n_boot,
            "experts": list(self.expert_names),
            "budgets": list(self.budgets),
            "rows": [asdict(row) for row in self.rows],
        }

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """Header and rows as short strings, in per cent, for any kind of table."""
        level = f"[{self.confidence:.0%}]"
        header = ["method", f"accuracy {level}", f"vs model {level}", "kept", "cost"]
        return [*header, *self.expert_names], [_cells(row) for row in self.rows]

    def to_markdown(self) -> str:
        """One table per budget, in Markdown."""
        blocks = []
        for budget in self.budgets:
            header, rows = self.at(budget).cells()
            lines = [f"**budget {100 * budget:.4g}%**", "", "| " + " | ".join(header) + " |"]
            lines += ["|" + " --- |" * len(header)]
            lines += ["| " + " | ".join(cells) + " |" for cells in rows]
            blocks.append("\n".join(lines))
        return "\n\n".join(blocks)


def compare(
    methods: Mapping[str, Scorer],
    X: Any,
    y: ArrayLike,
    experts: Any = None,
    costs: ArrayLike | None = None,
    *,
    budgets: Sequence[float] = (0.1, 0.2, 0.3),
    model: Any = None,
    fees: ArrayLike | None = None,
    X_tune: Any = None,
    expert_names: Sequence[str] | None = None,
    groups: ArrayLike | None = None,
    n_boot: int = 1000,
    confidence: float = 0.95,
    random_state: int | None = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Compare fitted methods on labelled cases that none of them was fitted on.

    Parameters
    ----------
    methods : dict of name to router
        Anything with ``agent_scores(X)`` and ``predict(X)``.
    X, y, experts, costs
        The cases, as in :func:`cede.deferral_curve`; those with a missing answer are left out.
    budgets : sequence of float, default=(0.1, 0.2, 0.3)
        Largest shares of cases that may leave the model.
    model : classifier, optional
        The base model: adds the rows *model alone*, each expert alone, *random, same rate*
        (its expectation, experts drawn uniformly, at the mean rate the methods realise) and
        *oracle* (which knows every outcome).
    fees : float or array of shape (J,), optional
        Paid when an expert is asked; part of ``cost``. The methods know their own.
    X_tune : array or dataframe, optional
        Cases on which operating points are chosen; realised coverage then differs a little from
        the budget, as it will in use. Without it they are chosen on ``X``, which needs no labels
        but all cases at once.
    groups : array of shape (n,), optional
        Cases of one group (a patient's, a conversation's) are not independent: the bootstrap draws
        groups.
    n_boot, confidence, random_state
        Resamples of the paired bootstrap, level of the intervals, seed. The intervals hold the
        fitted methods and their operating points fixed.
    progress : callable, optional
        Told (resamples done, resamples in all).

    Returns
    -------
    Comparison
    """
    errors = resolve_costs(y, experts, costs)
    prices = check_fees(fees, errors.shape[1])
    known = ~np.isnan(errors).any(axis=1)
    truth, errors = np.asarray(y)[known], errors[known]
    if len(truth) == 0:
        raise InvalidInput("No case has an answer of every expert, so there is nothing to compare.")
    if n_boot < 1 or not 0 < confidence < 1 or isinstance(budgets, float | int):
        raise InvalidInput(
            f"compare wants n_boot >= 1, confidence between 0 and 1 and a list of budgets, however "
            f"n_boot={n_boot}, confidence={confidence} and budgets={budgets!r}."
        )
    names = _expert_names(expert_names, errors.shape[1])
    _check_names(methods, names)
    judge = _Judge(truth, errors, prices)
    for name, method in methods.items():
        judge.add_method(name, method, X, known, X_tune, [check_budget(b) for b in budgets])
    if model is not None:
        judge.add_references(np.asarray(model.predict(X))[known], names, budgets)
    if not judge.right:
        raise InvalidInput("There is nothing to compare: pass methods, or a model.")
    together = None if groups is None else _group_numbers(groups, known)
    means = paired_bootstrap(
        np.column_stack(judge.right), n_boot, random_state, progress, groups=together
    )
    return Comparison(
        rows=judge.rows(means, confidence),
        budgets=tuple(float(b) for b in budgets),
        expert_names=names,
        curves=judge.curves,
        n_cases=len(truth),
        n_independent=len(truth) if together is None else int(together.max()) + 1,
        n_left_out=int((~known).sum()),
        confidence=confidence,
        n_boot=n_boot,
    )


class _Judge:
    """Collects, row by row, who was right in which case."""

    def __init__(self, y: Any, errors: Floats, fees: Floats) -> None:
        self.y, self.errors, self.fees = y, errors, fees
        self.right: list[Floats] = []
        self.curves: dict[str, DeferralCurve] = {}
        self._half_rows: list[dict[str, Any]] = []

    def _realised(self, budget: float) -> float:
        """Mean share that the methods deferred at this budget; the budget if there are none."""
        rates = [
            1 - r["coverage"] for r in self._half_rows if r["is_method"] and r["budget"] == budget
        ]
        return float(np.mean(rates)) if rates else budget

    def add_method(
        self, name: str, method: Scorer, X: Any, known: Any, X_tune: Any, budgets: Sequence[float]
    ) -> None:
        scores = np.asarray(method.agent_scores(X))[known]
        if scores.shape != (len(self.y), self.errors.shape[1] + 1):
            raise InvalidInput(
                f"{name} gives agent scores of shape {scores.shape} for {len(self.y)} cases and "
                f"{self.errors.shape[1]} experts; it was fitted with other experts."
            )
        table = self._table(np.asarray(method.predict(X))[known])
        self.curves[name] = deferral_curve_from_scores(scores, table)
        basis = scores if X_tune is None else np.asarray(method.agent_scores(X_tune))
        for budget in budgets:
            self._add_point(name, True, scores, table, choose_operating_point(basis, budget))

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
                paid[:, agent].mean(),
                expert_load(routes, n_agents - 1),
                None,
            )
        if n_agents == 1:
            return
        self.curves["oracle"] = deferral_curve_from_scores(1 - paid, table)
        for budget in map(float, budgets):
            rate = self._realised(budget)
            mixed = (1 - rate) * table[:, 0] + rate * table[:, 1:].mean(axis=1)
            spent = float(rate * self.fees.mean())
            shares = np.full(n_agents - 1, rate / (n_agents - 1))
            self._add(
                "random, same rate",
                False,
                budget,
                1 - mixed,
                mixed.mean() + spent,
                shares,
                None,
            )
            self._add_oracle(table, paid, budget)

    def rows(self, means: Floats, confidence: float) -> tuple[Row, ...]:
        tail = (1 - confidence) / 2
        low, high = np.quantile(means, [tail, 1 - tail], axis=0)
        base = next(
            (i for i, r in enumerate(self._half_rows) if r["method"] == "model alone"), None
        )
        rows = []
        for i, half in enumerate(self._half_rows):
            gain: tuple[float | None, ...] = (None, None, None)
            if base is not None:
                difference = np.quantile(means[:, i] - means[:, base], [tail, 1 - tail])
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
                    **half,
                )
            )
        # References first, then methods, in each table.
        return tuple(sorted(rows, key=lambda row: (row.method == "oracle", row.is_method)))

    def _table(self, model_answers: Any) -> Floats:
        return np.hstack([expert_costs(model_answers, self.y), self.errors])

    def _add_point(
        self, name: str, is_method: bool, scores: Floats, table: Floats, point: OperatingPoint
    ) -> None:
        routes: Ints = route(scores, point)
        wrong = table[np.arange(len(table)), routes]
        cost = float(np.mean(wrong + np.append(0.0, self.fees)[routes]))
        self._add(
            name,
            is_method,
            point.budget,
            1 - wrong,
            cost,
            expert_load(routes, table.shape[1] - 1),
            point.prices,
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
        cost = float(np.mean((1 - share) * paid[:, 0] + share * paid[case, best]))
        shares = np.bincount(best, share, minlength=table.shape[1])[1:] / len(table)
        self._add("oracle", False, budget, 1 - wrong, cost, shares, point.prices)

    def _add(
        self,
        name: str,
        is_method: bool,
        budget: float | None,
        right: Floats,
        cost: float,
        shares: Floats,
        prices: tuple[float, ...] | None,
    ) -> None:
        self.right.append(right)
        self._half_rows.append(
            {
                "method": name,
                "is_method": is_method,
                "budget": budget,
                "cost": float(cost),
                "coverage": float(1 - shares.sum()),
                "shares": tuple(map(float, shares)),
                "prices": prices,
            }
        )


def _expert_names(names: Sequence[str] | None, n_experts: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"expert {j}" for j in range(1, n_experts + 1))
    if len(names) != n_experts:
        raise InvalidInput(f"There are {n_experts} experts, but {len(names)} names: {list(names)}.")
    return tuple(names)


def _check_names(methods: Mapping[str, Scorer], experts: Sequence[str]) -> None:
    """Every row has a name of its own."""
    taken = {"model alone", "random, same rate", "oracle", *(f"{name} alone" for name in experts)}
    if "model" in experts or len(set(experts)) < len(experts):
        raise InvalidInput(f"Experts need names of their own, other than 'model', not {experts}.")
    clash = sorted(taken & set(methods))
    if clash:
        raise InvalidInput(f"A method cannot be named {clash[0]!r}: that row is always there.")


def _group_numbers(groups: ArrayLike, known: Any) -> Ints:
    values = np.asarray(groups)
    check_same_length(groups=values, y=known)
    return np.unique(values[known], return_inverse=True)[1].astype(np.int64)


def _cells(row: Row) -> list[str]:
    apart = ""
    if row.gain is not None and row.method != "model alone":
        low, high = row.gain_low or 0.0, row.gain_high or 0.0
        apart = f"{_points(row.gain)} [{_points(low)} {_points(high)}]"
    return [
        row.method,
        f"{100 * row.accuracy:.1f} [{100 * row.low:.1f} {100 * row.high:.1f}]",
        apart,
        f"{100 * row.coverage:.1f}",
        f"{row.cost:.3f}",
        *(f"{100 * share:.1f}" for share in row.shares),
    ]


def _points(difference: float) -> str:
    """A difference in percentage points, with its sign; never -0.0."""
    return f"{round(100 * difference, 1) + 0.0:+.1f}"
