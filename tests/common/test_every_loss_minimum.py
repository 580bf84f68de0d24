"""At the minimum over all scores every consistent loss routes like the best rule.

On random finite problems (:mod:`population`), where the best action beats the next by CLEAR_CUT.
Losses whose scores are decoded must also find the class posterior and the experts' costs.
"""

from functools import cache

import population
import pytest
import torch
from torch.testing import assert_close

from cede import route
from rows import VARIANTS, parametrize

CLEAR_CUT = 0.02
SEEDS = (0, 1)

#: Options under which a loss is consistent that in general is not.
CONSISTENT_NONETHELESS = (
    "alpha_weighted_softmax-alpha=1.0",
    "realizable-q=1.0",
)
CONSISTENT = [
    v
    for v in VARIANTS
    if (v.row.consistent or v.name in CONSISTENT_NONETHELESS) and not v.couples_cases
]
DECODED = [v for v in CONSISTENT if v.row.decode is not None]


def settings(variant):
    """Without fees wherever it can do without, and with fees wherever it can do with them."""
    fees = {"density_ratio": [False]}.get(variant.kind)
    if fees is None:
        fees = [False, True] if variant.fee else [False]
    return [True] if variant.options.get("max_cost") == 1.0 + variant.fee > 1.0 else fees


@cache
def drawn_with(of_every_shape, fees, missing, seed):
    if of_every_shape:
        problems = population.draw_all(16, fees=fees, seed=seed)
    else:
        problems = population.draw_all(64, fees=fees, seed=seed, shapes=population.FEW_SHAPES)
    return [population.with_missing_answers(p, seed) for p in problems] if missing else problems


def drawn(variant, fees, missing, seed):
    """Many shapes of problem at once for the fast solver, a few for the slow one."""
    return drawn_with(variant.row.decode is not None, fees, missing, seed)


@cache
def at_minimum(variant, fees, missing, seed):
    """Scores at the minimiser, one entry for each shape of problem."""
    problems = drawn(variant, fees, missing, seed)
    # Decoded scores must be exact. Others may have their optimum at infinity, or in a kink.
    solve = population.minimise if variant.row.decode is not None else population.descend
    return solve(variant.kind, variant.row.loss, problems, **variant.options)


def read_with(variant):
    max_cost = variant.options.get("max_cost", 1.0)
    return 1.0 if max_cost == "sample" else max_cost


def at_threshold_zero(variant, scores):
    """Normalizers shift every score of a density ratio by one constant."""
    log_z_model, log_z_expert = variant.options.get("log_normalizers", (0.0, 0.0))
    return scores - (log_z_expert - log_z_model)


def actions(variant, scores, problems, with_prices=False):
    """What the rule does: a class or K + j in a single stage, else the model (0) or expert j."""
    n_experts = problems.accuracy.shape[1]
    shifted = at_threshold_zero(variant, scores)
    agents = variant.row.agent_scores(shifted, n_experts, read_with(variant))
    if with_prices:  # of each problem its own
        agents[:, 1:] -= problems.fees
    routes = torch.as_tensor(route(agents.numpy()))
    if variant.kind != "single_stage":
        return routes
    n_classes = problems.posterior.shape[1]
    return torch.where(routes > 0, n_classes - 1 + routes, scores[:, :n_classes].argmax(-1))


def assert_routes_like_the_best_rule(variant, all_scores, all_problems, with_prices=False):
    n_clear = n_deferred = n_misrouted = 0
    for scores, problems in zip(all_scores, all_problems, strict=True):
        best, gap = problems.best_actions(variant.kind)
        clear = gap > CLEAR_CUT
        first_expert = problems.posterior.shape[1] if variant.kind == "single_stage" else 1
        n_clear += int(clear.sum())
        n_deferred += int((clear & (best >= first_expert)).sum())
        n_misrouted += int(
            (clear & (actions(variant, scores, problems, with_prices) != best)).sum()
        )
    assert n_clear > 150
    assert 20 < n_deferred < n_clear - 20
    assert n_misrouted == 0, f"{n_misrouted} of {n_clear} clear-cut problems misrouted"


def assert_recovers_the_truth(variant, all_scores, all_problems):
    for scores, problems in zip(all_scores, all_problems, strict=True):
        n_experts = problems.accuracy.shape[1]
        estimates = variant.row.decode(scores, n_experts, read_with(variant))
        assert_close(estimates.class_posterior, problems.posterior, rtol=0.0, atol=1e-5)
        assert_close(estimates.expert_costs, problems.expected_costs, rtol=0.0, atol=1e-5)


def each(some_variants, seeds=SEEDS):
    triples = [
        (v, "with fees" if fees else "no fees", seed)
        for v in some_variants
        for fees in settings(v)
        for seed in seeds
    ]
    return parametrize("variant, fees, seed", triples)


def ranks_several(variant):
    """The hinge's optimum is the sign of what is saved: it knows who is cheaper, not how much."""
    return not (variant.kind == "post_hoc" and variant.options.get("margin") == "hinge")


def holds_the_truth(variant, with_fees):
    """With fees and a bound chosen case by case the scores route well but hold no posterior."""
    return variant.row.decode is not None and not (
        with_fees and variant.options.get("max_cost") == "sample"
    )


@each([v for v in CONSISTENT if ranks_several(v)])
def test_at_the_minimum_it_routes_like_the_best_rule_and_knows_the_truth(variant, fees, seed):
    problems = drawn(variant, fees == "with fees", False, seed)
    found = at_minimum(variant, fees == "with fees", False, seed)
    assert_routes_like_the_best_rule(variant, found, problems)
    if holds_the_truth(variant, fees == "with fees"):
        assert_recovers_the_truth(variant, found, problems)


@each(
    [v for v in CONSISTENT if v.row.takes("mask") and v.options.get("max_cost") != "sample"], (0,)
)
def test_missing_answers_do_not_move_the_minimum(variant, fees, seed):
    problems = drawn(variant, fees == "with fees", True, seed)
    found = at_minimum(variant, fees == "with fees", True, seed)
    if ranks_several(variant):
        assert_routes_like_the_best_rule(variant, found, problems)
    if variant.row.decode is not None:
        assert_recovers_the_truth(variant, found, problems)


@pytest.mark.parametrize("seed", SEEDS)
@parametrize("variant", [v for v in DECODED if v.options.get("max_cost") == 1.0])
def test_one_fit_without_fees_serves_every_fee_in_the_rule(variant, seed):
    with_fees = drawn(variant, True, False, seed)
    found = at_minimum(variant, False, False, seed)
    assert_routes_like_the_best_rule(variant, found, with_fees, with_prices=True)


@each([v for v in CONSISTENT if v.kind in ("post_hoc", "density_ratio")], (0,))
def test_each_expert_s_own_score_says_whether_it_beats_the_model(variant, fees, seed):
    problems = drawn(variant, fees == "with fees", False, seed)
    found = at_minimum(variant, fees == "with fees", False, seed)
    for scores, p in zip(found, problems, strict=True):
        saved = p.expected_agent_costs[:, :1] - p.expected_costs
        agents = variant.row.agent_scores(at_threshold_zero(variant, scores), saved.shape[1])
        assert ((agents[:, 1:] > agents[:, :1]) == (saved > 0.0))[saved.abs() > CLEAR_CUT].all()
