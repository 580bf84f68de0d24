"""The league as Markdown."""

from __future__ import annotations

from typing import Any

import numpy as np
from league_methods import METHODS
from league_standing import Found, advice, own_decisions, ranks_of, shortfalls

from cede_papers import table

#: Ranks over so many problems say little.
FEW = 5
KINDS = {
    "labels": "Labels, a base model, and every expert's answer",
    "costs": "A table of costs and nothing else",
    "missing": "Answers of some experts only",
}


def tables(found: Found) -> str:
    """Advice first, then the league, then what it was made of."""
    parts = [
        "### Which method to start with\n\n" + _advice(found),
        "### The league\n\n" + _league(found),
        *(
            f"### {title}\n\n{_areas(found, kind)}"
            for kind, title in KINDS.items()
            if any(facts["kind"] == kind for facts in found["problems"].values())
        ),
        "### Problems\n\n" + _problems(found),
        "### Who was tuned how\n\n" + _tuning(found),
        "### Who could not\n\n" + _failures(found),
    ]
    return "\n\n".join(parts)


def _advice(found: Found) -> str:
    given = advice(found)
    rows = []
    for one in given:
        rows.append(
            [
                one.situation,
                f"`{one.start}`",
                f"{one.ranks.mean[0]:.1f} of {len(one.ranks.methods)}",
                str(one.ranks.n_problems),
                _percent(one.area),
                _percent(one.shortfall),
                ", ".join(f"`{name}`" for name in one.near) or "nobody",
                str(len(one.ranks.methods) - len(one.ranks.tied_with_best)),
            ]
        )
    said = "; ".join(
        f"{one.situation}: **`{one.start}`**" for one in given if one.ranks.n_problems > FEW
    )
    header = ["you have", "start with", "mean rank", "problems", "area", "worst shortfall",
              "at most a point behind", "told apart from"]  # fmt: skip
    return (
        f"Start with, given {said}.\n\nThat is the best mean rank by the area under the whole "
        "curve: what to start with where the budget is set later. Beside it stand those whose mean "
        "area is at most a point lower: among these, take the one that is simplest to run. The "
        "last column counts from how many Nemenyi's test tells the first apart; the others may be "
        "as good, or clearly worse on problems like yours. Ranks over so few problems as "
        f"{FEW} say little.\n\n{table(header, rows)}"
    )


def _league(found: Found) -> str:
    groups = [
        (size, kinds) for size in found["results"] for kinds in (("labels",), ("labels", "costs"))
    ]
    ranks = {group: ranks_of(found, *group) for group in groups}
    missing = ranks_of(found, "all", ("missing",))
    worth = shortfalls(found, "all", ("labels",))
    first = ranks[groups[0]]
    order = list(first.methods) if first else []
    order += [name for name in found["methods"] if name not in order]
    header = ["method", "kind", "area", "worst shortfall"]
    header += [f"rank, {_called(*group)}" for group in groups]
    header += ["rank, missing answers", "cost at its own decision", "rank of it, labels"]
    header += ["new price later"]
    decided = own_decisions(found, ("labels",))
    rows = []
    for name in order:
        own = found["methods"][name]
        row = [f"`{name}`", own["kind"], *(_percent(v) for v in worth.get(name, (None, None)))]
        for one in [*ranks.values(), missing]:
            places = dict(zip(one.methods, one.mean, strict=True)) if one else {}
            row.append(f"{places[name]:.1f}" if name in places else "–")
        cost, place = decided.get(name, (None, None))
        row += [_percent(cost), "–" if place is None else f"{place:.1f}"]
        rows.append([*row, "yes" if own["new_price"] else "no"])
    rows += [
        [f"`{name}`", f"{method.kind}, not run", *["–"] * (len(header) - 2)]
        for name, method in METHODS.items()
        if name not in found["methods"]
    ]
    tests = "; ".join(
        f"{_called(*group)}: {len(one.methods)} methods on {one.n_problems} problems, "
        f"p {_p_value(one.p_value)}, critical distance {one.distance:.1f}"
        for group, one in ranks.items()
        if one
    )
    decision = (
        "*Cost at its own decision*: mean cost, in %, over the problems with labels, where a case "
        "leaves if its expert is scored above the model, at no price; knobs were tuned for the "
        "area."
    )
    tests = f"Friedman's test and Nemenyi's distance (5 %): {tests}."
    return f"{table(header, rows)}\n\n{decision}\n\n{tests}"


def _called(size: str, kinds: tuple[str, ...]) -> str:
    group = "labels" if kinds == ("labels",) else "every table"
    return group if size == "all" else f"{group}, {size} cases"


def _p_value(p: float) -> str:
    return "< 0.0001" if p < 1e-4 else f"= {p:.2g}"


