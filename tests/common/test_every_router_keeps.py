"""What every router leaves as it was, and what it never mixes up: random states, rows, names."""

import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

import cede
from cede.datasets import make_realizable_mixture, make_two_specialists
from cede.evaluation.resampling import paired_bootstrap
from cede.monitoring import audit
from router_examples import EXAMPLES, LEARNERS

MODEL = LogisticRegression()
#: A network per kind of scores, beside an example of every router that reads any labels.
ROUTERS = {
    **{name: EXAMPLES[name] for name in (*LEARNERS, "model alone", "expert alone")},
    "ratio, network": cede.DensityRatioRouter(MODEL, head=cede.routers.Mlp(epochs=2)),
}
SOME = ["one_vs_all", "cost_regression", "ensemble", "cascade", "post hoc"]
OTHER_COLUMNS = r"same order|match those that were passed"
X, y, experts = make_two_specialists(n=700, random_state=5)
y, experts = y.astype(int), experts.astype(int)
fit, new = slice(0, 400), slice(400, None)


def fitted(name, labels=y, answers=experts):
    return clone(ROUTERS[name]).fit(X[fit], labels[fit], experts=answers[fit])


def _of_numpy():
    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    return name, keys.tolist(), rest


@pytest.fixture
def random_states():
    """Numpy's and torch's own streams, which must be where they were afterwards."""
    before, torch_before = _of_numpy(), torch.get_rng_state()
    yield
    assert before == _of_numpy()
    assert torch.equal(torch_before, torch.get_rng_state())


@pytest.mark.usefixtures("random_states")
@pytest.mark.parametrize("name", [*ROUTERS, "random", "regions", "oracle"])
def test_no_fit_moves_a_random_state(name):
    if name == "regions":
        score = clone(MODEL).fit(X, y == 1).predict_proba(X)[:, 1]
        router = cede.RegionRouter().fit(score, y == 1, experts=experts[:, :1] == 1)
        router.tune(score, budget=0.1)
        return
    others = {"random": cede.routers.RandomRouter(MODEL), "oracle": cede.routers.Oracle(MODEL)}
    router = clone(others.get(name) or ROUTERS[name])
    router.fit(X[fit], y[fit], experts=experts[fit])
    if name == "oracle":
        return
    router.tune(X[new], budget=0.2)
    router.route(X[new])
    router.audit(X[new], 0.1)
    router.score(X[new], y[new], experts=experts[new])
    if name in ("one_vs_all", "post hoc", "neighbours", "marginal ideals"):
        router.add_expert(X[fit], y[fit], experts[fit, 0])
        cede.CalibratedRouter(router).fit(
            X[new], y[new], experts=np.column_stack([experts[new], experts[new, 0]])
        )


@pytest.mark.usefixtures("random_states")
def test_no_function_that_draws_moves_a_random_state():
    router = fitted("one_vs_all")
    cases = (X[new], y[new], experts[new])
    costs = cede.agent_costs(router.predict(X[new]), experts[new], y[new])
    for make in (make_two_specialists, make_realizable_mixture):
        make(n=50, random_state=None)
    audit(np.zeros(50, int), 0.5, n_experts=2)
    cede.compare({"r": router}, *cases, n_boot=20, random_state=None)
    cede.certify(router, *cases, risk=0.9, random_state=None)
    paired_bootstrap(costs, n_boot=20, random_state=None)
    cede.evaluation.simultaneous_band(1.0 - costs, costs, n_boot=20, random_state=None)
    cede.evaluation.learning_curve(
        cede.SingleStageClassifier("one_vs_all"), X[fit], y[fit], experts[fit],
        X_test=X[new], y_test=y[new], experts_test=experts[new],
        sizes=[100], repeats=2, random_state=None,
    )  # fmt: skip


LABELS = {
    "texts": np.array(["no", "yes", "rather not"])[y],
    "flags": y == 1,
    "codes": np.array([-1, 0, 1])[y],
    "gaps": np.array([10, 20, 37])[y],
}
TEAMS = {
    "texts": np.array(["no", "yes", "rather not"])[experts],
    "flags": experts == 1,
    "codes": np.array([-1, 0, 1])[experts],
    "gaps": np.array([10, 20, 37])[experts],
}


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("name", ROUTERS)
def test_no_code_for_nobody_lands_among_class_names(name, kind):
    """A label may be -1, and True is no expert's number: routes and answers share no array."""
    labels = LABELS[kind]
    router = fitted(name, labels, TEAMS[kind])
    router.tune(X[new], budget=0.4)
    answers, routes = router.predict(X[new]), router.route(X[new])
    assert answers.dtype == router.classes_.dtype == labels.dtype
    assert set(answers.tolist()) <= set(labels.tolist())
    assert routes.dtype == np.int64
    assert set(routes.tolist()) <= {0, 1, 2}


