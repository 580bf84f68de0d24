"""Adaptive inference: three networks in order of size; who answers, at how many operations.

Networks are trained on some images, everything that decides learns from others, and all is judged
on a third part. A price per operation is swept; each method knows the price.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from networks import as_input, flops, log_probabilities, trained

from cede import CascadeRouter, NeighborRouter, TwoStageRouter, cascade_costs
from cede.exceptions import InvalidInput
from cede.operating import average_quality
from cede.report.plotting import Line, Panel, lines, readable
from cede_papers import (
    IN_DIRECTION,
    NOT_REPRODUCED,
    NOT_RUN,
    Claim,
    Run,
    mean_and_interval,
    table,
    with_interval,
)
from cede_papers.datasets import load_cifar10_images

USES_DEVICE = True

CASCADES = ("cascade", "cascade (one step ahead)", "confidence")
SINGLE = ("cost_regression", "neighbours")
METHODS = (*CASCADES, *SINGLE)
MIX = "fixed mix"


def measure_one(task: tuple[int, int, Path | None, str, dict[str, Any]]) -> dict[str, Any]:
    """One repetition: train three networks, then every method at every price."""
    number, seed, data, device, settings = task
    X, y = {}, {}
    for part, split, n, first in _parts(number, settings):
        images = load_cifar10_images(data, split=split)
        if first + n > len(images):
            raise InvalidInput(
                f"Repetition {number} wants {first + n} images, there are {len(images)}."
            )
        rows = np.random.default_rng(0).permutation(len(images))[first : first + n]
        X[part], y[part] = as_input(images.pixels(rows), device), images.y[rows]
    said: dict[str, list[np.ndarray]] = {"fit": [], "test": []}
    sizes = []
    labels = torch.as_tensor(y["train"], device=X["train"].device)
    for network in settings["networks"]:
        module = trained(network, X["train"], labels, settings, seed=1_000 * seed + number)
        sizes.append(flops(module, X["test"][0]))
        for part, answers in said.items():
            answers.append(log_probabilities(module, X[part]))
    wrong = {
        part: np.column_stack([log_pi.argmax(axis=1) != y[part] for log_pi in answers]).astype(
            float
        )
        for part, answers in said.items()
    }
    seen = {part: [signals(log_pi) for log_pi in answers[:-1]] for part, answers in said.items()}
    work = np.array(sizes) / sizes[-1]
    found: dict[str, Any] = {"flops": sizes, "alone": (1.0 - wrong["test"].mean(axis=0)).tolist()}
    for method in METHODS:
        rows = []
        for price in settings["prices"]:
            routes = decide(method, seen, wrong["fit"], price * work)
            paid = work[routes] if method in SINGLE else np.cumsum(work)[routes]
            if method in SINGLE:  # the first network has looked at every case
                paid = paid + np.where(routes > 0, work[0], 0.0)
            error = wrong["test"][np.arange(len(routes)), routes].mean()
            rows.append([error + price * paid.mean(), paid.mean(), 1.0 - error])
        found[method] = dict(zip(("cost", "work", "accuracy"), np.transpose(rows).tolist(),
                                 strict=True))  # fmt: skip
    return found


def _parts(number: int, settings: dict[str, Any]) -> list[tuple[str, str, int, int]]:
    """Name, split, size and first image of each part; none is shared with another repetition."""
    n_train, n_fit, n_test = (settings[f"n_{part}"] for part in ("train", "fit", "test"))
    start = number * (n_train + n_fit)
    return [
        ("train", "train", n_train, start),
        ("fit", "train", n_fit, start + n_train),
        ("test", "test", n_test, number * n_test),
    ]


def signals(log_pi: np.ndarray) -> np.ndarray:
    """What a router sees of a network's answer: log probabilities, the two largest, entropy."""
    top = np.sort(log_pi, axis=1)[:, -2:]
    entropy = -(np.exp(log_pi) * log_pi).sum(axis=1)
    return np.column_stack([log_pi, np.exp(top), top[:, 1] - top[:, 0], entropy])


