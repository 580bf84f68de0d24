"""The same for every part: four losses on the same cases, and what becomes of their estimates."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from cede import SingleStageClassifier
from cede.evaluation.calibration import reliability
from cede.operating import coverage, system_accuracy
from cede.routers import Linear, Mlp, Network
from cede_papers import NOT_REPRODUCED, Claim, mean_and_interval, table, with_interval

PROPOSED = "asymmetric_softmax"
OTHERS = ("cost_sensitive_softmax", "one_vs_all", "softmax_one_vs_all")
METHODS = (*OTHERS, PROPOSED)
#: Head -> what it is.
HEADS = {"linear": "linear", "mlp": "network"}
VALUES: dict[str, Any] = {"linear": Linear, "mlp": Mlp}
#: Quantity -> its heading; all are shares or differences of probabilities, shown in percent.
QUANTITIES = {
    "error": "system error",
    "coverage": "coverage",
    "ece": "ECE of expert's accuracy",
    "outside": "estimates outside [0, 1]",
    "sure": "overestimate where the classes are surest",
}
#: Quantity -> its name in the title of a panel.
SHORT = {"ece": "ECE", "outside": "estimates outside [0, 1]", "error": "system error"}
#: Method -> quantity -> one number per seed.
Found = Mapping[str, Mapping[str, Sequence[float]]]


class Cases(NamedTuple):
    """Cases with everything that is known of them."""

    X: NDArray[Any]
    y: NDArray[Any]
    experts: NDArray[Any]


def taken(cases: Cases, rows: Any) -> Cases:
    """Some of the cases."""
    return Cases(*(part[rows] for part in cases))


def standardised(train: Cases, test: Cases) -> tuple[Cases, Cases]:
    """Features on the scale of the training cases."""
    scaler = StandardScaler().fit(train.X)
    return train._replace(X=scaler.transform(train.X)), test._replace(X=scaler.transform(test.X))


def all_judged(train: Cases, test: Cases, settings: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Fit every head and method on the same cases and judge it: head -> method -> quantities."""
    return {
        head: {
            method: judged(fitted(method, head, train, settings[head], seed), test)
            for method in METHODS
        }
        for head in settings["heads"]
    }


def fitted(
    method: str, head: Any, cases: Cases, fit: Mapping[str, Any], seed: int
) -> SingleStageClassifier:
    """Fit one loss; ``fit`` holds parameters of the head, the same for every loss."""
    value = VALUES[head](**fit) if isinstance(head, str) else Network(head, **fit)
    router = SingleStageClassifier(method, head=value, random_state=seed)
    with warnings.catch_warnings():
        # Asymmetric softmax has kinks, at which no gradient vanishes.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return router.fit(cases.X, cases.y, experts=cases.experts)


def judged(
    router: SingleStageClassifier, cases: Cases, accuracy: NDArray[Any] | None = None
) -> dict[str, float]:
    """Judge a fitted router on unseen cases; estimates against the true accuracy if it is known.

    The estimates are read from the scores as they are; only the calibration error clips them.
    """
    estimates, routes = router.expert_accuracy(cases.X), router.route(cases.X)
    answers = np.column_stack([router.predict(cases.X), cases.experts])
    right = (cases.experts == cases.y[:, None]).astype(float) if accuracy is None else accuracy
    each = [reliability(*pair) for pair in zip(estimates.T, right.T, strict=True)]
    confidence = router.predict_proba(cases.X).max(axis=1)
    surest = confidence >= np.quantile(confidence, 0.8)
    return {
        "error": 1.0 - system_accuracy(routes, answers, cases.y),
        "coverage": coverage(routes),
        "ece": float(np.mean([one.ece for one in each])),
        "outside": float(np.mean([one.clipped for one in each])),
        "sure": float((estimates.clip(0.0, 1.0) - right)[surest].mean()),
        "largest": float(estimates.max()),
        "model_error": float((answers[:, 0] != cases.y).mean()),
        "expert_error": float((cases.experts != cases.y[:, None]).mean()),
    }


