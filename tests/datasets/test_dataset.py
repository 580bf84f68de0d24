import re

import numpy as np
import pytest

from cede import datasets
from cede.datasets import (
    Dataset,
    load_llm_routing,
    load_support2,
    make_realizable_mixture,
    make_two_specialists,
)
from cede.exceptions import InvalidInput
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

# One table of everything: each row must keep every promise of Dataset.
EVERY_DATASET = {
    "support2, two months": lambda: load_support2("died_2m"),
    "support2, six months": lambda: load_support2("died_6m"),
    "support2, length of stay": lambda: load_support2("length_of_stay"),
    "llm_routing": load_llm_routing,
    "two_specialists": lambda: make_two_specialists(n=500),
    "realizable_mixture": lambda: make_realizable_mixture(n=500),
    "realizable_mixture without experts": lambda: make_realizable_mixture(n=500, n_experts=0),
}


@pytest.fixture(params=EVERY_DATASET)
def dataset(request):
    return EVERY_DATASET[request.param]()


def known_truth(posterior, accuracy):
    posterior, accuracy = np.array(posterior), np.array(accuracy)
    return Dataset(
        name="by hand",
        X=np.zeros((len(posterior), 1)),
        feature_names=("x",),
        class_posterior=posterior,
        expert_accuracy=accuracy,
    )


def test_columns_hold_features_then_label_then_answers():
    problem = make_two_specialists(n=20)
    columns = problem.columns()
    assert list(columns) == ["side", "u", "v", "y", "specialist 1", "specialist 2"]
    np.testing.assert_array_equal(columns["v"], problem.X[:, 2])
    np.testing.assert_array_equal(columns["y"], problem.y)
    np.testing.assert_array_equal(columns["specialist 2"], problem.experts[:, 1])


def test_columns_hold_costs_where_only_costs_are_known():
    logs = load_llm_routing()
    column = logs.columns()["cost of gpt-4-1106-preview"]
    np.testing.assert_array_equal(column, logs.answer_costs[:, 1])


def test_repr_counts_in_the_singular_too():
    assert repr(load_support2()).endswith("1 expert)")


def test_the_table_at_the_top_names_every_loader_and_generator():
    named = re.findall(r"^``(\w+)``", datasets.__doc__, flags=re.MULTILINE)
    assert sorted(named) == [n for n in datasets.__all__ if n.startswith(("load_", "make_"))]


def test_public_names_are_sorted():
    assert datasets.__all__ == sorted(datasets.__all__)
    assert all(hasattr(datasets, name) for name in datasets.__all__)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"feature_names": ("a",)}, "feature_names must hold one name per column of X"),
        (
            {"expert_names": ("a",)},
            "expert_names must hold one name per column of experts, but got 1",
        ),
        ({"answer_costs": np.zeros((4, 2))}, "agent_names must hold one name per column"),
        ({"y": np.zeros(3)}, "X has 4, y has 3"),
        ({"expert_accuracy": np.zeros((5, 1))}, "X has 4, expert_accuracy has 5"),
        ({"extras": {"id": np.zeros(2)}}, "X has 4, extras['id'] has 2"),
    ],
)
def test_columns_and_rows_must_agree(field, message):
    arguments = {"name": "n", "X": np.zeros((4, 2)), "feature_names": ("a", "b")} | field
    with pytest.raises(InvalidInput, match=re.escape(message)):
        Dataset(**arguments)


def test_best_routes_worked_by_hand():
    problem = known_truth(
        [[0.9, 0.1], [0.6, 0.4], [0.5, 0.5], [0.7, 0.3]],
        [[0.8, 0.7], [0.7, 0.9], [0.8, 0.8], [0.7, 0.2]],
    )
    # Model; second expert; a tie of experts, the first; a tie with the model, the model.
    np.testing.assert_array_equal(problem.best_routes(), [0, 2, 1, 0])
    assert problem.best_accuracy() == pytest.approx((0.9 + 0.9 + 0.8 + 0.7) / 4)


def test_fees_steer_the_choice_and_are_not_subtracted():
    problem = known_truth([[0.6, 0.4], [0.5, 0.5]], [[0.7, 0.9], [0.8, 0.8]])
    np.testing.assert_array_equal(problem.best_routes(fees=[0.0, 0.25]), [1, 1])
    np.testing.assert_array_equal(problem.best_routes(fees=0.31), [0, 0])
    assert problem.best_accuracy(fees=[0.0, 0.25]) == pytest.approx((0.7 + 0.8) / 2)


def test_a_fee_equal_to_the_gain_is_a_tie_and_stays_with_the_model():
    problem = known_truth([[0.5, 0.5]], [[0.75]])
    assert problem.best_routes(fees=0.25).tolist() == [0]
    assert problem.best_routes(fees=0.25 - 1e-9).tolist() == [1]


def test_without_experts_the_model_answers_all():
    problem = known_truth([[0.9, 0.1], [0.3, 0.7]], np.empty((2, 0)))
    assert problem.best_routes().tolist() == [0, 0]
    assert problem.best_accuracy() == pytest.approx(0.8)


@pytest.mark.parametrize("load", [load_support2, load_llm_routing])
@pytest.mark.parametrize("ask", ["best_routes", "best_accuracy"])
def test_the_truth_of_real_data_is_not_known(load, ask):
    with pytest.raises(InvalidInput, match="are not known: that takes class_posterior"):
        getattr(load(), ask)()


@pytest.mark.parametrize("half", ["class_posterior", "expert_accuracy"])
def test_half_the_truth_is_not_enough(half):
    problem = Dataset(
        name="half", X=np.zeros((3, 1)), feature_names=("x",), **{half: np.ones((3, 2))}
    )
    with pytest.raises(InvalidInput, match="best routes of 'half' are not known"):
        problem.best_routes()


def test_fees_are_checked():
    with pytest.raises(InvalidInput, match="one per expert"):
        make_two_specialists(n=10).best_routes(fees=[0.1, 0.1, 0.1])
