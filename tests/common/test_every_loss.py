"""What every loss must pass. A new row of SURROGATES is judged here without new code.

Its author writes, in tests/losses, the value worked out by hand at one tiny input. Two tables below
may name it: CLASSIFICATION_PARENT if without experts it is not cross-entropy, and NAIVE for its
formula in plain floats.
"""

import inspect
import math
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import population
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from cede import SURROGATES, route
from cede.exceptions import InvalidInput, UnknownName

ROWS = [row for row in SURROGATES.values() if row.kind == "single_stage"]


def takes_sample(row):
    return inspect.signature(row.loss).parameters["max_cost"].default == "sample"


def bounds(row):
    """Values of max_cost worth a test: without fees, with fees, and chosen case by case."""
    return [1.0, 1.3, *(["sample"] if takes_sample(row) else [])]


def parametrize(names, values):
    def spell(value):
        if isinstance(value, bool):
            return "fees" if value else "free"
        return getattr(value, "name", None) or str(value)

    ids = ["-".join(map(spell, v)) for v in values]
    return pytest.mark.parametrize(names, values, ids=ids)


every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
every_bound = parametrize("row, max_cost", [(row, m) for row in ROWS for m in bounds(row)])


@dataclass(frozen=True)
class Cases:
    """Arguments of a loss; ``of(row)`` evaluates it."""

    scores: torch.Tensor
    y: torch.Tensor
    costs: torch.Tensor
    mask: torch.Tensor | None = None
    max_cost: object = 1.0

    def of(self, row, reduction="none", **options):
        options = {"max_cost": self.max_cost, "mask": self.mask, "reduction": reduction, **options}
        return row.loss(self.scores, self.y, self.costs, **options)

    def gradient(self, row, **options):
        scores = self.scores.detach().clone().requires_grad_()
        loss = replace(self, scores=scores).of(row, **{"reduction": "sum", **options})
        return torch.autograd.grad(loss, scores)[0]

    def at(self, rows):
        mask = None if self.mask is None else self.mask[rows]
        return replace(
            self, scores=self.scores[rows], y=self.y[rows], costs=self.costs[rows], mask=mask
        )


def eps(dtype):
    return torch.finfo(dtype).eps


def some_cases(
    shape=(6,), n_classes=3, n_experts=2, *, max_cost=1.0, missing=False, scale=2.0, seed=0
):
    """Draw cases in float64; costs are errors plus fees, or soft, up to ``max_cost``."""
    rng = torch.Generator().manual_seed(seed)
    fee = 0.3 if max_cost == "sample" else max_cost - 1.0
    wrong = torch.randint(2, (*shape, n_experts), generator=rng).to(torch.float64)
    soft = torch.rand(*shape, n_experts, generator=rng, dtype=torch.float64)
    costs = torch.where(torch.rand(*shape, n_experts, generator=rng) < 0.6, wrong, soft) + fee
    mask = torch.rand(*shape, n_experts, generator=rng) < 0.6 if missing else None
    scores = torch.randn(*shape, n_classes + n_experts, generator=rng, dtype=torch.float64)
    y = torch.randint(n_classes, shape, generator=rng)
    return Cases(scale * scores, y, costs, mask, max_cost)


# --- Values and gradients ------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [False, True], ids=["all answered", "some missing"])
@pytest.mark.parametrize("n_experts", [0, 1, 3])
@every_bound
def test_first_and_second_derivatives_are_those_of_the_value(row, max_cost, n_experts, missing):
    cases = some_cases((4,), n_experts=n_experts, max_cost=max_cost, missing=missing)
    scores = cases.scores.requires_grad_()

    def loss(scores):
        return replace(cases, scores=scores).of(row)

    assert torch.autograd.gradcheck(loss, scores)
    assert torch.autograd.gradgradcheck(loss, scores)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("missing", [False, True], ids=["all answered", "some missing"])
