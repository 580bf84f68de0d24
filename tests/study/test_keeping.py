"""From a comparison to running: the kept router reads the table's columns, and says why."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import cede
from cede.datasets import make_two_specialists
from cede.logs import FixedModel
from cede.operating import route
from cede.routers import read_new_for, route_in_parts
from cede.routers.encoding import Encoder
from cede.study import Stakes

LABELS = np.array(["a", "b", "c"])
X, y, experts = make_two_specialists(n=1_800, random_state=6)
MODEL = LogisticRegression().fit(X[:300], y[:300])
CHANCES = MODEL.predict_proba(X).round(6)
draw = np.random.default_rng(6)
TABLE = (
    pd.DataFrame(X, columns=["x0", "x1", "x2"])
    .assign(
        x0=lambda t: t["x0"].where(draw.random(len(t)) > 0.1),
        site=draw.choice(["north", "south", "east"], 1_800),
        y=LABELS[y],
        ann=LABELS[experts[:, 0].astype(int)],
        **{f"p_{label}": CHANCES[:, k] for k, label in enumerate(LABELS)},
    )[300:]
    .reset_index(drop=True)
)
PROBA = FixedModel(proba={label: f"p_{label}" for label in LABELS})


def study(table=TABLE, **changes):
    options = {"model": PROBA, "methods": ["ensemble"], "budgets": [0.1, 0.3], "n_boot": 100}
    options |= {"features": ["x*", "site"], "fees": {"ann": 0.02}, "keep": "ensemble"}
    return cede.compare_table(table, "y", {"ann": "ann"}, **{**options, **changes})


@pytest.fixture(scope="module")
def result():
    return study()


def test_what_is_kept_routes_the_rows_of_the_table_as_the_table_of_cases_says(result, tmp_path):
    cede.save(result.kept.router, tmp_path / "router")
    again = cede.load(tmp_path / "router")
    new = read_new_for(again, TABLE)
    routes = np.concatenate([routes for routes, _ in route_in_parts(again, new)])
    cases = result.kept.cases
    assert sorted(result.parts.test) == cases["row"].tolist()
    names = np.array(["model", "ann"])
    assert names[routes[cases["row"]]].tolist() == cases["agent"].tolist()
    scores = np.column_stack([cases["score of model"], cases["score of ann"]])
    np.testing.assert_array_equal(route(scores, result.kept.point), routes[cases["row"]])


def test_it_is_worth_nearly_what_was_compared_and_says_so(result):
    kept = result.kept
    cheapest = min(result.comparison.methods, key=lambda row: row.cost)
    assert kept.budget == cheapest.budget
    assert abs(kept.cost.value - cheapest.cost) < 0.02
    assert kept.cost.value < kept.model_cost.value
    assert kept.model_cost.value == pytest.approx(result.comparison.agents[0].cost)
    assert f"its mean cost is {kept.cost.value:.3f}" in str(kept)
    assert "It reads what the model says from the columns of the table." in str(kept)


def test_the_reason_holds_the_numbers_that_decide(result):
    cases, (price,) = result.kept.cases, result.kept.point.prices
    for i in range(0, len(cases["row"]), 25):
        model, ann = cases["score of model"][i], cases["score of ann"][i]
        assert cases["why"][i] == (
            f"ann expected to be right {ann + 0.02:.2f}, model {model:.2f}, fee 0.02: a gain of "
            f"{ann - model + 0.0:.2f}; ann is asked for a gain above {price:.2f}"
        )
        assert (cases["agent"][i] == "ann") == (ann - model > price)


def test_a_model_that_was_trained_here_is_not_kept_and_that_is_said():
    table = TABLE.drop(columns=["p_a", "p_b", "p_c"])
    kept = study(table, model=LogisticRegression()).kept
    assert "The model that was trained here is not kept" in str(kept)
    assert kept.router.feature_names_in_.tolist() == ["x0", "x1", "x2", "site"]
    assert kept.router.route(table[["x0", "x1", "x2", "site"]]).max() == 1


def test_costs_and_capacities_reach_what_is_kept():
    stakes = Stakes({("a", "b"): 4.0, ("a", "c"): 4.0})
    kept = study(stakes=stakes, capacity={"ann": 5}, expected_cases=100).kept
    assert "ann expected to cost " in kept.cases["why"][0]
    assert np.mean(kept.cases["agent"] == "ann") < 0.12
    assert kept.model_cost.value > study().kept.model_cost.value


@pytest.mark.parametrize(
    ("name", "methods", "message"),
    [
        ("neighbours", ["ensemble"], "keep must name a method that is compared, ensemble, but"),
        ("one_vs_all", ["one_vs_all"], "keep must name a method that learns what answers cost"),
        ("best", ["ensemble"], "but got 'best'"),
    ],
)
def test_what_cannot_be_kept_is_refused_before_the_work(name, methods, message):
    with pytest.raises(cede.InvalidInput, match=message):
        study(keep=name, methods=methods)


def test_an_encoder_puts_a_models_confidence_beside_its_probabilities():
    encoder = Encoder(probabilities=["p"]).fit(pd.DataFrame({"x": [1.0, 2.0], "p": [0.5, 0.9]}))
    out = encoder.transform(pd.DataFrame({"x": [3.0], "p": [0.9]}))
    np.testing.assert_allclose(out, [[3, 0.9, np.log(9) / 2, -np.log(9) / 2, np.log(0.9),
                                      np.log(9)]])  # fmt: skip
    names = encoder.get_feature_names_out().tolist()
    assert names == ["x", "p", "log p", "log 1 - p", "surest", "lead"]
    for column in ("q", "site"):
        with pytest.raises(cede.InvalidInput, match="probabilities must"):
            Encoder(probabilities=[column]).fit(pd.DataFrame({"site": ["a", "b"], "p": [0.1, 1.0]}))
