"""What ``support2``, ``diabetes130`` and ``mimic4`` report, show and claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from records import KINDS, TRAINED_ON, Cohort, judge, one_division

from cede.report.plotting import Panel, dots
from cede_papers import IN_DIRECTION, NOT_REPRODUCED, Claim, Run, table, with_interval

#: Accuracy in %, smooth L1 and shares in % of the paper's routers on MIMIC-IV, by what they were
#: trained on; None where no number is known to us.
PAPER: dict[str, tuple[float | None, float | None, tuple[float | None, ...]]] = {
    "joint": (70.0, 1.28, (66, 12, 22)),
    "class only": (None, None, (60, None, None)),
    "number only": (None, 1.18, (38, None, None)),
}
#: The rejector that stands in for the paper's, a network, and the same loss on a line.
OURS, LINE = "aggregated (network)", "aggregated"
APART = "other patients, other agents"


def measure_records(
    load: Callable[[], Cohort], settings: dict[str, Any], run: Run
) -> dict[str, Any]:
    """Routers of every kind on every division of the patients."""
    cohort = load()
    seeds = run.seeds(settings["seeds"])
    tasks = [(load, settings, kind, seed) for kind in KINDS for seed in seeds]
    parts = run.map(one_division, tasks, label=lambda task: f"{task[2]}, seed {task[3]}")
    kinds = {}
    for number, kind in enumerate(KINDS):
        own = parts[number * len(seeds) : (number + 1) * len(seeds)]
        kinds[kind] = judge(own, cohort.agents, settings, run.seed)
    return {
        "cases": len(cohort.X),
        "patients": len(np.unique(cohort.patients)),
        "judged": [len(part["wrong"]) for part in parts[: len(seeds)]],
        "died": float(cohort.died.mean()),
        "balanced": cohort.balanced,
        "agents": list(cohort.agents),
        "by": settings["by"],
        "swept": settings["swept"],
        "fees": settings["fees"],
        "kinds": kinds,
    }


def tables_of(found: dict[str, Any]) -> str:
    """A table per kind of specialist, then what fees do."""
    accuracy = "balanced accuracy" if found["balanced"] else "accuracy"
    parts = [
        f"{found['cases']:,} cases of {found['patients']:,} patients, {100 * found['died']:.1f} % "
        f"died; {np.mean(found['judged']):,.0f} cases for routers in each of "
        f"{len(found['judged'])} divisions. Right: {accuracy}, in %; shares of the agents in %. "
        "**Bold**: the 95 % interval of the difference from the router of the same kind that was "
        "trained on the joint cost lies on one side of zero."
    ]
    for kind in KINDS:
        parts += [f"**Specialists {kind}:**", _ways(found, found["kinds"][kind])]
    parts += ["**Share of the model, in %, when every expert asks for a fee** (joint cost):"]
    rows = [
        [f"{kind}: `{name}`"]
        + [f"{100 * row[f'{fee:g}']['share of model'][0]:.0f}" for fee in map(float, found["fees"])]
        for kind in KINDS
        for name in found["swept"]
        for row in [_by_fee(found["kinds"][kind][name])]
    ]
    parts.append(table(["specialists, fee =", *(f"{fee:g}" for fee in found["fees"])], rows))
    return "\n\n".join(parts)


def _by_fee(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{float(key):g}": value for key, value in row.items() if key.replace(".", "", 1).isdigit()
    }


def _ways(found: dict[str, Any], kind: dict[str, Any]) -> str:
    rows = []
    for name in found["by"]:
        for what in TRAINED_ON:
            row = kind[name][what]
            rows.append([f"`{name}`: {what}", *_costs(row), *_shares(row, found["agents"])])
    for name, row in kind["alone"].items():
        rows.append([name, *_costs(row), *[""] * len(found["agents"])])
    for what, (right, late, shares) in PAPER.items():
        cells = ["", "", _known(right, ".1f"), _known(late, ".2f")]
        cells += [_known(share, ".0f") for share in shares]
        cells += [""] * (len(found["agents"]) - len(shares))
        rows.append([f"*paper, MIMIC-IV, another system: {what}*", *cells])
    header = ["who routes", "joint cost", "− joint's", "right", "smooth L1", *found["agents"]]
    return table(header, rows)


def _costs(row: Mapping[str, Any]) -> list[str]:
    lead = row.get("joint minus joint's")
    return [
        f"{row['joint'][0]:.3f}",
        "" if lead is None else _bold(with_interval(tuple(lead), digits=3, signed=True), lead),
        _bold(f"{100 * row['right'][0]:.1f}", row.get("right minus joint's")),
        _bold(f"{row['late'][0]:.3f}", row.get("late minus joint's")),
    ]


def _shares(row: Mapping[str, Any], agents: list[str]) -> list[str]:
    shares = [f"{100 * row[f'share of {name}'][0]:.0f}" for name in agents]
    return [_bold(shares[0], row.get("share of model minus joint's")), *shares[1:]]


def _bold(text: str, three: Any) -> str:
    return f"**{text}**" if three and (three[1] > 0 or three[2] < 0) else text


def _known(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def figures_of(found: dict[str, Any], name: str) -> dict[str, Any]:
    """What training on one task alone costs."""
    panels = []
    for kind in KINDS:
        rows = {
            _short(rejector, what): tuple(
                found["kinds"][kind][rejector][what]["joint minus joint's"]
            )
            for rejector in found["by"]
            for what in list(TRAINED_ON)[1:]
        }
        label = "joint cost of training on one task, minus that of both"
        panels.append(Panel(f"Specialists {kind}", label, "", rows, levels={"": 0.0}))
    return {name: dots(panels)}


#: Why a task alone may do as well, by kind of specialist.
ENOUGH = {
    "as published": "they know both answers or neither, so either task says whom to ask, and both "
    "say it clearer",
    "trained": "they differ little from the model, and errors in days outweigh those in deaths",
}


def _short(rejector: str, what: str) -> str:
    """A variant of a surrogate, which keeps its colour."""
    name, _, head = rejector.partition(" (")
    return f"{name} ({'net, ' * bool(head)}{what.split()[0]})"


def claims_of(found: dict[str, Any], name: str) -> list[Claim]:
    """What the paper's table shows; a claim holds if it does with both kinds of specialists."""
    rows = {kind: found["kinds"][kind] for kind in KINDS}

    def against(what: str, key: str, rejector: str = OURS) -> dict[str, Any]:
        return {kind: row[rejector][what][f"{key} minus joint's"] for kind, row in rows.items()}

    rise = {kind: row[LINE]["fees"]["rise"] for kind, row in rows.items()}
    falls = [
        f"{kind}, from a fee of {key}"
        for kind, row in rows.items()
        for key, cell in row[LINE].items()
        if "step" in cell and cell["step"][2] < 0
    ]
    fees = f"{found['fees'][0]:g} to {found['fees'][-1]:g}"
    points = {"scale": 100.0, "digits": 1}
    other = dict.fromkeys(
        KINDS, "which task draws cases from the model depends on what the experts are good at"
    )
    flat = dict.fromkeys(
        KINDS,
        "u = 1 weighs an agent by what all others cost, and a line that cannot follow these "
        "weights misroutes cases that cost regression on the same line does not",
    )
    return [
        *(
            _claim(
                f"{name}: on the joint cost, training on it beats training on the {what} alone",
                "none known",
                against(f"{what} only", "joint"),
                1,
                ENOUGH,
            )
            for what in ("class", "number")
        ),
        *(
            _claim(
                f"{name}: the same with a line for the network, against the {what} alone",
                "none known",
                against(f"{what} only", "joint", LINE),
                1,
                ENOUGH | {k: flat[k] for k in KINDS if _reversed(rows[k], what)},
            )
            for what in ("class", "number")
        ),
        _claim(
            f"{name}: training on the number alone gives the better number, in smooth L1",
            "1.18 against 1.28 (−0.10)",
            against("number only", "late"),
            -1,
            ENOUGH,
        ),
        *(
            _claim(
                f"{name}: training on the {what} alone keeps less with the model, in points",
                paper,
                against(f"{what} only", "share of model"),
                -1,
                other,
                **points,
            )
            for what, paper in (
                ("number", "38 against 66 (−28)"),
                ("class", "60 against 66 (−6)"),
            )
        ),
        _claim(
            f"{name}: the model's share rises with the fee, {fees}, in points (a line)",
            "none known for records",
            rise,
            1,
            dict.fromkeys(KINDS, f"it falls: {'; '.join(falls)}" if falls else "it does not rise"),
            broken=bool(falls),
            **points,
        ),
    ]