@every_bound
def test_finite_at_huge_scores_of_all_signs(row, max_cost, missing, dtype):
    n_classes, n_experts = 2, 2
    fee = 0.3 if max_cost == "sample" else max_cost - 1.0
    signs = product((-1e4, 1e4), repeat=n_classes + n_experts)
    outcomes = list(product(signs, range(n_classes), product((0.0, 0.5, 1.0), repeat=n_experts)))
    scores = torch.tensor([s for s, _, _ in outcomes], dtype=dtype)
    y = torch.tensor([y for _, y, _ in outcomes])
    costs = torch.tensor([c for _, _, c in outcomes], dtype=dtype) + fee
    masks = product((False, True), repeat=n_experts) if missing else [(True, True)]
    for mask in masks:
        cases = Cases(scores, y, costs, torch.tensor(mask).expand_as(costs), max_cost)
        assert cases.of(row).isfinite().all()
        assert cases.gradient(row).isfinite().all()


@every_bound
def test_single_precision_agrees_with_double_at_logits_of_scale_100(row, max_cost):
    cases = some_cases((500,), max_cost=max_cost, missing=True, scale=100.0)
    single = replace(cases, scores=cases.scores.float(), costs=cases.costs.float())
    double = replace(single, scores=single.scores.double(), costs=single.costs.double())
    tolerance = {"rtol": 1e-5, "atol": 1e-5, "check_dtype": False}
    assert_close(single.of(row), double.of(row), **tolerance)
    assert_close(single.gradient(row), double.gradient(row), **tolerance)
    assert_close(single.of(row, "mean").item(), double.of(row, "mean").item(), rtol=1e-5, atol=0.0)


def log_sum_exp(values):
    top = max(values)
    return top + math.log(math.fsum(math.exp(v - top) for v in values))


def phi(z):
    return max(-z, 0.0) + math.log1p(math.exp(-abs(z)))


def naive_cost_sensitive_softmax(f, g, y, costs, max_cost):
    bound = max([1.0, *costs]) if max_cost == "sample" else max_cost
    total = log_sum_exp(f + g)
    classes = [(bound - (k != y)) * (total - f_k) for k, f_k in enumerate(f)]
    experts = [(bound - c) * (total - g_j) for c, g_j in zip(costs, g, strict=True)]
    return math.fsum(classes + experts)


def naive_expert_logistic(g, costs, m):
    return math.fsum((m - c) * phi(z) + c * phi(-z) for c, z in zip(costs, g, strict=True))


def naive_one_vs_all(f, g, y, costs, m):
    others = [(m - 1) * phi(f_k) + phi(-f_k) for k, f_k in enumerate(f) if k != y]
    return math.fsum([m * phi(f[y]), *others, naive_expert_logistic(g, costs, m)])


def naive_softmax_one_vs_all(f, g, y, costs, m):
    return log_sum_exp(f) - f[y] + naive_expert_logistic(g, costs, m)


#: One case in plain floats, as the papers print it, with the experts that answered.
NAIVE = {
    "cost_sensitive_softmax": naive_cost_sensitive_softmax,
    "one_vs_all": naive_one_vs_all,
    "softmax_one_vs_all": naive_softmax_one_vs_all,
}


@st.composite
def any_cases(draw, max_cost):
    n, n_classes, n_experts = (draw(st.integers(*ends)) for ends in ((1, 3), (1, 5), (0, 4)))
    largest = 1.3 if max_cost == "sample" else max_cost
    cost = st.sampled_from([0.0, largest - 1.0, 1.0, largest]) | st.floats(0.0, largest)

    def table(element, n_columns, dtype=torch.float64):
        values = draw(st.lists(element, min_size=n * n_columns, max_size=n * n_columns))
        return torch.tensor(values, dtype=dtype).reshape(n, n_columns)

    return Cases(
        scores=table(st.floats(-1e4, 1e4), n_classes + n_experts),
        y=table(st.integers(0, n_classes - 1), 1, torch.int64).squeeze(-1),
        costs=table(cost, n_experts),
        mask=table(st.booleans(), n_experts, torch.bool),
        max_cost=max_cost,
    )


def any_input(test):
    return settings(max_examples=60, deadline=None, derandomize=True, database=None)(test)


@every_bound
@any_input
@given(data=st.data())
def test_finite_and_not_negative_for_all_scores(row, max_cost, data):
    loss = data.draw(any_cases(max_cost)).of(row)
    assert loss.isfinite().all()
    assert (loss >= 0.0).all()


