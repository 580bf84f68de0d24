import json

import polars as pl
import pytest
from made_logs import FEATURES, LONG, WIDE, N, lengthened, make
from routed import read

import cede as library


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
        (
            ("wide.parquet", *WIDE[:4], "--outcome", "large=huge ok"),
            "--outcome must name one of the columns, but there is no 'huge ok'",
        ),
        (
            ("wide.parquet", *WIDE, "--model", "huge"),
            "--model must name one of the agents, but there is no 'huge'",
        ),
        (
            ("long.csv", *LONG, "--model", "huge"),
            "--model must name one of the agents, but there is no 'huge'",
        ),
        (
            ("long.csv", *LONG, "--case", "ids"),
            "--case must name one of the columns, but there is no",
        ),
        (("long.csv", *LONG[:4], *LONG[6:]), "or the column of case ids if rows of the same case"),
        (("bandit.csv", *LONG), "name the propensities"),
        (
            ("wide.parquet", *WIDE, "--agent", "topic"),
            "--outcome is one column of a log with a row",
        ),
        (("long.csv", *LONG[:2], *LONG[6:]), "for each of two agents or more, but got 'right'"),
        (
            ("wide.parquet", *WIDE, "--case", "user"),
            "--case must name each row, but 99 cases have several",
        ),
        (("wide.parquet", *WIDE[:-2]), "--cost must come with the exchange rate"),
        (("wide.parquet", *WIDE[:-4], *WIDE[-2:]), "--cost names no column for agent 'large'"),
        (("wide.parquet", *WIDE, "--exchange-rate", "-1"), "finite and not negative"),
        (
            ("wide.parquet", *WIDE, "--features", "f_*"),
            "--features must match a column that is free to be used, but none is like 'f_*'",
        ),
        (("wide.parquet", *WIDE, "--features", "e_1,lenght"), "Did you mean 'length'?"),
        (("wide.parquet", *WIDE, "--features", "small ok"), "cannot have 'small ok' among"),
        (("wide.parquet", *WIDE, "--exclude", "e_*,length,topic,user"), "but none is left"),
        (
            ("wide.parquet", *WIDE, "--router", "knn"),
            "--router must name one of the methods, but there is no 'knn'. Known: ",
        ),
        (("wide.parquet", *WIDE, "--test-share", "1"), "--test-share must be between 0 and 1"),
        (("wide.parquet", *WIDE, "--test-share", "0.001"), "leaves fewer than two"),
        (
            ("wide.parquet", *WIDE, "--case", "id", "--group", "id"),
            "--group must be another column",
        ),
        (("missing.csv", *WIDE, "--out", "."), "holds other files too"),  # before the work
        (
            ("long.csv", *LONG[:6], "--outcome", "length", "--features", "e_1"),
            "--outcome must be between 0 and 1",
        ),
        (("long.csv", *LONG[:-4]), "'usd' varies within 600 cases"),
    ],
)
def test_bad_logs_are_one_sentence_and_exit_code_2(cede, logs, arguments, message):
    done = cede("fit", *arguments, "--json", "--quiet", code=2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert message in json.loads(done.stdout)["error"]


def test_missing_groups_are_refused_and_missing_features_encoded(cede, logs, tmp_path):
    holes = pl.when(pl.int_range(N) < 7).then(None)
    logs[0].with_columns(holes.otherwise(pl.col("e_2")).alias("e_2")).write_parquet(
        tmp_path / "holes.parquet"
    )
    done = cede("fit", tmp_path / "holes.parquet", *WIDE)
    assert "numbers with holes" in done.words
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
        (
            "less.csv",
            (),
            "the router's features must name one of the columns, but there is no 'e_2'",
        ),
        ("texts.csv", (), "'e_2' holds texts here"),
        ("holes.csv", (), "'e_2' has 3 missing values"),
        ("none.parquet", (), "has no rows to route"),
        ("agent.csv", ("--case", "agent"), "The case column is called 'agent'"),
        (
            "new.csv",
            ("--case", "name"),
            "--case must name one of the columns, but there is no 'name'",
        ),
        ("new.csv", ("--budget", "2"), "--budget must be in [0, 1], but got 2"),
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
        (("huge.csv", *LONG), "the router's agents must be all agents of the log, but"),
        (
            ("small.csv", *LONG, "--propensity", "p"),
            "cases must hold some cost of each agent, but got none of 'large' in 600",
        ),
        (
            ("less.parquet", *WIDE),
            "the router's features must name one of the columns, but there is no 'e_1'",
        ),
        (
            ("fresh.parquet", *WIDE, "--model", "large"),
            "--model must be 'small', with which the router was fitted",
        ),
        (
            ("fresh.parquet", "--outcome", "small=small ok", "--outcome", "huge=large ok"),
            "--outcome must name one of the agents, but there is no 'huge'. Known: small, large.",
        ),
    ):
        assert message in cede("evaluate", "router", *arguments, code=2).stderr


def test_an_evaluation_needs_every_agent_of_the_router(cede, tmp_path):
    table = make(0).with_columns(pl.col("large ok").alias("huge ok"))
    table.write_parquet(tmp_path / "three.parquet")
    flags = (*WIDE[:6], "--outcome", "huge=huge ok")
    cede("fit", "three.parquet", *flags, *FEATURES, "--quiet")
    done = cede("evaluate", "router", "three.parquet", *WIDE[:6], code=2)
    assert "--outcome names no column for agent 'huge'; it needs one for each" in done.stderr
