"""From a study to the page: strings and figures are made here, the layout is the template's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from cede import plotting
from cede.comparison import Row
from cede.exceptions import MissingExtra
from cede.report import _words
from cede.study import Study

# A page with more reliability figures is not read; the table below them has every expert.
_MOST_EXPERTS_DRAWN = 6
_WIDTHS = {"wide": 9.0, "narrow": 4.0}


def write_report(
    study: Study,
    path: str | Path,
    *,
    title: str,
    command: str,
    versions: Mapping[str, str],
    intro: str | None = None,
) -> Path:
    """Write one HTML file that needs nothing else: no network, no fonts, no scripts.

    Equal arguments give equal files. Names of columns and experts are escaped.

    Parameters
    ----------
    study : Study
        What :func:`cede.compare_table` returns.
    path : str or Path
        The file; missing folders are made, an existing file is replaced.
    title : str
        Heading of the page.
    command : str
        What makes this report again, to be copied.
    versions : dict of package name to version
        Shown at the end.
    intro : str, optional
        A paragraph below the title: what a case is, where the table comes from.

    Returns
    -------
    Path
        The file written.
    """
    try:
        import jinja2
    except ImportError:
        raise MissingExtra("jinja2", "report", "Writing a report") from None
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(share=_words.share, listed=_words.listed)
    environment.filters.update(budget=_words.budget_name, words=_words.method_name)
    template = environment.from_string(
        files("cede.report").joinpath("page.html.jinja").read_text(encoding="utf-8")
    )
    page = template.render(
        title=title, command=command, versions=versions, intro=intro, **_contents(study)
    )
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page, encoding="utf-8", errors="xmlcharrefreplace")
    return file


@dataclass(frozen=True)
class _Line:
    """A row of a table, as strings."""

    name: str
    #: "method", "best" or "reference".
    kind: str
    swatch: plotting.LineStyle | None
    accuracy: str
    interval: str
    gain: str
    gain_interval: str
    #: Ends and middle of the difference's interval and the place of 0, from 0 to 100 (or None).
    forest: tuple[float, float, float, float] | None
    coverage: str
    cost: str
    shares: tuple[str, ...]


def _contents(study: Study) -> dict[str, Any]:
    best = _words.best_row(study)
    contents = {
        "study": study,
        "comparison": study.comparison,
        "finding": _words.finding(study),
        "best": best,
        "tables": [(budget, _table(study, budget)) for budget in study.comparison.budgets],
        "fees": list(zip(study.expert_names, study.fees, strict=True)),
        "n_rows": sum(len(part) for part in vars(study.parts).values()),
    }
    if best is not None:
        contents |= {
            "curves": _drawn(
                "Share answered right against share of cases deferred, for every method.",
                lambda width: plotting.comparison(study.comparison, width=width),
            ),
            "contrast": _draw_contrast(study, best),
            "deferred_cases": _words.deferred_cases(study, best),
            "honesty": _words.honesty(study, best),
            "reliabilities": _draw_reliabilities(study),
        }
    return contents


def _drawn(label: str, draw: Any) -> dict[str, Any]:
    """Draw one figure for wide and one for narrow pages; the style sheet shows one of them."""
    from markupsafe import Markup

    return {
        name: Markup(plotting.to_svg(draw(width), label=label)) for name, width in _WIDTHS.items()
    }


def _draw_contrast(study: Study, best: Row) -> dict[str, Any] | None:
    found = study.contrasts[best.method]
    if not (found.n_kept and found.n_deferred):
        return None  # there are no two groups to compare
    agents = ["model", *study.expert_names]
    return _drawn(
        "How deferred cases differ from kept cases, and who is right on which.",
        lambda width: plotting.contrast(found, agents, method=best.method, width=width),
    )


def _draw_reliabilities(study: Study) -> list[dict[str, Any]]:
    figures = []
    for j, expert in enumerate(study.expert_names[:_MOST_EXPERTS_DRAWN]):
        per_method = {name: found[j] for name, found in study.reliabilities.items()}
        figures.append(
            _drawn(
                f"Estimated chance that {expert} is right against the share observed right.",
                lambda width, e=expert, r=per_method: plotting.reliability(r, e, width=width),
            )
        )
    return figures


def _table(study: Study, budget: float) -> list[_Line]:
    best = max(
        (row for row in study.comparison.at(budget).rows if row.is_method),
        key=lambda row: row.accuracy,
        default=None,
    )
    scale = _scale(study)
    return [_line(row, row is best, scale) for row in study.comparison.at(budget).rows]


def _line(row: Row, is_best: bool, scale: tuple[float, float]) -> _Line:
    gain = gain_interval = ""
    forest = None
    if row.gain is not None and row.gain_low is not None and row.gain_high is not None:
        low, reach = scale[0], (scale[1] - scale[0]) or 1.0
        gain = _words.points(row.gain)
        gain_interval = f"{_words.points(row.gain_low)} to {_words.points(row.gain_high)}"
        ends = [100 * (x - low) / reach for x in (row.gain_low, row.gain, row.gain_high, 0.0)]
        if min(ends) >= 0 and max(ends) <= 100 and row.gain_low < row.gain_high:
            forest = (ends[0], ends[1], ends[2], ends[3])
    return _Line(
        name=_words.method_name(row.method) if row.is_method else row.method,
        kind="best" if is_best else "method" if row.is_method else "reference",
        swatch=plotting.line_style(row.method) if row.is_method else None,
        accuracy=_words.share(row.accuracy),
        interval=f"{100 * row.low:.1f} to {100 * row.high:.1f}",
        gain=gain,
        gain_interval=gain_interval,
        forest=forest,
        coverage=_words.share(row.coverage),
        cost=f"{row.cost:.3f}",
        shares=tuple(map(_words.share, row.shares)),
    )


def _scale(study: Study) -> tuple[float, float]:
    """One scale of differences for all tables; the oracle is too far off to be on it."""
    rows = [row for row in study.comparison.rows if row.method != "oracle" or row.is_method]
    lows = [row.gain_low for row in rows if row.gain_low is not None]
    highs = [row.gain_high for row in rows if row.gain_high is not None]
    return min([0.0, *lows]), max([0.0, *highs])
