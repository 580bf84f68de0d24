"""Off-policy estimates: unbiased, covering, exact where all is known; bad logs get a sentence."""

import numpy as np
import pytest

import cede
from cede._intervals import share_estimate
from cede.evaluation.off_policy import off_policy_cost, off_policy_difference

METHODS = ("inverse_propensity", "self_normalised", "doubly_robust")


def world(n, rng, steepness=2.0):
    """Risks of three agents, costs drawn from them, and how likely a router called each."""
    x = rng.random(n)
    risk = np.column_stack([0.2 + 0.5 * x, 0.7 - 0.5 * x, np.full(n, 0.4)])
    chance = np.exp(steepness * np.column_stack([x, 1.0 - x, np.full(n, 0.5)]))
    chance /= chance.sum(axis=1, keepdims=True)
    return risk, (rng.random((n, 3)) < risk).astype(float), chance


def call_one(costs, chance, rng):
    """What a log knows if one agent was called in each case."""
    called = np.minimum((chance.cumsum(axis=1) < rng.random((len(chance), 1))).sum(axis=1), 2)
    return np.where(np.arange(3) == called[:, None], costs, np.nan)


def estimates_for(method, table):
    return {"method": method, "estimates": table if method == "doubly_robust" else None}


@pytest.fixture
def log():
    rng = np.random.default_rng(0)
    risk, costs, chance = world(2_000, rng)
    return risk, call_one(costs, chance, rng), chance


@pytest.mark.parametrize("method", METHODS)
def test_where_every_cost_is_known_it_is_the_plain_mean_exactly(method):
    rng = np.random.default_rng(1)
    costs, guesses = rng.normal(size=(1_001, 4)), rng.normal(size=(1_001, 4))
    routes = rng.integers(4, size=1_001)
    found = off_policy_cost(routes, costs, np.ones((1_001, 4)), **estimates_for(method, guesses))
    chosen = costs[np.arange(1_001), routes]
    assert found.value == chosen.mean()
    assert found.standard_error == pytest.approx(chosen.std(ddof=1) / np.sqrt(1_001), rel=1e-12)
    assert (found.n_matched, found.largest_weight, found.mean_weight) == (1_001, 1.0, 1.0)
    assert found.effective_size == pytest.approx(1_001)


def test_the_three_estimates_of_a_small_log_worked_out_by_hand():
    nan = np.nan
    costs = [[0.5, nan], [nan, 0.2], [1.0, nan], [nan, 0.6]]
    chances = [[0.5, nan], [nan, 0.25], [0.5, 0.5], [nan, 0.8]]
    guesses = [[0.4, 0.9], [0.3, 0.1], [0.2, 0.7], [0.6, 0.5]]
    routes = [0, 1, 1, 0]  # matched, matched, not, not: weights 2, 4, 0, 0
    with pytest.warns(UserWarning, match="2 of 4 cases are matched"):
        plain = off_policy_cost(routes, costs, chances)
    with pytest.warns(UserWarning, match=r"effective sample size of 1.8 and 66.7 % of all weight"):
        ratio = off_policy_cost(routes, costs, chances, method="self_normalised")
    with pytest.warns(UserWarning, match="Few or heavy cases decide the mean cost"):
        robust = off_policy_cost(
            routes, costs, chances, method="doubly_robust", estimates=guesses, confidence=0.9
        )
    assert plain.value == pytest.approx((1.0 + 0.8) / 4)
    assert plain.standard_error == pytest.approx(np.std([1.0, 0.8, 0, 0], ddof=1) / 2)
    assert ratio.value == pytest.approx((1.0 + 0.8) / 6)
    influence = np.array([2 * (0.5 - 0.3), 4 * (0.2 - 0.3), 0, 0]) / 1.5
    assert ratio.standard_error == pytest.approx(np.sqrt((influence**2).sum() / 3 / 4))
    terms = [0.4 + 2 * (0.5 - 0.4), 0.1 + 4 * (0.2 - 0.1), 0.7, 0.6]
    assert robust.value == pytest.approx(np.mean(terms))
    assert robust.high - robust.value == pytest.approx(1.6448536 * np.std(terms, ddof=1) / 2)
    assert (plain.n_matched, plain.largest_weight, plain.mean_weight) == (2, 4.0, 1.5)
    assert plain.effective_size == pytest.approx(36 / 20)


