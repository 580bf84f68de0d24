"""papers/narasimhan2022_post_hoc: batch and loop agree, nothing is judged on what chose it."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from cede import cascade_costs

FOLDER = Path(__file__).parents[2] / "papers" / "narasimhan2022_post_hoc"
MODULES = ("photos", "networks", "underfitting", "two_groups", "specialist", "adaptive")
SETTINGS = {"weight_decay": 1e-2, "tol": 1e-7}
FEES = [0.0, 0.2, 0.5]


@pytest.fixture(scope="module")
def paper(module):
    return SimpleNamespace(**{name: module(name) for name in MODULES})


@pytest.fixture(scope="module")
def reports():
    paths = sorted((FOLDER / "reports").glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8"))["found"] for path in paths}


@pytest.fixture(scope="module")
def trials(paper):
    data = paper.two_groups.draw([0, 1, 2], 200, 0)
    base = paper.two_groups.fit_many("softmax_one_vs_all", data, [0.0], SETTINGS)
    data["model"] = base.scores(data["X"])[..., :2].argmax(-1)
    return data


@pytest.mark.parametrize("method", ["cost_sensitive_softmax", "one_vs_all", "rejector"])
def test_one_batch_of_all_fits_ends_where_single_fits_do(paper, trials, method):
    fits = paper.two_groups.fit_many(method, trials, FEES, SETTINGS)
    assert fits.converged.all()
    every = fits.scores(trials["X"].repeat(3, 1, 1)).unflatten(0, (3, 3)).detach()
    assert (every[0] - every[2]).abs().max() > 0.1  # the fee matters
    for i, fee in enumerate(FEES):
        for trial in range(3):
            head = paper.two_groups.fit_one(method, trials, trial, fee, SETTINGS)
            alone = head(trials["X"][trial]).detach()
            torch.testing.assert_close(every[i, trial], alone, rtol=0, atol=1e-4)


def test_trials_are_judged_on_fresh_cases(paper):
    train, test = (paper.two_groups.draw([4, 5], 300, stream) for stream in (0, 1))
    rows = [{tuple(x) for x in data["X"].reshape(-1, 2).tolist()} for data in (train, test)]
    assert len(rows[0]) == len(rows[1]) == 600
    assert not rows[0] & rows[1]


def test_no_rule_beats_the_oracle_that_keeps_its_model(paper):
    settings = SETTINGS | {"n_train": 100, "n_test": 4_000, "fees": FEES}
    found = paper.two_groups.measure_block(([0, 1], settings))
    oracle = np.array(found["oracle"]["risk"])
    for method in ("threshold_correction", "rejector", "confidence"):
        np.testing.assert_array_equal(found[method]["model"], found["oracle"]["model"])
        assert (np.array(found[method]["risk"]) > oracle - 0.01).all()
    deferred = np.array(found["confidence"]["deferred"])
    assert (deferred[0] == 1.0).all()  # a free expert is asked always, whatever it knows
    assert (deferred[2] == 0.0).all()  # the likelier of two classes has one half at least


@pytest.mark.parametrize(("n_classes", "fee"), [(2, 1.0), (10, 0.3), (100, 0.5)])
def test_the_margin_shrinks_as_the_formula_says(paper, n_classes, fee):
    computed, formula = paper.underfitting.population_margin((n_classes, fee))
    assert computed == pytest.approx(formula, abs=1e-6)
    if n_classes == 100:
        assert formula == pytest.approx(0.0176, abs=5e-5)


def test_posteriors_are_read_as_trained_and_with_the_smoothing_off(paper):
    eta = torch.tensor([[0.7, 0.2, 0.1]], dtype=torch.float64)
    smoothed = (eta + 0.5) / (1 + 3 * 0.5)
    scores = torch.cat([smoothed.log(), torch.zeros(1, 1, dtype=torch.float64)], -1)
    raw, decoded = paper.underfitting.posterior("cost_sensitive_softmax", scores, 3, 0.5)
    torch.testing.assert_close(raw, smoothed)
    torch.testing.assert_close(decoded, eta)
    logits = torch.logit(1 - (1 - eta) / 1.5)
    scores = torch.cat([logits, torch.zeros(1, 1, dtype=torch.float64)], -1)
    raw, decoded = paper.underfitting.posterior("one_vs_all", scores, 3, 0.5)
    torch.testing.assert_close(raw, smoothed)  # 1 - (1 - eta) / 1.5, scaled to a sum of one
    torch.testing.assert_close(decoded, eta)


def test_the_specialist_knows_half_of_the_classes(paper):
    y = np.random.default_rng(0).integers(10, size=20_000)
    right = paper.photos.specialist(y, 10, seed=3)[:, 0] == y
    assert right[y < 5].all()
    assert right[y >= 5].mean() == pytest.approx(0.1, abs=0.02)


def test_repetitions_share_no_image(paper, data):
    train, test = zip(
        *(paper.photos.repetition(data, k, 0, 100, 50) for k in range(3)), strict=True
    )
    for parts, size in ((train, 100), (test, 50)):
        rows = {tuple(x) for cases in parts for x in cases.X.tolist()}
        assert len(rows) == 3 * size
    both = {tuple(x) for cases in (*train, *test) for x in cases.X.tolist()}
    assert len(both) == 450


def test_networks_routers_and_tests_share_no_image(paper):
    settings = {"n_train": 7, "n_fit": 3, "n_test": 4}
    used = {"train": [], "test": []}
    for number in range(5):
        for _, split, n, first in paper.adaptive._parts(number, settings):
            used[split] += range(first, first + n)
    for split, size in (("train", 50), ("test", 20)):
        assert sorted(used[split]) == list(range(size))


def test_operations_are_those_of_the_formula(paper):
    network = paper.networks.convolutional(2, [4], 10)
    counted = paper.networks.flops(network, torch.zeros(3, 32, 32))
    assert counted == 2 * (16 * 16 * 4 * 3 * 9 + 4 * 10)


@pytest.fixture(scope="module")
def stages():
    """Signals of two networks that know how sure to be, and what three networks cost."""
    rng = np.random.default_rng(0)
    sure = rng.random((4_000, 2))
    wrong = np.column_stack([rng.random((4_000, 2)) > sure, rng.random(4_000) > 0.95]).astype(float)
    signals = [np.column_stack([s, rng.random(4_000), s, s, s]) for s in sure.T]
    halves = [[part[:2_000] for part in signals], [part[2_000:] for part in signals]]
    return dict(zip(("fit", "test"), halves, strict=True)), wrong


def test_thresholds_on_confidence_are_the_best_on_the_cases_that_choose_them(paper, stages):
    seen, wrong = stages
    prices = np.array([0.01, 0.05, 0.3])
    same = {"fit": seen["fit"], "test": seen["fit"]}
    costs = cascade_costs(wrong[:2_000], prices)
    routes = paper.adaptive.decide("confidence", same, wrong[:2_000], prices)
    ours = costs[np.arange(2_000), routes].mean()
    for first in np.linspace(0, 1, 11):
        for second in np.linspace(0, 1, 11):
            sure = np.column_stack([part[:, -3] for part in seen["fit"]])
            other = paper.adaptive._first(sure >= (first, second))
            assert ours <= costs[np.arange(2_000), other].mean() + 0.003


@pytest.mark.parametrize("method", ["cascade", "confidence"])
def test_a_price_keeps_cases_from_the_larger_networks(paper, stages, method):
    seen, wrong = stages
    for price in (0.01, 5.0):
        prices = price * np.array([0.02, 0.2, 1.0])
        routes = paper.adaptive.decide(method, seen, wrong[:2_000], prices)
        cost = cascade_costs(wrong[2_000:], prices)
        assert routes.shape == (2_000,)
        assert cost[np.arange(2_000), routes].mean() < cost.mean(axis=0).min() + 0.02
        assert (routes == 2).mean() > 0.4 if price < 1 else (routes == 2).mean() == 0


def test_one_step_ahead_stops_before_a_network_that_is_no_better(paper, stages):
    """The second network is as good as the first, the third far better than both."""
    seen, wrong = stages
    prices = 0.01 * np.array([0.02, 0.2, 1.0])
    cost = cascade_costs(wrong[2_000:], prices)
    backward, myopic = (
        cost[np.arange(2_000), paper.adaptive.decide(method, seen, wrong[:2_000], prices)].mean()
        for method in ("cascade", "cascade (one step ahead)")
    )
    assert backward < myopic - 0.05


def test_what_the_page_says_of_underfitting(reports):
    found = reports["underfitting"]
    early = found["fees"].index(0.25)
    for cell, methods in found["cells"].items():
        problem, head = cell.split(", ")
        uniform = np.log(found["classes"][problem])
        for method in ("cost_sensitive_softmax", "one_vs_all"):
            row = methods[method]
            assert row["entropy"][early][0] > 0.9 * uniform
            assert row["decoded entropy"][-1][0] < row["entropy"][-1][0]
            if head == "linear":
                assert row["changes"]["training accuracy"][2] < 0
                assert row["changes"]["decoded entropy"][1] > 0
        if head == "linear":
            changes = methods["softmax_one_vs_all"]["changes"]
            assert max(np.abs(changes["training accuracy"])) < 0.001
            assert max(np.abs(changes["entropy"])) < 0.001
    cells = found["cells"]
    for head in ("linear", "network"):
        for method in ("cost_sensitive_softmax", "one_vs_all"):
            falls = [
                cells[f"{problem}, {head}"][method]["changes"]["training accuracy"][0]
                for problem in ("blobs", "cifar10")
            ]
            assert falls[0] < falls[1] - 0.03
    for method in ("cost_sensitive_softmax", "one_vs_all"):
        assert cells["cifar10, network"][method]["training accuracy"][-1][0] > 0.9
    unmoved = cells["cifar10, network"]["one_vs_all"]["changes"]["training accuracy"]
    assert abs(unmoved[0]) < 0.02


def test_what_the_page_says_of_two_groups(reports):
    methods = reports["two_groups"]["methods"]
    risk = {name: np.array(row["risk"])[:, 0] for name, row in methods.items()}
    cheap = np.array(reports["two_groups"]["fees"]) <= 0.2
    others = [risk[m] for m in risk if m not in ("rejector", "oracle", "best of all")]
    assert (risk["rejector"] < np.min(others, axis=0))[cheap].all()
    assert risk["rejector"][0] - risk["oracle"][0] < 0.01
    assert risk["threshold_correction"][0] - risk["oracle"][0] > 0.03
    assert risk["rejector"][-1] > risk["threshold_correction"][-1]
    assert methods["confidence"]["deferred"][0][0] == 1.0


def test_what_the_page_says_of_the_specialist(reports):
    for row in reports["specialist"]["bases"].values():
        at_fee, swept = row["at_fee"], row["swept"]
        for joint in ("cost_sensitive_softmax", "one_vs_all"):
            assert at_fee[joint]["differences"]["threshold_correction"][2] < 0
            lead = at_fee[joint]["risk"][-1][0] - at_fee["threshold_correction"]["risk"][-1][0]
            assert lead > at_fee[joint]["risk"][0][0] - at_fee["threshold_correction"]["risk"][0][0]
            assert swept[joint]["area_difference"][0] < 0.015
        assert swept["rejector (fee 0)"]["area_difference"][1] > 0


def test_what_the_page_says_of_adaptive_inference(reports):
    found = reports["adaptive"]
    alone = [mean for mean, _, _ in found["alone"]]
    assert min(np.diff(alone)) > 0.03
    ahead = found["quality_differences"]
    for method in ("fixed mix", "cost_regression", "neighbours"):
        assert ahead[method][1] > 0
    assert abs(ahead["confidence"][0]) < 0.01
    assert abs(ahead["cascade (one step ahead)"][0]) < 0.005
