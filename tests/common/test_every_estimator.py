"""What every router must pass: scikit-learn's own checks, then ours."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import estimator_checks_generator

import cede
from cede.datasets import make_two_specialists
from cede.exceptions import InvalidInput
from cede.losses import SURROGATES
from cede.routers import Linear
from router_examples import EXAMPLES, LEARNERS

MODEL = LogisticRegression()
FOREST = RandomForestClassifier(10, random_state=0)
SINGLE_STAGE = [row.name for row in SURROGATES.values() if row.kind == "single_stage"]
#: Whose scores hold probabilities, to which fees can be applied after the fit.
DECODED = [name for name in SINGLE_STAGE if SURROGATES[name].decode]
ESTIMATING = [name for name in LEARNERS if hasattr(EXAMPLES[name], "expert_accuracy")]
ESTIMATING = [name for name in ESTIMATING if name not in SINGLE_STAGE or name in DECODED]
ESTIMATING.remove("rejector")

data = make_two_specialists(n=1_200, random_state=0)
X, y, experts = data
train, test = slice(0, 800), slice(800, None)


def fitted(name, **changes):
    router = clone(EXAMPLES[name]).set_params(**changes)
    return router.fit(X[train], y[train], experts=experts[train])


def sklearn_checks():
    for name in (
        *DECODED,
        "expected_cost",
        "complement",
        "density ratio",
        "cascade",
        "neighbours",
        "post hoc",
    ):  # one class, whatever the surrogate
        for i, (estimator, check) in enumerate(estimator_checks_generator(clone(EXAMPLES[name]))):
            called = getattr(check, "func", check).__name__
            yield pytest.param(estimator, check, id=f"{name}-{called}-{i}")


@pytest.mark.parametrize(("estimator", "check"), list(sklearn_checks()))
@pytest.mark.filterwarnings("ignore")  # scikit-learn fits without experts, of which we warn
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", EXAMPLES)
def test_scores_routes_and_predictions_have_their_shapes(name):
    router = fitted(name)
    scores, routes = router.agent_scores(X[test]), router.route(X[test])
    assert scores.shape == (400, 3)
    assert np.isfinite(scores).all()
    assert routes.shape == (400,)
    assert set(routes) <= {0, 1, 2}
    assert set(router.predict(X[test])) <= set(router.classes_)


@pytest.mark.parametrize("name", EXAMPLES)
def test_budget_holds_on_the_data_it_was_chosen_on_and_is_then_used(name):
    router = fitted(name)
    for budget in (0.0, 0.2, 1.0):
        point = router.tune(X[test], budget=budget)
        assert np.mean(router.route(X[test]) > 0) == point.deferral_rate <= budget
        assert router.operating_point_ is point


@pytest.mark.parametrize("name", LEARNERS)
def test_system_beats_every_agent_alone(name):
    router = fitted(name)
    system = router.score(X[test], y[test], experts=experts[test])
    alone = [np.mean(router.predict(X[test]) == y[test])]
    alone += [np.mean(answers == y[test]) for answers in experts[test].T]
    assert system > max(alone) + 0.02


@pytest.mark.parametrize("name", LEARNERS)
def test_zero_experts_keep_everything(name):
    router = clone(EXAMPLES[name]).set_params(fees=None)
    router.fit(X[train], y[train], experts=np.empty((800, 0)))
    assert (router.route(X[test]) == 0).all()
    accuracy = np.mean(router.predict(X[test]) == y[test])
    assert router.score(X[test], y[test]) == pytest.approx(accuracy)
    assert router.tune(X[test], budget=1.0).prices == ()


@pytest.mark.parametrize("name", [n for n in LEARNERS if "mlp" not in n and n != "cascade"])
def test_permuting_experts_permutes_routes(name):
    router = fitted(name)
    swapped = clone(EXAMPLES[name]).fit(X[train], y[train], experts=experts[train][:, ::-1])
    expected = np.array([0, 2, 1])[router.route(X[test])]
    assert np.mean(swapped.route(X[test]) == expected) > 0.995  # ties of the last digit


@pytest.mark.parametrize("name", [n for n in LEARNERS if "mlp" not in n])
def test_relabelling_classes_commutes(name):
    names = np.array(["z", "m", "a"])
    router, renamed = fitted(name), clone(EXAMPLES[name])
    renamed.fit(X[train], names[y[train]], experts=names[experts[train].astype(int)])
    assert renamed.classes_.tolist() == ["a", "m", "z"]
    assert np.mean(renamed.route(X[test]) == router.route(X[test])) > 0.995
    assert np.mean(renamed.predict(X[test]) == names[router.predict(X[test])]) > 0.995


ORDERS = {
    "shuffled": np.random.default_rng(0).permutation(800),
    "sorted by a feature": np.argsort(X[train, 0]),
    "sorted by the label": np.argsort(y[train], kind="stable"),
}


@pytest.mark.parametrize("name", [*EXAMPLES, "own folds of a forest"])
def test_row_order_changes_nothing(name):
    """Not a bit of it: folds, batches, bootstraps and sums follow what the cases hold."""
    router = clone(EXAMPLES.get(name, cede.PostHocRouter(FOREST)))
    if name == "random":
        router.set_params(model=FOREST)
    here = clone(router).fit(X[train], y[train], experts=experts[train]).agent_scores(X)
    for order in ORDERS.values():
        there = clone(router).fit(X[train][order], y[train][order], experts=experts[train][order])
        np.testing.assert_array_equal(here, there.agent_scores(X))


@pytest.mark.parametrize("name", EXAMPLES)
def test_row_order_changes_nothing_where_cases_are_equal_or_grouped(name):
    coarse = np.round(X[train] * 2) / 2
    groups = np.array(list("abcdefghijklmnop"))[np.arange(800) // 50]
    order = np.random.default_rng(1).permutation(800)
    here, there = (
        clone(EXAMPLES[name])
        .fit(coarse[rows], y[train][rows], experts=experts[train][rows], groups=groups[rows])
        .agent_scores(X[test])
        for rows in (np.arange(800), order)
    )
    np.testing.assert_array_equal(here, there)


@pytest.mark.parametrize("name", EXAMPLES)
def test_groups_are_checked_by_every_router(name):
    for groups, message in (
        (np.arange(5), "X has 800, groups has 5"),
        (
            np.r_[np.nan, np.arange(799)],
            "groups must name a group for each case, but got none for 1 of 800",
        ),
    ):
        with pytest.raises(InvalidInput, match=message):
            clone(EXAMPLES[name]).fit(X[train], y[train], experts=experts[train], groups=groups)


def test_a_message_says_at_which_row_as_the_rows_came():
    table = cede.agent_costs(y[train], experts[train], y[train]).astype(float)
    table[123] = np.nan
    with pytest.raises(InvalidInput, match="the first at row 123"):
        cede.TwoStageRouter().fit(X[train], table)


@pytest.mark.parametrize("name", ["one_vs_all", "cost_regression", "post hoc", "neighbours"])
def test_an_added_expert_does_not_depend_on_the_row_order_either(name):
    order = np.random.default_rng(0).permutation(400)
    rows = np.arange(400, 800)
    here, there = (
        fitted_without(name).add_expert(X[r], y[r], experts[r, 1]).agent_scores(X)
        for r in (rows, rows[order])
    )
    np.testing.assert_array_equal(here, there)


def fitted_without(name):
    return clone(EXAMPLES[name]).fit(X[train], y[train], experts=experts[train, :1])


@pytest.mark.parametrize("name", LEARNERS)
def test_perfect_free_expert_is_never_ignored(name):
    router = clone(EXAMPLES[name]).set_params(fees=None)
    router.fit(X[train], y[train], experts=y[train, None])
    router.tune(X[test], budget=1.0)
    assert router.score(X[test], y[test], experts=y[test, None]) > 0.99


@pytest.mark.parametrize("name", [n for n in ESTIMATING if n != "fees in the loss"])
def test_a_fee_needs_no_new_fit(name):
    router = fitted(name, fees=None)
    before = router.agent_scores(X[test])
    router.set_params(fees=[0.1, 0.2])
    np.testing.assert_allclose(router.agent_scores(X[test]), before - [0, 0.1, 0.2])


def test_fees_in_the_loss_are_in_the_scores_but_not_in_the_accuracy():
    for surrogate in DECODED:
        free = cede.SingleStageClassifier(surrogate, head=Linear(weight_decay=1e-3))
        paid = clone(free).set_params(fees=[0.1, 0.2], fees_in="loss")
        for router in (free, paid):
            router.fit(X[train], y[train], experts=experts[train])
        np.testing.assert_allclose(
            paid.agent_scores(X)[:, 1:], paid.expert_accuracy(X) - [0.1, 0.2], atol=1e-12
        )
        apart = np.abs(paid.expert_accuracy(X) - free.expert_accuracy(X))
        assert apart.mean() < (0.1 if SURROGATES[surrogate].bounded else 0.2), surrogate


@pytest.mark.parametrize("name", ESTIMATING)
def test_estimated_accuracy_is_near_the_truth(name):
    """The truth is logistic in x, as one-vs-all is; a ratio of softmax masses cannot follow it."""
    router = fitted(name)
    row = SURROGATES[getattr(router, "surrogate", "softmax_one_vs_all")]
    error = np.abs(router.expert_accuracy(X[test]) - data.expert_accuracy[test]).mean()
    assert error < (0.15 if name == "mlp" else 0.12 if row.bounded else 0.25)


@pytest.mark.parametrize("name", ESTIMATING)
@pytest.mark.filterwarnings("ignore:Only 90 of 400 cases have an answer of every agent")
def test_missing_answers_are_neither_right_nor_wrong(name):
    """Half of the answers removed at random leave the estimates where they were, give or take."""
    thin = experts.copy()
    thin[np.random.default_rng(1).random(thin.shape) < 0.5] = np.nan
    router = clone(EXAMPLES[name]).fit(X[train], y[train], experts=thin[train])
    whole = fitted(name).expert_accuracy(X[test]).mean(axis=0)
    np.testing.assert_allclose(router.expert_accuracy(X[test]).mean(axis=0), whole, atol=0.08)
    assert 0 < router.score(X[test], y[test], experts=thin[test]) < 1


@pytest.mark.parametrize("name", LEARNERS)
def test_costs_say_the_same_as_answers(name):
    costs = cede.costs.expert_costs(experts, y)
    router = clone(EXAMPLES[name]).fit(X[train], y[train], costs=costs[train])
    np.testing.assert_array_equal(router.agent_scores(X[test]), fitted(name).agent_scores(X[test]))
    assert router.score(X[test], y[test], costs=costs[test]) == pytest.approx(
        router.score(X[test], y[test], experts=experts[test])
    )


@pytest.mark.parametrize("name", LEARNERS)
def test_dataframes_keep_their_names_and_give_the_same_routes(name):
    columns = {f"x{i}": values for i, values in enumerate(X.T)}
    answers = {"ann": experts[:, 0], "bob": experts[:, 1]}
    expected = fitted(name).agent_scores(X[test])
    for frame, team in (
        (pd.DataFrame(columns), pd.DataFrame(answers)),
        (pl.DataFrame(columns), pl.DataFrame(answers)),
        (pa.table(columns), pa.table(answers)),
    ):
        router = clone(EXAMPLES[name]).fit(frame[train], y[train], experts=team[train])
        assert router.feature_names_in_.tolist() == list(columns)
        assert router.expert_names_ == ("ann", "bob")
        np.testing.assert_allclose(router.agent_scores(frame[test]), expected, atol=1e-9)


@pytest.mark.parametrize("name", EXAMPLES)
def test_before_fit_every_verb_says_so(name):
    router = clone(EXAMPLES[name])
    for call in (
        lambda: router.tune(X, budget=0.1),
        lambda: router.route(X),
        lambda: router.predict(X),
        lambda: router.agent_scores(X),
        lambda: router.score(X, y, experts=experts),
    ):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            call()


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.zeros(800, int)}, "at least two classes"),
        ({"experts": np.full((800, 2), 7)}, "expert 1 answered 7, which no case has as its label"),
        (
            {"experts": np.column_stack([experts[train, 0], np.full(800, np.nan)])},
            "Every answer of expert 2 is missing",
        ),
        ({"experts": experts[:10]}, "answers has 10, y has 800"),
        ({"X": np.where(np.arange(X.shape[1]) == 0, np.nan, X[train])}, "contains NaN"),
        ({"X": np.where(np.arange(X.shape[1]) == 0, np.inf, X[train])}, "contains infinity"),
        ({"costs": np.zeros((800, 2))}, "not both"),
    ],
)
def test_bad_input_gets_a_sentence(name, change, message):
    arguments = {"X": X[train], "y": y[train], "experts": experts[train], **change}
    with pytest.raises(ValueError, match=message):
        clone(EXAMPLES[name]).fit(arguments.pop("X"), arguments.pop("y"), **arguments)


@pytest.mark.parametrize("name", LEARNERS)
def test_bad_fees_get_a_sentence(name):
    for fees, message in (([0.1], "one per expert"), (-0.1, "cannot be negative")):
        if len(np.atleast_1d(fees)) == 1 and fees == [0.1]:
            fees = [0.1, 0.1, 0.1]
        with pytest.raises(cede.InvalidInput, match=message):
            fitted(name, fees=fees)


@pytest.mark.parametrize("name", LEARNERS)
def test_forgetting_the_experts_warns_at_fit_and_fails_at_score(name):
    with pytest.warns(UserWarning, match="every case stays with the model"):
        clone(EXAMPLES[name]).set_params(fees=None).fit(X[train], y[train])
    with pytest.raises(
        cede.InvalidInput, match="experts must be as many as the router was fitted with, 2"
    ):
        fitted(name).score(X[test], y[test])


def test_the_oracle_knows_its_cases_only():
    model = clone(MODEL).fit(X[train], y[train])
    oracle = cede.routers.Oracle(model).fit(X[test], y[test], experts=experts[test])
    best = (np.column_stack([model.predict(X[test]), experts[test]]) == y[test, None]).any(axis=1)
    assert oracle.score(X[test], y[test], experts=experts[test]) == pytest.approx(best.mean())
    with pytest.raises(cede.InvalidInput, match="knows the 400 cases"):
        oracle.route(X[train])


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_new_fit_forgets_the_operating_point(name):
    router = fitted(name)
    fresh = router.agent_scores(X[test])
    router.tune(X[test], budget=0.0)
    router.fit(X[train], y[train], experts=experts[train])
    assert not hasattr(router, "operating_point_")
    np.testing.assert_array_equal(router.route(X[test]), cede.route(fresh))


@pytest.mark.parametrize("name", SINGLE_STAGE)
def test_units_and_offsets_do_not_matter(name):
    moved = X * [1.0, 1e-3, 1e4] + [1e5, 0.0, -2000.0]
    router = clone(EXAMPLES[name])
    router.fit(moved[train], y[train], experts=experts[train])
    np.testing.assert_allclose(
        router.agent_scores(moved[test]), fitted(name).agent_scores(X[test]), atol=1e-3
    )


def test_no_warning_when_experts_are_given():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted("one_vs_all")


RANKING = [name for name in SINGLE_STAGE if name not in DECODED]


@pytest.mark.parametrize("name", RANKING)
def test_what_only_ranks_refuses_what_needs_estimates(name):
    router = fitted(name)
    assert not hasattr(router, "predict_proba")
    with pytest.raises(InvalidInput, match=f"{name} learns who should answer"):
        router.expert_accuracy(X[test])
    with pytest.raises(InvalidInput, match=r"choose .*softmax_one_vs_all"):
        router.answer_accuracy(X[test], y[test])
    with pytest.raises(InvalidInput, match="fees_in='loss'"):
        router.set_params(fees=0.1).agent_scores(X[test])
    with pytest.raises(InvalidInput, match="fees_in='loss'"):
        fitted(name, fees=[0.0, 0.1])


@pytest.mark.parametrize("name", RANKING)
def test_what_has_no_mask_refuses_missing_answers_with_their_number(name):
    thin = experts.copy()
    thin[:5, 0] = np.nan
    with pytest.raises(InvalidInput, match=f"{name} cannot learn .* 5 of 1600 are missing"):
        clone(EXAMPLES[name]).fit(X[train], y[train], experts=thin[train])


def test_fees_of_a_ranking_surrogate_enter_its_loss():
    light = Linear(weight_decay=1e-3)
    free, dear = (
        fitted("expected_cost", fees=fee, fees_in="loss", head=light).route(X[test])
        for fee in (0.0, 0.1)
    )
    assert 0.0 < (dear > 0).mean() < (free > 0).mean()


@pytest.mark.parametrize("name", LEARNERS)
def test_the_same_seed_gives_the_same_scores(name):
    np.testing.assert_array_equal(fitted(name).agent_scores(X), fitted(name).agent_scores(X))


@pytest.mark.parametrize("name", EXAMPLES)
def test_who_is_away_is_never_asked(name):
    router = fitted(name)
    everyone = router.route(X[test])
    for present in ([True, False], ["expert 1"], np.tile([True, False], (400, 1))):
        routes = router.route(X[test], available=present)
        assert not (routes == 2).any()
        # A cascade knows who is away before it asks whom they stand behind.
        assert ((routes == everyone) | (everyone == 2) | (name == "cascade")).all()
    assert (router.route(X[test], available=[]) == 0).all()
    with pytest.raises(
        InvalidInput, match="must name one of the experts, but there is no 'nobody'"
    ):
        router.route(X[test], available=["nobody"])


@pytest.mark.parametrize("name", LEARNERS)
def test_float32_and_lists_are_read_as_they_are(name):
    router = fitted(name)
    exact = X.astype(np.float32).astype(np.float64)
    expected = router.agent_scores(exact)
    np.testing.assert_array_equal(router.agent_scores(X.astype(np.float32)), expected)
    np.testing.assert_allclose(router.agent_scores(exact[:5].tolist()), expected[:5], atol=1e-9)
