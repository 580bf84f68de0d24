"""The table of methods: ready-made routers by name.

A new method is one row of :data:`METHODS`, and one file if its router is new. ``cede compare``,
``cede fit``, their help, the league, the benchmarks, the README and the common tests read this
table. Two routers have no row: a cascade is paid for on the way, which a table of routes does not
show, and a region reads one score and no table of features.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from cede.exceptions import InvalidInput, UnknownName
from cede.losses import SURROGATES, Surrogate
from cede.routers._density_ratio import DensityRatioRouter
from cede.routers._ensemble import EnsembleRouter
from cede.routers._method import Gift, Method, Need
from cede.routers._neighbor import NeighborRouter
from cede.routers._post_hoc import PostHocRouter
from cede.routers._single_stage import SingleStageClassifier
from cede.routers._two_stage import TwoStageRouter

__all__ = ["COMPARED", "FITTED", "METHODS", "check_able", "find_method", "split_methods"]


def _single_stage(row: Surrogate) -> Method:
    needs: set[Need] = {"labels", "unit_costs"}
    gives: set[Gift] = set()
    if not row.decodes:
        needs.add("own_model")
    else:
        gives.add("estimates")
    if row.takes("mask"):
        gives.add("missing_answers")
    else:
        needs.add("every_cost")
    if row.separable:
        gives.add("added_experts")
    make = partial(SingleStageClassifier, row.name)
    return Method(row.name, make, row.summary, frozenset(needs), frozenset(gives), row.slow)


def _two_stage(row: Surrogate) -> Method:
    make = partial(TwoStageRouter, surrogate=row.name)
    if row.estimates_costs:
        return Method(row.name, make, row.summary, frozenset(), _ALL)
    needs: set[Need] = {"every_cost"}
    if row.unit_costs:
        needs.add("unit_agent_costs")
    return Method(row.name, make, row.summary, frozenset(needs), frozenset({"no_torch"}))


def _forest(**options: Any) -> TwoStageRouter:
    from sklearn.ensemble import RandomForestRegressor

    trees = RandomForestRegressor(100, min_samples_leaf=5, max_features="sqrt", random_state=0)
    return TwoStageRouter(**{"head": trees, **options})


def _ensemble_with_forest(**options: Any) -> EnsembleRouter:
    three = [TwoStageRouter(), NeighborRouter(), _forest()]
    return EnsembleRouter(**{"routers": three, **options})


_ALL: frozenset[Gift] = frozenset({"estimates", "missing_answers", "added_experts", "no_torch"})

_ROWS = (
    *(_single_stage(row) for row in SURROGATES.values() if row.kind == "single_stage"),
    Method(
        "threshold_correction",
        PostHocRouter,
        "The model's confidence, made honest, against a logistic model of when each expert is "
        "right.",
        needs=frozenset({"labels", "probabilities", "unit_costs"}),
        gives=_ALL,
    ),
    Method(
        "rejector",
        partial(PostHocRouter, method="rejector"),
        SURROGATES["rejector"].summary,
        needs=frozenset({"labels", "probabilities", "equal_errors"}),
        gives=frozenset({"missing_answers", "added_experts", "no_torch"}),
    ),
    *(_two_stage(row) for row in SURROGATES.values() if row.kind == "two_stage"),
    Method(
        "forest",
        _forest,
        "Every agent's cost by a forest of 100 trees, to be trusted where it is loaded.",
        needs=frozenset({"trust"}),
        gives=_ALL,
        slow=True,
    ),
    Method(
        "neighbours",
        NeighborRouter,
        "Every agent's cost by its mean over the nearest cases.",
        needs=frozenset(),
        gives=_ALL,
    ),
    Method(
        "ensemble",
        EnsembleRouter,
        "The mean of a line of costs and of neighbours.",
        needs=frozenset(),
        gives=_ALL,
    ),
    Method(
        "ensemble_with_forest",
        _ensemble_with_forest,
        "The mean of a line of costs, of neighbours and of such a forest.",
        needs=frozenset({"trust"}),
        gives=_ALL,
        slow=True,
    ),
    Method(
        "density_ratio",
        DensityRatioRouter,
        SURROGATES["density_ratio"].summary,
        needs=frozenset({"paired_costs"}),
        gives=frozenset({"missing_answers", "added_experts", "no_torch"}),
    ),
)

#: Every method by name: single stage, beside a fixed model, and from any table of costs.
METHODS: dict[str, Method] = {row.name: row for row in _ROWS}

#: What ``compare`` runs unless told: papers/league/README.md, "Which method to start with", its row
#: "labels, a model with probabilities, all answers": where to start, and those at most a point
#: behind, but for the slow ones. The test of the league holds this list to that row.
COMPARED: tuple[str, ...] = ("softmax_one_vs_all", "threshold_correction", "ensemble")

#: What ``fit`` learns unless told: the same table has it first without labels, with missing
#: answers, for a fee that changes later, and as the one method for all. On costs without fees
#: (benchmarks/quality/README.md, "What to start with") it is first but for `ensemble_with_forest`,
#: which takes seconds, and trust where it is loaded.
FITTED = "ensemble"


def find_method(name: str, *, argument: str, among: Collection[str] = ()) -> Method:
    """Return the row of that name, which ``argument`` asks for; ``among`` is what it may be."""
    if name not in METHODS:
        raise UnknownName("method", name, among or METHODS, argument=argument)
    return METHODS[name]


def check_able(method: Method, offered: Collection[Need], *, argument: str) -> None:
    """Refuse a method that cannot run on a problem, where ``argument`` asks for it."""
    reason = method.lacks(offered)
    if reason is not None:
        raise InvalidInput(
            f"must name what can run on these cases, but got {method.name!r}, which needs "
            f"{reason}; choose another, such as {FITTED!r}",
            argument=argument,
        )


def split_methods(
    names: Collection[str], offered: Collection[Need]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Tell the methods that can run from the others, each with what it needs beyond that."""
    lacking = {name: METHODS[name].lacks(offered) for name in names}
    able = tuple(name for name, reason in lacking.items() if reason is None)
    return able, {name: reason for name, reason in lacking.items() if reason is not None}
