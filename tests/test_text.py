"""Names that break a line, a table, a terminal or a spreadsheet, in every place that shows them."""

import csv
import io
import json
import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cede
from cede._text import for_latex, for_markdown, for_spreadsheet, harmless, one_line, shown
from cede.evaluation.appraisal import appraise
from cede.report import summarise, write_report
from cede.report.plotting import comparison as draw
from cede.report.plotting import to_svg
from made_reports import Method, Model, Page, cases

HOSTILE = (
    "a|b", "two\nlines", "$x^2$ $", "<b>bold", "\x1b[31mred", "=2+2", "@SUM(A1)", "+cmd", "-1+1",
    "x" * 300, "\u202eevil", "zero\u200bwidth", "\x9b31m", "[bold]rich[/bold]", ":warning:",
    "**strong** `code` [link](http://x)", "\u2028break", "tab\tname", "bell\x07", "back\\slash",
    "👩\u200d⚕️ doctor", "\ufeffbom", "𝒰nicode", "_x_", "100 % & more # {y}",
)  # fmt: skip
HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def is_harmless(text):
    plain = text.replace("👩\u200d⚕️", "").replace("\n", "").replace("\t", "")
    return all(unicodedata.category(sign) not in HIDDEN for sign in plain)


@given(st.text())
def test_whatever_comes_is_one_harmless_line(text):
    line = one_line(text)
    assert not set(line) & set("\n\r\t\v\f\x1b\x07\x85\u2028\u2029\u202e\u200b\ufeff\x9b")
    assert line.isprintable() or any(unicodedata.category(s) in ("Zs", "Cn", "Co") or
                                     s in "\u200c\u200d" for s in line)  # fmt: skip
    assert one_line(line) == line
    line.encode("utf-8")
    assert len(shown(text)) <= 100
    assert not for_spreadsheet(text).lstrip(" ").startswith(tuple("=+-@"))
    if text.isascii() and text.isprintable():
        assert harmless(text) == text
        assert for_spreadsheet(text).removeprefix("'") == text.removeprefix("'")


@given(st.text(alphabet="|\\`*_<>[]~$&a b", max_size=30))
def test_a_cell_of_markdown_has_no_bar_of_its_own(text):
    cell = for_markdown(text)
    assert re.sub(r"\\.", "", cell).count("|") == 0
    assert re.sub(r"\\(.)", r"\1", cell) == shown(text)


def test_writing_that_needs_joiners_keeps_them():
    assert one_line("👩\u200d⚕️") == "👩\u200d⚕️"
    assert one_line("می\u200cخواهم") == "می\u200cخواهم"
    assert one_line("ad\u200dmin") == "ad\\u200dmin"


@pytest.fixture(scope="module")
def compared():
    """Every hostile name as an expert's; and one as a method's, and as the label's."""
    X, costs = cases([0.8] * len(HOSTILE))
    labels = np.where(np.arange(len(X)) % 3, 1, 0)
    methods = {name: Method(i, len(HOSTILE)) for i, name in enumerate(HOSTILE[:3])}
    given = {
        **{"methods": methods, "X": X, "y": labels, "costs": costs, "model": Model()},
        **{"expert_names": HOSTILE, "class_names": ["no", HOSTILE[4] + HOSTILE[0]]},
        **{"n_boot": 100, "budgets": [0.2]},
    }
    return given, cede.compare(**given)


def test_a_comparison_prints_and_exports_every_name_harmless(compared):
    _, found = compared
    for text in (str(found), str(found.verdict()), str(found.against()), found.to_latex()):
        assert is_harmless(text)
    lines = [line for line in found.to_markdown().splitlines() if line.startswith("|")]
    bars = {re.sub(r"\\.", "", line).count("|") for line in lines}
    assert bars == {5 + 1 + len(HOSTILE)}
    assert len(lines) == 2 + len(found.rows)
    read = list(csv.reader(io.StringIO(found.to_csv())))
    assert len(read) == 1 + len(found.rows)
    assert all(not row[0].startswith(("=", "+", "-", "@")) for row in read)
    assert "'=2+2 alone" in [row[0] for row in read]
    assert is_harmless(found.to_csv())
    assert json.loads(json.dumps(found.to_dict()))["experts"] == list(HOSTILE)  # kept as they are
    lengths = {len(line.split(" & ")) for line in found.to_latex().splitlines() if " & " in line}
    assert lengths == {5 + len(HOSTILE)}


def test_a_report_shows_every_name_harmless(compared, tmp_path):
    given, _ = compared
    given = {**given, "feature_names": [HOSTILE[6] + "=", HOSTILE[1]]}
    found = appraise(**given)
    assert is_harmless(str(summarise(found)))
    told = {"title": HOSTILE[4], "command": "cede 'a\nb'", "versions": {"cede": "0"}}
    html = write_report(found, tmp_path / "r.html", **told).read_text("utf-8")
    page = Page(html)
    assert is_harmless(html)
    assert "cede &#39;a\nb&#39;" in html
    assert "<b>bold" not in html
    assert "x" * 101 not in html
    assert "\\x1b[31mred" in page.text


def test_figures_show_names_as_they_are_read(compared):
    svg = to_svg(draw(compared[1]), label="\x1b<b>")
    assert is_harmless(svg)
    assert "$x^2$" in svg


def test_errors_are_one_harmless_line():
    error = cede.InvalidInput("There is no column 'a\n\x1b[31mb'.")
    assert str(error) == "There is no column 'a \\x1b[31mb'."


def test_latex_reads_back():
    assert for_latex("50 % & a_b $") == r"50 \% \& a\_b \$"
