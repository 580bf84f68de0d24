"""A model that is there already: judged as it is, deferred around, and never trained."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import cede
from cede.datasets import make_two_specialists
from cede.logs import FixedModel, read_problem
from cede.study import Workbench, split

LABELS = np.array(["a", "b", "c"])
X, y, experts = make_two_specialists(n=1_500, random_state=3)
MODEL = LogisticRegression().fit(X[:300], y[:300])
CHANCES = MODEL.predict_proba(X).round(6)
TABLE = (
    pd.DataFrame(X, columns=["x0", "x1", "x2"])
    .assign(
        y=LABELS[y],
        ann=LABELS[experts[:, 0].astype(int)],
        said=LABELS[CHANCES.argmax(axis=1)],
        **{f"p_{label}": CHANCES[:, k] for k, label in enumerate(LABELS)},
    )[300:]
    .reset_index(drop=True)
)
PROBA = FixedModel(proba={label: f"p_{label}" for label in "cab"})
OPTIONS = {"budgets": [0.0, 0.3], "n_boot": 100, "features": ["x0", "x1", "x2"]}


def study(model, table=TABLE, **changes):
    options = {**OPTIONS, "methods": ["one_vs_all", "ensemble"], **changes}
    return cede.compare_table(table, "y", {"ann": "ann"}, model=model, **options)


@pytest.mark.parametrize("model", [FixedModel("said"), PROBA])
def test_its_answers_are_judged_as_they_stand_and_no_case_trains_it(model):
    result = study(model)
    test = result.parts.test
    (alone, *_) = result.comparison.agents
    assert alone.accuracy == np.mean(TABLE["said"][test] == TABLE["y"][test])
    assert [len(part) for part in result.parts.by_name.values()] == pytest.approx(
        [0, 600, 120, 480], abs=3
    )
    for row in result.comparison.methods:
        assert row.gain == 0.0 if row.budget == 0.0 else row.gain > 0.03


def test_who_needs_probabilities_is_left_out_with_the_reason_where_answers_are_all():
    result = study(FixedModel("said"), methods=None)
    assert result.left_out == {"threshold_correction": "a model that gives probabilities"}
    assert not study(PROBA, methods=None, budgets=[0.3]).left_out


def test_its_columns_are_the_last_of_the_matrix_and_what_its_probabilities_are_read_from():
    problem = read_problem(TABLE, "y", {"ann": "ann"}, features=["x0"], model=PROBA)
    bench = Workbench.build(problem, split(problem, 0, trained=False), PROBA, 0)
    assert bench.names == ("x0", "the model says a", "the model says b", "the model says c")
    np.testing.assert_allclose(bench.model.predict_proba(bench.X), CHANCES[300:], atol=1e-5)
    np.testing.assert_array_equal(LABELS[bench.model.predict(bench.X)], TABLE["said"])
    np.testing.assert_array_equal(
        problem.agent_costs[:, 0], (TABLE["said"] != TABLE["y"]).astype(float)
    )


def test_its_columns_are_features_enough():
    table = TABLE[["y", "ann", "p_a", "p_b", "p_c"]]
    result = study(PROBA, table, features=None, methods=["threshold_correction"], budgets=[0.3])
    assert result.comparison.methods[0].gain > 0.0


def test_of_two_labels_one_probability_is_enough():
    two = TABLE[TABLE["y"] != "c"].assign(p=lambda t: t["p_b"] / (t["p_a"] + t["p_b"]))
    one = read_problem(two, "y", model=FixedModel(proba={"b": "p"})).probabilities
    both = FixedModel(proba={"b": "p", "a": "q"})
    twice = read_problem(two.assign(q=1 - two["p"]), "y", model=both).probabilities
    np.testing.assert_allclose(one, twice, atol=1e-12)
    np.testing.assert_allclose(one[:, 1], two["p"], atol=1e-12)


def test_a_model_that_is_worse_than_one_answer_is_said_to_be_so_first():
    table = TABLE.assign(said="b").assign(y=np.where(np.arange(len(TABLE)) % 10 < 9, "a", "b"))
    result = study(FixedModel("said"), table.assign(ann=table["y"]), methods=["one_vs_all"])
    first = "The model is worse than always answering a: "
    assert result.comparison.verdict().sentence.startswith(first)
    assert str(cede.report.summarise(result)).splitlines()[1].startswith(first)
    assert result.comparison.constant.method == "always a"


@pytest.mark.parametrize(
    ("model", "table", "message"),
    [
        (FixedModel("said"), TABLE.assign(said=None), "Every answer of the model"),
        (
            FixedModel("said"),
            TABLE.assign(said=TABLE["said"].where(TABLE.index > 2)),
            "must hold the model's answer in every case, but 3 of column 'said' are missing",
        ),
        (
            FixedModel("said"),
            TABLE.assign(said=TABLE["said"].str.upper()),
            "The model .* answered A, B, C .* which no case has",
        ),
        (FixedModel("y"), TABLE, "must be other columns than the label 'y'"),
        (FixedModel("nobody"), TABLE, "model_answers must name one of the columns, .* 'nobody'"),
        (
            FixedModel(proba={"a": "p_a", "b": "p_b"}),
            TABLE,
            "must name a column for each of the labels a, b, c, but got none of 'c'",
        ),
        (
            FixedModel(proba={"a": "p_a", "b": "p_b", "d": "p_c"}),
            TABLE,
            "must name a column for each of the labels a, b, c, but got 'd'",
        ),
        (PROBA, TABLE.assign(p_a=100 * TABLE["p_a"]), "probabilities from 0 to 1 that sum to one"),
        (PROBA, TABLE.assign(p_a=np.log(TABLE["p_a"])), "turn percentages, logarithms or scores"),
        (PROBA, TABLE.assign(p_a=TABLE["p_a"].where(TABLE.index > 1)), "but 2 rows of .* miss one"),
    ],
)
def test_what_it_says_is_refused_in_a_sentence_where_it_cannot_be_meant(model, table, message):
    with pytest.raises(cede.InvalidInput, match=message):
        read_problem(table, "y", {"ann": "ann"}, features=["x0"], model=model)


def test_a_fixed_model_is_known_by_one_thing():
    with pytest.raises(cede.InvalidInput, match="but got none"):
        FixedModel()
    with pytest.raises(cede.InvalidInput, match="but got both"):
        FixedModel("said", {"a": "p_a"})
