"""Every loss under the transforms of torch: vmap, functional gradients, compilation."""

import torch
from torch.testing import assert_close

from rows import (
    AXES,
    VARIANTS,
    every_independent_variant,
    every_variant_and_mask,
    parametrize,
    some_cases,
)


def summed(cases):
    """The loss as a function of its tensors."""

    def loss(*tensors):
        return cases.of(tensors).loss("sum")

    return loss


@every_independent_variant
def test_vmap_and_functional_gradients_agree_with_autograd(variant):
    for missing in (False, True)[: 1 + variant.row.takes("mask")]:
        cases = some_cases(variant, missing=missing)
        loss, tensors = summed(cases), cases.tensors
        assert_close(torch.func.vmap(loss)(*tensors), cases.loss())
        assert_close(torch.func.vmap(torch.func.grad(loss))(*tensors), cases.gradient())


@every_variant_and_mask
def test_the_functional_gradient_of_a_batch_is_that_of_autograd(variant, missing):
    cases = some_cases(variant, missing=missing)
    assert_close(torch.func.grad(summed(cases))(*cases.tensors), cases.gradient())


@parametrize(
    "variant, argument",
    [(v, a) for v in VARIANTS for a in [*AXES[v.kind], *["mask"][: v.row.takes("mask")]]],
)
def test_vmap_over_one_argument_alone(variant, argument):
    cases = some_cases(variant, missing=variant.row.takes("mask"))
    position = [*AXES[variant.kind], "mask"].index(argument)
    tensors = cases.tensors
    values = torch.stack([tensors[position], tensors[position].roll(1, 0)])
    in_dims = tuple(0 if i == position else None for i in range(len(tensors)))

    def loss(*tensors):
        return cases.of(tensors).loss()

    def at(value):
        return loss(*(value if i == position else t for i, t in enumerate(tensors)))

    arguments = (values if i == position else t for i, t in enumerate(tensors))
    found = torch.func.vmap(loss, in_dims=in_dims)(*arguments)
    assert_close(found, torch.stack([at(value) for value in values]))


@every_variant_and_mask
def test_compiles_into_one_graph(variant, missing):
    cases = some_cases(variant, missing=missing)
    torch.compiler.reset()

    @torch.compile(fullgraph=True, backend="aot_eager")
    def compiled(*tensors):
        return cases.of(tensors).loss()

    scores = cases.scores.clone().requires_grad_()
    loss = compiled(scores, *cases.tensors[1:])
    loss.sum().backward()
    assert_close(loss.detach(), cases.loss())
    assert_close(scores.grad, cases.gradient())


@every_variant_and_mask
def test_costs_that_want_a_gradient_get_that_of_the_value(variant, missing):
    cases = some_cases(variant, missing=missing)
    position = len(AXES[variant.kind]) - 1
    costs = cases.tensors[position].clone().requires_grad_()
    tensors = [costs if i == position else t for i, t in enumerate(cases.tensors)]
    (found,) = torch.autograd.grad(summed(cases)(*tensors), costs)
    expected = torch.func.grad(summed(cases), argnums=position)(*cases.tensors)
    assert_close(found, expected)


@every_variant_and_mask
def test_gradients_of_all_cases_at_once(variant, missing):
    cases = some_cases(variant, missing=missing)
    scores = cases.tensors[0].clone().requires_grad_()
    loss = cases.of((scores, *cases.tensors[1:])).loss()
    upstreams = torch.eye(len(loss), dtype=loss.dtype)
    (found,) = torch.autograd.grad(loss, scores, upstreams, is_grads_batched=True)
    assert_close(found.sum(0), cases.gradient())
