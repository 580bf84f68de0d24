"""The page: all numbers and nothing else, for two kinds of reader, in one file."""

import re
import sys
from dataclasses import replace

import pytest

from cede.exceptions import MissingExtra
from cede.operating import OperatingPoint
from cede.report._numbers import Unit, p_value
from made_reports import HOSTILE, Page, make_router, make_study, read


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return read(make_study(), folder, intro="Four hundred patients.", cases_per_year=9_105)


@pytest.fixture(scope="module")
def router_html(tmp_path_factory):
    facts = {"Log": "log.csv, 400 cases."}
    found = make_router(risk=0.4)
    return read(found, tmp_path_factory.mktemp("router"), facts=facts, warnings=("It leaks.",))


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


# -- the file


@pytest.mark.parametrize("which", ["html", "router_html"])
def test_nothing_is_loaded_from_anywhere(which, request):
    html = request.getfixturevalue(which)
    page = Page(html)
    assert not {"script", "link", "img", "iframe", "object", "embed"} & set(page.tags)
    loads = ("src", "href", "xlink:href", "srcset", "data", "action", "poster")
    assert all(v.startswith("#") for _, name, v in page.attributes if name in loads)
    assert "@import" not in html
    assert set(re.findall(r"url\((.)", html)) <= {"#"}
    assert ("meta", "content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]


@pytest.mark.parametrize("which", ["html", "router_html"])
def test_every_link_has_its_place_and_every_identifier_is_used_once(which, request):
    page = Page(request.getfixturevalue(which))
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids)) > 100
    links = [v[1:] for tag, name, v in page.attributes if tag == "a" and name == "href"]
    assert len(links) >= 9
    assert set(links) <= set(ids)


def test_the_first_page_comes_first_and_knows_none_of_the_second_s_words(html):
    assert html.index('<section id="short">') < html.index("<svg") < html.index("<nav")
    first = Page(html[html.index('<section id="short">') : html.index("<nav")]).text.lower()
    for word in ("surrogate", "risk", "auc", "operating point", "p-value", "one vs all", "ece",
                 "budget", "bootstrap", "expected cost"):  # fmt: skip
        assert word not in first, word
    heads = re.findall(r'<h2 id="(\w+)">', html)
    assert heads == ["compared", "numbers", "tests", "curve", "honest", "who", "limits", "made"]


def test_names_from_the_table_never_become_markup(tmp_path):
    study = make_study(experts=(HOSTILE, "b"), label=HOSTILE, methods=(HOSTILE, "one"))
    html = read(study, tmp_path, title=HOSTILE, intro=HOSTILE, command=HOSTILE,
                versions={HOSTILE: HOSTILE}, facts={HOSTILE: HOSTILE},
                warnings=(HOSTILE,))  # fmt: skip
    page = Page(html)
    assert not {"script", "img"} & set(page.tags)
    assert "evil.example" not in re.sub(r"&lt;script src=[^>]*?&gt;", "", html)
    assert page.text.count(HOSTILE) >= 12
    assert html.count("</style>") == page.tags.count("style")


def test_equal_arguments_give_equal_files(tmp_path, html):
    make_study.cache_clear()
    again = read(make_study(), tmp_path, intro="Four hundred patients.", cases_per_year=9_105)
    assert again == html


# -- the second page


def test_every_row_appears_with_its_numbers(page):
    study = make_study()
    for row in study.comparison.rows:
        cells = f"{100 * row.accuracy:.1f} {100 * row.low:.1f} to {100 * row.high:.1f}"
        assert cells in page.text
        costs = f"{row.cost:.3f} {row.cost_low:.3f} to {row.cost_high:.3f}"
        assert costs in page.text
        if row.method != "model alone":
            unit = Unit("right")
            between = unit.apart_interval(row.gain_low, row.gain_high)
            assert f"{unit.apart(row.gain)} {between}" in page.text


