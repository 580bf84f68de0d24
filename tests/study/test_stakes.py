"""People's own costs: a matrix, costs of an expert, money; in decisions and not only judgement."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score

import cede
from cede.datasets import make_two_specialists
from cede.evaluation.comparison._points import place
from cede.logs import FixedModel, read_problem
from cede.report import summarise
from cede.routers import METHODS
from cede.study import Stakes, Workbench, split
from cede.study._stakes import price_experts

X, y, experts = make_two_specialists(n=1_600, random_state=8)
NAMES = np.array(["fraud", "ok"])
TRUTH = NAMES[(y > 0).astype(int)]
draw = np.random.default_rng(8)
P = np.clip(np.where(y > 0, 0.3, 0.6) + 0.2 * draw.normal(size=1_600), 0.01, 0.99).round(4)
TABLE = pd.DataFrame(X, columns=["x0", "x1", "x2"]).assign(
    truth=TRUTH,
    p=P,
    said=NAMES[(P < 0.5).astype(int)],
    ann=np.where(draw.random(1_600) < 0.85, TRUTH, np.where(TRUTH == "ok", "fraud", "ok")),
    bob=np.where(draw.random(1_600) < 0.75, TRUTH, "ok"),
)
TEN = Stakes({("fraud", "ok"): 10.0})
PROBA = FixedModel(proba={"fraud": "p"})


def study(stakes=TEN, **changes):
    options = {"model": PROBA, "methods": ["ensemble"], "budgets": [0.3], "n_boot": 100}
    options = {**options, "features": ["x*"], **changes}
    return cede.compare_table(
        TABLE, "truth", {"ann": "ann", "bob": "bob"}, stakes=stakes, **options
    )


def cost(answers, truth):
    """As the sentence says: ten where ok is answered to fraud, one where fraud is to ok."""
    return np.where(answers == truth, 0.0, np.where(truth == "fraud", 10.0, 1.0))


@pytest.fixture(scope="module")
def result():
    return study(methods="all")


def test_everybody_is_judged_by_the_costs(result):
    rows = {row.method: row for row in result.comparison.rows}
    test = result.parts.test
    truth = TRUTH[test]
    # Fraud where p * 10 > (1 - p): the model answers what it expects to cost least.
    model = np.where(P[test] * 10 > 1 - P[test], "fraud", "ok")
    assert (model != TABLE["said"].to_numpy()[test]).mean() > 0.1
    assert rows["model alone"].cost == pytest.approx(cost(model, truth).mean())
    for name in ("ann", "bob"):
        answers = TABLE[name].to_numpy()[test]
        assert rows[f"{name} alone"].cost == pytest.approx(cost(answers, truth).mean())
    assert rows["always fraud"].cost == pytest.approx(
        cost(np.full(len(test), "fraud"), truth).mean()
    )
    assert result.comparison.in_costs
    assert result.appraisal.measure == "cost"


def test_every_method_that_can_take_costs_is_compared_and_decides_by_them(result):
    plain = {name for name, row in METHODS.items() if not {"own_model", "equal_errors"} & row.needs}
    assert set(result.methods) == plain
    assert {*result.left_out} == set(METHODS) - plain
    alone = result.comparison.agents[0].cost
    for row in result.comparison.methods:
        assert row.cost < alone + 0.02, row.method


@pytest.mark.parametrize("method", ["softmax_one_vs_all", "threshold_correction", "ensemble"])
def test_estimates_are_of_the_costs_and_in_units_of_one_error(result, method):
    for honesty in result.appraisal.honesty[method]:
        assert honesty.expected == pytest.approx(honesty.observed.value, abs=0.25)


def test_costs_that_say_nothing_new_change_nothing():
    plain = study(None, methods=["softmax_one_vs_all", "ensemble"])
    same = study(Stakes(), methods=["softmax_one_vs_all", "ensemble"])
    assert plain.comparison.rows == same.comparison.rows
    ones = study(Stakes({("fraud", "ok"): 1.0}), methods=["ensemble"])
    for one, two in zip(ones.comparison.agents, plain.comparison.agents, strict=True):
        assert one.cost == pytest.approx(two.cost)


def test_an_expert_may_have_costs_of_its_own_and_answers_that_were_graded_are_inferred_of_two():
    stakes = Stakes({("fraud", "ok"): 10.0}, of={"ann": {("fraud", "ok"): 3.0}})
    problem = price_experts(read_problem(TABLE, "truth", {"ann": "ann", "bob": "bob"}), stakes)
    missed = (TABLE["truth"] == "fraud") & (TABLE["ann"] == "ok")
    assert set(problem.agent_costs[missed, 1]) == {3.0}
    assert problem.agent_costs[:, 2] == pytest.approx(cost(TABLE["bob"].to_numpy(), TRUTH))
    graded = TABLE.assign(right=TABLE["bob"] == TABLE["truth"])
    inferred = price_experts(read_problem(graded, "truth", correct={"bob": "right"}), TEN)
    np.testing.assert_array_equal(inferred.agent_costs[:, 1], problem.agent_costs[:, 2])
    three = graded.assign(truth=np.where(np.arange(1_600) % 3 == 0, "odd", TRUTH))
    with pytest.raises(cede.InvalidInput, match="'bob' it is only known which were wrong"):
        price_experts(read_problem(three, "truth", correct={"bob": "right"}), TEN)


def test_money_in_money_out():
    money = Stakes({("fraud", "ok"): 2_000.0}, error_cost=200.0, currency="EUR")
    units, paid = study(fees={"ann": 0.06}), study(money, fees={"ann": 12.0})
    for one, two in zip(units.comparison.rows, paid.comparison.rows, strict=True):
        assert two.cost == pytest.approx(one.cost)
    assert paid.comparison.currency.per_error == 200.0
    alone = 200.0 * paid.comparison.agents[0].cost
    summary = str(summarise(paid))
    assert f"{alone:,.0f}" in summary
    assert " EUR" in summary
    assert "12 EUR for ann" in summary
    assert "counted in wrong answers" not in summary
    header, rows = paid.comparison.cells()
    assert header[1] == "mean cost, EUR [95%]"
    assert rows[0][1].startswith(paid.comparison.currency.number(alone / 200.0))
    again = type(paid.comparison).from_dict(paid.comparison.to_dict())
    assert again.currency == paid.comparison.currency


def test_without_a_matrix_money_is_only_how_costs_are_written():
    plain = study(None, fees={"ann": 0.06})
    paid = study(Stakes(error_cost=200.0, currency="EUR"), fees={"ann": 12.0})
    assert [row.accuracy for row in paid.comparison.rows] == [
        row.accuracy for row in plain.comparison.rows
    ]
    assert paid.comparison.cells()[0][4] == "cost, EUR"
    assert plain.comparison.cells()[0][4] == "cost"
    assert "per 100 cases" in str(summarise(paid))


def test_a_trained_model_answers_by_the_costs_too():
    problem = read_problem(TABLE, "truth", features=["x*"])
    parts, costs = split(problem, 0), TEN.table(NAMES)
    bench = Workbench.build(problem, parts, LogisticRegression(), 0, costs)
    chance = bench.model.predict_proba(bench.X)
    np.testing.assert_array_equal(bench.model.predict(bench.X), chance[:, 0] * 10 <= chance[:, 1])
    rows = parts.test
    answers = NAMES[bench.model.predict(bench.X[rows])]
    np.testing.assert_array_equal(bench.model_costs(rows), cost(answers, TRUTH[rows]))


@pytest.mark.parametrize("limit", [2, 6])
def test_a_capacity_is_kept_on_the_cases_that_points_are_chosen_on(limit):
    free = study(None, budgets=[0.5])
    bound = study(None, budgets=[0.5], capacity={"ann": limit}, expected_cases=200)
    share = limit / 200
    (before,), (after,) = free.comparison.methods, bound.comparison.methods
    assert before.shares[0] > share
    assert after.shares[0] < share + 0.03
    assert sum(after.shares) < 0.57


@pytest.mark.parametrize("seed", range(20))
def test_capacities_and_budgets_hold_together_at_every_pattern_of_ties(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 5, size=(60, 4)) / 4
    limits = rng.choice([0.0, 0.1, 0.25, 1.0], size=3)
    points = place(scores, [0.1, 0.4, 1.0], None, None, 0.95, limits)
    for point in points:
        shares = np.bincount(point.routes, minlength=4)[1:] / 60
        assert (shares <= limits + 1e-12).all()
        assert shares.sum() <= point.budget + 1e-12


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: study(Stakes({("froud", "ok"): 1.0})), "cost must name one of the labels"),
        (lambda: study(Stakes(of={"cleo": {}})), "cost must name one of the experts"),
        (lambda: Stakes({("fraud", "ok"): -1.0}), "cost must be at least 0, but got -1.0 for ok"),
        (lambda: Stakes(error_cost=0.0), "error_cost must be what one error costs in money"),
        (lambda: Stakes(currency="EUR"), "currency must stand beside what one error costs"),
        (lambda: study(capacity={"anne": 5}), "capacity must name one of the experts"),
        (lambda: study(capacity={"ann": -5}), "capacity must be how many cases an expert can"),
        (lambda: study(methods=["rejector"]), "answers of the model that cost the same wherever"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(make, message):
    with pytest.raises(cede.InvalidInput, match=message):
        make()


def test_what_the_system_finds_is_scored_whoever_answers():
    asked = {"targets": ["auc", "f1", "sensitivity@0.9"], "positive": "fraud"}
    result = study(None, **asked)
    by_row = {(one.row, one.target): one.value.value for one in result.detected}
    test = result.parts.test
    truth = TRUTH[test] == "fraud"
    assert by_row["model alone", "AUC"] == pytest.approx(roc_auc_score(truth, P[test]))
    said = TABLE["ann"].to_numpy()[test] == "fraud"
    assert by_row["ann alone", "F1"] == pytest.approx(f1_score(truth, said))
    assert by_row["ensemble", "F1"] > by_row["model alone", "F1"]
    assert result.positive == "fraud"
    kept = study(None, budgets=[0.0], **asked)
    for one in kept.detected:
        if one.row == "ensemble":
            assert one.over_model == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"targets": ["f1"]}, "positive must name the label that is to be found, one of fraud, ok"),
        ({"targets": ["f1"], "positive": "fraude"}, "positive must name one of the labels"),
        ({"positive": "fraud"}, "positive must stand beside a target"),
        ({"targets": ["f2"], "positive": "fraud"}, "targets must name one of the targets"),
    ],
)
def test_targets_that_cannot_be_meant_are_one_sentence(asked, message):
    with pytest.raises(cede.InvalidInput, match=message):
        study(None, **asked)