def decide(
    method: str, seen: dict[str, list[np.ndarray]], wrong: np.ndarray, fees: np.ndarray
) -> np.ndarray:
    """Which network answers each test case, ``(n,)``; learned from the cases ``fit`` alone."""
    fit, test = seen["fit"], seen["test"]
    in_turn = cascade_costs(wrong, fees)
    if method in SINGLE:
        at_once = wrong + fees
        at_once[:, 1:] += fees[0]
        router = TwoStageRouter() if method == "cost_regression" else NeighborRouter()
        return router.fit(fit[0], at_once).route(test[0])
    if method == "confidence":
        return _by_confidence(fit, test, in_turn)
    columns = np.split(
        np.arange(sum(s.shape[1] for s in fit)), np.cumsum([s.shape[1] for s in fit])
    )
    if method == "cascade":
        router = CascadeRouter(revealed=[part.tolist() for part in columns[:-1]])
        return router.fit(np.hstack(fit), in_turn).route(np.hstack(test))
    stops = np.zeros((len(test[0]), len(fit)), dtype=bool)
    for k in range(len(fit)):  # looks at the next network only, whoever comes after it
        stage = TwoStageRouter().fit(np.hstack(fit[: k + 1]), in_turn[:, k : k + 2])
        stops[:, k] = stage.route(np.hstack(test[: k + 1])) == 0
    return _first(stops)


def _by_confidence(fit: list[np.ndarray], test: list[np.ndarray], costs: np.ndarray) -> np.ndarray:
    """A threshold on each network's largest probability; the pair that cost least on ``fit``."""
    sure = [np.column_stack([s[:, -3] for s in part]) for part in (fit, test)]
    grid = [np.quantile(column, np.linspace(0, 1, 41)) for column in sure[0].T]
    best, chosen = np.inf, (0.0, 0.0)
    for first in (*grid[0], 2.0):
        for second in (*grid[1], 2.0):
            cost = costs[np.arange(len(costs)), _first(sure[0] >= (first, second))].mean()
            if cost < best:
                best, chosen = cost, (first, second)
    return _first(sure[1] >= chosen)


def _first(stops: np.ndarray) -> np.ndarray:
    """Index of the first network that stops, or of the last one."""
    return np.column_stack([stops, np.ones(len(stops), dtype=bool)]).argmax(axis=1)


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """Means over repetitions that share no image, and differences to the cascade."""
    tasks = [
        (number, run.seed, run.data, run.device, settings)
        for number in range(settings["repetitions"])
    ]
    results = run.map(measure_one, tasks, label=lambda task: f"repetition {task[0]}")
    sizes = results[0]["flops"]
    quality = {m: np.array([_quality(r, m) for r in results]) for m in (*METHODS, MIX)}
    cost = {m: np.array([np.mean(r[m]["cost"]) for r in results]) for m in METHODS}
    return {
        "prices": settings["prices"],
        "repetitions": len(results),
        **{f"n_{part}": settings[f"n_{part}"] for part in ("train", "fit", "test")},
        "flops": sizes,
        "alone": [mean_and_interval(v) for v in np.array([r["alone"] for r in results]).T],
        "methods": {
            m: {
                **{q: np.mean([r[m][q] for r in results], axis=0).tolist()
                   for q in ("work", "accuracy")},
                "cost": mean_and_interval(cost[m]),
                "cost_difference": mean_and_interval(cost["cascade"] - cost[m]),
            }
            for m in METHODS
        },
        "quality": {m: mean_and_interval(values) for m, values in quality.items()},
        "quality_differences": {
            m: mean_and_interval(quality["cascade"] - values) for m, values in quality.items()
        },
    }  # fmt: skip


def _quality(result: dict[str, Any], method: str) -> float:
    """Accuracy on average over mean work, from the smallest network alone to the largest alone."""
    alone, size = result["alone"], np.array(result["flops"]) / result["flops"][-1]
    if method == MIX:
        work, accuracy = size, np.array(alone)
    else:  # everybody may also leave all cases to the first network
        work = np.append(size[0], result[method]["work"])
        accuracy = np.append(alone[0], result[method]["accuracy"])
    return average_quality(work, accuracy, lowest=float(size[0]), highest=1.0)


