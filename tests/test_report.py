import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from cede.calibration import Reliability
from cede.comparison import compare
from cede.exceptions import MissingExtra
from cede.report import write_report
from cede.report._words import expert_phrase, finding, listed, points, share
from cede.splits import Parts
from cede.study import Study
from cede.workbench import Contrast

HOSTILE = '</style><script src="http://evil.example">alert(1)</script> & $\\frac{1}{2 "><img src=x>'
METHODS = ("threshold_correction", "one_vs_all")
VOID = {"meta", "br", "img", "link", "input"}


class Model:
    def predict(self, X):
        return (X[:, 0] > -0.5).astype(int)


class Method(Model):
    """Defers where the model is wrong, as far as ``noise`` lets it see that."""

    def __init__(self, noise, n_experts):
        self.noise, self.n_experts = noise, n_experts

    def agent_scores(self, X):
        guess = -0.5 - X[:, 0] + self.noise * X[:, 1]
        return np.column_stack([np.zeros(len(X)), *(guess - j for j in range(self.n_experts))])


def make_study(experts=("physician",), methods=METHODS, fees=None, label="outcome", features=None):
    n, J = 400, len(experts)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 2))
    costs = (rng.random((n, J)) > 0.7).astype(float)
    costs[:7] = np.nan
    fees = fees or (0.02,) * J
    comparison = compare(
        {name: Method(i, J) for i, name in enumerate(methods)}, X, np.ones(n),
        costs=costs, model=Model(), fees=fees, expert_names=experts, n_boot=50,
    )  # fmt: skip
    parts = np.split(np.arange(2_000), [800, 1_300, 1_600])
    bins = Reliability(np.array([0.4, 0.7]), np.array([0.5, 0.7]), np.array([100, 300]), 0.0125)
    contrast = Contrast(
        names=features or ("age", "blood pressure"),
        differences=np.array([0.9, -0.2]),
        accuracy=np.array([[0.9, *[0.6] * J], [0.5, *[0.75] * J]]),
        n_kept=320,
        n_deferred=80,
    )
    return Study(
        comparison=comparison,
        parts=Parts(*parts),
        label=label,
        expert_names=tuple(experts),
        fees=tuple(fees),
        methods=tuple(methods),
        model_name="SomeClassifier",
        n_features=39,
        seed=17,
        reliabilities=dict.fromkeys(methods, (bins,) * J),
        contrasts=dict.fromkeys(methods, contrast),
        contrast_budget=0.2,
    )


def with_rows(study, change):
    rows = tuple(change(row) for row in study.comparison.rows)
    return replace(study, comparison=replace(study.comparison, rows=rows))


