"""The figures of the page, each drawn twice: for wide and for narrow screens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cede.evaluation.comparison import Row
from cede.report import plotting
from cede.report._numbers import method_name
from cede.report._wording import Wording
from cede.report.plotting._bands import bands
from cede.report.plotting._shared import shared

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["all_methods", "contrast", "curve", "first_picture", "reliabilities"]

# A page with more reliability figures is not read; the table below them has every agent.
_MOST_DRAWN = 6
_WIDTHS = {"wide": 9.0, "narrow": 4.0}
_LEVELS = {"right": "right answers", "quality": "mean score", "cost": "mean cost per case"}
Drawn = dict[str, Any]


def _level(words: Wording) -> str:
    """What the heights are; costs are drawn in units of one error."""
    level = _LEVELS[words.appraisal.measure]
    if words.appraisal.measure != "cost" or words.currency is None:
        return level
    return f"{level}, in errors of {words.currency.amount(1.0)}"


def first_picture(words: Wording, rows: list[Row]) -> Drawn | None:
    """What sending cases on is worth, with numbered points."""
    if words.appraisal.lead is None:
        return None
    unit = words.drawn
    lead, one = words.appraisal.lead.method, words.appraisal.answers.constant
    return _draw_both(
        f"{_level(words)} against the share of cases sent on, with each agent alone.",
        lambda width: shared(
            words.appraisal.answers.curves[lead],
            [(words.row(row), row.accuracy) for row in words.appraisal.alone],
            [(1 - row.coverage, row.accuracy) for row in rows],
            constant=None if one is None else (words.row(one), one.accuracy),
            measure=unit.measure,
            decimals=unit.decimals,
            ylabel=_level(words),
            width=width,
        ),
    )


def curve(words: Wording) -> Drawn | None:
    """The curve of the method in front with its bands."""
    if words.appraisal.lead is None:
        return None
    lead, unit = words.appraisal.lead, words.drawn
    return _draw_both(
        f"{_level(words)} of {method_name(lead.method)} at every share deferred, with a "
        f"band, and its difference to the model alone.",
        lambda width: bands(
            words.appraisal.answers.curves[lead.method],
            lead.band,
            lead.gain,
            method=lead.method,
            measure=unit.measure,
            ylabel=_level(words),
            width=width,
        ),
    )


def all_methods(words: Wording) -> Drawn | None:
    """The curves of all methods, if there are several."""
    several = len([name for name in words.appraisal.answers.curves if name != "oracle"]) > 1
    if words.appraisal.lead is None or not several or words.appraisal.measure != "right":
        return None
    return _draw_both(
        "Share answered right against share of cases deferred, for every method.",
        lambda width: plotting.comparison(words.appraisal.answers, width=width),
    )


def contrast(words: Wording) -> Drawn | None:
    """How deferred cases differ, and who is right on which."""
    if words.appraisal.lead is None:
        return None
    lead, unit = words.appraisal.lead, words.drawn
    if not (lead.contrast.n_kept and lead.contrast.n_deferred):
        return None  # there are no two groups to compare
    agents = words.agents
    return _draw_both(
        "How deferred cases differ from kept cases, and who does well on which.",
        lambda width: plotting.contrast(
            lead.contrast,
            agents,
            method=lead.method,
            width=width,
            measure=unit.measure,
            decimals=unit.decimals,
        ),
    )


def reliabilities(words: Wording) -> list[Drawn]:
    """Of one method, its agents side by side; of several, the methods, agent by agent."""
    honesties = {
        name: list(h) for name, h in words.appraisal.honesty.items() if not isinstance(h, str)
    }
    if not honesties:
        return []
    if len(honesties) == 1:
        ((_, of_one),) = honesties.items()
        panels = {h.agent: h.reliability for h in of_one if h.reliability is not None}
        panels = dict(list(panels.items())[: 2 * _MOST_DRAWN])
        label = "Estimated chance that an agent is right against the share observed right."
        return [_reliability(panels, "an agent", label)] if panels else []
    figures = []
    for agent in list(dict.fromkeys(h.agent for of_one in honesties.values() for h in of_one))[
        : _MOST_DRAWN + 1
    ]:
        panels = {
            name: h.reliability
            for name, of_one in honesties.items()
            for h in of_one
            if h.agent == agent and h.reliability is not None
        }
        label = f"Estimated chance that {agent} is right against the share observed right."
        figures += [_reliability(panels, agent, label)] if panels else []
    return figures


def _reliability(panels: dict[str, Any], who: str, label: str) -> Drawn:
    return _draw_both(label, lambda width: plotting.reliability(panels, who, width=width))


def _draw_both(label: str, draw: Callable[[float], Figure]) -> Drawn:
    """Draw one figure for wide and one for narrow pages; the style sheet shows one of them."""
    from markupsafe import Markup

    return {
        name: Markup(plotting.to_svg(draw(width), label=label)) for name, width in _WIDTHS.items()
    }
