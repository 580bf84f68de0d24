"""The protocol of all parts: routers around one fixed model, each fitted once, judged at all rates.

Every router reads the same columns: features, the model's answer, its confidence and the logarithms
of its probabilities. Every linear one takes its penalty from the same grid, by the area under the
curve of validation cases; the temperature of "density_ratio" was fixed before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cede import (
    DensityRatioRouter,
    PostHocRouter,
    SingleStageClassifier,
    TwoStageRouter,
    classification_costs,
)
from cede.operating import DeferralCurve, deferral_curve_from_scores
from cede.routers import Linear, LoggedModel
from cede.study import FittedMethod

RATES = (0.1, 0.2, 0.3)
GRID = tuple(round(0.05 * step, 2) for step in range(21))
DEFAULT_TEMPERATURE = 1.0
POST_HOC = ("threshold_correction", "rejector")
SINGLE_STAGE = ("cost_sensitive_softmax", "one_vs_all")
OURS, TUNED = "density_ratio", "density_ratio (temperature by validation)"
SQUARE, MARGINAL = "density_ratio (square)", "density_ratio (marginal)"
NARROW = "density_ratio (confidence only)"

Scorer = Callable[["Cases"], NDArray[np.float64]]


class Cases(NamedTuple):
    """Cases of which the model's probabilities and the expert's answers are known."""

    X: NDArray[np.float64]
    #: Labels, which in training cases may be noisy, ``(n,)``.
    y: NDArray[np.int64]
    #: What the model gives to each class, ``(n, K)``.
    model: NDArray[np.float64]
    #: The expert's answers, ``(n,)``.
    expert: NDArray[np.int64]
    #: What the expert gives to each class, where it is a network, ``(n, K)``.
    expert_chances: NDArray[np.float64] | None = None

    @property
    def costs(self) -> NDArray[np.float64]:
        """Errors of the model and of the expert, ``(n, 2)``."""
        answers = np.column_stack([self.model.argmax(axis=1), self.expert])
        return classification_costs(answers, self.y)

    @property
    def table(self) -> NDArray[np.float64]:
        """Features, the answer and the confidence; the last K columns are the probabilities."""
        answer = np.eye(self.model.shape[1])[self.model.argmax(axis=1)][:, 1:]
        confidence = np.log(self.model.max(axis=1, keepdims=True))
        return np.hstack([self.X, answer, confidence, self.model])

    def curve(self, scorer: Scorer) -> DeferralCurve:
        """The curve of scores on these cases."""
        return deferral_curve_from_scores(scorer(self), self.costs)


def chances(model: Any, X: NDArray[np.float64], n_classes: int) -> NDArray[np.float64]:
    """Probabilities of all classes, ``(n, K)``; one in a million for those it never saw."""
    found = np.zeros((len(X), n_classes))
    found[:, model.classes_] = model.predict_proba(X)
    return bounded(found)


def bounded(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same with no zero, so that they have logarithms."""
    found = probabilities.clip(1e-6)
    return found / found.sum(axis=1, keepdims=True)