def gathered(results: Iterable[Mapping[str, Mapping[str, float]]]) -> dict[str, Any]:
    """Turn results of seeds (method -> quantity -> number) into method -> quantity -> numbers."""
    results = list(results)
    return {
        method: {name: [one[method][name] for one in results] for name in results[0][method]}
        for method in results[0]
    }


def quantity_table(found: Mapping[str, Found], quantities: Mapping[str, str] = QUANTITIES) -> str:
    """Markdown, in percent with 95 % intervals: a row for each head and method."""
    rows = [
        [HEADS.get(head, head), method]
        + [with_interval(methods[method][name], scale=100) for name in quantities]
        for head, methods in found.items()
        for method in METHODS
    ]
    return table(["head", "loss", *(f"{text}, %" for text in quantities.values())], rows)


def difference_table(
    found: Mapping[str, Mapping[str, Found]], quantities: Sequence[str] = ("error", "ece")
) -> str:
    """Markdown: asymmetric softmax less each other loss, in points, paired by seed."""
    rows = [
        [setting, HEADS.get(head, head), other]
        + [with_interval(less(methods, other, q), scale=100, signed=True) for q in quantities]
        for setting, heads in found.items()
        for head, methods in heads.items()
        for other in OTHERS
    ]
    return table(["cases", "head", "less", *(QUANTITIES[q] for q in quantities)], rows)


def less(methods: Found, other: str, quantity: str) -> list[float]:
    """Asymmetric softmax less another loss, one difference per seed."""
    pairs = zip(methods[PROPOSED][quantity], methods[other][quantity], strict=True)
    return [ours - theirs for ours, theirs in pairs]


def lower_claim(
    claim: str,
    paper: str,
    differences: Sequence[Sequence[float]],
    verdict: str,
    why: str = "",
) -> Claim:
    """Judge the claim that differences (settings, each one per seed) are below zero.

    Judged on their mean over the settings, paired by seed: its 95 % interval must lie below zero.
    ``why`` is the reason found, told if the interval lies above zero.
    """
    overall = np.mean(differences, axis=0).tolist()
    told = with_interval(overall, scale=100, signed=True)
    _, low, high = mean_and_interval(overall)
    each = [mean_and_interval(one) for one in differences]
    lower, higher = sum(e[2] < 0 for e in each), sum(e[1] > 0 for e in each)
    ours = f"lower in {lower}, higher in {higher} of {len(each)} settings"
    if high < 0:
        reason = ""
    elif low > 0:
        verdict, reason = NOT_REPRODUCED, f"it is higher{'; ' if why else ''}{why}"
    else:
        verdict, reason = NOT_REPRODUCED, "the interval of the difference holds zero"
    return Claim(claim, paper, ours, f"{told} points", verdict, reason)


def usual_claims(cases: str, settings: Sequence[Found], verdict: str) -> list[Claim]:
    """Calibration and error of asymmetric softmax, against each published baseline."""
    told = {"ece": "the expert's accuracy is better calibrated", "error": "the system errs less"}
    return [
        lower_claim(
            f"{cases}: {text} than with {other.replace('_', ' ')}",
            "its tables were not recovered",
            [less(methods, other, quantity) for methods in settings],
            verdict,
            _inherited(settings, other) if quantity == "ece" else "",
        )
        for quantity, text in told.items()
        for other in ("cost_sensitive_softmax", "one_vs_all")
    ]


def _inherited(settings: Sequence[Found], other: str) -> str:
    """Say whether estimates follow the confidence in the classes, which they are measured by."""
    ours, theirs = (
        100 * float(np.mean([np.mean(methods[method]["sure"]) for methods in settings]))
        for method in (PROPOSED, other)
    )
    numbers = (
        f"estimate less truth there: {ours:+.1f} points, {other.replace('_', ' ')} {theirs:+.1f}"
    )
    rise = "its estimates" + (" rise" if ours > theirs else " do not rise")
    unknown = "" if ours > theirs else "; no reason was found"
    return f"{rise} where its classes are surest ({numbers}){unknown}".replace("-", "−")
