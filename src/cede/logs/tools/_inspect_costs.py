"""What the calls of a sample of Inspect cost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from cede.exceptions import UnknownName
from cede.logs.tools._prices import Price, Usage, money_of

__all__ = ["cost_of"]


def cost_of(
    sample: Mapping[str, Any], model: str, prices: Mapping[str, Price] | None
) -> float | None:
    """USD of the calls before scorers; None where a usage is not known.

    Without prices, what the log says that they cost.
    """
    costs = [_cost(name, usage, prices) for name, usage in _calls(sample, model)]
    known = [cost for cost in costs if cost is not None]
    return math.fsum(known) if costs and len(known) == len(costs) else None


def _cost(
    model: str, usage: Mapping[str, Any] | None, prices: Mapping[str, Price] | None
) -> float | None:
    if not usage:
        return None
    if prices is None:
        return usage.get("total_cost")
    if model not in prices:
        raise UnknownName("model in the table of prices", model, prices)
    return money_of(prices[model], _tokens(usage))


def _tokens(usage: Mapping[str, Any]) -> Usage:
    """Inspect counts tokens read from a cache, and those written to one, beside the others."""
    read = usage.get("input_tokens_cache_read") or 0
    written = usage.get("input_tokens_cache_write") or 0
    return Usage(
        input=usage["input_tokens"] + read + written, output=usage["output_tokens"], cached=read
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
        if call.get("span_id") not in grading and not call.get("error"):
            yield str(call["model"]), call["usage"]


def _grading(events: list[Mapping[str, Any]]) -> set[str]:
    """Spans of scorers, and all that lies in them; a span begins after what it lies in."""
    spans: set[str] = set()
    for event in events:
        if event.get("event") == "span_begin" and (
            event.get("type") in ("scorers", "scorer") or event.get("parent_id") in spans
        ):
            spans.add(str(event["id"]))
    return spans
