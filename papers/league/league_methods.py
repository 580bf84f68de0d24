"""The methods of the league, each with as many configurations of its own main knob as any other.

A method is a function of an arena, the rows it may learn from and one value of its knob; it gives
back agent scores by row. Agent 0 is the base model for all of them, and all see the same: the
features, and what the model says where there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from league_arena import Arena
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from cede import CascadeRouter, DensityRatioRouter, RegionRouter, TwoStageRouter
from cede.routers import METHODS as READY
from cede.routers import Linear
from cede.routers import Method as Row
from cede.study import FittedMethod

Floats, Ints = NDArray[np.float64], NDArray[np.int64]
#: Largest entry of the gradient at which a line's fit stops, for all; the default is smaller.
TOL = 1e-4


@dataclass(frozen=True)
class Fitted:
    """Agent scores by row number, and the router that gives them; references have none."""

    scores: Callable[[Ints], Floats]
    router: Any = None


@dataclass(frozen=True)
class Method:
    """A row of the league."""

    #: What learns, in a word: "single stage", "post hoc", "two stage" or "reference".
    kind: str
    fit: Callable[[Arena, Ints, Any], Fitted]
    #: The knob, and its values; a method without one has nothing to tune.
    knob: str = ""
    values: tuple[Any, ...] = (None,)
    #: Does it need labels and a model, and not a table of costs only?
    needs_labels: bool = False
    #: What else it is made for: "one binary reader" or "agents by price".
    made_for: str = ""
    #: Does it stand in ranks? Not what is the same as another method.
    ranked: bool = True


def ready(row: Row, options: Callable[[Arena, Any], dict[str, Any]], at: Arena, rows: Ints,
          value: Any) -> Fitted:  # fmt: skip
    """A ready-made method of cede, but for the options that say its knob.

    As in a study of cede, a single-stage method says how likely the base model's answer is right.
    One that only ranks has no estimate of another's answer, so that the rank of its own best class
    stands for the model. Post hoc, what the frozen model says enters by itself, too, as the papers
    have it.
    """
    chosen = options(at, value)
    if "labels" not in row.needs:
        return on_costs(row.make(**chosen), at, rows)
    assert at.y is not None
    beside = {"model": at.model} if "probabilities" in row.needs else {}
    router = row.make(**beside, **chosen)
    router.fit(at.X[rows], at.y[rows], costs=at.table[rows, 1:])
    if "own_model" in row.needs:
        return Fitted(lambda r: router.agent_scores(at.X[r]), router)
    fitted = FittedMethod(router, at.model, lambda X: X)
    return Fitted(lambda r: fitted.agent_scores(at.X[r]), router)


def on_costs(router: Any, at: Arena, rows: Ints) -> Fitted:
    """Whatever learns from a table of costs."""
    router.fit(at.X[rows], at.table[rows])
    return Fitted(lambda r: router.agent_scores(at.X[r]), router)


def penalty(at: Arena, value: float) -> dict[str, Any]:
    return {"head": Linear(weight_decay=value, tol=TOL)}


def of_experts(at: Arena, value: float) -> dict[str, Any]:
    """The penalty of a post-hoc router's linear models of experts."""
    return {"weight_decay": value, "tol": TOL}


def forest(at: Arena, value: int) -> dict[str, Any]:
    trees = RandomForestRegressor(
        40, min_samples_leaf=value, max_features="sqrt", max_samples=0.7, random_state=0
    )
    return {"head": trees}


def neighbours(at: Arena, value: int) -> dict[str, Any]:
    return {"n_neighbors": value, "standardise": not at.problem.embedded}


def ensemble(at: Arena, value: tuple[float, float]) -> dict[str, Any]:
    """A line and neighbours, as by default."""
    near = READY["neighbours"].make(**neighbours(at, 200))
    return {"routers": [READY["cost_regression"].make(), near], "weights": value}


def ensemble_with_forest(at: Arena, value: tuple[float, float, float]) -> dict[str, Any]:
    """A line, neighbours and a forest, each as by default."""
    two = ensemble(at, (1, 1))["routers"]
    return {"routers": [*two, READY["forest"].make(**forest(at, 5))], "weights": value}


def temperature(at: Arena, value: float) -> dict[str, Any]:
    return {"temperature": value, "head": Linear(tol=TOL)}


def marginal(at: Arena, rows: Ints, value: float | None) -> Fitted:
    return on_costs(
        DensityRatioRouter(ideals="marginal", head=Linear(weight_decay=value)), at, rows
    )


