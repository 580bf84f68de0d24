"""Reductions, weights, missing answers, shapes, the order of experts and classes, dtypes."""

import math

import pytest
import torch
from torch.testing import assert_close

from rows import (
    COLUMNS,
    INDEPENDENT,
    ROWS,
    VARIANTS,
    every_independent_variant,
    every_masked_variant,
    every_variant,
    every_variant_and_mask,
    parametrize,
    some_cases,
)

# --- Reductions, weights, missing answers --------------------------------------------------------


@every_variant_and_mask
def test_reductions_agree(variant, missing):
    cases = some_cases(variant, missing=missing)
    each = cases.loss("none")
    assert each.shape == (6,)
    assert_close(cases.loss("sum"), each.sum())
    assert_close(cases.loss("mean"), each.mean())
    options = {**variant.options, **({"mask": cases.mask} if missing else {})}
    assert_close(variant.row.loss(cases.scores, *cases.given, **options), each.mean())


@every_independent_variant
def test_weights_multiply_and_the_mean_divides_by_their_sum(variant):
    cases = some_cases(variant)
    weight = torch.tensor([0.5, 2.0, 0.0, 1.0, 3.0, 0.25], dtype=torch.float64)
    each = cases.loss()
    assert_close(cases.loss(sample_weight=weight), weight * each)
    assert_close(cases.loss("sum", sample_weight=weight), (weight * each).sum())
    assert_close(cases.loss("mean", sample_weight=weight), (weight * each).sum() / weight.sum())


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@every_variant
def test_a_case_of_weight_zero_counts_as_if_deleted(variant, reduction):
    cases = some_cases(variant)
    kept = torch.tensor([True, False, True, True, False, True])
    weight = kept.double()
    assert_close(cases.loss(reduction, sample_weight=weight), cases.at(kept).loss(reduction))
    gradient = cases.gradient(reduction, sample_weight=weight)
    assert_close(gradient[kept], cases.at(kept).gradient(reduction))
    assert (gradient[~kept] == 0.0).all()


@every_variant
def test_a_case_of_weight_two_counts_as_if_there_were_two(variant):
    cases = some_cases(variant)
    weight = torch.tensor([1.0, 2.0, 1.0, 1.0, 2.0, 1.0], dtype=torch.float64)
    repeated = cases.at(torch.tensor([0, 1, 1, 2, 3, 4, 4, 5]))
    for reduction in ("mean", "sum"):
        assert_close(cases.loss(reduction, sample_weight=weight), repeated.loss(reduction))


@parametrize("row", [row for row in ROWS if not row.takes("mask")])
def test_a_mask_is_refused_where_leaving_answers_out_would_bias(row):
    (variant, *_) = (v for v in VARIANTS if v.row is row)
    cases = some_cases(variant)
    mask = torch.ones_like(cases.given[-1], dtype=torch.bool)
    with pytest.raises(TypeError, match="mask"):
        cases.loss(mask=mask)


@every_masked_variant
def test_an_expert_who_never_answered_might_as_well_not_exist(variant):
    cases = some_cases(variant, n_experts=2 if variant.kind == "two_stage" else 3)  # 3 columns
    kept, never = torch.tensor([0, 2]), torch.tensor([1])
    mask = torch.tensor([True, False, True]).expand_as(cases.given[-1])
    of_kept, of_never = cases.of_scores(kept), cases.of_scores(never)[-1:]
    without = cases.take(kept)
    assert_close(cases.loss(mask=mask), without.loss())
    assert_close(cases.gradient(mask=mask)[:, of_kept], without.gradient())
    assert (cases.gradient(mask=mask)[:, of_never] == 0.0).all()


@every_masked_variant
def test_a_mask_that_is_true_everywhere_is_no_mask(variant):
    cases = some_cases(variant)
    everywhere = torch.ones_like(cases.given[-1], dtype=torch.bool)
    assert_close(cases.loss(mask=everywhere), cases.loss())
    assert_close(cases.gradient(mask=everywhere), cases.gradient())


