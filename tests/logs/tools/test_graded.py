"""What evaluation tools share: graded answers as a long log."""

from dataclasses import replace

import pytest

from cede.exceptions import InvalidInput
from cede.logs import read_log
from cede.logs.tools._graded import Grade, graded_export

AGENTS = "small", "large"


@pytest.fixture
def grades():
    return [
        Grade(agent, "facts", f"{i}", float((i + j) % 3 > 0), prompt="why " * (i + 1))
        for i in range(6)
        for j, agent in enumerate(AGENTS)
    ]


def export(grades, **more):
    return graded_export(grades, asked_otherwise="do better", **more)


def outcomes(export):
    rows = export.table.to_pylist()
    return {(row["case"], row["agent"]): row["outcome"] for row in rows}


def test_a_row_per_case_and_agent(grades):
    cases = read_log(export(grades), model="small", features=None)
    assert cases.agent_names == AGENTS
    assert list(cases.ids) == [f"facts/{i}" for i in range(6)]
    assert cases.feature_names == ("prompt_chars", "prompt_words")
    assert cases.X[2].tolist() == [12.0, 3.0]
    assert cases.agent_costs[:, 0].tolist() == [1 - g.outcome for g in grades[::2]]


def test_repeats_are_averaged_as_far_as_they_are_known(grades):
    some = [
        replace(grades[0], repeat=str(i), outcome=value, cost=cost)
        for i, (value, cost) in enumerate([(1.0, 2.0), (None, None), (0.0, 4.0), (1.0, 6.0)])
    ]
    table = export([*some, replace(grades[1], cost=1.0)], costs=True).table.to_pylist()
    assert [row["outcome"] for row in table] == [2 / 3, 0.0 if grades[1].outcome == 0 else 1.0]
    assert table[0]["cost"] == 4.0


def test_repeats_that_are_kept_are_cases_in_a_group(grades):
    some = [replace(grade, repeat=repeat) for grade in grades for repeat in "ab"]
    kept = export(some, keep_repeats=True)
    cases = read_log(kept, model="small", features=None)
    assert len(cases) == 12
    assert set(cases.ids) >= {"facts/0#a", "facts/0#b"}
    assert cases.group_names == tuple(f"facts/{i}" for i in range(6))


def test_what_nobody_knows_is_left_out_and_said(grades):
    some = [replace(g, outcome=None) if g.item in "01" else g for g in grades]
    some[5] = replace(some[5], outcome=None)
    left = export(some)
    assert left.notes == ("2 items of which nothing is known are left out.",)
    assert outcomes(left)["facts/2", "large"] is None
    with pytest.raises(InvalidInput, match="hold no outcome at all"):
        export([replace(grade, outcome=None) for grade in grades])


def test_a_scale_makes_shares_of_percentages(grades):
    percent = [replace(grade, outcome=25.0) for grade in grades]
    assert set(outcomes(export(percent, scale=100.0)).values()) == {0.25}
    with pytest.raises(InvalidInput, match=r"outcome must be in \[0, 1\].*got 25 for item '0'"):
        export(percent)
    with pytest.raises(InvalidInput, match=r"outcome must be in \[0, 10\]"):
        export(percent, scale=10.0)
    with pytest.raises(InvalidInput, match=r"outcome must be in \[0, 1\]"):
        export([replace(grade, outcome=-0.7) for grade in grades])


def test_a_row_that_stands_twice_is_refused(grades):
    with pytest.raises(InvalidInput, match="item '0' of 'facts' has two rows of agent 'small'"):
        export([*grades, grades[0]])


def test_an_item_is_one_for_all(grades):
    with pytest.raises(InvalidInput, match="reads 'why ' for 'small' and 'what' for 'large'; do"):
        export([grades[0], replace(grades[1], prompt="what")])
    with pytest.raises(InvalidInput, match="'level' of '0' of 'facts' is 1 for 'small' and 2 for"):
        export([replace(g, fields={"level": i}) for i, g in enumerate(grades[:2], start=1)])
    with pytest.raises(InvalidInput, match="No item has answers of two agents, of large, small"):
        export([grade for grade in grades if (grade.agent == "small") == (grade.item < "3")])


def test_fields_are_columns(grades):
    def named(**fields):
        return export([replace(grade, fields=fields) for grade in grades])

    assert named(level=3).table.column("level").to_pylist() == [3] * 12
    with pytest.raises(InvalidInput, match="names that are free, but got 'prompt'"):
        named(prompt="x")
    with pytest.raises(InvalidInput, match=r"'tags' holds \['a'\]"):
        named(tags=["a"])
