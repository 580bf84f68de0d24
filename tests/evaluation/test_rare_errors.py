import numpy as np
import pytest
from compared import row, situation

import cede
from cede._intervals import share_estimate
from cede.evaluation.comparison import simultaneous_band
from cede.evaluation.comparison._paired import paired_tests


def test_a_verdict_wants_more_than_a_few_independent_cases():
    rng = np.random.default_rng(0)
    X, table = rng.normal(size=(400, 2)), rng.random((400, 2))
    router = cede.TwoStageRouter().fit(rng.normal(size=(50, 2)), rng.random((50, 2)))
    few = cede.compare({"r": router}, X, table, groups=np.arange(400) % 9, n_boot=200)
    with pytest.raises(
        cede.InvalidInput, match=r"cases must be 10 at least for a verdict, .* but got 9"
    ):
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
    assert cede.evaluation.Comparison.from_dict(dear.to_dict()).rows == dear.rows


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