def cascade(at: Arena, rows: Ints, value: float | None) -> Fitted:
    return on_costs(CascadeRouter(router=TwoStageRouter(head=Linear(weight_decay=value))), at, rows)


def regions(at: Arena, rows: Ints, value: float) -> Fitted:
    """It sees the model's probability of the second class alone."""
    assert at.y is not None
    score = at.model.predict_proba(at.X)[:, 1]
    reader = np.where(at.table[:, 1] > 0, 1 - at.y, at.y)
    router = RegionRouter(bandwidths=(value,), max_deferral_rate=1.0, margin=0.05, random_state=0)
    router.fit(score[rows], at.y[rows], experts=reader[rows])
    return Fitted(lambda r: router.agent_scores(score[r]), router)


def confidence(at: Arena, rows: Ints, value: None) -> Fitted:
    """The least sure cases first, to whoever erred least in the cases to learn from."""
    skill = 1.0 - np.nanmean(at.table[rows, 1:], axis=0)

    def scores(r: Ints) -> Floats:
        sure = at.model.predict_proba(at.X[r]).max(axis=1)
        # So small that it chooses whom to ask, and not when.
        return np.column_stack([sure, np.tile(1e-6 * skill, (len(r), 1))])

    return Fitted(scores)


def best_expert(at: Arena, rows: Ints, value: None) -> Fitted:
    """Cases leave in any order, to whoever erred least in the cases to learn from."""
    skill = 1.0 - np.nanmean(at.table[rows, 1:], axis=0)
    return Fitted(lambda r: np.tile(np.append(0.0, skill), (len(r), 1)))


#: One grid for every penalty; bounded losses want a tenth, as their documentation says.
_DECAYS = (3e-4, 3e-3, 3e-2, 3e-1, 3.0)
_PENALTY = ("weight_decay", _DECAYS, penalty)
#: Knobs, their values, and what these are to the router, where that is another.
_KNOBS: dict[str, tuple[str, tuple[Any, ...], Callable[[Arena, Any], dict[str, Any]]]] = {
    "expected_cost": ("weight_decay", (3e-5, 3e-4, 3e-3, 3e-2, 3e-1), penalty),
    "threshold_correction": ("weight_decay", _DECAYS, of_experts),
    "rejector": ("weight_decay", _DECAYS, of_experts),
    "forest": ("min_samples_leaf", (2, 5, 15, 40, 100), forest),
    "neighbours": ("n_neighbors", (10, 30, 100, 300, 900), neighbours),
    "ensemble": (
        "weights, line : neighbours", ((3, 1), (2, 1), (1, 1), (1, 2), (1, 4)), ensemble,
    ),
    "ensemble_with_forest": (
        "weights, line : neighbours : forest",
        ((1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2), (1, 1, 4)), ensemble_with_forest,
    ),
    "density_ratio": ("temperature", (0.3, 1.0, 3.0, 10.0, 30.0), temperature),
}  # fmt: skip


def _entered(row: Row) -> Method:
    knob, values, options = _KNOBS.get(row.name, _PENALTY)
    labels, asks = "labels" in row.needs, "probabilities" in row.needs
    kind = "post hoc" if asks else "single stage" if labels else "two stage"
    return Method(kind, partial(ready, row, options), knob, values, needs_labels=labels)


#: Every method by name. Five configurations each, but for those that have nothing to tune.
METHODS: dict[str, Method] = {
    **{name: _entered(row) for name, row in READY.items()},
    "density_ratio_marginal": Method(
        "two stage", marginal, "weight_decay", _DECAYS, ranked=False
    ),
    "cascade": Method(
        "two stage", cascade, "weight_decay", _DECAYS, made_for="agents by price", ranked=False
    ),
    "region": Method(
        "post hoc", regions, "bandwidth", (0.003, 0.01, 0.03, 0.1, 0.3), needs_labels=True,
        made_for="one binary reader", ranked=False,
    ),
    "confidence": Method("reference", confidence, needs_labels=True),
    "best_expert": Method("reference", best_expert),
}  # fmt: skip


def enters(method: Method, at: Arena) -> bool:
    """Tell whether it is made for a problem like this."""
    if method.needs_labels and at.y is None:
        return False
    if method.made_for == "agents by price":
        return at.problem.by_price
    if method.made_for == "one binary reader":
        assert at.y is not None
        return at.table.shape[1] == 2 and int(at.y.max()) == 1
    return True
