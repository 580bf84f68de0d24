"""The table: rows that are always there, one bootstrap for all, numbers by hand."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp

import cede
from cede._intervals import share_estimate
from cede.evaluation.comparison import holm, mcnemar, simultaneous_band
from cede.evaluation.comparison._paired import paired_tests
from cede.evaluation.resampling import paired_bootstrap
from cede.report.plotting._comparison import band as draw_band


class Fixed:
    """Scores and answers as columns of X."""

    def agent_scores(self, X):
        return X[:, :3]

    def predict(self, X):
        return X[:, 3].astype(int)


rng = np.random.default_rng(0)
N = 400
y = rng.integers(2, size=N)
answers = np.where(rng.random((N, 3)) < [0.7, 0.8, 0.6], y[:, None], 1 - y[:, None])
X = np.column_stack([rng.normal(size=(N, 3)), answers[:, 0]])
experts = answers[:, 1:].astype(float)


def table(**changes):
    options = {
        "experts": experts,
        "model": Fixed(),
        "budgets": [0.1, 0.3],
        "fees": [0.1, 0.2],
        "n_boot": 200,
        **changes,
    }
    return cede.compare({"mine": Fixed()}, X, y, **options)


def row(comparison, name):
    (found,) = (r for r in comparison.rows if r.method == name)
    return found


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
    assert mine.accuracy == pytest.approx(cede.system_accuracy(routes, answers, y))
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
        ({"X_tune": X[:5], "tune_scores": {"mine": X[:5, :3]}}, "not by both"),
        (
            {"tune_scores": {"yours": X[:5, :3]}},
            "of each method by its name, mine, however .* yours",
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
    with pytest.raises(cede.InvalidInput, match="nothing to compare"):
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
    with pytest.raises(cede.InvalidInput, match="cannot be named 'oracle'"):
        cede.compare({"oracle": Fixed()}, X, y, experts)
    with pytest.raises(cede.InvalidInput, match="other than 'model'"):
        table(expert_names=["model", "ann"])


def test_settings_that_mean_nothing_are_refused():
    for change in ({"n_boot": 0}, {"budgets": 0.2}):
        with pytest.raises(cede.InvalidInput, match="compare wants n_boot >= 1"):
            table(**change)
    with pytest.raises(cede.InvalidInput, match=r"write 0\.95 for 95 %"):
        table(confidence=95)
    with pytest.raises(cede.InvalidInput, match="nothing to compare"):
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
    with pytest.raises(cede.InvalidInput, match=r"only \[0\.1, 0\.3\]"):
        comparison.at(0.2)


def test_a_method_of_other_experts_is_refused():
    with pytest.raises(cede.InvalidInput, match=r"mine gives agent scores of shape \(400, 3\)"):
        table(experts=experts[:, :1], fees=None)
    with pytest.raises(cede.InvalidInput, match="2 experts, but 1 names"):
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


def test_cases_in_which_any_agent_s_cost_is_missing_are_left_out():
    rng = np.random.default_rng(0)
    X, table = rng.normal(size=(100, 2)), rng.random((100, 2))
    router = cede.TwoStageRouter().fit(rng.normal(size=(100, 2)), table)
    table[:3, 0], table[5, 1] = np.nan, np.nan
    found = cede.compare({"router": router}, X, table, n_boot=20)
    assert (found.n_cases, found.n_left_out) == (96, 4)


def situation(model_right, experts_right, fees=None, n=3_000, seed=0, **options):
    """Cases of growing difficulty for the model, experts of fixed skill, one seeing method."""
    draw = np.random.default_rng(seed)
    hard = draw.uniform(-1, 1, size=n)
    truth = np.ones(n, dtype=int)
    model = (draw.random(n) < model_right - 0.3 * hard).astype(int)
    people = (draw.random((n, len(experts_right))) < experts_right).astype(float)

    class Seeing:
        def __init__(self, sign):
            self.sign = sign

        def agent_scores(self, X):
            columns = [self.sign * hard - 0.01 * j for j in range(len(experts_right))]
            return np.column_stack([np.full(n, -1.0), *columns])

        def predict(self, X):
            return model

    given = {"budgets": [0.1, 0.3], "n_boot": 400, "model": Seeing(1), "fees": fees, **options}
    methods = {"seeing": Seeing(1), "blind": Seeing(0), "blinded": Seeing(-1)}
    return cede.compare(methods, hard[:, None], truth, people, **given)


def test_do_not_defer_where_experts_are_worse():
    found = situation(0.95, [0.4, 0.5]).verdict()
    assert (found.action, found.row.method, found.within_budget) == ("keep", "model alone", None)
    assert str(found).startswith("Do not defer: everything else is worse than the model alone, ")
    assert found.saving == (0.0, 0.0, 0.0)
    shy = cede.compare({"mine": Fixed()}, X, y, experts, model=Fixed(), budgets=[0.0], fees=0.9)
    assert shy.verdict().sentence.endswith("No method sends a case away.")


def test_do_not_defer_where_fees_eat_the_gain():
    """The same cases: worth it for nothing, not worth it at a price."""
    free, dear = situation(0.75, [0.75]), situation(0.75, [0.75], fees=0.3)
    assert free.verdict().action == "defer"
    assert dear.verdict().action == "keep"
    assert "fees included" in dear.verdict().sentence
    gain = {r.budget: r.gain_low for r in dear.rows if r.method == "seeing"}
    assert min(gain.values()) > 0  # more accurate, and yet


def test_ask_the_cheap_one_where_nothing_is_shown_to_beat_it():
    found = situation(0.6, [0.9, 0.92], fees=[0.01, 0.3], expert_names=["cheap", "dear"])
    verdict = found.verdict()
    assert (verdict.action, verdict.row.method) == ("ask", "cheap alone")
    assert str(verdict).startswith("Ask cheap in every case, ")
    assert (verdict.within_budget.method, verdict.within_budget.budget) == ("seeing", 0.3)
    assert "Where cheap cannot answer every case, defer: seeing" in verdict.sentence
    assert verdict.row.savings[2].low > 0  # cheaper than the dear one, shown
    whole = situation(0.6, [0.9, 0.92], fees=[0.01, 0.3], budgets=[0.3, 1.0]).verdict()
    assert whole.within_budget.budget == 0.3  # a budget of one is every case again


def test_defer_where_a_method_beats_every_agent_alone():
    verdict = situation(0.78, [0.7]).verdict()
    assert (verdict.action, verdict.row.method) == ("defer", "seeing")
    assert all(saving.low > 0 for saving in verdict.row.savings)
    assert str(verdict).startswith("Defer: seeing at a budget of 30% sends ")
    # A method better than the model, with an expert of whom neither can be said.
    unsure = situation(0.75, [0.78], n=1_500, budgets=[0.1]).verdict()
    assert unsure.action == "defer"
    assert "not shown to be better than expert 1 alone" in unsure.sentence


def test_the_verdict_of_one_budget_looks_at_no_other():
    found = situation(0.78, [0.7])
    assert found.at(0.1).verdict().row.budget == 0.1
    assert found.verdict().row.budget == 0.3


def test_what_rows_save_is_at_cost_and_holds_together():
    found = situation(0.75, [0.75, 0.8], fees=[0.02, 0.1])
    model, one, two = (
        row(found.at(0.1), f"{who} alone") for who in ("model", "expert 1", "expert 2")
    )
    seeing = row(found.at(0.3), "seeing")
    for agent, other in enumerate((model, one, two)):
        saved = seeing.savings[agent]
        assert saved.value == pytest.approx(other.cost - seeing.cost)
        assert saved.low < saved.value < saved.high
        mirrored = other.savings[0]
        assert mirrored.value == pytest.approx(model.cost - other.cost)
    # Wider than each alone: the interval of the gain, without the fees, is of one difference.
    plain = row(situation(0.75, [0.75, 0.8]).at(0.3), "seeing")
    width = plain.savings[0].high - plain.savings[0].low
    assert 1.1 < width / (plain.gain_high - plain.gain_low) < 2.0
    assert seeing.cost_low < seeing.cost < seeing.cost_high


def test_a_verdict_needs_agents_and_resamples():
    with pytest.raises(cede.InvalidInput, match="pass model= to compare"):
        situation(0.75, [0.8], model=None).verdict()
    few = situation(0.75, [0.8], n_boot=50)
    with pytest.raises(cede.InvalidInput, match="100 resamples at least, however n_boot is 50"):
        few.verdict()
    assert "Defer" not in str(few)


def test_a_method_that_defers_nobody_is_not_a_winner():
    """Equal to the model case by case: no rounding may make it better."""
    found = cede.compare(
        {"mine": Fixed()}, X, y, experts, model=Fixed(), budgets=[0.0], fees=0.1, n_boot=200
    )
    mine = row(found, "mine")
    assert (mine.gain_low, mine.gain, mine.gain_high) == (0.0, 0.0, 0.0)
    assert mine.savings[0] == (0.0, 0.0, 0.0)


def test_mcnemar_is_the_binomial_test_of_discordant_cases():
    draw = np.random.default_rng(0)
    one, two = draw.random((2, 80)) < [[0.8], [0.6]]
    found = mcnemar(one, two)
    b, c = np.sum(one & ~two), np.sum(two & ~one)
    assert (found.first_only, found.second_only, found.n_cases) == (b, c, 80)
    assert found.p_value == pytest.approx(binomtest(b, b + c).pvalue)
    assert mcnemar(two, one).p_value == found.p_value
    assert mcnemar(one, one).p_value == 1.0
    with pytest.raises(cede.InvalidInput, match="first has other values"):
        mcnemar([0.2, 1.0], [1, 0])
    with pytest.raises(cede.InvalidInput, match="first has 2, second has 3"):
        mcnemar([0, 1], [1, 0, 1])


def test_two_rows_of_a_comparison_are_tested_case_by_case():
    compared = situation(0.75, [0.8])
    found = compared.mcnemar("seeing", "blinded", 0.3)
    apart = row(compared.at(0.3), "seeing").accuracy - row(compared.at(0.3), "blinded").accuracy
    assert (found.first_only - found.second_only) / 3_000 == pytest.approx(apart)
    assert found.p_value < 0.001
    assert "p < 0.0001 (McNemar, exact)" in str(found)
    assert compared.at(0.3).mcnemar("seeing", "model alone", 0.3).p_value < 0.001
    with pytest.raises(cede.InvalidInput, match=r"at the budgets \[0\.1, 0\.3\].*budget=None"):
        compared.mcnemar("seeing", "blind")
    with pytest.raises(cede.InvalidInput, match=r"no row 'seing'.*Did you mean 'seeing'"):
        compared.mcnemar("seing", "blind", 0.1)
    with pytest.raises(cede.InvalidInput, match="other values"):
        compared.mcnemar("seeing", "oracle", 0.1) and compared.mcnemar(
            "seeing", "random, same rate", 0.1
        )


def test_holm_by_hand():
    np.testing.assert_allclose(holm([0.04, 0.01, 0.03, 0.5]), [0.09, 0.04, 0.09, 0.5])
    np.testing.assert_allclose(holm([0.4, 0.6]), [0.8, 0.8])
    assert holm([]).shape == (0,)
    with pytest.raises(cede.InvalidInput, match="between 0 and 1"):
        holm([0.1, np.nan])


def test_every_method_against_a_baseline_says_what_it_corrected_for():
    compared = situation(0.75, [0.8])
    found = compared.against("model alone")
    assert [(t.method, t.budget) for t in found.tests] == [
        (name, b) for name in ("seeing", "blind", "blinded") for b in (0.1, 0.3)
    ]
    np.testing.assert_allclose(
        [t.p_corrected for t in found.tests], holm([t.p_value for t in found.tests])
    )
    assert "corrected by Holm's method for the 6 tests of this table" in str(found)
    at = compared.against("seeing", 0.1)
    assert [t.method for t in at.tests] == ["blind", "blinded"]
    for test in at.tests:
        assert test.p_value == compared.mcnemar(test.method, "seeing", 0.1).p_value
        rows = (row(compared.at(0.1), name).accuracy for name in (test.method, "seeing"))
        assert test.difference.value == pytest.approx(next(rows) - next(rows))
        assert test.difference.low < test.difference.value < test.difference.high
    assert max(map(len, str(at).splitlines())) <= 100


def test_costs_and_groups_are_tested_by_student_s_t():
    draw = np.random.default_rng(0)
    X, table = draw.normal(size=(300, 3)), draw.random((300, 2))
    table[:, 1] += 0.05

    class Scores:
        def agent_scores(self, X):
            return X[:, :2]

    found = cede.compare({"mine": Scores()}, X, table, budgets=[0.3], n_boot=100)
    (test,) = found.against().tests
    routes = cede.route(X[:, :2], cede.choose_operating_point(X[:, :2], 0.3))
    apart = table[:, 0] - table[np.arange(300), routes]
    assert test.test == "Student's t"
    assert test.p_value == pytest.approx(ttest_1samp(apart, 0.0).pvalue)
    with pytest.raises(cede.InvalidInput, match="other values"):
        found.mcnemar("mine", "model alone")
    # Each case four times, in groups: the same test as of the cases once, up to a quarter.
    four = np.repeat(np.arange(300), 4)
    grouped = cede.compare(
        {"mine": Scores()}, X[four], table[four], budgets=[0.3], n_boot=100, groups=four
    )
    (same,) = grouped.against().tests
    assert same.test == "Student's t over groups"
    assert same.p_value == pytest.approx(test.p_value, rel=1e-6)
    with pytest.raises(cede.InvalidInput, match="use against"):
        grouped.mcnemar("mine", "model alone")


def test_it_prints_in_a_hundred_columns_and_shows_who_loses():
    compared = situation(0.75, [0.9, *[0.5] * 14], expert_names=[f"reader {j}" for j in range(15)])
    text = str(compared)
    assert max(map(len, text.splitlines())) <= 100
    lines = {tuple(line.split()[:2]): line for line in text.splitlines()}
    assert "better" in lines["reader", "0"]
    assert "worse" in lines["reader", "3"]
    assert "better" not in lines["model", "alone"]
    assert "more experts do not fit" in text
    assert "not corrected for their number" in text
    assert str(compared.verdict()) in " ".join(text.split())
    costs = cede.compare({}, X, np.abs(X[:, :2]), budgets=[0.1], n_boot=100)
    assert "mean cost [95%]" in str(costs)


def test_exports_hold_every_row_and_come_back():
    compared = situation(0.75, [0.8], fees=0.05, expert_names=["A & B_1"])
    lines = list(csv.DictReader(io.StringIO(compared.to_csv())))
    assert len(lines) == len(compared.rows)
    for line, found in zip(lines, compared.rows, strict=True):
        assert line["method"] == found.method
        assert float(line["cost_low"]) == found.cost_low
        assert float(line["share A & B_1"]) == found.shares[0]
    latex = compared.to_latex()
    assert r"A \& B\_1 \\" in latex
    assert latex.count(r"\\") == len(compared.rows) + 1 + 2
    assert latex.index("toprule") < latex.index("seeing") < latex.index("bottomrule")
    back = cede.Comparison.from_dict(json.loads(json.dumps(compared.to_dict())))
    assert back == replace(compared, curves={})
    assert str(back) == str(compared)
    assert back.at(0.1).verdict() == compared.at(0.1).verdict()
    with pytest.raises(cede.InvalidInput, match="read from a file holds no cases"):
        back.against()
    with pytest.raises(cede.InvalidInput, match="not the values that to_dict"):
        cede.Comparison.from_dict({"rows": []})


def test_a_band_is_around_the_curve_and_wider_than_one_interval():
    draw = np.random.default_rng(0)
    scores, costs = draw.normal(size=(800, 3)), draw.integers(2, size=(800, 3))
    curve = cede.deferral_curve_from_scores(scores, costs)
    band = simultaneous_band(scores, costs)
    np.testing.assert_allclose(band.value, 1 - curve.risk_at(band.rates))
    np.testing.assert_allclose(band.high - band.value, band.value - band.low)
    assert 2.2 < band.critical < 3.2
    # At the ends nothing is cut, and the error is that of a mean.
    for at, column in ((0, costs[:, 0]), (-1, costs[np.arange(800), scores[:, 1:].argmax(1) + 1])):
        error = column.std(ddof=1) / np.sqrt(800)
        assert band.high[at] - band.value[at] == pytest.approx(band.critical * error)
    risk = simultaneous_band(scores, costs, of="risk")
    np.testing.assert_allclose(risk.low, 1 - band.high)
    assert "95 % band over 51 deferral rates" in str(band)
    one = simultaneous_band(scores, costs, rates=[0.3])
    assert one.critical == pytest.approx(1.963, abs=0.001)


def test_a_band_of_a_method_less_itself_is_zero_and_of_another_is_not():
    draw = np.random.default_rng(0)
    scores, costs = draw.normal(size=(800, 2)), draw.integers(2, size=(800, 2))
    same = simultaneous_band(scores, costs, scores)
    assert np.abs([same.value, same.low, same.high]).max() == 0.0
    other = simultaneous_band(scores, costs, -scores)
    assert (other.value[[0, -1]] == 0).all()
    assert (other.high[[0, -1]] == 0).all()
    assert other.high[25] > other.low[25]
    flipped = simultaneous_band(-scores, costs, scores)
    np.testing.assert_allclose(flipped.value, -other.value)
    np.testing.assert_allclose(flipped.high, -other.low)


def test_bands_leave_missing_costs_out_and_refuse_what_means_nothing():
    draw = np.random.default_rng(0)
    scores, costs = draw.normal(size=(50, 2)), draw.random((50, 2))
    gappy = costs.copy()
    gappy[:7, 1] = np.nan
    np.testing.assert_allclose(
        simultaneous_band(scores, gappy).high, simultaneous_band(scores[7:], costs[7:]).high
    )
    group = np.arange(50) // 2
    assert simultaneous_band(scores, gappy, groups=group).n_independent == 22
    for changed, words in (
        ({"rates": [0.2, 0.1]}, "increasing"),
        ({"rates": [0.2, 20]}, "between 0 and 1"),
        ({"of": "loss"}, "not of 'loss'"),
        ({"groups": np.zeros(50)}, "two groups at least"),
        ({"groups": group[:9]}, "groups has 9"),
        ({"other_costs": costs}, "pass both"),
        ({"other_scores": scores[:9], "other_costs": costs[:9]}, "other_scores has 9"),
        ({"other_scores": scores[:, :1]}, "one shape"),
        ({"confidence": 95}, "confidence"),
    ):
        with pytest.raises(cede.InvalidInput, match=words):
            simultaneous_band(scores, costs, **changed)
    with pytest.raises(cede.InvalidInput, match="two cases at least"):
        simultaneous_band(scores[:1], costs[:1])


def test_a_band_is_drawn_with_its_line_at_zero():
    draw = np.random.default_rng(0)
    scores, costs = draw.normal(size=(300, 2)), draw.integers(2, size=(300, 2))
    band = simultaneous_band(scores, costs, -scores)
    ax = draw_band(band, method="mine")
    assert len(ax.lines) == 2
    np.testing.assert_allclose(ax.lines[1].get_ydata(), band.value)
    heights = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((band.low.min(), band.high.max()))
    assert len(draw_band(simultaneous_band(scores, costs), ax).lines) == 3  # no line at 0


def test_a_verdict_wants_more_than_a_few_independent_cases():
    rng = np.random.default_rng(0)
    X, table = rng.normal(size=(400, 2)), rng.random((400, 2))
    router = cede.TwoStageRouter().fit(rng.normal(size=(50, 2)), rng.random((50, 2)))
    few = cede.compare({"r": router}, X, table, groups=np.arange(400) % 9, n_boot=200)
    with pytest.raises(cede.InvalidInput, match=r"10 independent cases .* however there are 9"):
        few.verdict()
    cede.compare({"r": router}, X, table, groups=np.arange(400) % 10, n_boot=200).verdict()


class Keeps:
    """Never defers; right where the label is the sign of x."""

    def agent_scores(self, X):
        return np.column_stack([np.ones(len(X)), np.zeros(len(X))])

    def predict(self, X):
        return (X[:, 0] > 0).astype(int)


def of_errors(wrong, fees=None, groups=None, **options):
    """A method that keeps all, and an expert who errs as the second column says."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(len(wrong), 1))
    truth = (x[:, 0] > 0).astype(int) ^ wrong[:, 0]
    answer = truth ^ wrong[:, 1]
    return cede.compare(
        {"mine": Keeps()}, x, truth, answer[:, None], model=Keeps(), budgets=[0.2], fees=fees,
        groups=groups, n_boot=200, **options,
    )  # fmt: skip


