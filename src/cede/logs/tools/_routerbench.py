"""Wide frames as RouterBench has them: a column of scores and one of costs per model."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs._export import Export
from cede.logs.files import read_table

#: What follows the model's name in the columns beside its score.
_RESPONSE, _COST = "|model_response", "|total_cost"
_ORACLE = "oracle_model_to_route_to"
_CASE = "sample_id"
_PROMPT = "prompt"


def read_routerbench(paths: Sequence[str | Path] | str | Path) -> Export:
    """Read a frame with a row per prompt and, per model, its score and its cost in USD.

    The frame of RouterBench (2024) is published as a pickle, which runs code when it is loaded:
    write it anew as Parquet where you trust it. Columns: ``sample_id``, ``prompt``, ``eval_name``,
    for each model ``NAME`` (score in [0, 1]), ``NAME|model_response`` and ``NAME|total_cost``, and
    ``oracle_model_to_route_to``. Responses and the oracle's choice are known only after all models
    have answered: they are left out. ``prompt`` is a list of turns, written as Python does: it is
    read as their text, and its length stands beside it as ``prompt_chars`` and ``prompt_words``.

    Parameters
    ----------
    paths : path, or a sequence of one
        A table that :func:`cede.logs.read_table` reads.

    Returns
    -------
    Export
        A wide log; outcomes and costs of every model.

    Raises
    ------
    InvalidInput
        If there is no pair of columns ``NAME`` and ``NAME|total_cost``, or several files.
    UnreadableFile
        If the file is not there or no table.
    """
    files = [paths] if isinstance(paths, str | Path) else list(paths)
    if len(files) != 1:
        raise InvalidInput(
            f"must be one table of RouterBench's shape, but got {len(files)}; join them first",
            argument="paths",
        )
    if str(files[0]).endswith((".pkl", ".pickle")):
        raise UnreadableFile(
            f"{str(files[0])!r} is a pickle, which runs code when it is loaded; where you trust "
            f"it, write it anew: pandas.read_pickle(path).to_parquet('bench.parquet')."
        )
    frame = read_table(files[0], texts=[_CASE])
    models = [
        name.removesuffix(_COST)
        for name in frame.columns
        if name.endswith(_COST) and name.removesuffix(_COST) in frame.columns
    ]
    if not models:
        raise InvalidInput(
            f"{str(files[0])!r} has no model with columns NAME and NAME{_COST}, as RouterBench "
            f"has; name the columns yourself (--outcome NAME=COL --cost NAME=COL)."
        )
    late = [name for name in frame.columns if name.endswith(_RESPONSE) or name == _ORACLE]
    return Export(
        table=_with_lengths(frame.drop(late).to_arrow()),
        format="wide",
        columns={
            **({"case": _CASE} if _CASE in frame.columns else {}),
            "outcome": {name: name for name in models},
            "cost": {name: name + _COST for name in models},
        },
    )


def _with_lengths(table: Any) -> Any:
    """The prompts as texts, and how long they are."""
    if _PROMPT not in table.column_names:
        return table
    prompts = [_text(prompt) for prompt in table[_PROMPT].to_pylist()]
    table = table.set_column(table.column_names.index(_PROMPT), _PROMPT, [prompts])
    lengths = {
        f"{_PROMPT}_chars": [None if prompt is None else len(prompt) for prompt in prompts],
        f"{_PROMPT}_words": [None if prompt is None else len(prompt.split()) for prompt in prompts],
    }
    for name, cells in lengths.items():
        if name not in table.column_names:
            table = table.append_column(name, [cells])
    return table


def _text(prompt: Any) -> str | None:
    """Turns, one below the other; a text that is no list of them stays as it is."""
    if isinstance(prompt, str) and prompt.startswith("[") and prompt.endswith("]"):
        try:
            prompt = ast.literal_eval(prompt)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return str(prompt)
    if isinstance(prompt, list):
        return "\n\n".join(map(str, prompt))
    return None if prompt is None else str(prompt)
