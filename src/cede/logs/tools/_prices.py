"""What tokens cost: a table of prices that the caller brings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput
from cede.logs.files import read_table

__all__ = ["Price", "Usage", "money_of", "read_prices"]


@dataclass(frozen=True)
class Price:
    """USD per million tokens: of the prompt, of the part of it that was cached, of the answer."""

    input: float
    output: float
    cached: float


@dataclass(frozen=True)
class Usage:
    """Tokens of one call; the cached ones are among those of the prompt."""

    input: int
    output: int
    cached: int = 0

    @classmethod
    def of(cls, usage: Any) -> Usage | None:
        """Read ``usage`` as either interface writes it; None if it says no count."""
        if not isinstance(usage, Mapping):
            return None
        asked = _count(usage, "prompt_tokens", "input_tokens")
        answered = _count(usage, "completion_tokens", "output_tokens")
        if asked is None:
            return None
        details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
        return cls(asked, answered or 0, min(_count(details, "cached_tokens") or 0, asked))


def read_prices(file: str | Path) -> dict[str, Price]:
    """Read a table with columns ``model``, ``input``, ``output`` and, if need be, ``cached``.

    Parameters
    ----------
    file : path
        CSV, Parquet or JSON; USD per million tokens. Without a price of cached tokens, they are
        billed as others.

    Raises
    ------
    InvalidInput
        If a column is not there, a model has two rows, or a price is no number of at least 0.
    UnreadableFile
        If the file is not there or no table.
    """
    rows: list[dict[str, Any]] = read_table(file, texts=["model"]).to_arrow().to_pylist()
    prices: dict[str, Price] = {}
    for row in rows:
        absent = [name for name in ("model", "input", "output") if row.get(name) is None]
        if absent:
            raise InvalidInput(
                f"must have model, input and output (USD per million tokens) in every row, but "
                f"{str(file)!r} has none of {absent[0]}; add it",
                argument="prices",
            )
        model = str(row["model"])
        if model in prices:
            raise InvalidInput(
                f"must have one row per model, but {str(file)!r} has two of {model!r}; leave one "
                f"out",
                argument="prices",
            )
        asked, answered = _price(row["input"], model), _price(row["output"], model)
        cached = row.get("cached")
        prices[model] = Price(asked, answered, asked if cached is None else _price(cached, model))
    return prices


def money_of(price: Price | None, usage: Usage | None) -> float | None:
    """USD of one call; None where the price or the usage is not known."""
    if price is None or usage is None:
        return None
    fresh = usage.input - usage.cached
    return (
        fresh * price.input + usage.cached * price.cached + usage.output * price.output
    ) / 1_000_000


def _price(value: Any, model: str) -> float:
    try:
        price = float(value)
    except (TypeError, ValueError):
        price = math.nan
    if not 0.0 <= price < math.inf:
        raise InvalidInput(
            f"must be USD per million tokens, at least 0, but got {value!r} for {model!r}; mend "
            f"the table",
            argument="prices",
        )
    return price


def _count(usage: Mapping[str, Any], *names: str) -> int | None:
    value = next((usage[name] for name in names if usage.get(name) is not None), None)
    return int(value) if isinstance(value, int | float) and value >= 0 else None
