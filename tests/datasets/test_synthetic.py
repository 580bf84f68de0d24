import numpy as np
import pytest

from cede.datasets import make_realizable_mixture, make_two_specialists
from cede.exceptions import InvalidInput

MAKERS = {"specialists": make_two_specialists, "mixture": make_realizable_mixture}
SEEDS = [0, 1, 2]


def agree(stated, happened, n_bins=10):
    """Tell whether an event happens as often as stated, in bins of the stated chance, to 4 s.e."""
    bins = np.array_split(np.argsort(stated, kind="stable"), n_bins)
    excess = np.array([happened[b].mean() - stated[b].mean() for b in bins])
    error = np.array([np.sqrt((stated[b] * (1 - stated[b])).sum()) / len(b) for b in bins])
    return bool((np.abs(excess) <= 4 * error + 1e-12).all())


@pytest.fixture(params=MAKERS)
def make(request):
    return MAKERS[request.param]


def test_the_check_of_agreement_can_fail():
    rng = np.random.default_rng(0)
    stated = rng.random(5_000)
    assert agree(stated, rng.random(5_000) < stated)
    assert not agree(stated, rng.random(5_000) < stated**1.3)


def test_a_seed_gives_the_same_problem_and_another_seed_another(make):
    first, again, other = make(n=50), make(n=50, random_state=0), make(n=50, random_state=1)
    for name in ("X", "y", "experts", "class_posterior", "expert_accuracy"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.X, other.X)
    assert not np.array_equal(first.y, other.y)
    assert not np.array_equal(first.experts, other.experts)


def test_a_generator_is_drawn_from_and_none_draws_anew(make):
    rng = np.random.default_rng(0)
    first, second = make(n=50, random_state=rng), make(n=50, random_state=rng)
    np.testing.assert_array_equal(first.X, make(n=50, random_state=0).X)
    assert not np.array_equal(first.X, second.X)
    assert not np.array_equal(make(n=50, random_state=None).X, make(n=50, random_state=None).X)


def test_probabilities_are_probabilities(make):
    problem = make(n=500)
    np.testing.assert_allclose(problem.class_posterior.sum(axis=1), 1.0, rtol=1e-12)
    for table in (problem.class_posterior, problem.expert_accuracy):
        assert table.min() >= 0.0
        assert table.max() <= 1.0
    assert problem.y.dtype == np.int64


@pytest.mark.parametrize("seed", SEEDS)
def test_classes_come_as_often_as_stated(make, seed):
    problem = make(n=40_000, random_state=seed)
    for k, stated in enumerate(problem.class_posterior.T):
        assert agree(stated, problem.y == k)


@pytest.mark.parametrize("seed", SEEDS)
def test_experts_are_right_as_often_as_stated_whatever_the_class(make, seed):
    problem = make(n=40_000, random_state=seed)
    for j, stated in enumerate(problem.expert_accuracy.T):
        right = problem.experts[:, j] == problem.y
        assert agree(stated, right)
        for k in range(3):
            assert agree(stated[problem.y == k], right[problem.y == k])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_wrong_answer_is_any_wrong_class(make, seed):
    problem = make(n=40_000, random_state=seed)
    step = (problem.experts - problem.y[:, None]) % 3
    wrong = step != 0
    share = (step[wrong] == 1).mean()
    assert abs(share - 0.5) <= 4 * 0.5 / np.sqrt(wrong.sum())


def test_experts_err_independently_given_the_case():
    problem = make_two_specialists(n=40_000)
    excess = (problem.experts == problem.y[:, None]) - problem.expert_accuracy
    product = excess.prod(axis=1)
    assert abs(product.mean()) <= 4 * product.std() / np.sqrt(len(product))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_best_system_beats_every_agent_alone(make, seed):
    problem = make(n=10_000, random_state=seed)
    alone = [problem.class_posterior.max(axis=1).mean(), *problem.expert_accuracy.mean(axis=0)]
    assert problem.best_accuracy() > max(alone) + 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_the_best_routes_are_as_good_as_stated_when_tried(make, seed):
    problem = make(n=40_000, random_state=seed)
    model = problem.class_posterior.argmax(axis=1)
    answers = np.column_stack([model, problem.experts])
    routes = problem.best_routes()
    right = answers[np.arange(problem.n_cases), routes] == problem.y
    assert abs(right.mean() - problem.best_accuracy()) <= 4 * 0.5 / np.sqrt(problem.n_cases)
    assert set(routes) == set(range(answers.shape[1]))


def test_two_specialists_is_what_its_docstring_says():
    problem = make_two_specialists(n=200_000)
    alone = [problem.class_posterior.max(axis=1).mean(), *problem.expert_accuracy.mean(axis=0)]
    np.testing.assert_allclose(alone, [0.78, 0.57, 0.57], atol=0.01)
    assert problem.best_accuracy() == pytest.approx(0.90, abs=0.005)
    assert (problem.best_routes() > 0).mean() == pytest.approx(0.59, abs=0.01)


