"""Every theorem held against thousands of random distributions, through the losses themselves.

The losses are linear in the label's indicator and in the experts' costs, each on its own, so the
conditional risk is a sum over labels, and its infimum a closed form.
"""

import inspect

import numpy as np
import pytest
import torch

from cede import SURROGATES, losses
from cede.exceptions import InvalidInput, UnknownName
from cede.theory import (
    calibration_transform,
    consistency_bound,
    minimizability_gap,
    optimal_risk,
    plug_in_bound,
    upper_bound_factor,
)
from cede.theory._formulas import FORMULAS

US = (0.0, 0.5, 0.9, 1.0, 1.2, 1.5, 1.9, 2.0, 2.5, 3.0)
#: Of 0.9, 0.6, 0.3: worked out elsewhere, to 60 digits, from the naive definition.
GOLDEN = {
    0.0: 3.35745246763509,
    0.5: 2.450282167092692,
    1.0: 1.820527676473233,
    1.5: 1.3550055679356352,
    2.0: 0.9,
    3.0: 0.45,
}
SHAPES = [(2, 0), (2, 1), (2, 2), (3, 1), (3, 3), (5, 2)]
SLACK = 1e-9


def costs_of(weights):
    """Agent costs whose sums over the other agents are these weights."""
    weights = np.asarray(weights, dtype=np.float64)
    return weights.sum(-1, keepdims=True) / (weights.shape[-1] - 1) - weights


def draw_costs(n, n_agents, seed=0):
    """Costs of many sizes, near ties and zeros among them."""
    rng = np.random.default_rng(seed)
    costs = rng.exponential(size=(n, n_agents)) ** rng.choice([0.2, 1.0, 4.0], size=(n, 1))
    costs[::3] = costs[::3, :1] * (1.0 + rng.normal(0.0, 0.1, costs[::3].shape).clip(-1.0))
    return costs * (rng.random((n, n_agents)) < 0.85)


def draw_scores(n, n_agents, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, n_agents)) * rng.choice([0.01, 0.3, 1.0, 8.0], size=(n, 1))


def aggregated(scores, costs, u):
    tensors = torch.tensor(scores), torch.tensor(costs)
    return losses.aggregated(*tensors, u=u, reduction="none").numpy()


def regret(scores, costs):
    chosen = np.take_along_axis(costs, scores.argmax(-1)[:, None], -1)[:, 0]
    return chosen - costs.min(-1)


# The lowest conditional risk.


@pytest.mark.parametrize("u", GOLDEN)
def test_the_optimal_risk_has_the_golden_values(u):
    assert optimal_risk(costs_of([0.9, 0.6, 0.3]), u) == pytest.approx(GOLDEN[u], abs=1e-10)


@pytest.mark.parametrize("n_agents", [1, 2, 3, 5])
@pytest.mark.parametrize("u", US)
def test_no_scores_go_below_the_optimal_risk(n_agents, u):
    costs = draw_costs(4000, n_agents)
    excess = aggregated(draw_scores(4000, n_agents), costs, u) - optimal_risk(costs, u)
    assert excess.min() > -SLACK


@pytest.mark.parametrize("u", [u for u in US if u < 2.0])
def test_the_power_of_the_weights_attains_the_optimal_risk(u):
    costs = draw_costs(2000, 4) + 0.01
    weights = costs.sum(-1, keepdims=True) - costs
    attained = aggregated(np.log(weights) / (2.0 - u), costs, u)
    np.testing.assert_allclose(optimal_risk(costs, u), attained, rtol=1e-9)


@pytest.mark.parametrize("u", [2.0, 2.5, 4.0])
def test_from_two_on_one_agent_alone_comes_as_near_as_you_like(u):
    costs = draw_costs(2000, 4)
    alone = np.where(costs == costs.min(-1, keepdims=True), 0.0, -1e3)
    alone -= 1e3 * (np.arange(4) != alone.argmax(-1)[:, None])
    np.testing.assert_allclose(
        optimal_risk(costs, u), aggregated(alone, costs, u), rtol=1e-12, atol=1e-15
    )


@pytest.mark.parametrize("u", [0.0, 0.7, 1.0, 1.4, 2.0, 3.0])
def test_the_optimal_risk_is_the_minimum_over_a_fine_grid_of_probabilities(u):
    steps = 240
    i, j = np.meshgrid(np.arange(steps + 1), np.arange(steps + 1))
    grid = np.stack([i, j, steps - i - j], -1)[i + j <= steps]
    with np.errstate(divide="ignore"):
        scores = np.maximum(np.log(grid / steps), -50.0)
    costs = np.array([0.2, 0.5, 0.9])
    lowest = aggregated(scores, np.broadcast_to(costs, scores.shape), u).min()
    assert optimal_risk(costs, u) - SLACK < lowest < optimal_risk(costs, u) + 1e-3