@parametrize("row, max_cost", [(r, m) for r in ROWS if r.name in NAIVE for m in bounds(r)])
@any_input
@given(data=st.data())
def test_equals_the_printed_formula_in_plain_floats(row, max_cost, data):
    cases = data.draw(any_cases(max_cost))
    n_classes = cases.scores.shape[-1] - cases.costs.shape[-1]
    expected = []
    for scores, y, costs, mask in zip(
        *(t.tolist() for t in (cases.scores, cases.y, cases.costs, cases.mask)), strict=True
    ):
        g = [g_j for g_j, there in zip(scores[n_classes:], mask, strict=True) if there]
        known = [c for c, there in zip(costs, mask, strict=True) if there]
        expected.append(NAIVE[row.name](scores[:n_classes], g, y, known, max_cost))
    assert_close(cases.of(row).tolist(), expected, rtol=1e-11, atol=1e-10)


def binary_cross_entropies(scores, y):
    target = F.one_hot(y, scores.shape[-1]).to(scores)
    return F.binary_cross_entropy_with_logits(scores, target, reduction="none").sum(-1)


def cross_entropy(scores, y):
    return F.cross_entropy(scores, y, reduction="none")


CLASSIFICATION_PARENT = {"one_vs_all": binary_cross_entropies}


@pytest.mark.parametrize("mask", [None, torch.ones(6, 0, dtype=torch.bool)], ids=["", "mask"])
@every_row
def test_without_experts_equals_its_classification_parent(row, mask):
    cases = replace(some_cases(n_experts=0), mask=mask)
    expected = CLASSIFICATION_PARENT.get(row.name, cross_entropy)(cases.scores, cases.y)
    assert_close(cases.of(row), expected)
    assert_close(cases.of(row, "mean"), expected.mean())


