"""CIFAR-10: simulated experts who know the first k classes, and people; heads on given features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from judging import (
    HEADS,
    METHODS,
    PROPOSED,
    QUANTITIES,
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

from cede.report.plotting import Line, Panel, lines
from cede_papers import IN_DIRECTION, NOT_RUN, Claim, Run, mean_and_interval, table
from cede_papers.datasets import load_cifar10h, load_cifar10n, simulate_specialists

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

N_CLASSES = 10
#: Whose answers train and whose test, and what that is.
PEOPLE = {
    "10N to 10H": "trained on CIFAR-10N's people, tested on CIFAR-10H's",
    "10N to 10N": "CIFAR-10N's people, on images not trained on",
    "10H to 10H": "CIFAR-10H's people, on images not trained on",
}


class Task(NamedTuple):
    """One draw of images and of experts' answers."""

    #: "simulated" or a key of :data:`PEOPLE`.
    experts: str
    #: Simulated: how many classes the expert knows, and the accuracy on the others.
    known: int
    elsewhere: float
    seed: int
    settings: dict[str, Any]
    data: Path | None


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """Everything that is reported, by experts, head and method."""
    load_cifar10n(run.data), load_cifar10h(run.data)  # say at once if they are not here
    groups = [("simulated", k, rest) for rest in settings["elsewhere"] for k in settings["known"]]
    people = [(name, 0, 0.0) for name in PEOPLE]
    repeats = dict.fromkeys(groups, settings["trials"]) | dict.fromkeys(people, settings["people"])
    tasks = [
        Task(*group, seed, settings, run.data)
        for group in repeats
        for seed in run.seeds(repeats[group])
    ]
    results = run.map(draw, tasks, lambda t: f"{t.experts} {t.known}, {t.elsewhere}, seed {t.seed}")
    by_group = {
        group: {
            head: gathered(r[head] for t, r in zip(tasks, results, strict=True) if t[:3] == group)
            for head in settings["heads"]
        }
        for group in repeats
    }
    return {
        "inside": settings["inside"],
        "simulated": {
            str(rest): {str(k): by_group["simulated", k, rest] for k in settings["known"]}
            for rest in settings["elsewhere"]
        },
        "people": {name: by_group[name, 0, 0.0] for name in PEOPLE},
    }


def draw(task: Task) -> dict[str, Any]:
    """Fit and judge every head and method on one draw."""
    return all_judged(*standardised(*drawn_cases(task)), task.settings, task.seed)


def drawn_cases(task: Task) -> tuple[Cases, Cases]:
    """Training and test cases of one draw; they share no image."""
    rng = np.random.default_rng([task.seed, N_CLASSES])
    old, new = load_cifar10n(task.data), load_cifar10h(task.data, random_state=task.seed)
    slots = rng.integers(old.experts.shape[1], size=(old.n_cases, 1))
    people = {"10N": np.take_along_axis(old.experts, slots, axis=1), "10H": new.experts}
    sets = {
        name: Cases(one.X, one.y, simulated(one.y, task, rng) if task.known else people[name])
        for name, one in (("10N", old), ("10H", new))
    }
    first, second = ("10N", "10H") if task.known else task.experts.split(" to ")
    rows = rng.permutation(len(sets[first].y))
    size, n_test = task.settings["size"], task.settings["test"]
    unseen = rows[size:] if first == second else rng.permutation(len(sets[second].y))
    return taken(sets[first], rows[:size]), taken(sets[second], unseen[:n_test])


def simulated(y: Any, task: Task, rng: np.random.Generator) -> Any:
    """Answers of an expert who knows the first classes and is as stated elsewhere."""
    level = {"inside": task.settings["inside"], "outside": task.elsewhere}
    return simulate_specialists(
        y, [range(task.known)], n_classes=N_CLASSES, **level, random_state=rng
    )


def tables(found: dict[str, Any]) -> str:
    """Simulated experts by quantity, people by setting, and differences of both."""
    parts = [
        f"**Simulated experts**, right in {100 * found['inside']:.0f} % of the first k classes and "
        f"in {100 * float(rest):.0f} % of the others; means over draws, in %, linear head\n\n"
        + _by_known(by_known)
        for rest, by_known in found["simulated"].items()
    ]
    parts += [
        f"**People, {name}**: {PEOPLE[name]}\n\n{quantity_table(heads)}"
        for name, heads in found["people"].items()
    ]
    settings = {f"simulated, {float(rest):g} elsewhere, mean over k": _mean_over_known(by_known)
                for rest, by_known in found["simulated"].items()} | found["people"]  # fmt: skip
    parts.append(f"**Asymmetric softmax less the others**, points\n\n{difference_table(settings)}")
    return "\n\n".join(parts)


def _by_known(by_known: dict[str, Any]) -> str:
    rows = [
        [QUANTITIES[quantity], method]
        + [_percent(heads["linear"][method][quantity]) for heads in by_known.values()]
        for quantity in QUANTITIES
        for method in METHODS
    ]
    return table(["", "loss", *(f"k = {k}" for k in by_known)], rows)


def _percent(shares: list[float]) -> str:
    return f"{100 * np.mean(shares):.1f}".replace("-", "−")


def _mean_over_known(by_known: dict[str, Any]) -> dict[str, Any]:
    """The same numbers as for one k: of each seed, the mean over k."""
    first = next(iter(by_known.values()))
    return {
        head: {
            method: {
                q: np.mean([heads[head][method][q] for heads in by_known.values()], axis=0).tolist()
                for q in QUANTITIES
            }
            for method in METHODS
        }
        for head in first
    }


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """Calibration error, estimates outside and system error against k, linear head."""
    panels = []
    for rest, by_known in found["simulated"].items():
        for quantity in SHORT:
            rows = {}
            for method in METHODS:
                seeds = [heads["linear"][method][quantity] for heads in by_known.values()]
                middle, low, high = zip(*map(mean_and_interval, seeds), strict=True)
                rows[method] = Line([int(k) for k in by_known], middle, low, high)
            title = f"{SHORT[quantity]}, right in {100 * float(rest):.0f} % elsewhere"
            panels.append(Panel(title, "classes that the expert knows", "", rows, percent_y=True))
    return {"simulated_experts": lines(panels, columns=3, width=11.0)}


def claims(found: dict[str, Any]) -> list[Claim]:
    """Calibration and error against both baselines; the two numbers that an index holds."""
    settings = [
        methods
        for by_known in found["simulated"].values()
        for heads in by_known.values()
        for methods in heads.values()
    ]
    people = [methods for heads in found["people"].values() for methods in heads.values()]
    covered = [methods[PROPOSED]["coverage"] for methods in found["people"]["10H to 10H"].values()]
    shares = " and ".join(f"{100 * np.mean(share):.1f} %" for share in covered)
    called = " and ".join(HEADS[head] for head in found["people"]["10H to 10H"])
    return [
        *usual_claims("CIFAR-10, simulated experts", settings, IN_DIRECTION),
        *usual_claims("CIFAR-10, people", people, IN_DIRECTION),
        Claim(
            "CIFAR-10H: coverage of the method",
            "94.2 % (a third party's index)",
            f"{shares} ({called})",
            "not comparable: their network, ours sees 64 fixed features only",
            NOT_RUN,
            "their number is of a network trained on the images, which needs a GPU; with a weaker "
            "model more is worth deferring",
        ),
        Claim(
            "CIFAR-100: error of the system",
            "19.3 % (a third party's index)",
            "–",
            "–",
            NOT_RUN,
            "the images of CIFAR-100 cannot be had here",
        ),
    ]
