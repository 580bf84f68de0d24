"""The commands and their flags."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import cede
from cede import datasets
from cede._files import replacing, write_text
from cede.cli._columns import column_dicts, print_columns
from cede.cli._flags import (
    Abstain,
    AsJson,
    Force,
    OutcomeValues,
    Quiet,
    Seed,
    TableFiles,
    ToolFormat,
    ToolOptions,
)
from cede.cli._kept import CASES, ROUTER, where_kept_is, write_kept
from cede.cli._options import listed, model_of, numbers, pairs, values_of
from cede.cli._places import check_folder, check_router_folder, keep_earlier, where_kept
from cede.cli._printing import (
    Commands,
    answerable,
    errors,
    print_detected,
    print_line,
    print_study,
    steps,
    versions,
)
from cede.cli._report import CasesPerYear, report
from cede.cli._routing import evaluate, fit, route
from cede.cli._sources import reads_files, source
from cede.cli._stakes import fixed_model, stakes_of
from cede.cli._standing import certify, tune
from cede.logs._consensus import CONSENSUS
from cede.report import summarise, write_report
from cede.report._summary import check_cases_per_year
from cede.routers import METHODS
from cede.routers._methods import COMPARED
from cede.study import Study, compare_table, listen

__all__ = ["app"]

app = typer.Typer(
    name="cede",
    cls=Commands,
    help="Learning to defer: who answers each case, the model or which expert, at what price?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

#: What is written to the folder --out.
_FILES = ("report.html", "comparison.json")
Budgets = Annotated[
    list[float], typer.Option("--budget", help="Largest share of cases to defer, 0 to 1 (repeat).")
]
#: Beside a model that is fixed.
_BESIDE = [name for name, row in METHODS.items() if "own_model" not in row.needs]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        help=f"One of {', '.join(_BESIDE)} (repeat); or all, slow ones included. "
        f"[default: {', '.join(COMPARED)}]",
        show_default=False,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        help="Base model as package.module:Class "
        "[default: sklearn.ensemble:HistGradientBoostingClassifier]",
        show_default=False,
    ),
]


@app.callback(invoke_without_command=True)
def _root(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if show_version:
        print(f"cede {cede.__version__}")
        raise typer.Exit


@app.command()
@answerable(experts="--expert", fees="--fee", methods="--method", keep="--save", targets="--target")
@reads_files
def compare(
    table: TableFiles,
    label: Annotated[
        str | None,
        typer.Option(help="Column of the true answers; needed of a table.", show_default=False),
    ] = None,
    format: ToolFormat = None,
    option: ToolOptions = None,
    expert: Annotated[
        list[str] | None, typer.Option(help="NAME=COL: column of an expert's answers (repeat).")
    ] = None,
    correct: Annotated[
        list[str] | None,
        typer.Option(help="NAME=COL: column that says if an expert was right (repeat)."),
    ] = None,
    outcome_values: OutcomeValues = None,
    abstain: Abstain = None,
    label_from: Annotated[
        str | None,
        typer.Option(
            help=f"Where no column holds true answers, what experts agree on: one of "
            f"{', '.join(CONSENSUS)}. Each is judged by the others alone.",
            show_default=False,
        ),
    ] = None,
    fee: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE: what asking costs, in errors (repeat).")
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            help="Columns the model may see: a,b,… [default: all others, without row numbers, ids, "
            "dates and free texts]"
        ),
    ] = None,
    exclude: Annotated[
        str | None, typer.Option(help="Columns it may not see: ids, things known too late.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="Column whose equal values stay on one side of a split.")
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(help="Column that says when a case came: learn before, judge after."),
    ] = None,
    budget: Budgets = [0.1, 0.2, 0.3],
    capacity: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=NUMBER: cases that an expert can answer, of those tested, or a year with "
            "--cases-per-year (repeat)."
        ),
    ] = None,
    method: Methods = None,
    model: Model = None,
    model_answers: Annotated[
        str | None, typer.Option(help="Column of the answers of a model that is there already.")
    ] = None,
    model_proba: Annotated[
        list[str] | None,
        typer.Option(
            help="LABEL=COL: column of the probability that a model which is there already gives "
            "to a label (repeat)."
        ),
    ] = None,
    cost: Annotated[
        list[str] | None,
        typer.Option(
            help="TRUTH:ANSWER=NUMBER, what it costs to answer so where that is the truth, or "
            "EXPERT/TRUTH:ANSWER=NUMBER [default: 1 for each wrong answer] (repeat).",
            show_default=False,
        ),
    ] = None,
    cost_matrix: Annotated[
        Path | None,
        typer.Option(help="Table of such costs: a row per truth, a column per answer."),
    ] = None,
    error_cost: Annotated[
        float | None,
        typer.Option(help="What one error costs in money; fees and costs are then money, too."),
    ] = None,
    currency: Annotated[str, typer.Option(help="The money: EUR, say.", show_default=False)] = "",
    target: Annotated[
        list[str] | None,
        typer.Option(
            help="What else to judge the system by: f1, auc, or sensitivity@0.9 at a specificity "
            "of 90 % (repeat).",
            show_default=False,
        ),
    ] = None,
    positive: Annotated[
        str | None, typer.Option(help="The label that --target is about.", show_default=False)
    ] = None,
    save: Annotated[
        str | None,
        typer.Option(
            help="Keep this one of the methods beside the report, as a folder 'router' that cede "
            "route takes, and who should answer each test case in 'cases.parquet'.",
            show_default=False,
        ),
    ] = None,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="Folder for report.html and comparison.json.")] = Path(
        "cede-report"
    ),
    force: Force = False,
    cases_per_year: CasesPerYear = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare ways to share the cases of a table between a model and its experts.

    Trains the base model once, fits the methods on cases it has not seen, and judges all of them on
    a third set: accuracy, cost and who gets how much, at each budget.
    """
    check_folder(out, [*_FILES, *([] if save is None else [CASES])])
    if save is not None:
        check_router_folder(out / ROUTER)
    check_cases_per_year(cases_per_year)
    cases, _ = source(table, format, option)
    experts, graded = pairs("--expert", expert or []), pairs("--correct", correct or [])
    fixed = fixed_model(model_answers, pairs("--model-proba", model_proba or []), model)
    stakes = stakes_of(cost or [], cost_matrix, error_cost, currency, {*experts, *graded})
    with steps(quiet) as progress:
        study, _ = listen(
            lambda: compare_table(
                cases,
                label,
                experts or None,
                correct=graded or None,
                features=listed(features),
                exclude=listed(exclude) or [],
                group=group,
                outcome_values=values_of(outcome_values),
                abstain=listed(abstain) or (),
                label_from=label_from,
                time=time,
                fees=numbers("--fee", fee or []),
                stakes=stakes,
                capacity=numbers("--capacity", capacity or []),
                expected_cases=cases_per_year,
                budgets=budget,
                methods="all" if "all" in (method or ()) else method,
                model=model_of(model) if fixed is None else fixed,
                keep=save,
                targets=target or [],
                positive=positive,
                seed=seed,
                progress=progress,
            )
        )  # the study keeps what it warns of
    command = shlex.join(["cede", *sys.argv[1:]])
    _deliver(
        study,
        out,
        f"Who should answer? {table.name}",
        command,
        cases_per_year,
        as_json,
        quiet,
        force,
        read=table.notes,
    )


