"""papers/cao2023_asymmetric_softmax: problems, splits, judging, and what its README says."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cede_papers import IN_DIRECTION, NOT_REPRODUCED, Run
from cede_papers.datasets import load_cifar10n

FOLDER = Path(__file__).parents[2] / "papers" / "cao2023_asymmetric_softmax"


class Known:
    """A router that estimates what it is told to."""

    def __init__(self, accuracy, routes, answers, posterior):
        self.accuracy, self.routes, self.answers = accuracy, routes, answers
        self.posterior = posterior

    def expert_accuracy(self, X):
        return self.accuracy

    def route(self, X):
        return self.routes

    def predict(self, X):
        return self.answers

    def predict_proba(self, X):
        return self.posterior


def test_the_expert_of_the_smooth_problem_is_as_accurate_as_stated(module):
    problem = module("problems").make_smooth_expert(40_000, random_state=3)
    accuracy = problem.expert_accuracy[:, 0]
    assert 0.05 <= accuracy.min() < 0.06
    assert 0.94 < accuracy.max() <= 0.95
    right = problem.experts[:, 0] == problem.y
    for low in np.arange(0.05, 0.95, 0.15):
        inside = (accuracy >= low) & (accuracy < low + 0.15)
        np.testing.assert_allclose(right[inside].mean(), accuracy[inside].mean(), atol=0.02)


def test_the_classes_of_the_smooth_problem_are_as_likely_as_stated(module):
    problem = module("problems").make_smooth_expert(40_000, random_state=4)
    drawn = np.eye(10)[problem.y]
    chance = problem.class_posterior
    for low, high in ((0.0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 1.0)):
        inside = (chance >= low) & (chance < high)
        assert inside.sum() > 2_000
        np.testing.assert_allclose(drawn[inside].mean(), chance[inside].mean(), atol=0.025)
    again = module("problems").make_smooth_expert(40_000, random_state=4)
    np.testing.assert_array_equal(problem.experts, again.experts)


def test_judging_reads_estimates_as_they_are(module):
    judging = module("judging")
    cases = judging.Cases(np.zeros((5, 1)), np.arange(5), np.array([[0], [1], [9], [9], [4.0]]))
    posterior = np.column_stack([np.linspace(0.5, 0.9, 5), np.linspace(0.5, 0.1, 5)])
    accuracy = np.array([[0.5], [1.5], [-0.25], [0.7], [2.5]])
    router = Known(accuracy, np.array([0, 1, 0, 1, 0]), np.array([0, 0, 2, 3, 0]), posterior)
    found = judging.judged(router, cases)
    assert found["outside"] == pytest.approx(3 / 5)
    assert found["largest"] == 2.5
    assert found["error"] == pytest.approx(2 / 5)  # the fourth is deferred to who errs
    assert found["coverage"] == pytest.approx(3 / 5)
    assert found["model_error"] == found["expert_error"] == pytest.approx(2 / 5)
    # Clipped to 1 and to 0, three are right; 0.5 stands for 1 and 0.7 for 0.
    assert found["ece"] == pytest.approx((0.5 + 0.7) / 5)
    assert found["sure"] == pytest.approx(0.0)  # the last: clipped to 1, and right


def test_who_knows_the_truth_is_at_no_distance_from_it(module):
    problem = module("problems").make_smooth_expert(2_000, random_state=0)
    test = np.arange(1_000, 2_000)
    cases = module("judging").Cases(problem.X[test], problem.y[test], problem.experts[test])
    posterior, truth = problem.class_posterior[test], problem.expert_accuracy[test]
    best = problem.best_routes()[test]
    router = Known(truth, best, posterior.argmax(axis=1), posterior)
    found = module("estimation").against_truth(router, cases, problem, test)
    assert found["distance"] == found["excess"] == found["outside"] == 0.0
    assert found["agreement"] == 1.0
    worse = Known(truth, 1 - best, posterior.argmax(axis=1), posterior)
    found = module("estimation").against_truth(worse, cases, problem, test)
    assert found["agreement"] == 0.0
    assert found["excess"] > 0.2


def test_a_claim_of_a_difference_needs_its_interval_on_the_claimed_side(module):
    lower_claim = module("judging").lower_claim
    below, above = [[-0.03, -0.02, -0.025]], [[0.03, 0.02, 0.025]]
    assert lower_claim("c", "p", below, IN_DIRECTION).verdict == IN_DIRECTION
    failed = lower_claim("c", "p", above, IN_DIRECTION, "because of this")
    assert failed.verdict == NOT_REPRODUCED
    assert failed.reason == "it is higher; because of this"
    unclear = lower_claim("c", "p", below + above, IN_DIRECTION)
    assert unclear.verdict == NOT_REPRODUCED
    assert unclear.ours == "lower in 1, higher in 1 of 2 settings"
    assert "zero" in unclear.reason


SETTINGS = {"inside": 0.94, "size": 5_000, "test": 10_000}


@pytest.mark.parametrize("people", ["10N to 10N", "10H to 10H", "10N to 10H"])
def test_no_image_is_both_trained_on_and_tested_on(module, data, people):
    cifar10 = module("cifar10")
    train, test = cifar10.drawn_cases(cifar10.Task(people, 0, 0.0, 1, SETTINGS, data))
    assert len(train.y) == 5_000
    assert len(test.y) == (5_000 if people == "10H to 10H" else 10_000)
    seen = {row.tobytes() for row in train.X}
    assert len(seen) > 4_900
    assert not any(row.tobytes() in seen for row in test.X)
    other, _ = cifar10.drawn_cases(cifar10.Task(people, 0, 0.0, 2, SETTINGS, data))
    assert not np.array_equal(train.X, other.X)


def test_people_are_those_who_named_the_image(module, data):
    cifar10 = module("cifar10")
    train, _ = cifar10.drawn_cases(cifar10.Task("10N to 10H", 0, 0.0, 1, SETTINGS, data))
    images = load_cifar10n(data)
    place = {row.tobytes(): number for number, row in enumerate(images.X)}
    named = images.experts[[place[row.tobytes()] for row in train.X]]
    assert (train.experts == named).any(axis=1).all()
    # Every slot is drawn, not one of them.
    assert max((train.experts == named).mean(axis=0)) < 0.95


@pytest.mark.parametrize("elsewhere", [0.1, 0.75])
def test_simulated_experts_know_the_first_classes(module, data, elsewhere):
    cifar10 = module("cifar10")
    for part in cifar10.drawn_cases(cifar10.Task("simulated", 3, elsewhere, 0, SETTINGS, data)):
        right = part.experts[:, 0] == part.y
        assert right[part.y < 3].mean() == pytest.approx(0.94, abs=0.03)
        assert right[part.y >= 3].mean() == pytest.approx(elsewhere, abs=0.03)


def test_no_tweet_is_both_trained_on_and_tested_on(module, data):
    hate_speech = module("hate_speech")
    settings = {"size": 12_000, "test": 12_000}
    train, test = hate_speech.drawn_cases(hate_speech.Task(0, settings, data))
    # Some tweets were sent twice, word for word.
    seen = {row.tobytes() for row in train.X}
    assert sum(row.tobytes() in seen for row in test.X) < 0.02 * len(test.X)
    assert len(train.y) == len(test.y) == 12_000


def test_augmented_images_are_cut_from_the_padded_ones_and_some_mirrored(module):
    wide_resnet = module("wide_resnet")
    image = torch.arange(3.0 * 32 * 32).reshape(1, 3, 32, 32)
    padded = F.pad(image[0], (4, 4, 4, 4))
    crops = {}
    for top in range(9):
        for left in range(9):
            crop = padded[:, top : top + 32, left : left + 32].contiguous()
            crops[crop.numpy().tobytes()] = (top, left, False)
            crops[crop.flip(-1).contiguous().numpy().tobytes()] = (top, left, True)
    torch.manual_seed(0)
    made = wide_resnet.augmented(image.repeat(400, 1, 1, 1))
    found = [crops[one.contiguous().numpy().tobytes()] for one in made]
    assert len({place[:2] for place in found}) > 70
    assert 150 < sum(mirrored for *_, mirrored in found) < 250


def test_a_wide_resnet_has_its_size_and_reads_flat_pixels(module):
    wide_resnet = module("wide_resnet")
    sizes = {
        (depth, width): sum(
            p.numel() for p in wide_resnet.WideResNet(10, depth, width).parameters()
        )
        for depth, width in ((28, 10), (16, 4))
    }
    assert sizes[28, 10] == pytest.approx(36.5e6, rel=0.01)  # as published
    assert sizes[16, 4] == pytest.approx(2.75e6, rel=0.01)
    network = wide_resnet.WideResNet(11, depth=10, width=1)
    X = torch.rand(7, 3072)
    network.eval()
    torch.testing.assert_close(network(X)[:3], network(X[:3]))
    assert network(X).shape == (7, 11)
    network.train()
    assert not torch.equal(network(X), network(X))  # drawn anew
    with pytest.raises(ValueError, match="6 n"):
        wide_resnet.WideResNet(10, depth=12)


def test_pixels_reach_the_network_as_they_are_in_the_image(module):
    wide_resnet = module("wide_resnet")
    network = wide_resnet.WideResNet(3, depth=10, width=1).eval()
    seen = []
    network.first.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3))
    network(torch.as_tensor(pixels.reshape(2, -1) / 255.0, dtype=torch.float32))
    wanted = torch.as_tensor((pixels / 255.0 - 0.5) / 0.25, dtype=torch.float32)
    torch.testing.assert_close(seen[0], wanted.permute(0, 3, 1, 2))


NETWORKS = {
    "experts": ["simulated", "people"],
    "trials": 2,
    "depth": 10,
    "width": 1,
    "size": 120,
    "test": 60,
    "known": 5,
    "inside": 0.94,
    "elsewhere": 0.1,
    "fit": {"epochs": 1, "batch_size": 64},
}


def test_networks_are_trained_with_every_loss(module, data):
    networks = module("networks")
    found = networks.measure(NETWORKS, Run(seed=0, data=data))
    assert set(found) == {"simulated", "people"}
    for heads in found.values():
        methods = heads["WideResNet-10-1"]
        assert set(methods) == set(module("judging").METHODS)
        for quantities in methods.values():
            assert len(quantities["error"]) == 2
            assert min(quantities["error"]) > 0.0
        # The same people, whatever the loss.
        assert len({tuple(m["expert_error"]) for m in methods.values()}) == 1
    assert "WideResNet-10-1 | asymmetric_softmax" in networks.tables(found)
    assert len(networks.claims(found)) == 4


def test_people_of_the_networks_are_those_of_the_same_image(module, data):
    networks = module("networks")
    settings = {**NETWORKS, "size": 4_000, "test": 4_000}
    task = networks.Task("people", "one_vs_all", 0, settings, "cpu", data)
    train, test = networks.drawn_cases(task)
    # Of other images they would be right in a tenth.
    assert (train.experts[:, 0] == train.y).mean() == pytest.approx(0.82, abs=0.03)
    assert (test.experts[:, 0] == test.y).mean() == pytest.approx(0.95, abs=0.02)


@pytest.fixture(scope="module")
def groups():
    """Group of settings of the committed reports -> setting -> method -> quantities."""
    names = ("estimation", "cifar10", "hate_speech")
    texts = ((FOLDER / "reports" / f"{name}.json").read_text(encoding="utf-8") for name in names)
    truth, cifar10, tweets = (json.loads(text)["found"] for text in texts)
    return {
        "truth": {
            (problem, size, head): methods
            for problem, by_size in truth["problems"].items()
            for size, one in by_size.items()
            for head, methods in one["heads"].items()
        },
        **{
            f"simulated, {rest}": {
                (known, head): methods
                for known, heads in by_known.items()
                for head, methods in heads.items()
            }
            for rest, by_known in cifar10["simulated"].items()
        },
        "people": {
            (people, head): methods
            for people, heads in cifar10["people"].items()
            for head, methods in heads.items()
        },
        "tweets": dict(tweets),
    }


CSS, OVA, HYBRID, PROPOSED = (
    "cost_sensitive_softmax",
    "one_vs_all",
    "softmax_one_vs_all",
    "asymmetric_softmax",
)
REAL = ("simulated, 0.1", "simulated, 0.75", "people", "tweets")


def mean(group, method, quantity):
    return np.mean([np.mean(methods[method][quantity]) for methods in group.values()])


def test_only_cost_sensitive_softmax_leaves_the_unit_interval(groups):
    for group in groups.values():
        for setting, methods in group.items():
            assert np.mean(methods[CSS]["outside"]) > 0.005, setting
            for bounded in (OVA, HYBRID, PROPOSED):
                assert max(methods[bounded]["outside"]) == 0.0, setting
    # Most where the expert is good.
    outside = {name: mean(group, CSS, "outside") for name, group in groups.items()}
    assert min(outside["people"], outside["simulated, 0.75"]) > 2 * outside["simulated, 0.1"]


def test_it_is_better_calibrated_than_cost_sensitive_softmax_and_errs_no_more(groups):
    for name, group in groups.items():
        assert mean(group, PROPOSED, "ece") < 0.95 * mean(group, CSS, "ece"), name
        assert mean(group, PROPOSED, "error") < mean(group, CSS, "error") + 0.001, name


def test_it_is_no_better_calibrated_than_one_vs_all_and_overestimates_where_sure(groups):
    for name in REAL:
        group = groups[name]
        assert mean(group, PROPOSED, "ece") > mean(group, OVA, "ece") + 0.001, name
        assert mean(group, PROPOSED, "sure") > mean(group, OVA, "sure"), name
        assert mean(group, HYBRID, "ece") < mean(group, OVA, "ece") + 0.005, name
    for (_, size, head), methods in groups["truth"].items():
        if (size, head) == ("8000", "linear"):
            assert abs(np.mean(methods[PROPOSED]["ece"]) - np.mean(methods[OVA]["ece"])) < 0.005


def test_it_errs_as_often_as_one_vs_all(groups):
    for name, group in groups.items():
        assert abs(mean(group, PROPOSED, "error") - mean(group, OVA, "error")) < 0.006, name


def test_softmax_one_vs_all_errs_least_with_simulated_experts(groups):
    for name in ("simulated, 0.1", "simulated, 0.75"):
        error = {method: mean(groups[name], method, "error") for method in (CSS, OVA, PROPOSED)}
        assert mean(groups[name], HYBRID, "error") < min(error.values()), name
