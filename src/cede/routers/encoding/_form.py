"""What a text looks like: numbers of its length and form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log1p

import numpy as np

from cede._checks import Floats

__all__ = ["FORM", "form_of"]

#: ASCII signs that are counted in each text, on a logarithmic scale.
_SIGNS = {
    "digits": b"0123456789",
    "lines": b"\n",
    "mathematical signs": b"=+*/^<>%$\\",
    "punctuation": b",.;:",
    "underscores": b"_",
    "brackets": b"(",
}
_CAPITALS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_WORD = re.compile(r"\w+")
#: A choice among answers: "A. Paris", one per line.
_CHOICE = re.compile(r"^[A-Z][.)][^\S\n]*(.*)$", re.MULTILINE)
_ENDS = tuple(f"{end}{gap}" for end in ".!?" for gap in " \n")
_EXCEPTIONS = frozenset({"not", "except"})
#: A word of more letters is a long one.
_LONG = 7

#: What the columns of :func:`form_of` are.
FORM: tuple[str, ...] = (
    "characters",
    *_SIGNS,
    "pieces",
    "numbers",
    "sentences",
    "exceptions",
    "share of capitals",
    "asks",
    "words",
    "letters of a word",
    "letters of the longest word",
    "share of different words",
    "share of long words",
    "letters of a choice",
)


def form_of(texts: Sequence[str]) -> Floats:
    """Nineteen numbers per text, ``(n, 19)``, as :data:`FORM` names them.

    Examples
    --------
    >>> numbers = dict(zip(FORM, form_of(["Is 1 + 1 = 2?"])[0].round(2).tolist(), strict=True))
    >>> numbers["digits"], numbers["asks"], numbers["share of different words"]
    (1.39, 1.0, 0.75)
    """
    return np.array([_of_one(text) for text in texts]).reshape(len(texts), len(FORM))


def _of_one(text: str) -> list[float]:
    data, lower = text.encode(errors="replace"), text.lower()
    signs = [_count(data, which) for which in _SIGNS.values()]
    words = _WORD.findall(lower)
    lengths = list(map(len, words))
    n_words, n_letters = max(len(words), 1), max(len(text), 1)
    choices = [len(choice) for choice in _CHOICE.findall(text)] if "\n" in text else []
    counts = [
        len(text),
        *signs,
        len(lower.split()),
        len(_NUMBER.findall(text)) if signs[0] else 0,
        sum(map(text.count, _ENDS)),
        sum(map(words.count, _EXCEPTIONS)),
    ]
    return [
        *map(log1p, counts),
        _count(data, _CAPITALS) / n_letters,
        float("?" in text),
        log1p(len(words)),
        sum(lengths) / n_words,
        log1p(max(lengths, default=0)),
        len(set(words)) / n_words,
        sum(length > _LONG for length in lengths) / n_words,
        log1p(sum(choices) / max(len(choices), 1)),
    ]


def _count(data: bytes, which: bytes) -> int:
    """How many of these signs there are; no other sign of UTF-8 holds their bytes."""
    return len(data) - len(data.translate(None, which))