@pytest.mark.parametrize("method", METHODS)
def test_intervals_cover_the_truth_about_as_often_as_they_say(method):
    """The longer version, with differences, groups and sparse experts, is in tests/long."""
    rng = np.random.default_rng(2)
    truth = world(400_000, rng)[0].min(axis=1).mean()
    found = []
    for _ in range(300):
        risk, costs, chance = world(800, rng)
        wrong = np.full_like(risk, 0.3)
        seen = call_one(costs, chance, rng)
        options = estimates_for(method, wrong)
        found.append(off_policy_cost(risk.argmin(axis=1), seen, chance, **options))
    covered = np.mean([one.low <= truth <= one.high for one in found])
    assert 0.90 <= covered <= 0.99  # 95 % of 300, within four standard errors
    values = np.array([one.value for one in found])
    # Unbiased, estimates being wrong or not, and the error is as large as is said.
    assert abs(values.mean() - truth) < 4 * values.std() / np.sqrt(300)
    assert np.mean([one.standard_error for one in found]) == pytest.approx(values.std(), rel=0.15)


def test_good_estimates_leave_little_to_weigh(log):
    risk, seen, chance = log
    routes, costs = risk.argmin(axis=1), np.where(np.isnan(seen), np.nan, risk)
    plain = off_policy_cost(routes, costs, chance)
    robust = off_policy_cost(routes, costs, chance, method="doubly_robust", estimates=risk)
    assert robust.value == pytest.approx(risk.min(axis=1).mean(), abs=1e-12)
    # What is left is how cases differ, as if every cost had been known.
    assert robust.standard_error == pytest.approx(risk.min(axis=1).std(ddof=1) / np.sqrt(2_000))
    assert robust.standard_error < 0.25 * plain.standard_error


@pytest.mark.filterwarnings("ignore:Weights of routes")
def test_right_estimates_repair_wrong_propensities():
    rng = np.random.default_rng(8)
    errors = {method: [] for method in ("inverse_propensity", "doubly_robust")}
    for _ in range(100):
        risk, costs, chance = world(1_000, rng)
        seen, routes = call_one(costs, chance, rng), risk.argmin(axis=1)
        for method, found in errors.items():
            options = estimates_for(method, risk)
            value = off_policy_cost(routes, seen, np.sqrt(chance), **options).value
            found.append(value - risk.min(axis=1).mean())
    repaired = np.array(errors["doubly_robust"])
    assert abs(repaired.mean()) < 4 * repaired.std() / np.sqrt(100)
    assert np.mean(errors["inverse_propensity"]) < -0.1


def test_wrong_propensities_are_noticed(log):
    risk, seen, chance = log
    with pytest.warns(UserWarning, match=r"Weights of routes average 0\.4\d+ ± .* are wrong"):
        off_policy_cost(risk.argmin(axis=1), seen, np.sqrt(chance))
    with pytest.warns(UserWarning, match=r"Weights of other_routes average"):
        off_policy_difference(np.zeros(2_000, int), risk.argmin(axis=1), seen, chance ** [1, 2, 1])


def test_agents_that_could_not_be_observed_are_noticed():
    rng = np.random.default_rng(3)
    _, costs, _ = world(2_000, rng)
    chance = np.where(np.arange(2_000)[:, None] % 2, [0.5, 0.5, 0.0], [0.25, 0.25, 0.5])
    with pytest.warns(UserWarning, match="choose agents that could not be observed"):
        off_policy_cost(np.full(2_000, 2), call_one(costs, chance, rng), chance)


