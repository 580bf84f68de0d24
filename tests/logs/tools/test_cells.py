"""Records as columns of one type each."""

import numpy as np
import pytest

from cede.logs.tools._cells import as_table, as_text, columns_of, free_name


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ([1, 2, None], [1, 2, None]),
        ([1, 2.5], [1.0, 2.5]),
        ([1, "b", True], ["1", "b", "true"]),
        ([True, None], [True, None]),
        ([2.0, float("nan")], [2.0, None]),
        (["a", "  "], ["a", None]),
        ([2**60, 1], [str(2**60), "1"]),
        ([[1, 2], None], [[1.0, 2.0], None]),
    ],
)
def test_a_column_has_one_type_and_every_table_takes_it(cells, column):
    columns = columns_of([{"x": cell} for cell in cells])
    assert columns["x"] == column
    assert as_table(columns)["x"].to_pylist() == column


def test_records_and_lists_of_anything_but_numbers_are_left_out():
    records = [{"a": 1, "b": {"c": 1}, "d": ["x"], "e": []}, {"a": 2, "b": None, "d": None}]
    assert columns_of(records) == {"a": [1, 2]}


def test_texts_are_measured_unless_they_name_few_things():
    texts = ["one two", "one two three", "four words are here"]
    columns = columns_of([{"t": text, "kind": "left side"} for text in texts])
    assert columns["t_words"] == [2, 3, 4]
    assert columns["t_chars"] == [7, 13, 19]
    assert "kind_words" not in columns
    assert columns_of([{"t": text, "t_words": 0} for text in texts])["t_words"] == [0, 0, 0]


def test_answers_and_truths_that_are_equal_are_written_alike():
    assert [as_text(value) for value in (1, 1.0, np.float64(1), " 1 ")] == ["1"] * 4
    assert [as_text(value) for value in (True, None, float("nan"), "")] == [
        "true",
        None,
        None,
        None,
    ]


def test_a_name_that_is_taken_says_what_it_is():
    assert free_name("a", ["b"], "truth") == "a"
    assert free_name("a", ["a", "a (truth)"], "truth") == "a (truth) (truth)"


def test_a_column_without_values_is_one_of_texts():
    assert str(as_table({"x": [None, None]}).schema.field("x").type) == "string"
