"""Where nobody knows the truth, experts are judged by the others."""

from itertools import product

import numpy as np
import pyarrow as pa
import pytest

import cede
from cede.logs import read_problem
from cede.logs._consensus import CONSENSUS, agreed

nan = np.nan
EXPERTS = {"ann": "a", "bob": "b", "cleo": "c"}


def table(rows):
    a, b, c = zip(*rows, strict=True)
    kinds = pa.string()
    columns = {name: pa.array(cells, kinds) for name, cells in zip("abc", (a, b, c), strict=True)}
    return pa.table({"x": np.arange(len(rows)) * 1.5, **columns})


def test_each_is_judged_by_the_others_and_ties_are_left_out():
    rows = [
        ("yes", "yes", "yes"),
        ("yes", "yes", "no"),
        ("yes", None, "no"),
        ("no", None, "no"),
        (None, None, "no"),
        (None, None, None),
        ("no", "skip", "yes"),
    ]
    with pytest.warns(UserWarning, match=r"cases") as heard:
        cases = read_problem(table(rows), experts=EXPERTS, label_from="majority", abstain=["skip"])
    assert {str(one.message) for one in heard} == {
        "'bob' abstained in 1 of 7 cases: these are missing answers, and what asking took there is "
        "not counted.",
        "In 3 of 7 cases no answer has most voices: they are left out.",
    }
    assert cases.ids.tolist() == [0, 1, 3, 4]
    assert cases.y.tolist() == ["yes", "yes", "no", "no"]
    assert cases.label == "consensus (majority)"
    np.testing.assert_array_equal(
        cases.costs, [[0, 0, 0], [nan, nan, 1], [0, nan, 0], [nan, nan, nan]]
    )


@pytest.mark.parametrize("rule", CONSENSUS)
def test_no_expert_is_judged_by_an_answer_of_their_own(rule):
    """Whatever one expert says, what the others are judged by does not contain it."""
    if rule != "majority":
        pytest.importorskip("crowdkit.aggregation")
    import narwhals as nw

    rng = np.random.default_rng(0)
    rows = list(product(("u", "v"), ("u", "v"), ("u", "v"))) + [
        tuple(rng.choice(["u", "v"], 3)) for _ in range(8)
    ]
    first = agreed(nw.from_native(table(rows)), EXPERTS, rule)[1][:, 0]
    changed = [("u" if a == "v" else "v", b, c) for a, b, c in rows]
    other = agreed(nw.from_native(table(changed)), EXPERTS, rule)[1][:, 0]
    np.testing.assert_array_equal(first, 1 - other)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"experts": {"ann": "a", "bob": "b"}}, "label_from must rest on 3 experts or more"),
        ({"experts": EXPERTS, "label": "x"}, "label_from must stand alone, .* true answers beside"),
        ({"experts": EXPERTS, "correct": {"d": "x"}}, "label_from must stand alone, .* graded"),
        ({"experts": EXPERTS, "label_from": "mean"}, "no consensus 'mean'.*Known: majority"),
    ],
)
def test_what_is_no_consensus_is_refused(said, message):
    rows = [("u", "v", "u"), ("v", "v", "u")]
    with pytest.raises(cede.InvalidInput, match=message):
        read_problem(table(rows), **{"label_from": "majority", **said})


def test_answers_that_cannot_be_told_apart_are_refused():
    with pytest.raises(cede.InvalidInput, match="experts' answers together hold 'Yes' and 'yes'"):
        read_problem(table([("Yes", "yes", "no")]), experts=EXPERTS, label_from="majority")
    with pytest.raises(cede.InvalidInput, match="all experts answer yes"):
        read_problem(table([("yes",) * 3]), experts=EXPERTS, label_from="majority")


def test_crowd_kit_that_is_not_there_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "crowdkit.aggregation", None)
    with pytest.raises(cede.exceptions.MissingExtra, match="pip install crowd-kit"):
        read_problem(
            table([("u", "v", "u"), ("v", "v", "u")]), experts=EXPERTS, label_from="dawid-skene"
        )
