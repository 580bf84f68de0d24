"""What a text looks like: nine numbers of its length and form."""

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
}
_CAPITAL = re.compile(r"[A-Z]")

#: What the columns of :func:`form_of` are.
FORM: tuple[str, ...] = ("characters", *_COUNTED, "share of capitals", "asks")


def form_of(texts: Sequence[str]) -> Floats:
    """Nine numbers per text, ``(n, 9)``, as :data:`FORM` names them.

    Examples
    --------
    >>> dict(zip(FORM, form_of(["Is 1 + 1 = 2?"])[0].round(2).tolist(), strict=True))["digits"]
    1.39
    """
    rows = [
        [
            log1p(len(text)),
            *(log1p(len(pattern.findall(text))) for pattern in _COUNTED.values()),
            len(_CAPITAL.findall(text)) / max(len(text), 1),
            float("?" in text),
        ]
        for text in texts
    ]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(FORM))
