"""Rows of SURROGATES: what they refuse, and rows with options."""

import pytest
import torch
from sklearn.base import clone
from torch.testing import assert_close

import cede
from cede import SURROGATES, InvalidInput, Surrogate
from cede.exceptions import UnknownName
from cede.losses import decode_one_vs_all, find_surrogate, one_vs_all, rank_by_softmax, realizable

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
