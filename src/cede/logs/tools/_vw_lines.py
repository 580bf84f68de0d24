"""Lines of Vowpal Wabbit's text format, with contextual-bandit labels."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cede.exceptions import UnreadableFile

__all__ = ["Label", "Line", "blocks_of"]

_LABEL = re.compile(r"\d+:[^:]+(:[^:]+)?")


@dataclass(frozen=True)
class Label:
    """What is known of one action: its number as written, its cost, its probability."""

    action: int
    cost: float
    propensity: float | None


@dataclass(frozen=True)
class Line:
    """One line: ``[shared] [action:cost:probability …] ['tag] |namespace feature:value …``."""

    number: int
    shared: bool
    labels: tuple[Label, ...]
    tag: str | None
    features: dict[str, float]


def blocks_of(file: Path) -> list[list[Line]]:
    """Read the lines of a file, in the blocks between which blank lines stand.

    Raises
    ------
    UnreadableFile
        If it is not there, or a line is none of a contextual bandit's.
    """
    if not file.is_file():
        raise UnreadableFile(f"There is no file {str(file)!r}.")
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UnreadableFile(f"{str(file)!r} is not UTF-8; save it as such.") from None
    blocks: list[list[Line]] = [[]]
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            blocks[-1].append(_line(line.rstrip("\r"), number, file))
        elif blocks[-1]:
            blocks.append([])
    blocks = [block for block in blocks if block]
    if not blocks:
        raise UnreadableFile(f"{str(file)!r} is empty; a log has a line per case.")
    return blocks


def _line(text: str, number: int, file: Path) -> Line:
    where = f"{str(file)!r}: line {number:,}"
    if text.lstrip().startswith("{"):
        raise UnreadableFile(
            f"{where} is JSON, and this reads text; write the cases as text, one line each."
        )
    head, bar, tail = text.partition("|")
    words = head.split()
    if not bar or (words and words[0] in ("ccb", "slates")):
        what = f"of {words[0]}" if words else "without features"
        raise UnreadableFile(
            f"{where} is {what if bar else 'without a bar'}, and no line of a contextual bandit, "
            f"as action:cost:probability | features."
        )
    shared = bool(words) and words[0] == "shared"
    words = words[1:] if shared else words
    tag = None
    if words and (words[-1].startswith("'") or not head[-1].isspace()):
        tag = words.pop().removeprefix("'")
        if _LABEL.fullmatch(tag) and not words:
            raise UnreadableFile(
                f"{where} has {tag!r} right before its bar, which Vowpal Wabbit takes for a tag, "
                f"not for a label; write a space between the two."
            )
    labels = tuple(label for label in (_label(word, where) for word in words) if label)
    return Line(number, shared, labels, tag or None, dict(_features(tail, where)))


def _label(word: str, where: str) -> Label | None:
    """A label; None of an action that is only said to be there."""
    parts = word.split(":")
    try:
        action = int(parts[0])
        numbers = [float(part) for part in parts[1:]]
    except ValueError:
        numbers = [math.nan] * 3
    if len(numbers) > 2 or any(math.isnan(n) for n in numbers[:1]) or action < 0:
        raise UnreadableFile(f"{where} has a label {word!r}, which is not action:cost:probability.")
    if not numbers:
        return None
    return Label(action, numbers[0], numbers[1] if len(numbers) > 1 else None)


def _features(text: str, where: str) -> Iterator[tuple[str, float]]:
    """Names and values, ``namespace^name`` as Vowpal Wabbit itself shows them; twice is the sum."""
    sums: dict[str, float] = {}
    for part in text.split("|"):
        words = part.split()
        named = bool(words) and not part[0].isspace()
        name, weight = _weighted(words.pop(0), where) if named else ("", 1.0)
        for word in words:
            feature, value = _weighted(word, where)
            key = f"{name}^{feature}" if name else feature
            sums[key] = sums.get(key, 0.0) + weight * value
    yield from sums.items()


def _weighted(word: str, where: str) -> tuple[str, float]:
    name, colon, number = word.partition(":")
    try:
        value = float(number) if colon else 1.0
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UnreadableFile(f"{where} has a feature {word!r}, whose value is no number.")
    return name, value
