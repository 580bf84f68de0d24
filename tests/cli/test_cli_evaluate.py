import json

import polars as pl
from made_logs import FEATURES, LONG, WIDE


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
    subjects = [text.split(":")[0] for text in warned]
    assert subjects[:2] == ["small alone", "large alone"]
    assert len(set(subjects)) == len(subjects)
    assert all("Weights of routes average" in text for text in warned)