@every_bound
def test_a_head_that_starts_at_zero_learns(row, max_cost):
    cases = some_cases((200,), max_cost=max_cost)
    gradient = replace(cases, scores=torch.zeros_like(cases.scores)).gradient(row)
    features = torch.randn(200, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert ((gradient.T @ features).abs().amax(-1) > 1e-3).all()


# --- Reductions, weights, missing answers --------------------------------------------------------


@every_bound
def test_reductions_agree(row, max_cost):
    cases = some_cases(max_cost=max_cost, missing=True)
    each = cases.of(row, "none")
    assert each.shape == cases.y.shape
    assert_close(cases.of(row, "sum"), each.sum())
    assert_close(cases.of(row, "mean"), each.mean())
    assert_close(
        row.loss(cases.scores, cases.y, cases.costs, mask=cases.mask, max_cost=max_cost),
        each.mean(),
    )


@every_bound
def test_weights_multiply_and_the_mean_divides_by_their_sum(row, max_cost):
    cases = some_cases(max_cost=max_cost)
    weight = torch.tensor([0.5, 2.0, 0.0, 1.0, 3.0, 0.25], dtype=torch.float64)
    each = cases.of(row)
    assert_close(cases.of(row, sample_weight=weight), weight * each)
    assert_close(cases.of(row, "sum", sample_weight=weight), (weight * each).sum())
    assert_close(cases.of(row, "mean", sample_weight=weight), (weight * each).sum() / weight.sum())


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@every_bound
def test_a_case_of_weight_zero_counts_as_if_deleted(row, max_cost, reduction):
    cases = some_cases(max_cost=max_cost)
    kept = torch.tensor([True, False, True, True, False, True])
    weight = kept.double()
    assert_close(cases.of(row, reduction, sample_weight=weight), cases.at(kept).of(row, reduction))
    gradient = cases.gradient(row, reduction=reduction, sample_weight=weight)
    assert_close(gradient[kept], cases.at(kept).gradient(row, reduction=reduction))
    assert (gradient[~kept] == 0.0).all()


@every_bound
def test_an_expert_who_never_answered_might_as_well_not_exist(row, max_cost):
    cases = some_cases(n_experts=3, max_cost=max_cost)
    never = torch.tensor([False, True, False])
    columns = torch.cat([torch.zeros(3, dtype=torch.bool), never])
    masked = replace(cases, mask=(~never).expand_as(cases.costs))
    without = replace(cases, scores=cases.scores[:, ~columns], costs=cases.costs[:, ~never])
    assert_close(masked.of(row), without.of(row))
    assert_close(masked.gradient(row)[:, ~columns], without.gradient(row))
    assert (masked.gradient(row)[:, columns] == 0.0).all()


@every_bound
def test_a_mask_that_is_true_everywhere_is_no_mask(row, max_cost):
    cases = some_cases(max_cost=max_cost)
    everywhere = replace(cases, mask=torch.ones_like(cases.costs, dtype=torch.bool))
    assert_close(everywhere.of(row), cases.of(row))
    assert_close(everywhere.gradient(row), cases.gradient(row))


@pytest.mark.parametrize("unknown", [math.nan, math.inf, -1.0, 100.0])
@every_bound
def test_the_cost_of_a_missing_answer_is_never_looked_at(row, max_cost, unknown):
    cases = some_cases(max_cost=max_cost, missing=True)
    filled = replace(cases, costs=cases.costs.masked_fill(~cases.mask, unknown))
    assert_close(filled.of(row), cases.of(row))
    assert_close(filled.gradient(row), cases.gradient(row))


# --- Shapes, order, dtypes -----------------------------------------------------------------------


@pytest.mark.parametrize("missing", [False, True], ids=["all answered", "some missing"])
@every_bound
def test_extra_batch_dimensions_change_nothing(row, max_cost, missing):
    cube = some_cases((2, 3, 4), max_cost=max_cost, missing=missing)
    flat = Cases(
        cube.scores.flatten(0, 2),
        cube.y.flatten(),
        cube.costs.flatten(0, 2),
        cube.mask.flatten(0, 2) if missing else None,
        max_cost,
    )
    assert_close(cube.of(row), flat.of(row).reshape(2, 3, 4))
    assert_close(cube.of(row, "mean"), flat.of(row, "mean"))
    assert_close(cube.gradient(row).flatten(0, 2), flat.gradient(row))
    assert_close(flat.at(5).of(row), flat.of(row)[5])  # no batch at all


@every_bound
def test_cases_do_not_depend_on_each_other(row, max_cost):
    cases = some_cases(max_cost=max_cost, missing=True)
    one_by_one = torch.stack([cases.at(slice(i, i + 1)).of(row)[0] for i in range(6)])
    assert_close(cases.of(row), one_by_one)


@every_row
def test_an_empty_batch_sums_to_zero(row):
    assert some_cases((0,)).of(row, "sum") == 0.0
    assert some_cases((0,)).of(row).shape == (0,)


@every_bound
def test_permuting_experts_permutes_nothing_else(row, max_cost):
    cases = some_cases(n_experts=3, max_cost=max_cost, missing=True)
    order = torch.tensor([2, 0, 1])
    columns = torch.cat([torch.arange(3), 3 + order])
    permuted = replace(
        cases,
        scores=cases.scores[:, columns],
        costs=cases.costs[:, order],
        mask=cases.mask[:, order],
    )
    assert_close(permuted.of(row), cases.of(row))
    assert_close(permuted.gradient(row), cases.gradient(row)[:, columns])


@every_bound
def test_relabelling_classes_commutes(row, max_cost):
    cases = some_cases(n_classes=4, max_cost=max_cost, missing=True)
    new_label = torch.tensor([2, 0, 3, 1])
    columns = torch.cat([new_label.argsort(), 4 + torch.arange(2)])
    relabelled = replace(cases, scores=cases.scores[:, columns], y=new_label[cases.y])
    assert_close(relabelled.of(row), cases.of(row))
    assert_close(relabelled.gradient(row), cases.gradient(row)[:, columns])


@every_bound
def test_arguments_come_back_unchanged(row, max_cost):
    cases = some_cases(max_cost=max_cost, missing=True)
    cases.scores[0] = 0.0  # where one port of a loss overwrote the caller's scores
    cases.costs.masked_fill_(~cases.mask, math.nan)
    upstream, weight = torch.linspace(0.5, 3.0, 6).double(), torch.linspace(0.0, 2.0, 6).double()
    cases.scores.requires_grad_()
    given_tensors = (cases.scores, cases.y, cases.costs, cases.mask, upstream, weight)
    before = [(t._version, t.detach().clone()) for t in given_tensors]

    loss = cases.of(row, sample_weight=weight)
    once = torch.autograd.grad(loss, cases.scores, upstream, retain_graph=True)[0].clone()
    twice = torch.autograd.grad(loss, cases.scores, upstream)[0]

    assert_close(once, twice, rtol=0.0, atol=0.0)
    for tensor, (version, values) in zip(given_tensors, before, strict=True):
        assert tensor._version == version
        assert_close(tensor.detach(), values, rtol=0.0, atol=0.0, equal_nan=True)


@every_bound
def test_a_view_of_scores_is_as_good_as_its_copy(row, max_cost):
    cases = some_cases(max_cost=max_cost)
    wide = torch.full((6, 9), 7.0, dtype=torch.float64)
    wide[:, 2:7] = cases.scores
    view = replace(cases, scores=wide[:, 2:7])
    assert_close(view.of(row), cases.of(row))
    assert (wide[:, [0, 1, 7, 8]] == 7.0).all()


every_dtype = parametrize(  # of the scores, and of what comes with them
    "dtype, other",
    [
        (torch.float64, torch.float32),
        (torch.float32, torch.float64),
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float64),
    ],
)


