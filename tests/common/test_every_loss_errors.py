"""What every loss refuses, and that its message says what came and what was wanted."""

import math

import pytest
import torch

from cede.exceptions import InvalidInput, UnknownName
from rows import ROWS, parametrize, takes_sample

#: Arguments without a fault: two classes or a model, and two experts.
GOOD = {
    "single_stage": {
        "scores": torch.zeros(4, 4),
        "y": torch.tensor([0, 1, 0, 1]),
        "costs": torch.tensor([[0.0, 1.0]] * 4),
    },
    "post_hoc": {
        "scores": torch.zeros(4, 2),
        "model_costs": torch.tensor([0.0, 1.0, 0.0, 1.0]),
        "costs": torch.tensor([[0.0, 1.0]] * 4),
    },
    "two_stage": {
        "agent_scores": torch.zeros(4, 3),
        "agent_costs": torch.tensor([[0.0, 1.0, 0.5]] * 4),
    },
    "density_ratio": {
        "scores": torch.zeros(4),
        "model_losses": torch.tensor([0.0, 1.0, 0.0, 1.0]),
        "expert_losses": torch.tensor([0.0, 0.0, 1.0, 1.0]),
    },
}


def with_entry(kind, argument, value):
    """Good arguments but for one entry, of the third case."""
    changed = GOOD[kind][argument].clone()
    changed[2, ...] = torch.where(torch.arange(changed[2].numel()) == 0, value, changed[2])
    return {argument: changed}


def impossible_costs(kind, argument):
    known = [f"{argument} must be finite and not negative"]
    return {
        f"{argument} NaN": (with_entry(kind, argument, math.nan), [*known, "1 of", "NaN"]),
        f"{argument} infinite": (with_entry(kind, argument, math.inf), [*known, "infinite"]),
        f"{argument} negative": (with_entry(kind, argument, -0.25), [*known, "-0.25"]),
    }


def with_label(value):
    return {"y": torch.tensor([0, 1, value, 1])}