@pytest.mark.parametrize("u", [0.3, 0.9999, 1.0001, 1.6])
def test_the_optimal_risk_is_the_printed_formula_where_that_loses_no_digits(u):
    costs = draw_costs(500, 4)
    weights = costs.sum(-1, keepdims=True) - costs
    total, power = weights.sum(-1), 1.0 / (2.0 - u)
    printed = ((weights**power).sum(-1) ** (2.0 - u) - total) / (1.0 - u)
    np.testing.assert_allclose(optimal_risk(costs, u), printed, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("at", [1.0, 2.0])
@pytest.mark.parametrize("step", [1e-4, 1e-7, 1e-10, 1e-13, 4e-16])
def test_the_optimal_risk_is_continuous_in_u(at, step):
    costs = draw_costs(500, 4)
    centre = optimal_risk(costs, at)
    for side in (-1.0, 1.0):
        error = np.abs(optimal_risk(costs, at + side * step) - centre)
        assert (error <= (10.0 * step + 2e-15) * (1.0 + centre)).all()


@pytest.mark.parametrize("u", US)
def test_a_common_factor_and_the_order_of_the_agents_do_not_matter(u):
    costs = draw_costs(500, 4)
    value = optimal_risk(costs, u)
    for same in (optimal_risk(costs * 1e200, u) / 1e200, optimal_risk(costs[:, ::-1], u)):
        np.testing.assert_allclose(same, value, rtol=1e-11)


def test_costs_of_very_different_size_lose_no_digits():
    assert optimal_risk([1e20, 1e-5], 0.0) == pytest.approx(2.0 * np.sqrt(1e15), rel=1e-12)
    assert optimal_risk([1e20, 1e-5], 2.0) == pytest.approx(1e-5, rel=1e-12)
    assert optimal_risk([1e20, 1e-5], 1.0) == pytest.approx(1e-5 * (1 + np.log(1e25)), rel=1e-9)


def test_zero_costs_and_one_agent_have_risk_zero():
    for u in US:
        assert optimal_risk([0.7], u) == 0.0
        np.testing.assert_array_equal(optimal_risk(np.zeros((2, 3, 4)), u), np.zeros((2, 3)))


def test_the_formula_for_small_u_is_no_minimum_beyond_two():
    weights = np.array([0.9, 0.6, 0.3])
    stationary = (weights.sum() - (weights**-1.0).sum() ** -1.0) / 2.0  # u = 3
    assert stationary - optimal_risk(costs_of(weights), 3.0) == pytest.approx(0.3682, abs=1e-4)


# The minimisability gap.


@pytest.mark.parametrize("u", US)
def test_the_gap_of_constants_is_what_looking_at_x_could_gain(u):
    costs = draw_costs(50, 3)
    weight = np.random.default_rng(0).random(50)
    gap = minimizability_gap(costs, u, sample_weight=weight)
    assert gap > 0.0
    same = [minimizability_gap(np.repeat(row[None], 7, 0), u) for row in costs]
    assert min(same) >= 0.0
    assert max(same) < 1e-11
    factors = np.arange(1.0, 8.0)[:, None]
    assert minimizability_gap(costs[:1] * factors, u) == pytest.approx(0.0, abs=1e-11)
    mean = np.average(optimal_risk(costs, u), weights=weight)
    again = minimizability_gap(costs, u, sample_weight=weight, risk=mean + gap)
    assert again == pytest.approx(gap, abs=1e-12)


def test_beyond_two_one_cheapest_agent_leaves_no_gap():
    costs = [[0.1, 0.2, 0.9], [0.0, 0.8, 0.3]]
    assert minimizability_gap(costs, 2.0) == pytest.approx(0.0, abs=1e-12)
    assert minimizability_gap(costs, 1.0) > 0.01


def test_no_constant_scores_do_better():
    costs = draw_costs(40, 3)
    best = min(
        aggregated(np.broadcast_to(s, costs.shape), costs, 1.0).mean() for s in draw_scores(500, 3)
    )
    gap = minimizability_gap(costs)
    assert gap - SLACK < best - optimal_risk(costs).mean() < gap + 0.01


def test_linear_scores_leave_some_gap_and_less_than_constants():
    x = np.linspace(-2.0, 2.0, 81)
    costs = np.stack([0.4 + 0.0 * x, np.exp(-x) / 4.0, 0.1 + x**2 / 4.0], -1)
    features = torch.tensor(np.stack([np.ones_like(x), x], -1))
    coefficients = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([coefficients], max_iter=200, line_search_fn="strong_wolfe")

    def risk():
        optimiser.zero_grad()
        value = losses.aggregated(features @ coefficients, torch.tensor(costs))
        value.backward()
        return value

    optimiser.step(risk)
    linear = minimizability_gap(costs, risk=risk().item())
    assert 0.01 < linear < 0.5 * minimizability_gap(costs)


# What regret forces in excess.


REGRETS = np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 400), np.linspace(0.001, 1.0, 400)])


