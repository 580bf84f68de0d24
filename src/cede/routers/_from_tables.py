"""Tables of cases, read and routed as a router was fitted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from cede._checks import Floats, Ints
from cede.exceptions import InvalidInput
from cede.logs import Cases, NewCases, read_log, read_new
from cede.logs._selection import Selection
from cede.operating import route
from cede.routers._base import Router
from cede.tuning import choose_operating_point

__all__ = ["read_log_for", "read_new_for", "route_in_parts"]


def read_log_for(router: Router, table: Any, *, model: str | None = None, **columns: Any) -> Cases:
    """Read a log of a router's agents, with the features that it was fitted on.

    Parameters
    ----------
    router : Router
        Fitted on Cases, or on a dataframe.
    table : dataframe or path
    model : str, optional
        What the log calls the model; by default as at the fit.
    **columns
        Which column is what, as :func:`cede.logs.read_log` takes it.

    Raises
    ------
    InvalidInput
        As :func:`cede.logs.read_log`; if the router knows its model by another name, or its
        features by none.
    """
    names = router.agent_names
    if model is not None and model != names[0]:
        if hasattr(router, "model_name_"):
            raise InvalidInput(
                f"must be {names[0]!r}, with which the router was fitted, but got {model!r}; leave "
                f"it out, or fit again",
                argument="model",
            )
        names = (model, *names[1:])
    features: Any = _feature_names(router)
    if hasattr(router, "kinds_"):
        features = Selection(kinds=dict(zip(features, router.kinds_.tolist(), strict=True)))
    return read_log(table, model=names[0], agents=names, features=features, **columns)


def read_new_for(
    router: Router, table: Any, *, case: str | None = None, group: str | None = None
) -> NewCases:
    """Read cases for a router to route, with the features that it was fitted on.

    Parameters
    ----------
    router : Router
        Fitted on Cases, or on a dataframe.
    table : dataframe or path
    case, group : str, optional
        As :func:`cede.logs.read_new` takes them.
    """
    features: Any = _feature_names(router)
    if hasattr(router, "kinds_"):
        features = dict(zip(features, router.kinds_.tolist(), strict=True))
    return read_new(table, agents=router.agent_names, features=features, case=case, group=group)


def route_in_parts(
    router: Router, cases: NewCases, budget: float | None = None
) -> Iterator[tuple[Ints, Floats]]:
    """Routes ``(m,)`` and agent scores ``(m, J + 1)`` of some cases after the other.

    Scores are computed once. With a budget they are kept until it is chosen on all of them: the
    router then stands at a point for these cases.
    """
    by_scores = type(router).route is Router.route
    if budget is not None and by_scores:
        scored = [router.agent_scores(part) for part in cases.parts()]
        _stand_within(router, np.concatenate(scored), budget)
        yield from ((route(scores, router.operating_point_), scores) for scores in scored)
        return
    if budget is not None:
        router.tune(cases.whole(), budget=budget)
    point = getattr(router, "operating_point_", None)
    for part in cases.parts():
        scores = router.agent_scores(part)
        yield (route(scores, point) if by_scores else router.route(part)), scores


def _stand_within(router: Any, scores: Floats, budget: float) -> None:
    """Choose the operating point for cases of these scores, and for them alone."""
    point = choose_operating_point(scores, budget, fees_in_scores=router._fees(), cases=scores[:1])
    # It is not kept, and what it was chosen on are scores and not cases.
    router.operating_point_ = replace(point, fingerprint=None)


def _feature_names(router: Any) -> tuple[str, ...]:
    names = getattr(router, "feature_names_in_", None)
    if names is None:
        raise InvalidInput(
            "The router was fitted on an array whose columns had no names, so that no table can be "
            "matched to it; fit it on Cases or a dataframe, or by cede fit."
        )
    return tuple(map(str, names))
