"""Logs on the command line: fit, route, evaluate; what they print is what the library says."""

import json

import numpy as np
import polars as pl
import pytest
from made_logs import FEATURES, LONG, RATE, WIDE, N, lengthened, make

import cede as library
from cede._rows._folds import hold_out
from cede.logs import read_long, read_wide


def read(table, **options):
    return read_wide(
        table.sort("id"),
        outcome={"small": "small ok", "large": "large ok"},
        model="small",
        cost={"small": "small usd", "large": "large usd"},
        exchange_rate=RATE,
        features=["e_1", "e_2", "length"],
        **options,
    )


def ensemble():
    return library.EnsembleRouter(
        [library.TwoStageRouter(), library.NeighborRouter()], weights=[1, 2]
    )


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
    assert "Defer: send 67 % of cases to large. That is shown to be better, money" in done.words
    assert "the router costs -0.086 compared with large alone (95 % interval" in done.words
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
    expected = library.off_policy_cost(routes, *table, method="self_normalised")
    ours = content["router"]
    assert [ours[k] for k in ("cost", "low", "high")] == pytest.approx(
        [expected.value, expected.low, expected.high]
    )
    best = np.full(N, ["small", "large"].index(content["difference"]["against"]))
    apart = library.off_policy_difference(routes, best, *table, method="self_normalised")
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


def test_route_within_a_budget(cede, logs, tmp_path):
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    done = cede("route", "router", "new.csv", "--out", "r.csv", "--budget", "0.2", "--quiet")
    found = pl.read_csv(tmp_path / "r.csv")
    assert found.columns == ["agent"]
    assert (found["agent"] == "large").sum() == 0.2 * N
    assert "small 480 80.0" in done.words
    assert "for a budget of 20 %; chosen on 600 cases" in done.words
    assert done.stderr == ""
    flags = (*WIDE, "--budget", "0.2", "--json", "--quiet")
    content = json.loads(cede("evaluate", "router", "fresh.parquet", *flags).stdout)
    assert content["alone"]["large"]["share"] == pytest.approx(0.2)
    assert content["operating_point"]["value"] == 0.2
    assert content["difference"]["against"] == "small"  # large alone is beyond the budget


@pytest.mark.parametrize("asked", [("--budget", "0.2"), ("--budget", "0.6"), ("--budget", "0"), ()])
@pytest.mark.parametrize("table", [WIDE, WIDE[:6]])
def test_evaluate_and_report_have_one_verdict(cede, logs, asked, table):
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    flags = ("router", "fresh.parquet", *table, "--json", "--quiet")
    found = json.loads(cede("evaluate", *flags, *asked).stdout)
    # Without a budget the router stands where it is, which a report calls no limit.
    told = json.loads(cede("report", *flags, *(asked or ("--budget", "1"))).stdout)
    assert (found["action"], found["sentence"]) == (told["action"], told["verdict"])


def test_within_a_budget_another_agent_alone_may_be_cheaper_still(cede, logs):
    """The verdict says so, of logs with propensities too, and that it is over the budget."""
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    for table in (("fresh.parquet", *WIDE), ("fresh_bandit.csv", *LONG, "--propensity", "p")):
        flags = (*table, "--budget", "0.2", "--json", "--quiet")
        content = json.loads(cede("evaluate", "router", *flags).stdout)
        assert content["alone"]["large"]["cost"] < content["router"]["cost"]
        assert content["action"] == "ask"
        assert content["sentence"].startswith("Ask only large, in every case: ")
        assert (
            "Asking large in every case is over the budget of 20 %; within it, sharing is still "
            "better than small alone: "
        ) in content["sentence"]
        assert "cheaper than small" not in content["sentence"]


def test_a_tuned_point_keeps_its_limit_in_both_verdicts(cede, logs):
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    cede("tune", "router", "wide.parquet", "--capacity", "large=100", "--quiet")
    flags = ("router", "fresh.parquet", *WIDE, "--json", "--quiet")
    found = json.loads(cede("evaluate", *flags).stdout)
    told = json.loads(cede("report", *flags).stdout)
    assert found["sentence"] == told["verdict"]
    assert "Asking large in every case is over the capacities; within" in told["verdict"]


