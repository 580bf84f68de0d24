"""Part (a): who should look at a photograph, by the fee of looking closely.

Agents are real detectors, the model the smallest of them. An agent's cost is the mean of
``1[wrong class]`` and one minus the overlap of its box (``cede.multitask_costs``), or one minus the
average precision in the image (``cede.detection_costs``, IoU 0.5 to 0.95), plus its fee: ``beta``
for the expert that computes most, less for others in proportion to their GFLOPs.

Every photograph is routed by routers that did not see it, in folds drawn several times; intervals
are percentiles over photographs drawn with replacement, each with all its repetitions.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold

from cede import TwoStageRouter, detection_costs, multitask_costs
from cede.evaluation.resampling import paired_bootstrap
from cede.losses import SURROGATES
from cede.report.plotting import Line, Panel, lines
from cede_papers import IN_DIRECTION, NOT_REPRODUCED, Claim, Run, table, with_interval
from cede_papers.datasets import load_detection_voc_animals

#: mAP and shares (model, expert 1, expert 2) in % of three Faster R-CNN on Pascal VOC, by beta.
PAPER = {
    0.01: (52.8, (0.0, 0.0, 100.0)),
    0.05: (52.5, (7.3, 0.0, 92.7)),
    0.1: (49.1, (48.0, 0.0, 52.0)),
    0.15: (44.2, (68.1, 19.7, 12.2)),
    0.2: (42.0, (77.5, 22.5, 0.0)),
    0.3: (40.1, (98.1, 1.9, 0.0)),
    0.5: (39.5, (100.0, 0.0, 0.0)),
}
#: The line-up and the rejector that stand in for the paper's, and what is told of each case.
MAIN, OURS = "three detectors", "aggregated"
QUALITY = ("class", "iou", "ap")
#: Two ways of asking the same agents differ by no more than sums do.
ROUNDING = 1e-9


def surrogate(name: str) -> Any:
    """A row of SURROGATES, with ``u`` set by "aggregated (u = 0)"."""
    option = re.search(r"\(u = (.+)\)", name)
    row = SURROGATES[name.split(" (")[0]]
    return row.using(u=float(option[1])) if option else row


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """Agents alone, then each line-up under every fee."""
    photos = load_detection_voc_animals(run.data)
    precision = detection_costs(photos.detections, photos.truths, iou="coco")
    assert photos.class_costs is not None
    assert photos.box_costs is not None
    quality = 1.0 - np.stack([photos.class_costs, photos.box_costs, precision], axis=2)
    costs = {
        "class and box": multitask_costs([photos.class_costs, photos.box_costs], [0.5, 0.5]),
        "average precision": precision,
    }
    tasks = []
    for line_up in settings["line_ups"]:
        columns = [photos.agent_names.index(name) for name in line_up["agents"]]
        compute = np.array([settings["gflops"][name] for name in line_up["agents"]])
        ratios = compute[1:] / compute[1:].max()
        of = (photos.X, costs[line_up["cost"]][:, columns], quality[:, columns], ratios)
        tasks += [(settings, run, line_up["name"], rejector, of) for rejector in settings["by"]]
    rows = run.map(_rejector, tasks, label=lambda task: f"{task[2]}, {task[3]}")
    found: dict[str, Any] = {line_up["name"]: dict(line_up) for line_up in settings["line_ups"]}
    for task, row in zip(tasks, rows, strict=True):
        found[task[2]]["ratios"] = task[4][3]
        found[task[2]].setdefault("by", {})[task[3]] = row
    alone = dict(zip(photos.agent_names, quality.mean(axis=0).tolist(), strict=True))
    return {
        "photos": len(photos.X),
        "fees": settings["fees"],
        "gflops": settings["gflops"],
        "alone": {name: dict(zip(QUALITY, row, strict=True)) for name, row in alone.items()},
        "line_ups": found,
    }


def _rejector(task: Any) -> dict[str, Any]:
    """One kind of router under all fees, with intervals over photographs."""
    settings, run, _, name, (X, costs, quality, ratios) = task
    n, n_agents = costs.shape
    columns, alone = [], []
    for fee in settings["fees"]:
        paid = costs + np.concatenate([[0.0], fee * ratios])
        told = np.zeros((n, len(QUALITY) + 1 + n_agents))
        for seed in run.seeds(settings["repeats"]):
            routes = _out_of_fold(X, paid, name, settings["folds"], seed)
            told[:, : len(QUALITY)] += quality[np.arange(n), routes]
            told[:, len(QUALITY)] += paid[np.arange(n), routes]
            told[np.arange(n), len(QUALITY) + 1 + routes] += 1.0
        columns.append(told / settings["repeats"])
        alone.append(paid[:, paid.mean(axis=0).argmin()])
    told = np.stack(columns, axis=1)  # (n, fees, numbers)
    names = [*QUALITY, "cost", *(f"share {j}" for j in range(n_agents))]
    parts = {name: told[:, :, k] for k, name in enumerate(names)}
    parts["minus best alone"] = parts["cost"] - np.column_stack(alone)
    parts["steps of share 0"] = np.diff(parts["share 0"], axis=1)
    for name in ("share 0", "ap"):
        parts[f"last fee minus first of {name}"] = parts[name][:, -1:] - parts[name][:, :1]
    everything = np.concatenate(list(parts.values()), axis=1)
    drawn = paired_bootstrap(everything, settings["resamples"], random_state=run.seed)
    three = np.vstack([everything.mean(axis=0), *np.percentile(drawn, [2.5, 97.5], axis=0)]).T
    ends = np.cumsum([part.shape[1] for part in parts.values()])
    return dict(zip(parts, np.split(three, ends[:-1]), strict=True))


def _out_of_fold(X: Any, costs: Any, name: str, folds: int, seed: int) -> Any:
    """Who looks at each photograph, by routers that were fitted on the other folds."""
    routes = np.empty(len(X), dtype=np.int64)
    for train, test in KFold(folds, shuffle=True, random_state=seed).split(X):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # u = 2 is flat; it is told
            router = TwoStageRouter(surrogate=surrogate(name)).fit(X[train], costs[train])
        routes[test] = router.route(X[test])
    return routes


def tables(found: dict[str, Any]) -> str:
    """The agents; the table of the paper with ours beside it; the other rejectors."""
    rows = [
        [name, f"{found['gflops'][name]:g}", *(f"{100 * q[key]:.1f}" for key in QUALITY)]
        for name, q in found["alone"].items()
    ]
    parts = [
        f"Agents on {found['photos']:,} photographs, in %:",
        table(["agent", "GFLOPs", "right class", "IoU", "AP in the image"], rows),
        _beside(found),
    ]
    for line_up in found["line_ups"].values():
        parts += [_title(line_up), _line_up(line_up, found["fees"])]
    return "\n\n".join(parts)


def _beside(found: dict[str, Any]) -> str:
    """The paper's table, and ours in its form."""
    line_up = found["line_ups"][MAIN]
    ours, rows = line_up["by"][OURS], []
    for k, fee in enumerate(found["fees"]):
        theirs = PAPER.get(fee)
        paper = [f"{theirs[0]}", " / ".join(f"{s:g}" for s in theirs[1])] if theirs else ["–", "–"]
        rows.append(
            [f"{fee:g}", *paper, with_interval(tuple(ours["ap"][k]), scale=100), _shares(ours, k)]
            + [with_interval(tuple(ours[key][k]), scale=100) for key in QUALITY[:2]]
        )
    header = ["beta", "paper: mAP", "paper: shares", "ours: AP in the image", "ours: shares"]
    return (
        "**Two different systems side by side.** The paper's: three Faster R-CNN on all of Pascal "
        f"VOC, mAP over the set. Ours: {', '.join(line_up['agents'])} on photos of one animal, "
        f"rejector `{OURS}` (u = 1) on a line, mean AP per image. Shares of model / expert 1 / "
        "expert 2; all in %.\n\n" + table([*header, "right class", "IoU"], rows)
    )


