"""Where a router is to stand: tune, by what is known; certify, by what must hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import typer

from cede._intervals import Estimate
from cede._rows._fingerprint import check_unseen
from cede.cli._columns import column_dicts
from cede.cli._flags import (
    Abstain,
    AbstainPays,
    Agent,
    AsJson,
    Case,
    Cost,
    ExchangeRate,
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
from cede.cli._options import for_each, per_expert
from cede.cli._places import check_saved
from cede.cli._printing import answerable, errors, print_json, print_line, print_table, steps
from cede.cli._sources import reads_files, source
from cede.exceptions import InvalidInput
from cede.logs import Cases, Export
from cede.logs._opened import features_of
from cede.operating import OperatingPoint
from cede.routers import Router, read_log_for, read_new_for
from cede.routers.persistence import load, save
from cede.study import listen
from cede.tuning import Question
from cede.tuning.guarantees import Certificate, certify_scores
from cede.tuning.guarantees._certify import on_cases

__all__ = ["certify", "tune"]


@answerable(
    options="--option",
    features="the router's features",
    agents="the router's agents",
    charges="--charge",
)
@reads_files
def tune(
    router: RouterFolder,
    table: LogFiles,
    budget: Annotated[
        list[str] | None,
        typer.Option(
            help="Largest share of cases that may leave the model, 0 to 1; or NAME=SHARE, that an "
            "expert may answer (repeat).",
            show_default=False,
        ),
    ] = None,
    fee: Annotated[
        list[str] | None,
        typer.Option(
            help="What asking costs, in errors: a number, or NAME=NUMBER (repeat).",
            show_default=False,
        ),
    ] = None,
    spend: Annotated[
        float | None,
        typer.Option(help="Largest mean --charge per case.", show_default=False),
    ] = None,
    charge: Annotated[
        list[str] | None,
        typer.Option(
            help="What asking costs in money: a number, or NAME=NUMBER (repeat).",
            show_default=False,
        ),
    ] = None,
    capacity: Annotated[
        list[str] | None,
        typer.Option(
            help="Cases an expert can answer in a period: a number, or NAME=NUMBER (repeat).",
            show_default=False,
        ),
    ] = None,
    expected_cases: Annotated[
        int | None,
        typer.Option(
            help="How many cases a period brings; by default as the table.", show_default=False
        ),
    ] = None,
    target: Annotated[
        float | None,
        typer.Option(
            help="Mean outcome to reach on this table for the fewest deferrals; needs --outcome.",
            show_default=False,
        ),
    ] = None,
    outcome: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=COL: column of an agent's quality, as in cede fit; says what to expect.",
            show_default=False,
        ),
    ] = None,
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
    confidence: Annotated[float, typer.Option(help="Level of the intervals.")] = 0.95,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Choose a router's operating point on cases like those to come, and keep it with the router.

    Say what is known: a budget, a fee, a spend, capacities, or a target. Nothing is fitted again.
    With --outcome, the log also tells what quality to expect.
    """
    check_saved(router)
    _check_asked(budget=budget, fee=fee, spend=spend, capacity=capacity, target=target)
    question = Question(
        budget=per_expert("--budget", budget),
        fee=per_expert("--fee", fee),
        spend=spend,
        charges=per_expert("--charge", charge),
        capacity=per_expert("--capacity", capacity),
        expected_cases=expected_cases,
        target=target,
        confidence=confidence,
    )
    log, format = source(table, format, option)
    knows = format is not None or isinstance(log, Export)
    question.check_outcomes(known=bool(outcome) or knows)
    flags = log_flags(
        outcome=outcome, cost=cost, propensity=propensity, exchange_rate=exchange_rate,
        outcome_values=outcome_values, abstain=abstain, abstain_pays=abstain_pays,
        agent=agent, case=case, group=group, format=format,
    )  # fmt: skip
    with steps(quiet) as progress:
        progress("reading the router", 0.0)
        saved = load(router)
        progress("reading the cases", 0.1)
        cases = _read(saved, log, model, flags)
        progress(f"choosing on {len(cases):,} cases", 0.5)
        asked = vars(_for_experts(question, cases.expert_names))
        point, warned = listen(lambda: saved.tune(cases, **asked))
        progress("saving the router", 0.9)
        save(saved, router)
        progress("done", 1.0)
    if as_json:
        content = {"folder": str(router), "agents": list(cases.agent_names), "warnings": warned}
        print_json(content | {"operating_point": point.to_dict()})
        return
    print_point(cases.agent_names, point, confidence)
    for text in warned:
        print_line(f"Beware: {text}")
    if not quiet:
        errors.print(f"Kept in {str(router)!r}: cede route uses it from now on.", markup=False)


