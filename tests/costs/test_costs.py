"""Answers to costs: missing stays missing, fees add up, kinds of values do not matter."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from cede import InvalidInput, agent_costs
from cede.costs import expert_costs, missing, resolve_costs


@pytest.mark.parametrize(
    ("answers", "y"),
    [
        (np.array([[1.0, np.nan], [0.0, 1.0]]), np.array([1, 1])),
        (np.array([["b", None], ["a", "b"]], dtype=object), np.array(["b", "b"])),
        (np.array([[True, None], [False, True]], dtype=object), np.array([True, True])),
        (pd.DataFrame({"u": ["b", "a"], "v": [None, "b"]}), ["b", "b"]),
        (pl.DataFrame({"u": ["b", "a"], "v": [None, "b"]}), ["b", "b"]),
        (
            pd.DataFrame({"u": pd.array([1, 0], "Int64"), "v": pd.array([pd.NA, 1], "Int64")}),
            [1, 1],
        ),
    ],
)
def test_wrong_answers_cost_one_and_missing_ones_stay_missing(answers, y):
    expected = np.array([[0.1, np.nan], [1.1, 0.2]])
    np.testing.assert_allclose(expert_costs(answers, y, fees=[0.1, 0.2]), expected)


def test_tensors_stay_tensors_with_any_batch_shape():
    answers = torch.tensor([[[1.0, float("nan")]], [[0.0, 1.0]]])
    costs = expert_costs(answers, torch.tensor([[1], [1]]), fees=[0.1, 0.2])
    expected = torch.tensor([[[0.1, float("nan")]], [[1.1, 0.2]]])
    torch.testing.assert_close(costs, expected, equal_nan=True)
    with pytest.raises(InvalidInput, match=r"but got shape \(2, 1, 2\)"):
        expert_costs(answers, torch.tensor([1, 1]))


def test_the_model_comes_first_and_pays_no_fee():
    np.testing.assert_allclose(
        agent_costs([1, 0], [[0], [0]], [0, 0], fees=0.5), [[1, 0.5], [0, 0.5]]
    )


def test_one_dimension_is_one_expert():
    assert expert_costs([1, 0], [1, 1]).tolist() == [[0.0], [1.0]]


@pytest.mark.parametrize(
    ("answers", "y", "message"),
    [
        (["1", "0"], [1, 0], r"labels, numbers \(1\), but got texts \('1'\)"),
        (
            np.array([1, "0"], dtype=object),
            [1, 0],
            r"labels, numbers \(1\), but got numbers \(1\) and texts \('0'\)",
        ),
        ([b"a", b"b"], ["a", "b"], r"labels, texts \('a'\), but got bytes \(b'a'\)"),
        (
            np.array(["2026-01-01"] * 2, "M8[ns]"),
            ["2026-01-01"] * 2,
            "labels, texts .*, but got dates",
        ),
    ],
)
def test_answers_of_a_type_that_no_label_has_are_refused(answers, y, message):
    with pytest.raises(InvalidInput, match=message):
        expert_costs(np.asarray(answers), y)


def test_answers_of_types_that_can_be_equal_are_read():
    mixed = np.array([True, 1.0, np.float32(0), None], dtype=object)
    np.testing.assert_array_equal(expert_costs(mixed, [1, 1, 1, 1]).ravel(), [0, 0, 1, np.nan])
    days = np.array(["2026-01-01", "2026-01-02"], "M8[D]")
    assert expert_costs(days, days.astype("M8[s]")).ravel().tolist() == [0, 0]


def test_missing_knows_every_kind_of_nothing():
    values = np.array([1, None, np.nan, pd.NA, pd.NaT, "x"], dtype=object)
    assert missing(values).tolist() == [False, True, True, True, True, False]
    assert not missing(np.array([1, 2])).any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: expert_costs([[1], [1]], [1]), "answers has 2, y has 1"),
        (lambda: expert_costs(np.zeros((2, 2, 2)), [1, 1]), r"shape \(n, J\)"),
        (lambda: expert_costs([[1]], [1], fees=-0.1), "cannot be negative"),
        (lambda: expert_costs([[1]], [1], fees=[0.1, 0.2]), r"one per expert \(1\)"),
        (lambda: expert_costs([[1]], [1], fees=np.nan), "fees must be finite"),
        (
            lambda: expert_costs([[1]], [np.nan]),
            "y must be known in every case, but 1 of 1 are missing",
        ),
        (lambda: resolve_costs([1], [[1]], [[0.0]]), "not both"),
        (lambda: resolve_costs([1], None, [[-1.0]]), "cannot be negative"),
        (lambda: resolve_costs([1], None, [[np.inf]]), "must be finite"),
    ],
)
def test_bad_input_gets_a_sentence(make, message):
    with pytest.raises(InvalidInput, match=message):
        make()
