"""What a fee inside the loss does to the model: training accuracy and entropy against the fee."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from photos import Cases, repetition, specialist
from sklearn.datasets import make_blobs
from telling import failures
from torch import Tensor, nn

from cede import SingleStageClassifier
from cede.losses import SURROGATES
from cede.report.plotting import Line, Panel, lines, readable
from cede.training import Schedule, converge, mlp, seeded, train
from cede_papers import (
    IN_DIRECTION,
    NOT_REPRODUCED,
    REPRODUCED,
    Claim,
    Run,
    mean_and_interval,
    table,
    with_interval,
)

SMOOTHED = ("cost_sensitive_softmax", "one_vs_all")
HYBRID = "softmax_one_vs_all"
METHODS = (*SMOOTHED, HYBRID)
QUANTITIES = ("training accuracy", "test accuracy", "entropy", "decoded entropy", "margin")


def blobs(number: int, seed: int, settings: dict[str, Any]) -> tuple[Cases, Cases]:
    """Overlapping normal blobs, one per class; every repetition has its own."""
    n, classes = settings["n_train"], settings["blob_classes"]
    X, y = make_blobs(
        2 * n, n_features=settings["blob_features"], centers=classes,
        center_box=(-settings["blob_box"], settings["blob_box"]), random_state=seed + number,
    )  # fmt: skip
    experts = specialist(y, classes, seed=1_000 * seed + number)
    return Cases(X[:n], y[:n], experts[:n]), Cases(X[n:], y[n:], experts[n:])


def fitted(
    head: str, method: str, fee: float, cases: Cases, n_classes: int, seed: int, settings: Any
) -> nn.Module:
    """Scores of classes and expert, the fee being in the loss: a line, or a network."""
    if head == "linear":
        router = SingleStageClassifier(method, fees=fee, fees_in="loss")
        return router.fit(cases.X, cases.y, experts=cases.experts).module_
    device, steps = torch.device("cpu"), count()
    wrong = (cases.experts != cases.y[:, None]) + fee
    with seeded(seed, device):
        module = mlp(cases.X.shape[1], n_classes + 1)
        train(
            module,
            lambda scores, y, costs: SURROGATES[method].loss(scores, y, costs, max_cost=1.0 + fee),
            lambda: (-float(next(steps)), 0.0),  # no early stopping: the last epoch is kept
            torch.as_tensor(_standardised(cases.X, cases.X)).float(),
            [torch.as_tensor(cases.y), torch.as_tensor(wrong).float()],
            Schedule(max_epochs=settings["epochs"], learning_rate=settings["learning_rate"]),
        )
    return module


def posterior(method: str, scores: Tensor, n_classes: int, fee: float) -> tuple[Tensor, Tensor]:
    """Class probabilities as trained, and with the smoothing taken off again; ``(n, K)``."""
    f = scores[:, :n_classes]
    raw = f.sigmoid() if method == "one_vs_all" else f.softmax(-1)
    bound = 1.0 + fee if method in SMOOTHED else 1.0
    decoded = SURROGATES[method].decode(scores, 1, bound).class_posterior.clamp(min=1e-12)
    return _shares(raw), _shares(decoded)


def measure_one(task: tuple[str, str, int, int, Path | None, dict[str, Any]]) -> dict[str, Any]:
    """All methods and fees on one repetition: lists over fees, by method and quantity."""
    problem, head, number, seed, data, settings = task
    if problem == "blobs":
        seen, unseen = blobs(number, seed, settings)
    else:
        seen, unseen = repetition(data, number, seed, settings["n_train"], settings["n_test"])
    n_classes, found = int(seen.y.max()) + 1, {}
    for method in METHODS:
        rows = []
        for fee in settings["fees"]:
            module = fitted(head, method, fee, seen, n_classes, seed + number, settings)
            scores, tested = (_scores(head, module, seen.X, cases.X) for cases in (seen, unseen))
            raw, decoded = posterior(method, scores, n_classes, fee)
            first, second = raw.topk(2).values.T
            hit = scores[:, :n_classes].argmax(-1).numpy() == seen.y
            tested_hit = tested[:, :n_classes].argmax(-1).numpy() == unseen.y
            rows.append(
                [hit.mean(), tested_hit.mean(), _entropy(raw), _entropy(decoded),
                 (first - second).mean().item()]
            )  # fmt: skip
        found[method] = dict(zip(QUANTITIES, map(list, zip(*rows, strict=True)), strict=True))
    return found


def population_margin(task: tuple[int, float]) -> tuple[float, float]:
    """Gap between the likeliest and any other class at the minimum: computed, and by formula.

    Class 0 has probability 0.9, the others share the rest, and the expert is always wrong.
    """
    n_classes, fee = task
    chances = torch.full((n_classes,), 0.1 / (n_classes - 1), dtype=torch.float64)
    chances[0] = 0.9
    scores = nn.Linear(1, n_classes + 1).double()
    nn.init.zeros_(scores.weight)
    nn.init.zeros_(scores.bias)
    scores.weight.requires_grad_(False)
    one, y = torch.ones(n_classes, 1, dtype=torch.float64), torch.arange(n_classes)
    costs = torch.full((n_classes, 1), 1.0 + fee, dtype=torch.float64)
    loss = SURROGATES["cost_sensitive_softmax"].loss
    converge(
        scores,
        lambda: loss(scores(one), y, costs, max_cost=1.0 + fee, sample_weight=chances),
        tol=1e-10,
    )
    p = scores.bias.detach()[:n_classes].softmax(-1)
    wanted = (0.9 - chances[1].item()) / (1.0 + n_classes * fee)
    return (p[0] - p[1]).item(), wanted


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """Every problem and head over repetitions, and the margin of the population."""
    tasks = [
        (problem, head, number, run.seed, run.data, settings)
        for problem in settings["problems"]
        for head in settings["heads"]
        for number in range(settings["repetitions"])
    ]
    results = run.map(measure_one, tasks, label=lambda t: f"{t[0]}, {t[1]}, repetition {t[2]}")
    cells: dict[str, list[dict[str, Any]]] = {}
    for task, result in zip(tasks, results, strict=True):
        cells.setdefault(f"{task[0]}, {task[1]}", []).append(result)
    points = [(k, fee) for k in (2, 10, 100) for fee in (0.0, 0.5, 1.0)]
    margins = run.map(population_margin, points, label=lambda p: f"margin, {p[0]} classes")
    return {
        "fees": settings["fees"],
        "repetitions": settings["repetitions"],
        "classes": {p: settings["blob_classes"] if p == "blobs" else 10
                    for p in settings["problems"]},
        "cells": {name: _summary(rows) for name, rows in cells.items()},
        "population": [
            {"classes": k, "fee": fee, "computed": computed, "formula": formula}
            for (k, fee), (computed, formula) in zip(points, margins, strict=True)
        ],
    }  # fmt: skip


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for method in METHODS:
        values = {q: np.array([row[method][q] for row in rows]) for q in QUANTITIES}
        found[method] = {q: [mean_and_interval(v) for v in values[q].T] for q in QUANTITIES}
        found[method]["changes"] = {
            q: mean_and_interval(values[q][:, -1] - values[q][:, 0]) for q in QUANTITIES
        }
    return found


def _scores(head: str, module: nn.Module, seen: np.ndarray, X: np.ndarray) -> Tensor:
    inputs = X if head == "linear" else _standardised(seen, X)
    with torch.no_grad():
        return module(torch.as_tensor(inputs).to(next(module.parameters()))).double()


def _standardised(seen: np.ndarray, X: np.ndarray) -> np.ndarray:
    return (X - seen.mean(axis=0)) / seen.std(axis=0)


def _shares(values: Tensor) -> Tensor:
    return values / values.sum(-1, keepdim=True)


def _entropy(p: Tensor) -> float:
    return float(torch.special.entr(p).sum(-1).mean())


def tables(found: dict[str, Any]) -> str:
    """Fee 0 against the largest one, and the population's margins."""
    last = f"{found['fees'][-1]:g}"
    header = ["problem, head", "method", "training accuracy at fee 0, %", f"change at {last}",
              "entropy at fee 0, nats", f"at {last}", "decoded"]  # fmt: skip
    rows = [
        [
            cell,
            readable(method),
            with_interval(tuple(row["training accuracy"][0]), scale=100),
            with_interval(tuple(row["changes"]["training accuracy"]), scale=100, signed=True),
            f"{row['entropy'][0][0]:.2f}",
            f"{row['entropy'][-1][0]:.2f}",
            f"{row['decoded entropy'][-1][0]:.2f}",
        ]
        for cell, methods in found["cells"].items()
        for method, row in methods.items()
    ]
    margins = [
        [str(row["classes"]), f"{row['fee']:g}", f"{row['computed']:.5f}", f"{row['formula']:.5f}"]
        for row in found["population"]
    ]
    return (
        f"Means over {found['repetitions']} repetitions that share no case, with 95 % intervals. "
        f"*Decoded*: entropy at fee {last} after the smoothing is taken off by the formula of the "
        f"loss.\n\n{table(header, rows)}\n\n"
        f"Margin of the likeliest class (0.9) at the minimum of cost-sensitive softmax over all "
        f"functions, the expert being useless: minimised, and (η₁ − η₂) / (1 + K c₀).\n\n"
        + table(["classes", "fee", "computed", "formula"], margins)
    )


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """Training accuracy above, entropy below."""
    panels = []
    for quantity, label in (
        ("training accuracy", "training accuracy"),
        ("entropy", "entropy, nats"),
    ):
        for cell, methods in found["cells"].items():
            rows = {
                m: Line(found["fees"], *np.array(row[quantity]).T) for m, row in methods.items()
            }
            share = quantity != "entropy"
            panels.append(Panel(cell, "fee in the loss", label, rows, percent_y=share))
    columns = len(found["cells"])
    return {"underfitting": lines(panels, columns=columns, width=max(3.0 * columns, 6.0))}


