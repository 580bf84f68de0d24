"""Two groups, a linear model, a quadratic expert: system risk against the fee, over many trials.

All trials and fees of a method are one batch of linear fits (:func:`fit_many`). :func:`fit_one`
makes one of them alone, to the same tolerance.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from telling import failures
from torch import Tensor

from cede.losses import SURROGATES
from cede.report.plotting import Line, Panel, lines, readable
from cede.training import converge, fit_linear_many, linear, unscaled
from cede_papers import (
    IN_DIRECTION,
    NOT_REPRODUCED,
    Claim,
    Run,
    mean_and_interval,
    table,
    with_interval,
)
from cede_papers.datasets import make_two_groups

SMOOTHED = ("cost_sensitive_softmax", "one_vs_all")  # each fee in the loss, a fit for each
POST_HOC = ("threshold_correction", "rejector")
METHODS = (*SMOOTHED, *POST_HOC, "confidence")
ORACLE, BEST = "oracle", "best of all"


def draw(seeds: list[int], n: int, stream: int) -> dict[str, Tensor]:
    """``n`` cases of each trial; ``stream`` tells training from test cases."""
    made = [make_two_groups(n, np.random.default_rng([seed, stream])) for seed in seeds]
    tables = {
        "X": [p.X for p in made],
        "y": [p.y for p in made],
        "wrong": [(p.experts[:, 0] != p.y).astype(float) for p in made],
        "posterior": [p.class_posterior for p in made],
        "accuracy": [p.expert_accuracy[:, 0] for p in made],
    }
    return {name: torch.as_tensor(np.stack(parts)) for name, parts in tables.items()}


def case_losses(method: str, scores: Tensor, data: dict[str, Tensor], fee: float) -> Tensor:
    """Loss of every case, for scores of any leading shape and data of the same."""
    costs = (data["wrong"] + fee).unsqueeze(-1)
    if method == "rejector":
        model_wrong = (data["model"] != data["y"]).double()
        return SURROGATES["rejector"].loss(scores, model_wrong, costs, reduction="none")
    if method in SMOOTHED:
        loss = SURROGATES[method].loss
        return loss(scores, data["y"], costs, max_cost=1.0 + fee, reduction="none")
    loss = SURROGATES["softmax_one_vs_all"].loss  # without fees: they are for the rule
    return loss(scores, data["y"], data["wrong"].unsqueeze(-1), reduction="none")


def n_scores(method: str) -> int:
    """Two classes and the expert, or the rejector alone."""
    return 1 if method == "rejector" else 3


def fit_many(
    method: str, data: dict[str, Tensor], fees: list[float], settings: dict[str, Any]
) -> Any:
    """Every fee in every trial, as one batch: row ``fee * trials + trial``."""
    trials = len(data["X"])

    def loss(rows: Tensor) -> Callable[[Tensor], Tensor]:
        sizes = torch.bincount(rows // trials, minlength=len(fees)).tolist()
        own = [
            {name: data[name][here % trials] for name in ("y", "wrong", "model") if name in data}
            for here in rows.split(sizes)
        ]

        def mean_loss(scores: Tensor) -> Tensor:
            of_fees = zip(scores.split(sizes), own, fees, strict=True)
            return torch.cat(
                [case_losses(method, *part).mean(-1) for part in of_fees if len(part[0])]
            )

        return mean_loss

    return fit_linear_many(
        data["X"].repeat(len(fees), 1, 1),
        n_scores(method),
        loss,
        weight_decay=settings["weight_decay"],
        tol=settings["tol"],
    )


def fit_one(
    method: str, data: dict[str, Tensor], trial: int, fee: float, settings: dict[str, Any]
) -> torch.nn.Linear:
    """One row of :func:`fit_many`, by the loop for one problem: a head for cases as they come."""
    own = {name: values[trial] for name, values in data.items()}
    centre, scale = own["X"].mean(0), own["X"].std(0, correction=0)
    inputs = (own["X"] - centre) / scale
    head = linear(inputs.shape[1], n_scores(method)).double()
    converge(
        head,
        lambda: case_losses(method, head(inputs), own, fee).mean(),
        weight_decay=settings["weight_decay"],
        tol=settings["tol"],
    )
    unscaled(head, centre, scale)
    return head


def agents(method: str, scores: Tensor, fee: float) -> Tensor:
    """Scores of model and expert ``(..., 2)``, fee included."""
    if method == "rejector":
        return SURROGATES["rejector"].agent_scores(scores, 1)
    if method in SMOOTHED:
        return SURROGATES[method].agent_scores(scores, 1, 1.0 + fee)
    read = SURROGATES["softmax_one_vs_all"].agent_scores(scores, 1)
    if method == "confidence":
        read = torch.cat([read[..., :1], torch.ones_like(read[..., 1:])], -1)
    return read - torch.tensor([0.0, fee], dtype=read.dtype)


def measure_block(task: tuple[list[int], dict[str, Any]]) -> dict[str, Any]:
    """Some trials at every fee: risk, accuracy and deferral rate, ``(fees, trials)`` each."""
    seeds, settings = task
    fees, trials = settings["fees"], len(seeds)
    train, test = draw(seeds, settings["n_train"], 0), draw(seeds, settings["n_test"], 1)
    hybrid = fit_many("softmax_one_vs_all", train, [0.0], settings)
    train["model"] = hybrid.scores(train["X"])[..., :2].argmax(-1)
    base = hybrid.scores(test["X"])
    stuck, found = int((~hybrid.converged).sum()), {}
    for method in METHODS:
        if method in (*SMOOTHED, "rejector"):
            fits = fit_many(method, train, fees, settings)
            stuck += int((~fits.converged).sum())
            every = fits.scores(test["X"].repeat(len(fees), 1, 1)).unflatten(0, (-1, trials))
        else:
            every = base.expand(len(fees), *base.shape)
        of_model = every if method in SMOOTHED else base.expand(len(fees), *base.shape)
        found[method] = [
            _judged(agents(method, every[i], fee), of_model[i][..., :2].argmax(-1), test, fee)
            for i, fee in enumerate(fees)
        ]
    answer = base[..., :2].argmax(-1, keepdim=True)
    chance = test["posterior"].gather(-1, answer).squeeze(-1)
    known = torch.stack([chance, test["accuracy"]], -1)
    found[ORACLE] = [
        _judged(known - torch.tensor([0.0, fee]), answer.squeeze(-1), test, fee) for fee in fees
    ]
    best = test["posterior"].argmax(-1)
    alone = torch.tensor([1.0, 0.0]).expand(known.shape)
    found[BEST] = [_judged(alone, best, test, fee) for fee in fees]
    quantities = ("risk", "accuracy", "deferred", "model")
    return {
        "stuck": stuck,
        **{m: {q: [row[q] for row in rows] for q in quantities} for m, rows in found.items()},
    }


def _judged(scores: Tensor, model: Tensor, test: dict[str, Tensor], fee: float) -> dict[str, Any]:
    deferred = scores[..., 1] > scores[..., 0]
    wrong = (model != test["y"]).double()
    error = torch.where(deferred, test["wrong"], wrong)
    return {
        "risk": (error + fee * deferred).mean(-1).tolist(),
        "accuracy": (1.0 - error).mean(-1).tolist(),
        "deferred": deferred.double().mean(-1).tolist(),
        "model": (1.0 - wrong).mean(-1).tolist(),
    }


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """Means with 95 % intervals over trials, at every fee; and paired differences."""
    seeds, size = run.seeds(settings["trials"]), settings["block"]
    tasks = [(seeds[i : i + size], settings) for i in range(0, len(seeds), size)]
    blocks = run.map(measure_block, tasks, label=lambda task: f"{len(task[0])} trials")

    def over_trials(method: str, quantity: str) -> np.ndarray:
        return np.concatenate([b[method][quantity] for b in blocks], axis=1)

    risk = {m: over_trials(m, "risk") for m in (*METHODS, ORACLE, BEST)}
    pairs = [(ours, other) for ours in POST_HOC for other in (*SMOOTHED, "confidence")]
    return {
        "fees": settings["fees"],
        "trials": len(seeds),
        "n_train": settings["n_train"],
        "n_test": settings["n_test"],
        "not_converged": sum(b["stuck"] for b in blocks),
        "methods": {
            m: {
                q: [mean_and_interval(row) for row in over_trials(m, q)]
                for q in ("risk", "accuracy", "deferred", "model")
            }
            for m in risk
        },
        "mean_risk": {m: mean_and_interval(values.mean(axis=0)) for m, values in risk.items()},
        "differences": {
            f"{ours} − {other}": {
                "mean": mean_and_interval((risk[ours] - risk[other]).mean(axis=0)),
                "by_fee": [mean_and_interval(row) for row in risk[ours] - risk[other]],
            }
            for ours, other in [*pairs, POST_HOC]
        },
    }


def tables(found: dict[str, Any]) -> str:
    """Risk by fee, and paired differences on average over fees."""
    shown = [i for i, _ in enumerate(found["fees"]) if i % 2 == 0]
    header = ["method", *(f"fee {found['fees'][i]:g}" for i in shown), "mean over all fees"]
    rows = [
        [readable(m), *(f"{row['risk'][i][0]:.3f}" for i in shown),
         with_interval(tuple(found["mean_risk"][m]), digits=3)]
        for m, row in found["methods"].items()
    ]  # fmt: skip
    differences = [
        [_names(pair), with_interval(tuple(row["mean"]), digits=3, signed=True), *_by_fee(row)]
        for pair, row in found["differences"].items()
    ]
    return (
        f"System risk, fees included: means over {found['trials']} trials of {found['n_train']} "
        f"cases to train on and {found['n_test']:,} to test on. *Oracle*: knows every "
        f"probability, and keeps the linear model; *best of all*: knows them and needs no expert. "
        f"Fits that did not converge: {found['not_converged']}.\n\n{table(header, rows)}\n\n"
        f"Differences of risk, paired by trial, with 95 % intervals, and at how many of the "
        f"{len(found['fees'])} fees the interval lies wholly on either side.\n\n"
        + table(["difference", "mean over fees", "fees below 0", "fees above 0"], differences)
    )


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """Risk and accuracy against the fee, with bands."""
    panels = []
    for quantity, label in (("risk", "system risk, fee included"), ("accuracy", "system accuracy")):
        is_risk = quantity == "risk"
        rows = {
            m: Line(found["fees"], *np.array(row[quantity]).T)
            for m, row in found["methods"].items()
            if m in METHODS or (m == ORACLE and is_risk)
        }
        levels = {BEST: found["mean_risk"][BEST][0]} if is_risk else {}
        panels.append(Panel("", "fee", label, rows, levels, percent_y=not is_risk))
    return {"two_groups": lines(panels)}


def claims(found: dict[str, Any]) -> list[Claim]:
    """Post-hoc estimators do better than a fee in the loss, and than confidence."""
    made = []
    for ours in POST_HOC:
        for against, words in (
            (SMOOTHED, "losses with the fee inside"),
            (("confidence",), "Chow's rule"),
        ):
            rows = {other: found["differences"][f"{ours} − {other}"] for other in against}
            means = {readable(other): row["mean"] for other, row in rows.items()}
            why_not = failures(means, below=True)
            shown = "; ".join(
                f"{with_interval(tuple(row['mean']), digits=3, signed=True)} against "
                f"{readable(other)}, lower at {_by_fee(row)[0]} of {len(found['fees'])} fees"
                for other, row in rows.items()
            )
            made.append(
                Claim(
                    f"two groups: {readable(ours)} has a lower system risk than {words}, on "
                    f"average over fees",
                    "curves only: lower",
                    shown,
                    "shapes as in the paper, numbers of the generator ours",
                    NOT_REPRODUCED if why_not else IN_DIRECTION,
                    why_not,
                )
            )
    return made


def _by_fee(row: dict[str, Any]) -> tuple[str, str]:
    intervals = row["by_fee"]
    return str(sum(i[2] < 0 for i in intervals)), str(sum(i[1] > 0 for i in intervals))


def _names(pair: str) -> str:
    return " − ".join(readable(name) for name in pair.split(" − "))