@pytest.mark.parametrize("unknown", [math.nan, math.inf, -1.0, 100.0])
@every_masked_variant
def test_the_cost_of_a_missing_answer_is_never_looked_at(variant, unknown):
    cases = some_cases(variant, missing=True)
    scores, *others, costs, mask = cases.tensors
    filled = cases.of([scores, *others, costs.masked_fill(~mask, unknown), mask])
    assert_close(filled.loss(), cases.loss())
    assert_close(filled.gradient(), cases.gradient())


# --- Shapes and order ----------------------------------------------------------------------------


@every_variant_and_mask
def test_extra_batch_dimensions_change_nothing(variant, missing):
    cube = some_cases(variant, (2, 3, 4), missing=missing)
    flat = cube.map(lambda tensor: tensor.flatten(0, 2))
    assert_close(cube.loss(), flat.loss().reshape(2, 3, 4))
    assert_close(cube.loss("mean"), flat.loss("mean"))
    assert_close(cube.gradient().flatten(0, 2), flat.gradient())


@parametrize(
    "variant, missing",
    [(v, m) for v in INDEPENDENT for m in (False, True)[: 1 + v.row.takes("mask")]],
)
def test_cases_do_not_depend_on_each_other(variant, missing):
    cases = some_cases(variant, missing=missing)
    cases.scores[0] *= 1e4  # an extreme case beside mild ones must not cost them digits
    one_by_one = [cases.at(slice(i, i + 1)) for i in range(6)]
    assert_close(cases.loss(), torch.cat([case.loss() for case in one_by_one]))
    assert_close(cases.gradient(), torch.cat([case.gradient() for case in one_by_one]))
    assert_close(cases.at(5).loss(), cases.loss()[5])  # no batch at all


@parametrize("variant", [v for v in VARIANTS if v.couples_cases])
def test_a_normaliser_of_the_batch_rescales_and_does_nothing_else(variant):
    """Each agent's weights have mean one, whatever constant is added to all of its losses."""
    cases = some_cases(variant)
    dearer = cases.with_given(lambda losses: losses + 0.5)
    assert_close(dearer.loss(), cases.loss())
    assert (cases.at(slice(0, 3)).loss() - cases.loss()[:3]).abs().max() > 1e-3


@every_variant
def test_an_empty_batch_sums_to_zero(variant):
    assert some_cases(variant, (0,)).loss("sum") == 0.0
    assert some_cases(variant, (0,)).loss().shape == (0,)


@parametrize(
    "variant, missing",
    [(v, m) for v in COLUMNS for m in (False, True)[: 1 + v.row.takes("mask")]],
)
def test_permuting_experts_permutes_nothing_else(variant, missing):
    """In two stages experts and the model are exchanged alike, each with its cost."""
    cases = some_cases(variant, n_experts=3, missing=missing)
    order = torch.tensor([2, 0, 1] if variant.kind != "two_stage" else [2, 0, 3, 1])
    permuted = cases.take(order)
    assert_close(permuted.loss(), cases.loss())
    assert_close(permuted.gradient(), cases.gradient()[:, cases.of_scores(order)])


@parametrize("variant", [v for v in VARIANTS if v.kind == "single_stage"])
def test_relabelling_classes_commutes(variant):
    cases = some_cases(variant, n_classes=4, missing=variant.row.takes("mask"))
    new_label = torch.tensor([2, 0, 3, 1])
    columns = torch.cat([new_label.argsort(), 4 + torch.arange(2)])
    scores, y, *others = cases.tensors
    relabelled = cases.of([scores[:, columns], new_label[y], *others])
    assert_close(relabelled.loss(), cases.loss())
    assert_close(relabelled.gradient(), cases.gradient()[:, columns])


# --- What the caller gave ------------------------------------------------------------------------


