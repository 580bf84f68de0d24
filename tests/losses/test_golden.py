"""Numbers computed elsewhere, from the definitions; golden.json says how."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from cede import OperatingPoint, route
from cede.losses import SURROGATES, Surrogate, ideal_weights

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
within = partial(assert_close, rtol=1e-10, atol=1e-10)


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


@dataclass(frozen=True)
class Case:
    """Our loss as a function of the scores that the gradient is taken in, and how to read them."""

    row: Surrogate
    loss: Callable
    scores: torch.Tensor
    max_cost: float = 1.0
    ranked: torch.Tensor | None = None  # what the row ranks, if it is not the scores
    classes: torch.Tensor | None = None  # of a model that is fixed

    @property
    def n_experts(self):
        return len(self.agents()[0]) - 1

    def agents(self):
        scores = self.scores if self.ranked is None else self.ranked
        first = {"single_stage": 3, "two_stage": 1}.get(self.row.kind, 0)
        return self.row.agent_scores(scores, scores.shape[-1] - first, self.max_cost)

    def estimates(self):
        return self.row.decode(self.scores, self.n_experts, self.max_cost)

    def decisions(self, fee=0.0):
        """Classes 0..K-1, then experts, as the file counts them; or agents where no class is."""
        routes = route(self.agents().numpy(), OperatingPoint(prices=(fee,) * self.n_experts))
        classes = self.scores[:, :3] if self.row.kind == "single_stage" else self.classes
        if classes is None:
            return routes.tolist()
        return np.where(routes > 0, 2 + routes, classes.argmax(-1).numpy()).tolist()


def single_stage(name, options=lambda params: {}):
    """Our row, and our options from the parameters of the case."""

    def read(inputs, params, expected):
        scores, y, costs = scores_labels_costs(inputs, params)
        given = options(params)
        bound = given.get("max_cost", 1.0)
        loss = partial(SURROGATES[name].loss, y=y, costs=costs, **given)
        return Case(SURROGATES[name], loss, scores, 1.0 if bound == "sample" else bound)

    return read


def scores_labels_costs(inputs, params):
    y = torch.tensor(inputs["y"])
    wrong = torch.tensor(inputs["m"]) != y.unsqueeze(-1)
    fees = tensor(params.get("c0", params.get("c0_train", 0.0)))
    costs = tensor(params["cost"]) if "cost" in params else wrong + fees
    return torch.cat([tensor(inputs["f"]), tensor(inputs["g"])], -1), y, costs


def mixed_with_cross_entropy(inputs, params, expected):
    scores, y, costs = scores_labels_costs(inputs, params)
    row, alpha = SURROGATES["realizable"], params["alpha"]

    def loss(scores, reduction):
        of_classes = F.cross_entropy(scores[:, :3], y, reduction=reduction)
        return alpha * row.loss(scores, y, costs, reduction=reduction) + (1 - alpha) * of_classes

    return Case(row, loss, scores)


def beside_a_frozen_model(inputs, params, expected):
    """The rejector is g less the largest class score, and only g is learned."""
    scores, y, costs = scores_labels_costs(inputs, params)
    row, classes, learned = SURROGATES["rejector"], scores[:, :3], scores[:, 3:]
    largest = classes.amax(-1, keepdim=True)
    model = (classes.argmax(-1) != y).double()
    within((learned - largest).squeeze(-1), tensor(expected["r"]))

    def loss(learned, reduction):
        return row.loss(learned - largest, model, costs, reduction=reduction)

    return Case(row, loss, learned, ranked=learned - largest, classes=classes)


def two_agents(inputs, params, expected):
    scores, costs = tensor(inputs["r"]), tensor(inputs["cost"])
    row = SURROGATES["rejector"]
    loss = partial(row.loss, model_costs=costs[:, 0], costs=costs[:, 1])
    return Case(row, loss, scores, ranked=scores.unsqueeze(-1))


def two_stage(name, options=lambda params: {}):
    def read(inputs, params, expected):
        costs = tensor(inputs["cost"] if "cost" in inputs else expected["cost"])
        loss = partial(SURROGATES[name].loss, agent_costs=costs, **options(params))
        return Case(SURROGATES[name], loss, tensor(inputs["r"]))

    return read


def density_ratio(inputs, params, expected):
    row, scores = SURROGATES["density_ratio"], tensor(inputs["s"])
    losses = [tensor(inputs[name]) for name in ("loss_model", "loss_expert")]
    for agent_losses, weights in zip(losses, ("w_model", "w_expert"), strict=True):
        within(ideal_weights(agent_losses, params["lambda"]), tensor(expected[weights]))
    options = {"temperature": params["lambda"], "proper": params["proper_loss"]}
    loss = partial(row.loss, model_losses=losses[0], expert_losses=losses[1], **options)
    return Case(row, loss, scores, ranked=(scores - expected["bayes_threshold"]).unsqueeze(-1))


#: Method in the file: how to read a case of it.
METHODS = {
    "css_const": single_stage("cost_sensitive_softmax", lambda p: {"max_cost": p["cmax"]}),
    "css_sample_dependent": single_stage(
        "cost_sensitive_softmax", lambda p: {"max_cost": "sample"}
    ),
    "css_multi": single_stage("cost_sensitive_softmax"),
    "lce_alpha": single_stage("alpha_weighted_softmax", lambda p: {"alpha": p["alpha"]}),
    "picce": single_stage("best_expert_softmax"),
    "ova": single_stage("one_vs_all"),
    "ova_general": single_stage("one_vs_all", lambda p: {"max_cost": p["cmax"]}),
    "asymmetric_softmax": single_stage("asymmetric_softmax"),
    "sova": single_stage("softmax_one_vs_all", lambda p: {"max_cost": p["cmax"]}),
    "decoupled": single_stage("softmax_one_vs_all", lambda p: {"weight": p["beta"]}),
    "rs": mixed_with_cross_entropy,
    "rl2d": single_stage("realizable", lambda p: {"q": p["q"]}),
    "layercake": single_stage("realizable", lambda p: {"q": p["q"]}),
    "lpsi_multi": single_stage("realizable", lambda p: {"form": "signed", "q": p["q"]}),
    "moe": single_stage("mixture_of_experts"),
    "posthoc_rejector": beside_a_frozen_model,
    "two_expert": two_agents,
    "two_stage_mao2023": two_stage("weighted", lambda p: {"q": p.get("q", 0.0)}),
    "two_stage_tau": two_stage("aggregated", lambda p: {"u": p["u"]}),
    "two_stage_complement": two_stage("complement", lambda p: {"q": p["q"]}),
    "two_stage_constrained": two_stage("constrained"),
    "dr_cpe": density_ratio,
}

CASES = {
    case["id"]: (
        METHODS[case["method"]](case["inputs"], case["params"], case["expected"]),
        case["expected"],
    )
    for case in GOLDEN["cases"]
}


def having(key, *, decoded=False):
    names = [
        name
        for name, (case, expected) in CASES.items()
        if key in expected and not (decoded and case.row.decode is None)
    ]
    assert names
    return pytest.mark.parametrize(("case", "expected"), [CASES[name] for name in names], ids=names)


def test_the_file_holds_every_case_that_our_losses_compute():
    assert len(CASES) == 56
    assert len({case.row.name for case, _ in CASES.values()}) == 14


@having("loss")
def test_loss_of_each_case(case, expected):
    within(case.loss(case.scores, reduction="none"), tensor(expected["loss"]))
    within(case.loss(case.scores, reduction="mean"), tensor(expected["mean"]))


@having("grad_of_mean")
def test_gradient_of_the_mean(case, expected):
    scores = case.scores.clone().requires_grad_()
    case.loss(scores, reduction="mean").backward()
    parts = [tensor(part) for part in expected["grad_of_mean"].values()]  # f and g, or r, or s
    within(scores.grad, torch.cat(parts, -1) if len(parts) > 1 else parts[0])


@having("decision")
def test_decision(case, expected):
    found = case.decisions()
    if case is CASES["asym_softmax_extreme"][0]:
        # Both estimates of the first case are exactly 1, and a tie stays with the model; by the
        # scores the expert is ahead.
        assert found.pop(0) == 0
        found.insert(0, case.scores[0].argmax())
    assert found == expected["decision"]


@having("defer_at_bayes_threshold")
def test_decision_at_the_threshold_where_the_two_are_as_good(case, expected):
    assert case.decisions() == expected["defer_at_bayes_threshold"]


@having("threshold_correction_decision_by_c0")
def test_decision_of_one_fit_at_several_fees(case, expected):
    for fee, decision in expected["threshold_correction_decision_by_c0"].items():
        assert case.decisions(float(fee)) == decision


@having("class_posterior", decoded=True)
def test_class_posterior(case, expected):
    within(case.estimates().class_posterior, tensor(expected["class_posterior"]))


@having("expert_accuracy", decoded=True)
def test_expert_accuracy(case, expected):
    within(case.estimates().expert_accuracy, tensor(expected["expert_accuracy"]))


@having("expert_error", decoded=True)
def test_expert_error(case, expected):
    within(case.estimates().expert_costs.squeeze(-1), tensor(expected["expert_error"]))


def test_expected_cost_is_the_realizable_family_at_q_one():
    for name in ("rl2d_q1.0", "lpsi_q1.0_01", "lpsi_q1.0_affine"):
        case, expected = CASES[name]
        y, costs = case.loss.keywords["y"], case.loss.keywords["costs"]
        loss = SURROGATES["expected_cost"].loss(case.scores, y, costs, reduction="none")
        within(loss, tensor(expected["loss"]))


# --- One x with known posterior, accuracies and fees: optimal scores in closed form ---------------

POPULATION = GOLDEN["population"]
KNOWN = {name: tensor(values) for name, values in POPULATION["inputs"].items()}
N_CLASSES, N_EXPERTS = len(KNOWN["eta"]), len(KNOWN["acc"])


def identity(scores):
    return scores


OPTIMA = {  # entry in the file: our row, scores from it, whether with fees, options
    "css_multi_01": ("cost_sensitive_softmax", torch.log, False, {"max_cost": 1.0}),
    "css_const_cmax1_3": ("cost_sensitive_softmax", torch.log, True, {"max_cost": 1.3}),
    "ova_01": ("one_vs_all", torch.logit, False, {"max_cost": 1.0}),
    "ova_general_cmax1_3": ("one_vs_all", torch.logit, True, {"max_cost": 1.3}),
    "asym_softmax_logits": ("asymmetric_softmax", identity, False, {"max_cost": 1.0}),
    "two_stage_log_tau": ("aggregated", torch.log, True, {}),
    "two_stage_mao2023_log": ("weighted", torch.log, True, {}),
}


@pytest.fixture(params=OPTIMA)
def optimum(request):
    name, to_scores, with_fees, options = OPTIMA[request.param]
    scores = to_scores(tensor(POPULATION[request.param]))
    return SURROGATES[name], scores, KNOWN["c0"] * with_fees, options


def test_the_closed_form_optimum_is_a_minimum(optimum):
    row, scores, fees, options = optimum
    y, wrong_0, wrong_1 = torch.meshgrid(
        torch.arange(N_CLASSES), torch.arange(2), torch.arange(2), indexing="ij"
    )
    y, wrong = y.flatten(), torch.stack([wrong_0, wrong_1], -1).reshape(-1, N_EXPERTS)
    of_experts = torch.where(wrong == 1, 1.0 - KNOWN["acc"], KNOWN["acc"]).prod(-1)
    probability = KNOWN["eta"][y] * of_experts
    costs = wrong + fees
    given = (y, costs)
    if row.kind == "two_stage":  # costs in [0, 1] on average, as the optimum is linear in them
        given = (tensor(POPULATION["two_stage_agent_cost"]).expand(len(y), -1),)

    scores = scores.requires_grad_()
    loss = row.loss(scores.expand(len(y), -1), *given, reduction="none", **options)
    (probability * loss).sum().backward()
    within(scores.grad, torch.zeros_like(scores))


def test_the_closed_form_optimum_decodes_to_the_truth(optimum):
    row, scores, fees, options = optimum
    if row.decode is not None:
        estimates = row.decode(scores, N_EXPERTS, options["max_cost"])
        within(estimates.class_posterior, KNOWN["eta"])
        within(estimates.expert_costs, 1.0 - KNOWN["acc"] + fees)


def test_the_closed_form_optimum_takes_the_best_action_scores_and_all(optimum):
    row, scores, fees, _ = optimum
    action_costs = torch.cat([1.0 - KNOWN["eta"], 1.0 - KNOWN["acc"] + fees])
    if row.kind == "two_stage":
        assert scores.argmax() == tensor(POPULATION["two_stage_agent_cost"]).argmin()
    else:
        assert scores.argmax() == action_costs.argmin() == POPULATION["bayes_action_c0"]