def test_tests_areas_and_estimates_appear_with_what_was_corrected(page):
    appraisal = make_study().appraisal
    made = appraisal.comparison.against("model alone")
    for test in made.tests:
        assert f"{Unit('right').apart(test.difference.value)}" in page.text
        ps = f"{p_value(test.p_value)} {p_value(test.p_corrected)} {test.test}"
        assert ps in page.text
    assert any(t.p_value < t.p_corrected for t in made.tests)
    labels = [value for _, name, value in page.attributes if name == "aria-label"]
    assert "Share answered right against share of cases deferred, for every method." in labels
    assert (
        "corrected by Holm’s method for the 6 tests of this table, and for no others" in page.text
    )
    seen = appraisal.lead.areas
    for one in (seen.area, seen.oracle, seen.random, seen.hull):
        text = f"{100 * one.value:.1f} {100 * one.low:.1f} to {100 * one.high:.1f}"
        assert text in page.text
    assert f"normalised area {seen.normalised.value:.2f}" in page.text
    for told in appraisal.honesty.values():
        for one in told:
            error = one.calibration_error
            assert f"{error.value:.3f} [{error.low:.3f} to {error.high:.3f}]" in page.text
            assert f"{one.brier.score:.3f} {one.brier.reliability:.4f}" in page.text


def test_corrected_p_values_stand_beside_the_others(tmp_path):
    found = make_router(right=(0.35, 0.3), sign=-1.0, budgets=(0.02, 0.05, 0.1))
    text = Page(read(found, tmp_path)).text
    pairs = [
        (p_value(t.p_value), p_value(t.p_corrected), t.test)
        for t in found.answers.against("model alone").tests
    ]
    assert any(p != q for p, q, _ in pairs)
    for pair in pairs:
        assert " ".join(pair) in text


def test_how_it_was_made_is_told(page):
    for fact in (
        "2,000 cases, 39 features; the label is outcome",
        "800 cases train the model, 500 fit the methods, 300 choose the operating points, 400 test",
        "7 cases (1.8 %) in which some agent’s answer is missing",
        "393, which no method was fitted on",
        make_study().appraisal.fingerprint,
        "SomeClassifier",
        "physician (fee 0.02)",
        "without looking at labels",
        "200 resamples",
        "The fitted methods and the operating points are held fixed",
        "looks a little better than it is",
        "Seed 0",
        "cede 0.1.0, torch 2.13.0",
        "cede compare table.csv --label 'a<b'",
        "Four hundred patients.",
    ):
        assert fact in page.text, fact


def test_a_router_s_page_tells_what_the_caller_knows(router_html):
    text = Page(router_html).text
    assert "log.csv, 400 cases." in text
    assert "Beware: It leaks." in text
    assert "Of the estimates" not in text
    point = OperatingPoint((0.2, 0.2), chosen_by="fee", value=0.2)
    assert "As saved with the router: price 0.2, at a fee of 0.2." in _text(
        make_router(point=point)
    )


def _text(found):
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        return Page(read(found, Path(folder))).text


def test_many_experts_have_a_table_of_their_own(tmp_path):
    names = tuple(f"expert number {i}" for i in range(12))
    found = make_router(right=(0.8,) * 12, names=names)
    html = read(found, tmp_path)
    text = Page(html).text
    assert "Who answers how much of router" in text
    assert "3 others" in text  # of the model and twelve, ten lines
    assert html.count("expert number 11") >= 2
    first = Page(html[html.index('<section id="short">') : html.index("<nav")]).text
    worst = min(found.alone[2:], key=lambda row: row.accuracy).method.removesuffix(" alone")
    assert "expert number 0 " in first  # who is asked
    assert f"{worst} " not in first.partition("Who answers how much")[2]


def test_without_experts_or_methods_there_is_a_page_that_says_so(tmp_path):
    html = read(make_study(experts=()), tmp_path)
    assert "There is nobody to send cases to" in html
    assert "right answers against the share" not in html
    page = Page(read(make_study(methods=()), tmp_path))
    assert "physician alone" in page.text
    assert "nan" not in page.text


def test_a_method_that_defers_nothing_has_no_contrast(tmp_path):
    html = read(make_router(budgets=(0.0,)), tmp_path)
    assert "defers 0 of 393 cases." in html
    assert "On these," not in html
    assert "in deferred cases" not in html


def test_scores_that_only_rank_say_why_there_are_no_estimates(tmp_path):
    found = replace(make_router(), honesty={"router": "These scores rank."})
    assert "These scores rank." in Page(read(found, tmp_path)).text


@pytest.mark.parametrize("package", ["jinja2", "matplotlib"])
def test_without_a_package_the_error_says_what_to_install(package, monkeypatch, tmp_path):
    found = make_study()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=r"cede\[report\]"):
        read(found, tmp_path)
    assert not list(tmp_path.iterdir())
