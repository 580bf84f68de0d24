"""What every set keeps: tests of a fixture ``dataset``, imported where that fixture is made."""

import dataclasses

import numpy as np
import pytest


def test_tables_are_float64_with_one_row_per_case_and_one_name_per_column(dataset):
    assert dataset.X.dtype == np.float64
    assert dataset.X.shape == (dataset.n_cases, len(dataset.feature_names))
    for table, names in (
        (dataset.experts, dataset.expert_names),
        (dataset.answer_costs, dataset.agent_names),
    ):
        assert (table is None) == (names == ()) or table.shape[1] == 0
        if table is not None:
            assert table.dtype == np.float64
            assert table.shape == (dataset.n_cases, len(names))


def test_something_is_to_be_learnt_from(dataset):
    assert (dataset.y is None) == (dataset.experts is None) == (dataset.answer_costs is not None)


def test_experts_answer_in_the_terms_of_y(dataset):
    if dataset.experts is None or dataset.experts.shape[1] == 0:
        return
    answers = dataset.experts[~np.isnan(dataset.experts)]
    assert set(np.unique(answers)) == set(np.unique(dataset.y))


def test_no_feature_gives_the_answer_away(dataset):
    """A leaked target, or an expert's answer among the features, would correlate with it fully."""
    if dataset.y is None or dataset.X.shape[1] == 0:
        return
    X = np.where(np.isnan(dataset.X), np.nanmean(dataset.X, axis=0), dataset.X)
    X = (X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-12)
    targets = {"y": dataset.y} | {f"expert {j}": a for j, a in enumerate(dataset.experts.T[:20])}
    for name, target in targets.items():
        known = ~np.isnan(target)
        kinds = np.unique(target[known])
        values = target[known][None] if len(kinds) > 20 else target[known] == kinds[:, None]
        spread = values.std(axis=1, keepdims=True)
        values = (values - values.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-12)
        if known.sum() > 100:
            assert np.abs(values @ X[known] / known.sum()).max() < 0.9, name


def test_names_are_unique_so_that_no_column_is_lost(dataset):
    tables = [t for t in (dataset.experts, dataset.answer_costs) if t is not None]
    expected = dataset.X.shape[1] + (dataset.y is not None) + sum(t.shape[1] for t in tables)
    columns = dataset.columns()
    assert len(columns) == expected
    assert {column.shape for column in columns.values()} == {(dataset.n_cases,)}


def test_units_name_features_or_targets(dataset):
    assert set(dataset.units) <= {*dataset.feature_names, *dataset.extras}


def test_repr_fits_a_line_and_says_how_many(dataset):
    assert len(repr(dataset)) < 80
    assert f"{dataset.n_cases:,} cases" in repr(dataset)


def test_unpacks_into_what_a_learner_is_fitted_on(dataset):
    X, y, experts = dataset
    assert X is dataset.X
    assert y is dataset.y
    assert experts is dataset.experts


def test_is_frozen(dataset):
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset.y = None


def test_every_field_is_documented(dataset):
    assert dataset.licence
    assert dataset.description
    assert dataset.citation or dataset.class_posterior is not None
