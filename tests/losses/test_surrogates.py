"""Rows of SURROGATES: what they refuse, and rows with options."""

import inspect
import subprocess
import sys

import pytest
import torch
from sklearn.base import clone
from torch.testing import assert_close

import cede
from cede import InvalidInput
from cede.exceptions import UnknownName
from cede.losses import (
    SURROGATES,
    Surrogate,
    decode_one_vs_all,
    find_surrogate,
    one_vs_all,
    rank_by_softmax,
    realizable,
)

SCORES = torch.tensor([[1.0, -0.5, 0.3, 0.2]])
CASE = SCORES, torch.tensor([0]), torch.tensor([[0.0, 0.5]])


def test_options_are_those_of_the_loss():
    row = SURROGATES["realizable"].using(q=0.7).using(form="signed")
    assert_close(row.loss(*CASE), realizable(*CASE, q=0.7, form="signed"))
    assert dict(row.options) == {"q": 0.7, "form": "signed"}
    assert row.takes("q")
    assert not row.takes("mask")
    assert SURROGATES["realizable"].options == ()


def test_a_later_option_wins():
    row = SURROGATES["realizable"].using(q=0.3).using(q=1.0)
    assert_close(row.loss(*CASE), realizable(*CASE, q=1.0))
    assert dict(row.options) == {"q": 1.0}


@pytest.mark.parametrize("option", ["p", "mask", "reduction"])
def test_an_option_that_is_not_one_is_refused_with_those_that_are(option):
    with pytest.raises(UnknownName, match=f"option of realizable '{option}'.*q, form"):
        SURROGATES["realizable"].using(**{option: 1})


def test_a_router_with_options_can_be_cloned():
    router = cede.SingleStageClassifier(SURROGATES["softmax_one_vs_all"].using(weight=0.5))
    twin = clone(router)
    assert twin.surrogate.options == (("weight", 0.5),)
    X, y, experts = cede.datasets.make_two_specialists(n=300, random_state=0)
    found = [r.fit(X, y, experts=experts).agent_scores(X) for r in (router, twin)]
    assert_close(*map(torch.as_tensor, found))


def test_a_row_is_read_in_one_way():
    common = {"loss": one_vs_all, "kind": "single_stage", "consistent": True, "realizable": False}
    with pytest.raises(InvalidInput, match="give 'mine' one of decode and rank"):
        Surrogate(name="mine", reference="", **common)
    with pytest.raises(InvalidInput, match="give 'mine' one of decode and rank"):
        Surrogate(
            name="mine", reference="", decode=decode_one_vs_all, rank=rank_by_softmax, **common
        )
    with pytest.raises(InvalidInput, match="bounded says whether"):
        Surrogate(name="mine", reference="", decode=decode_one_vs_all, **common)


def test_a_row_of_another_kind_is_refused_by_name_with_those_of_this_kind():
    with pytest.raises(
        InvalidInput, match=r"not the two_stage 'complement'\. Known: cost_sensitive"
    ):
        find_surrogate("complement")
    with pytest.raises(InvalidInput, match=r"not 3\. Known: complement, aggregated"):
        find_surrogate(3, kind="two_stage")


@pytest.mark.parametrize("name", SURROGATES)
def test_a_row_says_what_its_loss_takes_and_is(name):
    row = SURROGATES[name]
    taken = inspect.signature(row.loss).parameters
    for keyword in ("mask", "max_cost", "propensities"):
        assert row.takes(keyword) == (keyword in taken)
    assert row.summary == inspect.getdoc(row.loss).splitlines()[0]
    assert SURROGATES[name].using() is row


@pytest.mark.parametrize("row", [r for r in SURROGATES.values() if r.kind != "density_ratio"])
def test_a_row_says_whether_costs_above_one_are_refused(row):
    costs = torch.full((2, 2), 1.25, dtype=torch.float64)
    beside = {
        "single_stage": (torch.zeros(2, 4), torch.tensor([0, 1])),
        "post_hoc": (torch.zeros(2, 2), torch.ones(2)),
        "two_stage": (torch.zeros(2, 2),),
    }[row.kind]
    refused = False
    try:
        row.loss(*beside, costs)
    except InvalidInput:
        refused = True
    assert row.unit_costs == refused


def test_the_table_is_read_without_torch():
    program = """
import sys
from cede.losses import SURROGATES
for row in SURROGATES.values():
    assert row.summary and isinstance(row.decodes, bool)
    row.takes("mask"), row.curvature(0.2, 3)
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