def tables(found: dict[str, Any]) -> str:
    """The networks, then every method's cost and accuracy."""
    networks = [
        [str(k), f"{size / 1e6:.2f}", with_interval(tuple(alone), scale=100)]
        for k, (size, alone) in enumerate(zip(found["flops"], found["alone"], strict=True))
    ]
    rows = []
    for m, quality in found["quality"].items():
        own, of = m == "cascade", found["methods"].get(m)
        ahead = _written(found["quality_differences"][m], 100, 1)
        cost = ["–", "–"]
        if of is not None:
            cost = [
                with_interval(tuple(of["cost"]), digits=4),
                _written(of["cost_difference"], 1, 4),
            ]
        rows.append(
            [readable(m), cost[0], "–" if own else cost[1],
             with_interval(tuple(quality), scale=100), "–" if own else ahead]
        )  # fmt: skip
    prices = ", ".join(f"{price:g}" for price in found["prices"])
    return (
        f"Means over {found['repetitions']} repetitions that share no image: {found['n_train']:,} "
        f"to train networks on, {found['n_fit']:,} for whatever decides, {found['n_test']:,} to "
        f"test on; 95 % intervals.\n\n"
        + table(["network", "MFLOPs", "accuracy alone, %"], networks)
        + f"\n\n*Cost*: error plus price times operations (the largest network's are 1), on "
        f"average over the prices {prices}. *Accuracy*: on average over mean operations from the "
        f"smallest network's to the largest's, on the upper hull of the test points, in per cent. "
        f"*Cascade less*, *cascade ahead*: paired differences.\n\n"
        + table(["method", "cost", "cascade less", "accuracy", "cascade ahead"], rows)
    )


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """Accuracy against mean operations."""
    largest = found["flops"][-1] / 1e6
    rows = {
        m: Line(*(np.array(of[q])[np.argsort(of["work"])] * scale for q, scale in
                  (("work", largest), ("accuracy", 1.0))))
        for m, of in found["methods"].items()
    }  # fmt: skip
    alone = [mean for mean, _, _ in found["alone"]]
    rows[MIX] = Line(np.array(found["flops"]) / 1e6, alone)
    panel = Panel("", "mean MFLOPs per image", "accuracy", rows, percent_y=True)
    return {"adaptive": lines([panel], width=6.5)}


def claims(found: dict[str, Any]) -> list[Claim]:
    """Learned cascades against what is simpler; and what needs other networks."""
    made = [
        _claim(found, f"learned rejectors in sequence reach a higher accuracy at the same mean "
               f"operations than {words}", method, paper)
        for method, words, paper in (
            (MIX, "a fixed mix of the networks", "curves only: higher"),
            ("confidence", "thresholds on confidence", "curves only: higher"),
        )
    ]  # fmt: skip
    return made + [
        Claim(
            f"the same with {networks}",
            "curves only",
            "–",
            "–",
            NOT_RUN,
            reason,
        )
        for networks, reason in (
            (
                "ResNet-8 and ResNet-56 on CIFAR-10",
                "it takes a GPU, and these networks are not written",
            ),
            ("ResNet-32 and experts for 50 of 100 classes on CIFAR-100", "the images are not here"),
            ("MobileNet-v2 and EfficientNet-B0 on ImageNet", "neither images nor a GPU are here"),
        )
    ]


def _claim(found: dict[str, Any], claim: str, method: str, paper: str) -> Claim:
    difference = found["quality_differences"][method]
    _, low, high = difference
    other = "the interval holds 0" if high >= 0 else "it is the other way round"
    return Claim(
        claim,
        paper,
        f"{_written(difference, 100, 1)} points",
        "small networks, trained briefly",
        IN_DIRECTION if low > 0 else NOT_REPRODUCED,
        "" if low > 0 else other,
    )


def _written(interval: Any, scale: float, digits: int) -> str:
    return with_interval(tuple(interval), scale=scale, digits=digits, signed=True)
