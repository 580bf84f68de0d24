"""Names and messages that came with the data, made harmless where they are shown.

A name is whatever stood in somebody's table: it may break a line, hold the bar of a table, turn the
direction of writing, colour a terminal, or begin like a formula. Here is the one place that sees to
it; numbers and sentences of our own pass unchanged. HTML escapes its own signs; see
:func:`harmless` for what it does not.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["for_latex", "for_markdown", "for_spreadsheet", "harmless", "one_line", "shown"]

#: A name in a table or a sentence is cut here.
_LONGEST = 100
_LINE_BREAKS = re.compile("\r\n|[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]")
# Joiners belong to the writing between two letters, or two emoji, that are not ASCII.
_JOINERS = re.compile("(?<=[^\x00-\x7f])[\u200c\u200d](?=[^\x00-\x7f])")
_MARKDOWN = re.compile(r"[\\`*|<>\[\]~$&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    }
)


def harmless(text: str) -> str:
    r"""Write out signs that are not seen but do something; line breaks and tabs stay.

    Controls (of a terminal, among them) and formats (of zero width, or turning the direction of
    writing) become what Python writes for them, such as ``\x1b`` or ``\u202e``. Joiners stay
    between two letters or emoji that are not ASCII.

    >>> print(harmless("\x1b[31mred"))
    \x1b[31mred
    """
    if text.isascii() and text.isprintable():
        return text
    joined = {match.start() for match in _JOINERS.finditer(text)}
    return "".join(
        sign if i in joined or sign in "\n\t" or unicodedata.category(sign) not in _HIDDEN
        else sign.encode("unicode_escape").decode()
        for i, sign in enumerate(text)
    )  # fmt: skip


_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def one_line(text: str) -> str:
    r"""As :func:`harmless`, and on one line: breaks and tabs become blanks.

    >>> one_line("ann\nor bob")
    'ann or bob'
    """
    return harmless(_LINE_BREAKS.sub(" ", text))


def shown(name: object, longest: int = _LONGEST) -> str:
    """A name as people see it in a table or a sentence: on one line, no longer than it may be.

    >>> shown("a very long name", 10)
    'a very lo…'
    """
    words = " ".join(one_line(str(name)).split())
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"


def for_markdown(name: str) -> str:
    r"""A name inside a cell of a Markdown table, read as what it is.

    >>> print(for_markdown("a|b *c*"), for_markdown("one_vs_all"))
    a\|b \*c\* one_vs_all
    """
    return _MARKDOWN.sub(r"\\\g<0>", shown(name))


def for_latex(text: str) -> str:
    r"""Words inside LaTeX.

    >>> print(for_latex("50 % of a_b"))
    50 \% of a\_b
    """
    return " ".join(one_line(text).split()).translate(_LATEX)


def for_spreadsheet(name: str) -> str:
    """A name in a file that spreadsheets open: what would be a formula begins with an apostrophe.

    >>> for_spreadsheet("=2+2"), for_spreadsheet("gpt-4")
    ("'=2+2", 'gpt-4')
    """
    text = one_line(name)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
