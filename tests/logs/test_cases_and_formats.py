"""One value for cases, and one table of the formats that logs come in."""

from inspect import signature

import numpy as np
import pandas as pd
import pytest

from cede.exceptions import InvalidInput, UnknownName
from cede.logs import (
    FORMATS,
    Cases,
    hold_out,
    keep_copies_together,
    read_log,
    read_long,
    read_new,
    read_wide,
)

TABLE = pd.DataFrame(
    {"id": [3, 1, 2], "x": [0.3, 0.1, 0.2], "ids": ["c", "a", "b"], "a": [1, 0, 1], "b": [0, 1, 1]}
)
BOTH = {"a": "a", "b": "b"}


def made(n=40, **changes):
    arrays = {
        "agent_names": ("a", "b"),
        "agent_costs": np.zeros((n, 2)),
        "features": {"y": np.arange(n, dtype=float), "ids": np.ones(n)},
        "ids": np.arange(n),
    }
    return Cases(**{**arrays, **changes})


def test_some_of_the_cases_are_cases_whatever_features_are_called():
    cases = made(groups=np.arange(40) // 4)
    some = cases[cases.features["y"] > 36]
    assert (len(some), some.ids.tolist(), some.groups.tolist()) == (3, [37, 38, 39], [9, 9, 9])
    assert some.X.tolist() == [[37, 1], [38, 1], [39, 1]]
    assert some.feature_names == ("y", "ids")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"agent_costs": np.zeros((40, 3))}, r"agent_costs must have shape \(40, 2\)"),
        ({"groups": np.zeros(39, int)}, r"groups must have shape \(40,\)"),
        ({"features": {"x": np.zeros(3)}}, r"features must have .* but got \(3,\) for 'x'"),
    ],
)
def test_arrays_of_other_cases_are_refused(changes, message):
    with pytest.raises(InvalidInput, match=message):
        made(**changes)


def test_both_formats_sort_by_id_and_choose_features_themselves():
    wide = read_log(TABLE, model="a", outcome=BOTH, case="id")
    long = TABLE.drop(columns=["a", "b"]).merge(
        TABLE.melt("id", ["a", "b"], "who", "right").sample(frac=1.0, random_state=0)
    )
    other = read_log(long, model="a", agent="who", outcome="right", case="id")
    for cases in (wide, other):
        assert cases.ids.tolist() == ["1", "2", "3"]
        assert cases.feature_names == ("x",)
        assert cases.X.ravel().tolist() == [0.1, 0.2, 0.3]
        assert cases.agent_costs.tolist() == [[1, 0], [0, 0], [0, 1]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outcome": "a"}, "outcome must name a column for each of two agents or more"),
        ({"outcome": BOTH, "agent": "ids"}, "outcome is one column of a log with a row per case"),
        ({"outcome": {"a": "a"}}, "The log tells of one agent, 'a'"),
        ({}, "outcome must be said of a log of the format wide"),
        ({"outcome": BOTH, "agent": "ids", "format": "wide"}, "agent is nothing that a log of"),
        ({"outcome": BOTH, "group": "id", "case": "id"}, "group must be another column"),
    ],
)
def test_what_a_format_does_not_take_is_refused_by_name(options, message):
    with pytest.raises(InvalidInput, match=message):
        read_log(TABLE, model="a", **options)
    with pytest.raises(
        UnknownName, match=r"one of the formats, but there is no 'wyde'\. Did you mean 'wide'"
    ):
        read_log(TABLE, model="a", outcome=BOTH, format="wyde")


def test_a_format_is_a_function_and_a_row(monkeypatch):
    def read_marks(table, *, model, agents, features, exclude, case=None):
        named = {"agents": agents, "features": features, "exclude": exclude, "case": case}
        return read_wide(table, model=model, outcome=BOTH, **named)

    monkeypatch.setitem(FORMATS, "marks", read_marks)
    cases = read_log(TABLE, model="b", format="marks", case="id")
    assert (cases.agent_names, len(cases)) == (("b", "a"), 3)
    with pytest.raises(InvalidInput, match="outcome is nothing that a log of the format marks"):
        read_log(TABLE, model="b", format="marks", outcome=BOTH)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_takes_what_commands_pass_to_all(name):
    takes = signature(FORMATS[name]).parameters
    assert {"model", "agents", "features", "exclude"} <= set(takes)


def test_parts_share_no_group_and_copies_are_one():
    rng = np.random.default_rng(0)
    once = rng.normal(size=(60, 2))
    features = {"y": np.tile(once[:, 0], 3), "ids": np.tile(once[:, 1], 3)}
    cases, text = keep_copies_together(made(180, features=features))
    assert "equal to another" in text
    fit, judge = hold_out(cases, 0.25)
    assert (len(fit), len(judge)) == (135, 45)
    assert not set(fit.groups) & set(judge.groups)
    for share, message in ((25, "share must be between 0 and 1"), (0.001, "fewer than two")):
        with pytest.raises(InvalidInput, match=message):
            hold_out(cases, share)


def test_new_cases_come_in_parts_that_make_the_whole():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(size=40_000), "flag": rng.random(40_000) < 0.5})
    new = read_new(table, agents=("a", "b"), features=["flag", "x"])
    parts = list(new.parts())
    assert len(parts) > 1
    np.testing.assert_array_equal(np.vstack([part.X for part in parts]), new.whole().X)
    np.testing.assert_array_equal(new.whole().X, table[["flag", "x"]].to_numpy(float))
    assert np.isnan(new.whole().agent_costs).all()


def test_a_long_log_without_ids_has_a_case_per_row():
    table = pd.DataFrame({"who": ["a", "b", "a"], "right": [1, 0, 1]})
    assert read_long(table, agent="who", outcome="right", model="a").ids.tolist() == [0, 1, 2]
