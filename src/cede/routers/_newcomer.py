"""One more expert at the door of a fitted router: its cases, what they cost, its name and fee."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing

from cede._checks import Floats, check_finite, check_not_negative, check_same_length
from cede._checks._arrays import as_numbers, missing, to_array
from cede.costs import expert_costs
from cede.exceptions import InvalidInput
from cede.routers._features import validate_data
from cede.routers._models import model_answers
from cede.routers._reading import own_order
from cede.routers._targets import warn_of_few

__all__ = ["Newcomer", "extend_by", "known_labels", "read_newcomer"]


class Newcomer(NamedTuple):
    """Cases that a new expert answered."""

    #: As they came, and as features ``(m, d)``.
    X: Any
    features: Floats
    #: Labels ``(m,)``, if there are any.
    y: NDArray[Any] | None
    #: What its answers cost before the fee, ``(m,)``; what the model's do, NaN if unknown.
    costs: Floats
    model_costs: Floats
    fee: float = 0.0


def read_newcomer(router: Any, X: Any, y: Any, answers: Any, costs: Any, name: str) -> Newcomer:
    """Check what is known of a new expert, and keep the cases that it answered, in steady order."""
    if name in router.expert_names_:
        raise InvalidInput(
            f"must be new, but there is an expert {name!r} already; choose another name",
            argument="name",
        )
    features = validate_data(router, X, dtype=np.float64, reset=False)
    targets = to_array(y)
    if targets.ndim not in (1, 2):
        raise InvalidInput(
            "must be labels (m,), or what the model's and the new expert's answers cost, (m, 2), "
            "but got another shape; pass one of these",
            argument="y",
        )
    if targets.ndim == 2:
        if targets.shape[1] != 2 or answers is not None or costs is not None:
            raise InvalidInput(
                "must be of shape (m, 2) and stand alone if it holds what the model's and the "
                f"new expert's answers cost, but got {targets.shape}; leave answers and costs out",
                argument="y",
            )
        labels, (model_costs, own) = None, as_numbers("y", targets).T
    else:
        if (answers is None) == (costs is None):
            raise InvalidInput(
                "must be passed, or else what they cost, and one of the two only; leave the "
                "other out",
                argument="answers",
            )
        labels = targets
        paid = expert_costs(to_array(answers), targets)[:, 0] if costs is None else costs
        own = as_numbers("costs", paid)
        model_costs = np.full(len(targets), np.nan)
        if getattr(router, "model_", None) is not None:
            model_costs = expert_costs(model_answers(router.model_, X), targets)[:, 0]
    check_same_length(X=features, y=targets, answers=own)
    check_not_negative("costs", own)
    check_finite("costs that are not missing (NaN)", np.nan_to_num(own, nan=0.0, posinf=np.inf))
    answered = ~np.isnan(own)
    if not answered.any():
        raise InvalidInput(f"{name} answered no case, so nothing can be learned of it.")
    warn_of_few([name], own[:, None])
    order = own_order(router, features, y, answers, costs)
    rows = np.arange(len(own)) if order is None else order
    rows = rows[answered[rows]]
    labels = None if labels is None else labels[rows]
    cases = _safe_indexing(X, rows)
    return Newcomer(cases, features[rows], labels, own[rows], model_costs[rows])


def extend_by(router: Any, name: str, fee: float) -> None:
    """Note the new expert's name and fee, the parameter ``fees`` being the others' still."""
    router.added_fees_ = [*getattr(router, "added_fees_", []), float(fee)]
    router.fees_ = np.append(router.fees_, fee)
    router.expert_names_ = (*router.expert_names_, name)


def known_labels(router: Any, newcomer: Newcomer) -> NDArray[np.int64]:
    """Positions of the labels among the router's classes, ``(m,)``."""
    if newcomer.y is None:
        raise InvalidInput("This router learns from labels: pass y (m,) with answers= or costs=.")
    if missing(newcomer.y).any():
        raise InvalidInput("y has missing entries; drop those cases.")
    classes = router.classes_.tolist()
    unknown = sorted({str(label) for label in newcomer.y.tolist() if label not in classes})
    if unknown:
        raise InvalidInput(
            f"y has the labels {unknown[:5]}, which this router was not fitted on; it knows "
            f"{classes[:20]}."
        )
    return np.array([classes.index(label) for label in newcomer.y.tolist()], dtype=np.int64)
