"""The door of ``fit``: every argument read and checked once, and the rows put in steady order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from numbers import Integral, Number
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import (
    Floats,
    Ints,
    check_groups,
    check_propensities,
    check_same_length,
)
from cede._checks._arrays import to_array
from cede._checks._names import check_names_at_fit, expert_names
from cede._rows._fingerprint import fingerprint
from cede._rows._order import steady_order
from cede.costs import check_table_alone, is_cost_table, read_cost_table
from cede.exceptions import InvalidInput
from cede.routers._features import validate_data
from cede.routers._targets import check_silent, check_targets, warn_of_few, weights_of
from cede.routers._training_cases import TrainingCases

__all__ = ["own_order", "read_training_cases"]


def read_training_cases(
    router: Any, X: Any, y: Any, experts: Any, costs: Any, options: Mapping[str, Any]
) -> TrainingCases:
    """Read what a router's ``fit`` was given, as the rows came, and put the rows in steady order.

    ``options`` is what else was said of the cases, by name: ``sample_weight``, ``propensities``,
    ``groups``, and what this router alone takes. Sets ``n_features_in_`` and ``feature_names_in_``.
    """
    named = {"experts": experts, "costs": costs, **options}
    options = {name: value for name, value in options.items() if value is not None}
    _check_taken(router, {name for name, value in named.items() if value is not None})
    X = router._as_table(X)
    if _is_table(router, y):
        cases = _read_table(router, X, y, experts, costs)
    else:
        cases = _read_labels(router, X, y, experts, costs)
    cases = _with_options(router, cases, options)
    order = own_order(router, cases.features, y, experts, costs, *_in_turn(options))
    return cases if order is None else cases.take(order)


def own_order(router: Any, features: NDArray[Any], *beside: Any) -> Ints | None:
    """The order of the rows by what they hold; None where a splitter means the rows as they came.

    Folds, mini-batches, bootstraps, sums and ties then fall the same way however the rows came:
    the same router from a sorted and from a shuffled table. Rows with equal features are told apart
    by what stands ``beside`` them, where that has a row per case.
    """
    if not router._reorders or not isinstance(getattr(router, "cv", 5), Integral | None):
        return None
    tables = [t for t in beside if t is not None and not isinstance(t, str | Number | np.generic)]
    return steady_order(features, *tables)


def _in_turn(options: Mapping[str, Any]) -> list[Any]:
    """Arguments that one router alone takes stand before those that many do."""
    last = ("sample_weight", "propensities", "groups")
    return [*(v for n, v in options.items() if n not in last), *(options.get(n) for n in last)]


def _check_taken(router: Any, named: set[str]) -> None:
    """Refuse what this router cannot learn from."""
    refused = sorted(named - router._takes)
    if refused:
        raise InvalidInput(
            f"cannot be used by {type(router).__name__}, which learns from X, y and "
            f"{', '.join(sorted(router._takes - {'table'}))}; leave it out",
            argument=refused[0],
        )


def _is_table(router: Any, y: Any) -> bool:
    """Tell agent costs from labels; one column is of the model's costs, where there is no model."""
    if y is None:
        return False
    if is_cost_table(y):
        if "table" not in router._takes:
            raise InvalidInput(
                f"must be labels (n,) for {type(router).__name__}, but got shape "
                f"{np.shape(y)}; a TwoStageRouter, say, learns from a table of agent costs",
                argument="y",
            )
        return True
    alone = getattr(router, "model", ...) is None
    return "table" in router._takes and alone and np.ndim(y) == 2


def _read_table(router: Any, X: Any, y: Any, experts: Any, costs: Any) -> TrainingCases:
    check_table_alone(experts, costs, getattr(router, "fees", None))
    table = read_cost_table(y)
    if (table < 0).any():
        raise InvalidInput(
            f"must not hold negative agent costs, but the smallest is {np.nanmin(table):.4g}; add "
            f"a constant to every agent's cost, which changes no decision",
            argument="y",
        )
    features = validate_data(router, X, **router._feature_checks(from_labels=False))
    check_same_length(X=features, y=table)
    cases = TrainingCases(
        X=X,
        features=features,
        answer_costs=table,
        expert_names=expert_names(y, table.shape[1] - 1),
        fingerprint=fingerprint(features),
    )
    names = cases.agent_names
    check_silent(names, table, "cost")
    warn_of_few(names, table)
    return cases


def _read_labels(router: Any, X: Any, y: Any, experts: Any, costs: Any) -> TrainingCases:
    features, labels = validate_data(router, X, y, **router._feature_checks(from_labels=True))
    alone = experts is None and costs is None
    if alone and (router._later_models() or not router._asks_for_experts):
        experts = np.empty((len(labels), 0))
    targets = check_targets(labels, experts, costs, router._known_classes())
    return TrainingCases(
        X=X,
        features=features,
        answer_costs=_beside_unknown(targets.costs),
        expert_names=targets.expert_names,
        fingerprint=fingerprint(features),
        labels=labels,
        classes=targets.classes,
        y=targets.y,
    )


def _beside_unknown(costs: Floats) -> Floats:
    return np.hstack([np.full((len(costs), 1), np.nan), costs])


def _with_options(router: Any, cases: TrainingCases, options: Mapping[str, Any]) -> TrainingCases:
    """The cases with what else was said of them, each checked beside the costs."""
    if not options:
        return cases
    table = cases.answer_costs
    if cases.labels is not None:  # whatever the model answers, it will be known what that costs
        table = np.column_stack([np.zeros(len(table)), cases.costs])
    read: dict[str, Any] = {"groups": check_groups(options.get("groups"), cases.features)}
    if "propensities" in options:
        chance = options["propensities"]
        check_names_at_fit(cases.expert_names, chance)
        read["propensities"] = check_propensities(chance, ~np.isnan(table))
    weight = options.get("sample_weight")
    read["weight"] = weights_of(weight, cases.agent_names, table)
    shared = ("groups", "propensities", "sample_weight")
    beside = {name: to_array(v) for name, v in options.items() if name not in shared}
    check_same_length(X=cases.features, **beside)
    return replace(cases, beside=beside, **read)
