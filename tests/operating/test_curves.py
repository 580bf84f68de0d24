"""The curve equals brute force at every point, and agrees with the operating point."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cede
from cede import InvalidInput, choose_operating_point, deferral_curve
from cede.operating import deferral_curve_from_scores
from cede.operating._sorting import sort_with_units


@st.composite
def problems(draw):
    seed, n, n_experts = draw(
        st.tuples(st.integers(0, 10**6), st.integers(1, 15), st.integers(1, 3))
    )
    rng = np.random.default_rng(seed)
    ties = draw(st.booleans())
    scores = (
        rng.integers(0, 4, (n, n_experts + 1)) / 4 if ties else rng.normal(size=(n, n_experts + 1))
    )
    return scores, rng.random((n, n_experts + 1)).round(1)


@given(problem=problems())
def test_every_point_is_the_rule_at_its_price(problem):
    scores, costs = problem
    curve = deferral_curve_from_scores(scores, costs)
    advantage = scores[:, 1:] - scores[:, :1]
    gain, best = advantage.max(axis=1), advantage.argmax(axis=1) + 1
    assert len(curve.prices) == len(np.unique(gain)) + 1
    case = np.arange(len(scores))
    for price, rate, risk in zip(curve.prices, curve.deferral_rate, curve.risk, strict=True):
        deferred = gain > price
        assert rate == pytest.approx(deferred.mean(), abs=1e-12)
        expected = np.where(deferred, costs[case, best], costs[:, 0]).mean()
        assert risk == pytest.approx(expected, abs=1e-12)
    assert (np.diff(curve.deferral_rate) > 0).all()


@given(problem=problems(), budget=st.floats(0, 1))
def test_the_curve_and_the_operating_point_agree(problem, budget):
    scores, costs = problem
    curve = deferral_curve_from_scores(scores, costs)
    here, there = curve.at_budget(budget), choose_operating_point(scores, budget)
    assert here.prices == there.prices
    assert (here.budget, here.deferral_rate, here.n_cases) == (
        there.budget,
        there.deferral_rate,
        there.n_cases,
    )


@given(problem=problems(), seed=st.integers(0, 100))
def test_row_order_changes_nothing(problem, seed):
    scores, costs = problem
    order = np.random.default_rng(seed).permutation(len(scores))
    here, there = (
        deferral_curve_from_scores(scores, costs),
        deferral_curve_from_scores(scores[order], costs[order]),
    )
    np.testing.assert_array_equal(here.prices, there.prices)
    np.testing.assert_allclose(here.risk, there.risk, atol=1e-12)


def test_all_points_without_ties():
    rng = np.random.default_rng(0)
    curve = deferral_curve_from_scores(rng.random((50, 2)), rng.random((50, 2)))
    assert len(curve.risk) == 51
    assert curve.coverage[0] == 1.0
    assert curve.deferral_rate[-1] == 1.0


def test_area_of_a_perfect_split_by_hand():
    """Half the cases need the expert: accuracy climbs 0.5 to 1, then falls back; area 0.75."""
    curve = deferral_curve_from_scores([[0, 1.0], [0, -1.0]], [[1, 0], [0, 1]])
    assert curve.area == pytest.approx(0.75)
    assert curve.risk_at(0.25) == pytest.approx(0.25)


def test_cases_with_a_missing_answer_are_left_out():
    curve = deferral_curve_from_scores([[0, 1.0], [0, 2.0]], [[1, 0], [0, np.nan]])
    assert curve.n_cases == 1
    with pytest.raises(
        InvalidInput, match="answer_costs must have a case that every expert answered, but got none"
    ):
        deferral_curve_from_scores([[0, 1.0]], [[1, np.nan]])


class Fixed:
    def agent_scores(self, X):
        return np.column_stack([np.zeros(len(X)), X[:, 0]])

    def predict(self, X):
        return np.array(["no"] * len(X))


def test_a_router_of_anybody_has_a_curve_from_answers_or_costs():
    X = np.array([[1.0], [-1.0]])
    y = ["yes", "no"]
    answers = deferral_curve(Fixed(), X, y, experts=[["yes"], ["yes"]], fees=0.1)
    np.testing.assert_allclose(answers.risk, [0.5, 0.05, 0.6])
    costs = deferral_curve(Fixed(), X, y, costs=[[0.0], [1.0]], fees=0.1)
    np.testing.assert_array_equal(answers.risk, costs.risk)


def test_no_experts_is_one_point():
    curve = deferral_curve_from_scores([[0.3], [0.2]], [[1], [0]])
    assert curve.risk.tolist() == [0.5]
    assert curve.deferral_rate.tolist() == [0.0]
    assert curve.at_budget(1.0).prices == ()


def test_shapes_must_agree():
    with pytest.raises(
        InvalidInput,
        match=r"agent_scores must have the shape of answer_costs, but got \(2, 2\) and \(2, 3\)",
    ):
        deferral_curve_from_scores(np.zeros((2, 2)), np.zeros((2, 3)))


def test_a_table_of_costs_is_judged_as_it_stands():
    rng = np.random.default_rng(0)
    table, scores = rng.random((50, 3)) * 7.0, rng.random((50, 3))

    class Fixed:
        def agent_scores(self, X):
            return scores

        def predict(self, X):
            raise AssertionError("a table needs no answers")

    curve = cede.deferral_curve(Fixed(), None, table)
    expected = cede.operating.deferral_curve_from_scores(scores, table)
    np.testing.assert_array_equal(curve.risk, expected.risk)
    with pytest.raises(cede.InvalidInput, match="add fees to the table"):
        cede.deferral_curve(Fixed(), None, table, fees=0.1)


@st.composite
def priced_problems(draw):
    """Scores that may tie, costs that may be errors or missing, fees, charges and groups."""
    seed, n, n_experts = draw(
        st.tuples(st.integers(0, 10**6), st.integers(1, 12), st.integers(0, 3))
    )
    ties, errors, holes = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    rng = np.random.default_rng(seed)
    shape = (n, n_experts + 1)
    scores = rng.integers(0, 4, shape) / 4 if ties else rng.normal(size=shape)
    costs = rng.integers(0, 2, shape) * 1.0 if errors else rng.random(shape)
    if holes:
        costs[1:, 1:][rng.random((n - 1, n_experts)) < 0.2] = np.nan
    prices = [0.25, rng.random(n_experts), rng.random(n_experts + 1), rng.random(shape)]
    fees, charges = (prices[i] for i in draw(st.tuples(*[st.integers(0, 3)] * 2)))
    return scores, costs, fees, charges, np.array(["a", "b", "c"])[rng.integers(0, 3, n)]


def priced(prices, shape):
    """Fees or charges of any shape as a table, written out."""
    values, table = np.asarray(prices), np.zeros(shape)
    first = 0 if values.ndim and values.shape[-1] == shape[1] else 1
    table[:, first:] = values
    return table


def by_hand(scores, tables, price):
    """The rule at one price, case by case: mean of each table, and how often each agent answers."""
    routes = []
    for row in scores:
        gains = [s - row[0] for s in row[1:]]
        routes.append(1 + gains.index(max(gains)) if gains and max(gains) > price else 0)
    means = [np.mean([row[r] for row, r in zip(table, routes, strict=True)]) for table in tables]
    return means, [np.mean([r == j for r in routes]) for j in range(scores.shape[1])]


@given(problem=priced_problems())
def test_error_fees_spend_loads_and_groups_are_the_rule_at_every_price(problem):
    scores, costs, fees, charges, groups = problem
    known = ~np.isnan(costs).any(axis=1)
    curve = deferral_curve_from_scores(scores, costs, fees, charges=charges, subgroups=groups)
    own = curve.at_prices(curve.prices)
    tables = [costs, priced(fees, costs.shape), priced(charges, costs.shape)]
    assert set(curve.subgroups) == set(groups[known])
    for rows, part, at in [
        (known, curve, curve),
        *[(known & (groups == g), curve.subgroups[g], own.subgroups[g]) for g in curve.subgroups],
    ]:
        assert part.n_cases == rows.sum()
        for i, price in enumerate(curve.prices):
            (error, fee, charge), loads = by_hand(scores[rows], [t[rows] for t in tables], price)
            assert at.error[i] == pytest.approx(error, abs=1e-12)
            assert at.accuracy[i] == pytest.approx(1 - error, abs=1e-12)
            assert at.risk[i] == pytest.approx(error + fee, abs=1e-12)
            assert at.spend[i] == pytest.approx(charge, abs=1e-12)
            assert at.coverage[i] == pytest.approx(loads[0], abs=1e-12)
            np.testing.assert_allclose(at.loads[i], loads[1:], atol=1e-12)
        assert part.loads.shape == (len(part.prices), part.n_experts)


@given(problem=priced_problems(), prices=st.lists(st.floats(-3, 3), min_size=1, max_size=5))
def test_a_curve_at_any_prices_is_the_rule_there(problem, prices):
    scores, costs = problem[0], np.nan_to_num(problem[1], nan=0.5)
    at = deferral_curve_from_scores(scores, costs).at_prices([*prices, np.inf, -np.inf])
    for i, price in enumerate(at.prices):
        (error,), loads = by_hand(scores, [costs], price)
        assert at.error[i] == pytest.approx(error, abs=1e-12)
        np.testing.assert_allclose(at.loads[i], loads[1:], atol=1e-12)


@given(problem=priced_problems())
def test_the_oracle_is_above_every_way_to_route_and_the_random_mix_between_the_agents(problem):
    scores, costs = problem[0][:4], np.nan_to_num(problem[1][:4], nan=0.5)
    curve = deferral_curve_from_scores(scores, costs)
    n, n_agents = costs.shape
    best = np.full(n + 1, -np.inf)
    for routes in product(range(n_agents), repeat=n):
        kept = 1 - costs[range(n), routes].mean()
        deferred = np.count_nonzero(routes)
        best[deferred] = max(best[deferred], kept)
    if n_agents == 1:
        assert curve.oracle.area == curve.random.area == curve.area == pytest.approx(best[0])
        return
    reached = np.interp(np.arange(n + 1) / n, curve.oracle.deferral_rate, curve.oracle.accuracy)
    np.testing.assert_allclose(reached, best, atol=1e-12)
    means = 1 - costs.mean(axis=0)
    assert curve.random.area == pytest.approx((means[0] + means[1:].mean()) / 2)
    np.testing.assert_allclose(
        curve.random.loads, [[0] * (n_agents - 1), [1 / (n_agents - 1)] * (n_agents - 1)]
    )
    if curve.oracle.area > curve.random.area + 1e-9:
        assert curve.oracle.normalised_area == pytest.approx(1)
        assert curve.random.normalised_area == pytest.approx(0)
        assert curve.normalised_area <= 1 + 1e-12


@given(problem=priced_problems())
def test_the_hull_is_the_best_mix_of_two_points(problem):
    curve = deferral_curve_from_scores(problem[0], np.nan_to_num(problem[1], nan=0.5))
    x, y, hull = curve.deferral_rate, curve.accuracy, curve.hull
    fine = np.linspace(0, 1, 41) if curve.n_experts else np.zeros(1)
    best = np.full(len(fine), -np.inf)
    for i, j in product(range(len(x)), repeat=2):
        inside = (x[i] <= fine) & (fine <= x[j])
        best[inside] = np.maximum(best[inside], np.interp(fine[inside], x[[i, j]], y[[i, j]]))
    np.testing.assert_allclose(np.interp(fine, hull.deferral_rate, hull.accuracy), best, atol=1e-9)
    assert hull.area >= curve.area - 1e-12
    assert set(hull.prices) <= set(curve.prices)


def test_fees_are_risk_and_not_errors_and_charges_are_neither():
    scores, costs = [[0.0, 0.9], [0.0, 0.2]], [[1.0, 0.0], [0.0, 1.0]]
    plain = deferral_curve_from_scores(scores, costs)
    curve = deferral_curve_from_scores(scores, costs, fees=0.125, charges=[20.0])
    np.testing.assert_array_equal(curve.accuracy, plain.accuracy)
    assert curve.area == plain.area == 0.75
    assert (curve.risk - curve.error).tolist() == [0.0, 0.0625, 0.125]
    assert curve.spend.tolist() == [0.0, 10.0, 20.0]
    assert deferral_curve_from_scores(scores, costs, 0.125).spend.tolist() == [0.0, 0.0625, 0.125]
    with pytest.raises(
        InvalidInput, match="spend is not known of a curve that was computed without fees"
    ):
        plain.spend


def test_the_cases_of_a_router_come_in_groups():
    X = np.array([[1.0], [-1.0], [1.0]])
    curve = deferral_curve(
        Fixed(), X, ["yes", "no", "no"], experts=[["yes"]] * 3, charges=2.0, subgroups=[7, 7, 8]
    )
    assert list(curve.subgroups) == [7, 8]
    assert curve.subgroups[8].accuracy.tolist() == [1.0, 0.0]
    assert curve.subgroups[7].spend.tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"subgroups": ["a"]}, "answer_costs has 2, subgroups has 1"),
        ({"subgroups": [["a", "b"]]}, "subgroups must have shape"),
        ({"subgroups": ["a", None]}, "subgroups must name .* got none for 1 of 2"),
        ({"subgroups": [np.nan, 1.0]}, "1 of 2 cases, the first at row 0"),
        ({"subgroups": np.array(["a", 1], dtype=object)}, "all texts or all numbers"),
        ({"fees": -0.1}, "cannot be negative"),
        ({"fees": [0.1, 0.2, 0.3]}, "fees must be one number"),
        ({"fees": np.zeros((3, 1))}, "fees must be one number"),
        ({"charges": -2.0}, "charges cannot be negative, but got -2"),
        ({"charges": "2"}, "charges must be numbers, but got an array of dtype <U1"),
    ],
)
def test_what_cannot_be_read_is_refused(options, message):
    with pytest.raises(InvalidInput, match=message):
        deferral_curve_from_scores(np.zeros((2, 2)), np.zeros((2, 2)), **options)


def test_an_infinite_cost_is_not_a_missing_one():
    for costs in ([[0.0, np.inf]], [[np.nan, np.inf]], [[0.0, -np.inf], [0.0, np.inf]]):
        with pytest.raises(InvalidInput, match=r"answer_costs .*must be finite"):
            deferral_curve_from_scores(np.zeros((len(costs), 2)), costs)


def test_a_price_that_is_no_number_and_an_area_without_a_way_are_refused():
    curve = deferral_curve_from_scores([[0, 1.0], [0, -1.0]], [[1, 1], [0, 0]])
    with pytest.raises(InvalidInput, match="prices must be"):
        curve.at_prices(np.nan)
    with pytest.raises(InvalidInput, match="is not above the random mix's"):
        curve.normalised_area


@given(
    keys=st.lists(
        st.floats(-1e3, 1e3) | st.sampled_from([0.0, 0.5, 1.0, 1.7e308, -np.inf]),
        min_size=1,
        max_size=40,
    ),
    data=st.data(),
)
def test_units_travel_with_their_keys(keys, data):
    units = np.array([data.draw(st.sampled_from([-1, 0, 1])) for _ in keys], dtype=np.int8)
    before = np.array(keys) + 0.0
    tagged = before.copy()
    result = sort_with_units(tagged, units)
    clusters = before.view(np.uint64) >> np.uint64(2)
    clash = np.isinf(before).any() or any(len(set(before[clusters == c])) > 1 for c in clusters)
    assert (result is None) == clash
    if clash:
        np.testing.assert_array_equal(tagged, before)
        return
    np.testing.assert_array_equal(result[:-1], np.sort(before))
    carried = (tagged.view(np.uint64) & np.uint64(3)).astype(int) - 1
    for key in before:
        assert sorted(carried[result[:-1] == key]) == sorted(units[before == key])


def test_gains_that_differ_in_their_last_bit_are_told_apart():
    rng = np.random.default_rng(0)
    gain = 0.5 + np.arange(64) * 2.0**-53
    errors = rng.integers(0, 2, (64, 2)) * 1.0
    order = rng.permutation(64)
    scores = np.column_stack([np.zeros(64), gain])[order]
    curve = deferral_curve_from_scores(scores, errors[order])
    assert len(curve.prices) == 65
    saved = (errors[:, 0] - errors[:, 1])[::-1].cumsum()
    np.testing.assert_allclose(curve.accuracy[1:], curve.accuracy[0] + saved / 64)


def test_many_cases_are_many_blocks_and_a_half_is_no_unit():
    rng = np.random.default_rng(0)
    n = 200_000
    scores, costs = rng.normal(size=(n, 2)), rng.integers(0, 2, (n, 2)) * 1.0
    for table in (costs, costs / 2):
        curve = deferral_curve_from_scores(scores, table)
        order = np.argsort(scores[:, 0] - scores[:, 1])
        total = table[:, 0].sum() + np.append(0, (table[:, 1] - table[:, 0])[order].cumsum())
        np.testing.assert_array_equal(curve.error, total / n)
    several = rng.normal(size=(n, 4))
    costs = rng.integers(0, 2, (n, 4)) * 1.0
    curve = deferral_curve_from_scores(several, costs)
    routes = cede.route(several, cede.OperatingPoint((0.3,) * 3))
    at = curve.at_prices(0.3)
    assert at.error[0] == costs[np.arange(n), routes].mean()
    np.testing.assert_array_equal(at.loads[0], cede.operating.expert_load(routes, 3))


def test_a_curve_is_drawn_against_anything_it_knows_with_its_references():
    rng = np.random.default_rng(0)
    costs = (rng.random((300, 3)) < [0.5, 0.3, 0.2]) * 1.0
    curve = deferral_curve_from_scores(rng.random((300, 3)), costs, charges=[1.0, 4.0])
    for against in ("deferral_rate", "coverage", "spend"):
        names = ("oracle", "random", "hull")
        ax = cede.report.plotting.curve(curve, against=against, references=names, method="a_$b")
        drawn = {
            label: line.get_data()
            for line, label in zip(*ax.get_legend_handles_labels(), strict=True)
        }
        assert list(drawn) == ["a $b", "oracle", "random", "two prices mixed"]
        np.testing.assert_array_equal(drawn["a $b"], [getattr(curve, against), curve.accuracy])
        for name in ("oracle", "random"):
            part = getattr(curve, name)
            np.testing.assert_array_equal(drawn[name], [getattr(part, against), part.accuracy])
        across, hull = drawn["two prices mixed"]
        order = np.argsort(across)
        above = np.interp(getattr(curve, against), across[order], hull[order]) - curve.accuracy
        assert above.min() > -1e-12
        assert (np.diff(np.diff(hull[order]) / np.diff(across[order])) < 0).all()
    for options in ({"against": "price"}, {"references": "hull"}, {"references": ["best"]}):
        with pytest.raises(InvalidInput, match="must be"):
            cede.report.plotting.curve(curve, **options)