class Page(HTMLParser):
    """Tags, attributes and visible text, and whether every tag is closed."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.attributes, self.words = [], [], [], []
        self.feed(html)
        assert self.open == []
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)


def read(study, path, **changes):
    arguments = {
        "title": "Who decides?",
        "command": "cede compare table.csv --label 'a<b'",
        "versions": {"cede": "0.1.0", "torch": "2.13.0"},
        **changes,
    }
    return write_report(study, path / "out" / "report.html", **arguments).read_text("utf-8")


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    return read(make_study(), tmp_path_factory.mktemp("report"), intro="Four hundred patients.")


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_nothing_is_loaded_from_anywhere(html, page):
    assert not {"script", "link", "img", "iframe", "object", "embed"} & set(page.tags)
    loads = ("src", "href", "xlink:href", "srcset", "data", "action", "poster")
    assert all(v.startswith("#") for _, name, v in page.attributes if name in loads)
    assert "@import" not in html
    assert set(re.findall(r"url\((.)", html)) <= {"#"}
    assert ("meta", "content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]


def test_every_method_expert_and_budget_appears_with_its_numbers(page):
    study = make_study()
    for budget in ("10%", "20%", "30%"):
        assert f"Budget {budget}" in page.text
    for name in METHODS:
        assert page.text.count(name.replace("_", " ")) >= 3
        assert name in page.text
    for row in study.comparison.rows:
        interval = f"{100 * row.low:.1f} to {100 * row.high:.1f}"
        assert f"{100 * row.accuracy:.1f}% {interval}" in page.text
        assert f"{100 * row.coverage:.1f}% {row.cost:.3f} {100 * row.shares[0]:.1f}%" in page.text
        if row.method != "model alone":
            between = f"{points(row.gain_low)} to {points(row.gain_high)}"
            assert f"{points(row.gain)} {between}" in page.text


def test_the_sections_come_in_order(html):
    heads = re.findall(r"<h2>(.*?)</h2>", html)
    assert heads == [
        "Budget by budget",
        "Who gets which cases",
        "Are the estimates honest?",
        "How this was made",
    ]
    assert html.index("<h1>Who decides?</h1>") < html.index("Four hundred patients.")
    assert '<section class="finding gain">' in html
    assert html.index('class="headline"') < html.index("<svg") < html.index("<h2>")


def test_how_it_was_made_is_told(page):
    for fact in (
        "2,000 cases, 39 features; the label is outcome",
        "800 cases train the model, 500 fit the methods, 300 choose the operating points, 400 test",
        "7 test cases in which an expert’s answer is missing; 393 are judged",
        "SomeClassifier",
        "physician: 0.02",
        "without looking at its labels",
        "50 resamples",
        "hold the fitted methods and the operating points fixed",
        "Seed 17",
        "cede 0.1.0, torch 2.13.0",
        "cede compare table.csv --label 'a<b'",
        "one vs all 0.025 1.2%",  # ECE and clipped share
    ):
        assert fact in page.text


def test_names_from_the_table_never_become_markup(tmp_path):
    study = make_study(
        experts=(HOSTILE, "b"), label=HOSTILE, features=(HOSTILE, "x"), methods=(HOSTILE, "one")
    )
    html = read(study, tmp_path, title=HOSTILE, intro=HOSTILE, command=HOSTILE,
                versions={HOSTILE: HOSTILE})  # fmt: skip
    page = Page(html)
    assert not {"script", "img"} & set(page.tags)
    assert "evil.example" not in re.sub(r"&lt;script src=[^>]*?&gt;", "", html)
    assert page.text.count(HOSTILE) >= 8
    assert html.count("</style>") == page.tags.count("style")


def test_identifiers_are_used_once(page):
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids)) > 100


def test_equal_studies_give_equal_files(tmp_path):
    assert read(make_study(), tmp_path / "a") == read(make_study(), tmp_path / "b")


def test_a_gain_is_stated_with_the_numbers_of_the_best_method():
    study = make_study()
    found = finding(study)
    best = max((r for r in study.comparison.at(0.2).rows if r.is_method), key=lambda r: r.accuracy)
    model = study.comparison.rows[0]
    assert found.verdict == "gain"
    assert found.headline == (
        f"Sending {share(1 - best.coverage)} of cases to the physician: {share(best.accuracy)} "
        f"right instead of {share(model.accuracy)}"
    )
    assert found.detail == (
        f"(difference {points(best.gain)} points, 95% interval {points(best.gain_low)} to "
        f"{points(best.gain_high)})."
    )
    notes = " ".join(found.notes)
    assert best.method.replace("_", " ") in notes
    assert "best of 2 methods" in notes
    assert f"{best.cost:.3f} on average instead of {model.cost:.3f}" in notes
    assert "For comparison, the physician alone" in notes


@pytest.mark.parametrize(
    ("low", "high", "verdict", "opening"),
    [
        (-0.01, 0.03, "none", "No gain is shown. Sending"),
        (0.0, 0.03, "none", "No gain is shown. Sending"),
        (0.001, 0.03, "gain", "Sending"),
        (-0.03, 0.0, "none", "No gain is shown. Sending"),
        (-0.03, -0.001, "loss", "Deferring does harm. Sending"),
    ],
)
def test_the_finding_claims_what_its_interval_allows(low, high, verdict, opening):
    study = with_rows(
        make_study(), lambda r: replace(r, gain_low=low, gain_high=high) if r.is_method else r
    )
    found = finding(study)
    assert found.verdict == verdict
    assert found.headline.startswith(opening)
    assert ("which includes 0" in found.detail) == (verdict == "none")


def test_an_expert_who_beats_every_method_is_named():
    study = make_study(experts=("Dr Who", "nurse"))
    study = with_rows(study, lambda r: replace(r, accuracy=1.0) if r.method == "nurse alone" else r)
    assert finding(study).notes[1].startswith("The nurse alone, asked in every case, beats every")
    assert "to the experts:" in finding(study).headline
    study = with_rows(study, lambda r: replace(r, accuracy=1.1) if r.method[:3] == "Dr " else r)
    assert finding(study).notes[1].startswith("Dr Who alone, asked in every case, beats every")


def test_without_fees_no_cost_is_claimed():
    notes = " ".join(finding(make_study(fees=(0.0,))).notes)
    assert "With fees" not in notes


def test_without_experts_there_is_a_page_that_says_so(tmp_path):
    html = read(make_study(experts=()), tmp_path)
    page = Page(html)
    assert "There is no expert to defer to: the model alone is right in" in page.text
    assert "<figure>" not in html
    assert "Budget 20%" in page.text


def test_without_methods_the_agents_alone_are_left(tmp_path):
    page = Page(read(make_study(methods=()), tmp_path))
    assert "No method was compared: the model alone is right in" in page.text
    assert "physician alone" in page.text


def test_a_method_that_defers_nothing_has_no_contrast(tmp_path):
    study = make_study()
    idle = replace(study.contrasts["one_vs_all"], n_kept=400, n_deferred=0)
    study = replace(study, contrasts=dict.fromkeys(METHODS, idle))
    html = read(study, tmp_path)
    assert "defers 0 of 400 test cases." in html
    assert "who is right on which" not in html


def test_an_accuracy_that_nobody_knows_is_not_a_number(tmp_path):
    study = make_study()
    blind = replace(study.contrasts["one_vs_all"], accuracy=np.array([[0.9, 0.6], [0.5, np.nan]]))
    html = read(replace(study, contrasts=dict.fromkeys(METHODS, blind)), tmp_path)
    assert "the physician in an unknown share" in html
    assert "nan" not in Page(html).text


def test_words():
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert expert_phrase("junior doctor") == "the junior doctor"
    assert expert_phrase("gpt-4") == "gpt-4"
    assert points(-0.0361) == "−3.6"
    assert points(-0.0001) == "+0.0"


def test_without_jinja2_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtra, match=r"cede\[report\]"):
        read(make_study(), tmp_path)


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"cede\[report\]"):
        read(make_study(), tmp_path)
    assert not list(tmp_path.iterdir())
