"""papers/soen2026_density_ratio: its protocol, its builders, and what its README says."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

from cede_papers import NOT_REPRODUCED, mean_and_interval

FOLDER = Path(__file__).parents[2] / "papers" / "soen2026_density_ratio"
CURVES = ("cifar10", "pneumonia", "people")


@pytest.fixture(scope="module")
def tiny():
    return tomllib.loads((FOLDER / "configs" / "tiny.toml").read_text(encoding="utf-8"))


def committed(part):
    path = FOLDER / "reports" / f"{part}.json"
    return json.loads(path.read_text(encoding="utf-8"))["found"]


def made_up(module, n=400, seed=0):
    """Cases of three classes, a model that is right in most, an expert who knows the first."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    X = rng.standard_normal((n, 4)) + 1.5 * np.eye(3, 4)[y]
    model = np.exp(2.0 * X[:, :3])
    model /= model.sum(axis=1, keepdims=True)
    expert = np.where((y == 0) | (rng.random(n) < 0.3), y, rng.integers(0, 3, n))
    chances = 0.1 + 0.7 * np.eye(3)[expert]
    return module("routers").Cases(X, y, model, expert, chances)


def test_only_labels_of_the_first_classes_are_drawn_anew_and_uniformly(module):
    y = np.repeat(np.arange(10), 4000)
    noisy = module("cifar10").relabelled(y, 3, np.random.default_rng(0))
    np.testing.assert_array_equal(noisy[y >= 3], y[y >= 3])
    for label in range(3):
        shares = np.bincount(noisy[y == label], minlength=10) / 4000
        np.testing.assert_allclose(shares, 0.1, atol=0.025)


def test_a_long_tail_keeps_the_heads_and_a_share_of_every_other_class(module):
    y = np.repeat(np.arange(10), 4000)
    stays = module("cifar10").long_tailed(y, 4, 0.1, np.random.default_rng(0))
    assert stays[y >= 6].all()
    for label in range(6):
        assert 0.08 < stays[y == label].mean() < 0.12


def test_a_specialist_keeps_its_speciality_and_a_share_of_the_rest(module):
    y = np.repeat(np.arange(4), 4000)
    kept = module("cifar10").of_specialist(y, [1, 3], 0.2, np.random.default_rng(0))
    assert kept[np.isin(y, [1, 3])].all()
    assert 0.18 < kept[~np.isin(y, [1, 3])].mean() < 0.22


def test_corruption_is_as_strong_as_stated_and_the_same_for_every_method(module):
    cifar10 = module("cifar10")
    X = np.random.default_rng(0).normal(3.0, 2.0, (4000, 5))
    noisy = cifar10.corrupted(X, cifar10.GAUSS, 0.5, X, seed=1)
    np.testing.assert_allclose((noisy - X).std(axis=0), 1.0, rtol=0.05)
    lost = cifar10.corrupted(X, cifar10.DROPOUT, 0.25, X, seed=1) == X.mean(axis=0)
    assert 0.23 < lost.mean() < 0.27
    np.testing.assert_array_equal(noisy, cifar10.corrupted(X, cifar10.GAUSS, 0.5, X, seed=1))


def test_settings_differ_from_clean_in_one_thing(module):
    config = tomllib.loads((FOLDER / "configs" / "full.toml").read_text(encoding="utf-8"))
    made = module("cifar10").scenarios(config["cifar10"])
    changeable = ("model_cases", "share", "first", "heads")
    for name, scenario in made.items():
        changed = [key for key in changeable if scenario[key] != made["clean"][key]]
        assert len(changed) == (name != "clean"), name
        assert scenario["everywhere"] == name.endswith("everywhere")


def test_nothing_is_fitted_or_chosen_on_test_cases(module, tiny, monkeypatch):
    routers = module("routers")
    settings = tiny["people"] | {"temperatures": [0.5, 1.0], "weight_decays": [0.1, 1.0]}
    fit, validation, test = (made_up(module, seed=seed) for seed in (1, 2, 3))
    judged = []
    curve = routers.Cases.curve
    monkeypatch.setattr(
        routers.Cases, "curve", lambda self, scorer: judged.append(self) or curve(self, scorer)
    )
    fitted = routers.fit_all(fit, validation, settings)
    assert judged
    assert all(cases is validation for cases in judged)
    before = len(judged)
    routers.judge(fitted, test)
    assert all(cases is test for cases in judged[before:])


def test_parts_of_one_seed_are_disjoint(module, tiny, data, monkeypatch):
    people = module("people")
    seen = []
    monkeypatch.setattr(people, "fit_all", lambda *parts: seen.append(parts[:2]))
    monkeypatch.setattr(people, "judge", lambda fitted, test: seen.append((test,)))
    people.one_seed((0, data, tiny["people"]))
    rows = [{tuple(x) for x in cases.X.round(6)} for parts in seen for cases in parts]
    assert [len(part) for part in rows] == [
        tiny["people"][k] for k in ("fit", "validation", "test")
    ]
    assert not rows[0] & rows[1] | rows[0] & rows[2] | rows[1] & rows[2]


def test_every_method_starts_at_the_model_and_ends_at_the_expert(module, tiny):
    routers = module("routers")
    fit, validation, test = (made_up(module, seed=seed) for seed in (1, 2, 3))
    found = routers.judge(routers.fit_all(fit, validation, tiny["people"]), test)
    model, expert = 1.0 - test.costs.mean(axis=0)
    for name, curve in found["curve"].items():
        assert curve[0] == pytest.approx(model), name
        assert curve[-1] == pytest.approx(expert), name
    assert found["area"]["density_ratio"] > found["random"] + 0.02
    assert min(found["area"].values()) > found["random"]
    assert max(found["area"].values()) <= found["oracle"]


