"""What each row of a study detects of one label, whoever answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cede._checks import Floats, Ints
from cede.evaluation.comparison import Comparison
from cede.evaluation.targets import Detected, Shown, detected, find_target
from cede.exceptions import InvalidInput, UnknownName
from cede.logs import Cases
from cede.logs._answers import written
from cede.operating._rule import routes_at
from cede.study._workbench import FittedMethod, Workbench

__all__ = ["check_positive", "detect"]


def check_positive(problem: Cases, targets: Sequence[str], positive: Any) -> int | None:
    """Which of the labels, sorted, is to be found; None if nothing is asked of one.

    Raises
    ------
    InvalidInput
        If a target is none, no label is named, or experts' answers are not known.
    """
    if not targets:
        if positive is not None:
            raise InvalidInput(
                f"must stand beside a target, but got {positive!r} alone; say auc, f1 or "
                f"sensitivity@0.9, too",
                argument="positive",
            )
        return None
    for name in targets:
        find_target(name)
    labels = [written(value) for value in np.unique(problem.y)]
    if positive is None:
        raise InvalidInput(
            f"must name the label that is to be found, one of {', '.join(labels[:10])}, but got "
            f"none; name it",
            argument="positive",
        )
    if written(positive) not in labels:
        raise UnknownName("label", positive, labels, argument="positive")
    assert problem.answers is not None
    known = ~np.isnan(problem.costs)
    for j, name in enumerate(problem.expert_names):
        if (problem.answers[known[:, j], j + 1] < 0).any():
            raise InvalidInput(
                f"must be of answers that are known, but of {name!r} it is only known which were "
                f"wrong; name the column of its answers (--expert)",
                argument="targets",
            )
    return labels.index(written(positive))


def detect(
    bench: Workbench,
    fitted: Mapping[str, FittedMethod],
    comparison: Comparison,
    targets: Sequence[str],
    label: int,
    seed: int,
) -> tuple[Detected, ...]:
    """Score the model, each expert and each method at its points, on the test part.

    An expert's answer counts as a probability of 1 or 0; so does a model's, if it has no others.
    """
    rows = bench.complete(bench.parts.test)
    X, answers = bench.X[rows], _answers(bench, rows)
    scores = (answers == label).astype(np.float64)
    if hasattr(bench.model, "predict_proba"):
        scores[:, 0] = bench.model.predict_proba(X)[:, label]

    def shown(routes: Ints) -> Shown:
        cases = np.arange(len(rows))
        return Shown(answers[cases, routes] == label, scores[cases, routes])

    nobody = np.zeros(len(rows), dtype=np.int64)
    said = {(row.method, row.budget): shown(nobody + j) for j, row in enumerate(comparison.agents)}
    agent_scores: dict[str, Floats] = {n: method.agent_scores(X) for n, method in fitted.items()}
    for row in comparison.methods:
        routes = routes_at(agent_scores[row.method], np.asarray(row.prices))
        said[row.method, row.budget] = shown(routes)
    groups = None if bench.problem.groups is None else bench.problem.groups[rows]
    return detected(
        said,
        bench.y[rows] == label,
        [find_target(name) for name in targets],
        groups=groups,
        n_boot=comparison.n_boot,
        confidence=comparison.confidence,
        random_state=seed,
    )


def _answers(bench: Workbench, rows: Ints) -> Ints:
    """Which label each agent answers, ``(m, J + 1)``."""
    assert bench.problem.answers is not None
    answers = bench.problem.answers[rows].copy()
    answers[:, 0] = bench.model.predict(bench.X[rows])
    return answers
