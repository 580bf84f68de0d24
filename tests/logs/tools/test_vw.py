"""Contextual-bandit text of Vowpal Wabbit, read and written."""

from pathlib import Path

import numpy as np
import pytest

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs import Cases, read_log, read_vw, write_vw

FILES = Path(__file__).parent / "files" / "vw"


def vw_cases():
    """Who answered was drawn: small with .75, large with .25."""
    rng = np.random.default_rng(3)
    n = 60
    x = rng.integers(0, 9, (n, 2)) / 4
    asked = (rng.random(n) < 0.25).astype(int)
    worth = np.column_stack([(x[:, 0] < 1), (rng.random(n) < 0.9)]) * 0.75
    costs, propensities = np.full((n, 2), np.nan), np.full((n, 2), np.nan)
    rows = np.arange(n)
    costs[rows, asked] = 1 - worth[rows, asked]
    propensities[rows, asked] = np.where(asked, 0.25, 0.75)
    return Cases(
        agent_names=("small", "large"),
        agent_costs=costs,
        features={"length": x[:, 0], "depth": x[:, 1]},
        ids=np.array([f"q{i:02d}" for i in range(n)], dtype=object),
        propensities=propensities,
    )


def written(tmp_path, text):
    path = tmp_path / "log.txt"
    path.write_text(text)
    return path


def test_what_is_written_is_what_the_tool_read(tmp_path):
    for name, adf in (("log.txt", False), ("adf.txt", True)):
        write_vw(vw_cases(), tmp_path / name, adf=adf)
        assert (tmp_path / name).read_text() == (FILES / name).read_text()


@pytest.mark.parametrize(("name", "agents"), [("log.txt", "small,large"), ("adf.txt", None)])
def test_what_is_written_reads_as_the_same_cases(name, agents):
    cases, original = (
        read_log(read_vw(FILES / name, agents=agents), model="small", features=None),
        vw_cases(),
    )
    assert cases.agent_names == original.agent_names
    assert list(cases.ids) == list(original.ids)
    np.testing.assert_array_equal(cases.agent_costs, original.agent_costs)
    np.testing.assert_array_equal(cases.propensities, original.propensities)
    for feature, values in original.features.items():
        np.testing.assert_array_equal(cases.features[feature], values)


@pytest.mark.parametrize("name", ["log", "adf"])
def test_the_tool_understood_each_case(name):
    """Its predictions have a line per case, of both actions from 0, with the tag of the case."""
    lines = (FILES / f"{name}.predictions").read_text().split("\n")
    lines = [line for line in lines if line]
    assert [line.split()[1] for line in lines] == [f"q{i:02d}" for i in range(60)]
    assert {pair[0] for line in lines for pair in line.split()[0].split(",")} == {"0", "1"}


def test_labels_count_from_1_without_blocks_and_are_places_within(tmp_path):
    flat = written(tmp_path, "1:0.25:0.5 | a:1\n2:1:0.5 | a:2\n")
    table = read_vw(flat).table.to_pydict()
    assert (table["agent"], table["outcome"]) == (["1", "2"], [0.75, 0.0])
    blocks = "shared | a:1\n| one\n7:0.25:0.5 | two\n\nshared | a:2\n0:1:0.5 | one\n| two\n"
    table = read_vw(written(tmp_path, blocks)).table.to_pydict()
    assert (table["agent"], table["outcome"]) == (["1", "0"], [0.75, 0.0])
    named = read_vw(written(tmp_path, blocks), agents="small,large").table.to_pydict()
    assert named["agent"] == ["large", "small"]


def test_namespaces_weights_and_absent_features_are_read(tmp_path):
    text = "1:0:0.5 'q1 |user:2 age:3 new |b x\n2:0:0.5 'q2 | plain\n | no label\n"
    export = read_vw(written(tmp_path, text))
    table = export.table.to_pydict()
    assert (table["user^age"], table["user^new"]) == ([6.0, 0.0], [2.0, 0.0])
    assert table["plain"] == [0.0, 1.0]
    assert "case" not in export.columns or table["case"] == ["q1", "q2"]
    assert export.notes == ("1 of 3 cases have no label and are left out.",)


def test_several_labels_of_a_line_are_one_case(tmp_path):
    cases = read_log(
        read_vw(written(tmp_path, "1:0:1 2:0.5:1 | a\n1:1:1 | a\n")), model="1", features=()
    )
    np.testing.assert_array_equal(cases.agent_costs, [[0.0, 0.5], [1.0, np.nan]])


def test_rewards_as_negative_costs_need_their_scale(tmp_path):
    path = written(tmp_path, "1:-1:0.5 | a\n2:0:0.5 | a\n")
    with pytest.raises(InvalidInput, match=r"cost must lie in \[0, 1\], but got -1"):
        read_vw(path)
    assert read_vw(path, best="-1", worst="0").table["outcome"].to_pylist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0:0:0.5 | a\n1:0:0.5 | a\n", "actions from 1, but got 0"),
        ("1:nan:0.5 | a\n", "which is not action:cost:probability"),
        ("1:0:0.5| a\n", "takes for a tag"),
        ('{"_label_cost": 0}\n', "is JSON"),
        ("1:0:0.5 a b\n", "without a bar"),
        ("1:0:0.5 | a:x\n", "whose value is no number"),
        ("shared | a\n0:0:0.5 | x\n0:1:0.5 | y\n", "one label in each block"),
        ("shared | a\n0:0:0.5 | x\n| y\n\nshared | a\n0:0:0.5 | y\n| x\n", "as a tag"),
        ("| a\n| b\n", "hold no label"),
        ("", "is empty"),
    ],
)
def test_what_no_one_can_read_is_refused(tmp_path, text, sentence):
    with pytest.raises((InvalidInput, UnreadableFile), match=sentence):
        read_vw(written(tmp_path, text))


@pytest.mark.parametrize("probability", ["0", "25", "-0.69", "nan", ""])
def test_what_is_no_probability_is_refused(tmp_path, probability):
    """A share of 0, a percentage, a logarithm, nothing."""
    text = f"1:0:0.5 | a\n2:1:{probability} | a\n".replace(": |", " |")
    with pytest.raises((InvalidInput, UnreadableFile), match=r"\(0, 1\]|action:cost"):
        read_log(read_vw(written(tmp_path, text)), model="1", features=())


def test_cost_and_probability_swapped_or_a_row_twice_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match=r"\(0, 1\]"):
        read_log(read_vw(written(tmp_path, "1:0.5:0 | a\n2:0.5:1 | a\n")), model="1", features=())
    twice = "1:0:0.5 'q1 | a\n2:1:0.5 'q2 | a\n1:0:0.5 'q1 | a\n"
    with pytest.raises(InvalidInput, match="may have one row"):
        read_log(read_vw(written(tmp_path, twice)), model="1", features=())


def test_what_the_format_cannot_hold_is_refused(tmp_path):
    cases = vw_cases()
    for name in ("a b", "a:b", "a|b"):
        odd = Cases(
            agent_names=cases.agent_names,
            agent_costs=cases.agent_costs,
            features={name: cases.features["depth"]},
            ids=cases.ids,
            propensities=cases.propensities,
        )
        with pytest.raises(InvalidInput, match="without white space"):
            write_vw(odd, tmp_path / "log.txt")


def test_one_command_reads_it(cede, tmp_path):
    command = ["fit", FILES / "adf.txt", "--from", "vw", "--model", "small"]
    assert "Held out" in cede(*command, "--out", "router").words