def _title(line_up: dict[str, Any]) -> str:
    agents = [
        f"{name} (fee {ratio:.2f} beta)"
        for name, ratio in zip(line_up["agents"][1:], line_up["ratios"], strict=True)
    ]
    return (
        f"**{line_up['name'][0].upper()}{line_up['name'][1:]}**, cost: {line_up['cost']}. Model: "
        f"{line_up['agents'][0]}. Experts: {', '.join(agents)}. Mean cost with fees; below it, "
        "shares of the agents in %."
    )


def _line_up(line_up: dict[str, Any], fees: list[float]) -> str:
    rows = []
    for name, ours in line_up["by"].items():
        rows.append([f"`{name}`", *(f"{cost[0]:.3f}" for cost in ours["cost"])])
        rows.append(["− best agent alone", *(_saved(three) for three in ours["minus best alone"])])
        rows.append(["shares", *(_shares(ours, k) for k in range(len(fees)))])
    return table(["rejector, beta =", *(f"{fee:g}" for fee in fees)], rows)


def _saved(three: list[float]) -> str:
    """A difference, bold where its interval lies on one side of zero."""
    text = f"{three[0]:+.3f}".replace("-", "−")
    return f"**{text}**" if _side(three) else text.replace("−0.000", "+0.000")


def _side(three: list[float]) -> int:
    """Sign of a difference, 0 where its interval holds zero (or only rounding keeps it off)."""
    return int(three[1] > ROUNDING) - int(three[2] < -ROUNDING)


