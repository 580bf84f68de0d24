"""Several experts right at once: where the printed family breaks, and what mends it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from mixtures import REFERENCE, Fitting, Method, Problem, accuracy, draw, fit, method_named
from realizable import GOAL, span
from torch import Tensor

from cede.losses import SURROGATES
from cede.report.plotting import Line, Panel, lines
from cede_papers import (
    NOT_REPRODUCED,
    REPRODUCED,
    Claim,
    Run,
    table,
    with_deviation,
)

USES_DEVICE = True

#: Two inputs by how often they come: experts 0 and 1 are right on A, expert 0 alone on B.
SHARES = {"A": 0.9, "B": 0.1}
COSTS = {"A": (0.0, 0.0), "B": (0.0, 1.0)}
#: Scores (two classes, two experts) of two directions; a hypothesis is a multiple of one of them.
DIRECTIONS = {
    "perfect": {"A": (0.0, 0.0, 1.0, 0.0), "B": (0.0, 0.0, 1.0, 0.0)},
    "imperfect": {"A": (0.0, 0.0, 1.0, 1.0), "B": (0.0, 0.0, 0.0, 1.0)},
}
#: What an imperfect router costs: on B it asks the expert who is wrong.
TRUE_LOSS = {"perfect": 0.0, "imperfect": SHARES["B"]}
LENGTHS = (0.0, 5.0, 10.0, 20.0, 40.0)
TINY = 1e-6  # a q at which (1 - t^q) / q is the negative logarithm


def family(q: float) -> list[Method]:
    """Both forms at one q; at q = 1 they are one, the expected cost."""
    if q == 1.0:
        return [Method("expected_cost", "expected_cost")]
    signed = {"q": q, "form": "signed"}
    return [
        Method(f"realizable (signed, q = {q:g})", "realizable", signed),
        Method(f"realizable (q = {q:g})", "realizable", {"q": q}),
    ]


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """Surrogates along two rays, the logarithm's fall, and fits where experts overlap."""
    methods = [method for q in settings["q"] for method in family(q)]
    tasks = [
        (method.name, overlap, settings, run)
        for overlap in settings["overlaps"]
        for method in methods
    ]
    fits = run.map(trained, tasks, lambda task: f"{task[0]}  right besides: {task[1]:g}")
    return {
        "settings": settings,
        "rays": {method.name: along_rays(method, settings["longest"]) for method in methods},
        "logarithm": logarithm(),
        "trained": fits,
    }


def surrogate(method: Method, scores: Tensor, costs: tuple[float, ...]) -> Tensor:
    """Loss of scores ``(n, K + J)`` where the label is 0 and the experts' costs are given."""
    paid = scores.new_tensor(costs).expand(len(scores), len(costs))
    label = torch.zeros(len(scores), dtype=torch.long)
    row = SURROGATES[method.surrogate]
    return row.loss(scores, label, paid, reduction="none", **method.options)


def along_rays(method: Method, longest: float) -> dict[str, Any]:
    """Risk of each direction times 0 to ``longest``."""
    lengths = torch.linspace(0.0, longest, 121, dtype=torch.float64)
    found: dict[str, Any] = {"length": lengths.tolist()}
    for name, scores in DIRECTIONS.items():
        parts = (
            SHARES[x] * surrogate(method, lengths[:, None] * lengths.new_tensor(u), COSTS[x])
            for x, u in scores.items()
        )
        found[name] = sum(parts, torch.zeros_like(lengths)).tolist()
    return found


def logarithm() -> dict[str, list[float]]:
    """Loss on A as the classes' scores fall: in the signed form with q at 0, and layer by layer."""
    falls = torch.tensor(LENGTHS, dtype=torch.float64)
    scores = torch.stack([-falls, -falls, 0 * falls, 0 * falls], -1)
    signed = Method("", "realizable", {"q": TINY, "form": "signed"})
    layers = Method("", "realizable", {"q": 0.0})
    return {
        "fall": list(LENGTHS),
        "signed": (surrogate(signed, scores, COSTS["A"]) / TINY).tolist(),
        "layer_cake": surrogate(layers, scores, COSTS["A"]).tolist(),
    }


def trained(task: tuple[str, float, Mapping[str, Any], Run]) -> dict[str, Any]:
    """Fit one loss to all draws, from zero and from where q = 0 ended."""
    name, overlap, settings, run = task
    method = next(m for q in settings["q"] for m in family(q) if m.name == name)
    n_train, seeds = settings["n_train"], run.seeds(settings["draws"])
    problem = Problem("overlapping experts", "single", 6, 3, wrong=1.0 - overlap)
    cases = draw(problem, n_train + settings["n_test"], seeds)
    train, test = cases.part(0, n_train).to(run.device), cases.part(n_train).to(run.device)
    fitting = Fitting(settings["weight_decay"], settings["tol"])
    reference = method_named(problem, REFERENCE["single"])
    perfect, _ = fit(problem, reference, train, fitting)
    found: dict[str, Any] = {"method": name, "overlap": overlap}
    found["several"] = float(((cases.costs == 0).sum(-1) > 1).double().mean())
    for start, place in (("zero", None), ("q = 0", perfect)):
        heads, _ = fit(problem, method, train, fitting, place)
        found[start] = accuracy(problem, method, heads, test, train)
    return found