@answerable(
    options="--option",
    features="the router's features",
    agents="the router's agents",
    agent_costs="--outcome",
)
@reads_files
def certify(
    router: RouterFolder,
    table: LogFiles,
    risk: Annotated[
        float, typer.Option(help="Mean cost that must not be exceeded; of errors, their share.")
    ],
    outcome: Outcome = None,
    delta: Annotated[float, typer.Option(help="Probability that the promise may fail.")] = 0.1,
    of: Annotated[
        str,
        typer.Option(
            help="Whose risk: system, whoever answers; kept, errors of the model that nobody saw, "
            "of all cases; among_kept, the model's on what it keeps."
        ),
    ] = "system",
    subgroup: Annotated[
        str | None,
        typer.Option(help="Column: the promise is to hold for each value.", show_default=False),
    ] = None,
    group: Group = None,
    largest_cost: Annotated[
        float, typer.Option(help="The most that a case can ever cost, in units of one error.")
    ] = 1.0,
    cost: Cost = None,
    exchange_rate: ExchangeRate = None,
    outcome_values: OutcomeValues = None,
    abstain: Abstain = None,
    abstain_pays: AbstainPays = False,
    agent: Agent = None,
    case: Case = None,
    format: Format = None,
    option: ToolOptions = None,
    model: LogModel = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the certified point with the router.")
    ] = False,
    seed: Seed = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Promise a risk: find the fewest deferrals at which it holds, tested on cases not fitted on.

    If no point is certified, says so, and how many cases would do; the exit code is then 1.
    """
    if subgroup is not None and group is not None:
        raise InvalidInput("Name --group or --subgroup, not both.")
    if keep:
        check_saved(router)
    column = subgroup if subgroup is not None else group
    log, format = source(table, format, option)
    flags = log_flags(
        outcome=outcome, cost=cost, exchange_rate=exchange_rate, agent=agent, case=case,
        outcome_values=outcome_values, abstain=abstain, abstain_pays=abstain_pays,
        group=column, format=format,
    )  # fmt: skip
    with steps(quiet) as progress:
        progress("reading the router", 0.0)
        saved: Any = load(router)
        progress("reading the log", 0.1)
        cases = read_log_for(saved, log, model=model, **flags)
        names = None
        if subgroup is not None:
            names = np.array(cases.group_names, dtype=str)[cases.groups]
        progress(f"testing on {len(cases):,} cases", 0.3)
        check_unseen(saved, features_of(cases), "A guarantee")
        certificate = certify_scores(
            saved.agent_scores(cases),
            cases.agent_costs,
            risk=risk,
            delta=delta,
            of=of,
            groups=cases.groups if group is not None else None,
            subgroups=names,
            largest_cost=largest_cost,
            random_state=seed,
        )
        certificate = on_cases(certificate, features_of(cases))
        if keep and certificate.point is not None:
            saved.operating_point_ = certificate.point
            save(saved, router)
        progress("done", 1.0)
    if as_json:
        content = {"folder": str(router), **certificate.to_dict(), "sentence": str(certificate)}
        print_json(content | {"columns": column_dicts(cases.columns)})
    else:
        _print_certificate(certificate)
    if not certificate:
        raise typer.Exit(1)
    if keep and not quiet:
        errors.print(f"Kept in {str(router)!r}: cede route uses it from now on.", markup=False)


def _for_experts(question: Question, names: Sequence[str]) -> Question:
    """The question with a number for each expert; those not named have no limit and no fee."""
    others = {
        "budget": ("--budget", 1.0),
        "fee": ("--fee", 0.0),
        "charges": ("--charge", 0.0),
        "capacity": ("--capacity", float("inf")),
    }
    by_name: dict[str, Any] = {
        name: for_each(flag, getattr(question, name), names, otherwise)
        for name, (flag, otherwise) in others.items()
        if isinstance(getattr(question, name), dict)
    }
    return replace(question, **by_name) if by_name else question


def _print_certificate(certificate: Certificate) -> None:
    print_line(str(certificate))
    if certificate.subgroups:
        rows = [
            [row.name, f"{row.n_cases:,}", f"{row.observed_risk:.4f}", f"{row.upper_bound:.4f}"]
            for row in certificate.subgroups
        ]
        level = f"at most [{100 * (1 - (certificate.delta or 0.0)):.4g} %]"
        print_table(["subgroup", "cases", "observed", level], rows)
    tests = f"{certificate.n_tested:,} cases tested"
    if certificate.n_scouts:
        tests += f", {certificate.n_scouts:,} others chose what to test"
    if certificate.n_left_out:
        tests += (
            f", {certificate.n_left_out:,} were left out (an outcome is missing, or another case "
            f"of the group was drawn)"
        )
    print_line(f"{tests}.")


def print_point(names: Sequence[str], point: OperatingPoint, confidence: float) -> None:
    """Print a point in a line, and what to expect of it in a table."""
    print_line(f"Operating point: {point}.")
    expected = point.expected
    if expected is None:
        return
    kept = expected.deferral_rate
    shares = [Estimate(1 - kept.value, 1 - kept.high, 1 - kept.low), *expected.shares]
    level = f"[{100 * confidence:.4g} %]"
    rows = [
        [name, f"{100 * share.value:.1f}", f"{100 * share.low:.1f} to {100 * share.high:.1f}"]
        for name, share in zip(names, shares, strict=True)
    ]
    print_table(["who answers", "share, %", level], rows)
    if expected.accuracy is not None and expected.model_accuracy is not None:
        print_line(
            f"Expected: {_interval(expected.accuracy)} instead of "
            f"{_interval(expected.model_accuracy)} of {names[0]} alone (one minus the mean cost, "
            f"of {expected.n_judged:,} cases whose outcomes are all known)."
        )
    among = point.rate_among(1_000, confidence)
    alike = "like these" if point.design_effect == 1.0 else "like these, in groups as large"
    print_line(
        f"Of the next 1,000 cases, {1000 * among.low:.0f} to {1000 * among.high:.0f} will leave "
        f"{names[0]}, if they are {alike}."
    )


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} [{estimate.low:.3f} to {estimate.high:.3f}]"


def _check_asked(**asked: Any) -> None:
    """Refuse a point for nothing, and say which flags there are."""
    if not any(asked.values()) and asked["spend"] is None and asked["target"] is None:
        flags = ", ".join(f"--{name}" for name in asked)
        raise InvalidInput(f"Say what the point is to be chosen for: one of {flags}.")


def _read(router: Router, log: Any, model: str | None, flags: dict[str, Any]) -> Cases:
    """Cases with outcomes if the flags or the log say where these are, or new ones."""
    if "outcome" in flags or flags["format"] is not None or isinstance(log, Export):
        return read_log_for(router, log, model=model, **flags)
    for argument in ("cost", "propensity", "agent", "exchange_rate", "outcome_values", "abstain"):
        if flags.get(argument) is not None:
            raise InvalidInput(
                "says how outcomes are logged; name their columns by --outcome, too",
                argument=argument,
            )
    return read_new_for(router, log, case=flags["case"], group=flags["group"]).whole()
