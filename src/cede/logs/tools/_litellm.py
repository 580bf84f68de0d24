"""LiteLLM: spend records of its proxy, and the payload that it logs of each call."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput, UnknownName, UnreadableFile
from cede.logs._export import Export
from cede.logs.files import read_table
from cede.logs.tools._calls import Call, answer_of, files_of, log_of_calls, prompt_of, records_of
from cede.logs.tools._grades import outcome_of, with_grades
from cede.logs.tools._prices import Price, Usage, money_of, read_prices

__all__ = ["read_litellm"]

Record = dict[str, Any]

_JSON = (".json", ".jsonl", ".ndjson")
#: Where callers put fields of their own.
_OWN = ("spend_logs_metadata", "requester_metadata")


def read_litellm(
    paths: Sequence[str | Path] | str | Path,
    *,
    case: str | None = None,
    outcome: str | None = None,
    grades: str | Path | None = None,
    agent: str = "model",
    agents: str | Sequence[str] | None = None,
    propensity: str | None = None,
    group: str | None = None,
    prices: str | Path | None = None,
) -> Export:
    """Read rows of ``LiteLLM_SpendLogs``, or standard logging payloads (LiteLLM 1.110.2).

    Money is in USD, a row per call.

    - A model without a price has a spend of 0.0 (in payloads beside
      ``response_cost_failure_debug_info``), or none: that cost is missing. A cost of 0 is believed
      where ``cost_breakdown`` is there, as of a model that is priced at 0.
    - An answer out of LiteLLM's cache has a spend of 0.0. What a fresh call would have cost is
      ``saved_cache_cost``, which payloads have and spend records have not; where it is not known,
      it is counted from the tokens by ``prices``, or missing.
    - A cached answer's model can be written with its provider, ``openai/gpt-4o``, where the fresh
      one's is ``gpt-4o``. Providers are left out, unless two have a model of that name.
    - A call that failed has a spend of 0.0, and its row may say ``success``. It is left out: what
      the answer would have been worth, or have cost, nobody knows.
    - Prompts that the provider had cached make a call cheaper; such costs depend on what was asked
      before, and stay as they are.
    - ``metadata`` is JSON in a text. Of what callers put there, ``spend_logs_metadata`` and
      ``requester_metadata`` are kept.

    Parameters
    ----------
    paths : path, or a sequence of them
        JSON, JSON lines, CSV or Parquet; rows, or an object with the rows as ``data``.
    case : str, optional
        Field that names the case, of a row or of its metadata; or ``prompt``, for calls with equal
        prompts to be one case. Without it, every call is a case of its own, named by its id.
    outcome : str, optional
        Field that says what the answer was worth, in [0, 1]: a feedback score in the metadata.
    grades : path, optional
        A table with columns ``case``, ``outcome`` and, where a case has several answers, ``agent``.
        One of ``outcome`` and ``grades`` is needed, as these logs hold no outcome.
    agent : str, default="model"
        Field that names the agent: ``model_group`` for the names that callers use.
    agents : str or sequence of str, optional
        Names of agents to keep, ``gpt-4o,gpt-4o-mini``, where a log has more than there is a choice
        of; others are left out.
    propensity, group : str, optional
        Fields of the probability with which this agent was called, and of what cases share.
    prices : path, optional
        A table ``model,input,output[,cached]``, USD per million tokens, for costs that are missing.

    Returns
    -------
    Export
        A long log with ``cost`` and, where they were kept, ``prompt`` and ``answer``.

    Raises
    ------
    InvalidInput
        If neither outcomes nor grades are named, or both, no row has a field, an outcome leaves
        [0, 1], or a propensity (0, 1].
    UnreadableFile
        If a file is not there or no such log.
    """
    if (outcome is None) == (grades is None):
        raise InvalidInput(
            f"must say outcome or grades for files of litellm, which hold no outcome, but got "
            f"{'neither' if outcome is None else 'both'}; write outcome=FIELD, a field of the rows "
            f"or their metadata, or grades=TABLE",
            argument="option",
        )
    rows = [_flat(row) for file in files_of(paths) for row in _rows(file)]
    answered = [row for row in rows if not _failed(row)]
    for field in filter(None, (outcome, propensity, group, case if case != "prompt" else None)):
        _check_field(answered, field)
    table = None if prices is None else read_prices(prices)
    calls = [
        Call(
            agent=name,
            case=_case(row, case),
            prompt=_prompt(row),
            answer=answer_of(_parsed(row.get("response"))),
            outcome=None if outcome is None else outcome_of(_field(row, outcome), _id(row)),
            cost=_cost(row, name, table),
            propensity=_propensity(row, propensity),
            group=None if group is None else _text(_field(row, group)),
            prompt_tokens=row.get("prompt_tokens"),
        )
        for row, name in zip(answered, _agents(answered, agent), strict=True)
    ]
    notes = [f"{len(rows) - len(calls):,} of {len(rows):,} calls failed and are left out."]
    notes = notes if len(calls) < len(rows) else []
    if agents is not None:
        calls = _of_agents(calls, agents.split(",") if isinstance(agents, str) else agents)
    if grades is not None:
        calls, unmatched = with_grades(calls, grades)
        notes += unmatched
    return log_of_calls(calls, [*notes, *_unpriced(calls)])


def _rows(file: Path) -> list[Record]:
    in_json = file.name.lower().removesuffix(".gz").endswith(_JSON)
    rows = list(records_of(file)) if in_json else _of_table(file)
    if not all("model" in row and {"spend", "response_cost"} & set(row) for row in rows):
        raise UnreadableFile(
            f"{str(file)!r} holds no calls of LiteLLM, which have a model and a spend (spend "
            f"records) or a response_cost (standard logging payloads)."
        )
    return rows


def _of_table(file: Path) -> list[Record]:
    names = ["request_id", "id", "session_id", "user", "end_user", "cache_key", "model_id"]
    rows: list[Record] = read_table(file, texts=names).to_arrow().to_pylist()
    return rows


def _flat(row: Record) -> Record:
    """A row whose metadata is an object, as it is in payloads."""
    return {**row, "metadata": _parsed(row.get("metadata")) or {}}


def _parsed(value: Any) -> Any:
    """What a text of JSON says; anything else as it is, and empty objects as nothing."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value or None


