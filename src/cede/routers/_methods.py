"""The table of methods: ready-made routers by name, what each needs, and what it gives.

A new method is one row of :data:`METHODS`, and one file if its router is new. ``cede compare``,
``cede fit``, their help, the league, the benchmarks, the README and the common tests read this
table. Two routers have no row: a cascade is paid for on the way, which a table of routes does not
show, and a region reads one score and no table of features.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, Floats
from cede.exceptions import InvalidInput, UnknownName
from cede.losses import SURROGATES, Surrogate
from cede.routers._base import Router
from cede.routers._density_ratio import DensityRatioRouter
from cede.routers._ensemble import EnsembleRouter
from cede.routers._neighbor import NeighborRouter
from cede.routers._post_hoc import PostHocRouter
from cede.routers._single_stage import SingleStageClassifier
from cede.routers._two_stage import TwoStageRouter

__all__ = [
    "COMPARED",
    "FITTED",
    "METHODS",
    "NEEDS",
    "Gift",
    "Method",
    "Need",
    "find_method",
    "offered_by",
    "split_methods",
]

Need: TypeAlias = Literal[
    "labels",
    "probabilities",
    "own_model",
    "every_cost",
    "paired_costs",
    "unit_costs",
    "unit_agent_costs",
]
Gift: TypeAlias = Literal["estimates", "missing_answers", "added_experts"]

#: What a problem may have to have; each text goes on after "which needs".
NEEDS: dict[Need, str] = {
    "labels": "the true answer of each case",
    "probabilities": "a model that gives probabilities",
    "own_model": "to train the model, too (it cannot say how likely a fixed one is right)",
    "every_cost": "what every agent costs in each case, or the propensities of what is known",
    "paired_costs": "cases in which the costs of the model and of each expert are both known",
    "unit_costs": "answers that cost from 0 to 1 before fees",
    "unit_agent_costs": "agents that cost from 0 to 1 with fees (and divided by propensities)",
}


@dataclass(frozen=True)
class Method:
    """One row: a router as it comes, and what it takes to use it."""

    #: Its name in ``compare``, ``fit`` and everywhere else.
    name: str
    #: Makes the unfitted router; takes the keywords of its class: ``fees``, ``head``, ``model``.
    make: Callable[..., Router]
    #: What it does, in a sentence.
    summary: str
    #: What a problem must have. With "labels", ``fit`` takes labels and what the experts' answers
    #: cost; without, a table of agent costs as well. With "probabilities", ``make`` takes a model.
    needs: frozenset[Need]
    #: "estimates": scores are one minus expected costs, so that fees may change after the fit;
    #: "missing_answers": unbiased where some answers are missing; "added_experts": more may join.
    gives: frozenset[Gift]
    #: Does a fit take seconds where the others take tenths? Then it is compared if asked for.
    slow: bool = False

    def __post_init__(self) -> None:
        """Refuse a row that contradicts itself."""
        if ("every_cost" in self.needs) == ("missing_answers" in self.gives):
            raise InvalidInput(
                f"A method needs every cost or learns from some: {self.name!r} must say one of "
                f"'every_cost' and 'missing_answers'."
            )

    def lacks(self, offered: Collection[Need]) -> str | None:
        """What it needs beyond what a problem offers, in words; None if it can run there."""
        missing = [text for need, text in NEEDS.items() if need in self.needs - set(offered)]
        return ", and ".join(missing) or None

    def check(self, offered: Collection[Need], *, argument: str) -> None:
        """Refuse a problem on which it cannot run, where ``argument`` asks for it."""
        reason = self.lacks(offered)
        if reason is not None:
            raise InvalidInput(
                f"must name what can run on these cases, but got {self.name!r}, which needs "
                f"{reason}; choose another, such as {FITTED!r}",
                argument=argument,
            )


def offered_by(
    answer_costs: Floats,
    fees: ArrayLike | None = None,
    *,
    propensities: Floats | None = None,
    labels: bool = False,
    probabilities: bool = False,
) -> frozenset[Need]:
    """What methods may need and a problem beside a fixed model has.

    Parameters
    ----------
    answer_costs : array of shape (n, J + 1)
        What each agent's answer costs before fees; NaN where it is not known.
    fees : array of shape (J,), optional
        What asking each expert costs.
    propensities : array of shape (n, J + 1), optional
        Probability that each cost would be known.
    labels, probabilities : bool
        Are there labels, and a model that gives probabilities?
    """
    known: Bools = ~np.isnan(answer_costs)
    dearest = answer_costs + (0.0 if fees is None else np.append(0.0, fees))
    if propensities is not None:  # as losses that want every cost are given it
        dearest = dearest / propensities
    facts: dict[Need, bool] = {
        "labels": labels,
        "probabilities": probabilities,
        "every_cost": propensities is not None or bool(known.all()),
        "paired_costs": propensities is not None
        or bool((known[:, :1] & known[:, 1:]).any(axis=0).all()),
        "unit_costs": float(answer_costs[known].max(initial=0.0)) <= 1.0,
        "unit_agent_costs": float(dearest[known].max(initial=0.0)) <= 1.0,
    }
    return frozenset(need for need, holds in facts.items() if holds)


def find_method(name: str, *, argument: str) -> Method:
    """Return the row of that name, which ``argument`` asks for."""
    if name not in METHODS:
        raise UnknownName(argument.removesuffix("s"), name, METHODS)
    return METHODS[name]


def split_methods(
    names: Collection[str], offered: Collection[Need]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Tell the methods that can run from the others, each with what it needs beyond that."""
    lacking = {name: METHODS[name].lacks(offered) for name in names}
    able = tuple(name for name, reason in lacking.items() if reason is None)
    return able, {name: reason for name, reason in lacking.items() if reason is not None}


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
    slow = row.name in _SLOW
    return Method(row.name, make, row.summary, frozenset(needs), frozenset(gives), slow)


