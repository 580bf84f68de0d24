"""How many expert answers are needed: the router fitted again and again on more of its cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import signature
from math import sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import (
    Floats,
    Ints,
    check_budget,
    check_fees,
    check_groups,
    check_same_length,
)
from cede._checks._arrays import to_array
from cede._checks._names import expert_names
from cede._intervals import (
    Estimate,
    bounded_mean,
    check_confidence,
    cost_range,
    hardly_varies,
    independent_parts,
)
from cede._rows._fingerprint import fingerprint
from cede._rows._order import steady_order, take_rows
from cede.costs import (
    check_table_alone,
    expert_costs,
    is_cost_table,
    read_cost_table,
    read_numbers,
    resolve_costs,
)
from cede.exceptions import InvalidInput
from cede.logs._opened import opened
from cede.operating import route
from cede.tuning import choose_operating_point

__all__ = ["LearningCurve", "LearningPoint", "learning_curve"]


@dataclass(frozen=True)
class LearningPoint:
    """What the router is worth after learning from so many cases."""

    #: Cases it was fitted on, and the experts' answers that were known among them (mean).
    n_cases: int
    n_answers: float
    #: Mean cost of the system on the test cases, fees included; and of its model alone.
    cost: Estimate
    model_cost: Estimate
    #: What the system costs less than its model alone, case by case.
    gain: Estimate
    #: Share of test cases that left the model.
    deferral_rate: float


@dataclass(frozen=True)
class LearningCurve:
    """Points of growing size, judged on the same cases at one budget; ``print`` says the rest."""

    points: tuple[LearningPoint, ...]
    budget: float
    repeats: int
    n_test: int
    confidence: float

    def needed(self, share: float = 0.9) -> float:
        """Cases needed to reach a share of the gain at the largest size.

        Where the line through the mean gains first gets there; NaN if the interval of the gain at
        the largest size does not lie above 0, as there is then no gain to reach a share of. The
        number is an estimate from noisy points, and says nothing of what more cases would bring.

        Parameters
        ----------
        share : float, default=0.9
            Above 0, up to 1.
        """
        if not 0.0 < share <= 1.0:
            raise InvalidInput(
                f"A share of the full gain lies above 0 and up to 1, however share={share!r}."
            )
        full = self.points[-1].gain
        if not full.low > 0:
            return float("nan")
        gains = np.array([p.gain.value for p in self.points])
        sizes = np.array([p.n_cases for p in self.points], dtype=np.float64)
        first = int(np.argmax(gains >= share * full.value))
        if first == 0:
            return float(sizes[0])
        part = (share * full.value - gains[first - 1]) / (gains[first] - gains[first - 1])
        return float(sizes[first - 1] + part * (sizes[first] - sizes[first - 1]))

    @property
    def still_rising(self) -> bool:
        """True if the last gain is above the interval of the one before: more cases may help."""
        return len(self.points) > 1 and self.points[-1].gain.value > self.points[-2].gain.high

    def __str__(self) -> str:
        """A table and what it says."""
        level = f"[{self.confidence:.0%}]"
        lines = [
            f"{'cases':>9}  {'answers':>9}  {f'gain {level}':>28}  {'cost':>8}  {'deferred':>8}"
        ]
        for p in self.points:
            gain = f"{p.gain.value:+.4f} [{p.gain.low:+.4f} {p.gain.high:+.4f}]"
            lines.append(
                f"{p.n_cases:>9,}  {p.n_answers:>9,.0f}  {gain:>28}  {p.cost.value:>8.4f}  "
                f"{p.deferral_rate:>8.1%}"
            )
        return "\n".join([*lines, self._finding()])

    def _finding(self) -> str:
        last = self.points[-1]
        told = (
            f"{self.n_test:,} test cases, budget {100 * self.budget:.4g}%, {self.repeats} repeats"
        )
        if not last.gain.low > 0:
            return f"At {last.n_cases:,} cases no gain over the model alone is shown ({told})."
        rest = " More cases may bring more." if self.still_rising else ""
        first = self.points[0].n_cases
        need = self.needed(0.9)
        words = f"at most {first:,}" if need <= first else f"about {need:,.0f}"
        return f"90% of the gain at {last.n_cases:,} cases needs {words} cases ({told}).{rest}"


def learning_curve(
    router: Any,
    X: Any,
    y: ArrayLike | None = None,
    experts: Any = None,
    costs: ArrayLike | None = None,
    *,
    X_test: Any,
    y_test: ArrayLike | None = None,
    experts_test: Any = None,
    costs_test: ArrayLike | None = None,
    sizes: Sequence[int] | None = None,
    budget: float = 0.2,
    fees: ArrayLike | None = None,
    repeats: int = 5,
    confidence: float = 0.95,
    random_state: int | None = 0,
    progress: Callable[[int, int], None] | None = None,
    groups: ArrayLike | None = None,
    groups_test: ArrayLike | None = None,
) -> LearningCurve:
    r"""Fit a router on growing parts of its cases, and judge each fit on the same test cases.

    Per repeat the cases are shuffled, and a larger part contains the smaller ones. With mean gains
    :math:`g_r` of the repeats, and the gain of each test case averaged over them, of standard
    deviation :math:`\sigma` over ``n`` cases, intervals are :math:`\bar g \pm
    \sqrt{t^2 s_g^2 / R + z^2 \sigma^2 / n}`: both the cases learned from and those judged on could
    have been others. At the largest size, repeats differ in order only if it is all there is.
    With groups, whole groups are shuffled, and the gains of test cases vary by group.

    Parameters
    ----------
    router : Router
        A new one with the same parameters is fitted each time. A model in it that is fitted stays
        as it is; one that is not is fitted on the same part, and gains are over that one.
    X, y, experts, costs
        Cases to learn from, as for ``fit``; :class:`cede.logs.Cases` bring all of it, and groups.
    X_test, y_test, experts_test, costs_test
        Cases to judge on, in the same forms, which the router and its model have not seen; those
        with a missing answer are left out.
    sizes : sequence of int, optional
        Numbers of cases; default six, each twice the one before, up to all.
    budget : float, default=0.2
        The operating point is chosen on the test cases, which needs no labels.
    fees : float or array of shape (J,), optional
        Paid when an expert is asked; part of the costs judged. The router knows its own.
    repeats : int, default=5
        At least 2.
    confidence, random_state
        Level of the intervals; seed of the shuffles.
    progress : callable, optional
        Told (fits done, fits in all).
    groups, groups_test : array of shape (n,), optional
        Which cases belong together, such as one patient's; the router is fitted with its part.

    Raises
    ------
    InvalidInput
        If sizes are not increasing numbers of cases, a fit fails (too few cases to fit on), or
        test cases are among those to learn from.

    Examples
    --------
    >>> from cede import TwoStageRouter
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(600, 1))
    >>> table = np.column_stack([np.full(600, 0.5), X[:, 0] > 0])
    >>> curve = learning_curve(
    ...     TwoStageRouter(), X[:300], table[:300], X_test=X[300:], y_test=table[300:],
    ...     sizes=[20, 100, 300], budget=0.5, repeats=2,
    ... )
    >>> [p.n_cases for p in curve.points], curve.needed(0.5)
    ([20, 100, 300], 20.0)
    """
    X, y, experts, costs, _, groups = opened(X, y, experts, costs, groups=groups)
    X_test, y_test, experts_test, costs_test, _, groups_test = opened(
        X_test, y_test, experts_test, costs_test, groups=groups_test
    )
    for name, answers in (("y", y), ("y_test", y_test)):
        if answers is None:
            raise InvalidInput(
                "must be labels or a table of agent costs, but got none; pass them, or Cases",
                argument=name,
            )
    labels = to_array(y)
    n = check_same_length(y=labels, **_given(experts=experts, costs=costs))
    told = y if hasattr(y, "columns") else labels
    parts = _check_sizes(sizes, n)
    share, level = check_budget(budget), check_confidence(confidence)
    if repeats < 2:
        raise InvalidInput(f"Intervals need 2 repeats at least, however repeats={repeats}.")
    seen = fingerprint(X).overlap(X_test)
    if seen is not None:
        raise InvalidInput(
            f"A learning curve is judged on cases that no fit has seen, but {seen:.0%} of "
            f"X_test are in X; hold some out."
        )
    test = _Test(X_test, y_test, experts_test, costs_test, fees)
    together, apart = check_groups(groups, labels), check_groups(groups_test, test.y, "groups_test")
    apart = None if apart is None else apart[test.known]
    width = test.range[1] - test.range[0]
    known = _answers_known(labels, experts, costs)
    rng = np.random.default_rng(random_state)
    steady = steady_order(X, *_given(y=y, experts=experts, costs=costs).values())
    shuffled = [_shuffled(steady, together, rng) for _ in range(repeats)]
    points = []
    for done, size in enumerate(parts):
        found = []
        for repeat, order in enumerate(shuffled):
            rows = order[:size]
            fitted = _fit(router, X, told, experts, costs, together, rows)
            found.append(test.judge(fitted, share))
            if progress is not None:
                progress(done * repeats + repeat + 1, len(parts) * repeats)
        paid, model, rates = (np.array(part) for part in zip(*found, strict=True))
        points.append(
            LearningPoint(
                n_cases=size,
                n_answers=float(np.mean([known[order[:size]].sum() for order in shuffled])),
                cost=_estimate(paid, level, test.range, apart),
                model_cost=_estimate(model, level, test.range, apart),
                gain=_estimate(model - paid, level, (-width, width), apart),
                deferral_rate=float(rates.mean()),
            )
        )
    return LearningCurve(tuple(points), share, repeats, test.n_cases, level)


class _Test:
    """The cases on which every fit is judged."""

    def __init__(self, X: Any, y: Any, experts: Any, costs: Any, fees: ArrayLike | None) -> None:
        self.X, self.y = X, to_array(y)
        self.is_table = is_cost_table(self.y)
        if self.is_table:
            check_table_alone(experts, costs, fees)
            self.costs = read_cost_table(self.y, "y_test, as agent costs,")
        else:
            errors = resolve_costs(self.y, experts, costs)
            self.costs = errors + check_fees(
                fees, expert_names(costs if experts is None else experts, errors.shape[1])
            )
        self.known = ~np.isnan(self.costs).any(axis=1)
        self.n_cases = int(self.known.sum())
        #: Between which ends the cost of any agent lies.
        self.range = self._range()
        if self.n_cases < 2:
            raise InvalidInput(
                "Judging needs two test cases at least in which every agent's cost is known; pass "
                "experts_test, costs_test or a table of costs as y_test."
            )

    def _range(self) -> tuple[float, float]:
        costs = self.costs[self.known]
        if not self.is_table:  # the model is right or wrong
            costs = np.hstack([np.arange(len(costs))[:, None] % 2, costs])
        return cost_range(costs)

    def judge(self, router: Any, budget: float) -> tuple[Floats, Floats, float]:
        """Cost of the system and of its model in each case, and the share deferred."""
        scores = np.asarray(router.agent_scores(self.X))[self.known]
        costs = self.costs[self.known]
        if not self.is_table:
            model = expert_costs(np.asarray(router.predict(self.X)), self.y)[self.known]
            costs = np.hstack([model, costs])
        if scores.shape != costs.shape:
            raise InvalidInput(
                f"The router gives agent scores of shape {scores.shape}, however the test cases "
                f"have costs of shape {costs.shape}; judge on answers of the same experts."
            )
        routes: Ints = route(scores, choose_operating_point(scores, budget))
        paid = costs[np.arange(len(costs)), routes]
        return paid, costs[:, 0], float(np.mean(routes > 0))


def _shuffled(steady: Ints, groups: Ints | None, rng: np.random.Generator) -> Ints:
    """Rows in a random order, group after group, which does not depend on how they came."""
    if groups is None:
        return np.asarray(steady[rng.permutation(len(steady))], dtype=np.int64)
    rank = rng.permutation(int(groups.max()) + 1)[groups[steady]]
    return np.asarray(steady[np.argsort(rank, kind="stable")], dtype=np.int64)


def _fit(
    router: Any, X: Any, y: Any, experts: Any, costs: Any, groups: Ints | None, rows: Ints
) -> Any:
    """A new router with the same parameters, fitted on these rows."""
    if not hasattr(router, "get_params"):
        raise InvalidInput(
            f"learning_curve makes new routers with the same parameters, which a "
            f"{type(router).__name__} without get_params does not allow; pass one of cede's."
        )
    # Not scikit-learn's clone, which would make a fitted model inside forget what it learned.
    fresh = type(router)(**router.get_params(deep=False))
    beside = _given(experts=experts, costs=costs)
    if "groups" in signature(fresh.fit).parameters:  # other people's routers may not know them
        beside |= _given(groups=groups)
    told = {name: take_rows(table, rows) for name, table in beside.items()}
    try:
        return fresh.fit(take_rows(X, rows), take_rows(y, rows), **told)
    except ValueError as error:
        raise InvalidInput(
            f"Fitting on {len(rows):,} of {len(y):,} cases failed: {error} Where too few cases "
            f"are the reason, begin with larger sizes."
        ) from error


def _estimate(
    values: Floats,
    confidence: float,
    bounds: tuple[float, float] | None = None,
    groups: Ints | None = None,
) -> Estimate:
    """Mean of ``(repeats, n)`` and an interval for other training and other test cases."""
    from scipy.special import stdtrit

    repeats = len(values)
    mean = float(values.mean())
    fits = float(stdtrit(repeats - 1, (1 + confidence) / 2)) * values.mean(axis=1).std(ddof=1)
    of_case = values.mean(axis=0)
    parts = of_case if groups is None else independent_parts(of_case, groups)
    if bounds is not None and hardly_varies(parts, *bounds):
        low, high = bounded_mean(parts, *bounds, confidence)
        below, above = mean - low, high - mean
    else:
        reach = NormalDist().inv_cdf((1 + confidence) / 2)
        below = above = reach * parts.std(ddof=1) / sqrt(len(parts))
    spread = fits**2 / repeats
    return Estimate(mean, mean - sqrt(spread + below**2), mean + sqrt(spread + above**2))


def _check_sizes(sizes: Sequence[int] | None, n: int) -> list[int]:
    if sizes is None:
        return sorted({max(1, n // 2**k) for k in range(6)})
    wanted = list(sizes)
    whole = all(isinstance(s, int | np.integer) for s in wanted)
    if not wanted or not whole or wanted != sorted(set(wanted)) or not 0 < wanted[0] <= n:
        raise InvalidInput(
            f"sizes are numbers of cases, increasing, however sizes={wanted}; write [100, 200]."
        )
    if wanted[-1] > n:
        raise InvalidInput(f"There are {n:,} cases to fit on, however sizes go to {wanted[-1]:,}.")
    return [int(s) for s in wanted]


def _answers_known(labels: Any, experts: Any, costs: Any) -> Ints:
    """How many experts' answers (or costs) are known in each case."""
    if is_cost_table(labels):
        table = read_numbers("y, as agent costs,", labels)[:, 1:]
    else:
        table = resolve_costs(labels, experts, costs)
    return np.asarray((~np.isnan(table)).sum(axis=1), dtype=np.int64)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
