"""Optima that the papers write down: no scores do better, and a numerical minimiser agrees.

On random finite problems (:mod:`population`), from the probabilities of the outcomes. OPTIMA holds
the closed forms; a new row may add its own.
"""

import population
import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from rows import VARIANTS, parametrize

# Each takes problems p and the options of the variant, and returns scores (n, number of scores).


def mean(p, values):
    """Expectation of values (n, O, ...) over the outcomes."""
    return torch.einsum("no,no...->n...", p.probability, values)


def is_class(p):
    return F.one_hot(p.y, p.posterior.shape[1]).to(p.posterior).expand(len(p.posterior), -1, -1)


def cost_sensitive_softmax(p, max_cost):
    _, costs = p.given("single_stage")
    if max_cost == "sample":
        bound = costs.amax(-1, keepdim=True).clamp(min=1.0)
    else:
        bound = torch.full_like(costs[..., :1], max_cost)
    saved = torch.cat([bound - 1.0 + is_class(p), bound - costs], -1)
    return mean(p, saved).log()


def alpha_weighted_softmax(p, alpha):
    _, costs = p.given("single_stage")
    some_right = (1.0 - costs).amax(-1, keepdim=True)
    of_label = is_class(p) * (alpha * some_right + 1.0 - some_right)
    return torch.cat([mean(p, of_label), p.accuracy], -1).log()


def one_vs_all(p, max_cost):
    lost = torch.cat([1.0 - p.posterior, p.expected_costs], -1)
    return torch.logit(1.0 - lost / max_cost)


def softmax_one_vs_all(p, max_cost, weight=1.0):
    return torch.cat([p.posterior.log(), torch.logit(1.0 - p.expected_costs / max_cost)], -1)


def asymmetric_softmax(p, max_cost):
    others = 1.0 - p.posterior.amax(-1, keepdim=True)
    experts = torch.logit(1.0 - p.expected_costs / max_cost) + others.log()
    return torch.cat([p.posterior.log(), experts], -1)


def rejector(p, margin):
    of_model, of_experts = p.expected_agent_costs[:, :1], p.expected_costs
    return {
        "logistic": (of_model / of_experts).log(),
        "exponential": (of_model / of_experts).log() / 2.0,
        "squared_hinge": (of_model - of_experts) / (of_model + of_experts),
        "hinge": (of_model - of_experts).sign(),
    }[margin]


def complement(p, q):
    """p_j = max(0, 1 - C_j / lambda), for q = 0, with the lambda that makes them sum to one."""
    costs = p.expected_agent_costs
    ordered = costs.sort(-1).values
    n_used = torch.arange(1, costs.shape[-1] + 1)
    if_so_many = ordered.cumsum(-1) / (n_used - 1)  # lambda, if the cheapest few share the mass
    used = (ordered < if_so_many) & (n_used > 1)
    last = used.long().cumsum(-1).argmax(-1, keepdim=True)
    shares = (1.0 - costs / if_so_many.gather(-1, last)).clamp(min=0.0)
    return shares.log().clamp(min=-40.0)


def aggregated(p, u):
    costs = p.expected_agent_costs
    return (costs.sum(-1, keepdim=True) - costs).log() / (2.0 - u)


def weighted(p, q):
    return (1.0 - p.expected_agent_costs).log() / (1.0 - q)


def constrained(p, margin):
    costs = p.expected_agent_costs
    inverse = 1.0 / costs
    return {
        "exponential": -costs.log(),
        "squared_hinge": costs.shape[-1] * inverse / inverse.sum(-1, keepdim=True) - 1.0,
        "hinge": costs.shape[-1] * F.one_hot(costs.argmin(-1), costs.shape[-1]).to(costs) - 1.0,
    }[margin]


def cost_regression(p):
    return 1.0 - p.expected_agent_costs


def density_ratio(p, proper, temperature, log_normalizers):
    means = [
        mean(p, (-losses / temperature - log_z).exp()).log()
        for losses, log_z in zip(p.given("density_ratio"), log_normalizers, strict=True)
    ]
    return means[0] - means[1]


OPTIMA = {
    function.__name__: function
    for function in (
        cost_sensitive_softmax,
        alpha_weighted_softmax,
        one_vs_all,
        softmax_one_vs_all,
        asymmetric_softmax,
        rejector,
        complement,
        aggregated,
        weighted,
        constrained,
        cost_regression,
        density_ratio,
    )
}
#: At infinity, or not written down.
NOT_KNOWN = (
    *("aggregated-u=2.0", "aggregated-u=3.0", "weighted-q=1.0"),
    *("complement-q=0.5", "complement-q=1.0", "constrained-logistic"),
)
KNOWN = [
    v for v in VARIANTS if v.row.name in OPTIMA and v.name not in NOT_KNOWN and not v.couples_cases
]