def lowest(found: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Lowest risk of each loss along the perfect ray and along the imperfect one."""
    return {
        name: (min(rays["perfect"]), min(rays["imperfect"])) for name, rays in found["rays"].items()
    }


def tables(found: dict[str, Any]) -> str:
    """The two rays, the logarithm, and the fits."""
    rows = [
        [name, f"{good:.3f}", f"{bad:.3f}", "**the wrong one**" if good >= bad else "the perfect"]
        for name, (good, bad) in lowest(found).items()
    ]
    rows.append(["true loss", *(f"{TRUE_LOSS[d]:.3f}" for d in DIRECTIONS), "the perfect"])
    logs, s = found["logarithm"], found["settings"]
    falls = [
        [label, *(f"{value:.1f}" for value in logs[form])]
        for label, form in (("signed", "signed"), ("layer cake", "layer_cake"))
    ]
    header = ["loss", "perfect ray", "imperfect ray", "its minimum picks"]
    return "\n\n".join(
        [
            "### Two inputs, two directions",
            "Lowest risk along each ray.",
            minus(table(header, rows)),
            "With the logarithm, on input A, as the scores of both classes fall by t:",
            minus(table(["form", *(f"t = {t:g}" for t in logs["fall"])], falls)),
            "### Fitted where experts overlap",
            f"The realizable mixture with 3 classes and 3 experts, {s['n_train']:,} cases to fit, "
            f"{s['draws']} draws; an expert who is not responsible is right with the chance above "
            "each column, and below it stands the share of cases in which several are right. "
            "System accuracy, %, from a start at zero → from where `realizable`, q = 0, ended; "
            "mean ± standard deviation.",
            trained_table(found),
        ]
    )


def trained_table(found: dict[str, Any]) -> str:
    """A row per loss, a column per overlap."""
    columns: dict[float, dict[str, dict[str, Any]]] = {}
    for fitted in found["trained"]:
        columns.setdefault(fitted["overlap"], {})[fitted["method"]] = fitted
    first = [next(iter(column.values())) for column in columns.values()]
    rows = [["*several right*", *(f"{100 * fitted['several']:.0f} %" for fitted in first)]]
    for name in found["rays"]:
        cells = (column[name] for column in columns.values())
        rows.append(
            [name, *(f"{with_deviation(c['zero'])} → {with_deviation(c['q = 0'])}" for c in cells)]
        )
    return table(["loss", *(f"{overlap:g}" for overlap in columns)], rows)


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """Risks along the rays, a panel per loss: the lower line should be the perfect one."""
    rays = found["rays"]
    signed = [name for name in rays if "signed" in name]
    order = [*signed, "expected_cost", *(name for name in rays if name not in signed)]
    panels = [
        Panel(
            name,
            "length of the scores",
            "surrogate risk",
            {
                f"{direction} router": Line(rays[name]["length"], rays[name][direction])
                for direction in DIRECTIONS
            },
        )
        for name in dict.fromkeys(order)
        if name in rays
    ]
    return {"several_right": lines(panels, columns=len(signed) + 1, width=11.0)}


def claims(found: dict[str, Any]) -> list[Claim]:
    """Judge: each member of the family finds a perfect router, though several be right at once."""
    names = list(found["rays"])
    signed = [name for name in names if "signed" in name]
    printed = "Where several experts are right at once, {} a perfect router where there is one."
    repair = "our layer-cake form keeps the order at every q tried"
    if misled(found, [n for n in names if n not in (*signed, "expected_cost")]):
        repair = "our layer-cake form does not keep the order either"
    return [
        judged(
            found,
            printed.format("the printed family finds for every 0 < q < 1"),
            signed,
            f"two experts being right, its first weight is negative; {repair}",
        ),
        judged(found, printed.format("mean absolute error (q = 1) finds"), ["expected_cost"], ""),
        overlapping(found, signed),
    ]


def misled(found: dict[str, Any], names: list[str]) -> list[str]:
    """Losses whose lowest risk lies on the imperfect ray."""
    low = lowest(found)
    return [name for name in names if low[name][0] >= low[name][1]]


def judged(found: dict[str, Any], claim: str, names: list[str], reason: str) -> Claim:
    """Make a row of the claims: on the two rays, each of these losses picks the perfect one."""
    low, wrong = lowest(found), misled(found, names)
    shown = "; ".join(
        f"{name}: {low[name][0]:.3f} against {low[name][1]:.3f}" for name in wrong or names
    )
    return Claim(
        claim,
        "theorem; its assumptions could not be recovered",
        f"lowest risk, perfect against imperfect router: {minus(shown)}",
        f"wrong for {len(wrong)} of {len(names)}",
        NOT_REPRODUCED if wrong else REPRODUCED,
        reason if wrong else "",
    )


def overlapping(found: dict[str, Any], signed: list[str]) -> Claim:
    """Make a row of the claims: started at a perfect router, the printed family stays there."""
    ends: dict[str, list[float]] = {}
    for fitted in found["trained"]:
        ends.setdefault(fitted["method"], []).append(float(np.mean(fitted["q = 0"])))
    worst = {name: min(means) for name, means in ends.items()}
    left = [name for name in signed if worst[name] < GOAL]
    others = [name for name in worst if name not in signed]
    shown = "; ".join(f"{name} {worst[name]:.1f} %" for name in signed)
    return Claim(
        "The same fitted: started at a perfect router of the mixture, the printed family, "
        "0 < q < 1, stays there, however often several experts are right.",
        "theorem; its assumptions could not be recovered",
        f"at the worst overlap: {shown}; the others {span([worst[name] for name in others])}",
        f"below {GOAL:g} % for {len(left)} of {len(signed)}",
        NOT_REPRODUCED if left else REPRODUCED,
        "its minimum is another router, which it prefers" if left else "",
    )


def minus(text: str) -> str:
    """Set minus signs before numbers, and none before zero."""
    return re.sub(r"-(?=\d)", "−", re.sub(r"-(0\.0+)(?!\d)", r"\1", text))