def fit_all(fit: Cases, validation: Cases, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Fit every method once; return scorers by name, and what was chosen on validation cases."""
    grid, n_classes = settings["weight_decays"], fit.model.shape[1]

    def best(maker: Callable[[float], Scorer]) -> tuple[float, Scorer]:
        made = [(validation.curve(scorer).area, scorer) for scorer in map(maker, grid)]
        return max(made, key=lambda pair: pair[0])

    def only(maker: Callable[[float], Scorer]) -> Scorer:
        return best(maker)[1]

    scorers = {"confidence": _confidence}
    for name in POST_HOC:
        scorers[name] = only(lambda decay, name=name: _post_hoc(name, fit, decay))
    for name in SINGLE_STAGE:
        scorers[name] = only(lambda decay, name=name: _single_stage(name, fit, decay))
    if fit.expert_chances is not None:
        scorers["confidence difference"] = only(lambda decay: _difference(fit, decay))
    scorers[MARGINAL] = only(lambda decay: _ratio(fit, decay, ideals="marginal"))
    scorers[NARROW] = only(lambda decay: _ratio(fit, decay, view=_log_confidence(n_classes)))
    by_temperature: dict[str, dict[float, tuple[float, Scorer]]] = {}
    for proper, key in (("log", "temperatures"), ("square", "square_temperatures")):
        by_temperature[proper] = {
            t: best(lambda decay, t=t, proper=proper: _ratio(fit, decay, t, proper))
            for t in settings[key]
        }
    scorers[OURS] = by_temperature["log"][DEFAULT_TEMPERATURE][1]
    scorers[SQUARE] = by_temperature["square"][DEFAULT_TEMPERATURE][1]
    chosen = max(by_temperature["log"], key=lambda t: by_temperature["log"][t][0])
    scorers[TUNED] = by_temperature["log"][chosen][1]
    sensitivity = {
        proper: {t: scorer for t, (_, scorer) in found.items()}
        for proper, found in by_temperature.items()
    }
    ours = scorers[OURS](validation)
    gain = np.sort(ours[:, 1] - ours[:, 0])[::-1]
    prices = [float(gain[int(rate * len(gain))]) for rate in RATES]
    return {"scorers": scorers, "by": sensitivity, "temperature": chosen, "prices": prices}


def judge(fitted: Mapping[str, Any], test: Cases) -> dict[str, Any]:
    """All that is reported of one fit of every method on one set of test cases."""
    curves = {name: test.curve(scorer) for name, scorer in fitted["scorers"].items()}
    ours = curves[OURS]
    return {
        "model": float(ours.accuracy[0]),
        "expert": float(ours.accuracy[-1]),
        "oracle": ours.oracle.area,
        "random": ours.random.area,
        "area": {name: curve.area for name, curve in curves.items()},
        "at": {name: _accuracy(curve, RATES) for name, curve in curves.items()},
        "curve": {name: _accuracy(curve, GRID) for name, curve in curves.items()}
        | {"oracle": _accuracy(ours.oracle, GRID), "random": _accuracy(ours.random, GRID)},
        "temperatures": {
            proper: {str(t): test.curve(scorer).area for t, scorer in found.items()}
            for proper, found in fitted["by"].items()
        },
        "chosen": fitted["temperature"],
        "rates": ours.at_prices(fitted["prices"]).deferral_rate.tolist(),
    }


def _accuracy(curve: DeferralCurve, rates: tuple[float, ...]) -> list[float]:
    return (1.0 - curve.risk_at(rates)).tolist()


def _logged(cases: Cases) -> LoggedModel:
    n_classes = cases.model.shape[1]
    return LoggedModel(columns=range(-n_classes, 0), classes=range(n_classes))


def _view(n_classes: int) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """The columns that :class:`PostHocRouter` makes itself: logarithms beside probabilities."""

    def view(table: NDArray[np.float64]) -> NDArray[np.float64]:
        logs = np.log(table[:, -n_classes:])
        return np.hstack([table, logs - logs.mean(axis=1, keepdims=True)])

    return view


def _log_confidence(n_classes: int) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """The one column that Chow's rule reads."""
    return lambda table: table[:, -n_classes - 1 : -n_classes]


def _confidence(cases: Cases) -> NDArray[np.float64]:
    """Chow's rule: the least confident go first."""
    return np.column_stack([cases.model.max(axis=1), np.zeros(len(cases.y))])


def _post_hoc(name: Any, fit: Cases, decay: float) -> Scorer:
    router = PostHocRouter(_logged(fit), method=name, weight_decay=decay)
    router.fit(fit.table, fit.y, costs=fit.costs[:, 1:])
    return lambda cases: router.agent_scores(cases.table)


def _single_stage(name: str, fit: Cases, decay: float) -> Scorer:
    view = _view(fit.model.shape[1])
    router = SingleStageClassifier(name, head=Linear(weight_decay=decay))
    router.fit(view(fit.table), fit.y, costs=fit.costs[:, 1:])
    method = FittedMethod(router, _logged(fit), view)
    return lambda cases: method.agent_scores(cases.table)


def _difference(fit: Cases, decay: float) -> Scorer:
    """Regress the probabilities that both give to the label; defer by their difference."""
    view, rows = _view(fit.model.shape[1]), np.arange(len(fit.y))
    chances = np.column_stack([fit.model[rows, fit.y], fit.expert_chances[rows, fit.y]])
    router = TwoStageRouter(head=Linear(weight_decay=decay)).fit(view(fit.table), 1.0 - chances)
    return lambda cases: router.agent_scores(view(cases.table))


def _ratio(
    fit: Cases,
    decay: float,
    temperature: float = DEFAULT_TEMPERATURE,
    proper: Any = "log",
    ideals: Any = "joint",
    view: Any = None,
) -> Scorer:
    view = view or _view(fit.model.shape[1])
    router = DensityRatioRouter(
        temperature=temperature, proper=proper, ideals=ideals, head=Linear(weight_decay=decay)
    ).fit(view(fit.table), fit.costs)
    return lambda cases: router.agent_scores(view(cases.table))