def _shares(ours: dict[str, Any], fee: int) -> str:
    agents = [key for key in ours if key.startswith("share ")]
    return " / ".join(f"{100 * ours[key][fee][0]:.0f}" for key in agents)


def figures(found: dict[str, Any]) -> dict[str, Any]:
    """Shares and quality over the fee."""
    line_up = found["line_ups"][MAIN]
    ours, fees = line_up["by"][OURS], found["fees"]

    def line(three: list[list[float]]) -> Line:
        middle, low, high = np.array(three).T
        return Line(fees, middle, low, high)

    agents = {f"{name}": line(ours[f"share {j}"]) for j, name in enumerate(line_up["agents"])}
    by = {name: line(row["ap"]) for name, row in line_up["by"].items()}
    panels = [
        Panel(f"Who looks ({OURS})", "fee beta", "share of photographs", agents, percent_y=True),
        Panel("How well", "fee beta", "AP in the image", by, percent_y=True),
    ]
    return {"detection": lines(panels)}


def claims(found: dict[str, Any]) -> list[Claim]:
    """What the paper's table shows, checked on the line-up of its shape."""
    ours, fees = found["line_ups"][MAIN]["by"][OURS], found["fees"]
    first, last = 0, len(fees) - 1
    more, worse = (tuple(ours[f"last fee minus first of {key}"][0]) for key in ("share 0", "ap"))
    largest = f"share {len(found['line_ups'][MAIN]['agents']) - 1}"
    falls = sum(step[2] < 0 for step in ours["steps of share 0"])
    sides = [_side(three) for three in ours["minus best alone"]]
    saves, loses = sides.count(-1), sides.count(1)
    middle = [three[0] for three in ours["share 1"]]
    peak = int(np.argmax(middle))
    rises = ours["share 1"][peak][1] > max(ours["share 1"][k][2] for k in (first, last))
    return [
        _claim(
            "Detection: the higher the fee, the more the model keeps",
            "0 % at beta = 0.01, 100 % at 0.5; no step down",
            f"{_percent(ours['share 0'][first])} to {_percent(ours['share 0'][last])}; rise "
            f"{with_interval(more, scale=100, signed=True)} points; {falls} "
            "steps down",
            more[1] > 0 and falls == 0,
            "shares do not follow the fee",
        ),
        _claim(
            "Detection: at the lowest fee the largest agent sees nearly all (over 90 %)",
            "100 %",
            with_interval(tuple(ours[largest][first]), scale=100) + " %",
            ours[largest][first][1] > 0.9,
            "smaller detectors are the better ones for some photographs here",
            100 * ours[largest][first][0] - 100.0,
        ),
        _claim(
            "Detection: at the highest fee the model sees nearly all (over 90 %)",
            "100 %",
            with_interval(tuple(ours["share 0"][last]), scale=100) + " %",
            ours["share 0"][last][1] > 0.9,
            ("the interval holds 90 %" if ours["share 0"][last][2] > 0.9 else "it keeps fewer")
            + "; this model is so much worse than the experts that for many photographs half a "
            "unit of cost is worth paying",
            100 * ours["share 0"][last][0] - 100.0,
        ),
        _claim(
            "Detection: quality is traded for the fee: AP falls from the lowest fee to the highest",
            "52.8 to 39.5 (−13.3)",
            f"{_percent(ours['ap'][first])} to {_percent(ours['ap'][last])} "
            f"({with_interval(worse, scale=100, signed=True)})",
            worse[2] < 0,
            "quality does not fall",
        ),
        _claim(
            "Detection, class and box for a cost: the expert of middle size is asked at middle "
            "fees, not at the ends",
            "0 %, up to 22.5 % at beta = 0.2, 0 %",
            f"{100 * middle[first]:.0f} %, up to {100 * middle[peak]:.0f} % at beta = "
            f"{fees[peak]:g}, {100 * middle[last]:.0f} %",
            first < peak < last and bool(rises),
            "it is asked most at an end of the range",
        ),
        _claim(
            "Detection: routing costs less, fees included, than always asking the agent that is "
            "cheapest at that fee, at some fee, and nowhere more",
            "none known",
            f"less at {saves} of {len(fees)} fees, more at {loses} (95 % intervals)",
            saves > 0 and not loses,
            "at low fees one detector is best on most photographs, and the features of a small "
            "encoder hardly say where it is not",
        ),
    ]


def _percent(three: list[float]) -> str:
    return f"{100 * three[0]:.1f} %"


def _claim(
    claim: str, paper: str, ours: str, holds: bool, reason: str, points: float | None = None
) -> Claim:
    apart = "other detectors, other photographs"
    if points is not None:
        apart = f"{points:+.1f} points; {apart}".replace("-", "−")
    if holds:
        return Claim(claim, paper, ours, apart, IN_DIRECTION)
    return Claim(claim, paper, ours, apart, NOT_REPRODUCED, reason)
