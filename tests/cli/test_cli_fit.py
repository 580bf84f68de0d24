"""Logs on the command line: fit, route, evaluate; what they print is what the library says."""

import json
import re

import numpy as np
import polars as pl
import pytest
from made_logs import FEATURES, LONG, RATE, WIDE, N, make
from routed import read

import cede as library
from cede._rows._folds import hold_out
from cede.logs import read_long


def ensemble():
    return library.EnsembleRouter()


def test_fit_saves_what_the_library_fits_on_all_cases(cede, logs, tmp_path):
    content = json.loads(cede("fit", "wide.parquet", *WIDE, *FEATURES, "--json").stdout)
    log, fresh = (read(table) for table in logs)
    router = library.load(tmp_path / "router")
    assert type(router) is library.EnsembleRouter
    expected = ensemble().fit(log.X, log.agent_costs).agent_scores(fresh.X)
    frame = logs[1].sort("id").select("e_1", "e_2", "length")
    np.testing.assert_allclose(router.agent_scores(frame), expected, rtol=1e-12)
    assert list(router.feature_names_in_) == ["e_1", "e_2", "length"] == content["features"]
    assert (router.model_name_, router.expert_names_) == ("small", ("large",))
    assert router.exchange_rate_ == RATE
    assert (content["n_fit"], content["n_held_out"], content["n_cases"]) == (450, 150, 150)
    assert (content["n_left_out"], content["kind"], content["seed"]) == (0, "ensemble", 0)
    assert content["folder"] == "router"
    assert content["command"].startswith("cede fit wide.parquet --model small")


def test_held_out_cases_are_not_fitted_on(cede, logs):
    """The printed numbers are those of a fit on the other three quarters."""
    flags = (*WIDE, "--case", "id", *FEATURES, "--json")
    content = json.loads(cede("fit", "wide.parquet", *flags).stdout)
    log = read(logs[0])
    out = hold_out(log.X, 0.25, seed=0)
    fit, test = np.flatnonzero(~out), np.flatnonzero(out)
    routes = ensemble().fit(log.X[fit], log.agent_costs[fit]).route(log.X[test])
    costs = log.agent_costs[test]
    cell = (np.arange(len(test)), routes)
    ours = content["router"]
    assert ours["cost"] == pytest.approx(costs[cell].mean())
    assert ours["outcome"] == pytest.approx(log.outcomes[test][cell].mean())
    assert ours["money"] == pytest.approx(log.money[test][cell].mean())
    for agent, name in enumerate(["small", "large"]):
        alone = content["alone"][name]
        assert alone["cost"] == pytest.approx(costs[:, agent].mean())
        assert alone["share"] == pytest.approx((routes == agent).mean())
        assert alone["cost"] == pytest.approx(1 - alone["outcome"] + RATE * alone["money"])
    best = costs.mean(axis=0).argmin()
    apart = costs[cell] - costs[:, best]
    reach = 1.959964 * apart.std(ddof=1) / np.sqrt(len(test))
    found = content["difference"]
    assert found["against"] == ["small", "large"][best]
    assert found["value"] == pytest.approx(apart.mean())
    # A third of the cases differ: the interval is about the normal one, never much shorter.
    assert 1.98 * reach < found["high"] - found["low"] < 2.5 * reach


def test_fit_prints_a_table_a_sentence_and_where_the_router_is(cede, logs):
    done = cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    assert done.stderr == ""
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "Held out: 150 cases, cost = 1 - outcome + 2 x money" in done.stdout
    assert "small alone" in done.stdout
    assert re.search(r"Defer: send \d\d % of cases to large\. That is shown to be", done.words)
    assert re.search(r"the router costs -0\.0\d\d compared with large alone \(95 %", done.words)
    assert "fitted again on all 600 cases (the table is of a fit on 450)" in done.words
    assert "3 features (e_1, e_2, length)" in done.words


