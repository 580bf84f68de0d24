import numpy as np
import pytest
import torch
from weighed_costs import SLACK, regret

from cede import losses
from cede.losses import SURROGATES
from cede.theory import (
    consistency_bound,
    plug_in_bound,
)

SHAPES = [(2, 0), (2, 1), (2, 2), (3, 1), (3, 3), (5, 2)]


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
