"""The main job: one base model for all, nothing seen twice, gains that come from deferral alone."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

import cede
from cede._intervals import share_interval
from cede.datasets import make_two_specialists
from cede.logs import read_problem
from cede.operating import OperatingPoint, route
from cede.routers import METHODS
from cede.study import Parts, Workbench, split
from cede.tuning import choose_operating_point

X, y, experts = make_two_specialists(n=1_600, random_state=1)
TABLE = pd.DataFrame(
    {"x0": X[:, 0], "x1": X[:, 1], "x2": X[:, 2], "y": np.array(["a", "b", "c"])[y]}
)
for j, name in enumerate(("ann", "bob")):
    TABLE[name] = np.array(["a", "b", "c"])[experts[:, j].astype(int)]


class Spy(ClassifierMixin, BaseEstimator):
    """Keeps its state where scikit-learn does not look, and counts."""

    fits: list[int] = []  # noqa: RUF012

    def fit(self, X, y):
        Spy.fits.append(len(X))
        self.inner = LogisticRegression().fit(X, y)
        self.classes_ = self.inner.classes_
        return self

    def __sklearn_is_fitted__(self):
        return False

    def predict(self, X):
        return self.inner.predict(X)

    def predict_proba(self, X):
        return self.inner.predict_proba(X)


def study(table=TABLE, **changes):
    options = {"budgets": [0.0, 0.3, 1.0], "model": LogisticRegression(), "n_boot": 50, **changes}
    return cede.compare_table(table, "y", {"ann": "ann", "bob": "bob"}, **options)


@pytest.fixture(scope="module")
def result():
    """Of every method that can run beside a fixed model."""
    return study(methods="all")


def test_without_deferral_every_method_is_the_model_and_none_beats_the_oracle(result):
    rows = {(r.method, r.budget): r for r in result.comparison.rows}
    for name in result.methods:
        assert rows[name, 0.0].accuracy == rows["model alone", None].accuracy
        assert rows[name, 0.0].gain == 0.0
        for budget in (0.3, 1.0):
            assert rows[name, budget].gain > 0.03
            assert rows[name, budget].accuracy < rows["oracle", budget].accuracy
            assert 0.2 < 1 - rows[name, 0.3].coverage < 0.4


def test_the_base_model_is_fitted_once_on_its_own_part():
    Spy.fits.clear()
    result = study(model=Spy(), methods=["threshold_correction", "one_vs_all"])
    assert Spy.fits == [len(result.parts.model)]


def test_no_method_or_point_depends_on_test_labels(result):
    """Scramble everything known of the test part but its features: routes stay."""
    scrambled = TABLE.copy()
    test = result.parts.test
    # Within a label, so that the split, which is stratified, stays what it was.
    for label in "abc":
        mine = test[TABLE["y"].to_numpy()[test] == label]
        shuffled = np.random.default_rng(1).permutation(mine)
        for name in ("ann", "bob"):
            scrambled.loc[mine, name] = TABLE[name].to_numpy()[shuffled]
    other = study(scrambled, methods="all")
    np.testing.assert_array_equal(other.parts.test, test)
    for one, two in zip(result.comparison.rows, other.comparison.rows, strict=True):
        if one.is_method:
            assert (one.prices, one.coverage, one.shares) == (two.prices, two.coverage, two.shares)


def test_points_are_chosen_on_fit_and_tune_part_by_fits_that_did_not_see_the_case(result):
    """And the share to come is told by all cases whose routes are known."""
    problem = read_problem(TABLE, "y", {"ann": "ann", "bob": "bob"})
    parts = split(problem, 0)
    bench = Workbench.build(problem, parts, LogisticRegression(), 0)
    fitted = bench.fit("one_vs_all", np.zeros(2))
    scores = bench.tuning_scores("one_vs_all", np.zeros(2), fitted)
    assert result.n_tuning == len(scores) == len(parts.fit) + len(parts.tune)
    np.testing.assert_array_equal(
        scores[len(parts.fit) :], fitted.agent_scores(bench.X[parts.tune])
    )
    seen = fitted.agent_scores(bench.X[parts.fit])
    assert 0 < np.abs(scores[: len(parts.fit)] - seen).max() < 0.3  # of other fits, of the same
    point = choose_operating_point(scores, 0.3)
    (row,) = (r for r in result.comparison.rows if r.method == "one_vs_all" and r.budget == 0.3)
    assert row.prices == point.prices
    away = [
        np.count_nonzero(route(s, point))
        for s in (scores, fitted.agent_scores(bench.X[parts.test]))
    ]
    assert away[0] == int(0.3 * len(scores))
    count, n = away[0] / 2 + away[1], len(scores) / 2 + len(parts.test)
    low, high = share_interval(count, n)  # cases by other fits count for half
    assert (row.sent.low, row.sent.high) == pytest.approx((float(low), float(high)))


def test_the_share_sent_on_is_near_the_budget_and_inside_its_interval():
    """On 2,000 fresh cases; ``tests/long/test_share_sent.py`` has 200 draws and more methods."""
    apart, inside, fees = [], 0, np.zeros(1)
    for seed in range(6):
        X, y, experts = make_two_specialists(n=3_000, random_state=seed)
        table = pd.DataFrame(X).assign(y=y, ann=experts[:, 0].astype(int)).rename(columns=str)
        problem = read_problem(table, "y", {"ann": "ann"})
        parts = split(read_problem(table[:1_000], "y", {"ann": "ann"}), seed)
        bench = Workbench.build(problem, parts, LogisticRegression(), seed)
        fitted = bench.fit("one_vs_all", fees)
        found = cede.compare(
            {"mine": fitted},
            bench.X[parts.test],
            bench.y[parts.test],
            costs=problem.costs[parts.test],
            budgets=[0.2],
            n_boot=2,
            tune_scores={"mine": bench.tuning_scores("one_vs_all", fees, fitted)},
        ).rows[-1]
        routes = route(fitted.agent_scores(bench.X[1_000:]), OperatingPoint(found.prices))
        share = np.mean(routes > 0)
        apart.append(share - 0.2)
        inside += found.sent.low <= share <= found.sent.high
    assert np.abs(apart).max() < 0.08
    assert np.sqrt(np.mean(np.square(apart))) < 0.035  # 0.04 by the tune part alone
    assert inside >= 4


def test_where_the_fit_part_cannot_be_folded_the_tune_part_chooses():
    table = TABLE.assign(g=np.arange(len(TABLE)) % 13)
    grouped = study(table, group="g", methods=["one_vs_all"], budgets=[0.3])
    assert grouped.n_tuning == len(grouped.parts.fit) + len(grouped.parts.tune)
    (row,) = (r for r in grouped.comparison.rows if r.is_method)
    assert row.sent.high - row.sent.low > 0.03
    # All cases of a label in one group: no fit on the other groups would know it.
    lone = TABLE.assign(g=np.where(TABLE["y"] == "c", 0, 1 + np.arange(len(TABLE)) % 13))
    problem = read_problem(lone, "y", {"ann": "ann", "bob": "bob"}, group="g")
    model, fit, tune, test = np.array_split(np.arange(len(lone)), 4)
    bench = Workbench.build(problem, Parts(model, fit, tune, test), LogisticRegression(), 0)
    np.testing.assert_array_equal(bench.tuning_rows, tune)


def test_the_same_seed_gives_the_same_study():
    once = study()
    assert study().comparison.rows == once.comparison.rows
    assert study(seed=1).comparison.rows != once.comparison.rows


def test_the_appraisal_is_of_the_test_part_and_of_the_table_s_names(result):
    found = result.appraisal
    assert found.comparison is result.comparison
    assert found.comparison.n_cases + found.comparison.n_left_out == len(result.parts.test)
    assert result.expert_names == ("ann", "bob")
    assert result.fees == (0.0, 0.0)
    assert {row.method for row in found.rows} == {found.lead.method}
    assert set(found.lead.contrast.names) == {"x0", "x1", "x2"}
    for method, honesties in found.honesty.items():
        if "estimates" not in METHODS[method].gives:
            assert "only rank the agents" in honesties
            continue
        assert [honesty.agent for honesty in honesties] == ["model", "ann", "bob"]
        assert [honesty.n_cases for honesty in honesties] == [len(result.parts.test)] * 3


def test_groups_reach_the_intervals():
    table = TABLE.assign(g=np.arange(len(TABLE)) // 4)
    grouped = study(table, group="g", methods=["one_vs_all"], budgets=[0.3])
    assert grouped.comparison.n_independent < grouped.comparison.n_cases / 3


def test_no_experts_is_legal():
    table = TABLE.drop(columns=["ann", "bob"])
    result = cede.compare_table(table, "y", model=LogisticRegression(), n_boot=20, budgets=[0.5])
    for row in result.comparison.rows:
        assert row.coverage == 1.0
        if row.answer is not None:
            continue
        assert row.gain == 0.0


def test_who_cannot_run_is_left_out_with_a_reason_or_refused_by_name(result):
    assert set(result.methods) | set(result.left_out) == set(METHODS)
    assert {"own_model" in METHODS[name].needs for name in result.left_out} == {True}
    (said,) = (text for text in result.warnings if text.startswith("Left out: "))
    assert all(name in said for name in result.left_out)
    with pytest.raises(cede.InvalidInput, match=r"^methods must name .* got 'realizable', which"):
        study(methods=["one_vs_all", "realizable"])
    with pytest.raises(cede.InvalidInput, match="'weighted', which needs agents that cost"):
        study(methods=["weighted"], fees={"ann": 0.1})
    few = TABLE.assign(ann=TABLE["ann"].where(np.arange(len(TABLE)) % 3 > 0))
    with pytest.raises(cede.InvalidInput, match="'complement', which needs what every agent costs"):
        study(few, methods=["complement"])


def test_a_model_without_probabilities_leaves_out_who_needs_them():
    mute = study(model=LinearSVC())
    assert set(mute.left_out) == {"threshold_correction"}
    assert "ensemble" in mute.methods


def test_the_ensemble_is_the_librarys_on_features_and_what_the_model_says():
    """Agent 0 is the base model at its cost out of sample; fees are taken off afterwards."""
    problem = read_problem(TABLE, "y", {"ann": "ann", "bob": "bob"})
    parts = split(problem, 0)
    bench, fees = Workbench.build(problem, parts, LogisticRegression(), 0), np.array([0.05, 0.1])
    scores = bench.fit("ensemble", fees).agent_scores(bench.X[parts.test])
    log_pi = bench.model.predict_log_proba(bench.X)
    ordered = np.sort(log_pi, axis=1)
    said = [log_pi - log_pi.mean(axis=1, keepdims=True), ordered[:, [-1]]]
    X = np.hstack([bench.X, *said, ordered[:, [-1]] - ordered[:, [-2]]])
    table = np.column_stack([bench.model.predict(bench.X) != bench.y, bench.problem.costs])
    mine = cede.EnsembleRouter().fit(X[parts.fit], table[parts.fit]).agent_scores(X[parts.test])
    np.testing.assert_allclose(scores, mine - [0.0, 0.05, 0.1], atol=1e-9)
    np.testing.assert_allclose(
        bench.fit("ensemble", fees).expert_accuracy(bench.X[parts.test]), mine[:, 1:], atol=1e-9
    )


def test_unknown_methods_and_fees_are_named():
    with pytest.raises(cede.InvalidInput, match="Did you mean 'one_vs_all'"):
        study(methods=["one_vs_al"])
    with pytest.raises(cede.InvalidInput, match="Did you mean 'ann'"):
        study(fees={"anne": 0.1})


def test_values_far_off_are_said_of_columns_of_the_table_only():
    """A model that is sure estimates nearly the same for most cases, and nobody gave that."""

    class Sure(LogisticRegression):
        def predict_proba(self, cases):
            found = np.full((len(cases), len(self.classes_)), 1.0) / len(self.classes_)
            found[:, 0] += 1e-8 * np.asarray(cases)[:, 0]
            found[::400] = [1.0, *[1e-9] * (len(self.classes_) - 1)]
            return found / found.sum(axis=1, keepdims=True)

    def far(table):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            found = study(table, model=Sure())
        return [text for text in found.warnings if "so far from its other values" in text]

    assert far(TABLE) == []
    name = next(n for n in TABLE.columns if TABLE[n].dtype.kind == "f")
    slip = TABLE.copy()
    slip.loc[:, name] = TABLE[name].where(np.arange(len(TABLE)) % 40 > 0, 1e30)
    (said,) = far(slip)
    assert said.startswith(f"Column {name!r} holds 1e+30")