@pytest.mark.parametrize("n_agents", [2, 3, 6])
@pytest.mark.parametrize("u", [*US, 1 - 1e-9, 1 + 1e-9, 2 - 1e-9, 2 + 1e-9])
def test_the_transform_grows_from_zero_and_is_inverted_by_the_bound(u, n_agents):
    t = np.unique(REGRETS)
    values = calibration_transform(t, u, n_agents=n_agents)
    assert values[0] == 0.0
    assert (np.diff(values) > 0.0).all()
    options = {"u": u, "n_agents": n_agents, "scale": 3.0}
    exact = consistency_bound(3.0 * values, "aggregated", exact=True, **options)
    np.testing.assert_allclose(exact, 3.0 * t, rtol=1e-8, atol=1e-9)
    assert (consistency_bound(3.0 * values, "aggregated", **options) >= 3.0 * t - 1e-12).all()


@pytest.mark.parametrize("u", [u for u in US if u <= 2.0])
def test_two_agents_with_equal_scores_attain_the_transform(u):
    t = REGRETS
    costs = np.stack([1.0 - t, 1.0 + t], -1) / 2.0
    excess = aggregated(np.zeros_like(costs), costs, u) - optimal_risk(costs, u)
    np.testing.assert_allclose(calibration_transform(t, u), excess, atol=1e-14)


def test_up_to_one_the_transform_does_not_depend_on_the_number_of_agents():
    for u in (0.0, 0.6, 1.0):
        np.testing.assert_array_equal(
            calibration_transform(REGRETS, u, n_agents=7), calibration_transform(REGRETS, u)
        )


@pytest.mark.parametrize("u", [2.0, 2.2, 2.5, 3.0, 5.0])
@pytest.mark.parametrize("n_agents", [2, 3, 6])
def test_from_two_on_a_tie_of_some_agents_attains_the_transform(u, n_agents):
    costs = np.zeros(n_agents)
    costs[0] = 1.0  # leads, and is the only one that costs anything
    ties = np.where(np.tri(n_agents) > 0, 0.0, -1e3)
    excess = aggregated(ties, np.broadcast_to(costs, ties.shape), u) - optimal_risk(costs, u)
    scale = n_agents - 1.0
    least = scale * calibration_transform(1.0 / scale, u, n_agents=n_agents)
    assert excess.min() == pytest.approx(least, abs=1e-14)


@pytest.mark.parametrize("at", [1.0, 2.0])
def test_the_transform_is_continuous_in_u(at):
    for step in (1e-5, 1e-9, 1e-13):
        near = [calibration_transform(REGRETS, u, n_agents=3) for u in (at - step, at, at + step)]
        np.testing.assert_allclose(near[0], near[1], atol=10 * step)
        np.testing.assert_allclose(near[2], near[1], atol=10 * step)


def test_a_further_factor_under_the_root_would_be_exceeded():
    excess = calibration_transform(1.0, 1.5)
    wrong = np.sqrt(2.0 * 2.0**0.5 * (2.0 - 1.5) * excess)
    assert 1.0 - wrong == pytest.approx(0.09, abs=0.005)


# The bounds, loss by loss.