@pytest.mark.parametrize("method", METHODS)
def test_routes_are_a_table_of_ones_and_zeros(method, log):
    risk, seen, chance = log
    routes, other = risk.argmin(axis=1), np.arange(2_000) % 3
    options = estimates_for(method, risk)
    hot, other_hot = np.eye(3)[routes], np.eye(3)[other]
    assert off_policy_cost(hot, seen, chance, **options) == off_policy_cost(
        routes, seen, chance, **options
    )
    apart = off_policy_difference(routes, other, seen, chance, **options)
    assert off_policy_difference(hot, other_hot, seen, chance, **options) == apart
    assert off_policy_difference(hot, other, seen, chance, **options) == apart


def test_a_policy_that_draws_is_the_mixture_of_its_routes(log):
    _, seen, chance = log
    shares = np.tile([0.2, 0.3, 0.5], (2_000, 1))
    parts = [off_policy_cost(np.full(2_000, agent), seen, chance).value for agent in range(3)]
    mixed = off_policy_cost(shares, seen, chance)
    assert mixed.value == pytest.approx(np.dot(parts, [0.2, 0.3, 0.5]))
    assert mixed.n_matched == 2_000


def test_the_policy_that_made_the_log_costs_what_the_log_cost(log):
    _, seen, chance = log
    found = off_policy_cost(chance, seen, chance)
    assert found.value == pytest.approx(np.nanmean(seen))
    assert found.largest_weight == pytest.approx(1.0)


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_cases_and_of_agents_changes_nothing(method, log):
    risk, seen, chance = log
    rng = np.random.default_rng(4)
    routes, groups = risk.argmin(axis=1), np.arange(2_000) // 5
    before = off_policy_cost(routes, seen, chance, groups=groups, **estimates_for(method, risk))
    rows, agents = rng.permutation(2_000), np.array([2, 0, 1])
    after = off_policy_cost(
        np.argsort(agents)[routes][rows],
        seen[rows][:, agents],
        chance[rows][:, agents],
        groups=groups[rows],
        **estimates_for(method, risk[rows][:, agents]),
    )
    for name in ("value", "low", "high", "effective_size", "largest_weight", "mean_weight"):
        assert getattr(after, name) == pytest.approx(getattr(before, name), rel=1e-12)


def test_self_normalised_moves_with_a_constant_and_stays_among_the_costs(log):
    risk, seen, chance = log
    routes = risk.argmin(axis=1)
    before = off_policy_cost(routes, seen, chance, method="self_normalised")
    after = off_policy_cost(routes, seen + 10.0, chance, method="self_normalised")
    assert after.value - before.value == pytest.approx(10.0)
    assert after.standard_error == pytest.approx(before.standard_error)
    constant = off_policy_cost(routes, np.where(np.isnan(seen), seen, 0.7), chance)
    assert constant.value != pytest.approx(0.7, abs=1e-3)


def test_experts_who_answered_one_case_in_twenty_are_weighed_by_twenty():
    rng = np.random.default_rng(5)
    risk, costs, _ = world(20_000, rng)
    chance = np.tile([1.0, 0.05, 0.05], (20_000, 1))
    seen = np.where(rng.random((20_000, 3)) < chance, costs, np.nan)
    found = off_policy_cost(risk.argmin(axis=1), seen, chance)
    assert found.largest_weight == pytest.approx(20.0)
    assert found.low < risk.min(axis=1).mean() < found.high
    assert found.n_matched == (~np.isnan(seen[np.arange(20_000), risk.argmin(axis=1)])).sum()


@pytest.mark.parametrize("method", METHODS)
def test_a_difference_is_paired_and_knows_where_routes_agree(method, log):
    risk, seen, chance = log
    routes = risk.argmin(axis=1)
    other = np.where(np.arange(2_000) % 4 == 0, (routes + 1) % 3, routes)
    options = estimates_for(method, np.full_like(risk, 0.4))
    found = off_policy_difference(routes, other, seen, chance, **options)
    one = off_policy_cost(routes, seen, chance, **options)
    two = off_policy_cost(other, seen, chance, **options)
    assert (found.routes, found.other_routes) == (one, two)
    assert found.value == pytest.approx(one.value - two.value)
    assert found.n_differ == 500
    assert 0 < found.n_matched < 500
    assert found.standard_error < 0.8 * np.hypot(one.standard_error, two.standard_error)
    back = off_policy_difference(other, routes, seen, chance, **options)
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low))
    same = off_policy_difference(routes, routes, seen, chance, **options)
    assert (same.value, same.low, same.high, same.n_differ) == (0.0, 0.0, 0.0, 0)


