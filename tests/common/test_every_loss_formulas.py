"""Every loss against the formula that its paper prints, in plain floats, at any scores and costs.

NAIVE holds the formulas; a new row adds its own, and in CLASSIFICATION_PARENT what it is without
experts, unless that is cross-entropy.
"""

import math
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from cede.losses import SURROGATES
from rows import FEWEST_CLASSES, VARIANTS, Cases, every_variant, parametrize, some_cases


def log_sum_exp(values):
    top = max(values, default=-math.inf)
    if top == -math.inf:
        return top
    return top + math.log(math.fsum(math.exp(v - top) for v in values))


def exponential(z):
    """The exponential, from e^64 on its tangent, as the docstrings say."""
    return math.exp(z) if z <= 64.0 else math.exp(64.0) * (1.0 + z - 64.0)


def sigmoid(z):
    return math.exp(-phi(z))


def phi(z):
    return max(-z, 0.0) + math.log1p(math.exp(-abs(z)))


MARGIN = {
    "logistic": phi,
    "exponential": lambda z: exponential(-z),
    "squared_hinge": lambda z: max(0.0, 1.0 - z) ** 2,
    "hinge": lambda z: max(0.0, 1.0 - z),
}


def log_softmax(scores):
    total = log_sum_exp(scores)
    return [s - total for s in scores]


# --- Single stage: class scores f, expert scores g, the label, the costs of the experts -----------


def cost_sensitive_softmax(f, g, y, costs, max_cost):
    bound = max([1.0, *costs]) if max_cost == "sample" else max_cost
    log_p = log_softmax(f + g)
    classes = [(bound - (k != y)) * -log_p[k] for k in range(len(f))]
    experts = [(bound - c) * -log_p[len(f) + j] for j, c in enumerate(costs)]
    return math.fsum(classes + experts)


def alpha_weighted_softmax(f, g, y, costs, alpha):
    log_p = log_softmax(f + g)
    right = [1.0 - c for c in costs]
    best = max(right, default=0.0)
    experts = [e * -log_p[len(f) + j] for j, e in enumerate(right)]
    return math.fsum([(alpha * best + 1.0 - best) * -log_p[y], *experts])


def best_expert_softmax(f, g, y, costs):
    log_p = log_softmax(f + g)
    right = [j for j, c in enumerate(costs) if c < 1.0]
    if not right:
        return -log_p[y]
    best = max(right, key=lambda j: g[j])
    return -log_p[y] - (1.0 - costs[best]) * log_p[len(f) + best]


def experts_logistic(g, costs, m):
    return math.fsum((m - c) * phi(z) + c * phi(-z) for c, z in zip(costs, g, strict=True))


def one_vs_all(f, g, y, costs, max_cost):
    m = max_cost
    others = [(m - 1.0) * phi(f_k) + phi(-f_k) for k, f_k in enumerate(f) if k != y]
    return math.fsum([m * phi(f[y]), *others, experts_logistic(g, costs, m)])


def softmax_one_vs_all(f, g, y, costs, max_cost, weight=1.0):
    return -log_softmax(f)[y] + weight * experts_logistic(g, costs, max_cost)


def asymmetric_softmax(f, g, y, costs, max_cost):
    others = sorted(f)[:-1]
    z = [g_j - log_sum_exp(others) for g_j in g]
    return -log_softmax(f)[y] + experts_logistic(z, costs, max_cost) / max_cost


def decreasing(log_t, q):
    return -log_t if q == 0.0 else 1.0 - math.exp(q * log_t)


def realizable(f, g, y, costs, q=0.0, form="layer_cake"):
    log_p = log_softmax(f + g)
    experts = log_p[len(f) :]
    if form == "signed":
        alone = (math.fsum(costs) + 1.0 - len(costs)) * decreasing(log_p[y], q)
        pairs = [log_sum_exp([log_p[y], e]) for e in experts]
        with_experts = [(1.0 - c) * decreasing(t, q) for c, t in zip(costs, pairs, strict=True)]
        return math.fsum([alone, *with_experts])
    total, paid = 0.0, 0.0  # the integral over t, from one cost to the next
    for t in sorted({*costs, 1.0}):
        mass = log_sum_exp([log_p[y], *(e for e, c in zip(experts, costs, strict=True) if c < t)])
        total += (t - paid) * decreasing(mass, q)
        paid = t
    return total


def expected_cost(f, g, y, costs):
    p = [math.exp(v) for v in log_softmax(f + g)]
    wrong = [p_k for k, p_k in enumerate(p[: len(f)]) if k != y]
    return math.fsum([*wrong, *(c * p_j for c, p_j in zip(costs, p[len(f) :], strict=True))])


def mixture_of_experts(f, g, y, costs):
    gate = [math.exp(v) for v in log_softmax([0.0, *g])]
    charged = [-log_softmax(f)[y], *costs]
    return math.fsum(share * cost for share, cost in zip(gate, charged, strict=True))