def test_of_too_few_cases_there_is_no_verdict(cede, logs, tmp_path):
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    logs[1].head(6).write_parquet(tmp_path / "six.parquet")
    done = cede("evaluate", "router", "six.parquet", *WIDE, "--json", "--quiet")
    content = json.loads(done.stdout)
    assert content["action"] == "none"
    assert content["sentence"].startswith("No verdict: it needs 10 cases")
    assert content["sentence"].endswith("and there are 6.")


def test_evaluate_says_if_the_exchange_rate_is_another(cede, logs):
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    done = cede("evaluate", "router", "fresh.parquet", *WIDE, "--quiet")
    assert "Evaluated: 600 cases" in done.stdout
    assert "Beware" not in done.stdout
    done = cede("evaluate", "router", "fresh.parquet", *WIDE[:-1], "3", "--quiet")
    assert "fitted at an exchange rate of 2 and is judged here at 3." in done.words
    done = cede("evaluate", "router", "fresh.parquet", *WIDE[:6], "--json", "--quiet")
    said = json.loads(done.stdout)["warnings"]
    assert said == [
        "The router was fitted at an exchange rate of 2 and is judged here on outcomes alone."
    ]


def test_wrong_propensities_are_warned_of_once(cede, logs, tmp_path):
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    pl.read_csv(tmp_path / "fresh_bandit.csv").with_columns(p=0.5).write_csv(tmp_path / "b.csv")
    flags = (*LONG, "--propensity", "p", "--json", "--quiet")
    warned = json.loads(cede("evaluate", "router", "b.csv", *flags).stdout)["warnings"]
    assert [text.split(":")[0] for text in warned] == ["small alone", "large alone"]
    assert all("Weights of routes average" in text for text in warned)


def test_few_cases_are_warned_of(cede, tmp_path):
    make(0, 60).write_parquet(tmp_path / "few.parquet")
    done = cede("fit", "few.parquet", *WIDE, *FEATURES, "--quiet")
    assert "Beware: small alone, large alone, router: Few cases decide the mean" in done.words
    assert "matched" not in done.words
    assert "clip=" not in done.words


@pytest.mark.parametrize(
    ("router", "kind"),
    [
        ("two-stage", library.TwoStageRouter),
        ("neighbours", library.NeighborRouter),
        ("density-ratio", library.DensityRatioRouter),
    ],
)
def test_the_other_routers(cede, logs, tmp_path, router, kind):
    flags = ("--router", router, *FEATURES, "--quiet")
    done = cede("fit", "wide.parquet", *WIDE, *flags, "--json")
    assert json.loads(done.stdout)["difference"]["high"] < 0
    assert type(library.load(tmp_path / "router")) is kind
    cede("route", "router", "new.csv", "--out", "routes.csv", "--quiet")


def test_features_are_all_other_numbers_unless_named(cede, logs):
    def features(*flags):
        done = cede(
            "fit", "wide.parquet", *WIDE, *flags, "--json", "--quiet", "--seed", 1, "--force"
        )
        return json.loads(done.stdout)["features"]

    assert features() == ["e_1", "e_2", "length", "user"]
    assert features("--group", "user") == ["e_1", "e_2", "length"]
    assert features("--exclude", "us*,length") == ["e_1", "e_2"]
    assert features("--features", "length,e_*", "--exclude", "e_1") == ["length", "e_2"]
    assert features("--features", "*e*", "--exclude", "topic") == ["e_1", "e_2", "length", "user"]


