"""Which columns a router may see."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Any

import narwhals as nw
import numpy as np

from cede._checks import Floats
from cede.exceptions import InvalidInput, UnknownName

__all__ = ["check_complete", "choose_features"]


def choose_features(
    frame: nw.DataFrame[Any],
    patterns: Sequence[str] | None,
    exclude: Iterable[str] = (),
    taken: Iterable[str] = (),
) -> list[str]:
    """Names of the feature columns: those that patterns with ``*`` match, in the table's order.

    Without patterns, all columns of numbers. What other flags name (``taken``) matches no pattern.
    """
    left_out = {*taken, *_expand(frame, exclude)}
    if patterns is None:
        chosen = [name for name in frame.columns if frame[name].dtype.is_numeric()]
        chosen = [name for name in chosen if name not in left_out]
    else:
        chosen = _expand(frame, patterns, left_out)
    if not chosen:
        raise InvalidInput(
            "No feature column is left; a router needs one at least: name columns by --features, "
            "as in 'e_*,length'."
        )
    return chosen


def check_complete(X: Floats, names: Sequence[str]) -> None:
    """Refuse missing features: no router here reads them, and nothing is made up."""
    gone = np.isnan(X).sum(axis=0)
    if gone.any():
        first = int(gone.argmax())
        raise InvalidInput(
            f"Feature column {names[first]!r} has {gone[first]:,} missing values, which routers do "
            f"not read; fill them, or leave the column out "
            f"(cede fit --exclude {shlex.quote(names[first])})."
        )


def _expand(
    frame: nw.DataFrame[Any], patterns: Iterable[str], left_out: Iterable[str] = ()
) -> list[str]:
    """Columns that each pattern matches; a name without ``*`` is taken as it stands."""
    found: dict[str, None] = {}
    candidates = [name for name in frame.columns if name not in set(left_out)]
    for pattern in patterns:
        if pattern in frame.columns:
            found[pattern] = None
            continue
        if "*" not in pattern:
            raise UnknownName("column", pattern, frame.columns)
        wanted = re.compile(".*".join(map(re.escape, pattern.split("*"))), flags=re.DOTALL)
        matching = [name for name in candidates if wanted.fullmatch(name)]
        if not matching:
            raise InvalidInput(
                f"No column that is free to be used matches {pattern!r}; there are "
                f"{', '.join(candidates[:40]) or 'none'}."
            )
        found |= dict.fromkeys(matching)
    return list(found)
