"""Texts that are numbers, in the one way of writing that fits a column."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cede.logs._numbers import count_numbers, read_numbers

nan = np.nan


@pytest.mark.parametrize(
    ("texts", "numbers", "written"),
    [
        (["1", " 2.5 ", "1e3", "-.5"], [1, 2.5, 1000, -0.5], ""),
        (["0,5", "12", "-3,25"], [0.5, 12, -3.25], "with decimal commas"),
        (["1.234,5", "2", "1.000.000"], [1234.5, 2, 1e6], "with decimal commas"),
        (["1,234.5", "12.25", "2,000"], [1234.5, 12.25, 2000], "with commas between thousands"),
        (["1,234,567", "8"], [1234567, 8], "with commas between thousands"),
        (["1 234", "1'000", "1\u202f500.5"], [1234, 1000, 1500.5], ""),
        (["12 %", "7.5%"], [12, 7.5], "in %"),
        (["$1,250.75", "-$3"], [1250.75, -3], "in $, with commas between thousands"),
        (["3 mg", "4.5mg"], [3, 4.5], "in mg"),
        (["12,5 EUR", "3 EUR"], [12.5, 3], "in EUR, with decimal commas"),
        (["\u22125", "5"], [-5, 5], ""),
    ],
)
def test_every_way_of_writing(texts, numbers, written):
    read = read_numbers(texts)
    np.testing.assert_allclose(read.values, numbers)
    assert (read.written, read.ambiguous, read.odd.any()) == (written, "", False)
    assert count_numbers(texts) == len(texts)


@pytest.mark.parametrize(
    "text", ["?", "n/a", "NA", "-", "None", "null", "#N/A", "", " ", "unknown"]
)
def test_what_stands_for_nothing_is_missing(text):
    read = read_numbers(["1.5", text])
    assert np.isnan(read.values[1])
    assert read.nothing.tolist() == [False, True]


@pytest.mark.parametrize(
    "texts",
    [
        ["1.25", "2.5", "0,5"],
        ["12 %", "11 %", "0.3"],
        ["1.5", "1_000"],
        ["1", "2", ">3"],
        ["4", "1,2,3"],
        ["0.5", "0.75", "1,234"],
    ],
)
def test_what_is_written_otherwise_is_odd_and_never_guessed(texts):
    read = read_numbers(texts)
    assert read.odd.tolist() == [False] * (len(texts) - 1) + [True]
    assert np.isnan(read.values[-1])


def test_a_comma_that_may_be_either_is_said():
    assert read_numbers(["1,234", "2,345", "7"]).ambiguous == "'1,234' may be 1234 or 1.234"


def test_names_with_digits_are_no_numbers():
    assert count_numbers(["q1", "q2", "x-3", "1/2", "5-10", "12:30"]) == 0
    assert count_numbers(["01.png", "02.png", "3.txt"]) == 0
    assert count_numbers(["12a", "13b", "14c", "15d"]) == 1


@given(st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 2)), min_size=1, max_size=9))
def test_numbers_come_back_however_they_are_written(numbers):
    plain = [f"{number:.2f}" for number in numbers]
    np.testing.assert_array_equal(read_numbers(plain).values, numbers)
    commas = [text.replace(".", ",") for text in plain]
    np.testing.assert_array_equal(read_numbers(commas).values, numbers)
    thousands = [f"{number:,.2f}" for number in numbers]
    np.testing.assert_array_equal(read_numbers([*thousands, "1,234.50"]).values[:-1], numbers)
