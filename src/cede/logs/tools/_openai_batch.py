"""OpenAI's batches: files of requests, and of what came back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs._export import Export
from cede.logs.tools._calls import Call, answer_of, files_of, log_of_calls, prompt_of, records_of
from cede.logs.tools._grades import with_grades, with_labels
from cede.logs.tools._prices import Price, Usage, money_of, read_prices

__all__ = ["read_openai_batch"]

Record = dict[str, Any]

#: What the date of a release adds to a model's name.
_RELEASE = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def read_openai_batch(
    paths: Sequence[str | Path] | str | Path,
    *,
    labels: str | Path | None = None,
    grades: str | Path | None = None,
    prices: str | Path | None = None,
) -> Export:
    """Read batches of OpenAI (as of openai 2.x): input, output and error files, in any order.

    A line of an input has ``custom_id`` and ``body``, one of an output ``custom_id`` and
    ``response``; the two kinds are told apart by that. Files of several models stand side by side.

    - Lines come back in any order, so ``custom_id`` is the case, and the same question has the same
      ``custom_id`` in every batch. Where each batch counts anew (``request-1``), that must hold.
    - A request names the model as ``gpt-4o-mini``, its response as ``gpt-4o-mini-2024-07-18``. An
      agent is named as it was asked for if the inputs name one model that a release belongs to;
      otherwise as in the response.
    - A ``status_code`` other than 200, an ``error``, or a request that has expired: nobody knows
      what the answer would have been worth, or have cost. It is left out.
    - Costs are counted from ``usage``; the files hold no money. Batches have prices of their own,
      half of the others', so say those that hold for what shall be routed. Tokens of reasoning are
      among those of the output, cached ones among those of the input.

    Parameters
    ----------
    paths : path, or a sequence of them
        JSON lines. Without the inputs there are no prompts.
    labels : path, optional
        A table ``case,label``: an answer is right if it is the label, as written.
    grades : path, optional
        A table ``case,agent,outcome``. One of ``labels`` and ``grades`` is needed.
    prices : path, optional
        A table ``model,input,output[,cached]``, USD per million tokens. Without it, the log has no
        costs.

    Returns
    -------
    Export
        A long log with ``prompt``, ``answer`` and, with prices, ``cost``.

    Raises
    ------
    InvalidInput
        If neither labels nor grades are named, or both, one case has two prompts, or a model has no
        price.
    UnreadableFile
        If a file is not there or no such file, or there are requests alone.
    """
    if (labels is None) == (grades is None):
        raise InvalidInput(
            f"must say labels or grades for files of openai-batch, which do not tell what answers "
            f"were worth, but got {'neither' if labels is None else 'both'}; write labels=TABLE "
            f"(case, label) or grades=TABLE (case, agent, outcome)",
            argument="option",
        )
    requests, responses = _lines(paths)
    prompts = _prompts(requests)
    asked_for = {str(r["body"]["model"]) for r in requests if r["body"].get("model")}
    answered = [line for line in responses if _is_answered(line)]
    bodies = [line["response"]["body"] for line in answered]
    agents = _agents([str(body.get("model") or "?") for body in bodies], asked_for)
    table = None if prices is None else read_prices(prices)
    calls = [
        Call(
            agent=agent,
            case=str(line["custom_id"]),
            prompt=prompts.get(str(line["custom_id"])),
            answer=answer_of(body),
            cost=None if table is None else _cost(body, agent, table),
        )
        for line, body, agent in zip(answered, bodies, agents, strict=True)
    ]
    n = len(responses)
    notes = [f"{n - len(calls):,} of {n:,} requests failed and are left out."]
    notes = notes if len(calls) < n else []
    if labels is not None:
        calls, unmatched = with_labels(calls, labels)
    else:
        calls, unmatched = with_grades(calls, str(grades))
    return log_of_calls(calls, [*notes, *unmatched, *_lost_prompts(calls, bool(requests))])


def _lines(paths: Sequence[str | Path] | str | Path) -> tuple[list[Record], list[Record]]:
    """Requests, and responses."""
    requests: list[Record] = []
    responses: list[Record] = []
    for file in files_of(paths):
        for line in records_of(file):
            if "custom_id" not in line or not {"body", "response"} & set(line):
                raise UnreadableFile(
                    f"{str(file)!r} holds no batch of OpenAI, whose lines have a custom_id, and a "
                    f"body (input) or a response (output)."
                )
            if "response" in line:
                responses.append(line)
            elif isinstance(line["body"], Mapping):
                requests.append(line)
    if not responses:
        raise UnreadableFile("The files hold requests alone; give the outputs of the batches, too.")
    return requests, responses


def _prompts(requests: Sequence[Record]) -> dict[str, str | None]:
    """What each case asks."""
    prompts: dict[str, str | None] = {}
    for request in requests:
        case, prompt = str(request["custom_id"]), prompt_of(request["body"])
        if prompts.setdefault(case, prompt) != prompt:
            raise InvalidInput(
                f"must name one question by each custom_id, but {case!r} asks two different ones; "
                f"number the questions alike in all batches",
                argument="paths",
            )
    return prompts


def _is_answered(line: Record) -> bool:
    response = line.get("response") or {}
    return (
        not line.get("error")
        and response.get("status_code") == 200
        and isinstance(response.get("body"), Mapping)
    )


def _agents(released: Sequence[str], asked_for: set[str]) -> list[str]:
    """Names of models as they were asked for, if each name stands for one release."""
    named = {name: _RELEASE.sub("", name) for name in set(released)}
    counts = Counter(named.values())
    return [
        named[name] if named[name] in asked_for and counts[named[name]] == 1 else name
        for name in released
    ]


def _cost(body: Mapping[str, Any], agent: str, prices: Mapping[str, Price]) -> float | None:
    names = (agent, str(body.get("model")), _RELEASE.sub("", str(body.get("model"))))
    price = next((prices[name] for name in names if name in prices), None)
    if price is None:
        raise InvalidInput(
            f"must have a row for every model, but none is for {agent!r}; add it",
            argument="prices",
        )
    return money_of(price, Usage.of(body.get("usage")))


def _lost_prompts(calls: Sequence[Call], some: bool) -> list[str]:
    lost = sum(call.prompt is None for call in calls)
    if not lost or not some:
        return []
    return [f"{lost:,} of {len(calls):,} answers have no request in the input files."]
