"""What a report tells, in numbers: each equals what its own room says of the same cases."""

import numpy as np
import pytest

import cede
from cede.evaluation.appraisal import appraise
from cede.evaluation.appraisal._areas import draws
from cede.evaluation.appraisal._contrast import contrast
from cede.evaluation.calibration import brier_score, expected_calibration_error, reliability
from cede.operating import OperatingPoint

N = 500
rng = np.random.default_rng(0)
X = rng.normal(size=(N, 3))
#: The model errs where x_0 is small, the first expert where it is large, the second anywhere.
TABLE = np.column_stack([X[:, 0] < -0.4, X[:, 0] > 0.3, rng.random(N) < 0.5]).astype(float)


class Scores:
    """Sees x_0 through noise; estimates are chances."""

    def __init__(self, noise=0.5):
        self.noise = noise

    def agent_scores(self, X):
        seen = 1 / (1 + np.exp(-2 * (X[:, 0] + self.noise * X[:, 1])))
        return np.column_stack([seen, 1 - seen, np.full(len(X), 0.4)])

    def predict(self, X):
        return np.ones(len(X), dtype=int)


def made(table=TABLE, methods=None, **changes):
    options = {"n_boot": 100, "expert_names": ["ann", "bob"], **changes}
    return appraise(methods or {"mine": Scores()}, X, table, **options)


@pytest.fixture(scope="module")
def found():
    return made()


def test_a_table_of_errors_is_told_as_right_and_wrong(found):
    assert found.measure == "right"
    assert not found.comparison.in_costs
    assert found.answers is found.comparison
    for agent, row in enumerate(found.alone):
        assert row.accuracy == pytest.approx(1 - TABLE[:, agent].mean())
    assert made(TABLE * 0.5).measure == "quality"
    assert made(TABLE * 5).measure == "cost"


def test_curve_band_and_areas_are_those_of_the_method_in_front(found):
    curve = cede.operating.deferral_curve_from_scores(Scores().agent_scores(X), TABLE)
    areas = found.lead.areas
    assert areas.area.value == pytest.approx(curve.area)
    assert areas.normalised.value == pytest.approx(curve.normalised_area)
    assert areas.hull.value == pytest.approx(curve.hull.area)
    assert areas.oracle.low < curve.oracle.area < areas.oracle.high
    for one in (areas.area, areas.random, areas.hull, areas.oracle, areas.normalised):
        assert one.low < one.value < one.high
    band, gain = found.lead.band, found.lead.gain
    np.testing.assert_allclose(band.value, 1 - curve.risk_at(band.rates))
    np.testing.assert_allclose(gain.value, band.value - curve.accuracy[0], atol=1e-12)
    assert gain.high[0] - gain.low[0] < 1e-9  # nobody is deferred: no difference, for certain


def test_the_interval_of_an_area_is_as_wide_as_the_area_varies():
    """Areas of 200 tables of fresh cases against the interval from one."""
    fresh = np.random.default_rng(1)
    drawn = []
    for _ in range(200):
        x = fresh.normal(size=(N, 3))
        table = np.column_stack([x[:, 0] < -0.4, x[:, 0] > 0.3, fresh.random(N) < 0.5]) * 1.0
        drawn.append(
            cede.operating.deferral_curve_from_scores(Scores().agent_scores(x), table).area
        )
    areas = made(n_boot=200).lead.areas
    assert areas.area.half_width == pytest.approx(1.96 * np.std(drawn), rel=0.3)


def test_groups_are_drawn_together():
    groups = np.array([0, 1, 1, 2, 2, 2])
    sizes = []
    for counts in draws(6, groups, 50, 0):
        assert counts[1] == counts[2]
        assert counts[3] == counts[4] == counts[5]
        assert counts[0] + counts[1] + counts[3] == 3
        sizes.append(counts.sum())
    assert len(set(sizes)) > 3


def test_repeated_cases_in_groups_do_not_narrow_an_area():
    """Four copies of every case, as groups, say as much as the cases."""
    once = made(groups=np.arange(N)).lead.areas.area
    four = np.tile(np.arange(N), 4)
    again = appraise(
        {"mine": Scores()}, X[four], TABLE[four], groups=four, n_boot=100
    ).lead.areas.area
    assert again.half_width == pytest.approx(once.half_width, rel=0.25)


def test_honesty_is_what_calibration_says(found):
    told = found.honesty["mine"]
    assert [one.agent for one in told] == ["model", "ann", "bob"]
    for one, guess, cost in zip(told, Scores().agent_scores(X).T, TABLE.T, strict=True):
        assert one.expected == pytest.approx(guess.mean())
        assert one.gap.value == pytest.approx((1 - cost).mean() - guess.mean())
        assert one.gap.low < one.gap.value < one.gap.high
        error = expected_calibration_error(guess, 1 - cost, n_boot=100)
        assert one.calibration_error == error
        assert one.reliability.ece == pytest.approx(reliability(guess, 1 - cost).ece)
        assert one.brier == brier_score(guess, 1 - cost, 15, "mass")