def test_the_variance_of_an_unnormalised_difference_is_that_of_the_cases_that_differ(log):
    risk, seen, chance = log
    routes, other = risk.argmin(axis=1), risk.argmax(axis=1)
    rows = np.arange(2_000)
    terms = [np.nan_to_num(seen[rows, who]) / chance[rows, who] for who in (routes, other)]
    found = off_policy_difference(routes, other, seen, chance)
    assert found.standard_error == pytest.approx(
        np.std(terms[0] - terms[1], ddof=1) / np.sqrt(2_000), rel=1e-12
    )


def test_cases_of_a_group_count_as_one():
    rng = np.random.default_rng(6)
    _, costs, chance = world(500, rng)
    seen = call_one(costs, chance, rng)
    routes = rng.integers(3, size=500)
    once = off_policy_cost(routes, seen, chance)
    four = [np.tile(table, (4, 1)) for table in (seen, chance)]
    groups = np.tile(np.arange(500), 4)
    grouped = off_policy_cost(np.tile(routes, 4), *four, groups=groups)
    assert grouped.standard_error == pytest.approx(once.standard_error, rel=1e-12)
    naive = off_policy_cost(np.tile(routes, 4), *four)
    assert naive.standard_error == pytest.approx(once.standard_error / 2, rel=0.01)
    names = np.array([f"user {i}" for i in groups])
    assert off_policy_cost(np.tile(routes, 4), *four, groups=names) == grouped


def test_few_groups_are_said_to_be_few(log):
    risk, seen, chance = log
    with pytest.warns(UserWarning, match="Few or heavy groups decide the mean cost"):
        off_policy_cost(risk.argmin(axis=1), seen, chance, groups=np.arange(2_000) % 10)


def test_clipping_shortens_the_interval_and_says_what_it_takes():
    rng = np.random.default_rng(7)
    risk, costs, chance = world(20_000, rng, steepness=3.0)
    seen, routes = call_one(costs, chance, rng), risk.argmin(axis=1)
    plain = off_policy_cost(routes, seen, chance)
    clipped = off_policy_cost(routes, seen, chance, clip=10.0)
    assert clipped.largest_weight == 10.0 < plain.largest_weight
    assert clipped.standard_error < plain.standard_error
    assert clipped.mean_weight == plain.mean_weight
    # Costs lie in [0, 1]: what is underestimated is at most the weight that is lost.
    lost = np.maximum(1.0 - 10.0 * chance[np.arange(20_000), routes], 0.0).mean()
    assert clipped.clipped_weight == pytest.approx(lost, abs=0.02)
    assert 0.0 < plain.value - clipped.value <= clipped.clipped_weight
    assert "clipping at 10 took" in str(clipped)
    assert off_policy_cost(routes, seen, chance, clip=1e6).value == plain.value


def test_clipping_does_no_harm_where_estimates_are_right(log):
    risk, seen, chance = log
    costs = np.where(np.isnan(seen), np.nan, risk)
    found = off_policy_cost(
        risk.argmin(axis=1), costs, chance, method="doubly_robust", estimates=risk, clip=2.0
    )
    assert found.clipped_weight > 0.1
    assert found.value == pytest.approx(risk.min(axis=1).mean(), abs=1e-12)


@pytest.mark.parametrize(
    ("chance", "message"),
    [
        (np.ones(30), "Few cases decide the mean cost, as there are 30 cases, though every"),
        (np.r_[0.01, np.ones(999)], "size of 109.8 and 9.1 % of all weight on one case .100"),
    ],
)
@pytest.mark.filterwarnings("ignore:Weights of routes")
def test_few_cases_and_heavy_ones_are_each_warned_of(chance, message):
    n = len(chance)
    with pytest.warns(UserWarning, match=message):
        off_policy_cost(np.zeros(n, int), np.linspace(0, 1, n)[:, None], chance[:, None])