def test_routers_of_the_library_can_be_used_too(cede, logs, tmp_path):
    log = logs[0].sort("id")
    costs = pl.DataFrame(read(logs[0]).agent_costs, schema=["small", "large"])
    router = library.TwoStageRouter().fit(log.select("length", "e_1"), costs)
    library.save(router, tmp_path / "mine")
    done = cede("route", "mine", "new.csv", "--out", "routes.csv", "--json", "--quiet")
    assert set(json.loads(done.stdout)["shares"]) == {"model", "large"}
    done = cede("evaluate", "mine", "fresh.parquet", *WIDE, "--json", "--quiet")
    assert json.loads(done.stdout)["agents"] == ["small", "large"]
    assert json.loads(done.stdout)["warnings"] == []
    nameless = library.TwoStageRouter().fit(log.select("length").to_numpy(), costs)
    library.save(nameless, tmp_path / "nameless")
    done = cede("route", "nameless", "new.csv", "--out", "none.csv", code=2)
    assert "fitted on an array whose columns had no names" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("wide.parquet", *WIDE[:4], "--outcome", "large=huge ok"), "There is no column 'huge ok'"),
        (("wide.parquet", *WIDE, "--model", "huge"), "There is no agent 'huge'"),
        (("long.csv", *LONG, "--model", "huge"), "There is no agent 'huge'"),
        (("long.csv", *LONG, "--case", "ids"), "There is no column 'ids'. Did you mean 'id'?"),
        (("long.csv", *LONG[:4], *LONG[6:]), "or --case if rows of the same case"),
        (("bandit.csv", *LONG), "pass --propensity"),
        (("wide.parquet", *WIDE, "--agent", "topic"), "--outcome is one column, however it was"),
        (("long.csv", *LONG[:2], *LONG[6:]), "name it by --agent"),
        (
            ("wide.parquet", *WIDE, "--case", "user"),
            "for one row per case and agent, there is --ag",
        ),
        (("wide.parquet", *WIDE[:-2]), "--cost (money per call) and --exchange-rate"),
        (("wide.parquet", *WIDE[:-4], *WIDE[-2:]), "--cost names no column for agent 'large'"),
        (("wide.parquet", *WIDE, "--exchange-rate", "-1"), "finite and not negative"),
        (("wide.parquet", *WIDE, "--features", "f_*"), "matches 'f_*'"),
        (("wide.parquet", *WIDE, "--features", "e_1,lenght"), "Did you mean 'length'?"),
        (("wide.parquet", *WIDE, "--features", "topic"), "'topic' holds texts"),
        (("wide.parquet", *WIDE, "--features", "small ok"), "cannot be a feature too"),
        (("wide.parquet", *WIDE, "--exclude", "e_*,length,user"), "No feature column is left"),
        (("wide.parquet", *WIDE, "--router", "knn"), "There is no router 'knn'. Known: ensemble,"),
        (("wide.parquet", *WIDE, "--test-share", "1"), "--test-share is the share"),
        (("wide.parquet", *WIDE, "--test-share", "0.001"), "leaves fewer than two"),
        (("wide.parquet", *WIDE, "--case", "id", "--group", "id"), "is the column of --case"),
        (("missing.csv", *WIDE, "--out", "."), "holds other files too"),  # before the work
        (
            ("long.csv", *LONG[:6], "--outcome", "length", "--features", "e_1"),
            "quality must be between 0 and 1",
        ),
        (("long.csv", *LONG[:-4]), "'usd' varies within 600 cases"),
    ],
)
def test_bad_logs_are_one_sentence_and_exit_code_2(cede, logs, arguments, message):
    done = cede("fit", *arguments, "--json", "--quiet", code=2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert message in json.loads(done.stdout)["error"]


def test_missing_features_and_groups_are_refused(cede, logs, tmp_path):
    holes = pl.when(pl.int_range(N) < 7).then(None)
    logs[0].with_columns(holes.otherwise(pl.col("e_2")).alias("e_2")).write_parquet(
        tmp_path / "holes.parquet"
    )
    done = cede("fit", tmp_path / "holes.parquet", *WIDE, code=2)
    assert "'e_2' has 7 missing values" in done.stderr
    logs[0].with_columns(holes.otherwise(pl.col("topic")).alias("topic")).write_parquet(
        tmp_path / "g.parquet"
    )
    done = cede("fit", tmp_path / "g.parquet", *WIDE, "--group", "topic", code=2)
    assert "The group column 'topic' has 7 missing values" in done.stderr


def test_bad_routes_are_one_sentence_and_write_nothing(cede, logs, tmp_path):
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    new = pl.read_csv(tmp_path / "new.csv")
    new.drop("e_2").write_csv(tmp_path / "less.csv")
    new.with_columns(e_2=pl.lit("high")).write_csv(tmp_path / "texts.csv")
    new.with_columns(e_2=pl.when(pl.int_range(N) < 3).then(None).otherwise(0.5)).write_csv(
        tmp_path / "holes.csv"
    )
    new.rename({"id": "agent"}).write_csv(tmp_path / "agent.csv")
    new.clear().write_parquet(tmp_path / "none.parquet")
    for table, flags, message in (
        ("less.csv", (), "of which the table lacks 1, the first being 'e_2'"),
        ("texts.csv", (), "'e_2' holds texts here"),
        ("holes.csv", (), "'e_2' has 3 missing values"),
        ("none.parquet", (), "has no rows to route"),
        ("agent.csv", ("--case", "agent"), "The case column is called 'agent'"),
        ("new.csv", ("--case", "name"), "There is no column 'name'"),
        ("new.csv", ("--budget", "2"), "share of cases between 0 and 1"),
        ("new.txt", (), "There is no file 'new.txt'"),
    ):
        done = cede("route", "router", table, "--out", "r.csv", *flags, "--json", code=2)
        assert message in done.stderr
        assert message in json.loads(done.stdout)["error"]
    assert not (tmp_path / "r.csv").exists()
    for out, message in (("r.xlsx", "should end in .csv"), ("new.csv", "is the table itself")):
        assert message in cede("route", "router", "new.csv", "--out", out, code=2).stderr
    assert "is not a saved router" in cede("route", "x", "new.csv", "--out", "r.csv", code=2).stderr


def test_bad_evaluations_are_one_sentence(cede, logs, tmp_path):
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    long = lengthened(logs[1])
    long.with_columns(llm=pl.col("llm").replace("large", "huge")).write_csv(tmp_path / "huge.csv")
    long.filter(pl.col("llm") == "small").with_columns(p=1.0).write_csv(tmp_path / "small.csv")
    logs[1].drop("e_1").write_parquet(tmp_path / "less.parquet")
    for arguments, message in (
        (("huge.csv", *LONG), "rows of agent 'huge', whom the router does not know"),
        (("small.csv", *LONG, "--propensity", "p"), "Agent 'large' has no known cost in the 600"),
        (("less.parquet", *WIDE), "lacks 1, the first being 'e_1'"),
        (("fresh.parquet", *WIDE, "--model", "large"), "fitted with 'small' as its model"),
        (
            ("fresh.parquet", "--outcome", "small=small ok", "--outcome", "huge=large ok"),
            "There is no agent 'huge'. Known: small, large.",
        ),
    ):
        assert message in cede("evaluate", "router", *arguments, code=2).stderr


def test_an_evaluation_needs_every_agent_of_the_router(cede, tmp_path):
    table = make(0).with_columns(pl.col("large ok").alias("huge ok"))
    table.write_parquet(tmp_path / "three.parquet")
    flags = (*WIDE[:6], "--outcome", "huge=huge ok")
    cede("fit", "three.parquet", *flags, *FEATURES, "--quiet")
    done = cede("evaluate", "router", "three.parquet", *WIDE[:6], code=2)
    assert "fitted with agent 'huge', however --outcome names no column for it" in done.stderr


def test_no_agent_is_called_router(cede, logs):
    flags = ("--model", "router", "--outcome", "router=small ok", "--outcome", "large=large ok")
    assert "No agent can be called 'router'" in cede("fit", "wide.parquet", *flags, code=2).stderr


@pytest.mark.parametrize("command", ["fit", "route", "evaluate"])
def test_help_names_the_flags(cede, command):
    text = cede(command, "--help").stdout
    shared = {"--case", "--json", "--quiet"}
    log = {"--outcome", "--cost", "--exchange-rate", "--propensity", "--agent", "--group"}
    own = {
        "fit": {*log, "--features", "--exclude", "--router", "--test-share", "--seed", "--out"},
        "route": {"--out", "--budget", "--scores"},
        "evaluate": {*log, "--budget"},
    }
    for flag in shared | own[command]:
        assert flag in text


def test_the_cases_of_the_fit_are_no_evaluation(cede, logs):
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    done = cede("evaluate", "router", "wide.parquet", *WIDE, code=2)
    assert "An evaluation needs cases that the router has not seen" in done.stderr


def test_copies_of_a_case_are_on_one_side_and_said(cede, tmp_path):
    """Coin flips, four times each: nothing can be gained, and nothing seems to be."""
    draw = np.random.default_rng(0)
    flips = {name: draw.integers(2, size=N // 2) for name in ("small ok", "large ok")}
    once = make(0, N // 2).drop("id").with_columns(**flips)
    pl.concat([once] * 4).write_parquet(tmp_path / "copies.parquet")
    done = cede("fit", "copies.parquet", *WIDE[:6], *FEATURES, "--json", "--quiet")
    content = json.loads(done.stdout)
    assert content["n_held_out"] == 300
    assert content["sentence"].startswith("Do not defer")
    assert "1,200 of 1,200 rows are equal to another in every feature" in content["warnings"][0]
    assert "count as one case, 300 in all" in content["warnings"][0]
    flags = (*WIDE[:6], "--json", "--quiet")
    held = cede("evaluate", "router", "copies.parquet", *flags, code=2)
    assert "but 100% of these were among" in json.loads(held.stdout)["error"]


NAMES = ("@small\x1b[31m", "la|rge\nx" + "y" * 300)


def test_hostile_names_do_nothing_to_a_terminal_or_a_spreadsheet(cede, logs, tmp_path):
    flags = ["--model", NAMES[0]]
    for name, column in zip(NAMES, ("small", "large"), strict=True):
        flags += ["--outcome", f"{name}={column} ok"]
    done = cede("fit", "wide.parquet", *flags, *FEATURES, "--out", "odd")
    for text in (done.stdout, done.stderr):
        assert "\x1b" not in text
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "y" * 101 not in done.words
    done = cede("evaluate", "odd", "fresh.parquet", *flags, "--json", "--quiet")
    content = json.loads(done.stdout)
    assert content["agents"] == list(NAMES)  # as they are, for programs
    assert "\x1b" not in content["sentence"]
    done = cede("route", "odd", "new.csv", "--out", "r.csv", "--case", "id")
    assert "\x1b" not in done.stdout + done.stderr
    assert set(pl.read_csv(tmp_path / "r.csv")["agent"]) <= {
        r"'@small\x1b[31m", "la|rge x" + "y" * 300,
    }  # fmt: skip
    cede("route", "odd", "new.csv", "--out", "r.parquet", "--quiet")
    assert set(pl.read_parquet(tmp_path / "r.parquet")["agent"]) <= set(NAMES)


def test_ids_of_routes_come_back_as_they_are(cede, logs, tmp_path):
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    odd = ["=2+2", "-1", "@x", "000001", *(f"q{i}" for i in range(N - 4))]
    logs[1].with_columns(id=pl.Series(odd)).write_parquet(tmp_path / "ids.parquet")
    cede("route", "router", "ids.parquet", "--out", "r.csv", "--case", "id", "--quiet")
    found = pl.read_csv(tmp_path / "r.csv", infer_schema=False)
    assert found["id"].to_list() == odd


def test_messages_about_hostile_columns_are_one_harmless_line(cede, tmp_path):
    pl.DataFrame({"a\n\x1b[31mb": [1.0, 2.0], "y": [0, 1]}).write_parquet(tmp_path / "t.parquet")
    for command in (
        ("compare", "t.parquet", "--label", "z\x1b[0m"),
        ("fit", "t.parquet", "--model", "m", "--outcome", "m=no", "--outcome", "n=y"),
    ):
        done = cede(*command, "--quiet", code=2)
        assert "\x1b" not in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_money_that_does_not_count_is_warned_of(cede, logs, tmp_path):
    """In terminal, JSON and report; and nothing is said where money counts."""
    logs[0].with_columns(**{"small usd": 0.0}).write_parquet(tmp_path / "free.parquet")
    logs[1].with_columns(**{"small usd": 0.0}).write_parquet(tmp_path / "fresh_free.parquet")
    done = cede("fit", "free.parquet", *WIDE, *FEATURES, "--quiet")
    assert "Beware: small: money is 0 in every case, where large takes 0.1" in done.words
    flags = ("router", "fresh_free.parquet", *WIDE, "--quiet")
    for command in ("evaluate", "report"):
        content = json.loads(cede(command, *flags, "--json").stdout)
        assert content["warnings"][0].startswith("small: money is 0 in every case")
    assert "Beware: small: money is 0" in (tmp_path / "report.html").read_text("utf-8")
    done = cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    assert "oney is 0" not in done.words
    assert "exchange rate" not in done.words
    done = cede("fit", "wide.parquet", *WIDE[:-1], "1e-4", *FEATURES, "--quiet")
    assert (
        "Beware: At an exchange rate of 0.0001, money makes agents differ by 1.1e-05" in done.words
    )
    done = cede("fit", "wide.parquet", *WIDE[:-1], "1e4", *FEATURES, "--quiet")
    assert "the verdict is by money alone" in done.words
    nothing = {"small usd": 0.0, "large usd": 0.0}
    logs[0].with_columns(**nothing).write_parquet(tmp_path / "nothing.parquet")
    done = cede("fit", "nothing.parquet", *WIDE, *FEATURES, "--quiet")
    assert "Beware: Money is 0 in every case, for every agent" in done.words


def test_a_router_that_knows_every_outcome_is_warned_of(cede, logs, tmp_path):
    def told(log, seed):
        right = np.random.default_rng(seed).random((2, N)) < [[0.6], [0.7]]
        log = log.with_columns(**{"small ok": right[0], "large ok": right[1]})
        return log.with_columns(
            tokens=pl.when(pl.col("small ok")).then(1.0).otherwise(5.0),
            billed=pl.when(pl.col("large ok")).then(2.0).otherwise(0.0),
        )

    told(logs[0], 7).write_parquet(tmp_path / "late.parquet")
    told(logs[1], 8).write_parquet(tmp_path / "fresh_late.parquet")
    late = ("--features", "tokens,billed", "--quiet")
    done = cede("fit", "late.parquet", *WIDE[:6], *late)
    assert "Beware: router does as well as who knows every outcome" in done.words
    flags = ("router", "fresh_late.parquet", *WIDE[:6], "--json", "--quiet")
    for command in ("evaluate", "report"):
        said = json.loads(cede(command, *flags).stdout)["warnings"]
        assert sum(text.startswith("router does as well as who knows") for text in said) == 1


def test_an_expert_may_be_called_model(cede, logs):
    flags = ("--model", "small", "--outcome", "small=small ok", "--outcome", "model=large ok")
    done = cede("fit", "wide.parquet", *flags, *FEATURES, "--quiet")
    assert "model alone" in done.stdout
    assert "agent 'model'" in done.words


def test_a_text_among_features_is_told_without_python(cede, logs):
    flags = ("--features", "e_1,topic", "--quiet")
    done = cede("fit", "wide.parquet", *WIDE, *flags, code=2)
    assert "'topic' holds texts" in done.stderr
    assert "features[" not in done.stderr


def test_a_rate_below_zero_is_said_as_it_was_typed(cede, logs):
    flags = [*WIDE[: WIDE.index("--exchange-rate")], "--exchange-rate", "-3"]
    error = cede("fit", "wide.parquet", *flags, *FEATURES, code=2).stderr
    assert "--exchange-rate is the quality" in error
    assert "--exchange-rate -3" in error
    assert "exchange_rate" not in error
