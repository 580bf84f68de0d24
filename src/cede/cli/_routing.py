"""From a log to a router, to routes, to what they would have cost: fit, route, evaluate."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from cede.cli._columns import column_dicts, print_columns
from cede.cli._flags import (
    Abstain,
    AbstainPays,
    Agent,
    AsJson,
    Budget,
    Case,
    Cost,
    ExchangeRate,
    Force,
    Format,
    Group,
    LogFiles,
    LogModel,
    NewFiles,
    Outcome,
    OutcomeValues,
    Propensity,
    Quiet,
    RouterFolder,
    Seed,
    Text,
    ToolOptions,
)
from cede.cli._log_flags import log_flags
from cede.cli._options import listed
from cede.cli._places import check_file, check_router_folder, keep_earlier, where_kept
from cede.cli._printing import (
    answerable,
    errors,
    print_evaluation,
    print_json,
    print_line,
    print_shares,
    steps,
)
from cede.cli._routes import check_ending, check_names, write_routes
from cede.cli._sources import reads_files, source
from cede.logs import Cases, hold_out, keep_copies_together, read_log
from cede.logs._columns import column_warnings
from cede.report import Evaluation, evaluation_of
from cede.report import evaluate as evaluated
from cede.routers import (
    METHODS,
    EncodedRouter,
    Encoder,
    Method,
    Router,
    read_log_for,
    read_new_for,
    route_in_parts,
)
from cede.routers._method import offered_by
from cede.routers._methods import FITTED, check_able, find_method
from cede.routers.persistence import load, save
from cede.study import listen

__all__ = ["evaluate", "fit", "route"]

#: Methods that a log, which has no labels, may suit.
_ROUTERS = [name for name, row in METHODS.items() if not {"labels", "trust"} & row.needs]


@answerable(share="--test-share", texts="--text")
@reads_files
def fit(
    table: LogFiles,
    model: Annotated[str, typer.Option(help="Agent that answers where no other is asked.")],
    outcome: Outcome = None,
    cost: Cost = None,
    exchange_rate: ExchangeRate = None,
    outcome_values: OutcomeValues = None,
    abstain: Abstain = None,
    abstain_pays: AbstainPays = False,
    propensity: Propensity = None,
    agent: Agent = None,
    case: Case = None,
    format: Format = None,
    option: ToolOptions = None,
    features: Annotated[
        str | None,
        typer.Option(
            help="Columns the router may see, as a,b,e_*; by default all numbers, truths, "
            "categories and dates that no other flag names, without row numbers and ids.",
            show_default=False,
        ),
    ] = None,
    text: Text = None,
    exclude: Annotated[
        str | None,
        typer.Option(
            help="Columns it may not see: ids, things known too late.", show_default=False
        ),
    ] = None,
    group: Group = None,
    router: Annotated[str, typer.Option(help=f"One of {', '.join(_ROUTERS)}.")] = FITTED,
    test_share: Annotated[float, typer.Option(help="Share of the cases to judge on.")] = 0.25,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="Folder for the router.")] = Path("router"),
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Learn from a log who should answer which case, at what price.

    The log has a row per case, with columns for each agent; or, with --agent, a row per case and
    agent that was called. A router is fitted on most cases and judged on the others; what is saved
    is fitted again, on all of them.
    """
    method = find_method(router, argument="router", among=_ROUTERS)
    check_router_folder(out)
    log, format = source(table, format, option)
    flags = log_flags(
        outcome=outcome, cost=cost, propensity=propensity, exchange_rate=exchange_rate,
        outcome_values=outcome_values, abstain=abstain, abstain_pays=abstain_pays,
        agent=agent, case=case, group=group, format=format,
        features=listed(features), exclude=listed(exclude) or (), texts=text or (), encoded=True,
    )  # fmt: skip
    with steps(quiet) as progress:
        progress("reading the log", 0.0)
        cases, heard = listen(lambda: read_log(log, model=model, **flags))
        offered = offered_by(cases.agent_costs, propensities=cases.propensities, trust=False)
        check_able(method, offered, argument="router")
        cases, copies = keep_copies_together(cases)
        to_fit, held_out = hold_out(cases, test_share, seed=seed)
        n, n_fit, n_held_out = len(cases), len(to_fit), len(held_out)
        make = _maker(method, cases)
        progress(f"fitting on {n_fit:,} cases", 0.1)
        first, warned = listen(lambda: make().fit(to_fit))
        progress(f"judging on {n_held_out:,} others", 0.5)
        evaluation = evaluation_of(first, first.route(held_out), held_out)
        progress(f"fitting again, on all {n:,} cases", 0.6)
        final, also_warned = listen(lambda: make().fit(cases))
        kept = keep_earlier([out], force)
        save(final, out)
        progress("done", 1.0)
    said = [
        *([] if copies is None else [copies]),
        *column_warnings(cases.columns),
        *heard,
        *warned,
        *also_warned,
    ]
    warned = list(dict.fromkeys(said))
    print_columns(cases.columns, quiet, beware=as_json)
    content = {
        "folder": str(out),
        "kept": [str(place) for place in kept],
        "kind": router,
        "files": list(table.notes),
        **_described(cases),
        "n_fit": n_fit,
        "n_held_out": n_held_out,
        "seed": seed,
    }
    _deliver(evaluation, content, warned, as_json, "Held out")
    if not as_json:
        print_line(
            f"Saved: {str(out)!r}, {router}{_encoded(final)}, fitted again on all {n:,} cases "
            f"(the table is of a fit on {n_fit:,}), with {_shown(cases.feature_names)}"
            f"{where_kept(kept)}."
        )
    if not quiet:
        folder = shlex.quote(str(out))
        errors.print(f"Next: cede route {folder} NEW_TABLE --out routes.csv", markup=False)