@pytest.mark.parametrize("n_agents", [2, 3, 4, 6])
@pytest.mark.parametrize("u", US)
@pytest.mark.parametrize("exact", [False, True])
def test_no_router_exceeds_the_aggregated_bound_at_any_x_nor_on_average(u, n_agents, exact):
    n = 10_000
    costs = draw_costs(n, n_agents)
    costs /= np.maximum(costs.sum(-1, keepdims=True), 1e-300) * (n_agents - 1)
    scores = draw_scores(n, n_agents)
    ideal = np.log(1e-12 + 1 / (n_agents - 1) - costs)  # half of the scores are nearly ideal
    scores[::2] = ideal[::2] + 0.1 * scores[::2]
    excess = (aggregated(scores, costs, u) - optimal_risk(costs, u)).clip(0.0)
    options = {"u": u, "n_agents": n_agents, "scale": 1.0, "exact": exact}
    bound = consistency_bound(excess, "aggregated", **options)
    lost = regret(scores, costs)
    assert (lost <= bound + SLACK).all()
    assert lost.max() > 0.1 / n_agents

    sizes = np.random.default_rng(2).exponential(size=n)
    for size, x, paid in zip(*(np.split(a, 200) for a in (sizes, excess, lost)), strict=True):
        options["scale"] = size.mean()
        bound = consistency_bound((size * x).mean(), "aggregated", **options)
        assert (size * paid).mean() <= bound + SLACK


@pytest.mark.parametrize("n_agents", [2, 3, 4, 6])
@pytest.mark.parametrize("u", [2.0, 2.2, 2.5, 3.0, 5.0])
def test_from_two_on_the_published_form_is_the_sharp_one_or_larger(u, n_agents):
    scale = 3.0
    excess = scale * np.linspace(0.0, calibration_transform(1.0, u, n_agents=n_agents), 50)
    options = {"u": u, "n_agents": n_agents, "scale": scale}
    published = consistency_bound(excess, "aggregated", **options)
    sharp = consistency_bound(excess, "aggregated", exact=True, **options)
    np.testing.assert_allclose(published, (u - 1.0) * n_agents ** (u - 1.0) * excess, rtol=1e-13)
    k = np.arange(1.0, n_agents + 1.0)
    slope = (u - 1.0) / (1.0 - ((k - 1.0) * k ** (1.0 - u)).max())
    np.testing.assert_allclose(sharp, slope * excess, rtol=1e-13)
    if u == 2.0:
        np.testing.assert_allclose(sharp, published, rtol=1e-13)
    else:
        assert (published[1:] > 1.1 * sharp[1:]).all()
    assert consistency_bound(scale * 10.0, "aggregated", exact=True, **options) == scale


def test_for_four_agents_and_u_of_three_the_published_form_is_twelve_times_the_sharp_one():
    options = {"u": 3.0, "n_agents": 4, "scale": 1.0}
    assert consistency_bound(0.01, "aggregated", **options) == pytest.approx(0.32)
    sharp = consistency_bound(0.01, "aggregated", exact=True, **options)
    assert sharp == pytest.approx(0.32 / 12.0)


@pytest.mark.parametrize("u", [2.2, 3.0, 5.0])
@pytest.mark.parametrize("n_agents", [2, 3, 6])
def test_from_two_on_a_tie_of_some_agents_attains_the_sharp_bound(u, n_agents):
    costs = np.eye(n_agents)[0]
    ties = np.where(np.tri(n_agents) > 0, 0.0, -1e3)  # the first leads, and costs 1
    excess = aggregated(ties, np.broadcast_to(costs, ties.shape), u) - optimal_risk(costs, u)
    options = {"u": u, "n_agents": n_agents, "scale": n_agents - 1.0}
    sharp = consistency_bound(excess, "aggregated", exact=True, **options)
    assert sharp.min() == pytest.approx(1.0)
    assert (consistency_bound(excess, "aggregated", **options) > 1.1).all()


@pytest.mark.parametrize("u", [400.0, 5e3])
def test_slopes_beyond_the_largest_float_are_bounds_still(u):
    options = {"u": u, "n_agents": 6, "scale": 2.0}
    none, some = consistency_bound([0.0, 0.5], "aggregated", **options)
    assert none == 0.0
    assert some > 1e300
    sharp = consistency_bound([0.0, 1e-4], "aggregated", exact=True, **options)
    np.testing.assert_allclose(sharp, [0.0, (u - 1.0) * 1e-4])


@pytest.mark.parametrize("u", [0.0, 0.5, 1.0, 1.3, 1.9, 2.0, 3.0, 6.0])
def test_the_factor_makes_the_loss_an_upper_bound(u):
    for n_agents in (2, 3, 5):
        costs, scores = draw_costs(4000, n_agents), draw_scores(4000, n_agents)
        costs[0], scores[0] = np.eye(n_agents)[0], 0.0
        paid = np.take_along_axis(costs, scores.argmax(-1)[:, None], -1)[:, 0]
        bound = upper_bound_factor(u) / (n_agents - 1) * aggregated(scores, costs, u)
        assert (paid <= bound + SLACK * (1.0 + paid)).all()
    tie = aggregated(np.zeros((1, 2)), np.array([[1.0, 0.0]]), u)
    assert upper_bound_factor(u) * tie == pytest.approx(1.0)


