"""Numbers as text: Markdown tables, means with intervals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats
from cede._intervals import check_confidence, student_estimate
from cede._text import one_line
from cede.exceptions import InvalidInput

__all__ = ["mean_and_interval", "table", "with_deviation", "with_interval"]

_NUMBER = re.compile(r"[*]*[+−-]?\d[\d.,]*")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown; columns of numbers stand to the right.

    Examples
    --------
    >>> print(table(["method", "error"], [["one-vs-all", "0.12"]]))
    | method | error |
    | --- | --: |
    | one-vs-all | 0.12 |
    """
    names, *lines = ([_cell(cell) for cell in row] for row in (header, *rows))
    if odd := [line for line in lines if len(line) != len(header)]:
        raise InvalidInput(
            f"must have the {len(header)} cells of the header each, but got {odd[0]}",
            argument="rows",
        )
    rules = ["---"]
    for column in range(1, len(header)):
        cells = [line[column] for line in lines if line[column] not in ("", "–")]
        numbers = bool(cells) and all(_NUMBER.match(cell) for cell in cells)
        rules.append("--:" if numbers else "---")
    return "\n".join("| " + " | ".join(line) + " |" for line in (names, rules, *lines))


def _cell(text: object) -> str:
    """One line, whose bars are no borders; emphasis and links of a page's own stay."""
    return one_line(str(text)).replace("|", "\\|")


def mean_and_interval(values: ArrayLike, confidence: float = 0.95) -> tuple[float, float, float]:
    r"""Mean of repetitions, and the ends of its t-interval.

    :math:`\bar v \pm t_{n-1}\, s / \sqrt n`; for a comparison, give the differences of pairs. What
    all repetitions share, such as the cases that they are tested on, the interval leaves out.

    Raises
    ------
    InvalidInput
        If there are fewer than two values, or one is no finite number.

    Examples
    --------
    >>> mean, low, high = mean_and_interval([1.0, 2.0, 3.0])
    >>> round(mean, 2), round(low, 2), round(high, 2)
    (2.0, -0.48, 4.48)
    """
    estimate = student_estimate(_repetitions(values), check_confidence(confidence))
    return estimate.value, estimate.low, estimate.high


def with_interval(
    values: ArrayLike, *, scale: float = 1.0, digits: int = 1, signed: bool = False
) -> str:
    """Write a mean with its 95 % interval, of repetitions, or of a *tuple* (mean, low, high).

    Any other sequence, a list of three numbers too, is repetitions.

    Examples
    --------
    >>> with_interval((0.012, 0.003, 0.021), scale=100, signed=True)
    '+1.2 [+0.3, +2.1]'
    """
    three = values if isinstance(values, tuple) else mean_and_interval(values)
    sign = "+" if signed else ""
    mean, low, high = (_number(scale * value, digits, sign) for value in three)
    return f"{mean} [{low}, {high}]"


def with_deviation(values: ArrayLike, *, scale: float = 1.0, digits: int = 1) -> str:
    """Write the mean of repetitions and their standard deviation.

    Examples
    --------
    >>> with_deviation([87.0, 88.4])
    '87.7 ± 1.0'
    """
    scaled = _repetitions(values) * scale
    return f"{_number(scaled.mean(), digits)} ± {_number(scaled.std(ddof=1), digits)}"


def _number(value: float, digits: int, sign: str = "") -> str:
    """A number with a minus sign, and zero without one."""
    rounded = round(float(value), digits) + 0.0
    return f"{rounded:{sign},.{digits}f}".replace("-", "−")


def _repetitions(values: ArrayLike) -> Floats:
    numbers = np.asarray(values, dtype=np.float64).ravel()
    if len(numbers) < 2 or not np.isfinite(numbers).all():
        raise InvalidInput(
            f"must be two or more repetitions, finite numbers, but got {values!r}",
            argument="values",
        )
    return numbers