def test_wide_and_long_of_the_same_log_give_the_same_router(cede, logs, tmp_path):
    one = cede("fit", "wide.parquet", *WIDE, "--case", "id", *FEATURES, "--json", "--out", "one")
    two = cede("fit", "long.csv", *LONG, *FEATURES, "--json", "--out", "two")
    same, other = json.loads(one.stdout), json.loads(two.stdout)
    for part in ("alone", "router", "difference", "sentence", "n_fit", "agents", "features"):
        assert same[part] == other[part]
    files = [
        {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()}
        for folder in ("one", "two")
    ]
    assert files[0] == files[1]


def test_a_log_of_chosen_agents_is_weighed_by_propensities(cede, logs, tmp_path):
    cede("fit", "bandit.csv", *LONG, "--propensity", "p", *FEATURES, "--quiet")
    flags = (*LONG, "--propensity", "p", "--json", "--quiet")
    content = json.loads(cede("evaluate", "router", "fresh_bandit.csv", *flags).stdout)
    columns = {"case": "id", "agent": "llm", "outcome": "right", "cost": "usd", "propensity": "p"}
    options = {"model": "small", "exchange_rate": RATE, "features": ["e_1", "e_2", "length"]}
    log = read_long(tmp_path / "bandit.csv", **columns, **options)
    router = ensemble().fit(log.X, log.agent_costs, propensities=log.propensities)
    fresh = read_long(tmp_path / "fresh_bandit.csv", **columns, **options)
    routes = router.route(fresh.X)
    table = (fresh.agent_costs, fresh.propensities)
    assert content["method"] == "self_normalised"
    assert content["n_cases"] == N
    expected = library.evaluation.off_policy_cost(routes, *table, method="self_normalised")
    ours = content["router"]
    assert [ours[k] for k in ("cost", "low", "high")] == pytest.approx(
        [expected.value, expected.low, expected.high]
    )
    best = np.full(N, ["small", "large"].index(content["difference"]["against"]))
    apart = library.evaluation.off_policy_difference(routes, best, *table, method="self_normalised")
    assert [content["difference"][k] for k in ("value", "low", "high")] == pytest.approx(
        [apart.value, apart.low, apart.high]
    )
    assert ours["cost"] == pytest.approx(1 - ours["outcome"] + RATE * ours["money"])


def test_without_case_ids_every_row_is_a_case(cede, logs):
    flags = (*LONG[:4], *LONG[6:], "--propensity", "p", *FEATURES, "--json", "--quiet")
    content = json.loads(cede("fit", "bandit.csv", *flags).stdout)
    assert (content["n_fit"], content["n_cases"]) == (450, 150)
    assert content["method"] == "self_normalised"


def test_parts_of_a_cost_are_of_the_same_cells(cede, logs, tmp_path):
    """An outcome whose money is not known has no cost, and does not count alone either."""
    charged = pl.Series(np.random.default_rng(20).random(N) < 0.8)
    log = logs[1].with_columns(
        pl.when(charged).then(pl.col("large usd")).alias("large usd"), sure=1.0, mostly=0.8
    )
    log.write_parquet(tmp_path / "charged.parquet")
    flags = (*WIDE, "--propensity", "small=sure", "--propensity", "large=mostly", *FEATURES)
    content = json.loads(cede("fit", "charged.parquet", *flags, "--json", "--quiet").stdout)
    for line in (content["router"], *content["alone"].values()):
        assert line["cost"] == pytest.approx(1 - line["outcome"] + RATE * line["money"])
    assert content["n_left_out"] == 0


def test_missing_outcomes_are_missing_and_cases_without_all_are_left_out(cede, logs, tmp_path):
    log = logs[1].with_columns(
        pl.when(pl.int_range(N) % 10 == 0)
        .then(None)
        .otherwise(pl.col("large ok"))
        .alias("large ok")
    )
    log.write_parquet(tmp_path / "holes.parquet")
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    done = cede("evaluate", "router", "holes.parquet", *WIDE, "--json", "--quiet")
    content = json.loads(done.stdout)
    assert (content["n_cases"], content["n_left_out"], content["method"]) == (540, 60, "mean")
    kept = log.drop_nulls("large ok")["large ok"].mean()
    assert content["alone"]["large"]["outcome"] == pytest.approx(kept)
    done = cede("evaluate", "router", "holes.parquet", *WIDE, "--quiet")
    assert "60 more cases are left out" in done.words


