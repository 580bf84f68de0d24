"""Values and gradients of every loss: derivatives, extreme scores, precision, no experts at all."""

import math
from itertools import product

import pytest
import torch
from torch.testing import assert_close

from rows import (
    SIZES,
    VARIANTS,
    Cases,
    every_variant,
    every_variant_and_mask,
    parametrize,
    some_cases,
)


@parametrize(
    "variant, n_experts, missing",
    [
        (variant, n_experts, missing)
        for variant in VARIANTS
        for n_experts in SIZES[variant.kind]
        for missing in (False, True)[: 1 + (variant.row.takes("mask") and n_experts == 3)]
    ],
)
def test_first_and_second_derivatives_are_those_of_the_value(variant, n_experts, missing):
    cases = some_cases(variant, (3,), n_experts=n_experts, missing=missing, scale=1.0)
    scores = cases.scores.requires_grad_()

    def loss(scores):
        return cases.of([scores, *cases.tensors[1:]]).loss()

    assert torch.autograd.gradcheck(loss, scores)
    assert torch.autograd.gradgradcheck(loss, scores)


def all_outcomes(variant):
    """Huge scores of all signs, at all labels and costs of 0, 1/2 and 1, for two experts."""
    kind = variant.kind
    costs = (0.0, 0.5, 1.0)
    n_scores, given = {
        "single_stage": (4, (range(2), product(costs, repeat=2))),
        "post_hoc": (2, (costs, product(costs, repeat=2))),
        "two_stage": (3, (product(costs, repeat=3),)),
        "density_ratio": (1, ((*costs, 20.0), (*costs, 20.0))),
    }[kind]
    outcomes = list(product(product((-1e4, 1e4), repeat=n_scores), *given))
    scores, *given = (torch.tensor(values) for values in zip(*outcomes, strict=True))
    given[-1] = given[-1] + variant.fee
    if kind == "density_ratio":
        scores = scores.squeeze(-1)
    return Cases(variant, scores, tuple(given))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@every_variant_and_mask
def test_finite_at_huge_scores_of_all_signs(variant, missing, dtype):
    outcomes = all_outcomes(variant).to(dtype)
    masks = [None]
    if missing:
        columns = outcomes.given[-1].shape[-1]
        masks = [torch.tensor(m) for m in product((False, True), repeat=columns)]
    for mask in masks:
        expanded = None if mask is None else mask.expand_as(outcomes.given[-1])
        cases = Cases(variant, outcomes.scores, outcomes.given, expanded)
        assert cases.loss().isfinite().all()
        assert cases.gradient().isfinite().all()
        assert cases.gradient("mean").isfinite().all()


def assert_close_for_its_size(found, expected):
    """Within 1e-5 of the largest number of the case, or of 1 if all are smaller.

    Within 5e-5 where the loss grows exponentially: the exponent itself is rounded.
    """
    found, expected = (t.reshape(len(t), -1).double() for t in (found, expected))
    size = expected.abs().amax(-1, keepdim=True).clamp(min=1.0)
    tolerance = torch.where(size > 1e3, 5e-5, 1e-5)
    assert ((found - expected).abs() <= tolerance * size).all()


@every_variant
def test_single_precision_agrees_with_double_at_logits_of_scale_up_to_100(variant):
    for scale in (1.0, 10.0, 100.0):
        cases = some_cases(variant, (300,), missing=variant.row.takes("mask"), scale=scale)
        single = cases.to(torch.float32)
        double = single.to(torch.float64)
        assert_close_for_its_size(single.loss(), double.loss())
        assert_close_for_its_size(single.gradient(), double.gradient())
        assert_close(single.loss("mean").item(), double.loss("mean").item(), rtol=1e-5, atol=0.0)


@every_variant
def test_nan_in_the_scores_is_nan_in_the_loss_of_that_case_and_of_no_other(variant):
    cases = some_cases(variant)
    for column in range(cases.scores[0].numel()):
        scores = cases.scores.clone()
        scores[2] = (
            scores[2].flatten().index_fill(0, torch.tensor(column), math.nan).view_as(scores[2])
        )
        lost = cases.of([scores, *cases.given])
        assert lost.loss().isnan().tolist() == [False, False, True, False, False, False]
        assert lost.loss("mean").isnan()


@every_variant
def test_a_head_that_starts_at_zero_learns(variant):
    cases = some_cases(variant, (200,))
    gradient = cases.of([torch.zeros_like(cases.scores), *cases.given]).gradient().reshape(200, -1)
    features = torch.randn(200, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert ((gradient.T @ features).abs().amax(-1) > 1e-3).all()


# --- Without experts -----------------------------------------------------------------------------


@parametrize(
    "variant", [v for v in VARIANTS if v.kind == "two_stage" and not v.row.estimates_costs]
)
def test_the_model_alone_has_a_finite_loss_and_nothing_to_learn(variant):
    cases = some_cases(variant, n_experts=0)
    assert cases.loss().isfinite().all()
    assert_close(cases.gradient(), torch.zeros(6, 1, dtype=torch.float64))


@parametrize("variant", [v for v in VARIANTS if v.kind == "post_hoc"])
def test_a_model_without_experts_has_no_rejector_and_no_loss(variant):
    cases = some_cases(variant, n_experts=0)
    assert (cases.loss() == 0.0).all()


@parametrize("variant", [v for v in VARIANTS if v.kind == "post_hoc"])
def test_one_expert_may_come_without_an_axis(variant):
    alone = some_cases(variant, n_experts=None)
    scores, model_costs, costs = alone.tensors
    in_column = alone.of([scores.unsqueeze(-1), model_costs, costs.unsqueeze(-1)])
    assert_close(alone.loss(), in_column.loss())
    assert_close(alone.gradient(), in_column.gradient().squeeze(-1))
