"""Studies and routers of known worth, and pages taken apart, for the tests of reports."""

from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import numpy as np

from cede.evaluation.appraisal import appraise
from cede.report import write_report
from cede.study import Parts, Study

HOSTILE = '</style><script src="http://evil.example">alert(1)</script> & $\\frac{1}{2 "><img src=x>'
METHODS = ("threshold_correction", "one_vs_all")
VOID = {"meta", "br", "img", "link", "input"}
N = 400


class Model:
    """Right in 70 % of the cases."""

    def predict(self, X):
        return (X[:, 0] > -0.5).astype(int)


class Method(Model):
    """Defers where the model is wrong, as far as ``noise`` lets it see that."""

    def __init__(self, noise, n_experts, sign=1.0):
        self.noise, self.n_experts, self.sign = noise, n_experts, sign

    def agent_scores(self, X):
        guess = self.sign * (-0.5 - X[:, 0]) + self.noise * X[:, 1]
        return np.column_stack([np.zeros(len(X)), *(guess - j for j in range(self.n_experts))])


def cases(right, seed=0, holes=7):
    """Features, and costs of experts who are right as often as ``right`` says."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N, 2))
    costs = (rng.random((N, len(right))) > np.asarray(right)).astype(float)
    costs[:holes] = np.nan
    return X, costs


@cache
def make_study(experts=("physician",), methods=METHODS, right=0.8, fees=None, label="outcome"):
    X, costs = cases([right] * len(experts))
    appraisal = appraise(
        {name: Method(i, len(experts)) for i, name in enumerate(methods)}, X, np.ones(N),
        costs=costs, model=Model(), fees=fees or (0.02,) * len(experts), expert_names=experts,
        feature_names=["age", label], n_boot=200,
    )  # fmt: skip
    parts = np.split(np.arange(2_000), [800, 1_300, 1_600])
    return Study(appraisal, Parts(*parts), label, methods, "SomeClassifier", 39, 17)


@cache
def make_router(
    right=(0.95, 0.4), names=("ann", "bob"), scale=1.0, money=None, sign=1.0, **options
):
    """One router on a log: a table of agent costs."""
    X, costs = cases(right)
    table = np.column_stack([Model().predict(X) == 0, costs]) * scale
    options = {"n_boot": 200, **options}
    if money is not None:
        spent = np.broadcast_to(money, table.shape)
        options |= {"outcomes": 1 - table, "money": spent}
        table = table + 0.1 * spent
    return appraise(
        {"router": Method(0.3, len(names), sign)}, X, table, expert_names=names, **options
    )


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


def read(found, path, **changes):
    arguments = {
        "title": "Who decides?",
        "command": "cede compare table.csv --label 'a<b'",
        "versions": {"cede": "0.1.0", "torch": "2.13.0"},
        **changes,
    }
    return write_report(found, path / "out" / "report.html", **arguments).read_text("utf-8")


def with_rows(found, change):
    rows = tuple(change(row) for row in found.comparison.rows)
    changed = replace(found.comparison, rows=rows)
    return replace(found, comparison=changed, answers=changed)