def test_a_router_that_sends_all_to_one_gains_nothing(cede, tmp_path):
    make(0).with_columns(pl.lit(False).alias("small ok")).write_parquet(tmp_path / "easy.parquet")
    done = cede("fit", "easy.parquet", *WIDE, *FEATURES, "--quiet")
    assert "Ask only large, in every case: " in done.words
    assert "No way of sharing the cases is shown to be better" in done.words
    assert "The router gives every case to large: no gain over large alone." in done.words


def test_what_a_log_cannot_show_is_not_claimed(cede, logs, tmp_path):
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    noise = np.random.default_rng(3).random((N, 2)) < 0.5
    answers = {"small ok": noise[:, 0], "large ok": noise[:, 1]}
    logs[1].with_columns(**answers).write_parquet(tmp_path / "noise.parquet")
    done = cede("evaluate", "router", "noise.parquet", *WIDE[:6], "--quiet")
    assert "Do not defer: leave every case to small" in done.words
    assert "Nothing else is shown to be better." in done.words
    assert "money" not in done.words
    turned = logs[1].with_columns(e_1=-pl.col("e_1"))
    turned.write_parquet(tmp_path / "turned.parquet")
    done = cede("evaluate", "router", "turned.parquet", *WIDE, "--quiet")
    assert "Ask only large, in every case: " in done.words
    assert "the router costs +0." in done.words


def test_a_table_of_long_names_fits_80_columns(cede, logs):
    names = ("mixtral-8x7b-instruct-v0.1-awq-int4", "gpt-4-1106-preview-with-retrieval")
    flags = ["--model", names[0], "--exchange-rate", "2"]
    for name, column in zip(names, ("small", "large"), strict=True):
        flags += ["--outcome", f"{name}={column} ok", "--cost", f"{name}={column} usd"]
    done = cede("fit", "wide.parquet", *flags, *FEATURES, "--quiet")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "gets, %" in done.stdout
    assert "…" not in done.stdout


def test_groups_stay_on_one_side_and_widen_intervals(cede, logs, tmp_path):
    repeated = pl.concat([logs[0].with_columns(user=pl.int_range(N))] * 4).drop("id")
    # A little apart, or copies of a case would stay together without being named.
    noise = {f"e_{i}": np.random.default_rng(i).normal(0, 1e-3, 4 * N) for i in (1, 2)}
    length = pl.col("length") + pl.int_range(4 * N) // N
    moved = repeated.with_columns(*(pl.col(k) + v for k, v in noise.items()), length=length)
    moved.write_parquet(tmp_path / "repeated.parquet")
    flags = ("repeated.parquet", *WIDE, *FEATURES, "--json", "--quiet")
    apart = json.loads(cede("fit", *flags).stdout)
    together = json.loads(cede("fit", *flags, "--group", "user", "--force").stdout)
    assert together["n_held_out"] == 4 * 150

    def reach(content):
        return content["router"]["high"] - content["router"]["low"]

    assert 1.7 < reach(together) / reach(apart) < 2.3  # a quarter as many independent cases


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_route_writes_who_answers_each_row(cede, logs, tmp_path, suffix):
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    out = tmp_path / "new folder" / f"routes.{suffix}"
    flags = ("--out", out, "--case", "id", "--scores", "--json")
    content = json.loads(cede("route", "router", "new.csv", *flags).stdout)
    found = (pl.read_csv if suffix == "csv" else pl.read_parquet)(out)
    frame = logs[1].select("e_1", "e_2", "length")  # not in the order of new.csv
    router = library.load(tmp_path / "router")
    names = np.array(["small", "large"])
    assert found.columns == ["id", "agent", "score of small", "score of large"]
    assert found["id"].to_list() == logs[1]["id"].to_list()
    assert found["agent"].to_list() == names[router.route(frame)].tolist()
    np.testing.assert_allclose(found.select(pl.col("^score.*$")), router.agent_scores(frame))
    shares = {name: (found["agent"] == name).mean() for name in names.tolist()}
    assert content["shares"] == pytest.approx(shares)
    assert (content["n_cases"], content["operating_point"]) == (N, None)
