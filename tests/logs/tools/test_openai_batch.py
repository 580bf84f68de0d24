"""Batches of OpenAI."""

import json
from pathlib import Path

import pytest

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs import read_log, read_openai_batch

FILES = Path(__file__).parent / "files" / "openai_batch"
BATCHES = sorted(FILES.glob("*.jsonl"))
LABELS, PRICES = FILES / "labels.csv", FILES / "prices.csv"


def lines_of(name):
    return [json.loads(line) for line in (FILES / name).read_text().splitlines()]


def kept(tmp_path, name, lines):
    path = tmp_path / name
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_answers_costs_and_prompts_are_joined_by_custom_id():
    export = read_openai_batch(BATCHES, labels=LABELS, prices=PRICES)
    rows = {(row["case"], row["agent"]): row for row in export.table.to_pylist()}
    assert len(rows) == 78
    row = rows["q10", "gpt-4o"]
    line = next(x for x in lines_of("gpt-4o_output.jsonl") if x["custom_id"] == "q10")
    body = line["response"]["body"]
    assert row["answer"] == body["choices"][0]["message"]["content"]
    assert row["outcome"] == float(row["answer"] == "11")
    fresh = body["usage"]["prompt_tokens"] - 10
    assert row["cost"] == pytest.approx((fresh * 2.5 + 10 * 1.25 + 2 * 10) / 1e6)
    assert row["prompt"] == "Be brief.\n\nWhat is 10 + 1? Answer with the number alone."
    assert row["prompt_words"] == 12


def test_what_failed_or_expired_is_unknown():
    export = read_openai_batch(BATCHES, labels=LABELS)
    rows = {(row["case"], row["agent"]) for row in export.table.to_pylist()}
    assert {("q05", "gpt-4o"), ("q06", "gpt-4o")} & rows == set()
    assert "cost" not in export.columns
    assert export.notes == ("2 of 80 requests failed and are left out.",)


def test_two_releases_of_a_model_are_two_agents(tmp_path):
    lines = lines_of("gpt-4o_output.jsonl")
    lines[0]["response"]["body"]["model"] = "gpt-4o-2024-11-20"
    files = [FILES / "gpt-4o_input.jsonl", kept(tmp_path, "out.jsonl", lines)]
    agents = set(read_openai_batch(files, labels=LABELS).table["agent"].to_pylist())
    assert agents == {"gpt-4o-2024-11-20", "gpt-4o-2024-08-06"}


def test_grades_are_by_case_and_agent(tmp_path):
    grades = tmp_path / "grades.csv"
    grades.write_text("case,agent,outcome\nq01,gpt-4o,0.25\n")
    table = read_openai_batch(BATCHES, grades=grades).table.to_pylist()
    known = {(r["case"], r["agent"]): r["outcome"] for r in table if r["outcome"] is not None}
    assert known == {("q01", "gpt-4o"): 0.25}


def test_wrong_variants_are_refused(tmp_path):
    output = FILES / "gpt-4o_output.jsonl"
    with pytest.raises(InvalidInput, match="must say labels or grades"):
        read_openai_batch(BATCHES)
    with pytest.raises(UnreadableFile, match="requests alone"):
        read_openai_batch(FILES / "gpt-4o_input.jsonl", labels=LABELS)
    with pytest.raises(UnreadableFile, match="no batch of OpenAI"):
        read_openai_batch(kept(tmp_path, "odd.jsonl", [{"a": 1}]), labels=LABELS)
    twice = kept(tmp_path, "twice.jsonl", lines_of("gpt-4o_output.jsonl")[:1])
    small = FILES / "gpt-4o-mini_output.jsonl"
    with pytest.raises(InvalidInput, match="may have one row"):
        read_log(
            read_openai_batch([output, twice, small], labels=LABELS), model="gpt-4o-2024-08-06"
        )
    asked = lines_of("gpt-4o_input.jsonl")
    asked[0]["custom_id"] = "q02"
    other = kept(tmp_path, "in.jsonl", asked)
    with pytest.raises(InvalidInput, match="'q02' asks two different ones"):
        read_openai_batch([output, other], labels=LABELS)
    prices = tmp_path / "prices.csv"
    for row, sentence in (
        ("gpt-4o-mini,0.15,0.6", "a row for every model, but none is for 'gpt-4o'"),
        ("gpt-4o,-1,2", "at least 0, but got -1"),
        ("gpt-4o,1,2\ngpt-4o,1,2", "one row per model"),
    ):
        prices.write_text(f"model,input,output\n{row}\n")
        with pytest.raises(InvalidInput, match=sentence):
            read_openai_batch([output, FILES / "gpt-4o_input.jsonl"], labels=LABELS, prices=prices)


def test_one_command_reads_it(cede):
    options = ["--option", f"labels={LABELS}", "--option", f"prices={PRICES}"]
    command = ["fit", *BATCHES, "--from", "openai-batch", *options, "--model", "gpt-4o-mini"]
    done = cede(*command, "--exchange-rate", 50, "--out", "router")
    assert "Held out" in done.words