def test_costs_beyond_one_are_no_chances_and_ranks_no_estimates():
    told = made(TABLE * 5).honesty["mine"]
    assert [one.reliability for one in told] == [None] * 3
    assert told[0].observed.value == pytest.approx(1 - 5 * TABLE[:, 0].mean())

    class Ranks(Scores):
        def _estimates_costs(self):
            return False

    assert "rank the agents" in made(methods={"mine": Ranks()}).honesty["mine"]


def test_cases_without_all_answers_are_left_out_but_not_of_an_agent_s_own_estimates():
    holes = TABLE.copy()
    holes[:60, 2] = np.nan
    found = made(holes)
    assert (found.comparison.n_cases, found.comparison.n_left_out) == (N - 60, 60)
    assert [one.n_cases for one in found.honesty["mine"]] == [N, N, N - 60]
    assert found.lead.contrast.n_kept + found.lead.contrast.n_deferred == N - 60


def test_a_point_is_judged_as_it_stands():
    point = OperatingPoint((0.1, 0.3))
    found = made(point=point)
    routes = cede.route(Scores().agent_scores(X), point)
    (row,) = found.rows
    assert row.accuracy == pytest.approx(1 - TABLE[np.arange(N), routes].mean())
    assert row.shares == pytest.approx([np.mean(routes == 1), np.mean(routes == 2)])
    with pytest.raises(cede.InvalidInput, match="point must be of one method, but got 2"):
        made(methods={"a": Scores(), "b": Scores()}, point=point)


def test_a_point_s_prices_are_no_part_of_the_estimates():
    y = (TABLE[:, 0] == 0).astype(int)
    told = [
        appraise({"mine": Scores()}, X, y, costs=TABLE[:, 1:], n_boot=100, point=point).honesty
        for point in (None, OperatingPoint((0.1, 0.3)))
    ]
    assert [one.expected for one in told[0]["mine"]] == [one.expected for one in told[1]["mine"]]
    never = made(point=OperatingPoint((cede.operating.NEVER,) * 2))
    assert never.rows[0].coverage == 1.0
    assert never.lead.contrast.n_deferred == 0


def test_money_and_answers_are_told_apart():
    outcomes = 1 - TABLE
    money = np.broadcast_to([0.1, 0.5, 2.0], TABLE.shape)
    found = made(TABLE + 0.2 * money, outcomes=outcomes, money=money)
    assert found.measure == "right"
    assert found.comparison.in_costs
    for row in found.rows:
        point = OperatingPoint(row.prices)
        routes = cede.route(Scores().agent_scores(X), point)
        wrong = TABLE[np.arange(N), routes]
        paid = money[np.arange(N), routes]
        assert row.accuracy == pytest.approx(1 - wrong.mean())
        assert found.money_of(row).value == pytest.approx(paid.mean())
        assert found.in_full(row).cost == pytest.approx(wrong.mean() + 0.2 * paid.mean())
    assert found.money_of(found.alone[2]).value == pytest.approx(2.0)
    # Without money, costs say what outcomes say.
    plain = made(TABLE, outcomes=outcomes)
    assert plain.answers is plain.comparison


def test_who_gets_which_cases_by_hand():
    features = np.array([[0.0, 1.0, np.nan], [0.0, 3.0, 1.0], [2.0, 5.0, np.nan], [4.0, 5.0, 3.0]])
    away = np.array([False, False, True, True])
    table = np.array([[0, 1], [1, 1], [1, 0], [1, 1]]) * 1.0
    seen = contrast(features, ["a", "b", "c"], away, table)
    assert set(seen.names) == {"a", "b", "c"}
    apart = dict(zip(seen.names, seen.differences, strict=True))
    assert apart["a"] == pytest.approx(3.0 / np.std([0, 0, 2, 4]))
    assert apart["b"] == pytest.approx(3.0 / np.std([1, 3, 5, 5]))
    assert apart["c"] == pytest.approx(2.0 / np.std([1, 3]))
    np.testing.assert_allclose(seen.accuracy, [[0.5, 0.0], [0.0, 0.5]])
    texts = contrast(np.array([["a"], ["b"], ["c"], ["d"]]), None, away, table)
    assert texts.names == ()
    assert (texts.n_kept, texts.n_deferred) == (2, 2)
    nobody = contrast(features, None, np.zeros(4, dtype=bool), table)
    assert np.isnan(nobody.accuracy[1]).all()