@answerable(features="the router's features")
@reads_files
def route(
    router: RouterFolder,
    table: NewFiles,
    out: Annotated[Path, typer.Option(help="The routes: a .csv or .parquet file.")],
    budget: Budget = None,
    case: Case = None,
    scores: Annotated[
        bool, typer.Option("--scores", help="Write each agent's score too; higher is better.")
    ] = False,
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say who answers each row of a table.

    Ids are written as they are; in CSV, the name of an agent that a spreadsheet would take for a
    formula begins with an apostrophe.
    """
    check_ending(out)
    check_file(out, table.paths, "file of routes")
    with steps(quiet) as progress:
        progress("reading the router", 0.0)
        saved = load(router)
        progress("reading the cases", 0.1)
        cases = read_new_for(saved, table, case=case)
        check_names(case, cases.agent_names, scores)
        n = len(cases)
        progress(f"routing {n:,} cases", 0.3)
        parts = route_in_parts(saved, cases, budget)
        kept = keep_earlier([out], force)
        counts = write_routes(out, parts, cases, scores)
        progress("done", 1.0)
    point = getattr(saved, "operating_point_", None)
    if as_json:
        shares = {name: k / n for name, k in zip(cases.agent_names, counts, strict=True)}
        content = {"folder": str(router), "routes": str(out), "n_cases": n, "shares": shares}
        content["kept"] = [str(place) for place in kept]
        print_json(content | {"operating_point": None if point is None else point.to_dict()})
        return
    print_shares(cases.agent_names, counts, f"{n:,} cases")
    if point is not None:
        print_line(f"Operating point: {point}.")
    if not quiet:
        errors.print(f"Written: {out}{where_kept(kept)}", markup=False)


@answerable(features="the router's features", agents="the router's agents")
@reads_files
def evaluate(
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
    budget: Budget = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say what a router would have cost on a log that it was not fitted on.

    Beside it stands each agent alone, with 95 % intervals. The flags say which column is what, as
    in cede fit.
    """
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
        progress(f"judging on {len(cases):,} cases", 0.3)
        if budget is not None:
            saved.tune(cases, budget=budget)
        evaluation = evaluated(saved, cases)
        progress("done", 1.0)
    content = {"folder": str(router), "files": list(table.notes), **_described(cases)}
    _deliver(evaluation, content, heard, as_json, "Evaluated")


def _maker(method: Method, cases: Cases) -> Callable[[], Router]:
    """Make the method's router as it is where all features are numbers and known, else encoded."""
    if cases.is_numeric and not np.isnan(cases.X).any():
        return method.make
    encoder = Encoder(text=[c.name for c in cases.columns if c.used and c.taken_for == "text"])
    router = None if method.name == FITTED else method.make()
    return lambda: EncodedRouter(router, encoder=encoder)


def _encoded(router: Any) -> str:
    """Say that texts, categories, dates or holes are encoded, as the router keeps it."""
    if not isinstance(router, EncodedRouter):
        return ""
    kinds = Counter(router.kinds_.tolist())
    words = {"text": "texts", "category": "categories", "date": "dates"}
    encoded = [words[kind] for kind in words if kinds[kind]]
    if router.encoder_.numbers_.flagged_.any():
        encoded.append("numbers with holes")
    return f" of encoded columns ({', '.join(encoded)})"


def _described(cases: Cases) -> dict[str, Any]:
    return {
        "agents": list(cases.agent_names),
        "features": list(cases.feature_names),
        "exchange_rate": cases.exchange_rate,
        "columns": column_dicts(cases.columns),
    }


def _deliver(
    evaluation: Evaluation, content: dict[str, Any], notes: Sequence[str], as_json: bool, what: str
) -> None:
    """Print the table or the JSON object, and what to beware of."""
    evaluation = replace(evaluation, warnings=(*notes, *evaluation.warnings))
    if as_json:
        print_json(content | evaluation.to_dict())
    else:
        print_evaluation(evaluation, what)


def _shown(names: Sequence[str]) -> str:
    """How many features, and which: what is known only after a call must not be among them."""
    some = ", ".join(names[:40]) + (", …" if len(names) > 40 else "")
    return f"{len(names)} feature{'s' * (len(names) != 1)} ({some})"
