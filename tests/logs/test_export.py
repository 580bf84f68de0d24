"""What of an export can be judged by which true answers."""

import warnings

import pyarrow as pa
import pytest

from cede.exceptions import InvalidInput, UnknownName
from cede.logs import Export, read_problem


@pytest.fixture
def export():
    table = {
        "size": [1.0, 2.0, 3.0, 4.0],
        "gold": ["a", "b", None, None],
        "other": ["b", "a", "a", "b"],
        "none": pa.array([None] * 4, pa.string()),
        "ann": ["a", "a", None, "b"],
        "bob": [None, None, "a", "b"],
        "id": ["1", "2", "3", "4"],
    }
    columns = {"label": "gold", "experts": {"Ann": "ann", "Bob": "bob"}, "exclude": ("id",)}
    return Export(pa.table(table), "labels", columns, ("A note.",))


@pytest.mark.filterwarnings("ignore")
def test_cases_without_a_truth_and_experts_of_those_alone_are_left_out(export):
    cases = read_problem(export)
    assert cases.agent_names == ("model", "Ann")
    assert cases.agent_costs[:, 1].tolist() == [0.0, 1.0]
    whole = read_problem(export, "other")
    assert whole.agent_names == ("model", "Ann", "Bob")
    assert len(whole.y) == 4


def test_what_is_left_out_is_said(export):
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        read_problem(export)
    texts = [str(warning.message) for warning in heard]
    assert "A note." in texts
    assert any("2 of 4 cases are left out: 'gold' says nothing of them." in t for t in texts)
    assert any("no answer to the others: Bob" in text for text in texts)


@pytest.mark.filterwarnings("ignore")
def test_answers_and_the_own_truth_are_no_features(export):
    for said in ({}, {"label": "other"}, {"label": "other", "experts": {"b": "bob"}}):
        names = {column.name for column in read_problem(export, **said).columns}
        assert not names & {"gold", "ann", "bob", "id"}


@pytest.mark.filterwarnings("ignore")
def test_a_truth_that_is_not_there(export):
    with pytest.raises(UnknownName, match="there is no 'golden'"):
        read_problem(export, "golden")
    with pytest.raises(
        InvalidInput, match="label must hold true answers, but all of column 'none'"
    ):
        read_problem(export, "none")
    untold = Export(export.table, "labels", {"experts": {"Ann": "ann"}})
    with pytest.raises(
        InvalidInput, match=r"the files hold none, .* name one of size, gold, other"
    ):
        read_problem(untold)