def test_few_matches_of_a_difference_are_said_to_be_few(log):
    risk, seen, chance = log
    routes = risk.argmin(axis=1)
    other = np.where(np.arange(2_000) < 40, (routes + 1) % 3, routes)
    with pytest.warns(UserWarning, match="Few or heavy cases decide the difference"):
        off_policy_difference(routes, other, seen, chance)


def test_where_every_outcome_is_known_nothing_is_matched():
    costs = np.random.default_rng(0).random((138, 2))
    one, other = np.zeros(138, int), (np.arange(138) == 5).astype(int)
    with pytest.warns(UserWarning, match="1 of 138 cases are routed differently, though") as said:
        off_policy_difference(other, one, costs, np.ones((138, 2)))
    assert "matched" not in str(said[0].message)
    groups = np.arange(138) // 3
    with pytest.warns(UserWarning, match="1 of 46 groups are routed differently, though"):
        off_policy_difference(other, one, costs, np.ones((138, 2)), groups=groups)


def test_results_print_in_one_line(log):
    risk, seen, chance = log
    routes = risk.argmin(axis=1)
    line = str(off_policy_cost(routes, seen, chance, confidence=0.9))
    assert line.startswith("mean cost 0.28")
    assert "(90 % interval" in line
    assert "inverse propensity on 2,000 cases" in line
    line = str(off_policy_difference(routes, np.zeros(2_000, int), seen, chance))
    assert line.startswith("mean cost -0.")
    assert "are routed differently" in line
    assert "\n" not in line


def test_arguments_come_back_unchanged(log):
    risk, seen, chance = log
    copies = [table.copy() for table in (seen, chance, risk)]
    off_policy_cost(chance, seen, chance, method="doubly_robust", estimates=risk, clip=2.0)
    for table, copy in zip((seen, chance, risk), copies, strict=True):
        np.testing.assert_array_equal(table, copy)


GOOD = {
    "routes": np.array([0, 1, 0]),
    "agent_costs": np.array([[0.1, np.nan], [np.nan, 0.2], [0.3, np.nan]]),
    "propensities": np.full((3, 2), 0.5),
}


def broken(name, index, value):
    table = GOOD[name].copy()
    table[index] = value
    return {name: table}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (broken("propensities", (1, 1), 0.0), r"propensities\[1, 1\] is 0 \(1 are not"),
        (broken("propensities", (2, 0), 1.01), r"propensities\[2, 0\] is 1.01"),
        (broken("propensities", (0, 0), -0.5), r"propensities\[0, 0\] is -0.5"),
        (broken("propensities", (0, 0), np.nan), r"propensities\[0, 0\] is nan"),
        (
            {"propensities": np.full(4, 0.5)},
            r"propensities must have one number per case and agent",
        ),
        (
            {"propensities": np.full((3, 3), 0.5)},
            r"one number per case and agent, \(3, 2\), .* is \(3, 3\)",
        ),
        ({"propensities": None}, "A log without propensities"),
        ({"propensities": [["a", "b"]] * 3}, "propensities must be numbers"),
        ({"agent_costs": np.array([0.1, 0.2, 0.3])}, "agent_costs must have shape"),
        (broken("agent_costs", (0, 0), np.inf), r"agent_costs that are not missing .* \(0, 0\)"),
        ({"agent_costs": np.full((3, 2), np.nan)}, "does not say what they would cost"),
        ({"routes": [1, 0, 1]}, "In no case is the cost of an agent known"),
        ({"routes": [0, 1, 2]}, r"routes must lie in 0\.\.1 .* from 0 to 2"),
        ({"routes": [0, 1]}, "routes has 2, agent_costs has 3"),
        ({"routes": [0.0, 1.0, 0.0]}, "routes must be integers"),
        ({"routes": np.full((3, 2), 0.4)}, "rows that sum to 1, .* from 0.8 to 0.8"),
        ({"routes": [[1.5, -0.5]] * 3}, "not negative .* the smallest is -0.5"),
        ({"routes": [[0.5, np.nan]] * 3}, "routes must be finite numbers"),
        ({"method": "ips"}, "no method 'ips'.*inverse_propensity, self_normalised, doubly_robust"),
        ({"method": "doubly_robust"}, "came without them"),
        ({"estimates": np.zeros((3, 2))}, "method='inverse_propensity' came with them"),
        (
            {"method": "doubly_robust", "estimates": GOOD["agent_costs"]},
            "estimates must be finite numbers",
        ),
        ({"method": "doubly_robust", "estimates": np.zeros(3)}, "estimates must have shape"),
        ({"confidence": 95}, "write 0.95 for 95 %"),
        ({"clip": 0.5}, "at least 1 .* clip=0.5"),
        ({"clip": np.nan}, "at least 1"),
        ({"groups": [0, 1]}, "groups has 2"),
        ({"groups": [7, 7, 7]}, "two groups at least"),
        ({"groups": np.zeros((3, 1))}, "groups must have shape"),
        ({name: table[:1] for name, table in GOOD.items()}, "two cases at least"),
    ],
)
def test_a_bad_log_gets_a_sentence(changes, message):
    with pytest.raises(cede.InvalidInput, match=message):
        off_policy_cost(**{**GOOD, **changes})