def test_the_factor_has_its_printed_values_and_no_jump():
    assert upper_bound_factor(1.0) == pytest.approx(1.0 / np.log(2.0))
    assert upper_bound_factor(1.0 + 1e-12) == pytest.approx(1.0 / np.log(2.0), rel=1e-11)
    assert upper_bound_factor(2.0) == 2.0
    assert upper_bound_factor(5e3) == pytest.approx(4999.0)
    assert aggregated(np.zeros((1, 2)), np.array([[1.0, 0.0]]), 2.0) == 0.5  # below the cost, 1


def logit(p):
    return np.log(p) - np.log1p(-p)


#: Scores of the lowest conditional risk, from the posterior and what the experts cost over c.
IDEAL = {
    "asymmetric_softmax": lambda eta, lost, c: (
        np.log(eta),
        logit(1.0 - lost) + np.log1p(-eta.max(-1, keepdims=True)),
    ),
    "softmax_one_vs_all": lambda eta, lost, c: (np.log(eta), logit(1.0 - lost)),
    "one_vs_all": lambda eta, lost, c: (logit(1.0 - (1.0 - eta) / c), logit(1.0 - lost)),
    "cost_sensitive_softmax": lambda eta, lost, c: (
        np.log(c - 1.0 + eta),
        np.log(c * (1.0 - lost)),
    ),
}
SINGLE_STAGE = [
    ("asymmetric_softmax", {}),
    ("asymmetric_softmax", {"max_cost": 1.8}),
    ("softmax_one_vs_all", {}),
    ("softmax_one_vs_all", {"weight": 0.2}),
    ("softmax_one_vs_all", {"weight": 3.0, "max_cost": 1.6}),
    ("one_vs_all", {}),
    ("one_vs_all", {"max_cost": 1.5}),
    ("cost_sensitive_softmax", {"max_cost": 1.0}),
    ("cost_sensitive_softmax", {"max_cost": 1.4}),
    ("expected_cost", {}),
]


def conditional_risk(kind, scores, eta, costs, options):
    loss = getattr(losses, kind)
    scores, costs = torch.as_tensor(scores), torch.as_tensor(costs)
    labels = [torch.full((len(eta),), k) for k in range(eta.shape[1])]
    each = [loss(scores, y, costs, reduction="none", **options).numpy() for y in labels]
    return sum(eta[:, k] * value for k, value in enumerate(each))


def problem(kind, n_classes, n_experts, c, n, seed):
    rng = np.random.default_rng(seed)
    eta = rng.exponential(size=(n, n_classes)) ** rng.choice([0.2, 1.0, 3.0], (n, 1)) + 1e-3
    eta /= eta.sum(-1, keepdims=True)
    costs = c * (0.001 + 0.998 * rng.random((n, n_experts)))
    costs[::3] = (1.0 - eta[::3].max(-1, keepdims=True)) * (0.9 + 0.2 * rng.random((1, n_experts)))
    costs = costs.clip(0.001 * c, 0.999 * c)
    noise = rng.normal(size=(n, n_classes + n_experts))
    if kind == "expected_cost":
        values = np.concatenate([1.0 - eta, costs], -1)
        ideal = 1e4 * (np.arange(values.shape[1]) == values.argmin(-1)[:, None])
        near = 0.2 * noise
    else:
        ideal = np.concatenate(IDEAL[kind](eta, costs / c, c), -1)
        near = ideal + noise * rng.choice([0.01, 0.1, 0.5, 2.0], (n, 1))
    scores = np.where(rng.random((n, 1)) < 0.7, near, 3.0 * noise)
    return eta, costs, ideal, scores


def excess_and_regret(kind, options, eta, costs, ideal, scores):
    risk = [conditional_risk(kind, s, eta, costs, options) for s in (scores, ideal)]
    worth = scores
    if kind in ("asymmetric_softmax", "softmax_one_vs_all"):
        c = options.get("max_cost", 1.0)
        estimates = SURROGATES[kind].decode(torch.as_tensor(scores), costs.shape[1], c)
        worth = np.concatenate([estimates.class_posterior, 1.0 - estimates.expert_costs], -1)
    return risk[0] - risk[1], regret(worth, np.concatenate([1.0 - eta, costs], -1))


