"""What was compared on which cases, and how: terms and what is to be said of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cede._text import shown
from cede.evaluation.appraisal import Appraisal
from cede.logs._column_words import column_lines
from cede.report._numbers import listed, method_name
from cede.report._wording import Wording

if TYPE_CHECKING:
    from cede.study import Study

__all__ = ["compared", "limits"]


def compared(
    result: Appraisal | Study, words: Wording, more: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Cases, who was compared, at which points, by what: most of it for a definition list."""
    appraisal = words.appraisal
    facts = [] if isinstance(result, Appraisal) else _of_study(result)
    facts += [(term, text) for term, text in more.items()]
    facts += [
        ("Cases judged", _cases(appraisal)),
        ("Left out", _left_out(appraisal)),
        ("Fingerprint", _fingerprint(appraisal)),
        ("Who answers", _agents(words)),
        ("Judged by", _measure(appraisal)),
        ("Operating points", _points(result)),
    ]
    return facts


def limits(appraisal: Appraisal) -> list[tuple[str, str]]:
    """What intervals and p-values do and do not cover."""
    level = f"{100 * appraisal.comparison.confidence:.4g} %"
    n_boot = appraisal.comparison.n_boot
    facts = [
        (
            "Of one number",
            f"Intervals of levels and of differences are {level} intervals, each on its own, from "
            f"one paired bootstrap of {_units(appraisal)}: {n_boot:,} resamples, the same for "
            f"every row.",
        ),
        (
            "Of all together",
            f"The verdict rests on intervals that hold with {level} confidence for all methods, "
            f"budgets and agents at once, so that picking the best after looking is allowed. The "
            f"bands hold the whole curve at once, at all shares deferred.",
        ),
        (
            "Not covered",
            "The fitted methods and the operating points are held fixed: how much the numbers "
            "would change with other training data, or other cases to choose points on, is not in "
            "any interval. Nor is it known here whether later cases will be like these.",
        ),
        (
            "Picking the best",
            "Whatever is picked because it did best on these cases looks a little better than it "
            "is: the method in front, its best budget, the hull, the best expert.",
        ),
    ]
    if appraisal.comparison.n_left_out:
        facts.append(
            (
                "Complete cases",
                "Only cases in which every agent’s answer is known are judged. If those left out "
                "are harder or easier, the numbers hold for the others only.",
            )
        )
    if appraisal.certificate is not None:
        facts.append(
            (
                "The guarantee",
                "It takes cases to be independent of each other and of those that the method was "
                "fitted on, and later ones to come from where these did.",
            )
        )
    return facts


def _of_study(study: Study) -> list[tuple[str, str]]:
    n_rows = sum(len(part) for part in study.parts.by_name.values())
    features = f"{study.n_features} feature{'' if study.n_features == 1 else 's'}"
    columns = " ".join(column_lines(study.columns))
    is_fixed = not len(study.parts.model)
    same = "Whatever the method, the model that answers is the same."
    return [
        ("Data", f"{n_rows:,} cases, {features}; the label is {shown(study.label)}."),
        *([("Columns", columns)] if columns else []),
        ("Three parts" if is_fixed else "Four parts", _parts(study)),
        ("Model", f"{shown(study.model_name, 200)}. {same}"),
        ("Methods", listed([method_name(name) for name in study.methods]) or "none"),
    ]


def _parts(study: Study) -> str:
    """How many cases do what, and how they were told apart."""
    parts = study.parts
    trained = f"{len(parts.model):,} cases train the model, " if len(parts.model) else ""
    text = (
        f"No case is in two parts. {trained}{len(parts.fit):,} fit the methods, "
        f"{len(parts.tune):,} choose the operating points, {len(parts.test):,} test."
    )
    return text if parts.border is None else f"{text} {parts.border}"


def _cases(appraisal: Appraisal) -> str:
    comparison = appraisal.comparison
    text = f"{comparison.n_cases:,}, which no method was fitted on"
    if comparison.n_independent != comparison.n_cases:
        text += (
            f"; in {comparison.n_independent:,} groups of cases that belong together, which is "
            f"what the intervals rest on"
        )
    return f"{text}."


def _left_out(appraisal: Appraisal) -> str:
    n = appraisal.comparison.n_left_out
    if not n:
        return "None: every agent’s answer is known in every case."
    share = 100 * n / (n + appraisal.comparison.n_cases)
    return (
        f"{n:,} cases ({share:.1f} %) in which some agent’s answer is missing. Estimates of an "
        f"agent are held against every case that it answered."
    )


def _fingerprint(appraisal: Appraisal) -> str:
    features = "" if appraisal.n_features is None else f" ({appraisal.n_features} columns)"
    return f"{appraisal.fingerprint}, of the features{features} of all these cases, in any order."


def _agents(words: Wording) -> str:
    model, *names = words.agents
    appraisal = words.appraisal
    text = f"{model}, which answers unless somebody is asked; "
    if not names:
        return text + "no experts."
    fees = [
        f"{name} (fee {_fee(fee, words)})" if any(appraisal.fees) else name
        for name, fee in zip(names, appraisal.fees, strict=True)
    ]
    text += f"expert{'s' if len(names) > 1 else ''}: {listed(fees)}."
    return text + (
        f" A fee is what asking costs{'' if words.currency else ', in units of one error'}."
        if any(appraisal.fees)
        else ""
    )


def _fee(fee: float, words: Wording) -> str:
    return f"{fee:.4g}" if words.currency is None else words.currency.amount(fee)


def _measure(appraisal: Appraisal) -> str:
    text = {
        "right": "Whether the answer that is given is right.",
        "quality": "The score of the answer that is given, from 0 to 1.",
        "cost": f"The cost of whoever answers, in {_unit(appraisal)}; lower is better.",
    }[appraisal.measure]
    if appraisal.answers is not appraisal.comparison:
        text += " Beside it, the mean cost, which holds money too; the verdict goes by that."
    elif any(appraisal.fees):
        money = appraisal.comparison.currency
        unit = "in units of one error" if money is None else f"in {money.unit}"
        text += f" Beside it, errors and fees per case, {unit}; the verdict goes by "
        text += "these."
    return text


def _unit(appraisal: Appraisal) -> str:
    currency = appraisal.comparison.currency
    return "the unit of the table" if currency is None else currency.unit


def _points(result: Appraisal | Study) -> str:
    appraisal = result if isinstance(result, Appraisal) else result.appraisal
    if appraisal.point is not None:
        return f"As saved with the router: {appraisal.point}."
    where = "these cases"
    if not isinstance(result, Appraisal):
        where = f"{result.n_tuning:,} cases of the fit part and the tuning part, each by a fit "
        where += "that did not see it"
    return (
        f"Chosen for each budget, the largest share of cases that may leave the model, on {where}, "
        f"without looking at labels."
    )


def _units(appraisal: Appraisal) -> str:
    if appraisal.comparison.n_independent == appraisal.comparison.n_cases:
        return f"the {appraisal.comparison.n_cases:,} cases"
    return f"the {appraisal.comparison.n_independent:,} groups"
