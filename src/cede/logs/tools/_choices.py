"""One answer out of what a tool holds for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cede.exceptions import InvalidInput
from cede.logs.tools._cells import as_text

__all__ = ["choose_question", "one_choice"]


def one_choice(value: Any, who: str) -> str | None:
    """Return one answer as text; None if nothing was chosen. Several are refused.

    Parameters
    ----------
    value : Any
        A text, a number, a truth, or a list of at most one.
    who : str
        Whose answer to what it is, for the sentence.
    """
    if isinstance(value, dict):
        raise InvalidInput(
            f"must hold one answer to each case, but {who} is a record ({', '.join(value)}); "
            f"regions, rankings and spans cannot be compared case by case",
            argument="paths",
        )
    if not isinstance(value, list):
        return as_text(value)
    if len(value) > 1:
        raise InvalidInput(
            f"must hold one answer to each case, but {who} has {len(value)} choices; ask one "
            f"question per choice, or keep one of them",
            argument="paths",
        )
    return one_choice(value[0], who) if value else None


def choose_question(question: str | None, known: Iterable[str], tool: str) -> str:
    """Return the question whose answers are read: the one that is named, or the only one."""
    questions = list(dict.fromkeys(known))
    listed = ", ".join(questions[:20]) or "none"
    if question is None and len(questions) == 1:
        return questions[0]
    if question is None or question not in questions:
        raise InvalidInput(
            f"must say which question of {tool} is read, one of {listed}, but got "
            f"{'none' if question is None else repr(question)}; write question=NAME",
            argument="option",
        )
    return question