def test_propensities_of_unknown_costs_are_not_read():
    chances = np.where(np.isnan(GOOD["agent_costs"]), [[7.0, np.nan]], 0.5)
    with pytest.warns(UserWarning, match="Few"):
        found = off_policy_cost(GOOD["routes"], GOOD["agent_costs"], chances)
    assert found.value == pytest.approx((0.1 + 0.2 + 0.3) / 0.5 / 3)


def test_routes_that_no_known_cost_tells_apart_are_refused():
    costs = np.array([[0.1, np.nan, np.nan], [0.2, np.nan, np.nan], [0.1, np.nan, np.nan]])
    with pytest.raises(cede.InvalidInput, match=r"2 cases differently, .* cannot tell them apart"):
        off_policy_difference([0, 1, 1], [0, 2, 2], costs, np.full((3, 3), 0.5))
    with pytest.raises(cede.InvalidInput, match=r"other_routes must lie in 0\.\.2"):
        off_policy_difference([0, 1, 1], [0, 2, 3], costs, np.full((3, 3), 0.5))


@pytest.mark.parametrize("n_wrong", [0, 1, 3])
@pytest.mark.parametrize("fee", [0.0, 0.25])
@pytest.mark.parametrize("method", ["inverse_propensity", "self_normalised"])
def test_few_errors_where_all_is_known_have_an_exact_interval(n_wrong, fee, method):
    costs = np.column_stack([np.arange(400) % 2, np.r_[np.ones(n_wrong), np.zeros(400 - n_wrong)]])
    costs = costs + np.array([0.0, fee])
    found = off_policy_cost(np.ones(400, int), costs, np.ones((400, 2)), method=method)
    _, low, high = share_estimate(n_wrong, 400)
    assert found.high == pytest.approx(high + fee, abs=1e-4 if fee else 1e-9)
    assert found.low <= low + fee + 1e-9
    assert found.low >= fee * 0.99