# --- Post-hoc: rejector scores r, the model's cost, the experts' ----------------------------------


def rejector(r, model_cost, costs, margin):
    phi = MARGIN[margin]
    return math.fsum(model_cost * phi(r_j) + c * phi(-r_j) for r_j, c in zip(r, costs, strict=True))


# --- Two stages: agent scores r, agent costs ------------------------------------------------------


def of_power(log_t, q):
    """(1 - t^q) / q, from the logarithm of t."""
    if q == 0.0:
        return -log_t
    return -math.expm1(q * log_t) / q if q > 0.0 else (exponential(q * log_t) - 1.0) / -q


def complement(r, costs, q):
    if len(r) == 1:
        return costs[0]
    rest = [log_sum_exp(r[:j] + r[j + 1 :]) - log_sum_exp(r) for j in range(len(r))]
    return math.fsum(c * of_power(t, q) for c, t in zip(costs, rest, strict=True))


def aggregated(r, costs, u):
    tau = [math.fsum(costs[:j] + costs[j + 1 :]) for j in range(len(costs))]
    return math.fsum(t * of_power(lp, u - 1.0) for t, lp in zip(tau, log_softmax(r), strict=True))


def weighted(r, costs, q):
    return math.fsum(
        (1.0 - c) * of_power(lp, q) for c, lp in zip(costs, log_softmax(r), strict=True)
    )


def constrained(r, costs, margin):
    mean = math.fsum(r) / len(r)
    return math.fsum(c * MARGIN[margin](mean - r_j) for c, r_j in zip(costs, r, strict=True))


def cost_regression(r, costs):
    return math.fsum((r_j - (1.0 - c)) ** 2 for r_j, c in zip(r, costs, strict=True))


# --- Density ratio: one score, the losses of model and expert, normalisers of the whole batch -----

PROPER = {
    "log": lambda s: phi(-s),
    "square": lambda s: sigmoid(s) ** 2,
    "exponential": lambda s: exponential(s / 2.0),
}


def density_ratio(s, model_loss, expert_loss, proper, temperature, log_normalizers):
    w_model, w_expert = (
        math.exp(-loss / temperature - log_z)
        for loss, log_z in zip((model_loss, expert_loss), log_normalizers, strict=True)
    )
    return w_model * PROPER[proper](-s) + w_expert * PROPER[proper](s)


def log_normalizers_of(losses, temperature):
    return [
        log_sum_exp([-loss / temperature for loss in of_agent]) - math.log(len(of_agent))
        for of_agent in losses
    ]


#: One case in plain floats, as the papers print it, with the experts that answered.
NAIVE = {
    function.__name__: function
    for function in (
        cost_sensitive_softmax,
        alpha_weighted_softmax,
        best_expert_softmax,
        one_vs_all,
        asymmetric_softmax,
        softmax_one_vs_all,
        realizable,
        expected_cost,
        mixture_of_experts,
        rejector,
        complement,
        aggregated,
        weighted,
        constrained,
        cost_regression,
        density_ratio,
    )
}


def cross_entropy(scores, y):
    return F.cross_entropy(scores, y, reduction="none")


def binary_cross_entropies(scores, y):
    target = F.one_hot(y, scores.shape[-1]).to(scores)
    return F.binary_cross_entropy_with_logits(scores, target, reduction="none").sum(-1)


def power_of_the_label(scores, y, q, **_):
    return 1.0 - (-q * cross_entropy(scores, y)).exp() if q else cross_entropy(scores, y)


#: What a single-stage loss is without experts, where it is not cross-entropy; with its options.
CLASSIFICATION_PARENT = {
    "one_vs_all": lambda scores, y, **_: binary_cross_entropies(scores, y),
    "expected_cost": lambda scores, y: power_of_the_label(scores, y, 1.0),
    "realizable": lambda scores, y, q=0.0, **_: power_of_the_label(scores, y, q),
}


def printed_formula(cases):
    """The formula at each of the cases."""
    variant, options = cases.variant, cases.variant.options
    tensors = [tensor.tolist() for tensor in (cases.scores, *cases.given)]
    if variant.couples_cases:
        of_batch = log_normalizers_of(tensors[1:], options["temperature"])
        options = {**options, "log_normalizers": of_batch}
    found = []
    for i, (scores, *others) in enumerate(zip(*tensors, strict=True)):
        if variant.kind == "single_stage":
            scores, experts = scores[: cases.n_classes], scores[cases.n_classes :]
            arguments = [scores, experts, *others]
        else:
            arguments = [scores, *others]
        if cases.mask is not None:
            of_experts = {"single_stage": (1, 3), "two_stage": (0, 1)}.get(variant.kind, (0, 2))
            for a in of_experts:
                pairs = zip(arguments[a], cases.mask[i].tolist(), strict=True)
                arguments[a] = [value for value, there in pairs if there]
        found.append(NAIVE[variant.row.name](*arguments, **options))
    return found


# --- Any input -----------------------------------------------------------------------------------