def test_each_specialist_is_good_on_one_side_and_poor_on_the_other():
    problem = make_two_specialists(n=20_000)
    left = problem.X[:, 0] < 0
    first, second = problem.expert_accuracy.T
    assert first[~left].mean() > 0.8 > 0.35 > first[left].mean()
    assert second[left].mean() > 0.8 > 0.35 > second[~left].mean()


def test_linear_scores_can_represent_the_two_specialists():
    problem = make_two_specialists(n=300)
    design = np.column_stack([np.ones(300), problem.X])
    log_odds = np.log(problem.class_posterior[:, 1:] / problem.class_posterior[:, :1])
    logits = np.log(problem.expert_accuracy / (1 - problem.expert_accuracy))
    for truth in (log_odds, logits):
        fitted = design @ np.linalg.lstsq(design, truth, rcond=None)[0]
        np.testing.assert_allclose(fitted, truth, atol=1e-8)


@pytest.mark.parametrize(("n_classes", "n_experts"), [(2, 0), (2, 1), (3, 3), (5, 2)])
@pytest.mark.parametrize("seed", SEEDS)
def test_who_is_responsible_in_the_mixture_is_always_right(n_classes, n_experts, seed):
    problem = make_realizable_mixture(
        n=20_000, n_classes=n_classes, n_experts=n_experts, random_state=seed
    )
    assert problem.best_accuracy() == 1.0
    responsible = problem.extras["responsible"]
    assert set(responsible) == set(range(n_classes + n_experts))
    by_class = responsible < n_classes
    np.testing.assert_array_equal(problem.y[by_class], responsible[by_class])
    for j in range(n_experts):
        its_own = responsible == n_classes + j
        right = problem.experts[:, j] == problem.y
        assert right[its_own].all()
        assert abs(right[~its_own].mean() - 0.5) <= 4 * 0.5 / np.sqrt((~its_own).sum())


def test_linear_scores_name_who_is_responsible_in_the_mixture():
    problem = make_realizable_mixture(n=500)
    scores = problem.extras["scores"]
    weights = np.linalg.lstsq(problem.X, scores, rcond=None)[0]
    np.testing.assert_allclose(problem.X @ weights, scores, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(weights, axis=0), 1.0)
    np.testing.assert_array_equal(
        (problem.X @ weights).argmax(axis=1), problem.extras["responsible"]
    )


def test_the_mixture_has_the_sizes_asked_for():
    problem = make_realizable_mixture(
        n=3_000, n_classes=4, n_experts=2, n_features=5, n_components=7
    )
    assert problem.X.shape == (3_000, 5)
    assert problem.class_posterior.shape == (3_000, 4)
    assert problem.experts.shape == (3_000, 2)
    assert set(problem.y) == {0, 1, 2, 3}
    assert set(problem.extras["component"]) == set(range(7))


@pytest.mark.parametrize("seed", SEEDS)
def test_components_of_the_mixture_are_gaussians_of_unit_covariance(seed):
    problem = make_realizable_mixture(n=50_000, n_components=4, random_state=seed)
    for c in range(4):
        part = problem.X[problem.extras["component"] == c]
        np.testing.assert_allclose(np.cov(part.T), np.eye(10), atol=0.06)


@pytest.mark.parametrize("other_accuracy", [0.0, 0.2, 1.0])
def test_other_experts_are_as_right_as_asked(other_accuracy):
    problem = make_realizable_mixture(n=20_000, other_accuracy=other_accuracy)
    others = problem.extras["responsible"][:, None] != 3 + np.arange(3)
    right = problem.experts == problem.y[:, None]
    spread = np.sqrt(other_accuracy * (1 - other_accuracy) / others.sum())
    assert abs(right[others].mean() - other_accuracy) <= 4 * spread
    assert problem.best_accuracy() == 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n must be an integer of at least 1, not 0"),
        ({"n": 10.0}, "n must be an integer of at least 1, not 10.0"),
        ({"n_classes": 1}, "n_classes must be an integer of at least 2, not 1"),
        ({"n_experts": -1}, "n_experts must be an integer of at least 0, not -1"),
        ({"n_components": True}, "n_components must be an integer of at least 1, not True"),
        ({"other_accuracy": 1.5}, r"other_accuracy is a chance in \[0, 1\], not 1.5"),
        ({"other_accuracy": float("nan")}, r"other_accuracy is a chance in \[0, 1\], not nan"),
    ],
)
def test_impossible_sizes_are_refused(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        make_realizable_mixture(**arguments)


def test_no_cases_are_no_problem_to_make():
    with pytest.raises(InvalidInput, match="n must be an integer of at least 1, not 0"):
        make_two_specialists(n=0)
