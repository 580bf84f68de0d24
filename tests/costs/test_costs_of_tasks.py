"""Any task becomes costs of agents: values by hand, units, fees, and what is refused."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cede import (
    InvalidInput,
    agent_costs,
    classification_costs,
    llm_costs,
    multitask_costs,
    regression_costs,
)
from cede.exceptions import UnknownName

NAN = float("nan")
GOLDEN = json.loads((Path(__file__).parents[1] / "losses" / "golden.json").read_text())["cases"]
equal = partial(np.testing.assert_allclose, rtol=1e-12, atol=1e-12)
numbers = st.one_of(st.floats(-1e3, 1e3), st.just(NAN))
tables = arrays(np.float64, (4, 3), elements=numbers)
truths = arrays(np.float64, (4,), elements=st.floats(-1e3, 1e3))
money = st.floats(0, 10)

# Each builder as a function of answers (4, 3) and truths (4,), with fees where it takes them.
BUILDERS = {
    "classification": lambda a, y, fees=None: classification_costs(a.round(), y.round(), fees),
    "smooth_l1": partial(regression_costs, loss="smooth_l1", delta=3.0),
    "absolute": partial(regression_costs, loss="absolute"),
    "squared": partial(regression_costs, loss="squared", unit=10.0),
    "multitask": lambda a, y, fees=None: multitask_costs(
        [classification_costs(a.round(), y.round()), regression_costs(a, y)], [2.0, 0.5], fees
    ),
}
every_builder = pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)


def test_answers_together_or_apart_cost_the_same():
    answers = np.array([["a", "b", None], ["b", "b", "a"]], dtype=object)
    costs = classification_costs(answers, ["a", "a"], fees=[0.1, 0.2])
    equal(costs, [[0.0, 1.1, NAN], [1.0, 1.1, 0.2]])
    equal(costs, agent_costs(answers[:, 0], answers[:, 1:], ["a", "a"], fees=[0.1, 0.2]))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0.5 * 0.5**2, 1.5 - 0.5, 3.0 - 0.5]),
        ({"delta": 2.0}, [0.5**2 / 4, 1.5**2 / 4, 3.0 - 1.0]),
        ({"loss": "absolute"}, [0.5, 1.5, 3.0]),
        ({"loss": "squared"}, [0.5**2, 1.5**2, 3.0**2]),
        ({"loss": "absolute", "unit": 3.0}, [0.5 / 3, 0.5, 1.0]),
        ({"loss": "squared", "unit": 3.0}, [(0.5 / 3) ** 2, 0.25, 1.0]),
        ({"unit": 0.5, "delta": 2.0}, [1.0**2 / 4, 3.0 - 1.0, 6.0 - 1.0]),
    ],
)
def test_errors_of_numbers_cost_what_the_formula_says(options, expected):
    equal(regression_costs([[10.5, 8.5, 13.0]], [10.0], **options), [expected])


@pytest.mark.parametrize("loss", ["absolute", "squared"])
def test_an_error_of_one_unit_costs_one_fee(loss):
    costs = regression_costs([[15.0, 10.0]], [10.0], fees=1.0, loss=loss, unit=5.0)
    equal(costs, [[1.0, 1.0]])


def test_far_errors_and_whole_numbers_do_not_overflow():
    equal(regression_costs([[1e200]], [0.0]), [[1e200]])
    equal(regression_costs(np.array([[0]], np.uint8), np.array([3], np.uint8)), [[2.5]])


def test_the_golden_multitask_case():
    (case,) = (case for case in GOLDEN if case["id"] == "multitask_log_softmax")
    given, expected = case["inputs"], case["expected"]
    costs = multitask_costs(
        [
            classification_costs(given["cls"], given["y"]),
            regression_costs(given["reg"], given["t"]),
        ],
        weights=[given["lam_cla"], given["lam_reg"]],
        fees=given["beta"],
    )
    equal(costs, expected["cost"])
    equal(costs.sum(axis=1, keepdims=True) - costs, expected["tau"])
    assert costs.argmin(axis=1).tolist() == expected["best_agent"]


def test_one_missing_task_is_a_missing_agent_whatever_it_weighs():
    costs = multitask_costs([[[0.0, 1.0]], [[0.5, NAN]]], weights=[1.0, 0.0], fees=0.1)
    equal(costs, [[0.0, NAN]])
    equal(multitask_costs([[[0.0, 1.0]], [[0.5, 0.5]]]), [[0.5, 1.5]])


def test_quality_and_money_meet_at_the_exchange_rate():
    quality = [[0.5, 0.75, NAN], [1.0, 0.25, 0.5]]
    equal(
        llm_costs(quality, [0.0, 0.1, 0.2], exchange_rate=2.0),
        [[0.5, 0.25 + 0.2, NAN], [0.0, 0.75 + 0.2, 0.5 + 0.4]],
    )
    per_case = [[0.1, 0.0, 0.0], [NAN, 0.5, 0.0]]
    equal(llm_costs(quality, per_case, exchange_rate=1.0)[:, 0], [0.6, NAN])
    break_even = llm_costs([[0.6, 0.9]], [0.0, 0.6], exchange_rate=0.5)[0]
    equal(break_even[0], break_even[1])


FEES = {
    "none": (None, [[0, 0, 0]] * 2),
    "number": (0.5, [[0, 0.5, 0.5]] * 2),
    "expert": ([1, 2], [[0, 1, 2]] * 2),
    "agent": ([3, 1, 2], [[3, 1, 2]] * 2),
    "case and expert": ([[1, 2], [3, 4]], [[0, 1, 2], [0, 3, 4]]),
    "case and agent": ([[5, 1, 2], [6, 3, 4]], [[5, 1, 2], [6, 3, 4]]),
    "series": (pd.Series([1.0, 2.0]), [[0, 1, 2]] * 2),
}


@pytest.mark.parametrize(("fees", "expected"), FEES.values(), ids=FEES)
def test_the_last_axis_of_fees_says_who_pays(fees, expected):
    answers, y = np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]), np.array([1.0, 2.0])
    equal(classification_costs(answers, y, fees), expected)
    equal(agent_costs(answers[:, 0], answers[:, 1:], y, fees), expected)
    equal(regression_costs(answers, y, fees), expected)
    equal(multitask_costs([np.zeros((2, 3))] * 2, fees=fees), expected)


def test_without_experts_a_number_is_paid_by_nobody():
    equal(classification_costs([[1], [0]], [1, 1], fees=0.5), [[0.0], [1.0]])
    equal(classification_costs([[1], [0]], [1, 1], fees=[0.5]), [[0.5], [1.5]])


@every_builder
@given(answers=tables, y=truths, fees=arrays(np.float64, (3,), elements=money))
def test_agents_may_change_places(build, answers, y, fees):
    order = [2, 0, 1]
    equal(build(answers[:, order], y, fees[order]), build(answers, y, fees)[:, order])


@every_builder
@given(answers=tables, y=truths, fee=money)
def test_a_constant_adds_to_every_answer_and_missing_ones_stay_missing(build, answers, y, fee):
    before = build(answers, y)
    after = build(answers, y, np.full(3, fee))
    equal(after, before + fee)
    assert (np.isnan(before) == np.isnan(answers)).all()
    assert not (before < 0).any()


@every_builder
def test_rows_and_columns_may_be_missing_as_a_whole(build):
    answers = np.array([[NAN, NAN, NAN], [1.0, NAN, 2.0]])
    assert np.isnan(build(answers, np.array([1.0, 1.0]), 0.1)).tolist() == [
        [True, True, True],
        [False, True, False],
    ]


@every_builder
def test_arguments_come_back_unchanged(build):
    answers, y, fees = np.ones((2, 3)), np.zeros(2), np.ones((2, 2))
    build(answers, y, fees)
    assert (answers == 1).all()
    assert (y == 0).all()
    assert (fees == 1).all()
    costs = np.ones((2, 3))
    multitask_costs([costs], fees=1.0)
    assert (costs == 1).all()


COLUMNS = {"m": [1.0, 2.0], "e": [3.0, None]}


@pytest.mark.parametrize(
    ("answers", "y"),
    [
        (pd.DataFrame(COLUMNS), pd.Series([1.0, 1.0], index=[7, 8])),
        (pd.DataFrame(COLUMNS).astype("Float64"), pd.Series([1, 1], dtype="Int64")),
        (pl.DataFrame(COLUMNS), pl.Series([1.0, 1.0])),
        (pa.table(COLUMNS), pa.array([1.0, 1.0])),
        (np.array([[1, 3], [2, None]], dtype=object), [1, 1]),
    ],
    ids=["pandas", "pandas nullable", "polars", "arrow", "objects"],
)
def test_any_table_will_do(answers, y):
    equal(classification_costs(answers, y), [[0, 1], [1, NAN]])
    equal(regression_costs(answers, y, loss="absolute"), [[0, 2], [1, NAN]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: classification_costs([1, 0], [1, 0]), r"\(n, J \+ 1\).* but got shape \(2,\)"),
        (lambda: classification_costs([[1, 0]], [1, 0]), "answers has 1, y has 2"),
        (
            lambda: classification_costs([[1, 0]], [None]),
            "y must be known in every case, but 1 of 1 are missing",
        ),
        (lambda: regression_costs([["a", "b"]], [1.0]), "answers must be numbers.*dtype <U1"),
        (lambda: regression_costs([[1.0, 2.0]], ["a"]), "y must be numbers"),
        (lambda: regression_costs([[1.0, 2.0]], [{}]), "y must be numbers, but got {}"),
        (
            lambda: regression_costs([["1.5", None]], [1.0]),
            "answers must be numbers, but got '1.5'",
        ),
        (
            lambda: regression_costs([[1.0, 2.0]], [NAN]),
            "y must be known in every case, but 1 of 1 are missing",
        ),
        (lambda: regression_costs([[1.0, 2.0]], [[1.0]]), r"shape \(n,\).*\(1, 1\)"),
        (lambda: regression_costs([[1.0, np.inf]], [1.0]), "1 of 2 are infinite"),
        (
            lambda: regression_costs([[1.0]], [1.0], delta=0.0),
            "delta must be finite and above zero, but got 0.0",
        ),
        (
            lambda: regression_costs([[1.0]], [1.0], unit=-2),
            "unit must be finite and above zero, but got -2",
        ),
        (lambda: multitask_costs([]), "tasks must hold a table of costs, but got none"),
        (lambda: multitask_costs([[0.0, 1.0]]), r"tasks\[0\] must have shape \(n, J \+ 1\)"),
        (lambda: multitask_costs([[[-1.0]]]), r"tasks\[0\] cannot be negative.*-1"),
        (
            lambda: multitask_costs([[[1.0]], [[1.0, 2.0]]]),
            r"tasks\[0\] has shape \(1, 1\) and tasks\[1\] \(1, 2\)",
        ),
        (
            lambda: multitask_costs([[[1.0]]], weights=[1, 2]),
            r"one per task, shape \(1,\), but got shape \(2,\)",
        ),
        (lambda: multitask_costs([[[1.0]]], weights=[-1]), "weights cannot be negative"),
        (lambda: multitask_costs([[[1.0]]], weights=[NAN]), "weights must be finite"),
        (lambda: llm_costs([[1.5]], [0], exchange_rate=1), "between 0 and 1, but 1 of 1.*1.5"),
        (lambda: llm_costs([[1, 1]], 0.1, exchange_rate=1), "money must be one number per agent"),
        (lambda: llm_costs([[1]], [-1], exchange_rate=1), "money cannot be negative"),
        (
            lambda: llm_costs([[1]], [1], exchange_rate=-1),
            "exchange_rate must be finite and not negative, but got -1",
        ),
        (
            lambda: llm_costs([[1]], [1], exchange_rate=NAN),
            "exchange_rate must be finite and not negative, but got nan",
        ),
    ],
)
def test_bad_input_gets_a_sentence(make, message):
    with pytest.raises(InvalidInput, match=message):
        make()


@pytest.mark.parametrize(
    ("fees", "message"),
    [
        ([0.1], r"expert \(2,\).*\(4, 2\).*\(3,\).*\(4, 3\), but got shape \(1,\)"),
        (np.zeros(4), r"but got shape \(4,\)"),
        (np.zeros((4, 1)), r"but got shape \(4, 1\)"),
        (np.zeros((1, 3)), r"but got shape \(1, 3\)"),
        ([0.1, -0.2], "cannot be negative, but got -0.2"),
        ([0.1, NAN], "fees must be finite"),
        (["a", "b"], "fees must be numbers"),
    ],
)
def test_other_fees_are_refused(fees, message):
    with pytest.raises(InvalidInput, match=message):
        regression_costs(np.zeros((4, 3)), np.zeros(4), fees)


def test_an_unknown_loss_is_named():
    with pytest.raises(UnknownName, match="Did you mean 'squared'"):
        regression_costs([[1.0]], [1.0], loss="square")