def problems_for(variant):
    """With fees where the loss is for them."""
    fees = variant.fee > 0.0 and variant.kind != "density_ratio"
    return population.draw_all(30, fees=fees, seed=3, shapes=population.FEW_SHAPES)


@parametrize("variant", KNOWN)
def test_no_scores_do_better_than_the_optimum_written_down(variant):
    rng = torch.Generator().manual_seed(0)
    for problems in problems_for(variant):
        optimum = OPTIMA[variant.row.name](problems, **variant.options).requires_grad_()

        def expected_loss(scores, problems=problems):
            return problems.expected_loss(variant.kind, variant.row.loss, scores, **variant.options)

        least = expected_loss(optimum)
        if variant.options.get("margin") != "hinge":  # whose optimum is a kink
            (slope,) = torch.autograd.grad(least.sum(), optimum)
            assert_close(slope, torch.zeros_like(slope), rtol=0.0, atol=1e-9)
        for scale in (0.01, 0.1, 1.0, 10.0):
            noise = torch.randn(optimum.shape, generator=rng, dtype=torch.float64)
            assert (expected_loss(optimum + scale * noise) >= least - 1e-12).all()


@parametrize("variant", KNOWN)
def test_walking_downhill_from_zero_ends_at_the_optimum_written_down(variant):
    """Within the length of the last steps, over a kink of the hinge."""
    problems = problems_for(variant)
    found = population.descend(variant.kind, variant.row.loss, problems, **variant.options)
    for scores, p in zip(found, problems, strict=True):
        losses = [
            p.expected_loss(variant.kind, variant.row.loss, s, **variant.options)
            for s in (scores, OPTIMA[variant.row.name](p, **variant.options))
        ]
        atol = 2e-2 if variant.options.get("margin") == "hinge" else 1e-3
        assert_close(*losses, rtol=0.0, atol=atol)


#: Where the minimum is at infinity: what it approaches, from the agents' or actions' costs.
INFIMA = {
    "expected_cost": lambda costs: costs.amin(-1),
    "realizable-q=1.0": lambda costs: costs.amin(-1),
    "complement-q=1.0": lambda costs: costs.amin(-1),
    "weighted-q=1.0": lambda costs: (1.0 - costs).sum(-1) - (1.0 - costs).amax(-1),
    "aggregated-u=2.0": lambda costs: costs.amin(-1) + (costs.shape[-1] - 2) * costs.sum(-1),
    "aggregated-u=3.0": lambda costs: INFIMA["aggregated-u=2.0"](costs) / 2.0,
}


@parametrize("variant", [v for v in VARIANTS if v.name in INFIMA])
def test_walking_downhill_from_zero_approaches_the_least_that_there_is(variant):
    problems = problems_for(variant)
    found = population.descend(variant.kind, variant.row.loss, problems, **variant.options)
    for scores, p in zip(found, problems, strict=True):
        costs = p.expected_agent_costs
        if variant.kind == "single_stage":
            costs = torch.cat([1.0 - p.posterior, p.expected_costs], -1)
        reached = p.expected_loss(variant.kind, variant.row.loss, scores, **variant.options)
        least = INFIMA[variant.name](costs)
        assert (reached >= least - 1e-12).all()
        assert (reached <= least + 1e-3).all()


@pytest.mark.parametrize("proper", ["log", "square", "exponential"])
@pytest.mark.parametrize("temperature", [0.25, 1.0])
def test_normalisers_of_the_batch_shift_the_optimum_by_one_constant(proper, temperature):
    """With means over all cases for Z, the threshold between the agents is log(Z_e / Z_m)."""
    (row,) = {v.row for v in VARIANTS if v.row.name == "density_ratio"}
    (p,) = population.draw_all(40, fees=False, seed=3, shapes=((3, 1),))
    model, expert = p.given("density_ratio")
    weight = p.probability / p.probability.sum()
    log_z = [
        (weight * (-losses.squeeze(-1) / temperature).exp()).sum().log()
        for losses in (model, expert)
    ]
    unshifted = density_ratio(p, proper, temperature, (0.0, 0.0))
    scores = (unshifted + log_z[1] - log_z[0]).requires_grad_()
    loss = row.loss(
        scores.unsqueeze(1).expand(-1, p.probability.shape[1], -1),
        model,
        expert,
        proper=proper,
        temperature=temperature,
        sample_weight=weight.unsqueeze(-1),
        reduction="sum",
    )
    (slope,) = torch.autograd.grad(loss, scores)
    assert_close(slope, torch.zeros_like(slope), rtol=0.0, atol=1e-12)