def _two_stage(row: Surrogate) -> Method:
    make = partial(TwoStageRouter, surrogate=row.name)
    if row.estimates_costs:
        return Method(row.name, make, row.summary, frozenset(), _ALL)
    needs: set[Need] = {"every_cost"}
    if row.unit_costs:
        needs.add("unit_agent_costs")
    return Method(row.name, make, row.summary, frozenset(needs), frozenset())


def _forest(**options: Any) -> TwoStageRouter:
    from sklearn.ensemble import RandomForestRegressor

    trees = RandomForestRegressor(100, min_samples_leaf=5, max_features="sqrt", random_state=0)
    return TwoStageRouter(**{"head": trees, **options})


def _ensemble_with_forest(**options: Any) -> EnsembleRouter:
    return EnsembleRouter([TwoStageRouter(), NeighborRouter(), _forest()], **options)


_ALL: frozenset[Gift] = frozenset({"estimates", "missing_answers", "added_experts"})
#: Single-stage losses of many small steps: papers/league/README.md, "What a fit costs".
_SLOW = ("asymmetric_softmax",)

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
        needs=frozenset({"labels", "probabilities"}),
        gives=frozenset({"missing_answers", "added_experts"}),
    ),
    *(_two_stage(row) for row in SURROGATES.values() if row.kind == "two_stage"),
    Method(
        "forest",
        _forest,
        "Every agent's cost by a random forest of 100 trees.",
        needs=frozenset(),
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
        "The mean of a line of costs, of neighbours and of a forest.",
        needs=frozenset(),
        gives=_ALL,
        slow=True,
    ),
    Method(
        "density_ratio",
        DensityRatioRouter,
        SURROGATES["density_ratio"].summary,
        needs=frozenset({"paired_costs"}),
        gives=frozenset({"missing_answers", "added_experts"}),
    ),
)

#: Every method by name: single stage, beside a fixed model, and from any table of costs.
METHODS: dict[str, Method] = {row.name: row for row in _ROWS}

#: What ``compare`` runs unless told: papers/league/README.md, "Which method to start with", its row
#: "labels, a model with probabilities, all answers": where to start, and those at most a point
#: behind, but for the slow ones. The test of the league holds this list to that row.
COMPARED: tuple[str, ...] = ("softmax_one_vs_all", "threshold_correction", "ensemble")

#: What ``fit`` learns unless told: the same table has it first without labels, with missing
#: answers, for a price that changes later, and as the one method for all. On costs at no price
#: (benchmarks/quality/README.md, "What to start with") it is first but for `ensemble_with_forest`,
#: which takes seconds, and trust where it is loaded.
FITTED = "ensemble"