@every_dtype
@every_bound
def test_dtype_follows_scores_whatever_that_of_costs(row, max_cost, dtype, other):
    cases = some_cases(max_cost=max_cost, missing=True)
    expected = cases.of(row, "mean").item()
    scores = cases.scores.to(dtype).requires_grad_()
    loss = replace(cases, scores=scores, costs=cases.costs.to(other)).of(row, "mean")
    loss.backward()
    assert loss.dtype == scores.grad.dtype == dtype
    assert loss.item() == pytest.approx(expected, rel=8 * max(map(eps, (dtype, other))))


@every_dtype
@every_row
def test_dtype_follows_scores_whatever_that_of_weights(row, dtype, other):
    cases = some_cases()
    cases = replace(cases, scores=cases.scores.to(dtype), costs=cases.costs.to(dtype))
    for reduction in ("mean", "sum", "none"):
        assert cases.of(row, reduction, sample_weight=torch.ones(6, dtype=other)).dtype == dtype


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8])
@every_row
def test_labels_may_be_integers_of_any_width(row, dtype):
    cases = some_cases()
    assert_close(replace(cases, y=cases.y.to(dtype)).of(row), cases.of(row))


# --- The minimum over all scores -----------------------------------------------------------------

CLEAR_CUT = 0.02
SEEDS = (0, 1)
CONSISTENT = [row for row in ROWS if row.consistent]
#: Without fees and with fees; every row reads its scores back with the constant it was given.
DECODABLE = [(row, fees) for row in CONSISTENT for fees in (False, True)]
#: A bound chosen case by case routes as well, but with fees its scores hold no posterior.
BY_SAMPLE = [(row, fees) for row in CONSISTENT if takes_sample(row) for fees in (False, True)]


def constant(fees):
    return 1.0 + population.LARGEST_FEE if fees else 1.0


@cache
def drawn(fees, missing, seed):
    problems = population.draw_all(16, fees=fees, seed=seed)
    return [population.with_missing_answers(p, seed) for p in problems] if missing else problems


@cache
def estimates_at_minimum(row, max_cost, fees, missing, seed):
    """What the decoding says at the minimiser, one entry for each shape of problem."""
    problems = drawn(fees, missing, seed)
    minimisers = population.minimise(row.loss, problems, max_cost=max_cost)
    read_with = 1.0 if max_cost == "sample" else max_cost
    return [
        row.decode(scores, p.accuracy.shape[1], read_with)
        for p, scores in zip(problems, minimisers, strict=True)
    ]


def actions(estimates, prices=None):
    """The action that the rule takes on decoded estimates: a class, or K + j for expert j."""
    agents = torch.cat(
        [estimates.class_posterior.amax(-1, keepdim=True), 1.0 - estimates.expert_costs], -1
    )
    if prices is not None:  # of each problem its own
        agents[:, 1:] -= prices
    routes = torch.as_tensor(route(agents.numpy()))
    n_classes = estimates.class_posterior.shape[-1]
    return torch.where(routes > 0, n_classes - 1 + routes, estimates.class_posterior.argmax(-1))