@pytest.mark.parametrize("method", METHODS)
def test_no_error_in_a_log_is_no_proof_of_none(method):
    draw = np.random.default_rng(0)
    known = draw.random((400, 2)) < 0.5
    costs = np.where(known, 0.0, np.nan)
    half = np.full((400, 2), 0.5)
    options = estimates_for(method, np.zeros((400, 2)))
    ones, zeros = np.ones(400, int), np.zeros(400, int)
    for groups in (None, np.arange(400) // 2):
        found = off_policy_cost(ones, costs, half, groups=groups, **options)
        assert (found.value, found.low) == (0.0, 0.0)
        assert 0.015 < found.high < 0.06  # of some 200 that are matched
        apart = off_policy_difference(ones, zeros, costs, half, groups=groups, **options)
        assert apart.low < -0.015 < 0.015 < apart.high
    same = off_policy_difference(ones, ones, costs, half, **options)
    assert (same.low, same.high, same.bound_low, same.bound_high) == (0.0, 0.0, 0.0, 0.0)


def heavy(n, draw):
    """An agent who is asked in one of 50 cases, where alone he errs, and always elsewhere."""
    rare = draw.random(n) < 0.05
    chance = np.where(rare, 0.02, 0.5)
    seen = draw.random(n) < chance
    wrong = np.where(rare, 1.0, 0.1) > draw.random(n)
    costs = np.column_stack([np.where(seen, np.nan, 0.0), np.where(seen, wrong, np.nan)])
    return np.ones(n, int), costs, np.column_stack([1 - chance, chance])


def test_a_bound_holds_where_heavy_cells_are_missing_and_that_is_said():
    """Of 15 such cells of 300, mostly none is seen, and nothing seen looks heavy."""
    draw, truth = np.random.default_rng(0), 0.05 * 1.0 + 0.95 * 0.1
    held = {"normal": [], "bound": []}
    missing = 0
    for _ in range(100):
        with pytest.warns(UserWarning, match="Few or heavy|average") as raised:
            found = off_policy_cost(*heavy(300, draw), cost_range=(0, 1))
        missing += "heavier ones may be missing by chance" in str(raised[0].message)
        held["normal"].append(found.low <= truth <= found.high)
        held["bound"].append(found.bound_low <= truth <= found.bound_high)
        assert 0.0 <= found.bound_low < found.bound_high <= 1.0
    assert missing > 50
    assert np.mean(held["normal"]) < 0.85
    assert np.mean(held["bound"]) >= 0.95
    assert "at any weights it lies from" in str(found)


@pytest.mark.filterwarnings("ignore:Few or heavy", "ignore:Weights of")
def test_the_bound_of_a_difference_is_that_of_where_the_two_differ():
    draw = np.random.default_rng(0)
    _, costs, chance = heavy(2_000, draw)
    alike = np.arange(2_000) % 10 > 0
    one = np.where(alike, 1, 0)
    few = off_policy_difference(one, np.ones(2_000, int), costs, chance)
    other = off_policy_difference(np.ones(2_000, int), one, costs, chance)
    # A tenth of the cases differ, so that the difference is a tenth at most.
    assert -0.13 < few.bound_low < few.value < few.bound_high < 0.13
    assert (other.bound_low, other.bound_high) == pytest.approx((-few.bound_high, -few.bound_low))


def test_a_range_that_does_not_hold_the_costs_is_refused():
    costs = [[0.0, 2.0], [1.0, 0.5]]
    with pytest.raises(cede.InvalidInput, match=r"hold every cost, .* from 0 to 1 and the costs"):
        off_policy_cost([0, 1], costs, np.ones((2, 2)), cost_range=(0, 1))
    with pytest.raises(cede.InvalidInput, match=r"cost_range is the least and the most"):
        off_policy_cost([0, 1], costs, np.ones((2, 2)), cost_range=3)


@pytest.mark.filterwarnings("ignore:Weights of")
def test_wrong_propensities_bound_nothing_but_what_the_range_does():
    costs = np.random.default_rng(0).random((2_000, 2))
    half, ones, zeros = np.full((2_000, 2), 0.5), np.ones(2_000, int), np.zeros(2_000, int)
    found = off_policy_cost(ones, costs, half, cost_range=(0, 1))
    assert (found.bound_low, found.bound_high) == (0.0, 1.0)
    apart = off_policy_difference(ones, zeros, costs, half, cost_range=(0, 1))
    assert apart.bound_low <= apart.bound_high


def test_what_stands_behind_a_mask_is_no_propensity():
    rng = np.random.default_rng(0)
    asked = rng.integers(2, size=400)
    costs = np.where(np.arange(2) == asked[:, None], rng.random((400, 2)), np.nan)
    gone = np.isnan(costs)
    masked = np.ma.masked_array(np.where(gone, 1e-6, 0.5), gone)  # as of cells hardly ever observed
    found = off_policy_cost(np.ones(400, dtype=int), costs, masked)
    assert found == off_policy_cost(
        np.ones(400, dtype=int), costs, np.where(gone, np.nan, masked.data)
    )
