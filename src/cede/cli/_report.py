"""A saved router on a log that it was not fitted on, as a page: cede report."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cede.cli._columns import column_dicts
from cede.cli._flags import (
    Abstain,
    AbstainPays,
    Agent,
    AsJson,
    Case,
    Cost,
    ExchangeRate,
    Force,
    Format,
    Group,
    LogFiles,
    LogModel,
    Outcome,
    OutcomeValues,
    Propensity,
    Quiet,
    RouterFolder,
    Seed,
    ToolOptions,
)
from cede.cli._log_flags import log_flags
from cede.cli._places import check_file, keep_earlier, where_kept
from cede.cli._printing import answerable, errors, print_line, steps, versions
from cede.cli._sources import reads_files, source
from cede.evaluation import about_money
from cede.evaluation.appraisal import Appraisal, appraise
from cede.exceptions import InvalidInput
from cede.logs import Cases, Files
from cede.logs._column_words import column_lines
from cede.report import Summary, summarise, write_report
from cede.report._evaluate import other_rate
from cede.report._summary import check_cases_per_year
from cede.routers import read_log_for
from cede.routers.persistence import load
from cede.study import listen

__all__ = ["CasesPerYear", "report"]

#: Where no budget is asked for and the router has no point: some, and no limit.
_BUDGETS = (0.1, 0.2, 0.3, 1.0)
CasesPerYear = Annotated[
    float | None,
    typer.Option(
        help="How many cases a year bring; says how many reviews, or calls of models, that makes.",
        show_default=False,
    ),
]


@answerable(features="the router's features", agents="the router's agents")
@reads_files
def report(
    router: RouterFolder,
    table: LogFiles,
    outcome: Outcome = None,
    cost: Cost = None,
    exchange_rate: ExchangeRate = None,
    outcome_values: OutcomeValues = None,
    abstain: Abstain = None,
    abstain_pays: AbstainPays = False,
    propensity: Propensity = None,
    agent: Agent = None,
    case: Case = None,
    group: Group = None,
    format: Format = None,
    option: ToolOptions = None,
    model: LogModel = None,
    budget: Annotated[
        list[float] | None,
        typer.Option(
            help="Largest share of cases that may leave the model, 0 to 1 (repeat); by default "
            "the router's own operating point, if it has one.",
            show_default=False,
        ),
    ] = None,
    risk: Annotated[
        float | None,
        typer.Option(
            help="Look for a point at which at most this share of answers is wrong, guaranteed.",
            show_default=False,
        ),
    ] = None,
    delta: Annotated[
        float, typer.Option(help="Chance, at most, that the guarantee fails; with --risk.")
    ] = 0.1,
    cases_per_year: CasesPerYear = None,
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "Who should answer?",
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a page on what a router is worth on a log that it was not fitted on.

    Its first page is for whoever decides: a verdict and a sentence per operating point, printed
    too. The rest is for whoever checks: every number with its interval. The flags say which column
    is what, as in cede fit.
    """
    if out.suffix.lower() not in (".html", ".htm"):
        raise InvalidInput(f"--out {str(out)!r} is to be a page; let it end in .html.")
    check_file(out, table.paths, "page")
    check_cases_per_year(cases_per_year)
    log, format = source(table, format, option)
    flags = log_flags(
        outcome=outcome, cost=cost, propensity=propensity, exchange_rate=exchange_rate,
        outcome_values=outcome_values, abstain=abstain, abstain_pays=abstain_pays,
        agent=agent, case=case, group=group, format=format,
    )  # fmt: skip
    with steps(quiet) as progress:
        progress("reading the router", 0.0)
        saved: Any = load(router)
        progress("reading the log", 0.1)
        cases, heard = listen(lambda: read_log_for(saved, log, model=model, **flags))
        point = None if budget else getattr(saved, "operating_point_", None)
        judged = appraise(
            {"router": saved},
            cases,
            budgets=sorted(set(budget or _BUDGETS)),
            point=point,
            risk=risk,
            delta=delta,
            random_state=seed,
            progress=lambda step, done: progress(step, 0.2 + 0.6 * done),
        )
        progress("writing the page", 0.8)
        kept = keep_earlier([out], force)
        instead = where_kept(kept) or (", in place of the earlier one" if out.exists() else "")
        summary = summarise(judged, cases_per_year)
        warned = (*heard, *_warnings(saved, cases, judged))
        warned = tuple(dict.fromkeys([*judged.warnings, *warned]))
        write_report(
            judged,
            out,
            title=title,
            command=shlex.join(["cede", *sys.argv[1:]]),
            versions=versions(),
            cases_per_year=cases_per_year,
            facts=_facts(router, saved, table, cases),
            warnings=warned,
            summary=summary,
        )
        progress("done", 1.0)
    if as_json:
        content = _content(out, judged, summary, warned)
        content |= {"columns": column_dicts(cases.columns), "kept": [str(place) for place in kept]}
        print(json.dumps(content, indent=2))
        return
    for text in str(summary).splitlines():
        print_line(text)
    for text in warned:
        print_line(f"Beware: {text}")
    if not quiet:
        errors.print(f"Report, opens in any browser: {out}{instead}", markup=False)


def _warnings(router: Any, cases: Cases, judged: Appraisal) -> tuple[str, ...]:
    """What the reader has to know of how router and log fit together."""
    rate = other_rate(router, cases.exchange_rate)
    sentences = [] if rate is None else [rate]
    sentences += about_money(cases)
    if cases.propensities is not None:
        sentences.append(
            "Only cases in which every agent's outcome is known are judged here, and propensities "
            "are not used; cede evaluate weighs all cases by them."
        )
    point = judged.point
    by_labels = point is not None and point.chosen_by in ("target", "risk")
    if by_labels and point is not None and point.fingerprint == judged.fingerprint:
        sentences.append(
            "The operating point was chosen by the outcomes of these very cases, which flatters "
            "it; judge it on others."
        )
    return tuple(sentences)


def _facts(folder: Path, router: Any, table: Files, cases: Cases) -> dict[str, str]:
    fitted = getattr(router, "fitted_on_", ())
    text = f"{type(router).__name__}, saved in {str(folder)!r}"
    if fitted:
        on = " and ".join(f"{one.n_cases:,} cases (fingerprint {one.digest})" for one in fitted)
        text += f", fitted on {on}"
    names = cases.feature_names
    some = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    facts = {
        "Router": f"{text}.",
        "Log": f"{table.name}, {len(cases):,} cases.{table.said}",
    }
    facts["Features"] = f"{len(names)}: {some}."
    facts["Columns"] = " ".join(column_lines(cases.columns))
    if cases.exchange_rate is not None:
        facts["Cost"] = f"1 − outcome + {cases.exchange_rate:g} × money."
    return facts


def _content(
    out: Path, judged: Appraisal, summary: Summary, warned: tuple[str, ...]
) -> dict[str, Any]:
    certificate = judged.certificate
    return {
        "command": shlex.join(["cede", *sys.argv[1:]]),
        "versions": versions(),
        "report": str(out),
        "action": summary.action,
        "verdict": summary.verdict,
        "sentences": [sentence.text for sentence in summary.sentences],
        "notes": list(summary.notes),
        "measure": judged.measure,
        "operating_point": None if judged.point is None else judged.point.to_dict(),
        "comparison": judged.comparison.to_dict(),
        "answers": judged.answers.to_dict(),
        "certificate": None if certificate is None else certificate.to_dict(),
        "warnings": list(warned),
    }
