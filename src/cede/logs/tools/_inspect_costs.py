"""What the calls of a sample of Inspect cost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput, UnknownName
from cede.logs.tools._folders import json_of

__all__ = ["cost_of", "read_prices"]

Prices = Mapping[str, Mapping[str, float]]

#: What a kind of token costs if the table does not say: as much as that kind.
_KINDS = {
    "input_tokens": ("input", "input"),
    "output_tokens": ("output", "output"),
    "input_tokens_cache_read": ("cache_read", "input"),
    "input_tokens_cache_write": ("cache_write", "input"),
}
_MILLION = 1e6


def read_prices(file: str) -> Prices:
    """Read USD per million tokens, ``{"MODEL": {"input": 2.5, "output": 10}}``."""
    table = json_of(Path(file))
    allowed = {kind for kinds in _KINDS.values() for kind in kinds}
    fits = isinstance(table, dict) and all(
        isinstance(row, dict)
        and {"input", "output"} <= {*row} <= allowed
        and all(_is_price(price) for price in row.values())
        for row in table.values()
    )
    if not fits:
        raise InvalidInput(
            f'must say as prices a file that holds {{"MODEL": {{"input": 2.5, "output": 10}}}}, '
            f"USD per million tokens, with cache_read and cache_write if they differ, but got "
            f"{file!r}; write it so",
            argument="option",
        )
    return dict(table)


def cost_of(sample: Mapping[str, Any], model: str, prices: Prices | None) -> float | None:
    """USD of the calls before scorers; None where a usage is not known.

    Without prices, what the log says that they cost.
    """
    costs = [_cost(name, usage, prices) for name, usage in _calls(sample, model)]
    known = [cost for cost in costs if cost is not None]
    return math.fsum(known) if costs and len(known) == len(costs) else None


def _is_price(price: Any) -> bool:
    return isinstance(price, int | float) and not isinstance(price, bool) and 0 <= price < math.inf


def _cost(model: str, usage: Mapping[str, Any] | None, prices: Prices | None) -> float | None:
    if not usage:
        return None
    if prices is None:
        return usage.get("total_cost")
    if model not in prices:
        raise UnknownName("model in the table of prices", model, prices)
    row = prices[model]
    return sum(
        (usage.get(tokens) or 0) * row.get(kind, row[other]) / _MILLION
        for tokens, (kind, other) in _KINDS.items()
    )


def _calls(sample: Mapping[str, Any], model: str) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Models and usages, one by one; without events, the sum of the model's, graders included."""
    events = sample.get("events") or []
    calls = [event for event in events if event.get("event") == "model"]
    if not calls:
        yield model, (sample.get("model_usage") or {}).get(model)
        return
    grading = _grading(events)
    for call in calls:
        if call.get("span_id") not in grading:
            yield str(call["model"]), (call.get("output") or {}).get("usage")


def _grading(events: list[Mapping[str, Any]]) -> set[str]:
    """Spans of scorers, and all that lies in them; a span begins after what it lies in."""
    spans: set[str] = set()
    for event in events:
        if event.get("event") == "span_begin" and (
            event.get("type") in ("scorers", "scorer") or event.get("parent_id") in spans
        ):
            spans.add(str(event["id"]))
    return spans
