import numpy as np
import pytest

from cede.datasets import load_llm_routing


@pytest.fixture(scope="module")
def logs():
    return load_llm_routing()


def test_size_and_kind(logs):
    assert logs.X.shape == (15_344, 48)
    assert np.isfinite(logs.X).all()
    assert logs.y is None
    assert logs.experts is None
    assert set(np.unique(logs.answer_costs)) == {0.0, 1.0}


def test_the_cheaper_agent_is_the_model(logs):
    assert logs.agent_names == ("mixtral-8x7b-instruct", "gpt-4-1106-preview")


@pytest.mark.parametrize(
    ("benchmark", "n", "accuracy"),
    [("mmlu", 14_042 - 5, (0.681, 0.806)), ("gsm8k", 1_319 - 12, (0.638, 0.857))],
)
def test_accuracies_are_those_of_the_source(logs, benchmark, n, accuracy):
    # Published for all prompts; we lack the contaminated ones, hence the tolerance.
    chosen = (logs.extras["subject"] == "gsm8k") == (benchmark == "gsm8k")
    assert chosen.sum() == n
    np.testing.assert_allclose(1 - logs.answer_costs[chosen].mean(axis=0), accuracy, atol=2e-3)


def test_subjects_and_splits_are_words(logs):
    subject, split = logs.extras["subject"], logs.extras["split"]
    assert subject.dtype.kind == split.dtype.kind == "U"
    assert len(set(subject)) == 58
    counts = dict(zip(*np.unique(split, return_counts=True), strict=True))
    assert counts == {"train": 9_180, "validation": 3_145, "test": 3_019}


def test_always_asking_gpt4_on_the_test_split(logs):
    test = logs.extras["split"] == "test"
    np.testing.assert_allclose(1 - logs.answer_costs[test].mean(axis=0), [0.670, 0.813], atol=5e-4)


def test_rows_point_into_the_source(logs):
    rows = logs.extras["row_id"]
    assert rows.dtype == np.int64
    assert (np.diff(rows) > 0).all()
    assert rows.max() < 15_361
    assert (logs.extras["prompt_chars"] > 0).all()


def test_features_are_principal_components_of_the_training_split(logs):
    train = logs.X[logs.extras["split"] == "train"]
    assert np.abs(train.mean(axis=0)).max() < 0.02
    spread = train.std(axis=0)
    assert np.abs(np.corrcoef(train.T) - np.eye(48)).max() < 0.02
    assert (spread > 0).all()
