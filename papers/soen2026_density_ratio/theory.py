"""What the losses find, checked on samples whose every conditional mean is known by counting."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import binom
from torch import Tensor, nn

from cede import DensityRatioRouter
from cede.losses import density_ratio, ideal_weights
from cede.operating import deferral_curve_from_scores
from cede.report.plotting import Line, Panel, lines
from cede.routers import Linear
from cede.training import converge
from cede_papers import NOT_REPRODUCED, REPRODUCED, Claim, Run, table

PROPER = ("log", "square", "exponential")
#: What counts as equal: an optimum found by descent, a sum of thousands of terms.
FOUND, EXACT = 1e-3, 1e-10


class Problem(NamedTuple):
    """A sample that is its own distribution: cases of few kinds, labels and answers drawn."""

    kind: NDArray[np.int64]
    y: NDArray[np.int64]
    #: Errors of the model and of the expert, ``(n, 2)``.
    errors: NDArray[np.float64]
    #: Logarithmic losses of the model and of the expert, which depend on kind and label only.
    logs: NDArray[np.float64]


def problem(settings: dict[str, Any], seed: int) -> Problem:
    """Draw posteriors, a model and an expert; then cases."""
    rng = np.random.default_rng(seed)
    groups, classes, n = (settings[key] for key in ("groups", "classes", "cases"))
    posterior, of_model, of_expert = rng.dirichlet(np.ones(classes), size=(3, groups))
    kind = rng.integers(0, groups, n)
    y = (rng.random((n, 1)) > posterior[kind].cumsum(axis=1)).sum(axis=1).clip(max=classes - 1)
    right = rng.random(n) < rng.uniform(0.1, 0.95, (groups, classes))[kind, y]
    model_wrong = (0.7 * posterior + 0.3 * of_model).argmax(axis=1)[kind] != y
    errors = np.column_stack([model_wrong, ~right]).astype(float)
    logs = -np.log(np.column_stack([of_model[kind, y], of_expert[kind, y]]).clip(1e-3))
    return Problem(kind, y, errors, logs)


def by_kind(values: NDArray[np.float64], kind: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean of each kind of case."""
    return np.bincount(kind, values) / np.bincount(kind)


def log_ratio(losses: NDArray[np.float64], kind: Any, temperature: float) -> NDArray[np.float64]:
    """Logarithm of the ratio of the marginals of both joint ideals, by counting."""
    weights = [ideal_weights(torch.as_tensor(loss), temperature).numpy() for loss in losses.T]
    return np.log(by_kind(weights[0], kind) / by_kind(weights[1], kind))


def minimiser(losses: Any, kind: Any, temperature: float, proper: Any) -> NDArray[np.float64]:
    """The scores of least loss, one per kind of case, found by descent."""
    scores = nn.Parameter(torch.zeros(int(kind.max()) + 1, dtype=torch.float64))
    place, (of_model, of_expert) = torch.as_tensor(kind), torch.as_tensor(losses.T.copy())

    def objective() -> Tensor:
        return density_ratio(
            scores[place], of_model, of_expert, temperature=temperature, proper=proper
        )

    converge(nn.ParameterList([scores]), objective, tol=1e-12)
    return scores.detach().numpy()


def tilted(p: Problem, temperature: float) -> NDArray[np.float64]:
    """The same ratio through the posterior that is tilted towards what the expert answers well."""
    of_model, of_expert = p.logs.T
    constant = np.log(np.exp(-of_expert / temperature).mean())
    constant -= np.log(np.exp(-of_model / temperature).mean())
    tilt = np.exp(-of_expert / temperature)
    tilt /= by_kind(tilt, p.kind)[p.kind]  # P_e(y|x) = tilt P(y|x)
    return constant + np.log(by_kind(tilt * np.exp(-(of_model - of_expert) / temperature), p.kind))