def bound_of(kind, options, excess, eta, costs):
    if kind == "expected_cost":
        return consistency_bound(excess, kind, n_actions=eta.shape[1] + costs.shape[1])
    if kind == "cost_sensitive_softmax":
        c = options["max_cost"]
        scale = eta.shape[1] * (c - 1.0) + 1.0 + (c - costs).sum(-1)
        each = consistency_bound(excess, kind, scale=1.0)
        return each * np.sqrt(scale)  # one scale for each x
    return consistency_bound(excess, kind, **options)


@pytest.mark.parametrize(("kind", "options"), SINGLE_STAGE)
@pytest.mark.parametrize(("n_classes", "n_experts"), SHAPES)
def test_no_scores_exceed_the_bound(kind, options, n_classes, n_experts):
    c = options.get("max_cost", 1.0)
    drawn = problem(kind, n_classes, n_experts, c, 10_000, seed=n_classes + 10 * n_experts)
    excess, lost = excess_and_regret(kind, options, *drawn)
    assert excess.min() > -SLACK
    bound = bound_of(kind, options, excess.clip(0.0), *drawn[:2])
    assert (lost <= bound + 1e-7).all()
    assert (lost / np.maximum(bound, 1e-6)).max() > 0.3


@pytest.mark.parametrize("kind", IDEAL)
def test_two_classes_that_look_alike_come_near_the_bound(kind):
    options = {"max_cost": 1.0}
    eta, none = np.array([[0.495, 0.505]]), np.zeros((1, 0))
    ideal = np.concatenate(IDEAL[kind](eta, none, 1.0), -1)
    drawn = eta, none, ideal, np.zeros((1, 2))
    excess, lost = excess_and_regret(kind, options, *drawn)
    assert 0.98 < lost / bound_of(kind, options, excess, eta, none) <= 1.0


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("softmax_one_vs_all", {"weight": 0.3}),
        ("softmax_one_vs_all", {"weight": 0.5, "max_cost": 1.8}),
        ("asymmetric_softmax", {"max_cost": 1.8}),
    ],
)
def test_two_experts_that_look_alike_come_near_the_bound(kind, options):
    c = options.get("max_cost", 1.0)
    eta = np.full((1, 20), 0.05)  # each class costs 0.95
    costs = c * np.array([[0.505, 0.495]])
    ideal, alike = (
        np.concatenate(IDEAL[kind](eta, x / c, c), -1) for x in (costs, costs * 0 + c / 2)
    )
    excess, lost = excess_and_regret(kind, options, eta, costs, ideal, alike)
    assert 0.98 < lost / consistency_bound(excess, kind, **options) <= 1.0


def test_one_bad_action_among_equals_attains_the_expected_cost_bound():
    eta, costs = np.array([[0.5, 0.5]]), np.array([[1.0]])
    scores = np.array([[0.0, 0.0, 1e-5]])
    drawn = eta, costs, np.array([[1e4, 0.0, 0.0]]), scores
    excess, lost = excess_and_regret("expected_cost", {}, *drawn)
    assert 0.9999 < lost / consistency_bound(excess, "expected_cost", n_actions=3) <= 1.0


#: Lowest value of a rejector's conditional risk, from the costs of staying and leaving.
LOWEST = {
    "logistic": lambda a, b: -a * np.log(a / (a + b)) - b * np.log(b / (a + b)),
    "exponential": lambda a, b: 2.0 * np.sqrt(a * b),
    "squared_hinge": lambda a, b: 4.0 * a * b / (a + b),
    "hinge": lambda a, b: 2.0 * np.minimum(a, b),
}


@pytest.mark.parametrize("margin", LOWEST)
def test_no_rejector_exceeds_its_bound_at_any_x_nor_on_average(margin):
    rng = np.random.default_rng(0)
    n = 20_000
    stay, leave = rng.exponential(size=(2, n)) ** rng.choice([0.1, 1.0, 3.0], (1, n)) + 1e-9
    scores = rng.normal(size=n) * rng.choice([1e-9, 0.1, 1.0, 5.0], n)
    tensors = (torch.as_tensor(v) for v in (scores, stay, leave))
    risk = losses.rejector(*tensors, margin=margin, reduction="none").numpy()
    excess = risk - LOWEST[margin](stay, leave)
    assert excess.min() > -SLACK
    excess = excess.clip(0.0)
    lost = np.where(scores > 0.0, leave, stay) - np.minimum(stay, leave)
    total = stay + leave
    scale = {} if margin == "hinge" else {"scale": 1.0}
    bound = total * consistency_bound(excess / total, "rejector", margin=margin, **scale)
    assert (lost <= bound + 1e-7).all()
    ratio = (lost / bound.clip(1e-6)).max()
    assert ratio > 0.98
    scale = {} if margin == "hinge" else {"scale": total.mean()}
    averaged = consistency_bound(excess.mean(), "rejector", margin=margin, **scale)
    assert lost.mean() <= averaged


