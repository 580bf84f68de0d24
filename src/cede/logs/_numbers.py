"""Texts that are numbers, as people and spreadsheets write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cede._checks import Bools, Floats

#: What a cell holds instead of nothing.
MARKERS = frozenset(
    (
        *("", "?", "??", "-", "--", "---", "\u2013", "\u2014", ".", "..", "*", "/", "\\", "#"),
        *("n/a", "na", "n.a.", "nan", "nat", "none", "null", "nil", "<na>", "(missing)", "(null)"),
        *("missing", "unknown", "undefined", "not available", "no data"),
        *("#n/a", "#na", "#null!", "#value!", "#ref!", "#div/0!", "#num!", "#name?"),
    )
)

_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)
_COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)(e[+-]?\d+)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
_POINTS = re.compile(r"[+-]?([1-9]\d{0,2}(\.\d{3})+|\d+)(,\d*)?")
_SPACED = re.compile(r"[+-]?[1-9]\d{0,2}(['\u2019 \u00a0\u202f]\d{3})+([.,]\d*)?")
_FORMS = (_PLAIN, _COMMA, _THOUSANDS, _POINTS, _SPACED)
#: Numbers by their decimal mark, with gaps or the other mark between thousands.
_BY_MARK = {
    mark: re.compile(
        rf"[+-]?(\d+|[1-9]\d{{0,2}}([{other}'\u2019 \u00a0\u202f]\d{{3}})+|(?=[{mark}]\d))"
        rf"([{mark}]\d*)?(e[+-]?\d+)?",
        re.IGNORECASE,
    )
    for mark, other in ((".", ","), (",", "."))
}
_GAPS = re.compile(r"['\u2019 \u00a0\u202f]")
#: A currency before, and a unit after.
_UNIT = re.compile(
    r"([$\u20ac\u00a3\u00a5]|(?:USD|EUR|GBP|CHF)(?= ?[\d+-]))? ?([+-]?[.,]?\d(?:.*?\d)?)"
    r" ?(%|\u2030|[$\u20ac\u00a3\u00a5]|\u00b0[CF]?|[^\W\d_]{1,5}(?:/[^\W\d_]{1,5})?)?"
)
#: A leading zero marks a code, such as that of a town.
_CODE = re.compile(r"0\d+")


@dataclass(frozen=True)
class Numbers:
    """Distinct texts, read as numbers."""

    #: NaN where a text is none, ``(k,)``.
    values: Floats
    #: Whether a text says that there is nothing, and whether it is something else, ``(k,)``.
    nothing: Bools
    odd: Bools
    #: How they are written, if not plainly; empty otherwise.
    written: str
    #: Why they cannot be read for sure; empty otherwise.
    ambiguous: str


def is_nothing(text: str) -> bool:
    """Tell a cell that stands for nothing: ``?``, ``n/a``, ``None``."""
    return text.strip().casefold() in MARKERS


def count_numbers(texts: Sequence[str]) -> int:
    """Count the texts that may be numbers, however written, with at most one unit in letters.

    12 mg and 13 mg are numbers; 12a and 13b are names of rooms.
    """
    units: Counter[str] = Counter()
    for _, number, after in map(_apart, texts):
        if any(form.fullmatch(number) for form in _FORMS):
            units[after if after[:1].isalpha() else ""] += 1
    return units.pop("", 0) + max(units.values(), default=0)


def is_code(text: str) -> bool:
    """Tell digits with a leading zero, which are a name and no quantity."""
    return _CODE.fullmatch(text.strip()) is not None


def read_numbers(texts: Sequence[str]) -> Numbers:
    """Read texts as numbers, in the one way of writing that fits them all."""
    bare = [_bare(text) for text in texts]
    nothing = np.array([is_nothing(text) for text in bare], dtype=np.bool_)
    some = [text for text, empty in zip(bare, nothing, strict=True) if not empty]
    parts = Counter((before, after) for before, _, after in map(_apart, some))
    (before, after), count = parts.most_common(1)[0] if parts else (("", ""), 0)
    unit = f"{before}{after}" if 2 * count >= len(some) else ""
    if unit:  # a bare number among those with a unit is odd, and the reverse
        apart = [_apart(text) for text in bare]
        bare = [number if (b, a) == (before, after) else "" for b, number, a in apart]
        some = [text for text in bare if text]
    written = f"in {unit}" if unit else ""
    convert, way, ambiguous = _way(some)
    values = np.array([_float(convert, text) for text in bare], dtype=np.float64)
    values[nothing] = np.nan
    odd = np.isnan(values) & ~nothing
    return Numbers(values, nothing, odd, ", ".join(filter(None, (written, way))), ambiguous)


def in_plain_notation(texts: Sequence[str], decimal: str) -> list[str] | None:
    """Write numbers that have this decimal mark with a point, and nothing between thousands.

    What is no number stays as it is. None if most are none, or some are numbers only with the other
    mark or codes that begin with a zero.
    """
    other = "," if decimal == "." else "."
    plain, n_numbers, n_some = [], 0, 0
    for text in texts:
        before, number, after = _apart(text)
        if is_code(number):
            return None
        if _BY_MARK[decimal].fullmatch(number):
            number = _GAPS.sub("", number.replace(other, "")).replace(decimal, ".")
            plain.append(f"{before}{number}{after}")
            n_numbers += 1
        elif any(form.fullmatch(number) for form in _FORMS):
            return None
        else:
            plain.append(text)
        n_some += not is_nothing(text)
    return plain if 2 * n_numbers > n_some else None


def _bare(text: str) -> str:
    return text.strip().replace("\u2212", "-")


def _apart(text: str) -> tuple[str, str, str]:
    """Take a number and what stands before and after it apart: ``$``, ``%``, ``mg``."""
    text = _bare(text)
    if _PLAIN.fullmatch(text):  # 1e5 has no unit
        return "", text, ""
    sign = text[:1] if text[:2] in ("-$", "+$") else ""
    match = _UNIT.fullmatch(text[len(sign) :])
    if match is None or not any(match.group(1, 3)):
        return "", text, ""
    return match[1] or "", sign + match[2].strip(), match[3] or ""


def _way(texts: Sequence[str]) -> tuple[Callable[[str], str | None], str, str]:
    """Choose how all of these are written.

    Returns a function to plain numbers, what this way is called, and why it is in doubt.
    """
    commas = {text for text in texts if _COMMA.fullmatch(text)}
    thousands = {text for text in texts if _THOUSANDS.fullmatch(text)}
    both = {text for text in texts if "." in text and "," in text and _POINTS.fullmatch(text)}
    points = sum("." in text and _PLAIN.fullmatch(text) is not None for text in texts)
    # 1,234 may be either. 1,234.5 and 1,234,567 are clear, and so are 12,5 and 1.234,5.
    with_thousands, decimal_commas = thousands - commas, (commas - thousands) | both
    if with_thousands and not decimal_commas:
        return _thousands, "with commas between thousands", ""
    if decimal_commas and not with_thousands and len(commas | both) >= points:
        return (_points if both else _comma), "with decimal commas", ""
    if commas and not points and not with_thousands:
        one = min(commas)
        return _plain, "", f"{one!r} may be {one.replace(',', '')} or {one.replace(',', '.')}"
    return _plain, "", ""


def _plain(text: str) -> str | None:
    if _PLAIN.fullmatch(text):
        return text
    if _SPACED.fullmatch(text) and "," not in text:
        return _GAPS.sub("", text)
    return None


def _comma(text: str) -> str | None:
    if _COMMA.fullmatch(text) or _PLAIN.fullmatch(text):
        return text.replace(",", ".")
    if _SPACED.fullmatch(text) and "." not in text:
        return _GAPS.sub("", text).replace(",", ".")
    return None


def _thousands(text: str) -> str | None:
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else _plain(text)


def _points(text: str) -> str | None:
    return text.replace(".", "").replace(",", ".") if _POINTS.fullmatch(text) else None


def _float(convert: Callable[[str], Any], text: str) -> float:
    number = convert(text)
    return float("nan") if number is None else float(number)
