"""Numbers computed elsewhere, from the definitions; golden.json says how."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from cede import SURROGATES, OperatingPoint, Surrogate, route

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
within = partial(assert_close, rtol=1e-10, atol=1e-10)

# Method in the file: our row, and our arguments from its parameters.
METHODS = {
    "css_const": ("cost_sensitive_softmax", lambda p: {"max_cost": p["cmax"]}),
    "css_sample_dependent": ("cost_sensitive_softmax", lambda p: {"max_cost": "sample"}),
    "css_multi": ("cost_sensitive_softmax", lambda p: {}),
    "ova": ("one_vs_all", lambda p: {}),
    "ova_general": ("one_vs_all", lambda p: {"max_cost": p["cmax"]}),
    "sova": ("softmax_one_vs_all", lambda p: {"max_cost": p["cmax"]}),
    "decoupled": ("softmax_one_vs_all", lambda p: {"weight": p["beta"]}),
}


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


@dataclass(frozen=True)
class Case:
    row: Surrogate
    scores: torch.Tensor
    y: torch.Tensor
    costs: torch.Tensor
    options: dict
    expected: dict

    @classmethod
    def read(cls, case):
        inputs, params = case["inputs"], case["params"]
        name, options = METHODS[case["method"]]
        y = torch.tensor(inputs["y"])
        wrong = torch.tensor(inputs["m"]) != y.unsqueeze(-1)
        return cls(
            row=SURROGATES[name],
            scores=torch.cat([tensor(inputs["f"]), tensor(inputs["g"])], -1),
            y=y,
            costs=wrong + tensor(params.get("c0", params.get("c0_train", 0.0))),
            options=options(params),
            expected=case["expected"],
        )

    def loss(self, scores, reduction):
        return self.row.loss(scores, self.y, self.costs, reduction=reduction, **self.options)

    def estimates(self):
        max_cost = self.options.get("max_cost", 1.0)
        read_with = 1.0 if max_cost == "sample" else max_cost
        return self.row.decode(self.scores, self.costs.shape[-1], read_with)

    def decisions(self, fee=0.0):
        """Classes 0..K-1, then experts, as the file counts them."""
        posterior, costs = self.estimates()
        agents = np.column_stack([posterior.amax(-1), 1.0 - costs])
        routes = route(agents, OperatingPoint(prices=(fee,) * costs.shape[-1]))
        answers = posterior.argmax(-1).numpy()
        return np.where(routes > 0, posterior.shape[-1] - 1 + routes, answers).tolist()


CASES = {case["id"]: Case.read(case) for case in GOLDEN["cases"]}


def having(key):
    names = [name for name, case in CASES.items() if key in case.expected]
    assert names
    return pytest.mark.parametrize("case", [CASES[name] for name in names], ids=names)


@having("loss")
def test_loss_of_each_case(case):
    within(case.loss(case.scores, "none"), tensor(case.expected["loss"]))
    within(case.loss(case.scores, "mean"), tensor(case.expected["mean"]))


@having("grad_of_mean")
def test_gradient_of_the_mean(case):
    scores = case.scores.clone().requires_grad_()
    case.loss(scores, "mean").backward()
    expected = case.expected["grad_of_mean"]
    within(scores.grad, torch.cat([tensor(expected["f"]), tensor(expected["g"])], -1))


@having("decision")
def test_decision(case):
    assert case.decisions() == case.expected["decision"]


@having("threshold_correction_decision_by_c0")
def test_decision_of_one_fit_at_several_fees(case):
    for fee, expected in case.expected["threshold_correction_decision_by_c0"].items():
        assert case.decisions(float(fee)) == expected


@having("class_posterior")
def test_class_posterior(case):
    within(case.estimates().class_posterior, tensor(case.expected["class_posterior"]))


@having("expert_accuracy")
def test_expert_accuracy(case):
    within(case.estimates().expert_accuracy, tensor(case.expected["expert_accuracy"]))


@having("expert_error")
def test_expert_error(case):
    within(case.estimates().expert_costs.squeeze(-1), tensor(case.expected["expert_error"]))


# One x with known posterior, accuracies and fees: optimal scores in closed form.
KNOWN = {name: tensor(values) for name, values in GOLDEN["population"]["inputs"].items()}
N_CLASSES, N_EXPERTS = len(KNOWN["eta"]), len(KNOWN["acc"])
OPTIMA = {  # entry in the file: our row, scores from it, whether with fees, max_cost
    "css_multi_01": ("cost_sensitive_softmax", torch.log, False, 1.0),
    "css_const_cmax1_3": ("cost_sensitive_softmax", torch.log, True, 1.3),
    "ova_01": ("one_vs_all", torch.logit, False, 1.0),
    "ova_general_cmax1_3": ("one_vs_all", torch.logit, True, 1.3),
}


@pytest.fixture(params=OPTIMA)
def optimum(request):
    name, to_scores, with_fees, max_cost = OPTIMA[request.param]
    scores = to_scores(tensor(GOLDEN["population"][request.param]))
    return SURROGATES[name], scores, KNOWN["c0"] * with_fees, max_cost


def test_the_closed_form_optimum_is_a_minimum(optimum):
    row, scores, fees, max_cost = optimum
    y, wrong_0, wrong_1 = torch.meshgrid(
        torch.arange(N_CLASSES), torch.arange(2), torch.arange(2), indexing="ij"
    )
    wrong = torch.stack([wrong_0, wrong_1], -1).reshape(-1, N_EXPERTS)
    of_experts = torch.where(wrong == 1, 1.0 - KNOWN["acc"], KNOWN["acc"]).prod(-1)
    probability = KNOWN["eta"][y.flatten()] * of_experts

    scores = scores.requires_grad_()
    expanded = scores.expand(len(probability), -1)
    loss = row.loss(expanded, y.flatten(), wrong + fees, max_cost=max_cost, reduction="none")
    (probability * loss).sum().backward()
    within(scores.grad, torch.zeros_like(scores))


def test_the_closed_form_optimum_decodes_to_the_truth(optimum):
    row, scores, fees, max_cost = optimum
    estimates = row.decode(scores, N_EXPERTS, max_cost)
    within(estimates.class_posterior, KNOWN["eta"])
    within(estimates.expert_costs, 1.0 - KNOWN["acc"] + fees)


def test_the_closed_form_optimum_takes_the_best_action_scores_and_all(optimum):
    _, scores, fees, _ = optimum
    action_costs = torch.cat([1.0 - KNOWN["eta"], 1.0 - KNOWN["acc"] + fees])
    assert scores.argmax() == action_costs.argmin() == GOLDEN["population"]["bayes_action_c0"]