ANY_KIND = {
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

MASKS = {
    "mask of another shape": (
        {"mask": torch.ones(4, 1).bool()},
        ["boolean with the shape of costs, (4, ", "of shape (4, 1)"],
    ),
    "mask of numbers": (
        {"mask": torch.ones(4, 2)},
        ["boolean with the shape of costs", "True where the expert answered", "torch.float32"],
    ),
}

BOUNDS = {
    "cost above max_cost": (
        {**with_entry("single_stage", "costs", 1.25), "max_cost": 1.125},
        ["at most 1.125", "one is 1.25", "one plus the largest fee"],
    ),
    "max_cost below one": ({"max_cost": 0.5}, ["at least 1", "got 0.5"]),
    "max_cost infinite": ({"max_cost": math.inf}, ["at least 1", "got inf"]),
    "max_cost NaN": ({"max_cost": math.nan}, ["at least 1", "got nan"]),
    "max_cost a word": ({"max_cost": "batch"}, ["max_cost", "'batch'"]),
    "max_cost nothing": ({"max_cost": None}, ["max_cost", "None"]),
}

#: Of each kind: what is wrong, and what the message must hold: what came, what was wanted.
BAD = {
    "single_stage": {
        "too few labels": (
            {"y": torch.tensor([0, 1, 0])},
            ["(..., K + J)", "y (...)", "costs (..., J)", "(4, 4)", "(3,)", "(4, 2)"],
        ),
        "too few costs": ({"costs": torch.zeros(3, 2)}, ["costs (..., J)", "(4, 4)", "(3, 2)"]),
        "labels one-hot": ({"y": torch.eye(2)[[0, 1, 0, 1]]}, ["y (...)", "(4, 2)"]),
        "costs of one expert, flat": ({"costs": torch.zeros(4)}, ["costs (..., J)", "(4,)"]),
        "costs without dimensions": ({"costs": torch.tensor(0.0)}, ["costs (..., J)", "()"]),
        "no column left for a class": (
            {"costs": torch.zeros(4, 4)},
            ["one class at least", "(4, 4)"],
        ),
        "label is the first expert's": (with_label(2), ["0..1", "class columns", "0 to 2"]),
        "label is the last expert's": (with_label(3), ["0..1", "class columns", "0 to 3"]),
        "label beyond all columns": (with_label(4), ["0..1", "0 to 4"]),
        "label negative": (with_label(-1), ["0..1", "-1 to 1"]),
        "labels float": ({"y": torch.zeros(4)}, ["class indices", "integers", "torch.float32"]),
        "labels bool": ({"y": torch.zeros(4).bool()}, ["class indices", "integers", "torch.bool"]),
        "scores integer": (
            {"scores": torch.zeros(4, 4).long()},
            ["scores", "floating point", "torch.int64"],
        ),
        **impossible_costs("single_stage", "costs"),
        **ANY_KIND,
    },
    "post_hoc": {
        "costs of another shape": (
            {"costs": torch.zeros(4, 3)},
            ["the shape of costs", "model_costs (...)", "(4, 2)", "(4, 3)", "(4,)"],
        ),
        "too few model costs": ({"model_costs": torch.zeros(3)}, ["model_costs (...)", "(3,)"]),
        "scores integer": (
            {"scores": torch.zeros(4, 2).long()},
            ["scores", "floating point", "torch.int64"],
        ),
        **impossible_costs("post_hoc", "costs"),
        **impossible_costs("post_hoc", "model_costs"),
        **ANY_KIND,
    },
    "two_stage": {
        "costs of the experts only": (
            {"agent_costs": torch.zeros(4, 2)},
            ["agent_scores must have the shape of agent_costs", "model first", "(4, 3)", "(4, 2)"],
        ),
        "scores without dimensions": (
            {"agent_scores": torch.tensor(0.0), "agent_costs": torch.tensor(0.0)},
            ["(..., J + 1)", "()"],
        ),
        "no agents": (
            {"agent_scores": torch.zeros(4, 0), "agent_costs": torch.zeros(4, 0)},
            ["a column for the model at least"],
        ),
        "scores integer": (
            {"agent_scores": torch.zeros(4, 3).long()},
            ["scores", "floating point", "torch.int64"],
        ),
        **impossible_costs("two_stage", "agent_costs"),
        **ANY_KIND,
    },
    "density_ratio": {
        "losses of another shape": (
            {"expert_losses": torch.zeros(4, 1)},
            ["one shape (...) with model_losses and expert_losses", "(4,)", "(4, 1)"],
        ),
        "scores integer": (
            {"scores": torch.zeros(4).long()},
            ["scores", "floating point", "torch.int64"],
        ),
        **impossible_costs("density_ratio", "model_losses"),
        **impossible_costs("density_ratio", "expert_losses"),
        **ANY_KIND,
    },
}


def wants_unit_costs(row):
    """A loss that refuses costs above 1, whatever is passed beside them."""
    return row.unit_costs and not row.takes("max_cost")


def faults(row):
    found = dict(BAD[row.kind])
    if row.takes("mask"):
        found |= MASKS
    if row.takes("max_cost"):
        found |= BOUNDS
    if wants_unit_costs(row):
        single = row.kind == "single_stage"
        found["cost above 1"] = (
            with_entry(row.kind, "costs" if single else "agent_costs", 1.25),
            [
                "at most 1",
                "one is 1.25",
                "by the largest",
                "expected_cost" if single else "complem",
            ],
        )
    return found | OPTIONS.get(row.name, {})


#: Options that only some rows take.
OPTIONS = {
    "alpha_weighted_softmax": {
        "alpha negative": ({"alpha": -0.5}, ["alpha must be a number", "[0, infinity)", "-0.5"]),
        "alpha NaN": ({"alpha": math.nan}, ["alpha must be a number", "nan"]),
    },
    "realizable": {
        "q above one": ({"q": 1.5}, ["q must be a number", "[0, 1]", "1.5"]),
        "form unknown": ({"form": "layer-cake"}, ["form 'layer-cake'", "mean 'layer_cake'?"]),
        "signed logarithm of several": (
            {"form": "signed", "q": 0.0},
            ["unbounded below", "2 experts", "'layer_cake'", "a power above 0"],
        ),
    },
    "softmax_one_vs_all": {
        "weight negative": ({"weight": -1.0}, ["weight must be a number", "[0, infinity)"]),
        "weight NaN": ({"weight": math.nan}, ["weight must be a number", "nan"]),
    },
    "rejector": {"margin unknown": ({"margin": "log"}, ["margin 'log'", "logistic"])},
    "constrained": {"margin unknown": ({"margin": "exp"}, ["margin 'exp'", "exponential"])},
    "complement": {"q above one": ({"q": 1.5}, ["q must be a number", "[0, 1]", "1.5"])},
    "weighted": {"q negative": ({"q": -1.0}, ["q must be a number", "[0, 1]", "-1.0"])},
    "aggregated": {
        "u negative": ({"u": -1.0}, ["u must be a number", "[0, infinity)", "-1.0"]),
        "u infinite": ({"u": math.inf}, ["u must be a number", "inf"]),
    },
    "density_ratio": {
        "proper unknown": ({"proper": "brier"}, ["proper loss 'brier'", "log", "square"]),
        "temperature zero": ({"temperature": 0.0}, ["temperature must be positive"]),
        "temperature negative": ({"temperature": -1.0}, ["temperature must be", "-1.0"]),
        "one normaliser": ({"log_normalizers": 3.0}, ["two finite numbers", "3.0"]),
        "normaliser NaN": ({"log_normalizers": (math.nan, 0.0)}, ["two finite numbers", "nan"]),
    },
}


@pytest.mark.parametrize(
    ("row", "what"),
    [(row, what) for row in ROWS for what in faults(row)],
    ids=[f"{row.name}-{what}" for row in ROWS for what in faults(row)],
)
def test_an_error_says_what_came_and_what_was_wanted(row, what):
    wrong, words = faults(row)[what]
    arguments = {**GOOD[row.kind], **wrong}
    tensors = [arguments.pop(name) for name in GOOD[row.kind]]
    with pytest.raises(InvalidInput) as caught:
        row.loss(*tensors, **arguments)
    for word in words:
        assert word in str(caught.value)


@parametrize("row", ROWS)
def test_what_is_not_a_tensor_is_named(row):
    for name, value in GOOD[row.kind].items():
        arguments = {**GOOD[row.kind], name: value.numpy()}
        with pytest.raises(InvalidInput, match=f"{name} must be a torch tensor, but got ndarray"):
            row.loss(**arguments)


@parametrize("row", [row for row in ROWS if row.takes("max_cost")])
def test_a_cost_may_exceed_the_bound_by_a_rounding_error(row):
    good = GOOD[row.kind]
    costs = (torch.ones(4, 2) + 0.1).double()  # of single precision: 1.10000002
    assert row.loss(good["scores"], good["y"], costs, max_cost=1.1).isfinite()


@parametrize("row", [row for row in ROWS if row.decode or row.kind == "single_stage"])
@pytest.mark.parametrize("n_experts", [-1, 4, 7])
def test_reading_scores_with_an_impossible_number_of_experts_is_refused(row, n_experts):
    with pytest.raises(InvalidInput, match=f"n_experts must leave one .* but got {n_experts}"):
        row.agent_scores(torch.zeros(5, 4), n_experts)


@parametrize("row", ROWS)
def test_what_is_right_raises_nothing(row):
    assert row.loss(*GOOD[row.kind].values()).isfinite()


@parametrize("row", ROWS)
def test_tensors_may_be_passed_by_name(row):
    good = GOOD[row.kind]
    assert row.loss(**good) == row.loss(*good.values())


@parametrize("row", ROWS)
def test_an_unknown_reduction_is_an_unknown_name(row):
    with pytest.raises(UnknownName):
        row.loss(*GOOD[row.kind].values(), reduction="average")


@parametrize("row", [row for row in ROWS if not wants_unit_costs(row)])
def test_any_cost_will_do_where_no_bound_is_wanted(row):
    options = {"max_cost": 50.0} if row.takes("max_cost") else {}
    good = list(GOOD[row.kind].values())
    assert row.loss(*good[:-1], 50.0 * good[-1], **options).isfinite()


@parametrize(
    "row",
    [row for row in ROWS if row.takes("max_cost") and not takes_sample(row)],
)
def test_a_bound_by_sample_is_refused_where_it_means_nothing(row):
    with pytest.raises(InvalidInput, match=r"max_cost must be at least 1, .* got 'sample'"):
        row.loss(*GOOD[row.kind].values(), max_cost="sample")
