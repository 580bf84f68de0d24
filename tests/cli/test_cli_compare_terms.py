"""compare on people's own terms: their model, their costs, their money, their time."""

import json

import numpy as np
import polars as pl
import pytest

from cede.datasets import make_two_specialists

NAMES = np.array(["ok", "fraud"])


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Two labels, a model that is there already, two experts, and days."""
    X, y, experts = make_two_specialists(n=1_600, random_state=4)
    draw = np.random.default_rng(4)
    truth = (y == 0).astype(int)
    score = np.where(X[:, 1] > 0, truth * 0.7 + 0.15, 0.5) + draw.uniform(-0.1, 0.1, 1_600)
    answer = np.where(draw.random(1_600) < 0.85, truth, 1 - truth)
    path = tmp_path_factory.mktemp("data") / "claims.csv"
    day = np.datetime64("2024-01-01") + np.arange(1_600) // 5
    pl.DataFrame(
        {
            "amount": X[:, 0],
            "age": X[:, 1],
            "day": day,
            "score": score,
            "said": NAMES[(score > 0.5).astype(int)],
            "truth": NAMES[truth],
            "ann": NAMES[answer],
            "bob": NAMES[np.where(experts[:, 1] == y, truth, 1 - truth)],
        }
    ).write_csv(path)
    return path


BASE = ("--label", "truth", "--expert", "ann", "--expert", "bob", "--exclude", "said,score,day")
FAST = ("--method", "threshold_correction", "--budget", "0.3", "--quiet", "--json")


def test_a_model_that_is_there_already_is_named_by_its_columns(cede, table):
    done = cede("compare", table, *BASE, "--model-proba", "fraud=score", *FAST)
    content = json.loads(done.stdout)
    assert content["parts"]["model"] == 0
    frame = pl.read_csv(table)
    alone = next(row for row in content["rows"] if row["method"] == "model alone")
    assert alone["accuracy"] == pytest.approx((frame["said"] == frame["truth"]).mean(), abs=0.03)
    method = ("--method", "one_vs_all", *FAST[2:])
    answers = json.loads(cede("compare", table, *BASE, "--model-answers", "said", *method).stdout)
    again = next(row for row in answers["rows"] if row["method"] == "model alone")
    assert again["accuracy"] == pytest.approx(alone["accuracy"], abs=0.03)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--model-answers", "sayd"), "Did you mean 'said'"),
        (("--model-answers", "said", "--model", "a:B"), "--model must be left out beside"),
        (("--model-answers", "said", "--model-proba", "fraud=score"), "--model must be known by"),
        (("--model-proba", "froud=score"), "--model-proba must name a column for each of the"),
        (("--model-proba", "fraud=amount"), "--model-proba must hold probabilities from 0 to 1"),
    ],
)
def test_bad_words_of_ones_own_terms_are_one_sentence(cede, table, flags, message):
    done = cede("compare", table, *BASE, *flags, *FAST, code=2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_saved_is_taken_by_route_as_it_stands(cede, table, tmp_path):
    flags = ("--model-proba", "fraud=score", "--method", "ensemble", "--budget", "0.2")
    done = cede("compare", table, *BASE, *flags, "--save", "ensemble", "--quiet", "--out", "here")
    assert "Kept: ensemble, fitted again on the columns as they stand" in done.words
    assert "cede route here/router NEW_TABLE --out routes.csv" in done.words
    cede("route", "here/router", table, "--out", "routes.csv", "--quiet")
    routes = pl.read_csv(tmp_path / "routes.csv")["agent"]
    cases = pl.read_parquet(tmp_path / "here" / "cases.parquet")
    assert cases.columns == [
        "row", "agent", "score of model", "score of ann", "score of bob", "why",
    ]  # fmt: skip
    assert routes.gather(cases["row"]).to_list() == cases["agent"].to_list()
    content = json.loads((tmp_path / "here" / "comparison.json").read_text())
    assert content["saved"]["method"] == "ensemble"
    assert content["saved"]["sentence"] in done.words
    refused = cede("compare", table, *BASE, *flags, "--save", "one_vs_all", "--quiet", code=2)
    assert "--save must name a method that is compared" in refused.stderr


def test_time_splits_and_the_page_has_early_and_late_side_by_side(cede, table, tmp_path):
    flags = ("--model-proba", "fraud=score", "--time", "day", "--method", "one_vs_all")
    done = cede("compare", table, *BASE, *flags, "--json", "--quiet", "--out", "out")
    content = json.loads(done.stdout)
    names = [change["name"] for change in content["steadiness"]["changes"]]
    assert names == ["the model right", "ann right", "bob right", "label fraud", "label ok"]
    page = " ".join((tmp_path / "out" / "report.html").read_text().split())
    assert "Early and late" in page
    assert "The test part holds the cases from 2024-" in page
    assert "No difference is shown between the last third of the test part" in page


def test_costs_and_money_go_in_and_come_out_as_money(cede, table, tmp_path):
    flags = ("--model-proba", "fraud=score", "--method", "ensemble", "--budget", "0.3", "--quiet")
    costs = ("--cost", "fraud:ok=2000", "--error-cost", "200", "--currency", "EUR")
    done = cede("compare", table, *BASE, *flags, *costs, "--fee", "ann=12", "--out", "out")
    assert "cost in EUR per case" in done.words
    assert "12 EUR for ann" in done.words
    page = " ".join((tmp_path / "out" / "report.html").read_text().split())
    assert "mean cost, EUR" in page
    assert "(fee 12 EUR)" in page
    content = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert content["currency"] == {"name": "EUR", "per_error": 200.0}
    (tmp_path / "costs.csv").write_text("truth,ok,fraud\nok,0,200\nfraud,2000,0\n")
    matrix = ("--cost-matrix", "costs.csv", *costs[2:], "--fee", "ann=12")
    again = json.loads(cede("compare", table, *BASE, *flags, *matrix, "--json").stdout)
    assert again["rows"] == content["rows"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--cost", "fraud=10"), "--cost must be written TRUTH:ANSWER=NUMBER"),
        (("--cost", "fraud:ok=much"), "--cost must be written TRUTH:ANSWER=NUMBER"),
        (("--cost", "froud:ok=10"), "--cost must name one of the labels, but there is no 'froud'"),
        (("--cost", "ann/fraud:ok=-1"), "--cost must be at least 0, but got -1.0"),
        (("--currency", "EUR"), "--currency must stand beside what one error costs"),
        (("--error-cost", "0"), "--error-cost must be what one error costs in money, above 0"),
        (("--capacity", "ann=many"), "--capacity must be written NAME=NUMBER"),
        (("--capacity", "cleo=3"), "--capacity must name one of the experts"),
        (("--cost-matrix", "half.csv"), "--cost-matrix must have a row and a column for each"),
        (("--cost-matrix", "holes.csv"), "--cost-matrix must hold a number in each cell"),
    ],
)
def test_bad_costs_are_one_sentence(cede, table, tmp_path, flags, message):
    (tmp_path / "half.csv").write_text("truth,ok\nok,0\nfraud,10\n")
    (tmp_path / "holes.csv").write_text("truth,ok,fraud\nok,0,1\nfraud,,0\n")
    model = ("--model-answers", "said", "--method", "one_vs_all", "--quiet", "--json")
    done = cede("compare", table, *BASE, *model, *flags, code=2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_targets_are_printed_and_stand_on_the_page(cede, table, tmp_path):
    flags = ("--model-proba", "fraud=score", "--method", "ensemble", "--budget", "0.3", "--quiet")
    asked = ("--target", "auc", "--target", "sensitivity@0.9", "--positive", "fraud")
    done = cede("compare", table, *BASE, *flags, *asked, "--out", "out")
    assert "Finding fraud, in %:" in done.words
    assert "sensitivity at 90 % specificity" in done.words
    page = " ".join((tmp_path / "out" / "report.html").read_text().split())
    assert "Finding fraud" in page
    content = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert {one["target"] for one in content["detected"]} == {
        "AUC", "sensitivity at 90 % specificity",
    }  # fmt: skip
    refused = cede("compare", table, *BASE, *flags, "--target", "auk", "--positive", "ok", code=2)
    assert "--target must name one of the targets" in refused.stderr
