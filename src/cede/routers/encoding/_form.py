"""What a text looks like: numbers of its length and form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log1p

import numpy as np

from cede._checks import Floats

__all__ = ["FORM", "form_of"]

#: Counted in each text, and put on a logarithmic scale.
_COUNTED = {
    "digits": re.compile(r"\d"),
    "gaps": re.compile(r"\s+"),
    "lines": re.compile(r"\n"),
    "mathematical signs": re.compile(r"[=+*/^<>%$\\]"),
    "punctuation": re.compile(r"[,.;:]"),
    "underscores": re.compile(r"_"),
    "numbers": re.compile(r"\d+(?:\.\d+)?"),
    "sentences": re.compile(r"[.!?]\s"),
    "exceptions": re.compile(r"\b(?:not|except)\b", re.IGNORECASE),
    "brackets": re.compile(r"\("),
}
_CAPITAL = re.compile(r"[A-Z]")
_WORD = re.compile(r"\w+")
#: A choice among answers: "A. Paris", one per line.
_CHOICE = re.compile(r"^[A-Z][.)][^\S\n]*(.*)$", re.MULTILINE)
#: A word of more letters is a long one.
_LONG = 7

#: What the columns of :func:`form_of` are.
FORM: tuple[str, ...] = (
    "characters",
    *_COUNTED,
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
    words = _WORD.findall(text)
    lengths = [len(word) for word in words]
    n_words, n_letters = max(len(words), 1), max(len(text), 1)
    choices = [len(choice) for choice in _CHOICE.findall(text)]
    return [
        log1p(len(text)),
        *(log1p(len(pattern.findall(text))) for pattern in _COUNTED.values()),
        len(_CAPITAL.findall(text)) / n_letters,
        float("?" in text),
        log1p(len(words)),
        sum(lengths) / n_words,
        log1p(max(lengths, default=0)),
        len({word.lower() for word in words}) / n_words,
        sum(length > _LONG for length in lengths) / n_words,
        log1p(sum(choices) / max(len(choices), 1)),
    ]
