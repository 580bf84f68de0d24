"""Folds follow from what the cases hold: in any order, by group, evenly, in each stratum."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cede._checks import check_groups
from cede._rows._folds import folds, hold_out
from cede._rows._order import row_hashes, steady_order, take_rows
from cede.exceptions import InvalidInput


def made(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 3)), rng.integers(0, 3, n), rng


@given(st.integers(0, 2**32), st.integers(5, 60), st.integers(2, 5), st.booleans())
def test_another_order_of_the_rows_gives_each_case_the_same_fold(seed, n, k, grouped):
    X, y, rng = made(n, seed)
    groups = rng.integers(0, 8, n) if grouped else None
    if grouped and len(np.unique(groups)) < k:
        return
    order = rng.permutation(n)
    here = folds(X, k, strata=y, groups=groups)
    there = folds(X[order], k, strata=y[order], groups=None if groups is None else groups[order])
    assert (here[order] == there).all()
    assert set(here) == set(range(k))


@given(st.integers(0, 2**32), st.integers(5, 60), st.integers(2, 5))
def test_folds_and_their_share_of_each_stratum_differ_by_one_case_at_most(seed, n, k):
    X, y, _ = made(n, seed)
    fold = folds(X, k, strata=y)
    for part in (fold, *(fold[y == label] for label in range(3))):
        counts = np.bincount(part, minlength=k)
        assert np.ptp(counts) <= 1


@given(st.integers(0, 2**32), st.integers(20, 80), st.integers(2, 5))
def test_a_group_is_in_one_fold_and_folds_differ_by_the_largest_group_of_each_stratum(seed, n, k):
    X, y, rng = made(n, seed)
    groups = np.array(list("abcdefghijkl"))[rng.integers(0, 12, n)]
    if len(np.unique(groups)) < k:
        return
    fold = folds(X, k, strata=y, groups=groups)
    for name in set(groups):
        assert len(set(fold[groups == name])) == 1
    sizes = np.bincount(fold, minlength=k)
    assert np.ptp(sizes) <= 3 * np.unique(groups, return_counts=True)[1].max()


def test_another_seed_holds_out_others():
    X, *_ = made(40)
    assert (hold_out(X, 0.25) != hold_out(X, 0.25, seed=1)).any()


def test_names_of_strata_do_not_matter():
    X, y, _ = made(40)
    assert (folds(X, 5, strata=y) == folds(X, 5, strata=np.array(list("zam"))[y])).all()


def test_copies_of_a_case_stay_together_and_common_values_do_not():
    X, *_ = made(30)
    twice = np.vstack([X, X])
    fold = folds(twice, 5)
    assert (fold[:30] == fold[30:]).all()
    coarse = np.repeat([[0.0], [1.0]], 50, axis=0)
    y = np.tile([0, 1], 50)
    fold = folds(coarse, 5, strata=y)
    for value in (0.0, 1.0):  # every cell is in every fold
        for label in (0, 1):
            cell = (coarse[:, 0] == value) & (y == label)
            assert np.bincount(fold[cell], minlength=5).min() >= 1


@given(st.integers(0, 2**32), st.integers(8, 60), st.floats(0.01, 0.99), st.booleans())
def test_a_held_out_part_has_its_share_of_each_stratum_in_any_order(seed, n, share, grouped):
    X, y, rng = made(n, seed)
    groups = rng.integers(0, 6, n) if grouped else None
    held = hold_out(X, share, strata=y, groups=groups)
    order = rng.permutation(n)
    there = hold_out(
        X[order], share, strata=y[order], groups=None if groups is None else groups[order]
    )
    assert (held[order] == there).all()
    if grouped:
        assert all(len(set(held[groups == name])) == 1 for name in set(groups))
        return
    for label in range(3):
        size, taken = (y == label).sum(), held[y == label].sum()
        assert taken == (0 if size < 2 else np.clip(np.rint(share * size), 1, size - 1))


@pytest.mark.parametrize("n_folds", [1, 0, 2.0, True, "5", None])
def test_a_number_of_folds_that_is_none_gets_a_sentence(n_folds):
    with pytest.raises(InvalidInput, match="cv must be a whole number of at least 2"):
        folds(np.zeros((10, 1)), n_folds)


def test_too_few_cases_or_groups_get_a_sentence():
    with pytest.raises(InvalidInput, match=r"cv must be at most the number of cases, 3, but got 5"):
        folds(np.zeros((3, 1)), 5)
    with pytest.raises(InvalidInput, match=r"at most the number of different groups, 2, but got 3"):
        folds(np.zeros((4, 1)), 3, groups=list("aabb"))


def test_groups_that_are_none_get_a_sentence():
    X = np.zeros((3, 1))
    with pytest.raises(InvalidInput, match="X has 3, groups has 2"):
        check_groups(["a", "b"], X)
    with pytest.raises(
        InvalidInput, match="groups must name a group for each case, but got none for 1 of 3"
    ):
        check_groups(["a", None, "b"], X)
    with pytest.raises(
        InvalidInput, match="groups must name a group for each case, but got none for 1 of 3"
    ):
        check_groups([1.0, np.nan, 2.0], X)
    with pytest.raises(
        InvalidInput, match="groups must name a group for each case, but got none for 1 of 3"
    ):
        check_groups(pd.Series([1, None, 2], dtype="Int64"), X)
    with pytest.raises(InvalidInput, match=r"but got shape \(3, 1\)"):
        check_groups([["a"], ["b"], ["c"]], X)


def test_rows_have_one_hash_in_any_format():
    X, y, _ = made(20)
    frame = {f"x{i}": column for i, column in enumerate(X.T)}
    here = row_hashes(X)
    for other in (X.tolist(), pd.DataFrame(frame), pl.DataFrame(frame), pa.table(frame)):
        assert (row_hashes(other) == here).all()
    assert len(np.unique(here)) == 20
    assert (row_hashes(np.array([[0.0]])) == row_hashes(np.array([[-0.0]]))).all()
    assert (row_hashes(y) == row_hashes(y.astype(float))).all()
    texts = np.array([["a", 1.0], ["b", None], ["a", 1.0]], dtype=object)
    assert row_hashes(texts)[0] == row_hashes(texts)[2] != row_hashes(texts)[1]


def test_values_that_differ_in_the_last_digit_and_swapped_columns_are_other_rows():
    x = np.array([[1.0, 2.0]])
    assert row_hashes(x) != row_hashes(np.nextafter(x, 2))
    assert row_hashes(x) != row_hashes(x[:, ::-1])


def test_equal_rows_are_ordered_by_what_stands_beside_them():
    X = np.repeat([[0.0], [1.0]], 20, axis=0)
    y = np.arange(40)
    order = steady_order(X, y)
    mixed = np.random.default_rng(0).permutation(40)
    assert (y[mixed][steady_order(X[mixed], y[mixed])] == y[order]).all()


def test_rows_are_taken_of_any_table():
    X, *_ = made(6)
    rows = np.array([4, 0, 2])
    frame = {f"x{i}": column for i, column in enumerate(X.T)}
    for table in (X, X.tolist(), pd.DataFrame(frame), pl.DataFrame(frame), pa.table(frame)):
        found = take_rows(table, rows)
        np.testing.assert_array_equal(np.asarray(found), X[rows])
    assert take_rows(pd.DataFrame(frame), rows).columns.tolist() == list(frame)
