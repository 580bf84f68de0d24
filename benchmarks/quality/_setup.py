"""What the scripts share: arguments, tables that fit a terminal, splits, intervals, the README."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from cede_papers import write_page

README = Path(__file__).parent / "README.md"
#: Resamples of every bootstrap.
RESAMPLES = 1_000

Array = NDArray[np.float64]


def arguments(doc: str | None, seeds: int | str) -> argparse.Namespace:
    """``--data``, ``--seeds`` (how many) and ``--write``."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--data", help="folder of the data sets; by default CEDE_DATA")
    default = seeds if isinstance(seeds, int) else None
    parser.add_argument("--seeds", type=int, default=default, help=f"how many (default: {seeds})")
    parser.add_argument("--write", action="store_true", help="write the tables into README.md")
    return parser.parse_args()


def report(block: str, make: Callable[[], Iterator[str]], write: bool) -> None:
    """Print parts as they come, and with ``--write`` put them into a block of the README."""
    started, parts = time.perf_counter(), []
    for part in make():
        parts.append(part)
        print(part, end="\n\n", flush=True)
    print(f"{time.perf_counter() - started:.0f} s")
    if write:
        write_page(README, {block: "\n\n".join(parts)})


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown whose columns stand straight in a terminal, the first to the left."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "| " + " | ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]) + " |"
        for line in lines
    ]
    rule = "| " + "-" * widths[0] + " | " + " | ".join("-" * (w - 1) + ":" for w in widths[1:])
    return "\n".join([text[0], rule + " |", *text[1:]])


def with_interval(estimate: float, resampled: Array, scale: float = 1.0, digits: int = 3) -> str:
    """Write ``+0.012 [+0.003 +0.020]``: an estimate and its 95 % percentile interval."""
    low, high = np.percentile(resampled, [2.5, 97.5])
    one, two, three = (f"{scale * v:+.{digits}f}" for v in (estimate, low, high))
    return f"{one} [{two} {three}]"


def grouped_folds(
    groups: NDArray[np.int64], seed: int, n_splits: int = 5
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Folds that never divide a group, such as the copies of a prompt."""
    splitter = GroupKFold(n_splits, shuffle=True, random_state=seed)
    yield from splitter.split(groups, groups=groups)
