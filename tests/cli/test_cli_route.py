import json

import polars as pl
import pytest
from made_logs import FEATURES, WIDE, N


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
