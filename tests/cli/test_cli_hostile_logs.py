import json

import numpy as np
import polars as pl
import pytest
from made_logs import FEATURES, WIDE, N, make


def test_no_agent_is_called_router(cede, logs):
    flags = ("--model", "router", "--outcome", "router=small ok", "--outcome", "large=large ok")
    assert (
        "must not hold an agent called 'router'"
        in cede("fit", "wide.parquet", *flags, code=2).stderr
    )


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


def test_a_category_among_features_is_encoded_and_said(cede, logs):
    flags = ("--features", "e_1,topic", "--quiet")
    done = cede("fit", "wide.parquet", *WIDE, *flags)
    assert "encoded columns (categories)" in done.words


def test_a_rate_below_zero_is_said_as_it_was_typed(cede, logs):
    flags = [*WIDE[: WIDE.index("--exchange-rate")], "--exchange-rate", "-3"]
    error = cede("fit", "wide.parquet", *flags, *FEATURES, code=2).stderr
    assert "--exchange-rate must be finite and not negative" in error
    assert "but got -3" in error
    assert "exchange_rate" not in error