@pytest.mark.parametrize("kind", LABELS)
def test_a_cascade_answers_in_class_names_only(kind):
    router = cede.CascadeRouter([LogisticRegression(C=1e-3), LogisticRegression()])
    found = router.fit(X[fit], LABELS[kind][fit]).answers(X[new])
    assert found.dtype == LABELS[kind].dtype
    assert set(found.tolist()) <= set(LABELS[kind].tolist())


@pytest.mark.parametrize("name", ROUTERS)
def test_a_case_goes_where_it_goes_whatever_comes_with_it(name):
    """At a point chosen on these cases, one of which lies exactly on its edge; to the last bit."""
    router = fitted(name)
    router.tune(X[new], budget=0.25)
    scores, routes, answers = (
        f(X[new]) for f in (router.agent_scores, router.route, router.predict)
    )
    order = np.random.default_rng(0).permutation(300)
    for rows in (order, order[:37], np.arange(299, -1, -1), np.arange(0, 300, 2), np.array([8, 8])):
        np.testing.assert_array_equal(router.agent_scores(X[new][rows]), scores[rows])
        np.testing.assert_array_equal(router.route(X[new][rows]), routes[rows])
        np.testing.assert_array_equal(router.predict(X[new][rows]), answers[rows])
    np.testing.assert_array_equal(router.route(X[new][::-1]), routes[::-1])
    np.testing.assert_array_equal(router.route(np.asfortranarray(X[new])), routes)
    alone = [router.route(X[new][i : i + 1])[0] for i in range(300)]
    np.testing.assert_array_equal(alone, routes)


def test_routes_come_in_the_order_of_rows_whatever_the_index_says():
    """As with scikit-learn: an array, row by row; a joined column must come from those rows."""
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    router = cede.TwoStageRouter(MODEL).fit(frame[fit], y[fit], experts=experts[fit])
    router.tune(frame[new], budget=0.25)
    routes = router.route(frame[new])
    shuffled = frame[new].sample(frac=1.0, random_state=0)
    assert type(router.route(shuffled)) is np.ndarray
    joined = pd.Series(router.route(shuffled), index=shuffled.index).sort_index()
    np.testing.assert_array_equal(joined, routes)
    parts = pd.concat([frame[650:], frame[400:650]])
    np.testing.assert_array_equal(np.roll(router.route(parts), -50), routes)


@pytest.mark.parametrize("frame_of", [pd.DataFrame, pl.DataFrame, pa.table])
@pytest.mark.parametrize("name", SOME)
def test_columns_in_another_order_are_refused_in_every_kind_of_frame(name, frame_of):
    columns = {f"x{i}": column for i, column in enumerate(X.T)}
    turned = frame_of(dict(reversed(columns.items())))
    other = frame_of({**{f"x{i}": c for i, c in enumerate(X.T[:-1])}, "z": X.T[-1]})
    router = clone(ROUTERS[name]).fit(frame_of(columns), y, experts=experts)
    assert router.feature_names_in_.tolist() == list(columns)
    for call in (router.route, router.predict, router.agent_scores):
        for wrong in (turned, other):
            with pytest.raises(ValueError, match=OTHER_COLUMNS):
                call(wrong)
    same = router.route(frame_of(columns))
    for again in (pd.DataFrame, pl.DataFrame, pa.table):
        np.testing.assert_array_equal(router.route(again(columns)), same)
        with pytest.raises(ValueError, match=OTHER_COLUMNS):
            router.route(again(dict(reversed(columns.items()))))


@pytest.mark.parametrize("name", SOME)
def test_features_without_names_get_one_warning_a_call(name):
    frame = pd.DataFrame({f"x{i}": column for i, column in enumerate(X.T)})
    router = clone(ROUTERS[name]).fit(frame, y, experts=experts)
    for call in (
        lambda: router.route(X),
        lambda: router.predict(X),
        lambda: router.agent_scores(X),
        lambda: router.score(X, y, experts=experts),
        lambda: router.audit(X, 0.1),
    ):
        with pytest.warns(UserWarning, match="X does not have valid feature names") as found:
            call()
        assert len(found) == 1


@pytest.mark.parametrize("frame_of", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize("name", ["one_vs_all", "cost_regression"])
def test_routing_a_dataframe_takes_at_most_twice_the_memory_of_an_array(name, frame_of):
    """Beside the cases themselves; a table of pyarrow has no memory that an array could share."""
    large = np.random.default_rng(0).normal(size=(40_000, 20))
    named = {f"x{i}": column for i, column in enumerate(large.T)}

    def peak(cases):
        router = clone(ROUTERS[name]).fit(cases[:700], y, experts=experts)
        tracemalloc.start()
        router.route(cases)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(frame_of(named)) <= 2.0 * peak(large)