def claims(found: dict[str, Any]) -> list[Claim]:
    """A fee in the loss smooths the labels, so the model learns less; not in the hybrid's."""
    off = max(abs(row["computed"] - row["formula"]) for row in found["population"])
    worst = found["population"][-1]
    made = [
        Claim(
            "a fee in the loss shrinks class margins of cost-sensitive softmax, the more the "
            "more classes: by 1 / (1 + K c₀), at the minimum over all functions",
            "stated without a number; the formula is ours",
            f"{worst['computed']:.4f} instead of 0.899 for {worst['classes']} classes at fee "
            f"{worst['fee']:g}",
            "none to six digits" if off < 1e-6 else f"{off:.0e} from the formula",
            REPRODUCED if off < 1e-6 else NOT_REPRODUCED,
        )
    ]
    heads = list(dict.fromkeys(cell.split(", ")[1] for cell in found["cells"]))
    for method in METHODS:
        made += [_change_claim(found, method, "training accuracy", [head]) for head in heads]
        made.append(_change_claim(found, method, "entropy", heads))
    return made


def _change_claim(found: dict[str, Any], method: str, quantity: str, heads: list[str]) -> Claim:
    accuracy = quantity == "training accuracy"
    changes = {
        cell: row[method]["changes"][quantity]
        for cell, row in found["cells"].items()
        if cell.split(", ")[1] in heads
    }
    flat = method == HYBRID
    if flat:  # within one point of accuracy, or a twentieth of a nat, at 95 % confidence
        bound = 0.01 if accuracy else 0.05
        moved = [c for c, (_, low, high) in changes.items() if low <= -bound or high >= bound]
        why_not = f"the interval is wider, or elsewhere, for {'; '.join(moved)}" if moved else ""
    else:
        why_not = failures(changes, below=accuracy)
    direction = "stays" if flat else "falls" if accuracy else "rises"
    scale, unit = (100, "points") if accuracy else (1, "nats")
    shown = "; ".join(
        f"{cell}: {with_interval(tuple(c), scale=scale, digits=1 if accuracy else 2, signed=True)}"
        for cell, c in changes.items()
    )
    return Claim(
        f"with the fee in the loss, {quantity} of {readable(method)} {direction} as the fee grows "
        f"from 0 to {found['fees'][-1]:g} ({', '.join(heads)})",
        "curves only: " + ("flat" if flat else direction),
        f"{shown} ({unit})",
        "other networks",
        NOT_REPRODUCED if why_not else IN_DIRECTION,
        why_not,
    )
