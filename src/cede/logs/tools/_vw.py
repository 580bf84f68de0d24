"""Vowpal Wabbit: logs of contextual bandits as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput, MissingExtra
from cede.logs._export import Export
from cede.logs.tools._calls import files_of
from cede.logs.tools._rewards import Scale
from cede.logs.tools._vw_lines import Label, Line, blocks_of

__all__ = ["read_vw"]

#: So many features become columns; more of them are words of a text.
_MANY = 2_000


@dataclass(frozen=True)
class _Answer:
    place: int
    tag: str | None
    agent: str
    label: Label
    features: dict[str, float]


def read_vw(
    paths: Sequence[str | Path] | str | Path,
    *,
    agents: str | Sequence[str] | None = None,
    best: str | float = 0.0,
    worst: str | float = 1.0,
) -> Export:
    """Read contextual-bandit text of Vowpal Wabbit (9.11.9).

    Two kinds of files, told apart by lines that begin with ``shared`` and by blank lines between
    blocks::

        2:0.5:0.3 tag| a:1 b          shared tag| a:1 b
                                      0:0.5:0.3 |action first
                                      |action second

    - Without blocks (``--cb``, ``--cb_explore``), ``action`` counts from 1: action 1 is the first
      agent. Vowpal Wabbit takes 0 for an action that does not exist, says nothing, and learns
      nothing; here it is refused. Its own predictions count from 0, of the same actions.
    - In blocks (``--cb_adf``, ``--cb_explore_adf``), the line that has the label was chosen; the
      number in the label counts for nothing. An agent is the tag of its line, if all lines have
      one; or the place of the line, from 0, if that has the same features in each block.
    - The probability is the logged one, of the action that was chosen: the propensity.
    - Costs may be negative (a reward); they are asked for in [0, 1], unless ``best`` and ``worst``
      say which costs are worth 1 and 0. What Vowpal Wabbit would clip or replace (a probability
      above 1, a cost that is no number), is refused.
    - A feature that is not written is 0; ``namespace^name`` are their names. Features of actions
      say who could answer, and are left out.

    Parameters
    ----------
    paths : path, or a sequence of them
        Text files; of several, the cases one after the other.
    agents : str or sequence of str, optional
        Names of the actions in their order, ``small,large``. Without it: their numbers, as the
        labels have them, or the tags. In blocks it says that places are agents, whatever their
        features.
    best, worst : float, default=0 and 1
        Costs of a perfect and of a useless answer: -1 and 0 of rewards written as negative costs.

    Returns
    -------
    Export
        A long log with outcomes ``(worst - cost) / (worst - best)``, propensities and features.

    Raises
    ------
    InvalidInput
        If an action does not exist, nobody can tell which agent a line is about, or a cost leaves
        its range.
    UnreadableFile
        If a file is not there or no such text.
    """
    scale = Scale.of(best, worst, "cost")
    names = [name.strip() for name in agents.split(",")] if isinstance(agents, str) else agents
    blocks = [block for file in files_of(paths) for block in blocks_of(file)]
    read = _of_blocks if _in_blocks(blocks) else _of_lines
    answers, n = read(blocks, None if names is None else list(names))
    if not answers:
        raise InvalidInput("The files hold no label, as 2:0.5:0.3; a log says what was chosen.")
    silent = n - len({answer.place for answer in answers})
    notes = [f"{silent:,} of {n:,} cases have no label and are left out."] if silent else []
    return _export(answers, scale, notes)


def _in_blocks(blocks: Sequence[Sequence[Line]]) -> bool:
    if any(line.shared for block in blocks for line in block):
        return True
    several = [block for block in blocks if len(block) > 1]
    alone = all(sum(bool(line.labels) for line in block) <= 1 for block in several)
    return len(blocks) > 1 and bool(several) and alone


def _of_lines(
    blocks: Sequence[Sequence[Line]], names: list[str] | None
) -> tuple[list[_Answer], int]:
    """Cases of a line each: actions count from 1."""
    lines = [line for block in blocks for line in block]
    answers = []
    for place, line in enumerate(lines):
        for label in line.labels:
            if label.action < 1 or (names is not None and label.action > len(names)):
                until = "" if names is None else f" to {len(names)}, {names[-1]!r}"
                raise InvalidInput(
                    f"must be actions from 1{until}, but got {label.action} in line "
                    f"{line.number:,}; without blocks of lines, labels count from 1",
                    argument="agents",
                )
            agent = str(label.action) if names is None else names[label.action - 1]
            answers.append(_Answer(place, line.tag, agent, label, line.features))
    return answers, len(lines)


def _of_blocks(
    blocks: Sequence[Sequence[Line]], names: list[str] | None
) -> tuple[list[_Answer], int]:
    """Cases of a block each: the line with the label was chosen, whatever number it has."""
    actions = [[line for line in block if not line.shared] for block in blocks]
    named = _names(actions, names)
    answers = []
    for place, (lines, agents) in enumerate(zip(actions, named, strict=True)):
        block, first = blocks[place], blocks[place][0]
        chosen = [(line, agent) for line, agent in zip(lines, agents, strict=True) if line.labels]
        if len(chosen) > 1 or any(line.shared for line in block[1:]):
            raise InvalidInput(
                f"must have one label in each block of lines, but the one from line "
                f"{first.number:,} has {len(chosen)}; end each block with a blank line",
                argument="paths",
            )
        shared = first.features if first.shared else {}
        tag = first.tag if first.shared else None
        answers += [_Answer(place, tag, agent, line.labels[0], shared) for line, agent in chosen]
    return answers, len(blocks)


def _names(blocks: Sequence[Sequence[Line]], names: list[str] | None) -> list[list[str]]:
    """The agent of each action's line."""
    if names is not None:
        most = max(map(len, blocks))
        if most > len(names):
            raise InvalidInput(
                f"must name all actions, but got {len(names)} names and a block of {most} actions; "
                f"name the others",
                argument="agents",
            )
        return [names[: len(lines)] for lines in blocks]
    if all(line.tag for lines in blocks for line in lines):
        return [[str(line.tag) for line in lines] for lines in blocks]
    features = [{tuple(sorted(lines[k].features)) for lines in blocks if k < len(lines)}
                for k in range(max(map(len, blocks)))]  # fmt: skip
    if any(len(at_place) > 1 for at_place in features):
        raise InvalidInput(
            "must be said, as the lines at one place of the blocks have other features from block "
            "to block, but got none; give each action's line its agent as a tag ('small |…), or "
            "name the agents in the order of the lines",
            argument="agents",
        )
    return [[str(place) for place in range(len(lines))] for lines in blocks]