@app.command()
@answerable(methods="--method")
def demo(
    budget: Budgets = [0.1, 0.2, 0.3],
    method: Methods = None,
    model: Model = None,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="Folder for the report and the table.")] = Path("demo"),
    force: Force = False,
    cases_per_year: CasesPerYear = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare on bundled data: 9,105 seriously ill patients, a model, and their own physicians.

    Will the patient die within six months? The model sees the third day's physiology; the expert is
    the attending physician, whose own estimate is known for four patients in five.
    """
    from pyarrow import Table, parquet

    path = out / "support2.parquet"
    check_folder(out, [path.name, *_FILES])
    check_cases_per_year(cases_per_year)
    data = datasets.load_support2()
    table = Table.from_pydict(data.columns(), metadata={"made by": "cede"})
    kept = keep_earlier([path], force)
    with replacing(path) as stream:
        parquet.write_table(table, stream)
    with steps(quiet) as progress:
        study, _ = listen(
            lambda: compare_table(
                path,
                data.target_name,
                {"physician": "physician"},
                fees={"physician": 0.02},
                budgets=budget,
                methods="all" if "all" in (method or ()) else method,
                model=model_of(model),
                seed=seed,
                progress=progress,
            )
        )  # the study keeps what it warns of
    words = ["cede", "compare", str(path), "--label", data.target_name]
    words += ["--expert", "physician=physician", "--fee", "physician=0.02"]
    words += [w for b in budget for w in ("--budget", str(b))]
    words += [w for m in method or () for w in ("--method", m)]
    words += ["--model", model] if model else []
    words += ["--seed", str(seed), "--out", str(out)]
    words += ["--cases-per-year", f"{cases_per_year:g}"] if cases_per_year else []
    title = "Model or physician: who should say which patient will die within six months?"
    _deliver(study, out, title, shlex.join(words), cases_per_year, as_json, quiet, force, kept)


for command in (fit, tune, certify, route, evaluate, report):
    app.command()(command)


def _deliver(
    study: Study,
    out: Path,
    title: str,
    command: str,
    cases_per_year: float | None,
    as_json: bool,
    quiet: bool,
    force: bool,
    kept: Sequence[Path] = (),
    read: Sequence[str] = (),
) -> None:
    """Print the tables or the JSON object, and write the report."""
    page, numbers = (out / name for name in _FILES)
    kept = [*kept, *keep_earlier([page, numbers], force)]
    instead = where_kept(kept) or (", in place of the earlier one" if page.exists() else "")
    used, summary = versions(), summarise(study, cases_per_year)
    write_report(
        study,
        page,
        title=title,
        command=command,
        versions=used,
        cases_per_year=cases_per_year,
        summary=summary,
        facts={"Files": "".join(f"{note}. " for note in read).strip()} if read else None,
    )
    content = {
        "command": command,
        "report": str(page),
        "kept": [str(place) for place in kept],
        "versions": used,
        "seed": study.seed,
        "parts": {name: len(rows) for name, rows in study.parts.by_name.items()},
        "verdict": summary.verdict,
        "sentences": [sentence.text for sentence in summary.sentences],
        "files": list(read),
        "columns": column_dicts(study.columns),
        "left_out": dict(study.left_out),
        **({"detected": [one.to_dict() for one in study.detected]} if study.detected else {}),
        **({} if study.steadiness is None else {"steadiness": study.steadiness.to_dict()}),
        "warnings": list(study.warnings),
        **study.comparison.to_dict(),
    }
    content |= write_kept(study.kept, out, force)
    text = json.dumps(content, indent=2)
    write_text(numbers, text + "\n")
    print_columns(study.columns, quiet, beware=as_json)
    if as_json:
        print(text)
    else:
        print_study(study)
        print_detected(study)
        for line in str(summary).splitlines():
            print_line(line)
        for warning in study.warnings:
            print_line(f"Beware: {warning}")
        if study.kept is not None:
            print_line(f"{study.kept} {where_kept_is(out)}")
    if not quiet:
        errors.print(f"Report, opens in any browser: {page}{instead}", markup=False)
