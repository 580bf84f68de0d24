"""Spend records and logging payloads of LiteLLM."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs import read_export, read_litellm, read_log

FILES = Path(__file__).parent / "files" / "litellm"
PAYLOADS = FILES / "payloads.jsonl.gz"
SCORED = {"case": "case", "outcome": "score"}


def by_case(export):
    """Rows of the last cases, which are about one call each."""
    rows = export.table.to_pylist()
    return {row["case"]: row for row in rows if row["case"] >= "q25"}


def payloads():
    with gzip.open(PAYLOADS, "rt") as file:
        return [json.loads(line) for line in file]


def kept(tmp_path, rows, name="rows.jsonl"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("name", ["payloads.jsonl.gz", "spend.json", "spend.csv"])
def test_a_cost_of_nothing_is_believed_where_there_is_a_price_alone(name):
    rows = by_case(read_litellm(FILES / name, **SCORED))
    assert rows["q25"]["cost"] is None  # no price
    assert rows["q26"]["cost"] is None  # no price, and out of the cache: no failure flag beside it
    assert rows["q27"]["cost"] == (1.35e-05 if name.startswith("payloads") else None)  # cached
    assert rows["q28"]["cost"] == 0.0  # a price of 0
    assert "q29" not in rows  # failed, whatever its status says


def test_models_have_one_name_whether_an_answer_was_cached_or_not():
    rows = by_case(read_litellm(PAYLOADS, **SCORED))
    assert [rows[f"q{i}"]["agent"] for i in (25, 26, 27)] == [*["my-own-model"] * 2, "gpt-4o-mini"]


def test_two_providers_of_a_model_are_two_agents(tmp_path):
    rows = payloads()[:4]
    rows[0] |= {"custom_llm_provider": "azure", "model": "azure/gpt-4o-mini"}
    table = read_litellm(kept(tmp_path, rows), **SCORED).table
    agents = table["agent"].to_pylist()
    assert agents == ["azure/gpt-4o-mini", "gpt-4o", "openai/gpt-4o-mini", "gpt-4o"]


def test_what_is_missing_is_counted_from_tokens_and_said(tmp_path):
    notes = " ".join(read_litellm(FILES / "spend.json", **SCORED).notes)
    assert "1 of 9 calls failed" in notes
    assert "3 of 8 calls is not known (1 of gpt-4o-mini, 2 of my-own-model)" in notes
    prices = tmp_path / "prices.csv"
    prices.write_text("model,input,output\nmy-own-model,1,2\ngpt-4o-mini,0.15,0.6\n")
    rows = by_case(read_litellm(FILES / "spend.json", **SCORED, prices=prices))
    assert rows["q25"]["cost"] == pytest.approx((10 * 1 + 20 * 2) / 1e6)
    assert rows["q27"]["cost"] == pytest.approx(1.35e-05)


def test_prompts_answers_and_lengths_are_there():
    row = read_litellm(PAYLOADS, **SCORED).table.to_pylist()[0]
    assert row["prompt"] == "Question 1. What is 1 + 2?"
    assert (row["prompt_chars"], row["prompt_words"], row["answer"]) == (26, 7, "3")


def test_grades_come_from_a_table_by_case_and_agent_or_by_request(tmp_path):
    grades = tmp_path / "grades.csv"
    grades.write_text("case,agent,outcome\nq01,gpt-4o,0.5\nq01,gpt-4o-mini,1\n")
    read = read_litellm(PAYLOADS, case="case", grades=grades).table.to_pylist()[:3]
    assert [row["outcome"] for row in read] == [1.0, 0.5, None]
    grades.write_text("case,outcome\nq01,1\n")
    with pytest.raises(InvalidInput, match="whose answer was graded"):
        read_litellm(PAYLOADS, case="case", grades=grades)
    name = payloads()[1]["id"]
    grades.write_text(f"case,outcome\n{name},1\n")
    assert read_litellm(PAYLOADS, grades=grades).table["outcome"].to_pylist()[:2] == [None, 1.0]
    grades.write_text("case,outcome\nnobody,1\n")
    with pytest.raises(InvalidInput, match="must name the cases of the calls"):
        read_litellm(PAYLOADS, grades=grades)


def test_equal_prompts_can_be_one_case(tmp_path):
    table = read_litellm(kept(tmp_path, payloads()[:4]), case="prompt", outcome="score").table
    assert (
        table["case"].to_pylist()[0]
        == table["case"].to_pylist()[1]
        == payloads()[0]["messages"][0]["content"]
    )


def test_propensities_and_groups_come_from_fields(tmp_path):
    rows = payloads()[:4]
    for row, value in zip(rows, (0.9, 0.1, 0.9, 0.1), strict=True):
        row["metadata"]["spend_logs_metadata"] |= {"p": value, "who": "ann"}
    path = kept(tmp_path, rows)
    export = read_litellm(path, **SCORED, propensity="p", group="who")
    assert export.table["propensity"].to_pylist() == [0.9, 0.1, 0.9, 0.1]
    assert export.columns["group"] == "group"
    for wrong in (90, -0.1, "often"):
        rows[2]["metadata"]["spend_logs_metadata"]["p"] = wrong
        with pytest.raises(InvalidInput, match=r"propensity must be in \(0, 1\]"):
            read_litellm(kept(tmp_path, rows), **SCORED, propensity="p")


def test_a_percentage_a_row_twice_and_no_outcome_are_refused(tmp_path):
    rows = payloads()[:4]
    rows[0]["metadata"]["spend_logs_metadata"]["score"] = 80
    with pytest.raises(InvalidInput, match=r"outcome must be in \[0, 1\].*but got 80"):
        read_litellm(kept(tmp_path, rows), **SCORED)
    twice = read_litellm(kept(tmp_path, [*payloads()[:4], payloads()[0]]), **SCORED)
    with pytest.raises(InvalidInput, match="may have one row"):
        read_log(twice, model="gpt-4o", exchange_rate=1.0, features=())
    with pytest.raises(InvalidInput, match="must say outcome or grades"):
        read_export("litellm", [PAYLOADS])
    with pytest.raises(InvalidInput, match="but no row has 'rating'"):
        read_litellm(PAYLOADS, outcome="rating")
    with pytest.raises(UnreadableFile, match="holds no calls of LiteLLM"):
        read_litellm(kept(tmp_path, [{"a": 1}]), outcome="a")
    rows = payloads()[:4]
    rows[1]["response_cost"] = -1
    with pytest.raises(InvalidInput, match="cost must be USD"):
        read_litellm(kept(tmp_path, rows), **SCORED)


def test_money_enters_at_a_rate_and_is_left_aside_without(tmp_path):
    export = read_litellm(kept(tmp_path, payloads()[:48]), **SCORED)
    cases = read_log(export, model="gpt-4o-mini", exchange_rate=10.0)
    np.testing.assert_allclose(cases.money[0], [1.35e-05, 2.25e-04])
    with pytest.warns(UserWarning, match="is left aside"):
        cases = read_log(export, model="gpt-4o-mini")
    assert cases.money is None
    assert "cost" not in cases.feature_names


def test_a_csv_file_says_what_the_rows_say():
    tables = [read_litellm(FILES / f"spend.{kind}", **SCORED).table for kind in ("csv", "json")]
    assert tables[0].to_pylist() == tables[1].to_pylist()


def test_one_command_reads_it(cede):
    options = ["--option", "case=case", "--option", "outcome=score"]
    command = ["fit", PAYLOADS, "--from", "litellm", *options, "--model", "gpt-4o-mini"]
    refused = cede(*command, "--exchange-rate", 10, "--option", "agents=gpt-5", code=2)
    assert "gpt-5" in refused.stderr
    command += ["--option", "agents=gpt-4o-mini,gpt-4o"]
    done = cede(*command, "--exchange-rate", 10, "--out", "router")
    assert "Held out" in done.words


@pytest.mark.filterwarnings("default::UserWarning")
def test_cases_of_unknown_cost_are_left_out_only_where_costs_count():
    export = read_litellm(PAYLOADS, **SCORED)
    with pytest.warns(UserWarning, match="2 cases of which no agent's outcome and cost are known"):
        assert len(read_log(export, model="gpt-4o", exchange_rate=1.0)) == 26
    with pytest.warns(UserWarning, match="is left aside"):
        assert len(read_log(export, model="gpt-4o")) == 28