def _export(answers: Sequence[_Answer], scale: Scale, notes: list[str]) -> Export:
    try:
        import pyarrow as pa
    except ImportError:
        raise MissingExtra("pyarrow", "cli", "Reading files of a tool") from None
    names = list(dict.fromkeys(name for answer in answers for name in answer.features))
    if len(names) > _MANY:
        raise InvalidInput(
            f"must have features that can be columns, at most {_MANY:,}, but got {len(names):,}, "
            f"as of the words of texts; write numbers in their place",
            argument="paths",
        )
    columns: dict[str, Any] = {
        "agent": [answer.agent for answer in answers],
        "outcome": [
            scale.outcome(answer.label.cost, f"case {answer.tag or answer.place + 1}")
            for answer in answers
        ],
        "propensity": pa.array([answer.label.propensity for answer in answers], pa.float64()),
        "case": _cases(answers),
    }
    roles = {name: name for name in ("agent", "outcome", "propensity", "case")}
    if all(answer.label.propensity is None for answer in answers):
        del columns["propensity"], roles["propensity"]
    if columns["case"] is None:
        del columns["case"], roles["case"]
    taken = {f"{name}^" if name in columns else name: name for name in names}
    columns |= {
        key: [answer.features.get(name, 0.0) for answer in answers] for key, name in taken.items()
    }
    return Export(table=pa.table(columns), format="long", columns=roles, notes=tuple(notes))


def _cases(answers: Sequence[_Answer]) -> list[Any] | None:
    """Tags, if all cases have one, whole numbers as such; else places, if one has two answers."""
    tags = [answer.tag for answer in answers]
    if any(tag is None for tag in tags):
        places = [answer.place for answer in answers]
        return places if len(set(places)) < len(places) else None
    whole = all(str(tag).isdecimal() and str(int(str(tag))) == tag for tag in tags)
    return [int(str(tag)) for tag in tags] if whole else tags
