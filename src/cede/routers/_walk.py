"""How cases go through the stages of a cascade: what is seen there, and who goes on.

Each agent's features are computed only for the cases that get to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing

from cede._checks import Bools, Floats, Ints
from cede.exceptions import InvalidInput
from cede.routers._features import ask
from cede.routers._models import log_posterior
from cede.routers._policies import Policy, saved_by
from cede.tuning import Walked

__all__ = ["Walk", "seen_at", "walk_through", "what_is_saved", "with_answers"]

#: Shares this near to none or all are none or all.
_ALL = 1e-9


class Walk:
    """Which of the prices each case can still have gone by, as far as it has come.

    Shares of the cases go by each policy. What a case knows at a stage holds what it knew before,
    so the share of those like it that a policy brought here, and sends on, is known there as well:
    nothing need be drawn at the start and remembered (Kuhn 1953, "Extensive games").
    """

    def __init__(self, blend: list[tuple[float, Policy]], n: int) -> None:
        self.shares = np.array([share for share, _ in blend])
        self.policies = [policy for _, policy in blend]
        self.here = np.ones((len(blend), n), dtype=np.bool_)
        self.onwards = self.here

    def decide(self, stage: int, seen: Floats, cases: Ints, unit: float) -> None:
        """Ask each policy, by what is known at the stage."""
        arrived = self.here if stage == 0 else self.onwards
        onwards = np.zeros_like(arrived)
        for mine, there, policy in zip(onwards, arrived, self.policies, strict=True):
            mine[cases] = there[cases] & policy.goes_on(stage, seen, unit)
        self.here, self.onwards = arrived, onwards

    def goes_on(self, seen: Floats, cases: Ints) -> Bools:
        """Decide: all of those that are alike, none, or a share of them."""
        brought = self.shares @ self.here[:, cases]
        sent = self.shares @ self.onwards[:, cases]
        share = np.divide(sent, brought, out=np.zeros_like(sent), where=brought > 0.0)
        return _shared_out(share, seen)


def walk_through(
    router: Any, X: Any, features: Floats, blend: list[tuple[float, Policy]], estimate: bool = False
) -> Walked:
    """Ask one agent after the other; only cases that get there are shown to the next."""
    walk, reached = Walk(blend, len(features)), np.arange(len(features))
    judge = max(blend, key=lambda part: part[0])[1]
    routes = np.zeros(len(features), dtype=np.int64)
    worth = np.zeros(len(features))
    for k in range(len(router.stages_)):
        if all(policy.stages[k] is None for _, policy in blend):
            break
        features = with_answers(router, k, X, features, reached)
        seen = seen_at(router, k, features, reached)
        walk.decide(k, seen, reached, router.unit_)
        goes_on = walk.goes_on(seen, reached)
        if estimate and len(seen):  # what stopping costs, by whoever decides
            scores = (judge.stages[k] or router.stages_[k]).agent_scores(seen) + judge.added[k]
            worth[reached] = np.where(goes_on, scores[:, 1], scores[:, 0])
        reached = reached[goes_on]
        routes[reached] = k + 1
    return Walked(routes, float((1.0 - worth).sum()))


def what_is_saved(router: Any, X: Any, features: Floats) -> Floats:
    """What going on saves at each stage, if there are no further prices, ``(n, J)``.

    Stage 1 decides in all cases whose features are known there, since a price below zero sends
    on those that stage 0 would keep; it is 0 where a case does not get.
    """
    saved = np.zeros((len(features), len(router.stages_)))
    reached = np.arange(len(features))
    for k, stage in enumerate(router.stages_):
        features = with_answers(router, k, X, features, reached)
        if k:
            kept = saved[reached, 0] <= 0.0
            blind = ~np.isfinite(features[np.ix_(reached, router.columns_[k])]).all(axis=1)
            reached = reached[~(kept & blind)]
        seen = seen_at(router, k, features, reached)
        saved[reached, k] = saved_by(stage, seen, router.unit_)
        if k:
            reached = reached[saved[reached, k] > 0.0]
    return saved


def with_answers(router: Any, stage: int, X: Any, features: Floats, cases: Ints) -> Floats:
    """Features with what model ``stage`` answers to these cases; only they are computed."""
    if stage >= len(router.models_):
        return features
    brought = np.full((len(features), len(router.classes_)), np.nan)
    if cases.size:
        model = router.models_[stage]
        brought[cases] = log_posterior(ask(model, "predict_proba", _safe_indexing(X, cases)))
    return np.hstack([features, brought])


def seen_at(router: Any, stage: int, features: Floats, cases: Ints) -> Floats:
    """What is known of these cases at a stage."""
    seen: Floats = features[np.ix_(cases, router.columns_[stage])]
    lost = int((~np.isfinite(seen)).any(axis=1).sum())
    if lost:
        raise InvalidInput(
            f"{lost} cases come to stage {stage} without the features that are known there; "
            f"they must be finite once agent {stage} has answered."
        )
    return seen


def _shared_out(share: Floats, seen: Floats) -> Bools:
    """Who goes on, where a share of equal cases is to: in turn, and never more than the share.

    Equal are cases that see the same. A case that is alone goes on only if all like it do.
    """
    on = share >= 1.0 - _ALL
    open_ = np.flatnonzero((share > _ALL) & ~on)
    if open_.size:
        alike = np.unique(seen[open_], axis=0, return_inverse=True)[1].reshape(-1)
        order = np.argsort(alike, kind="stable")
        starts = np.flatnonzero(np.diff(alike[order], prepend=-1))
        place = np.arange(open_.size) - np.repeat(starts, np.diff(np.append(starts, open_.size)))
        among = share[open_[order]]
        on[open_[order]] = np.floor((place + 1) * among + _ALL) > np.floor(place * among + _ALL)
    return np.asarray(on, dtype=np.bool_)