def test_the_bound_of_the_squared_hinge_is_attained_by_a_score_of_zero():
    excess = 1.0 - LOWEST["squared_hinge"](0.8, 0.2)
    bound = consistency_bound(excess, "rejector", margin="squared_hinge", scale=1.0)
    assert bound == pytest.approx(0.8 - 0.2)


@pytest.mark.parametrize(("n_classes", "n_experts"), SHAPES)
def test_no_estimates_exceed_the_plug_in_bound_whatever_the_fees(n_classes, n_experts):
    rng = np.random.default_rng(n_experts)
    n = 5000
    eta = rng.dirichlet(np.ones(n_classes), n)
    pi = rng.dirichlet(np.ones(n_classes), n)
    near = rng.random((n, 1)) < 0.7
    pi = np.where(near, 0.9 * eta + 0.1 * pi, pi)
    true, guess = rng.random((2, n, n_experts))
    guess = np.where(near, 0.9 * true + 0.1 * guess, guess)
    fees = 0.3 * rng.random((n, n_experts))
    believed = -np.concatenate([1.0 - pi, guess + fees], -1)
    lost = regret(believed, np.concatenate([1.0 - eta, true + fees], -1))
    rows = zip(*(np.split(a, n // 5) for a in (eta, pi, true, guess)), strict=True)
    bounds = np.array([plug_in_bound(*row) for row in rows])
    assert (lost.reshape(-1, 5).mean(-1) <= bounds + 1e-12).all()


def test_both_terms_of_the_plug_in_bound_are_needed_in_full():
    eta, pi = [[0.6, 0.4]], [[0.5 - 1e-9, 0.5 + 1e-9]]  # loses 0.2, at a distance of 0.2
    assert plug_in_bound(eta, pi, np.zeros((1, 0)), np.zeros((1, 0))) == pytest.approx(0.2)
    true, guess = [[0.1, 0.3]], [[0.2 + 1e-9, 0.2]]  # loses 0.2, at a distance of 0.1 each
    assert plug_in_bound(eta, eta, true, guess) == pytest.approx(0.2)


def test_one_expert_may_come_as_a_column_or_not_and_fees_raise_the_published_form():
    eta, pi = [[0.7, 0.3], [0.5, 0.5]], [[0.6, 0.4], [0.5, 0.5]]
    flat = plug_in_bound(eta, pi, [0.2, 0.4], [0.3, 0.4])
    assert flat == plug_in_bound(eta, pi, [[0.2], [0.4]], [[0.3], [0.4]])
    assert flat == pytest.approx((0.2 + 0.0) / 2 + 2 * (0.1 + 0.0) / 2)
    dear = plug_in_bound(eta, pi, [0.2, 0.4], [0.3, 0.4], max_cost=1.5)
    assert dear == pytest.approx(0.15 + 0.1)


# What is refused.


def test_bounds_are_rows_of_the_table_of_surrogates():
    assert set(FORMULAS) <= set(SURROGATES)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimal_risk([0.1, -0.2]), "agent_costs cannot be negative, however .* -0.2"),
        (lambda: optimal_risk([0.1, np.nan]), "agent_costs must be finite"),
        (lambda: optimal_risk(0.3), r"shape \(\.\.\., J \+ 1\).* is \(\)"),
        (lambda: optimal_risk(np.zeros((2, 0))), r"shape \(\.\.\., J \+ 1\).* is \(2, 0\)"),
        (lambda: optimal_risk([0.1, 0.2], u=-1.0), "u must be finite and at least 0.*u=-1.0"),
        (lambda: upper_bound_factor(np.inf), "u must be finite"),
        (lambda: minimizability_gap(np.zeros((0, 2))), "some weight above 0"),
        (lambda: minimizability_gap([[0.1, 0.2]], sample_weight=[1.0, 1.0]), r"shape \(1,\)"),
        (
            lambda: minimizability_gap([[0.1, 0.2]], sample_weight=[-1.0]),
            "sample_weight cannot",
        ),
        (lambda: minimizability_gap([[0.1, 0.2]], risk=np.nan), "risk must be finite"),
        (
            lambda: minimizability_gap([[0.1, 0.2]], sample_weight=[0.0]),
            "some weight above 0, however there are 1 cases",
        ),
        (lambda: calibration_transform(1.1), r"t must lie in \[0, 1\], however .* 1.1 to 1.1"),
        (lambda: calibration_transform(np.nan), r"t must lie in \[0, 1\]"),
        (
            lambda: calibration_transform(0.5, n_agents=1),
            "n_agents must be whole and at least 2",
        ),
        (lambda: consistency_bound(-0.1, "one_vs_all"), "excess cannot be negative"),
        (lambda: consistency_bound([0.1, np.nan], "one_vs_all"), "excess must be finite"),
        (lambda: consistency_bound(0.1, "aggregated"), "needs scale and n_agents, however scale=N"),
        (lambda: consistency_bound(0.1, "aggregated", scale=1.0), "needs n_agents, h"),
        (
            lambda: consistency_bound(0.1, "aggregated", scale=[1.0, 2.0], n_agents=2),
            r"scale must be finite and above 0, however scale=\[1.0, 2.0\]",
        ),
        (
            lambda: consistency_bound(0.1, "softmax_one_vs_all", weight="heavy"),
            "weight must be finite and above 0, however weight='heavy'",
        ),
        (lambda: consistency_bound(0.1, "expected_cost"), "needs n_actions"),
        (
            lambda: consistency_bound(0.1, "expected_cost", n_actions=2.5),
            "n_actions must be who",
        ),
        (lambda: consistency_bound(0.1, "rejector"), "'rejector' needs scale, however scale=None"),
        (
            lambda: consistency_bound(0.1, "rejector", scale=0.0),
            "scale must be finite and above",
        ),
        (lambda: consistency_bound(0.1, "one_vs_all", scale=1.0), "does not depend on scale"),
        (
            lambda: consistency_bound(0.1, "one_vs_all", max_cost=0.5),
            "max_cost must .* least 1",
        ),
        (lambda: plug_in_bound([[1.0]], [[1.0]], [0.1], [[0.1]]), "however their shapes are"),
        (lambda: plug_in_bound([1.0], [1.0], [0.1], [0.1]), "however their shapes are"),
        (
            lambda: plug_in_bound([[1.0]], [[-1.0]], [0.1], [0.1]),
            "estimated_posterior cannot be negative",
        ),
        (lambda: plug_in_bound([[1.0]], [[1.0]], [0.1], [0.1], max_cost=0.9), "max_cost must"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(call, message):
    with pytest.raises(InvalidInput, match=message):
        call()


#: A value for each keyword, none of them its default.
KEYWORDS = {
    "u": 1.5,
    "n_agents": 3,
    "n_actions": 4,
    "scale": 2.0,
    "margin": "squared_hinge",
    "weight": 0.4,
    "max_cost": 1.5,
    "exact": True,
}


@pytest.mark.parametrize("kind", FORMULAS)
def test_each_kind_takes_its_keywords_and_refuses_the_others_unless_at_their_defaults(kind):
    own = {name: KEYWORDS[name] for name in FORMULAS[kind].takes}
    value = consistency_bound(0.01, kind, **own)
    for name, other in KEYWORDS.items():
        default = inspect.signature(consistency_bound).parameters[name].default
        if name not in own:
            with pytest.raises(InvalidInput, match=f"does not depend on {name}, however {name}="):
                consistency_bound(0.01, kind, **own, **{name: other})
            assert consistency_bound(0.01, kind, **own, **{name: default}) == value
        elif default is not None:
            assert consistency_bound(0.01, kind, **(own | {name: default})) != value
        else:
            with pytest.raises(InvalidInput, match=f"{kind}' needs {name}, however {name}=None"):
                consistency_bound(0.01, kind, **(own | {name: None}))


def test_the_hinge_needs_no_scale_and_takes_one_without_effect():
    excess = np.array([0.0, 0.3])
    bound = consistency_bound(excess, "rejector", margin="hinge")
    np.testing.assert_array_equal(bound, excess)
    assert not np.shares_memory(bound, excess)
    np.testing.assert_array_equal(
        consistency_bound(excess, "rejector", margin="hinge", scale=7.0), excess
    )


def test_unknown_names_come_with_the_known_ones():
    with pytest.raises(UnknownName, match=r"Did you mean 'aggregated'.*expected_cost"):
        consistency_bound(0.1, "agregated")
    with pytest.raises(UnknownName, match="Did you mean 'hinge'"):
        consistency_bound(0.1, "rejector", margin="hinged", scale=1.0)