def one_problem(task: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    """Largest errors and shares of agreement of one problem."""
    seed, settings = task
    p = problem(settings, seed)
    accuracy = np.column_stack([by_kind(1.0 - column, p.kind) for column in p.errors.T])
    differ = np.abs(accuracy[:, 1] - accuracy[:, 0]) > 1e-9  # of a tie either answer is right
    better = (accuracy[:, 1] > accuracy[:, 0])[differ]
    kinds = np.eye(settings["groups"])
    found: dict[str, Any] = {"optimum": {}, "at_log": [], "at_zero": [], "fitted": []}
    errors: dict[str, list[float]] = {proper: [] for proper in PROPER}
    identity = []
    for t in settings["temperatures"]:
        for losses in (p.errors, p.logs):
            truth = log_ratio(losses, p.kind, t)
            for proper in PROPER:
                apart = minimiser(losses, p.kind, t, proper) - truth
                errors[proper].append(float(np.abs(apart).max()))
        identity.append(float(np.abs(tilted(p, t) - log_ratio(p.logs, p.kind, t)).max()))
        truth = log_ratio(p.errors, p.kind, t)
        normalisers = np.log(np.exp(-p.errors / t).mean(axis=0))
        below = truth[differ] < normalisers[1] - normalisers[0]
        found["at_log"].append(float((below == better).mean()))
        found["at_zero"].append(float(((truth[differ] < 0.0) == better).mean()))
        router = DensityRatioRouter(temperature=t, head=Linear(weight_decay=0.0, tol=1e-10))
        routes = router.fit(kinds[p.kind], p.errors).route(kinds)
        found["fitted"].append(float(((routes[differ] == 1) == better).mean()))
    found["optimum"] = {proper: max(values) for proper, values in errors.items()}
    found["tilted"] = max(identity)
    found["chow"], found["fees"] = _marginal(p, accuracy, kinds, settings)
    return found


def _marginal(p: Problem, accuracy: Any, kinds: Any, settings: Any) -> tuple[float, ...]:
    """Share of decisions of marginal ideals that are Chow's, and that are a_e - a_h > fee."""
    constant, general = [], []
    for fee in np.linspace(0.013, 0.937, settings["fees"]):
        for t in settings["temperatures"]:
            always = np.column_stack([p.errors[:, 0], np.full(len(p.y), fee)])
            router = DensityRatioRouter(
                temperature=t, ideals="marginal", head=Linear(weight_decay=0.0)
            )
            router.fit(kinds[p.kind], always)
            shift = router.log_normalizers_[0, 1] - router.log_normalizers_[0, 0]
            asked = router.log_ratios(kinds)[:, 0] < shift
            constant.append((asked == (accuracy[:, 0] < 1.0 - fee)).mean())
            router.fit(kinds[p.kind], p.errors)
            shift = router.log_normalizers_[0, 1] - router.log_normalizers_[0, 0]
            asked = router.log_ratios(kinds)[:, 0] < shift - fee / t
            general.append((asked == (accuracy[:, 1] - accuracy[:, 0] > fee)).mean())
    return float(np.mean(constant)), float(np.mean(general))


def ranking(settings: dict[str, Any], seed: int) -> dict[str, Any]:
    """Accuracy gained at a budget when cases are ranked by the optimum for errors of 0 and 1."""
    rng = np.random.default_rng(seed)
    model, expert = rng.uniform(0.02, 0.98, (2, settings["pairs"]))
    costs = 1.0 - np.column_stack([model, expert])

    def gained(ahead: NDArray[np.float64]) -> float:
        curve = deferral_curve_from_scores(np.column_stack([np.zeros_like(ahead), ahead]), costs)
        saved = curve.error[0] - curve.risk_at(settings["budget"])
        return float(saved / settings["budget"])

    gains = []
    for t in settings["ranking_temperatures"]:
        floor = np.exp(-1.0 / t)
        gains.append(gained(np.log((floor + (1 - floor) * expert) / (floor + (1 - floor) * model))))
    return {
        "temperatures": settings["ranking_temperatures"],
        "gains": gains,
        "ratio": gained(np.log(expert / model)),
        "best": gained(expert - model),
        "budget": settings["budget"],
    }


def batch_bias(size: int, temperature: float = 0.2, error: float = 0.3) -> float:
    """E[Z / Z of a batch], exactly, where a share of the cases are errors of 1."""
    wrong = np.arange(size + 1)
    floor = np.exp(-1.0 / temperature)
    of_batch = (size - wrong + floor * wrong) / size
    return float(binom.pmf(wrong, size, error) @ ((1 - error + floor * error) / of_batch))


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """Errors over all problems, the ranking, and what batches do to the normalisers."""
    tasks = [(seed, settings) for seed in run.seeds(settings["problems"])]
    each = run.map(one_problem, tasks, lambda task: f"problem {task[0]}")
    return {
        "problems": len(each),
        "temperatures": settings["temperatures"],
        "optimum": {proper: max(one["optimum"][proper] for one in each) for proper in PROPER},
        "tilted": max(one["tilted"] for one in each),
        **{
            key: np.mean([one[key] for one in each], axis=0)
            for key in ("at_log", "at_zero", "fitted")
        },
        "chow": min(one["chow"] for one in each),
        "fees": min(one["fees"] for one in each),
        "ranking": ranking(settings, run.seed),
        "batches": {size: batch_bias(size) for size in settings["batches"]},
    }


def tables(found: dict[str, Any]) -> str:
    """Errors, agreement and ranking."""
    order = found["ranking"]
    errors = [[f"optimum, {proper} loss", f"{e:.1e}"] for proper, e in found["optimum"].items()]
    errors.append(["identity of the tilted posterior", f"{found['tilted']:.1e}"])
    agreement = [
        [f"{t:g}", *(f"{100 * found[key][i]:.1f}" for key in ("at_log", "fitted", "at_zero"))]
        for i, t in enumerate(found["temperatures"])
    ]
    gains = [
        [f"{t:g}", f"{g:.3f}"] for t, g in zip(order["temperatures"], order["gains"], strict=True)
    ]
    ends = [["none: ratio of accuracies", f"{order['ratio']:.3f}"]]
    ends += [["none: difference, the best for a budget", f"{order['best']:.3f}"]]
    batches = [[size, f"{bias:.3f}"] for size, bias in found["batches"].items()]
    return "\n\n".join(
        [
            f"Largest error over {found['problems']} problems, every temperature, and losses of "
            f"0 and 1 as well as logarithmic ones:",
            table(["quantity", "largest error"], errors),
            "Share of kinds of cases, %, on which *ask the expert* is what *the expert is right "
            "more often* says; the last column leaves the normalisers out of the threshold:",
            table(
                [
                    "temperature",
                    "log ratio < log(Z_e/Z_m)",
                    "fitted router, price 0",
                    "log ratio < 0",
                ],
                agreement,
            ),
            f"Errors saved per deferred case where {100 * order['budget']:.0f} % are deferred, "
            f"model and expert of independent, uniform accuracy:",
            table(["temperature", "saved"], ends[:1] + gains + ends[1:]),
            "Mean of Z / Z of a batch (temperature 0.2, 30 % errors): by how much normalisers of "
            "batches inflate weights:",
            table(["cases in a batch", "factor"], batches),
        ]
    )


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """Ranking and agreement against the temperature."""
    order, best = found["ranking"], found["ranking"]["best"]
    ranking_panel = Panel(
        f"Errors saved per deferred case, {100 * order['budget']:.0f} % deferred",
        "temperature",
        "errors saved",
        {"density_ratio": Line(order["temperatures"], order["gains"])},
        {"best for a budget": best, "ratio of accuracies": order["ratio"]},
        log_x=True,
    )
    agreement = {
        "density_ratio": found["at_log"],
        "density_ratio (threshold 0)": found["at_zero"],
    }
    rows = {name: Line(found["temperatures"], shares) for name, shares in agreement.items()}
    agreement_panel = Panel(
        "Asked where the expert is right more often",
        "temperature",
        "share of kinds of cases",
        rows,
        percent_y=True,
    )
    return {"theory": lines([ranking_panel, agreement_panel])}


def claims(found: dict[str, Any]) -> list[Claim]:
    """What holds for every problem, or does not."""
    order = found["ranking"]
    worst = max(found["optimum"].values())
    gains = order["gains"]
    rises = all(a <= b + 1e-9 for a, b in pairwise(gains))
    near = order["best"] - gains[-1] < 0.01 * order["best"]
    agrees = min(min(found["at_log"]), min(found["fitted"]))
    return [
        _theorem(
            "Minimising a DR CPE loss (log, square, exponential) gives the log density ratio of "
            "the ideals' marginals", "theorem", f"largest error {worst:.1e}", worst < FOUND,
        ),
        _theorem(
            "With joint ideals the ratio is one under the expert-tilted posterior",
            "theorem", f"largest error {found['tilted']:.1e}", found["tilted"] < EXACT,
        ),
        _theorem(
            "With marginal ideals and an expert of constant accuracy, deferral is Chow's rule",
            "theorem", f"{100 * found['chow']:.1f} % of decisions", found["chow"] == 1.0,
        ),
        _theorem(
            "With marginal ideals, the threshold log(Z_e/Z_m) − fee/temperature defers where "
            "a_e − a_m > fee", "derived", f"{100 * found['fees']:.1f} % of decisions",
            found["fees"] == 1.0,
        ),
        _theorem(
            "With joint ideals and errors of 0 and 1, the threshold log(Z_e/Z_m) defers where the "
            "expert is right more often, whatever the temperature", "derived",
            f"{100 * agrees:.1f} % at the least", agrees == 1.0,
        ),
        _theorem(
            "At a budget, the ranking nears the best one as the temperature grows", "derived",
            f"{gains[0]:.3f} → {gains[-1]:.3f} errors saved, best {order['best']:.3f}",
            rises and near,
        ),
    ]  # fmt: skip


def _theorem(claim: str, paper: str, ours: str, holds: bool) -> Claim:
    if holds:
        return Claim(claim, paper, ours, "none", REPRODUCED)
    return Claim(claim, paper, ours, "see ours", NOT_REPRODUCED, "some problem contradicts it")
