"""What is particular to RegionRouter; it takes one column and one reader, and so stands alone."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import cede
from cede import InvalidInput
from cede.routers._region import RegionRouter
from cede.routers.regions import inside

NAMES = np.array(["healthy", "ill"])
N = 3_000


def draw(n, seed):
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    y = (rng.random(n) < score).astype(int)
    right = np.where((score > 0.3) & (score < 0.6), 0.98, 0.3)
    return score, y, np.where(rng.random(n) < right, y, 1 - y)


score, y, reader = draw(N, 0)
new_score, new_y, new_reader = draw(N, 1)
odd = np.arange(N) % 2 == 1


def fitted(**changes):
    return RegionRouter(random_state=0, **changes).fit(score, y, experts=reader)


# Routes and answers


@pytest.mark.parametrize("options", [{}, {"objective": "specificity"}, {"max_intervals": 1}])
def test_at_zero_price_exactly_the_intervals_are_deferred(options):
    router = fitted(**options)
    ends = router.intervals_.ravel()
    ends = ends[np.isfinite(ends)]
    around = np.r_[ends, np.nextafter(ends, -np.inf), np.nextafter(ends, np.inf), -9.0, 9.0]
    for X in (new_score, around):
        deferred = inside(X, router.intervals_)
        np.testing.assert_array_equal(router.route(X), deferred)
        scores = router.agent_scores(X)
        assert scores.shape == (len(X), 2)
        np.testing.assert_array_equal(scores[:, 1] > scores[:, 0], deferred)
        assert np.isfinite(scores).all()
    assert router.route(ends).all()


def test_the_model_says_the_second_class_above_the_threshold():
    router = RegionRouter(random_state=0).fit(score, NAMES[y], experts=NAMES[reader])
    assert router.classes_.tolist() == ["healthy", "ill"]
    at = router.threshold_
    answers = router.predict([at, np.nextafter(at, 1.0), np.nextafter(at, 0.0)])
    assert answers.tolist() == ["healthy", "ill", "healthy"]
    np.testing.assert_array_equal(router.route(score), fitted().route(score))


def test_the_system_beats_both_and_score_is_its_accuracy():
    router = fitted()
    routes, answers = router.route(new_score), router.predict(new_score)
    system = np.where(routes == 1, new_reader, answers)
    right = router.score(new_score, new_y, experts=new_reader)
    assert right == pytest.approx(np.mean(system == new_y))
    assert right > max(np.mean(answers == new_y), np.mean(new_reader == new_y)) + 0.05


def test_reached_is_told_for_both_splits_and_rates_for_any_cases():
    held_out = odd
    router = RegionRouter(max_deferral_rate=0.4).fit(score, y, reader, validation=held_out)
    assert router.feasible_
    for reached, part in zip(router.reached_, (~held_out, held_out), strict=True):
        assert router.rates(score[part], y[part], reader[part]) == reached
        assert reached.deferral_rate <= 0.4
        assert reached.sensitivity >= reached.reader_sensitivity
        assert reached.specificity >= reached.reader_specificity
    fresh = router.rates(new_score, new_y, new_reader)
    assert fresh.sensitivity > fresh.reader_sensitivity + 0.3
    assert fresh.deferral_rate == np.mean(router.route(new_score))


def test_a_budget_keeps_what_is_worth_most():
    router = fitted()
    free = router.route(new_score)
    worth = router.agent_scores(new_score)[:, 1]
    point = router.tune(new_score, budget=0.1)
    some = router.route(new_score)
    assert 0 < some.mean() == point.deferral_rate <= 0.1
    assert (some <= free).all()
    assert worth[some == 1].min() > worth[(free == 1) & (some == 0)].max()
    router.tune(new_score, budget=1.0)
    np.testing.assert_array_equal(router.route(new_score), free)
    assert router.rates(new_score, new_y, new_reader).deferral_rate == free.mean()


def test_a_new_fit_forgets_the_operating_point():
    router = fitted()
    router.tune(score, budget=0.0)
    assert not router.route(score).any()
    router.fit(score, y, experts=reader)
    assert router.route(score).any()


# What comes in


def test_scores_come_as_a_vector_a_column_or_a_dataframe():
    expected = fitted().route(new_score)
    for kind in (lambda s: s[:, None], pd.Series, pl.Series, list):
        router = RegionRouter(random_state=0).fit(kind(score), y, experts=reader)
        np.testing.assert_array_equal(router.route(kind(new_score)), expected)
        assert router.n_features_in_ == 1
    for frame in (pd.DataFrame, pl.DataFrame):
        router = RegionRouter(random_state=0)
        router.fit(frame({"suspicion": score}), y, experts=frame({"ann": reader}))
        assert router.feature_names_in_.tolist() == ["suspicion"]
        assert router.expert_names_ == ("ann",)
        np.testing.assert_array_equal(router.route(frame({"suspicion": new_score})), expected)


def test_given_the_splits_the_order_of_rows_does_not_matter():
    order = np.random.default_rng(0).permutation(N)
    here = RegionRouter().fit(score, y, reader, validation=odd)
    there = RegionRouter().fit(score[order], y[order], reader[order], validation=odd[order])
    np.testing.assert_array_equal(here.intervals_, there.intervals_)
    np.testing.assert_array_equal(here.agent_scores(new_score), there.agent_scores(new_score))
    assert here.reached_ == there.reached_


def test_the_split_is_drawn_within_each_class_and_by_the_seed():
    rare = np.r_[np.ones(3, int), np.zeros(97, int)]
    for seed in range(20):
        router = RegionRouter(random_state=seed, tune_fraction=0.9, max_deferral_rate=1.0)
        router.fit(np.linspace(1, 0, 100), rare, experts=rare)
    here, same, other = (RegionRouter(random_state=s).fit(score, y, reader) for s in (0, 0, 1))
    assert here.reached_ == same.reached_ != other.reached_


def test_cases_without_an_answer_are_left_out():
    gone = np.random.default_rng(0).random(N) < 0.3
    thin = np.where(gone, np.nan, reader)
    kept = RegionRouter().fit(score[~gone], y[~gone], reader[~gone], validation=odd[~gone])
    router = RegionRouter().fit(score, y, thin, validation=odd)
    np.testing.assert_array_equal(router.agent_scores(new_score), kept.agent_scores(new_score))
    assert router.reached_ == kept.reached_
    assert router.rates(score, y, thin) == kept.rates(score[~gone], y[~gone], reader[~gone])
    drawn = RegionRouter(random_state=0).fit(score, y, thin)
    for reached in drawn.reached_:  # both splits are drawn from cases with an answer
        assert reached.reader_sensitivity == pytest.approx(0.3 + 0.68 * 0.27, abs=0.06)
    names = np.where(gone, None, NAMES[reader])
    texts = RegionRouter().fit(score, NAMES[y], names, validation=odd)
    np.testing.assert_array_equal(texts.agent_scores(new_score), kept.agent_scores(new_score))


def test_zero_experts_keep_everything():
    router = RegionRouter().fit(score, y, experts=np.empty((N, 0)))
    assert router.agent_scores(new_score).shape == (N, 1)
    assert not router.route(new_score).any()
    assert router.tune(new_score, budget=1.0).prices == ()
    assert router.reached_ == ()
    accuracy = np.mean(router.predict(new_score) == new_y)
    assert router.score(new_score, new_y) == pytest.approx(accuracy)
    assert accuracy > 0.7
    with pytest.warns(UserWarning, match="every case stays with the model"):
        RegionRouter().fit(score, y)
    with pytest.raises(InvalidInput, match="fitted without a reader"):
        router.rates(new_score, new_y, new_reader)


def test_what_cannot_be_kept_is_said_and_everything_goes_to_the_reader():
    router = RegionRouter(max_deferral_rate=0.1, random_state=0)
    with pytest.warns(UserWarning, match=r"No regions that defer at most 0.1 .*goes to the reader"):
        router.fit(score, y, experts=y)
    assert not router.feasible_
    assert router.intervals_.tolist() == [[-np.inf, np.inf]]
    assert router.route(new_score).all()
    assert [reached.deferral_rate for reached in router.reached_] == [1.0, 1.0]
    router.tune(new_score, budget=0.1)
    assert 0 < router.route(new_score).mean() <= 0.1


def test_what_can_be_kept_is_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fitted().feasible_


# scikit-learn's manner, and files


def test_parameters_reach_the_search_and_survive_cloning():
    options = {
        "objective": "specificity",
        "max_deferral_rate": 0.3,
        "margin": 0.02,
        "n_bins": 60,
        "bandwidths": (0.05,),
        "max_intervals": 3,
        "tune_fraction": 0.6,
        "random_state": 3,
    }
    router = RegionRouter(**options)
    assert clone(router).get_params() == router.get_params() == options
    router.fit(score, y, experts=reader)
    assert len(router.edges_) == 59
    assert router.bandwidth_ == 0.05
    assert router.reached_[0].deferral_rate <= 0.3
    again = clone(router).fit(score, y, experts=reader)
    np.testing.assert_array_equal(again.intervals_, router.intervals_)
    assert fitted(objective="sensitivity").reached_ != fitted(objective="specificity").reached_
    assert fitted(margin=0.1).reached_[1].sensitivity > fitted().reached_[1].sensitivity


def test_before_fit_every_verb_says_so():
    router = RegionRouter()
    for call in (
        lambda: router.tune(score, budget=0.1),
        lambda: router.route(score),
        lambda: router.predict(score),
        lambda: router.agent_scores(score),
        lambda: router.score(score, y, experts=reader),
        lambda: router.rates(score, y, reader),
        lambda: router.reached_,
    ):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            call()


@pytest.mark.parametrize("kind", ["regions", "no feasible region", "no reader", "texts"])
@pytest.mark.parametrize("tuned", [False, True])
def test_round_trip_is_bit_identical(kind, tuned, tmp_path):
    router = RegionRouter(random_state=0, max_deferral_rate=0.3)
    if kind == "no reader":
        router.fit(score, y, experts=np.empty((N, 0)))
    elif kind == "texts":
        router.fit(score, NAMES[y], experts=NAMES[reader])
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            router.fit(score, y, experts=reader if kind == "regions" else y)
    if tuned:
        router.tune(score, budget=0.05)
    loaded = cede.load(cede.save(router, tmp_path / "router"))
    assert sorted(vars(loaded)) == sorted(vars(router))
    for verb in ("agent_scores", "route", "predict"):
        np.testing.assert_array_equal(getattr(loaded, verb)(score), getattr(router, verb)(score))
    np.testing.assert_array_equal(loaded.intervals_, router.intervals_)
    assert loaded.threshold_ == router.threshold_
    assert loaded.feasible_ is router.feasible_
    assert loaded.reached_ == router.reached_
    assert loaded.get_params() == router.get_params()
    assert (tmp_path / "router" / "objects.skops").exists() is False


# What cannot be


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.column_stack([score, score])}, "score alone, one column, but got 2"),
        ({"X": np.where(score > 0.5, np.nan, score)}, "contains NaN"),
        ({"X": np.where(score > 0.5, np.inf, score)}, "contains infinity"),
        ({"y": np.zeros(N, int)}, "at least two classes"),
        (
            {"y": np.arange(N) % 3, "experts": np.arange(N) % 3},
            "two classes for RegionRouter, but got 3",
        ),
        (
            {"experts": np.column_stack([reader, y])},
            "one reader for RegionRouter, but got those of 2: expert 1, exp",
        ),
        ({"experts": np.full(N, 7)}, "expert 1 answered 7, which no case has as its label"),
        ({"experts": np.full(N, np.nan)}, "Every answer of expert 1 is missing"),
        ({"experts": reader[:9]}, "answers has 9, y has 3000"),
        ({"experts": np.where(y == 1, np.nan, reader)}, "answered 0 cases of class 1"),
        ({"validation": odd[:9]}, "X has 3000, validation has 9"),
        ({"validation": odd.astype(int)}, "true or false for each .* dtype int64"),
        ({"validation": y == 1}, r"tune must have cases of both classes, .* all 0;"),
        (
            {"validation": np.zeros(N, bool)},
            "validation must leave cases on both sides, but got true for 0 of the 3000",
        ),
        (
            {"validation": np.ones(N, bool)},
            "validation must leave cases on both sides, but got true for 3000 of the",
        ),
    ],
)
def test_bad_input_gets_a_sentence(change, message):
    arguments = {"X": score, "y": y, "experts": reader, **change}
    with pytest.raises(ValueError, match=message):
        RegionRouter().fit(arguments.pop("X"), arguments.pop("y"), **arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objective": "accuracy"}, "no objective 'accuracy'"),
        ({"max_deferral_rate": -0.1}, r"must be a share of cases in \[0, 1\], but got -0.1"),
        ({"tune_fraction": 1.0}, "tune_fraction must lie between 0 and 1, ends excluded, not 1.0"),
        ({"tune_fraction": 0.0}, "tune_fraction must lie between 0 and 1"),
        ({"tune_fraction": "half"}, "not 'half'"),
        ({"max_intervals": 0}, "max_intervals must be a whole number"),
        ({"n_bins": 0}, "n_bins must be a whole number"),
    ],
)
def test_impossible_parameters_get_a_sentence(change, message):
    with pytest.raises(InvalidInput, match=message):
        fitted(**change)


def test_other_cases_are_checked_too():
    router = fitted()
    with pytest.raises(ValueError, match="2 features"):
        router.route(np.column_stack([score, score]))
    with pytest.raises(InvalidInput, match="one reader for RegionRouter, but got those of 2"):
        router.rates(score, y, np.column_stack([reader, y]))
    with pytest.raises(InvalidInput, match="labels that the model was fitted on"):
        router.rates(score, y + 1, reader)
    with pytest.raises(
        InvalidInput, match="experts must be as many as the router was fitted with, 1"
    ):
        router.score(score, y)


def test_the_order_of_cases_does_not_matter():
    rng = np.random.default_rng(0)
    score = rng.random(1_000)
    truth = (rng.random(1_000) < score).astype(int)
    reader = np.where((score > 0.3) & (score < 0.6), truth, 1 - truth)
    order = rng.permutation(1_000)
    here = RegionRouter(random_state=0).fit(score, truth, experts=reader)
    there = RegionRouter(random_state=0).fit(score[order], truth[order], experts=reader[order])
    np.testing.assert_array_equal(here.intervals_, there.intervals_)
    np.testing.assert_array_equal(here.route(score), there.route(score))
