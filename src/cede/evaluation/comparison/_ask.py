"""Methods asked for their scores, once each, and put at their operating points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_agent_table, check_budget, check_groups
from cede.evaluation.comparison._points import Placed, Tuning, place
from cede.evaluation.comparison._truth import Truth
from cede.exceptions import InvalidInput
from cede.operating import Scorer

__all__ = ["place_methods"]

#: What a case says of a share by another fit's scores: of 400 draws of 1,000 rows, at budgets of
#: 20 and 30 %, intervals of 95 % held 94 % of the shares at one, and 97 % at a half.
_OTHER_FITS = 0.5


def place_methods(
    methods: Mapping[str, Scorer],
    X: Any,
    truth: Truth,
    budgets: Sequence[float],
    *,
    confidence: float,
    X_tune: Any = None,
    tune_scores: Mapping[str, ArrayLike] | None = None,
    tune_groups: ArrayLike | None = None,
    largest_shares: Floats | None = None,
) -> dict[str, Placed]:
    """Ask each method for its scores, and choose its points on them or on other cases'."""
    others = _tuning_scores(methods, X_tune, tune_scores, len(truth.fees))
    before = check_groups(tune_groups, next(iter(others.values()), ()), "tune_groups")
    weight = 1.0 if tune_scores is None else _OTHER_FITS
    shares = [check_budget(budget) for budget in budgets]
    methods_at = {}
    for name, method in methods.items():
        scores = _scores(name, method, X, truth)
        tuning = Tuning(others[name], before, weight) if name in others else None
        answers = None
        if truth.model_costs is None:
            answers = np.asarray(method.predict(X))[truth.known]
        points = place(scores, shares, tuning, truth.groups, confidence, largest_shares)
        methods_at[name] = Placed(scores, answers, points)
    return methods_at


def _scores(name: str, method: Scorer, X: Any, truth: Truth) -> Floats:
    """Agent scores of the cases that are compared."""
    scores = np.asarray(method.agent_scores(X))[truth.known]
    if scores.shape != (len(truth), len(truth.fees) + 1):
        raise InvalidInput(
            f"must give agent scores of shape {(len(truth), len(truth.fees) + 1)}, but {name!r} "
            f"gave {scores.shape}; it was fitted with other experts",
            argument="methods",
        )
    return check_agent_table("agent_scores", scores)


def _tuning_scores(
    methods: Mapping[str, Scorer],
    X_tune: Any,
    tune_scores: Mapping[str, ArrayLike] | None,
    n_experts: int,
) -> dict[str, Floats]:
    """Agent scores of each method on the cases that choose points; empty if none were passed."""
    if X_tune is not None and tune_scores is not None:
        raise InvalidInput(
            "must be left out beside X_tune, but got both; pass one of them",
            argument="tune_scores",
        )
    if tune_scores is None:
        scorers = methods if X_tune is not None else {}
        scores = {name: method.agent_scores(X_tune) for name, method in scorers.items()}
    elif set(tune_scores) == set(methods):
        scores = dict(tune_scores)
    else:
        raise InvalidInput(
            f"must hold the scores of each method by its name, {', '.join(methods)}, but got "
            f"{', '.join(map(str, tune_scores)) or 'none'}",
            argument="tune_scores",
        )
    tables = {name: check_agent_table("tune_scores", table) for name, table in scores.items()}
    for name, table in tables.items():
        if table.shape[1] != n_experts + 1 or len({len(t) for t in tables.values()}) > 1:
            raise InvalidInput(
                f"must be of the same cases for each method, one column per agent "
                f"({n_experts + 1}), but got shape {table.shape} of {name!r}",
                argument="tune_scores",
            )
    return tables
