"""What wrong answers cost, as people write it on the command line: cells, or a matrix in a file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cede.exceptions import InvalidInput
from cede.logs import FixedModel, read_table
from cede.study import Stakes

__all__ = ["fixed_model", "stakes_of"]


def fixed_model(answers: str | None, proba: dict[str, str], model: str | None) -> Any:
    """The model whose answers or probabilities are columns; None if none was named."""
    if answers is None and not proba:
        return None
    if model is not None:
        raise InvalidInput(
            "must be left out beside the columns of a model that is there already, but got both; "
            "name one of them",
            argument="model",
        )
    return FixedModel(answers, proba or None)


def stakes_of(
    cells: Sequence[str],
    matrix: Path | None,
    error_cost: float | None,
    currency: str,
    experts: Collection[str],
) -> Stakes | None:
    """What wrong answers cost; None if nothing was said of it.

    Parameters
    ----------
    cells : sequence of str
        ``TRUTH:ANSWER=NUMBER``, or ``EXPERT/TRUTH:ANSWER=NUMBER``.
    matrix : path, optional
        A table with a row per truth, named in its first column, and a column per answer.
    error_cost : float, optional
    currency : str
    experts : collection of str
        Who may stand before the ``/``.
    """
    if not cells and matrix is None and error_cost is None and not currency:
        return None
    wrong = {} if matrix is None else _read_matrix(matrix)
    of: dict[str, dict[tuple[str, str], float]] = {}
    for text in cells:
        expert, cell, cost = _read_cell(text, experts)
        own = wrong if expert is None else of.setdefault(expert, {})
        own[cell] = cost
    return Stakes(wrong, of, error_cost, currency)


def _read_cell(text: str, experts: Collection[str]) -> tuple[str | None, tuple[str, str], float]:
    """Whose answer, which one to which truth, and what it costs."""
    cell, _, number = text.rpartition("=")
    expert, slash, rest = cell.partition("/")
    if not slash or expert not in experts:
        expert, rest = "", cell
    truth, colon, answer = rest.partition(":")
    try:
        cost = float(number)
    except ValueError:
        colon = ""
    if not (colon and truth and answer) or ":" in answer:
        raise InvalidInput(
            f"must be written TRUTH:ANSWER=NUMBER, or EXPERT/TRUTH:ANSWER=NUMBER, but got "
            f"{text!r}; where a name holds a colon, write a table of costs (--cost-matrix)",
            argument="cost",
        )
    return expert or None, (truth, answer), cost


def _read_matrix(path: Path) -> dict[tuple[str, str], float]:
    """A cost for each truth, in the first column, and each answer, at the head of the others."""
    frame = read_table(path)
    head, *answers = frame.columns
    truths = [str(value) for value in frame[head].to_list()]
    if sorted(truths) != sorted(answers):
        raise InvalidInput(
            f"must have a row and a column for each label, but {str(path)!r} has the rows "
            f"{', '.join(truths)} and the columns {', '.join(answers)}; write the truths in the "
            f"first column and the answers in the first line, all of them in both",
            argument="cost_matrix",
        )
    cells: dict[tuple[str, str], float] = {}
    for answer in answers:
        for truth, value in zip(truths, frame[answer].to_list(), strict=True):
            number = value if isinstance(value, int | float) else np.nan
            if isinstance(value, bool) or not np.isfinite(number):
                raise InvalidInput(
                    f"must hold a number in each cell, but {str(path)!r} has {value!r} for "
                    f"{answer} where {truth} is the truth; write what that costs",
                    argument="cost_matrix",
                )
            cells[truth, answer] = float(number)
    return cells