def _failed(row: Record) -> bool:
    metadata = row["metadata"]
    error = row.get("error_information") or metadata.get("error_information") or {}
    said = "failure" in (row.get("status"), metadata.get("status"))
    nothing = not row.get("total_tokens") and not _parsed(row.get("response"))
    return bool(said or row.get("error_str") or error.get("error_message") or nothing)


def _field(row: Record, name: str) -> Any:
    """A field of the row, or of its metadata."""
    metadata = row["metadata"]
    places = [row, metadata, *(_parsed(metadata.get(own)) for own in _OWN)]
    for place in places:
        if isinstance(place, Mapping) and place.get(name) not in (None, ""):
            return place[name]
    return None


def _check_field(rows: Iterable[Record], name: str) -> None:
    if all(_field(row, name) is None for row in rows):
        raise InvalidInput(
            f"must name a field of the rows, or of their metadata ({', '.join(_OWN)}), but no row "
            f"has {name!r}; LiteLLM keeps what a call says as metadata.spend_logs_metadata",
            argument="option",
        )


def _id(row: Record) -> str:
    return str(row.get("request_id") or row.get("id"))


def _case(row: Record, case: str | None) -> str:
    if case is None:
        return _id(row)
    name = _prompt(row) if case == "prompt" else _text(_field(row, case))
    if name is None:
        raise InvalidInput(
            f"must name what every answered call has, but call {_id(row)!r} has no {case}; leave "
            f"it out of the files",
            argument="option",
        )
    return name