def test_all_methods_read_the_same_columns(module):
    routers, cases = module("routers"), made_up(module)
    assert cases.table.shape == (400, 4 + 2 + 1 + 3)
    np.testing.assert_array_equal(cases.table[:, -3:], cases.model)
    view = routers._view(3)(cases.table)
    np.testing.assert_array_equal(view[:, :-3], cases.table)
    np.testing.assert_allclose(view[:, -3:].sum(axis=1), 0.0, atol=1e-12)


def test_the_tilted_posterior_and_the_minimiser_agree_with_counting(module, tiny):
    theory = module("theory")
    p = theory.problem(tiny["theory"], seed=7)
    truth = theory.log_ratio(p.logs, p.kind, 0.5)
    np.testing.assert_allclose(theory.tilted(p, 0.5), truth, atol=1e-12)
    assert np.abs(theory.tilted(p, 0.4) - truth).max() > 1e-3  # of another temperature it is not
    np.testing.assert_allclose(theory.minimiser(p.logs, p.kind, 0.5, "log"), truth, atol=1e-5)


def test_the_ranking_of_a_large_temperature_is_that_of_the_difference(module, tiny):
    settings = tiny["theory"] | {"ranking_temperatures": [0.02, 1.0, 1000.0]}
    order = module("theory").ranking(settings, seed=3)
    assert order["gains"][0] == pytest.approx(order["ratio"], abs=1e-3)
    assert order["gains"][-1] == pytest.approx(order["best"], abs=1e-6)
    assert order["ratio"] < order["gains"][1] < order["best"]


def test_batches_overestimate_the_weights_as_a_simulation_says(module):
    rng = np.random.default_rng(0)
    losses = (rng.random((200_000, 8)) < 0.3).astype(float)
    inverse = 1.0 / np.exp(-losses).mean(axis=1)
    whole = 0.7 + 0.3 * np.exp(-1.0)
    found = module("theory").batch_bias(8, temperature=1.0)
    assert found == pytest.approx((whole * inverse).mean(), abs=1e-3)
    assert found > 1.01


def test_a_claim_that_fails_says_over_whom(module):
    shown = module("shown")
    setting = {"family": "clean", "shifted": False}
    areas = {"density_ratio": [0.5, 0.51, 0.5], "rejector": [0.6, 0.61, 0.61]}
    found = {"settings": {"clean": setting | {"area": areas}}}
    claim = shown.competitive(found, "nowhere", shown.beaten(found))
    assert claim.verdict == NOT_REPRODUCED
    assert claim.reason == "behind rejector"


@pytest.mark.parametrize("part", CURVES)
def test_committed_reports_hold_every_method_at_every_seed(part, module):
    found = committed(part)
    n = found["repetitions"]
    assert n >= 5
    for setting in found["settings"].values():
        assert {"density_ratio", "confidence", "rejector"} <= setting["area"].keys()
        assert all(len(values) == n for values in setting["area"].values())
        for values in setting["area"].values():
            assert (np.array(values) <= np.array(setting["oracle"]) + 1e-9).all()


def gains(setting, method):
    return 100 * (np.array(setting["area"]["density_ratio"]) - np.array(setting["area"][method]))


def test_the_readme_is_right_about_the_temperature():
    for part in CURVES:
        for name, setting in committed(part)["settings"].items():
            usual = np.array(setting["area"]["density_ratio"])
            apart = {
                (proper, float(t)): 100 * (np.array(areas) - usual).mean()
                for proper, by_temperature in setting["temperatures"].items()
                for t, areas in by_temperature.items()
            }
            if setting["family"] == "everywhere":
                assert apart["log", 0.25] < -1.0
                continue
            assert abs(gains(setting, "density_ratio (marginal)").mean()) < 0.25, name
            assert abs(gains(setting, "density_ratio (temperature by validation)").mean()) < 0.25
            assert all(abs(found) < 0.25 for (_, t), found in apart.items() if t >= 1.0), name
            if name in ("noise 8", "tail 2"):
                assert apart["log", 0.25] < -0.3


def test_the_readme_is_right_about_models_that_are_wrong_in_whole_classes():
    settings = committed("cifar10")["settings"]
    for setting in settings.values():
        if setting["family"] in ("noisy labels", "long tail"):
            for name in ("confidence", "threshold_correction", "cost_sensitive_softmax"):
                assert mean_and_interval(gains(setting, name))[1] > 0.0
            assert abs(gains(setting, "rejector").mean()) < 0.25
            assert gains(setting, "one_vs_all").mean() < 0.0
        if setting["family"] == "everywhere":
            assert gains(setting, "confidence").max() < -3.0
            assert gains(setting, "rejector").max() < -3.0
    assert gains(settings["more"], "one_vs_all").mean() > 0.0


def test_the_readme_is_right_about_corrupted_features():
    for setting in committed("cifar10")["settings"].values():
        planned = np.array([0.1, 0.2, 0.3])
        found = np.mean(setting["rates"], axis=0)
        if setting["family"].startswith("feature") and setting["strength"] >= 1.0:
            assert (found > planned + 0.015).all()
        if setting["family"] == "clean":
            np.testing.assert_allclose(found, planned, atol=0.015)
        if setting["family"] == "feature noise, expert spared":
            ours = {name: gains(setting, name).mean() for name in setting["area"]}
            assert min(ours, key=ours.get) in ("confidence", "threshold_correction")
            assert ours["confidence"] < -0.5


def test_the_readme_is_right_about_good_networks():
    for setting in committed("people")["settings"].values():
        assert gains(setting, "threshold_correction").mean() < -0.1


def test_the_theory_holds_in_the_committed_report(module):
    theory = module("theory")
    assert {claim.verdict for claim in theory.claims(committed("theory"))} == {"reproduced"}
