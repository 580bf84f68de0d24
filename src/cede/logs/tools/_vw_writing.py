"""Cases as contextual-bandit text of Vowpal Wabbit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cede._checks import Floats
from cede._files import write_text
from cede.exceptions import InvalidInput
from cede.logs._cases import Cases
from cede.logs._log import show

__all__ = ["write_vw"]

#: What parts words, features from their values, and namespaces.
_MARKS = re.compile(r"[\s|:]|^'|^shared$")


def write_vw(cases: Cases, path: str | Path, *, adf: bool = False) -> None:
    """Write a log as Vowpal Wabbit (9.11.9) learns from it, and :func:`read_vw` reads it.

    Costs are ``agent_costs``, money weighed in, and probabilities the propensities; the tag is the
    case. Without ``adf`` a case is a line, agent j is action j + 1, and several known costs are as
    many labels. With it, a case is a block of lines, each with its agent as tag and as feature, and
    one known cost::

        vw --cb_explore 2 -d log.txt          vw --cb_explore_adf -d log.txt

    Parameters
    ----------
    cases : Cases
        With propensities and features.
    path : path
        A text file to be.
    adf : bool, default=False
        Whether each action has a line of its own.

    Raises
    ------
    InvalidInput
        If there are no propensities, a feature is missing, a name holds white space, a colon or a
        bar, or, with ``adf``, a case has several known costs.

    Examples
    --------
    >>> import numpy as np
    >>> from tempfile import TemporaryDirectory
    >>> cases = Cases(
    ...     agent_names=("small", "large"),
    ...     agent_costs=np.array([[0.5, np.nan], [np.nan, 0.25]]),
    ...     features={"length": np.array([12.0, 40.0])},
    ...     ids=np.array([7, 8]),
    ...     propensities=np.array([[0.9, np.nan], [np.nan, 0.1]]),
    ... )
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "log.txt"
    ...     write_vw(cases, path)
    ...     print(path.read_text(), end="")
    1:0.5:0.9 '7 | length:12.0
    2:0.25:0.1 '8 | length:40.0
    """
    if cases.propensities is None:
        raise InvalidInput(
            "must have propensities, the probabilities with which agents were chosen, but got "
            "none; say the column that holds them where the log is read",
            argument="cases",
        )
    features = [_feature(name, values) for name, values in cases.features.items()]
    lines = _blocks(cases, features) if adf else _lines(cases, features)
    write_text(path, "".join(lines))


def _lines(cases: Cases, features: list[list[str]]) -> Iterator[str]:
    for row in range(len(cases)):
        labels = [f"{j + 1}:{label}" for j, label in _labels(cases, row)]
        told = " ".join(["", *(feature[row] for feature in features)])
        yield f"{' '.join(labels)} '{_word(cases.ids[row], 'an id')} |{told}\n"


def _blocks(cases: Cases, features: list[list[str]]) -> Iterator[str]:
    agents = [_word(name, "the name of an agent") for name in cases.agent_names]
    for row in range(len(cases)):
        labels = dict(_labels(cases, row))
        if len(labels) != 1:
            raise InvalidInput(
                f"must have one known cost per case for blocks of lines, but got {len(labels)} for "
                f"case {show(cases.ids[row])}; write lines (adf=False), or keep the cost of the "
                f"agent that was chosen",
                argument="cases",
            )
        told = " ".join(["", *(feature[row] for feature in features)])
        yield f"shared '{_word(cases.ids[row], 'an id')} |{told}\n"
        for j, agent in enumerate(agents):
            label = f"0:{labels[j]} " if j in labels else ""
            yield f"{label}'{agent} |agent {agent}\n"
        yield "\n"


def _labels(cases: Cases, row: int) -> Iterator[tuple[int, str]]:
    """Agents whose cost is known, with the cost and the propensity."""
    costs: Floats = cases.agent_costs[row]
    assert cases.propensities is not None
    for j in np.flatnonzero(~np.isnan(costs)):
        yield int(j), f"{float(costs[j])!r}:{float(cases.propensities[row, j])!r}"


def _feature(name: str, values: Any) -> list[str]:
    """What is written of a feature in each row: a number, or a category as a feature of its own."""
    word = _word(name, "the name of a feature")
    if values.dtype.kind == "O":
        return [f"{word}={_word(value, f'a value of {name!r}')}" for value in values]
    if np.isnan(values).any():
        raise InvalidInput(
            f"must have no missing features, which Vowpal Wabbit takes for 0, but {name!r} has "
            f"{int(np.isnan(values).sum()):,}; fill them, or leave the column out",
            argument="cases",
        )
    return [f"{word}:{float(value)!r}" for value in values]


def _word(value: Any, what: str) -> str:
    word = "" if value is None else str(value)
    if not word or _MARKS.search(word):
        raise InvalidInput(
            f"must have names without white space, colons and bars, but {what} is {word!r}; "
            f"rename it",
            argument="cases",
        )
    return word
