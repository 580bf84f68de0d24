"""Hate speech: tweets as embeddings; the expert is one of the people who judged each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from judging import (
    HEADS,
    METHODS,
    SHORT,
    Cases,
    all_judged,
    difference_table,
    gathered,
    quantity_table,
    standardised,
    taken,
    usual_claims,
)

from cede.report.plotting import Panel, dots
from cede_papers import IN_DIRECTION, Claim, Run, mean_and_interval
from cede_papers.datasets import load_hatespeech

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure


class Task(NamedTuple):
    """One draw of annotators and of a split."""

    seed: int
    settings: dict[str, Any]
    data: Path | None


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """Everything that is reported, by head and method."""
    load_hatespeech(run.data)  # say at once if it is not here
    tasks = [Task(seed, settings, run.data) for seed in run.seeds(settings["trials"])]
    results = run.map(draw, tasks, lambda t: f"seed {t.seed}")
    return {head: gathered(one[head] for one in results) for head in settings["heads"]}


def draw(task: Task) -> dict[str, Any]:
    """Fit and judge every head and method on one draw."""
    return all_judged(*standardised(*drawn_cases(task)), task.settings, task.seed)


def drawn_cases(task: Task) -> tuple[Cases, Cases]:
    """Tweets to train on and others to test on; the expert of each is one of its annotators."""
    tweets = load_hatespeech(task.data, random_state=task.seed)
    rows = np.random.default_rng([task.seed, 3]).permutation(tweets.n_cases)
    size, n_test = task.settings["size"], task.settings["test"]
    cases = Cases(tweets.X, tweets.y, tweets.experts)
    return taken(cases, rows[:size]), taken(cases, rows[size:][:n_test])


def tables(found: dict[str, Any]) -> str:
    """All quantities, and the differences."""
    alone = next(iter(found.values()))[METHODS[0]]["expert_error"]
    return (
        f"{quantity_table(found)}\n\nThe annotator alone errs in {100 * np.mean(alone):.1f} %.\n\n"
        f"**Asymmetric softmax less the others**, points\n\n{difference_table({'tweets': found})}"
    )


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """Every quantity, a row per method."""
    panels = [
        Panel(
            f"{SHORT[quantity]}, {HEADS[head]}",
            "",
            "",
            {method: mean_and_interval(methods[method][quantity]) for method in METHODS},
            percent_x=True,
        )
        for head, methods in found.items()
        for quantity in SHORT
    ]
    return {"hate_speech": dots(panels, columns=3, width=11.0)}


def claims(found: dict[str, Any]) -> list[Claim]:
    """Calibration and error against both baselines."""
    return usual_claims("Hate speech, annotators", list(found.values()), IN_DIRECTION)