@st.composite
def any_cases(draw, variant):
    n, n_classes, n_experts = (draw(st.integers(*ends)) for ends in ((1, 3), (1, 5), (0, 4)))
    n_classes = max(n_classes, FEWEST_CLASSES.get(variant.row.name, 1))
    kind, fee = variant.kind, variant.fee
    cost = st.sampled_from([0.0, fee, 1.0, 1.0 + fee]) | st.floats(0.0, 1.0 + fee)

    def table(element, n_columns, dtype=torch.float64):
        shape = (n,) if n_columns is None else (n, n_columns)
        size = n * (1 if n_columns is None else n_columns)
        values = draw(st.lists(element, min_size=size, max_size=size))
        return torch.tensor(values, dtype=dtype).reshape(shape)

    columns = {"two_stage": 1 + n_experts, "density_ratio": None}.get(kind, n_experts)
    n_scores = n_classes + n_experts if kind == "single_stage" else columns
    scores = table(st.floats(-1e4, 1e4), n_scores)
    given = [table(cost, columns)]
    if kind == "single_stage":
        given.insert(0, table(st.integers(0, n_classes - 1), None, torch.int64))
    elif kind != "two_stage":
        given.insert(0, table(cost, None))
    mask = table(st.booleans(), columns, torch.bool) if variant.row.takes("mask") else None
    return Cases(variant, scores, tuple(given), mask)


def any_input(test):
    return settings(max_examples=40, deadline=None, derandomize=True, database=None)(test)


def may_be_negative(variant):
    return variant.options.get("form") == "signed" and variant.options["q"] < 1.0


@every_variant
@any_input
@given(data=st.data())
def test_finite_and_not_negative_for_all_scores(variant, data):
    cases = data.draw(any_cases(variant))
    for dtype in (torch.float64, torch.float32):
        loss = cases.to(dtype).loss()
        assert loss.isfinite().all()
        assert may_be_negative(variant) or (loss >= 0.0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@parametrize("variant", [v for v in VARIANTS if not may_be_negative(v)])
def test_rounding_leaves_no_loss_below_zero(variant, dtype):
    """Where the right agent is certain, next to nothing is left, and rounding is all there is."""
    for n_classes, n_experts, scale in product((1, 2, 5), (1, 2, 12, 39), (0.3, 3.0, 30.0, 1e4)):
        if n_classes < FEWEST_CLASSES.get(variant.row.name, 1):
            continue
        sizes = {"n_classes": n_classes, "n_experts": n_experts, "scale": scale}
        drawn = some_cases(variant, (200,), **sizes).to(dtype)
        certain, cases = drawn.scores, [drawn]
        if drawn.scores.ndim > 1 and variant.kind != "density_ratio":
            best = drawn.scores.argmax(-1)
            certain = drawn.scores.scatter_add(
                -1, best[:, None], drawn.scores.new_full((200, 1), 12.0)
            )
            free = drawn.given[-1].clone()
            column = best - (drawn.scores.shape[-1] - free.shape[-1])
            free[column >= 0, column[column >= 0]] = 0.0
            cases.append(drawn.of([certain, *drawn.given[:-1], free]))
            if variant.kind == "single_stage":
                y = torch.where(column < 0, best, drawn.given[0])
                cases.append(drawn.of([certain, y, free]))
        for each in cases:
            assert (each.loss() >= 0.0).all()


@parametrize("variant", [v for v in VARIANTS if v.row.name in {"expected_cost", "complement"}])
def test_the_gradient_where_rounding_was_cut_off_is_still_that_of_the_formula(variant):
    for scale in (1.0, 10.0, 30.0):
        cases = some_cases(variant, (300,), n_experts=12, scale=scale)
        single, double = cases.to(torch.float32).gradient(), cases.gradient()
        assert_close(single.double(), double, rtol=2e-5, atol=1e-5)


def test_every_row_has_its_formula_here():
    assert set(NAIVE) == set(SURROGATES)


@parametrize("variant", VARIANTS)
@any_input
@given(data=st.data())
def test_equals_the_printed_formula_in_plain_floats(variant, data):
    cases = data.draw(any_cases(variant))
    assert_close(cases.loss().tolist(), printed_formula(cases), rtol=1e-11, atol=1e-10)


@parametrize(
    "variant, missing",
    [
        (v, m)
        for v in VARIANTS
        if v.kind == "single_stage" and v.options.get("max_cost") in (None, 1.0, "sample")
        for m in (False, True)[: 1 + v.row.takes("mask")]
    ],
)
def test_without_experts_equals_its_classification_parent(variant, missing):
    cases = some_cases(variant, n_experts=0, missing=missing)
    parent = CLASSIFICATION_PARENT.get(variant.row.name, lambda s, y, **_: cross_entropy(s, y))
    options = {k: v for k, v in variant.options.items() if k != "max_cost"}
    expected = parent(cases.scores, cases.given[0], **options)
    assert_close(cases.loss(), expected)
    assert_close(cases.loss("mean"), expected.mean())
