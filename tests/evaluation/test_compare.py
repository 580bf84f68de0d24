"""The table: rows that are always there, one bootstrap for all, numbers by hand."""

import json
from dataclasses import replace

import numpy as np
import pytest
from compared import Fixed, N, X, answers, experts, rng, row, table, y

import cede
from cede._intervals import share_estimate
from cede.evaluation.resampling import paired_bootstrap


def test_reference_rows_are_always_there_and_by_hand():
    at = table().at(0.3)
    right = answers == y[:, None]
    commonest = np.bincount(y).argmax()
    names = [r.method for r in at.rows]
    assert names == [
        "model alone",
        "expert 1 alone",
        "expert 2 alone",
        f"always {commonest}",
        "random, same rate",
        "mine",
        "oracle",
    ]
    for agent, name in enumerate(names[:3]):
        assert row(at, name).accuracy == pytest.approx(right[:, agent].mean())
        assert row(at, name).coverage == float(agent == 0)
    always = row(at, f"always {commonest}")
    assert always.accuracy == pytest.approx(np.mean(y == commonest))
    assert (always.cost, always.coverage) == (pytest.approx(1 - always.accuracy), 1.0)
    assert always.answer == str(commonest)
    assert not always.is_agent
    rate = 1 - row(at, "mine").coverage
    mixed = (1 - rate) * right[:, 0].mean() + rate / 2 * right[:, 1:].mean(axis=0).sum()
    assert row(at, "random, same rate").accuracy == pytest.approx(mixed)
    assert row(at, "expert 2 alone").cost == pytest.approx(1 - right[:, 2].mean() + 0.2)


def test_a_method_is_judged_at_its_operating_point():
    at = table().at(0.3)
    routes = cede.route(X[:, :3], cede.choose_operating_point(X[:, :3], 0.3))
    mine = row(at, "mine")
    assert mine.accuracy == pytest.approx(cede.operating.system_accuracy(routes, answers, y))
    assert mine.coverage == pytest.approx(np.mean(routes == 0))
    assert mine.shares == pytest.approx([np.mean(routes == 1), np.mean(routes == 2)])
    paid = np.array([0.0, 0.1, 0.2])[routes].mean()
    assert mine.cost == pytest.approx(1 - mine.accuracy + paid)
    assert mine.gain == pytest.approx(mine.accuracy - row(at, "model alone").accuracy)


def test_the_oracle_spends_its_budget_where_it_helps():
    """Nobody beats it at the same rate, though its outcomes tie."""
    at = table(fees=None).at(0.1)
    helped = np.mean((answers[:, 0] != y) & (answers[:, 1:] == y[:, None]).any(axis=1))
    assert helped > 0.1
    assert row(at, "oracle").gain == pytest.approx(0.1)
    assert row(at, "oracle").coverage == pytest.approx(0.9)


def test_points_chosen_on_other_cases_need_not_meet_the_budget_here():
    tuned = table(X_tune=X[:50]).at(0.3)
    point = cede.choose_operating_point(X[:50, :3], 0.3)
    assert row(tuned, "mine").prices == point.prices
    assert row(tuned, "mine").coverage == pytest.approx(np.mean(cede.route(X[:, :3], point) == 0))


def test_scores_of_the_cases_chosen_on_stand_for_the_cases():
    by_cases, by_scores = table(X_tune=X[:50]), table(tune_scores={"mine": X[:50, :3]})
    for one, two in zip(by_cases.rows, by_scores.rows, strict=True):
        assert replace(one, sent=None) == replace(two, sent=None)
        # Scores may be of other fits, and say half as much of the share to come.
        assert one.sent is None or one.sent.half_width < two.sent.half_width


def test_the_share_to_come_is_told_by_all_cases_at_hand():
    tuned = row(table(X_tune=X[:50]).at(0.3), "mine")
    away = round(N * (1 - tuned.coverage)) + 15
    assert tuned.sent == pytest.approx(share_estimate(away, N + 50))
    alone = row(table().at(0.3), "mine")
    assert alone.sent == pytest.approx(share_estimate(round(0.3 * N), N))
    assert row(table().at(0.3), "oracle").sent is None
    assert row(table(budgets=[0.0]), "mine").sent == (0.0, 0.0, 0.0)
    pairs = np.arange(50) // 2
    grouped = row(table(tune_scores={"mine": X[pairs, :3]}, tune_groups=pairs).at(0.3), "mine")
    assert grouped.sent.half_width > share_estimate(away, N + 50).half_width


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"X_tune": X[:5], "tune_scores": {"mine": X[:5, :3]}},
            "tune_scores must be left out beside X_tune",
        ),
        (
            {"tune_scores": {"yours": X[:5, :3]}},
            "of each method by its name, mine, but got yours",
        ),
        ({"tune_scores": {"mine": X[:5, :2]}}, r"one column per agent \(3\), .* shape \(5, 2\)"),
        ({"X_tune": X[:5], "tune_groups": [1, 2]}, "tune_groups"),
    ],
)
def test_scores_to_choose_on_that_mean_nothing_are_refused(changes, message):
    with pytest.raises(cede.InvalidInput, match=message):
        table(**changes)


def test_cases_with_missing_answers_are_left_out_and_counted():
    thin = experts.copy()
    thin[:30, 0] = np.nan
    comparison = table(experts=thin)
    assert (comparison.n_cases, comparison.n_left_out) == (N - 30, 30)
    with pytest.raises(cede.InvalidInput, match="cases must hold one at least"):
        table(experts=np.full((N, 2), np.nan))


