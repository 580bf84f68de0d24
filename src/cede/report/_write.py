"""From numbers to the page: strings and figures are made here, the layout is the templates'."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cede._files import write_text
from cede._text import harmless
from cede.evaluation.appraisal import Appraisal
from cede.exceptions import MissingExtra
from cede.report import _facts, _figures, _tables
from cede.report._numbers import Unit, expert_phrase, listed, method_name, share
from cede.report._summary import Summary, summarise
from cede.report._wording import Wording

if TYPE_CHECKING:
    from cede.study import Study

__all__ = ["write_report"]


def write_report(
    result: Study | Appraisal,
    path: str | Path,
    *,
    title: str,
    command: str,
    versions: Mapping[str, str],
    intro: str | None = None,
    cases_per_year: float | None = None,
    facts: Mapping[str, str] | None = None,
    warnings: tuple[str, ...] = (),
    summary: Summary | None = None,
) -> Path:
    """Write one HTML file that needs nothing else: no network, no fonts, no scripts.

    First a page for whoever decides, then all numbers for whoever checks. Equal arguments give
    equal files. Names of columns and experts are escaped, and invisible characters written out.

    Parameters
    ----------
    result : Study or Appraisal
        What :func:`cede.compare_table`, or :func:`cede.evaluation.appraise`, returns.
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
    cases_per_year : float, optional
        How many cases a year bring, for the number of reviews or calls in each sentence.
    facts : dict of term to text, optional
        What else was compared: the log, the router.
    warnings : tuple of str
        What else the reader has to beware of, beside what the study or appraisal warns of; shown
        on the first page.
    summary : Summary, optional
        What :func:`summarise` returned for the same arguments; without it, it is called.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    UnwritableFile
        If it cannot be written; an older one is then unchanged.
    """
    try:
        import jinja2
    except ImportError:
        raise MissingExtra("jinja2", "report", "Writing a report") from None
    folder = files("cede.report").joinpath("templates")
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FunctionLoader(lambda name: folder.joinpath(name).read_text("utf-8")),
    )
    environment.filters.update(words=method_name, firm=_firm)
    if summary is None:
        summary = summarise(result, cases_per_year)
    words = summary.wording or Wording(
        result if isinstance(result, Appraisal) else result.appraisal
    )
    page = environment.get_template("page.html.jinja").render(
        title=title,
        command=command,
        versions=versions,
        intro=intro,
        warnings=tuple(dict.fromkeys([*result.warnings, *warnings])),
        **_first_page(summary, words, cases_per_year),
        **_second_page(result, words, facts or {}),
    )
    file = Path(path)
    write_text(file, page, errors="xmlcharrefreplace")
    return file


def _first_page(summary: Summary, words: Wording, cases_per_year: float | None) -> dict[str, Any]:
    rows = [sentence.row for sentence in summary.sentences]
    return {
        "summary": summary,
        "picture": _figures.first_picture(words, rows),
        "answering": _tables.answering(words, rows, cases_per_year),
    }


def _second_page(
    result: Study | Appraisal, words: Wording, facts: Mapping[str, str]
) -> dict[str, Any]:
    appraisal, unit = words.appraisal, words.unit
    constant = appraisal.answers.constant
    return {
        "appraisal": appraisal,
        "comparison": appraisal.comparison,
        "unit": unit,
        "level": f"{100 * appraisal.comparison.confidence:.4g} %",
        "facts": _facts.compared(result, words, facts),
        "tables": _tables.budgets(words),
        "counts_more": words.counts_more,
        "constant": constant and constant.answer,
        "loads": _tables.loads(words),
        "targets": _tables.targets(result, words),
        "positive": "" if isinstance(result, Appraisal) else result.positive,
        "steadiness": None if isinstance(result, Appraisal) else result.steadiness,
        "changes": _tables.changes(result),
        "few_experts": words.few_experts,
        "tests": _tables.tests(words),
        "savings": _tables.savings(words),
        "monies": _tables.monies(words),
        "areas": _tables.areas(words),
        "curve": _figures.curve(words),
        "all_methods": _figures.all_methods(words),
        "honesties": _tables.honesties(words),
        "reliabilities": _figures.reliabilities(words),
        "contrast": _figures.contrast(words),
        "deferred_cases": _deferred_cases(appraisal, unit),
        "limits": _facts.limits(appraisal),
    }


def _deferred_cases(appraisal: Appraisal, unit: Unit) -> str:
    """Say who does how well on the cases that the method in front defers, and on those it keeps."""
    if appraisal.lead is None:
        return ""
    contrast = appraisal.lead.contrast
    where = (
        "without a limit" if appraisal.lead.budget == 1.0 else f"at {share(appraisal.lead.budget)}"
    )
    where = "at its operating point" if appraisal.point else where
    opening = (
        f"{method_name(appraisal.lead.method)}, {where}, defers {contrast.n_deferred:,} of "
        f"{contrast.n_kept + contrast.n_deferred:,} cases"
    )
    opening = opening[:1].upper() + opening[1:]
    if not contrast.n_deferred:
        return f"{opening}."
    agents = [
        expert_phrase(appraisal.model_name),
        *map(expert_phrase, appraisal.comparison.expert_names),
    ]
    what = {"right": "right answers come from", "quality": "the mean score is", "cost":
            "the mean cost is"}[unit.measure]  # fmt: skip
    join = {"right": "{} in {}", "quality": "{1} of {0}", "cost": "{1} of {0}"}[unit.measure]
    when_kept, when_deferred = (
        listed(
            [join.format(who, unit.level(float(p))) for who, p in zip(agents, part, strict=True)]
        )
        for part in contrast.accuracy
    )
    sentence = f"{opening}. On these, {what} {when_deferred}."
    return f"{sentence} On the cases it keeps, {what} {when_kept}." if contrast.n_kept else sentence


def _finalize(value: Any) -> Any:
    """Write out invisible characters; HTML escapes its own signs."""
    return harmless(value) if type(value) is str else value


def _firm(text: str) -> str:
    """Keep a number and its unit on one line."""
    units = [(f" {asked} a year", f"_{asked}_a_year") for asked in ("reviews", "calls")]
    for loose, firm in ((" %", "_%"), (" ± ", "_±_"), *units):
        text = text.replace(loose, firm.replace("_", "\u00a0"))
    return text
