"""Frames of RouterBench's shape."""

import numpy as np
import polars as pl
import pytest

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs import read_export, read_log, read_routerbench


@pytest.fixture
def frame(tmp_path):
    rng = np.random.default_rng(0)
    n = 60
    columns = {
        "sample_id": [f"mmlu.{i:03d}" for i in range(n)],
        "prompt": [f"['Question {i}?', 'Why?']" for i in range(n)],
        "eval_name": ["mmlu"] * n,
        "length": rng.normal(size=n),
        "small": (rng.random(n) < 0.5).astype(float),
        "large/x": (rng.random(n) < 0.8).astype(float),
        "small|model_response": ["a"] * n,
        "large/x|model_response": ["b"] * n,
        "small|total_cost": np.full(n, 1e-4),
        "large/x|total_cost": np.full(n, 1e-2),
        "oracle_model_to_route_to": ["small"] * n,
    }
    path = tmp_path / "bench.parquet"
    pl.DataFrame(columns).write_parquet(path)
    return path, columns


def test_scores_and_costs_of_every_model_are_read(frame):
    path, columns = frame
    cases = read_log(read_routerbench(path), model="small", exchange_rate=10.0)
    assert cases.agent_names == ("small", "large/x")
    expected = 1 - columns["large/x"] + 10.0 * 1e-2
    np.testing.assert_allclose(cases.agent_costs[:, 1], expected)
    assert list(cases.ids[:2]) == ["mmlu.000", "mmlu.001"]


def test_what_is_known_too_late_is_no_feature(frame):
    cases = read_log(read_routerbench(frame[0]), model="small", exchange_rate=1.0, features=None)
    assert cases.feature_names == ("length", "prompt_chars")
    assert not any("response" in column.name or "oracle" in column.name for column in cases.columns)


def test_prompts_are_turns_and_have_a_length(frame):
    table = read_routerbench(frame[0]).table.to_pylist()
    assert table[3]["prompt"] == "Question 3?\n\nWhy?"
    assert (table[3]["prompt_chars"], table[3]["prompt_words"]) == (17, 3)


def test_a_pickle_is_not_loaded(tmp_path):
    (tmp_path / "bench.pkl").write_bytes(b"no pickle")
    with pytest.raises(UnreadableFile, match="runs code when it is loaded"):
        read_routerbench(tmp_path / "bench.pkl")


def test_a_frame_without_models_is_refused(tmp_path):
    path = tmp_path / "other.parquet"
    pl.DataFrame({"sample_id": ["a"], "small": [1.0]}).write_parquet(path)
    with pytest.raises(InvalidInput, match="has no model with columns NAME"):
        read_routerbench(path)


def test_options_and_tools_are_checked(frame):
    with pytest.raises(InvalidInput, match="option must be one of none for files of routerbench"):
        read_export("routerbench", [frame[0]], {"metric": "acc"})
    with pytest.raises(InvalidInput, match="tool"):
        read_export("routerbank", [frame[0]])


def test_one_command_reads_it(frame, cede, tmp_path):
    command = ["fit", frame[0], "--from", "routerbench", "--model", "small"]
    done = cede(*command, "--exchange-rate", "5", "--out", "router")
    assert "Held out" in done.words
    assert (tmp_path / "router" / "router.json").is_file()
    cede("tune", "router", frame[0], "--from", "routerbench", "--exchange-rate", 5, "--budget", 0.2)
    refused = cede(*command, "--option", "metric=acc", code=2)
    assert "--option must be one of none" in refused.stderr