@pytest.mark.parametrize("errors", [0, 1, 100])
def test_the_share_right_is_as_exact_as_a_share_where_few_are_wrong_or_right(errors):
    wrong = np.zeros((100, 2), dtype=int)
    wrong[:errors, 0] = 1
    mine = row(of_errors(wrong), "mine")
    exact = share_estimate(100 - errors, 100)
    assert (mine.low, mine.high) == pytest.approx(exact[1:])
    assert (1 - mine.cost_high, 1 - mine.cost_low) == pytest.approx(exact[1:])


def test_equal_outcomes_in_all_cases_are_no_proof_of_no_difference():
    for groups, n in ((None, 200), (np.arange(200) // 4, 50)):
        compared = of_errors(np.zeros((200, 2), dtype=int), fees=0.1, groups=groups)
        mine, expert = row(compared, "mine"), row(compared, "expert 1 alone")
        unseen = 1 - 0.025 ** (1 / n)
        assert mine.gain == 0.0
        assert (mine.gain_low, mine.gain_high) == pytest.approx((-unseen, unseen), rel=0.05)
        assert mine.high - mine.low == pytest.approx(unseen, rel=0.05)
        assert expert.cost_high == pytest.approx(0.1 + unseen, rel=0.05)
        # Of all rows together, wider; and a row is the same as itself.
        assert mine.savings[0].low < mine.gain_low < 0 < mine.gain_high < mine.savings[0].high
        assert expert.savings[1] == row(compared, "model alone").savings[0] == (0.0, 0.0, 0.0)
        (test,) = compared.against().tests
        assert (test.difference.low, test.difference.high) == pytest.approx(
            (-unseen, unseen), rel=0.05
        )
        assert (test.p_value, test.test) == (1.0, "the same outcome in every case")
        assert compared.verdict().action == "keep"


@pytest.mark.parametrize("p", [0.01, 0.02, 0.98])
def test_intervals_of_rare_errors_cover(p):
    """150 draws; 0.9 is 2.8 standard errors below 0.95."""
    draw = np.random.default_rng(0)
    held = np.zeros(3)
    for seed in range(150):
        wrong = (draw.random((60, 2)) < p).astype(int)
        compared = of_errors(wrong, fees=0.2, random_state=seed)
        mine, expert = row(compared, "mine"), row(compared, "expert 1 alone")
        held += [
            mine.low <= 1 - p <= mine.high,
            expert.cost_low <= p + 0.2 <= expert.cost_high,
            expert.gain_low <= 0 <= expert.gain_high,
        ]
    assert (held / 150 > 0.9).all()


def test_the_interval_that_a_verdict_rests_on_stands_beside_the_one_of_the_row_alone():
    plain = situation(0.75, [0.8])
    for found in plain.rows:
        assert (found.gain_low_simultaneous, found.gain_high_simultaneous) == found.savings[0][1:]
        assert found.gain_low_simultaneous <= found.gain_low
        assert found.gain_high_simultaneous >= found.gain_high
    dear = situation(0.75, [0.8], fees=0.05)
    for found, same in zip(dear.rows, plain.rows, strict=True):
        # Of other resamples, as these draw fees too.
        assert found.gain_low_simultaneous == pytest.approx(same.gain_low_simultaneous, abs=0.01)
    assert row(situation(0.75, [0.8], n_boot=50).at(0.1), "seeing").gain_low_simultaneous is None
    assert cede.Comparison.from_dict(dear.to_dict()).rows == dear.rows


def test_tests_of_few_differing_costs_are_bounded():
    draw = np.random.default_rng(0)
    one, two = draw.random(200).round(1), np.zeros(200)
    two[:] = one
    two[:3] += 0.5
    (test,) = paired_tests("two", [("one", None, one, two)]).tests
    assert test.test == "Gaffke's bound"
    assert 0.05 < test.p_value < 1.0
    assert test.difference.low < test.difference.value < 0.0 < test.difference.high
    grouped = paired_tests("two", [("one", None, one, two)], np.arange(200) // 2).tests[0]
    assert grouped.test == "Gaffke's bound over groups"


def test_a_band_of_cases_without_error_has_a_width():
    draw = np.random.default_rng(0)
    scores, costs = draw.normal(size=(300, 2)), np.zeros((300, 2))
    one = simultaneous_band(scores, costs)
    assert (one.value == 1.0).all()
    assert (one.low < 1 - 0.012).all()
    assert (one.low > 1 - 0.03).all()
    apart = simultaneous_band(scores, costs, -scores)
    assert (apart.high[[0, -1]] == 0).all()  # by what the methods are
    assert (apart.high[1:-1] > 0.012).all()
    assert (apart.low[1:-1] < -0.012).all()
