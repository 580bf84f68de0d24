"""Networks on the images of CIFAR-10: a WideResNet for each loss, where there is a GPU."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from judging import (
    METHODS,
    Cases,
    difference_table,
    fitted,
    gathered,
    judged,
    quantity_table,
    usual_claims,
)
from wide_resnet import WideResNet

from cede_papers import IN_DIRECTION, NOT_RUN, Claim, Run
from cede_papers.datasets import (
    load_cifar10_images,
    load_cifar10h,
    load_cifar10n,
    simulate_specialists,
)

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

USES_DEVICE = True

N_CLASSES = 10


class Task(NamedTuple):
    """One network."""

    #: "simulated", or "people": CIFAR-10N's in training, CIFAR-10H's in the test.
    experts: str
    method: str
    seed: int
    settings: dict[str, Any]
    device: str
    data: Path | None


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """Everything that is reported, by experts and method."""
    load_cifar10_images(run.data)  # say at once if they are not here
    tasks = [
        Task(experts, method, seed, settings, run.device, run.data)
        for experts in settings["experts"]
        for seed in run.seeds(settings["trials"])
        for method in METHODS
    ]
    results = run.map(train_one, tasks, lambda t: f"{t.experts}, {t.method}, seed {t.seed}")
    found: dict[str, Any] = {}
    for experts in settings["experts"]:
        mine = [(t, r) for t, r in zip(tasks, results, strict=True) if t.experts == experts]
        by_seed = [
            {t.method: r for t, r in mine if t.seed == seed}
            for seed in run.seeds(settings["trials"])
        ]
        found[experts] = {name_of(settings): gathered(by_seed)}
    return found


def name_of(settings: dict[str, Any]) -> str:
    """Depth and width, as the literature writes them."""
    return f"WideResNet-{settings['depth']}-{settings['width']}"


def train_one(task: Task) -> dict[str, float]:
    """Train one network with one loss and judge it on the test images."""
    settings = task.settings
    shape = {"depth": settings["depth"], "width": settings["width"]}
    head = partial(network, **shape)
    train, test = drawn_cases(task)
    fit = settings["fit"] | {"device": task.device}
    return judged(fitted(task.method, head, train, fit, task.seed), test)


def network(n_features: int, n_scores: int, depth: int, width: int) -> WideResNet:
    """Make a head; features are flat pixels."""
    return WideResNet(n_scores, depth, width)


def drawn_cases(task: Task) -> tuple[Cases, Cases]:
    """Training and test images, flat, with the answers of one draw of experts."""
    rng = np.random.default_rng([task.seed, 28])
    parts = []
    for split, most in (("train", task.settings["size"]), ("test", task.settings["test"])):
        images = load_cifar10_images(task.data, split=split)
        rows = np.sort(rng.permutation(len(images))[:most])
        X = images.pixels(rows).reshape(len(rows), -1) / 255.0
        answers = (simulated if task.experts == "simulated" else people)(images, split, task, rng)
        parts.append(Cases(X, images.y[rows], answers[rows]))
    return parts[0], parts[1]


def simulated(images: Any, split: str, task: Task, rng: np.random.Generator) -> Any:
    """Answers of an expert who knows the first classes."""
    settings = task.settings
    level = {"inside": settings["inside"], "outside": settings["elsewhere"]}
    known = range(settings["known"])
    return simulate_specialists(images.y, [known], n_classes=N_CLASSES, **level, random_state=rng)


def people(images: Any, split: str, task: Task, rng: np.random.Generator) -> Any:
    """One person's answer to each image."""
    if split == "test":
        named = load_cifar10h(task.data, random_state=task.seed)
        slots = np.zeros((named.n_cases, 1), dtype=int)
    else:
        named = load_cifar10n(task.data, features=False)
        slots = rng.integers(named.experts.shape[1], size=(named.n_cases, 1))
    place = np.argsort(named.extras["index"])
    rows = place[np.searchsorted(named.extras["index"], images.index, sorter=place)]
    return np.take_along_axis(named.experts, slots, axis=1)[rows]


def tables(found: dict[str, Any]) -> str:
    """All quantities, and the differences."""
    parts = [f"**{experts}**\n\n{quantity_table(heads)}" for experts, heads in found.items()]
    parts.append(f"**Asymmetric softmax less the others**, points\n\n{difference_table(found)}")
    return "\n\n".join(parts)


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """None: three seeds are best read as numbers."""
    return {}


def claims(found: dict[str, Any]) -> list[Claim]:
    """Calibration and error against both baselines."""
    settings = [methods for heads in found.values() for methods in heads.values()]
    return usual_claims("CIFAR-10, networks on the images", settings, IN_DIRECTION)


def not_run() -> list[Claim]:
    """The same claims, where there was no GPU."""
    return [
        Claim(
            f"CIFAR-10, networks on the images: {claim}",
            "its tables were not recovered",
            "–",
            "–",
            NOT_RUN,
            "it needs a GPU: `run.py --config networks` on a machine with one adds the report",
        )
        for claim in ("the expert's accuracy is better calibrated", "the system errs less")
    ]
