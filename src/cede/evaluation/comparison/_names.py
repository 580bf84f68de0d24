"""What the experts and the rows of a comparison are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cede._checks._names import expert_names as names_at_columns
from cede.evaluation.comparison._references import RANDOM
from cede.exceptions import InvalidInput
from cede.operating import Scorer

__all__ = ["check_row_names", "read_expert_names"]


def read_expert_names(
    names: Sequence[str] | None, table: Any, methods: Mapping[str, Scorer], n_experts: int
) -> tuple[str, ...]:
    """Names as told, or as the table's columns, or as those that a method was fitted with."""
    if names is None:
        defaults, of_table = names_at_columns(None, n_experts), names_at_columns(table, n_experts)
        names_at_fit = [getattr(method, "expert_names_", defaults) for method in methods.values()]
        candidates = [
            n
            for n in (of_table, *map(tuple, names_at_fit))
            if n != defaults and len(n) == n_experts
        ]
        return candidates[0] if candidates else defaults
    if len(names) != n_experts:
        raise InvalidInput(
            f"must name each of the {n_experts} experts, but got {len(names)} names: {list(names)}",
            argument="expert_names",
        )
    return tuple(names)


def check_row_names(methods: Iterable[str], experts: Sequence[str], constant: str | None) -> None:
    """Every row has a name of its own."""
    reserved = {"model alone", RANDOM, "oracle", constant, *(f"{name} alone" for name in experts)}
    if "model" in experts or len(set(experts)) < len(experts):
        raise InvalidInput(
            f"must differ from each other and from 'model', but got {list(experts)}; give each "
            f"expert a name of its own",
            argument="expert_names",
        )
    clash = sorted(name for name in methods if name in reserved)
    if clash:
        raise InvalidInput(
            f"must not be named like a row that is always there, but got {clash[0]!r}; choose "
            f"another name",
            argument="methods",
        )
