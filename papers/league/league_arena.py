"""One split of a problem: prepared features, the base model, and the parts, which never overlap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from league_data import Problem
from numpy.typing import NDArray
from scipy.sparse import block_array, coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cede.costs import expert_costs

Floats, Ints = NDArray[np.float64], NDArray[np.int64]

PARTS = ("model", "fit", "tune", "test")
#: A probability below this counts as this.
SMALLEST = 1e-7


@dataclass(frozen=True, kw_only=True)
class Arena:
    """What every method gets: the same features, the same parts, the same model as agent 0."""

    problem: Problem
    #: Row numbers by part.
    parts: Mapping[str, Ints]
    #: Prepared features and, beside them, what the base model says.
    X: Floats
    #: What each agent costs, (n, J + 1), NaN where an answer is missing.
    table: Floats
    #: Labels, and the frozen base model, which reads its own columns of X; None without labels.
    y: Ints | None
    model: Any


def arena(problem: Problem, sizes: Mapping[str, int], components: int, seed: int) -> Arena:
    """Split, prepare and train the base model, both on the model part alone.

    Without labels nothing is set aside, and features are prepared on the fit part.
    """
    parts = split(problem, sizes, seed)
    first = parts["model"] if problem.y is not None else parts["fit"]
    steps: list[Any] = []
    if not problem.embedded:
        steps += [SimpleImputer(strategy="median", add_indicator=True), StandardScaler()]
    # More components than cases in a small set cannot be had.
    if components < min(problem.X.shape[1], len(first)):
        steps.append(PCA(components, random_state=seed))
    prepare = make_pipeline(*steps or ["passthrough"]).fit(problem.X[first])
    X = np.asarray(prepare.transform(problem.X), dtype=np.float64)
    if problem.embedded:  # one unit for all directions
        X = X / X[first].std()
    if problem.y is None:
        return Arena(problem=problem, parts=parts, X=X, table=problem.costs, y=None, model=None)
    y = np.unique(problem.y, return_inverse=True)[1].astype(np.int64)
    model = _base_model(X[first], y[first], seed)
    table = np.hstack([expert_costs(model.predict(X), y), problem.costs])
    view = np.hstack([X, _said(model.predict_proba(X))])
    own = ColumnTransformer([("own", "passthrough", slice(0, X.shape[1]))]).fit(view)
    beside = FrozenEstimator(make_pipeline(own, model))
    return Arena(problem=problem, parts=parts, X=view, table=table, y=y, model=beside)


def _said(probabilities: Floats) -> Floats:
    """What a line can use of the model's answer: log probabilities, the largest, and its lead.

    A line cannot take a maximum, and who learns costs beside a fixed model needs how sure it is.
    """
    log_pi = np.log(probabilities.clip(SMALLEST))
    ordered = np.sort(log_pi, axis=1)
    lead = ordered[:, -1] - ordered[:, -2]
    centred = log_pi - log_pi.mean(axis=1, keepdims=True)
    return np.column_stack([centred, ordered[:, -1], lead])


def split(problem: Problem, sizes: Mapping[str, int], seed: int) -> dict[str, Ints]:
    """Rows of each part, in random order; cases of one group, or with equal features, are together.

    Sizes are upper ends. Of a small set, each part gets its share of them.
    """
    n = len(problem.X)
    wanted = {part: sizes[part] for part in PARTS if part != "model" or problem.y is not None}
    shrink = min(1.0, n / sum(wanted.values()))
    rng = np.random.default_rng([seed, 4])  # a stream of its own: made-up cases have others
    number = _together(problem)
    key = rng.permutation(int(number.max()) + 1)[number]
    order = np.lexsort((rng.random(n), key))
    key = key[order]
    parts, start = {}, 0
    for part, size in wanted.items():
        end = min(n, start + int(size * shrink))
        while 0 < end < n and key[end] == key[end - 1]:
            end += 1  # not through a group
        parts[part] = rng.permutation(order[start:end])
        start = end
    return parts


def _together(problem: Problem) -> Ints:
    """Number cases so that those of one group, or with equal features, have the same number."""
    _, same = np.unique(problem.X, axis=0, return_inverse=True)
    if problem.groups is None:
        return _numbered(same)
    _, group = np.unique(problem.groups, return_inverse=True)
    size = int(group.max()) + 1, int(same.max()) + 1
    pairs = coo_array((np.ones(len(group)), (group, same)), shape=size)
    edges = block_array([[None, pairs], [pairs.T, None]])
    _, number = connected_components(edges, directed=False)
    return _numbered(number[group])


def _numbered(names: Ints) -> Ints:
    """Numbers in the order in which names first come, whatever the names are."""
    _, first, place = np.unique(names, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[place], dtype=np.int64)


def _base_model(X: Floats, y: Ints, seed: int) -> Any:
    """Logistic regression, its penalty chosen by folds of the cases set aside."""
    line = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    penalties = {"logisticregression__C": [1e-3, 1e-2, 1e-1, 1.0]}
    folds = KFold(3, shuffle=True, random_state=seed)
    search = GridSearchCV(line, penalties, scoring="neg_log_loss", cv=folds).fit(X, y)
    return FrozenEstimator(search.best_estimator_)
