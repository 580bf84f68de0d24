"""Copies of a case are kept together, and what coarse features make equal by chance is not."""

import numpy as np
import pandas as pd
import pytest

import cede
from cede._rows._copies import find_copies

N = 240
rng = np.random.default_rng(0)
X = rng.normal(size=(N, 3))


def columns(X, **more):
    return {**dict(zip("abcdefgh", X.T, strict=False)), **more}


def of_cases(groups, cases):
    """Whether groups are the cases, whatever they are called."""
    pairs = set(zip(groups.tolist(), cases.tolist(), strict=True))
    return len(pairs) == len(set(groups.tolist())) == len(set(cases.tolist()))


@pytest.mark.parametrize("copies", [2, 4, 8])
def test_rows_equal_in_every_feature_are_one_case(copies):
    cases = rng.permutation(np.repeat(np.arange(N), copies))
    found = find_copies(columns(X[cases]))
    assert of_cases(found.groups, cases)
    assert f"{N * copies:,} of {N * copies:,} rows are equal" in found.text
    assert f"and count as one case, {N} in all" in found.text


@pytest.mark.parametrize(
    "differing",
    [
        {"reviewer": lambda n: rng.integers(5, size=n).astype(float)},
        {"reviewer": lambda n: rng.choice(["ann", "bob", "eve"], size=n).astype(object)},
        {"reviewer": lambda n: rng.integers(9, size=n) * 1.0, "seconds": lambda n: rng.random(n)},
    ],
    ids=["number", "text", "two columns"],
)
@pytest.mark.parametrize("times", [(2, 3), (1, 6), (12, 13)])
def test_rows_of_a_case_may_differ_by_who_reviewed_it(differing, times):
    cases = np.repeat(np.arange(N), rng.integers(*times, size=N))
    mine = {name: make(len(cases)) for name, make in differing.items()}
    text = {"sex": np.array(["f", "m"], dtype=object)[np.arange(N) % 2][cases]}
    found = find_copies(columns(X[cases], **mine, **text))
    assert of_cases(found.groups, cases)
    assert "every feature but 'reviewer'" in found.text


def test_missing_values_and_texts_of_a_case_are_equal_too():
    table = X.copy()
    table[rng.random(X.shape) < 0.1] = np.nan
    cases = np.repeat(np.arange(N), 3)
    words = np.where(np.arange(N) % 3 == 0, None, "w")[cases]
    assert of_cases(find_copies(columns(table[cases], words=words)).groups, cases)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "make",
    [
        lambda draw: draw.normal(size=(800, 1)).round(1),
        lambda draw: draw.integers(0, 3, size=(800, 4)) * 1.0,
        lambda draw: np.column_stack([draw.integers(20, 90, 800), draw.integers(2, size=800)]),
        lambda draw: np.log(draw.integers(20, 90, size=(800, 1)) ** [[1.0, 2.0]]),
    ],
    ids=["rounded", "whole numbers", "age and sex", "age twice"],
)
def test_what_coarse_features_make_equal_stays_apart_and_is_said(make, seed):
    found = find_copies(columns(make(np.random.default_rng(seed)) * 1.0))
    assert found.groups is None
    assert "as features that take few values are by chance" in found.text


def test_a_few_equal_rows_are_kept_together_where_that_moves_nothing():
    table = np.random.default_rng(0).normal(size=(900, 2)).round(1)
    found = find_copies(columns(table))
    size = np.bincount(found.groups)
    assert 1 < size.max() <= 9
    assert len(np.unique(table, axis=0)) == len(size)


@pytest.mark.parametrize("share", [0.1, 0.35, 0.7])
@pytest.mark.parametrize("beside", [{}, {"age": lambda n: rng.integers(5, size=n) * 1.0}])
def test_rows_of_which_nothing_is_known_are_cases_of_their_own(share, beside):
    """As one case they would all be in one part of a split, and count for nothing."""
    table = np.random.default_rng(0).normal(size=(2_000, 3))
    unknown = np.random.default_rng(1).random(2_000) < share
    table[unknown] = np.nan
    found = find_copies(columns(table, **{name: make(2_000) for name, make in beside.items()}))
    assert found.groups is None
    assert (
        f"{unknown.sum():,} of 2,000 rows are equal to another in every feature, as" in found.text
    )