def _text(value: Any) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None else str(value)


def _prompt(row: Record) -> str | None:
    return prompt_of(_parsed(row.get("messages"))) or prompt_of(
        _parsed(row.get("proxy_server_request"))
    )


def _agents(rows: Sequence[Record], field: str) -> list[str]:
    """Names of agents; a model is named without its provider where that is nobody else's name."""
    if field != "model":
        names = [_text(_field(row, field)) for row in rows]
        if None in names:
            raise InvalidInput(
                f"must name what every answered call has, but call {_id(rows[names.index(None)])!r}"
                f" has no {field}; name another field, or leave agent out for the model",
                argument="option",
            )
        return [str(name) for name in names]
    short = [_without_provider(row) for row in rows]
    pairs = {
        (name, str(row.get("custom_llm_provider") or ""))
        for name, row in zip(short, rows, strict=True)
    }
    providers = Counter(name for name, _ in pairs)
    return [
        name if providers[name] == 1 else f"{row.get('custom_llm_provider') or '?'}/{name}"
        for name, row in zip(short, rows, strict=True)
    ]


def _of_agents(calls: Sequence[Call], names: Iterable[str]) -> list[Call]:
    wanted = [name.strip() for name in names]
    present = {call.agent for call in calls}
    for name in wanted:
        if name not in present:
            raise UnknownName("agent", name, sorted(present), argument="option")
    return [call for call in calls if call.agent in wanted]


def _without_provider(row: Record) -> str:
    return str(row["model"]).removeprefix(f"{row.get('custom_llm_provider')}/")


def _cost(row: Record, agent: str, prices: Mapping[str, Price] | None) -> float | None:
    """What a fresh call costs, in USD; None if nobody knows."""
    cached = str(row.get("cache_hit")).lower() == "true"
    money = row.get("saved_cache_cost") if cached else row.get("response_cost", row.get("spend"))
    money = _money(money, row)
    if money or (money == 0.0 and not cached and _is_free(row)):
        return money
    if prices is None:
        return None
    price = next((prices[name] for name in (agent, row["model"]) if name in prices), None)
    usage = row["metadata"].get("usage_object")
    return money_of(price, Usage.of(usage) or Usage.of(row))


def _money(value: Any, row: Record) -> float | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        money = float(value)
    except (TypeError, ValueError):
        money = math.inf
    if math.isnan(money):
        return None
    if not 0.0 <= money < math.inf:
        raise InvalidInput(
            f"must be USD, at least 0, but got {value!r} for call {_id(row)!r}; leave the call out",
            argument="cost",
        )
    return money


def _is_free(row: Record) -> bool:
    """Whether a cost of 0 is a price, and not the lack of one."""
    unpriced = row.get("response_cost_failure_debug_info") or row.get("zero_cost_diagnostic")
    breakdown = row.get("cost_breakdown") or row["metadata"].get("cost_breakdown")
    return bool(breakdown) and not unpriced


def _propensity(row: Record, field: str | None) -> float | None:
    if field is None:
        return None
    value = _field(row, field)
    try:
        propensity = float(value)
    except (TypeError, ValueError):
        propensity = math.nan
    if not 0.0 < propensity <= 1.0:
        raise InvalidInput(
            f"must be in (0, 1], the probability with which this agent was called, but got "
            f"{value!r} for call {_id(row)!r}; write 0.05 for one case in twenty",
            argument="propensity",
        )
    return propensity


def _unpriced(calls: Sequence[Call]) -> list[str]:
    counts = Counter(call.agent for call in calls if call.cost is None)
    if not counts:
        return []
    whose = ", ".join(f"{count:,} of {agent}" for agent, count in sorted(counts.items()))
    return [
        f"The cost of {counts.total():,} of {len(calls):,} calls is not known ({whose}): a model "
        f"without a price, or an answer out of the cache; write prices=TABLE to count it from the "
        f"tokens."
    ]