def _areas(found: Found, kind: str) -> str:
    """Areas with marks, then the differences with intervals, then errors at budgets."""
    names = [name for name, facts in found["problems"].items() if facts["kind"] == kind]
    results = {name: found["results"]["all"][name] for name in names}
    methods = [m for m in found["methods"] if any(m in results[name] for name in names)]
    best = {
        name: max(np.mean(one["areas"]) for one in results[name].values() if "areas" in one)
        for name in names
    }

    def area(one: dict[str, Any], name: str) -> str:
        mean = float(np.mean(one["areas"]))
        text = f"**{_percent(mean)}**" if mean == best[name] else _percent(mean)
        return text + _mark(one)

    def difference(one: dict[str, Any], name: str) -> str:
        if "over_cases" not in one or "over_splits" not in one:
            return "–"
        ends = [*one["over_cases"], *one["over_splits"]]
        low, high, low_s, high_s = (_signed(end) for end in ends)
        return f"{_signed(one['difference'])} [{low}, {high}] [{low_s}, {high_s}]"

    def errors(one: dict[str, Any], name: str) -> str:
        return " ".join(_percent(error) for error in one["errors"])

    header = ["method", *(name.replace("_", " ") for name in names)]
    shown = []
    for cell in (area, difference, errors):
        rows = [[f"`{m}`", *(_cell(results[n].get(m), n, cell) for n in names)] for m in methods]
        shown.append(table(header, rows))
    budgets = ", ".join(f"{budget:.0%}" for budget in found["budgets"])
    return (
        f"Normalised area, % of the way from the random mix to the oracle; bold: the largest; ▲ ▼: "
        f"better or worse than `{found['reference']}` by the interval over cases, and in every "
        f"split.\n\n{shown[0]}\n\n"
        f"<details><summary>Differences to <code>{found['reference']}</code>, with 95 % intervals "
        f"over cases and over splits</summary>\n\n{shown[1]}\n\n</details>\n\n"
        f"<details><summary>Error in % where exactly {budgets} of the cases leave the model"
        f"</summary>\n\n{shown[2]}\n\n</details>"
    )


def _problems(found: Found) -> str:
    rows = []
    for name, own in found["problems"].items():
        parts = " / ".join(f"{size:,}" for size in own["parts"].values())
        rows.append(
            [name.replace("_", " ") + ("" if own["ranked"] else " (not ranked)"), own["agents"],
             str(own["experts"]), f"{own['features']:,}", parts, _percent(own["model"]),
             _percent(own["best_expert"]), _percent(own["random"]), _percent(own["oracle"])]
        )  # fmt: skip
    header = ["problem", "who answers", "experts", "features", "(model /) fit / tune / test",
              "error of the model", "of the best expert", "area, random",
              "area, oracle"]  # fmt: skip
    return table(header, rows)


def _tuning(found: Found) -> str:
    rows = []
    for name, own in found["methods"].items():
        every = [
            one[name] for one in found["results"]["all"].values() if "areas" in one.get(name, {})
        ]
        chosen = np.bincount(
            [i for one in every for i in one["chosen"]], minlength=len(own["values"])
        )
        often = ", ".join(f"{v}: {n}" for v, n in zip(own["values"], chosen, strict=True))
        strained = sum(one["strained"] for one in every)
        fits = sum(len(one["areas"]) for one in every) * len(own["values"])
        rows.append(
            [f"`{name}`", str(len(own["values"])), own["knob"] or "nothing to tune",
             often if own["knob"] else "–", f"{strained} of {fits}"]
        )  # fmt: skip
    header = ["method", "configurations", "knob", "how often each was chosen",
              "fits that did not converge"]  # fmt: skip
    return table(header, rows)


def _failures(found: Found) -> str:
    told: dict[tuple[str, str], list[str]] = {}
    for name, results in found["results"]["all"].items():
        for method, one in results.items():
            if "cannot" in one:
                told.setdefault((method, _shortened(one["cannot"])), []).append(name)
    if not told:
        return "Nobody failed where it entered."
    rows = [
        [f"`{method}`", ", ".join(n.replace("_", " ") for n in names), sentence]
        for (method, sentence), names in told.items()
    ]
    return table(["method", "problems", "what it said (of the first)"], rows)


def _shortened(sentence: str) -> str:
    """Without the numbers, which differ from one problem to the next."""
    return sentence.split(", however ")[0].split(", and ")[0].rstrip(".") + "."


def _cell(one: Any, name: str, cell: Any) -> str:
    if one is None:
        return "–"
    return "cannot" if "cannot" in one else str(cell(one, name))


def _mark(one: dict[str, Any]) -> str:
    if "over_cases" not in one or not one["in_every_split"]:
        return ""
    low, high = one["over_cases"]
    return " ▲" if low > 0 else " ▼" if high < 0 else ""


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", "−")
