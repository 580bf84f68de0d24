"""What the numbers say, in sentences: every word of them follows from the study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from cede.comparison import Row
from cede.study import Study


@dataclass(frozen=True)
class Finding:
    """The sentence at the top, and what qualifies it."""

    #: "gain", "loss" or "none": does the interval of the difference lie above 0, below, around?
    verdict: str
    headline: str
    #: The difference and its interval.
    detail: str
    notes: tuple[str, ...]


def share(value: float) -> str:
    """0.2158 as 21.6%."""
    return "an unknown share" if isnan(value) else f"{100 * value:.1f}%"


def points(value: float) -> str:
    """A difference of shares, signed, in percentage points."""
    return f"{round(100 * value, 1) + 0.0:+.1f}".replace("-", "−")


def budget_name(budget: float) -> str:
    """0.2 as 20%, without decimals that are not there."""
    return f"{100 * budget:.4g}%"


def method_name(method: str) -> str:
    """The name as words."""
    return method.replace("_", " ")


def expert_phrase(name: str) -> str:
    """An expert inside a sentence: *the physician*, but *Dr Who* and *gpt-4*."""
    return f"the {name}" if name.replace(" ", "").isalpha() and name.islower() else name


def listed(words: Sequence[str]) -> str:
    """Join as in speech: a, b and c."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def best_row(study: Study) -> Row | None:
    """The most accurate method at the middle budget; None without methods or experts."""
    rows = [r for r in study.comparison.at(study.contrast_budget).rows if r.is_method]
    if not rows or not study.expert_names:
        return None
    return max(rows, key=lambda row: row.accuracy)


def references(study: Study) -> tuple[Row, tuple[Row, ...]]:
    """The rows of the model alone and of each expert alone."""
    model, *experts = (r for r in study.comparison.rows if r.budget is None and not r.is_method)
    return model, tuple(experts)


def finding(study: Study) -> Finding:
    """Say whether deferring helps, at the middle budget and with the best method."""
    best, (model, experts) = best_row(study), references(study)
    if best is None:
        why = "No method was compared" if study.expert_names else "There is no expert to defer to"
        headline = f"{why}: the model alone is right in {share(model.accuracy)}."
        return Finding("none", headline, "", ())
    low, high = float(best.gain_low or 0.0), float(best.gain_high or 0.0)
    verdict = "gain" if low > 0 else "loss" if high < 0 else "none"
    opening = {"gain": "", "loss": "Deferring does harm. ", "none": "No gain is shown. "}[verdict]
    level = f"{study.comparison.confidence:.0%}"
    headline = (
        f"{opening}Sending {share(1 - best.coverage)} of cases to {_receivers(study)}: "
        f"{share(best.accuracy)} right instead of {share(model.accuracy)}"
    )
    detail = (
        f"(difference {points(best.gain or 0.0)} points, {level} interval {points(low)} to "
        f"{points(high)}{', which includes 0' if verdict == 'none' else ''})."
    )
    notes = [_about_method(study, best), *_about_experts(study, best, experts)]
    if any(study.fees):
        notes.append(
            f"With fees, a case costs {best.cost:.3f} on average instead of {model.cost:.3f}, in "
            f"units of one error."
        )
    return Finding(verdict, headline, detail, tuple(notes))


def deferred_cases(study: Study, best: Row) -> str:
    """Say who is right on the cases that the best method defers and on those it keeps."""
    contrast = study.contrasts[best.method]
    n = contrast.n_kept + contrast.n_deferred
    opening = (
        f"For a budget of {budget_name(study.contrast_budget)}, {method_name(best.method)} defers "
        f"{contrast.n_deferred:,} of {n:,} test cases"
    )
    if not contrast.n_deferred:
        return f"{opening}."
    agents = ["the model", *map(expert_phrase, study.expert_names)]
    kept, deferred = (
        listed([f"{who} in {share(float(p))}" for who, p in zip(agents, part, strict=True)])
        for part in contrast.accuracy
    )
    sentence = f"{opening}. On these, right answers come from {deferred}."
    return f"{sentence} On the cases it keeps, from {kept}." if contrast.n_kept else sentence


def honesty(study: Study, best: Row) -> str:
    """Say how far the estimates of the best method are from what was observed."""
    found = zip(study.expert_names, study.reliabilities[best.method], strict=True)
    gaps = [f"{100 * r.ece:.1f} points for {expert_phrase(name)}" for name, r in found]
    return (
        f"Between the share of right answers that {method_name(best.method)} expects and the share "
        f"observed, the gap is on average {listed(gaps)}."
    )


def _receivers(study: Study) -> str:
    return expert_phrase(study.expert_names[0]) if len(study.expert_names) == 1 else "the experts"


def _about_method(study: Study, best: Row) -> str:
    text = (
        f"The method is {method_name(best.method)}, its operating point set on other cases for a "
        f"budget of {budget_name(study.contrast_budget)}"
    )
    if len(study.methods) == 1:
        return text + "."
    return (
        f"{text}. It is the best of {len(study.methods)} methods at that budget, picked on the "
        f"very cases that judge it, which flatters it a little."
    )


def _about_experts(study: Study, best: Row, experts: Sequence[Row]) -> list[str]:
    top = max(experts, key=lambda row: row.accuracy)
    name = expert_phrase(study.expert_names[experts.index(top)])
    level = f"{study.comparison.confidence:.0%}"
    right = f"{share(top.accuracy)} right ({level} interval {share(top.low)} to {share(top.high)})"
    if top.accuracy > best.accuracy:
        name = f"The {name[4:]}" if name.startswith("the ") else name
        return [f"{name} alone, asked in every case, beats every method at this budget: {right}."]
    return [f"For comparison, {name} alone, asked in every case: {right}."]
