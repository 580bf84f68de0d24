"""Dictionaries of Open Bandit Pipeline, read and written."""

from pathlib import Path

import numpy as np
import pytest

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs import read_log, read_obp, write_obp

FILE = Path(__file__).parent / "files" / "obp" / "feedback.npz"


@pytest.fixture
def feedback():
    with np.load(FILE) as arrays:
        read = {key: arrays[key] for key in arrays.files if key != "position"}
    return {**read, "n_rounds": 60, "n_actions": 3, "position": None}


def test_a_dictionary_and_its_file_are_the_same_cases(feedback):
    for source in (feedback, FILE):
        cases = read_log(read_obp(source, agents="a,b,c"), model="a", features=None)
        rows, taken = np.arange(60), feedback["action"]
        np.testing.assert_array_equal(cases.agent_costs[rows, taken], 1 - feedback["reward"])
        np.testing.assert_array_equal(cases.propensities[rows, taken], feedback["pscore"])
        assert np.isnan(cases.agent_costs).sum() == 120
        np.testing.assert_array_equal(cases.X, feedback["context"])
        assert cases.feature_names == ("context_0", "context_1")


def test_what_is_written_is_what_was_read(feedback):
    again = write_obp(read_log(read_obp(feedback), model="0", features=None))
    for key in ("n_rounds", "n_actions", "context", "action", "reward", "pscore", "position"):
        np.testing.assert_array_equal(again[key], feedback[key])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"pscore": "swapped"}, "what pi_b says"),
        ({"pscore": "percent"}, "what pi_b says"),
        ({"action": "from 1"}, "count from 0"),
        ({"action": "float"}, "whole numbers"),
        ({"reward": "short"}, "of shape"),
        ({"reward": "percent"}, r"reward must lie in \[0, 1\]"),
        ({"context": None}, "must have context"),
        ({"slate_id": "short"}, "slates"),
    ],
)
def test_wrong_variants_are_refused(feedback, change, sentence):
    ((key, how),) = change.items()
    values = feedback.get(key, feedback["action"])
    feedback[key] = {
        "swapped": lambda: 1 - values,
        "percent": lambda: 100 * values,
        "from 1": lambda: values + 1,
        "float": lambda: values + 0.5,
        "short": lambda: values[:-1],
        None: lambda: None,
    }[how]()
    with pytest.raises(InvalidInput, match=sentence):
        read_obp(feedback)


def test_propensities_are_checked_without_the_policy_too(feedback):
    del feedback["pi_b"]
    for values in (100 * feedback["pscore"], np.log(feedback["pscore"])):
        with pytest.raises(InvalidInput, match=r"\(0, 1\]"):
            read_log(read_obp({**feedback, "pscore": values}), model="0")


def test_positions_are_features_and_rewards_have_a_scale(feedback):
    feedback |= {"position": np.arange(60) % 3, "reward": feedback["reward"] * 5.0}
    del feedback["pi_b"]
    export = read_obp(feedback, best="5")
    assert export.table["position"].to_pylist()[:4] == [0, 1, 2, 0]
    assert set(export.table["outcome"].to_pylist()) == {0.0, 1.0}


def test_no_code_is_run(tmp_path, feedback):
    np.savez(tmp_path / "odd.npz", **{**feedback, "context": np.array([{}, {}], dtype=object)})
    (tmp_path / "log.pkl").write_bytes(b"")
    with pytest.raises(UnreadableFile, match="cannot be read as arrays"):
        read_obp(tmp_path / "odd.npz")
    with pytest.raises(UnreadableFile, match="without running code"):
        read_obp(tmp_path / "log.pkl")


def test_one_command_reads_it(cede):
    command = ["fit", FILE, "--from", "obp", "--option", "agents=a,b,c", "--model", "a"]
    assert "Held out" in cede(*command, "--out", "router").words