def test_the_bootstrap_is_paired():
    """A column minus its copy has no spread; two independent ones have theirs."""
    columns = rng.integers(2, size=(N, 2)).astype(float)
    means = paired_bootstrap(np.column_stack([columns, columns[:, 0]]), 500, 0)
    assert (means[:, 0] == means[:, 2]).all()
    standard_error = columns[:, 0].std() / np.sqrt(N)
    assert means[:, 0].std() == pytest.approx(standard_error, rel=0.15)
    assert (means[:, 0] - means[:, 1]).std() > standard_error


def test_the_bootstrap_in_chunks_is_seeded(monkeypatch):
    big = rng.random((20_000, 2))
    seen = []
    one = paired_bootstrap(big, 900, 3, progress=lambda done, total: seen.append(done))
    assert len(seen) > 1
    assert seen[-1] == 900
    np.testing.assert_array_equal(one, paired_bootstrap(big, 900, 3))
    np.testing.assert_allclose(one.mean(axis=0), big.mean(axis=0), atol=1e-3)


def test_the_bootstrap_draws_groups():
    """Each case repeated nine times says nothing new: the interval is that of one copy."""
    columns = rng.integers(2, size=(N, 2)).astype(float)
    group = np.repeat(np.arange(N), 9)
    grouped = paired_bootstrap(columns[group], 500, 0, groups=group)
    single = paired_bootstrap(columns, 500, 0)
    np.testing.assert_allclose(grouped, single, atol=1e-12)
    blind = paired_bootstrap(columns[group], 500, 0).std(axis=0)
    assert (blind < 0.5 * grouped.std(axis=0)).all()


def test_intervals_of_a_comparison_rest_on_its_groups():
    repeated = np.repeat(np.arange(N), 4)
    alone, grouped = (
        cede.compare(
            {"mine": Fixed()},
            X[repeated],
            y[repeated],
            experts[repeated],
            model=Fixed(),
            n_boot=200,
            groups=g,
        )
        for g in (None, repeated)
    )
    assert (alone.n_independent, grouped.n_independent) == (4 * N, N)
    width = [c.rows[0].high - c.rows[0].low for c in (alone, grouped)]
    assert width[1] > 1.5 * width[0]


def test_names_of_rows_are_never_taken_twice():
    with pytest.raises(cede.InvalidInput, match=r"methods must not be named like .* got 'oracle'"):
        cede.compare({"oracle": Fixed()}, X, y, experts)
    with pytest.raises(
        cede.InvalidInput, match="expert_names must differ from each other and from 'model'"
    ):
        table(expert_names=["model", "ann"])


def test_settings_that_mean_nothing_are_refused():
    for change in ({"n_boot": 0}, {"budgets": 0.2}):
        with pytest.raises(
            cede.InvalidInput, match=r"n_boot must be at least 1|budgets must be a list"
        ):
            table(**change)
    with pytest.raises(cede.InvalidInput, match=r"write 0\.95 for 95 %"):
        table(confidence=95)
    with pytest.raises(cede.InvalidInput, match="methods must hold a method, but got none"):
        cede.compare({}, X, y, experts)


def test_intervals_hold_the_estimate_and_widen_with_confidence():
    narrow, wide = table(confidence=0.5), table(confidence=0.99)
    for a, b in zip(narrow.rows, wide.rows, strict=True):
        assert b.low < a.low <= a.accuracy <= a.high < b.high
        assert b.cost_low < a.cost_low <= a.cost <= a.cost_high < b.cost_high


def test_it_prints_and_exports():
    comparison = table()
    text = comparison.to_markdown()
    assert text.count("| mine |") == 2
    assert "**budget 30%**" in text
    content = json.loads(json.dumps(comparison.to_dict()))
    assert {r["method"] for r in content["rows"]} >= {"mine", "oracle"}
    with pytest.raises(
        cede.InvalidInput, match=r"budget must be one .* got 0\.2; choose one of \[0\.1, 0\.3\]"
    ):
        comparison.at(0.2)


def test_a_method_of_other_experts_is_refused():
    with pytest.raises(cede.InvalidInput, match=r"methods must give .* but 'mine' gave \(400, 3\)"):
        table(experts=experts[:, :1], fees=None)
    with pytest.raises(cede.InvalidInput, match="2 experts, but got 1 names"):
        table(expert_names=["ann"])


def test_no_experts_is_legal():
    class Alone(Fixed):
        def agent_scores(self, X):
            return X[:, :1]

    comparison = cede.compare({"mine": Alone()}, X, y, model=Alone(), n_boot=100)
    assert row(comparison.at(0.1), "mine").gain == 0.0
    assert "no method sends a case away" in str(comparison.verdict())
    assert "nobody to defer to" in str(cede.compare({}, X, y, model=Alone(), n_boot=100).verdict())


def test_a_table_of_costs_is_compared_as_it_stands():
    rng = np.random.default_rng(0)
    X, table = rng.normal(size=(400, 2)), rng.random((400, 3)) * [2.0, 1.0, 1.0]
    table[:, 1] += X[:, 0] > 0
    router = cede.TwoStageRouter().fit(X[:200], table[:200])
    found = cede.compare({"router": router}, X[200:], table[200:], budgets=[0.3, 1.0], n_boot=50)
    rows = {row.method: row for row in found.at(1.0).rows}
    assert list(rows) == [
        *("model alone", "expert 1 alone", "expert 2 alone", "random, same rate"),
        *("router", "oracle"),
    ]
    assert rows["router"].accuracy == pytest.approx(router.score(X[200:], table[200:]))
    assert rows["model alone"].accuracy == pytest.approx(1 - table[200:, 0].mean())
    assert rows["oracle"].cost == pytest.approx(table[200:].min(axis=1).mean())
    with pytest.raises(cede.InvalidInput, match="add fees to the table"):
        cede.compare({"router": router}, X, table, fees=0.1)