def assert_routes_like_the_best_rule(all_estimates, problems, prices=None):
    n_clear = n_deferred = n_misrouted = 0
    prices = [None] * len(problems) if prices is None else prices
    for estimates, p, price in zip(all_estimates, problems, prices, strict=True):
        best, gap = p.actions()
        clear = gap > CLEAR_CUT
        n_clear += int(clear.sum())
        n_deferred += int((clear & (best >= p.posterior.shape[1])).sum())
        n_misrouted += int((clear & (actions(estimates, price) != best)).sum())
    assert n_clear > 150
    assert 20 < n_deferred < n_clear - 20
    assert n_misrouted == 0, f"{n_misrouted} of {n_clear} clear-cut problems misrouted"


def assert_recovers_the_truth(all_estimates, problems):
    for estimates, p in zip(all_estimates, problems, strict=True):
        assert_close(estimates.class_posterior, p.posterior, rtol=0.0, atol=1e-5)
        assert_close(estimates.expert_costs, p.expected_costs, rtol=0.0, atol=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
@parametrize("row, fees", DECODABLE)
def test_at_the_minimum_it_routes_like_the_best_rule_and_knows_the_truth(row, fees, seed):
    problems = drawn(fees, False, seed)
    found = estimates_at_minimum(row, constant(fees), fees, False, seed)
    assert_routes_like_the_best_rule(found, problems)
    assert_recovers_the_truth(found, problems)


@pytest.mark.parametrize("seed", SEEDS)
@parametrize("row, fees", BY_SAMPLE)
def test_a_bound_chosen_case_by_case_routes_like_the_best_rule(row, fees, seed):
    problems = drawn(fees, False, seed)
    found = estimates_at_minimum(row, "sample", fees, False, seed)
    assert_routes_like_the_best_rule(found, problems)
    if not fees:
        assert_recovers_the_truth(found, problems)


@pytest.mark.parametrize("seed", SEEDS)
@parametrize("row, fees", DECODABLE)
def test_missing_answers_do_not_move_the_minimum(row, fees, seed):
    problems = drawn(fees, True, seed)
    found = estimates_at_minimum(row, constant(fees), fees, True, seed)
    assert_routes_like_the_best_rule(found, problems)
    assert_recovers_the_truth(found, problems)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("row", CONSISTENT, ids=lambda row: row.name)
def test_one_fit_without_fees_serves_every_fee_in_the_rule(row, seed):
    with_fees = drawn(True, False, seed)
    found = estimates_at_minimum(row, 1.0, False, False, seed)
    assert_routes_like_the_best_rule(found, with_fees, [p.fees for p in with_fees])


# --- Decoding ------------------------------------------------------------------------------------


def estimates_on_random_scores(row, dtype=torch.float64):
    rng = torch.Generator().manual_seed(0)
    for n_experts, scale in product((1, 2, 3), (1.0, 10.0, 1e2, 1e3, 1e4)):
        scores = scale * torch.randn(2000, 3 + n_experts, generator=rng, dtype=torch.float64)
        estimates = row.decode(scores.to(dtype), n_experts, 1.0)
        yield torch.cat([estimates.class_posterior, estimates.expert_costs], -1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("row", [r for r in ROWS if r.bounded], ids=lambda row: row.name)
def test_bounded_estimates_lie_in_the_unit_interval_for_all_scores(row, dtype):
    for estimates in estimates_on_random_scores(row, dtype):
        assert ((estimates >= 0.0) & (estimates <= 1.0)).all()


@pytest.mark.parametrize("row", [r for r in ROWS if not r.bounded], ids=lambda row: row.name)
def test_estimates_that_are_not_marked_bounded_leave_the_unit_interval(row):
    assert any(((e < 0.0) | (e > 1.0)).any() for e in estimates_on_random_scores(row))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("max_cost", [1.0, 1.3])
@every_row
def test_decoding_is_finite_and_leaves_its_argument_alone(row, max_cost, dtype):
    scores = torch.tensor(list(product((-1e4, 0.0, 1e4), repeat=4)), dtype=dtype)
    before = scores.clone()
    estimates = row.decode(scores, 2, max_cost)
    for part in estimates:
        assert part.isfinite().all()
        assert part.dtype == dtype
        assert part.shape == (81, 2)
    assert_close(estimates.expert_accuracy, 1.0 - estimates.expert_costs)
    assert (scores == before).all()


@every_row
def test_decoding_knows_any_batch_shape_and_no_order_of_experts(row):
    scores = torch.randn(2, 3, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    estimates = row.decode(scores, 3, 1.3)
    flat = row.decode(scores.flatten(0, 1), 3, 1.3)
    swapped = row.decode(scores[..., [0, 1, 2, 5, 3, 4]], 3, 1.3)
    assert_close(flat.class_posterior, estimates.class_posterior.flatten(0, 1))
    assert_close(flat.expert_costs, estimates.expert_costs.flatten(0, 1))
    assert_close(swapped.class_posterior, estimates.class_posterior)
    assert_close(swapped.expert_costs, estimates.expert_costs[..., [2, 0, 1]])


@every_row
def test_decoding_without_experts_gives_a_posterior_and_no_costs(row):
    estimates = row.decode(torch.zeros(4, 3), 0, 1.0)
    assert estimates.class_posterior.shape == (4, 3)
    assert estimates.expert_costs.shape == (4, 0)


# --- Under the transforms of torch ---------------------------------------------------------------


@pytest.mark.parametrize("missing", [False, True], ids=["all answered", "some missing"])
@every_bound
def test_vmap_and_functional_gradients_agree_with_autograd(row, max_cost, missing):
    cases = some_cases(max_cost=max_cost, missing=missing)
    tensors = (cases.scores, cases.y, cases.costs, *((cases.mask,) if missing else ()))

    def loss(scores, y, costs, mask=None):
        return Cases(scores, y, costs, mask, max_cost).of(row, "sum")

    assert_close(torch.func.vmap(loss)(*tensors), cases.of(row))
    assert_close(torch.func.grad(loss)(*tensors), cases.gradient(row))
    assert_close(torch.func.vmap(torch.func.grad(loss))(*tensors), cases.gradient(row))


@pytest.mark.parametrize("argument", [0, 1, 2, 3], ids=["scores", "y", "costs", "mask"])
@every_row
def test_vmap_over_one_argument_alone(row, argument):
    cases = some_cases(max_cost=1.3, missing=True)
    tensors = [cases.scores, cases.y, cases.costs, cases.mask]
    variants = torch.stack([tensors[argument], tensors[argument].roll(1, 0)])
    in_dims = tuple(0 if i == argument else None for i in range(4))

    def loss(scores, y, costs, mask):
        return Cases(scores, y, costs, mask, 1.3).of(row)

    def at(variant):
        return loss(*(variant if i == argument else t for i, t in enumerate(tensors)))

    arguments = (variants if i == argument else t for i, t in enumerate(tensors))
    found = torch.func.vmap(loss, in_dims=in_dims)(*arguments)
    assert_close(found, torch.stack([at(v) for v in variants]))


@pytest.mark.parametrize("missing", [False, True], ids=["all answered", "some missing"])
@every_bound
def test_compiles_into_one_graph(row, max_cost, missing):
    cases = some_cases(max_cost=max_cost, missing=missing)
    torch.compiler.reset()

    @torch.compile(fullgraph=True, backend="aot_eager")
    def compiled(scores, y, costs, mask):
        return Cases(scores, y, costs, mask, max_cost).of(row)

    scores = cases.scores.clone().requires_grad_()
    loss = compiled(scores, cases.y, cases.costs, cases.mask)
    loss.sum().backward()
    assert_close(loss.detach(), cases.of(row))
    assert_close(scores.grad, cases.gradient(row))


# --- Errors --------------------------------------------------------------------------------------

GOOD = {
    "scores": torch.zeros(4, 4),  # two classes, two experts
    "y": torch.tensor([0, 1, 0, 1]),
    "costs": torch.tensor([[0.0, 1.0]] * 4),
}


def with_entry(value):
    costs = GOOD["costs"].clone()
    costs[2, 1] = value
    return {"costs": costs}


def with_label(value):
    return {"y": torch.tensor([0, 1, value, 1])}


# What is wrong, and what the message must hold: what came, what was wanted, what to do.
BAD = {
    "too few labels": (
        {"y": GOOD["y"][:3]},
        ["scores (..., K + J)", "y (...)", "costs (..., J)", "(4, 4)", "(3,)", "(4, 2)"],
    ),
    "too few costs": ({"costs": GOOD["costs"][:3]}, ["costs (..., J)", "(4, 4)", "(3, 2)"]),
    "labels one-hot": ({"y": torch.eye(2)[GOOD["y"]]}, ["y (...)", "(4, 2)"]),
    "costs of one expert, flat": ({"costs": torch.zeros(4)}, ["costs (..., J)", "(4,)"]),
    "costs without dimensions": ({"costs": torch.tensor(0.0)}, ["costs (..., J)", "()"]),
    "no column left for a class": ({"costs": torch.zeros(4, 4)}, ["K >= 1", "(4, 4)"]),
    "label is the first expert's column": (with_label(2), ["0..1", "2 class columns", "0 to 2"]),
    "label is the last expert's column": (with_label(3), ["0..1", "2 class columns", "0 to 3"]),
    "label beyond all columns": (with_label(4), ["0..1", "0 to 4"]),
    "label negative": (with_label(-1), ["0..1", "-1 to 1"]),
    "labels float": ({"y": torch.zeros(4)}, ["class indices", "integers", "torch.float32"]),
    "labels bool": ({"y": torch.zeros(4).bool()}, ["class indices", "integers", "torch.bool"]),
    "scores integer": (
        {"scores": torch.zeros(4, 4).long()},
        ["scores", "floating point", "torch.int64"],
    ),
    "cost NaN": (with_entry(math.nan), ["finite and not negative", "mask=False", "nan"]),
    "cost infinite": (with_entry(math.inf), ["finite and not negative", "inf"]),
    "cost negative": (with_entry(-0.25), ["finite and not negative", "-0.25"]),
    "cost above max_cost": (
        {**with_entry(1.25), "max_cost": 1.125},
        ["1.25", "max_cost=1.125", "one plus the largest fee"],
    ),
    "max_cost below one": ({"max_cost": 0.5}, ["at least 1", "max_cost=0.5"]),
    "max_cost infinite": ({"max_cost": math.inf}, ["at least 1", "max_cost=inf"]),
    "max_cost NaN": ({"max_cost": math.nan}, ["at least 1", "max_cost=nan"]),
    "max_cost a word": ({"max_cost": "batch"}, ["max_cost='batch'"]),
    "mask of another shape": (
        {"mask": torch.ones(4, 1).bool()},
        ["boolean with the shape of costs", "(4, 1)", "(4, 2)"],
    ),
    "mask of numbers": (
        {"mask": torch.ones(4, 2)},
        ["boolean with the shape of costs", "True where the expert answered", "torch.float32"],
    ),
    "reduction unknown": (
        {"reduction": "average"},
        ["reduction 'average'", "mean", "sum", "none"],
    ),
    "reduction misspelt": ({"reduction": "means"}, ["Did you mean 'mean'?"]),
    "reduction is None": ({"reduction": None}, ["mean", "sum", "none"]),
    "weights of another shape": (
        {"sample_weight": torch.ones(4, 1)},
        ["sample_weight", "one weight per case", "(4,)", "(4, 1)"],
    ),
}


@pytest.mark.parametrize("what", BAD)
@every_row
def test_an_error_says_what_came_and_what_was_wanted(row, what):
    wrong, words = BAD[what]
    arguments = {**GOOD, **wrong}
    tensors = [arguments.pop(name) for name in ("scores", "y", "costs")]
    with pytest.raises(InvalidInput) as caught:
        row.loss(*tensors, **arguments)
    for word in words:
        assert word in str(caught.value)


@every_row
def test_what_is_right_raises_nothing(row):
    assert row.loss(*GOOD.values()).isfinite()


@every_row
def test_an_unknown_reduction_is_an_unknown_name(row):
    with pytest.raises(UnknownName):
        row.loss(*GOOD.values(), reduction="average")


@pytest.mark.parametrize("row", [r for r in ROWS if not takes_sample(r)], ids=lambda row: row.name)
def test_a_bound_by_sample_is_refused_where_it_means_nothing(row):
    with pytest.raises(InvalidInput, match="max_cost='sample'"):
        row.loss(*GOOD.values(), max_cost="sample")
