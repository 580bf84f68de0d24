"""Which losses find a perfect router among linear ones, on problems where there is one.

``python papers/realizable/run.py`` trains every method on every problem, minutes on two
cores, and writes report.json, the tables of README.md and figure.svg. ``--quick`` is a small run
for tests; ``--from-report`` trains nothing and writes tables and figure anew.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from config import (
    EXPECTED,
    METHODS,
    PROBLEMS,
    QUICK,
    QUICK_PROBLEMS,
    REALIZABLE,
    VARIATIONS,
    VARIED,
    VARIED_METHODS,
    Method,
    Problem,
    Settings,
)
from present import write
from torch import Tensor

import cede
from cede.datasets import make_realizable_mixture

HERE = Path(__file__).parent


def draw(problem: Problem, settings: Settings) -> tuple[Tensor, Tensor, Tensor]:
    """``X (draws, n, d + 1)``, ``y (draws, n)``, costs ``(draws, n, J)`` or of agents, ``A``."""
    n, two = settings.n_train + settings.n_test, problem.stage == "two"
    n_classes = 2 if two else problem.actions - problem.experts
    draws = []
    for seed in range(settings.draws):
        data = make_realizable_mixture(n, n_classes, problem.actions - n_classes, random_state=seed)
        costs = (data.experts != data.y[:, None]).astype(float)
        if two:  # agents are fixed: whoever the hidden scores name is right, others by chance
            chances = np.random.default_rng([seed, 1]).random((n, problem.actions))
            named = data.extras["responsible"][:, None] == np.arange(problem.actions)
            costs = np.where(named, 0.0, chances < problem.wrong)
        draws.append((np.column_stack([data.X, np.ones(n)]), data.y, costs))
    X, y, costs = (torch.tensor(np.stack(part)) for part in zip(*draws, strict=True))
    return X.float(), y, costs.float()


def fit(
    problem: Problem, method: Method, settings: Settings, X: Tensor, y: Tensor, costs: Tensor
) -> Tensor:
    """Full-batch Adam on linear scores, all draws at once: weights ``(draws, d + 1, scores)``."""
    row = cede.SURROGATES[method.surrogate]
    arguments, width = {
        "single_stage": ((y, costs), problem.actions),
        "two_stage": ((costs,), problem.actions),
        "post_hoc": ((costs[..., 0], costs[..., 1:]), problem.experts),
    }[row.kind]
    options = {k: 1.0 / problem.experts if v == "1/J" else v for k, v in method.options.items()}
    if method.warm:
        weights = fit(problem, REALIZABLE, settings, X, y, costs)
    else:
        generator = torch.Generator().manual_seed(0)
        uniform = 2.0 * torch.rand(len(X), X.shape[-1], width, generator=generator) - 1.0
        weights = settings.start * uniform / (X.shape[-1] - 1) ** 0.5
    weights.requires_grad_()
    optimizer = torch.optim.Adam([weights], lr=settings.step_size)
    for _ in range(settings.steps):
        optimizer.zero_grad()
        row.loss(X @ weights, *arguments, reduction="none", **options).mean(-1).sum().backward()
        optimizer.step()
    return weights.detach()


def evaluate(
    problem: Problem, method: Method, weights: Tensor, X: Tensor, y: Tensor, costs: Tensor
) -> list[float]:
    """System accuracy of each draw, in percent: how often whoever is asked is right."""
    scores = X @ weights
    row = cede.SURROGATES[method.surrogate]
    routes = row.agent_scores(scores, problem.experts).argmax(-1, keepdim=True)
    if problem.stage == "single":
        model = scores[..., : problem.actions - problem.experts].argmax(-1, keepdim=True)
        costs = torch.cat([(model != y.unsqueeze(-1)).float(), costs], -1)
    wrong = costs.gather(-1, routes).squeeze(-1).double().mean(-1)
    return [round(100.0 * (1.0 - share), 3) for share in wrong.tolist()]


def result(task: tuple[Problem, Method, Settings]) -> dict[str, Any]:
    """Train and test one method on one problem."""
    torch.set_num_threads(1)
    problem, method, settings = task
    begin, data = time.perf_counter(), draw(problem, settings)
    weights = fit(problem, method, settings, *(part[:, : settings.n_train] for part in data))
    test = (part[:, settings.n_train :] for part in data)
    return {
        "problem": problem.name,
        "stage": problem.stage,
        "method": asdict(method),
        "expected": EXPECTED[method.perfect](problem),
        "step_size": settings.step_size,
        "start": settings.start,
        "accuracy": evaluate(problem, method, weights, *test),
        "seconds": round(time.perf_counter() - begin, 1),
    }


def reported(results: Iterable[dict[str, Any]], n: int) -> list[dict[str, Any]]:
    """Collect results, with a line for each as it comes."""
    done = []
    for number, r in enumerate(results, 1):
        name, accuracy = r["method"]["name"], np.mean(r["accuracy"])
        setting = f"step {r['step_size']:<4g}  start {r['start']:<2g}"
        line = f"{name:<27}{accuracy:5.1f} %  {r['seconds']:5.1f} s"
        print(f"{number:>3}/{n}  {r['problem']:<20}  {setting}  {line}", flush=True)
        done.append(r)
    return done


def run(quick: bool) -> dict[str, Any]:
    """Everything that is reported."""
    begin, settings = time.perf_counter(), QUICK if quick else Settings()
    tasks = [
        (problem, method, settings)
        for problem in (QUICK_PROBLEMS if quick else PROBLEMS)
        for method in METHODS[problem.stage]
        if method.surrogate != "rejector" or problem.experts == 1
    ]
    for change in () if quick else VARIATIONS:
        tasks += [(VARIED, method, replace(settings, **change)) for method in VARIED_METHODS]
    if quick:
        results = reported(map(result, tasks), len(tasks))
    else:
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            results = reported(pool.map(result, tasks), len(tasks))
    return {
        "versions": {"cede": cede.__version__, "torch": torch.__version__}
        | {"numpy": np.__version__, "python": platform.python_version()},
        "settings": asdict(settings) | {"seeds": list(range(settings.draws)), "start_seed": 0},
        "problems": {problem.name: asdict(problem) for problem in PROBLEMS},
        "seconds": round(time.perf_counter() - begin),
        "results": results,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few seconds; give it an --out")
    parser.add_argument("--from-report", action="store_true", help="write tables and figure anew")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write into")
    arguments = parser.parse_args()
    if arguments.quick and arguments.out.resolve() == HERE:
        parser.error("--quick would overwrite the full run: give it another folder with --out")
    path = arguments.out / "report.json"
    if not arguments.from_report:
        report = run(arguments.quick)
        arguments.out.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    write(json.loads(path.read_text(encoding="utf-8")), arguments.out)


if __name__ == "__main__":
    main()