def test_copies_are_kept_together_beside_rows_of_which_nothing_is_known():
    cases = rng.permutation(np.repeat(np.arange(N), 4))
    table = X.copy()
    table[:50] = np.nan
    found = find_copies(columns(table[cases]))
    own = np.where(cases < 50, 10_000 + np.arange(len(cases)), cases)
    assert of_cases(found.groups, own)
    assert "760 of 960 rows are equal" in found.text
    assert "200 more are equal to so many that each is taken for a case of its own" in found.text


def test_cases_of_a_site_are_not_one_case():
    """Sites have columns of their own, which tell them apart; cases have more."""
    sites = rng.integers(60, size=600)
    of_site = np.random.default_rng(1).normal(size=(60, 2))[sites]
    assert find_copies(columns(np.hstack([rng.normal(size=(600, 3)), of_site]))) == (None, None)


def test_nothing_is_said_where_nothing_is_equal_or_groups_hold_it_already():
    assert find_copies(columns(X)) == (None, None)
    cases = np.repeat(np.arange(N), 4)
    for groups in (cases, cases // 3):
        found = find_copies(columns(X[cases]), groups)
        assert found.text is None
        assert found.groups is groups


def test_copies_in_several_groups_join_them():
    cases = np.repeat(np.arange(N), 2)
    groups = np.arange(2 * N)
    groups[:4] = [0, 1, 1, 2]  # joins the first two cases
    found = find_copies(columns(X[cases]), groups)
    assert of_cases(found.groups, np.where(cases == 1, 0, cases))


def test_no_part_of_a_study_holds_a_copy_of_another_s_case():
    table = pd.DataFrame(X[:, :2], columns=["a", "b"]).assign(y=np.arange(N) % 2)
    table = pd.concat([table.assign(reviewer=k, ann=rng.integers(2, size=N)) for k in range(4)])
    study = cede.compare_table(table, "y", {"ann": "ann"}, methods=["one_vs_all"], n_boot=100)
    parts = list(study.parts.by_name.values())
    values = table[["a", "b"]].to_numpy()
    for i, one in enumerate(parts):
        for two in parts[i + 1 :]:
            assert not set(map(tuple, values[one])) & set(map(tuple, values[two]))
    assert "960 of 960 rows are equal to another in every feature but 'reviewer'" in study.copies
    assert study.comparison.n_independent == study.comparison.n_cases / 4
    assert all(row.low < 0.5 for row in study.comparison.rows if row.is_method)
    assert study.copies in study.warnings  # which terminal, JSON and report show


def test_a_comparison_warns_of_copies_on_both_sides():
    rows = rng.permutation(np.repeat(np.arange(N), 4))
    table = np.random.default_rng(1).integers(2, size=(N, 2)) * 1.0
    fit, test = rows[: 3 * N], rows[3 * N :]
    router = cede.NeighborRouter().fit(X[fit], table[fit])
    with pytest.warns(UserWarning, match=r"'mine' is flattered: \d+% of these were among"):
        cede.compare({"mine": router}, X[test], table[test], n_boot=10)


def test_whoever_names_groups_is_not_told_to_name_some():
    coarse, groups = rng.integers(0, 3, size=(800, 4)) * 1.0, np.arange(800) // 4
    for table in (coarse, np.vstack([X, X[:9]])):
        found = find_copies(columns(table), groups[: len(table)] if table is coarse else None)
        assert ("--group" in found.text) == (table is not coarse)
    assert "--group" not in find_copies(columns(np.vstack([X, X[:9]])), np.arange(N + 9)).text


def test_honest_cases_of_few_values_are_no_copies():
    """Age, years of school and sex: most rows are equal to another, and all are different cases."""
    draw = np.random.default_rng(3)
    people = np.column_stack(
        [draw.integers(18, 80, 4_000), draw.integers(6, 18, 4_000), draw.integers(0, 2, 4_000)]
    ).astype(float)
    found = find_copies(columns(people))
    assert found.groups is None
    assert "each is taken for a case of its own" in found.text
    twice = find_copies(columns(np.repeat(people[:300], 2, axis=0)))
    assert twice.groups.max() + 1 == len(np.unique(people[:300], axis=0))  # a table written twice