def test_labels_are_judged_by_the_model_s_own_answers():
    y = (TABLE[:, 0] == 0).astype(int)  # the model says 1 everywhere
    found = appraise(
        {"mine": Scores()}, X, y, costs=TABLE[:, 1:], fees=[0.1, 0.0], n_boot=100,
        expert_names=["ann", "bob"],
    )  # fmt: skip
    assert found.fees == (0.1, 0.0)
    assert found.alone[0].accuracy == pytest.approx(1 - TABLE[:, 0].mean())
    row = found.rows[-1]
    assert found.in_full(row).cost == pytest.approx(1 - row.accuracy + 0.1 * row.shares[0])


def test_fees_are_taken_out_of_the_estimates_where_outcomes_are_without():
    class WithFees(Scores):
        def _fees(self):
            return [0.1, 0.0]

    y = (TABLE[:, 0] == 0).astype(int)
    methods = {"mine": WithFees()}
    told = appraise(methods, X, y, costs=TABLE[:, 1:], fees=[0.1, 0.0], n_boot=100).honesty["mine"]
    expected = np.array([0.0, 0.1, 0.0]) + Scores().agent_scores(X).mean(axis=0)
    assert [one.expected for one in told] == pytest.approx(expected.tolist())


def test_a_guarantee_is_certify_s(found):
    from cede.tuning.guarantees import certify_scores

    assert found.certificate is None
    wanted = made(risk=0.3, delta=0.2, random_state=3).certificate
    assert wanted == certify_scores(
        Scores().agent_scores(X), TABLE, risk=0.3, delta=0.2, random_state=3
    )


def test_few_resamples_give_no_verdict_and_the_middle_budget():
    found = made(n_boot=50)
    assert found.verdict is None
    assert found.lead.budget == 0.2


def test_methods_are_asked_once():
    asked = []

    class Counting(Scores):
        def agent_scores(self, X):
            asked.append(len(X))
            return super().agent_scores(X)

    money = np.ones(TABLE.shape)
    made(methods={"mine": Counting()}, money=money, X_tune=X[:50], risk=0.5)
    assert sorted(asked) == [50, N]


def test_wrong_input_is_named():
    router = cede.TwoStageRouter().fit(X, TABLE)
    with pytest.raises(cede.InvalidInput, match="A report needs cases that the router has not"):
        made(methods={"mine": router}, expert_names=None)
    bandit = np.where(np.arange(3) == rng.integers(3, size=(N, 1)), TABLE, np.nan)
    with pytest.raises(
        cede.InvalidInput, match=r"cases must hold at least 10 .* 0 of 500; .*\(cede evaluate"
    ):
        made(bandit)
    with pytest.raises(cede.InvalidInput, match="beside a table of agent costs"):
        appraise({"mine": Scores()}, X, np.ones(N), costs=TABLE[:, 1:], outcomes=TABLE)
    with pytest.raises(cede.InvalidInput, match="between 0 and 1 and be known wherever"):
        made(TABLE, outcomes=TABLE + 1)
    with pytest.raises(cede.InvalidInput, match=r"per case and agent, \(500, 3\) as the costs"):
        made(TABLE, money=np.ones((N, 2)))
    with pytest.raises(cede.InvalidInput, match="methods must hold a method, but got none"):
        appraise({}, X, np.ones(N), costs=TABLE[:, 1:])


def test_without_experts_there_is_nobody_in_front():
    found = appraise({"mine": Model()}, X, np.ones(N), costs=np.empty((N, 0)), n_boot=100)
    assert found.lead is None
    assert found.rows == ()
    assert found.verdict.action == "keep"


class Model:
    def predict(self, X):
        return (X[:, 0] > 0).astype(int)

    def agent_scores(self, X):
        return np.ones((len(X), 1))


def test_the_same_seed_gives_the_same_appraisal(found):
    again = made()
    assert again.comparison.rows == found.comparison.rows
    assert again.lead.areas == found.lead.areas
    assert made(random_state=1).lead.areas != found.lead.areas
    assert again.fingerprint == found.fingerprint == cede._rows._fingerprint.fingerprint(X).digest


def test_an_agent_who_is_always_right_is_not_certain_to_be():
    right = np.zeros_like(TABLE)
    found = made(right, money=np.full_like(TABLE, 0.02))
    for of_agent in found.honesty["mine"]:
        assert of_agent.observed.value == 1.0
        assert of_agent.observed.low == pytest.approx(0.025 ** (1 / N), rel=1e-3)
        assert of_agent.gap.low < of_agent.gap.value < of_agent.gap.high
        assert of_agent.calibration_error.low < of_agent.calibration_error.high
    for area in (found.lead.areas.area, found.lead.areas.random, found.lead.areas.oracle):
        assert area.low < 1 - 3 / N < 1.0 == area.high
    assert all(money.low < 0.02 <= money.high for money in found.money[:3])
