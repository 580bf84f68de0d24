"""Who is who: names at fit, at score, in comparisons, in logs, and of those who can be asked."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

import cede
from cede import InvalidInput, TwoStageRouter
from cede.datasets import make_two_specialists

X, y, experts = make_two_specialists(n=1_200, random_state=1)
MODEL = LogisticRegression().fit(X[:400], y[:400])
TABLE = cede.agent_costs(MODEL.predict(X), experts, y)
NAMED = pd.DataFrame(TABLE, columns=["model", "ann", "bob"])
router = TwoStageRouter().fit(X, NAMED)
everyone = router.route(X)


@pytest.mark.parametrize(
    "present",
    [
        ["bob"],
        {"bob"},
        np.array(["bob"], dtype=object),
        {"bob": True, "ann": False},
        pd.Series({"bob": True, "ann": False}),
        pd.DataFrame({"bob": np.ones(1_200, bool), "ann": np.zeros(1_200, bool)}),
        pl.DataFrame({"ann": np.zeros(1_200, bool), "bob": np.ones(1_200, bool)}),
    ],
    ids=["list", "set", "objects", "dict", "series", "pandas", "polars"],
)
def test_who_is_there_by_name(present):
    expected = router.route(X, available=[False, True])
    assert set(expected) == {0, 2}
    np.testing.assert_array_equal(router.route(X, available=present), expected)


@pytest.mark.parametrize(
    ("present", "words"),
    [
        ("bob", r"a list of names, but got one; write \['bob'\]"),
        (["bo"], "Did you mean 'bob'"),
        ({"bob": True}, "must name every expert, but got nothing for 'ann'"),
        (
            {"bob": True, "ann": False, "cy": True},
            "must name one of the experts, but there is no 'cy'",
        ),
        ([1, 0], "there is no 1\\.|must be booleans"),
    ],
)
def test_who_is_there_must_be_said_clearly(present, words):
    with pytest.raises(InvalidInput, match=words):
        router.route(X, available=present)


def test_columns_in_another_order_are_refused_everywhere():
    answers = pd.DataFrame(experts, columns=["ann", "bob"])
    known = TwoStageRouter(MODEL).fit(X, y, answers)
    swapped = answers[["bob", "ann"]]
    for call in (
        lambda: known.score(X, y, experts=swapped),
        lambda: cede.deferral_curve(known, X, y, experts=swapped),
        lambda: cede.compare({"router": known}, X, y, experts=swapped),
        lambda: cede.deferral_curve(router, X, NAMED[["model", "bob", "ann"]]),
        lambda: cede.compare({"router": router}, X, NAMED[["model", "bob", "ann"]]),
        lambda: TwoStageRouter().fit(X, NAMED, propensities=NAMED[["model", "bob", "ann"]] + 1),
    ):
        with pytest.raises(InvalidInput, match=r"ann, bob, in this order, but got bob, ann"):
            call()


def test_a_comparison_calls_experts_by_their_names():
    answers = pd.DataFrame(experts, columns=["ann", "bob"])
    known = TwoStageRouter(MODEL).fit(X[:600], y[:600], answers[:600])
    cases, options = (X[600:], y[600:]), {"model": MODEL, "n_boot": 10}
    of_frame = cede.compare({"r": known}, *cases, experts=answers[600:], **options)
    of_router = cede.compare({"r": known}, *cases, experts=experts[600:], **options)
    assert of_frame.expert_names == of_router.expert_names == ("ann", "bob")
    assert "ann alone" in of_frame.to_markdown()


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(InvalidInput, match="a name of its own for each agent, but got 'ann' twice"):
        TwoStageRouter().fit(X, pd.DataFrame(TABLE, columns=["model", "ann", "ann"]))


def test_nullable_tables_are_read():
    nullable = NAMED.convert_dtypes()
    nullable.iloc[:5, 1] = pd.NA
    plain = TABLE.copy()
    plain[:5, 1] = np.nan
    scores = [TwoStageRouter().fit(X, t).agent_scores(X) for t in (nullable, plain)]
    np.testing.assert_array_equal(*scores)
    assert TwoStageRouter().fit(X, plain.astype(object)).score(X, nullable) > 0


def test_cases_know_their_agents():
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    frame[["ok", "ok1", "ok2"]] = 1.0 - TABLE
    frame["p"] = 0.5
    outcome = {"model": "ok", "ann": "ok1", "bob": "ok2"}
    log = cede.logs.read_wide(frame, outcome=outcome, model="model", features=["a", "b", "c"])
    of_log = TwoStageRouter().fit(log)
    np.testing.assert_array_equal(of_log.agent_scores(log), router.agent_scores(X))
    assert of_log.expert_names_ == ("ann", "bob")
    assert of_log.score(log) == router.score(X, NAMED)
    part = log[np.arange(10)]
    assert (len(part), part.X.shape, part.agent_names) == (10, (10, 3), log.agent_names)
    other = cede.logs.read_wide(
        frame,
        outcome={"model": "ok", "cy": "ok1", "bob": "ok2"},
        model="model",
        features=["a", "b", "c"],
    )
    with pytest.raises(InvalidInput, match=r"ann, bob, in this order, but got cy, bob"):
        of_log.score(other)


def test_a_table_of_the_model_alone_keeps_everything():
    for alone in (
        TwoStageRouter(),
        cede.NeighborRouter(),
        cede.DensityRatioRouter(),
        cede.EnsembleRouter([TwoStageRouter()]),
    ):
        fitted = alone.fit(X, TABLE[:, :1])
        assert (fitted.route(X) == 0).all()
        assert fitted.agent_scores(X).shape == (1_200, 1)


def test_the_few_cases_that_are_scored_are_counted():
    thin = TABLE.copy()
    thin[5:, 1] = np.nan
    with pytest.warns(UserWarning, match="Only 5 of 1,200 cases have an answer of every agent"):
        router.score(X, thin)
    other = TwoStageRouter().fit(X[600:], TABLE[600:])
    found = cede.compare({"r": other}, X[:600], thin[:600], n_boot=10)
    assert "5 of 600 cases compared" in found.to_markdown()


def test_a_method_that_knows_the_cases_is_said_to_be_flattered():
    with pytest.warns(UserWarning, match="'r' is flattered: 100% of these were among the 1,200"):
        cede.compare({"r": router}, X[:600], TABLE[:600], n_boot=10)
    with pytest.raises(InvalidInput, match="methods must be fitted routers by name"):
        cede.compare([router], X, TABLE)


def test_costs_of_any_unit_are_compared_in_that_unit():
    minutes = 60.0 * TABLE
    slow = TwoStageRouter().fit(X[:600], minutes[:600])
    minutes = minutes[600:]
    table = cede.compare({"router": slow}, X[600:], minutes, budgets=[0.5], n_boot=50)
    header, rows = table.cells()
    assert header[1] == "mean cost [95%]"
    cells = {row[0]: row for row in rows}
    assert cells["model alone"][1].startswith(f"{minutes[:, 0].mean():.4g} [")
    low, high = map(float, cells["router"][1].split("[")[1].rstrip("]").split())
    assert low < float(cells["router"][1].split()[0]) < high
    assert cells["router"][2].startswith("-")  # cheaper than the model


def test_texts_beside_numbers_are_refused():
    for answers, truth in (
        ([["1", "0"]], [1]),
        ([[1, 0]], ["1"]),
        (np.array([["a", None]], dtype=object), [0]),
        ([["True"]], [True]),
    ):
        with pytest.raises(
            InvalidInput, match=r"answers must be written like the labels, .* but got"
        ):
            cede.classification_costs(answers, truth)
    mixed = np.array([["a", None]], dtype=object)
    np.testing.assert_array_equal(cede.classification_costs(mixed, ["a"]), [[0.0, np.nan]])