def _reversed(kind: Mapping[str, Any], what: str) -> bool:
    """Tell whether the line does worse jointly with u = 1, and cost regression does not."""
    key = "joint minus joint's"
    ours = kind[LINE][f"{what} only"][key]
    other = kind.get("cost_regression", {}).get(f"{what} only")
    return bool(ours[2] < 0 and other is not None and other[key][0] > ours[0])


def _claim(
    claim: str,
    paper: str,
    ours: dict[str, Any],
    sign: int,
    reasons: Mapping[str, str],
    *,
    scale: float = 1.0,
    digits: int = 3,
    broken: bool = False,
) -> Claim:
    told = "; ".join(
        f"{kind} {with_interval(tuple(three), scale=scale, digits=digits, signed=True)}"
        for kind, three in ours.items()
    )
    fails = [kind for kind, t in ours.items() if not (t[1] > 0 if sign > 0 else t[2] < 0)]
    if not fails and not broken:
        return Claim(claim, paper, f"specialists {told}", APART, IN_DIRECTION)
    said: dict[str, list[str]] = {}
    for kind in fails or list(KINDS):
        said.setdefault(reasons[kind], []).append(kind)
    why = "; ".join(f"specialists {' and '.join(k)}: {reason}" for reason, k in said.items())
    return Claim(claim, paper, f"specialists {told}", APART, NOT_REPRODUCED, why)