@every_variant_and_mask
def test_arguments_come_back_unchanged(variant, missing):
    cases = some_cases(variant, missing=missing)
    cases.scores[0] = 0.0  # where one port of a loss overwrote the caller's scores
    if missing:
        cases.given[-1].masked_fill_(~cases.mask, math.nan)
    upstream, weight = torch.linspace(0.5, 3.0, 6).double(), torch.linspace(0.0, 2.0, 6).double()
    cases.scores.requires_grad_()
    tensors = [*cases.tensors, upstream, weight]
    before = [(t._version, t.detach().clone()) for t in tensors]

    loss = cases.loss(sample_weight=weight)
    once = torch.autograd.grad(loss, cases.scores, upstream, retain_graph=True)[0].clone()
    twice = torch.autograd.grad(loss, cases.scores, upstream)[0]

    assert_close(once, twice, rtol=0.0, atol=0.0)
    for tensor, (version, values) in zip(tensors, before, strict=True):
        assert tensor._version == version
        assert_close(tensor.detach(), values, rtol=0.0, atol=0.0, equal_nan=True)


def strided(tensor):
    """Every second entry of each axis of a larger tensor."""
    doubled = tensor
    for axis in range(tensor.ndim):
        doubled = doubled.repeat_interleave(2, axis)
    view = doubled[tuple(slice(1, None, 2) for _ in range(tensor.ndim))]
    assert not view.is_contiguous()
    return view


def transposed(tensor):
    return tensor.mT.contiguous().mT if tensor.ndim > 1 else tensor


@pytest.mark.parametrize("view", [strided, transposed])
@every_variant_and_mask
def test_a_view_is_as_good_as_its_copy(variant, missing, view):
    cases = some_cases(variant, missing=missing)
    viewed = cases.map(view)
    before = [(tensor._version, tensor.clone()) for tensor in viewed.tensors]
    assert_close(viewed.loss(), cases.loss())
    scores = viewed.scores.requires_grad_()
    (gradient,) = torch.autograd.grad(viewed.loss("sum"), scores)
    assert_close(gradient, cases.gradient())
    for tensor, (version, values) in zip(viewed.tensors, before, strict=True):
        assert tensor._version == version
        assert_close(tensor.detach(), values, rtol=0.0, atol=0.0)


# --- Dtypes --------------------------------------------------------------------------------------

DTYPES = [  # of the scores, and of what comes with them
    (torch.float64, torch.float32),
    (torch.float32, torch.float64),
    (torch.float16, torch.float32),
    (torch.bfloat16, torch.float64),
]


@parametrize("dtype, other", DTYPES)
@every_variant_and_mask
def test_dtype_follows_scores_whatever_that_of_costs(variant, missing, dtype, other):
    cases = some_cases(variant, missing=missing, scale=1.0)
    cases = cases.of([cases.scores.to(dtype).double(), *cases.tensors[1:]])
    cases = cases.with_given(lambda tensor: tensor.bfloat16().double())  # no cost rounds up to 1
    expected = cases.loss("mean").item()
    converted = cases.with_given(lambda tensor: tensor.to(other))
    scores = converted.scores.to(dtype).requires_grad_()
    loss = converted.of([scores, *converted.tensors[1:]]).loss("mean")
    loss.backward()
    assert loss.dtype == scores.grad.dtype == dtype
    eps = max(torch.finfo(dtype).eps, torch.finfo(other).eps)
    assert loss.item() == pytest.approx(expected, rel=8 * eps)


@parametrize("dtype, other", DTYPES)
@parametrize("variant", INDEPENDENT)
def test_dtype_follows_scores_whatever_that_of_weights(variant, dtype, other):
    cases = some_cases(variant).to(dtype)
    for reduction in ("mean", "sum", "none"):
        assert cases.loss(reduction, sample_weight=torch.ones(6, dtype=other)).dtype == dtype


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8])
@parametrize("variant", [v for v in VARIANTS if v.kind == "single_stage"])
def test_labels_may_be_integers_of_any_width(variant, dtype):
    cases = some_cases(variant)
    scores, y, costs = cases.tensors
    assert_close(cases.of([scores, y.to(dtype), costs]).loss(), cases.loss())


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64])
@parametrize("variant", [v for v in VARIANTS if v.fee == 0.0 or v.kind == "density_ratio"])
def test_errors_may_come_as_what_a_comparison_gives(variant, dtype):
    cases = some_cases(variant)
    rounded = cases.with_given(lambda costs: (costs > 0.5).double())
    assert_close(rounded.with_given(lambda costs: costs.to(dtype)).loss(), rounded.loss())
