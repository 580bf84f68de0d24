"""Sets that are found in a folder keep the promises of those that ship with the package."""

import functools

import pytest

from cede_papers import datasets
from dataset_promises import (  # noqa: F401 - tests of the fixture
    test_every_field_is_documented,
    test_experts_answer_in_the_terms_of_y,
    test_is_frozen,
    test_names_are_unique_so_that_no_column_is_lost,
    test_no_feature_gives_the_answer_away,
    test_repr_fits_a_line_and_says_how_many,
    test_something_is_to_be_learnt_from,
    test_tables_are_float64_with_one_row_per_case_and_one_name_per_column,
    test_units_name_features_or_targets,
    test_unpacks_into_what_a_learner_is_fitted_on,
)

BY_FOLDER = {
    "cifar10h": functools.partial(datasets.load_cifar10h, n_experts=2),
    "cifar10n": datasets.load_cifar10n,
    "diabetes130": functools.partial(datasets.load_diabetes130, "readmitted_30d"),
    "diabetes130 at discharge": functools.partial(
        datasets.load_diabetes130, "length_of_stay", known_at="discharge"
    ),
    "hatespeech": functools.partial(datasets.load_hatespeech, n_experts=5),
    "lewidi, armis": functools.partial(datasets.load_lewidi, "armis"),
    "lewidi, convabuse": functools.partial(datasets.load_lewidi, "convabuse"),
    "lewidi, md-agreement": functools.partial(datasets.load_lewidi, "md-agreement"),
    "llmrouter_dc": datasets.load_llmrouter_dc,
    "nih_readers": functools.partial(datasets.load_nih_readers, "pneumothorax"),
    "openl2d_adult": datasets.load_openl2d_adult,
    "pneumoniamnist": datasets.load_pneumoniamnist,
    "routellm": datasets.load_routellm,
}


@functools.cache
def from_folder(name, folder):
    return BY_FOLDER[name](data=folder)


@pytest.fixture(params=BY_FOLDER)
def dataset(request, data):
    pytest.importorskip("pyarrow")
    return from_folder(request.param, data)
