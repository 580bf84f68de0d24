"""Heads are values: their parameters can be searched, cloned and set, and names stand for them."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold

import cede
from cede.datasets import make_two_specialists
from cede.routers import Linear, Mlp, Network
from cede.routers.heads import FittedLine, in_blocks

X, y, experts = make_two_specialists(n=300, random_state=0)
TABLE = cede.agent_costs(np.zeros(len(y)), experts, y)
ROUTERS = {
    "single stage": (cede.SingleStageClassifier, (X, y, experts)),
    "two stages": (cede.TwoStageRouter, (X, TABLE)),
    "density ratio": (cede.DensityRatioRouter, (X, TABLE)),
}


@pytest.mark.parametrize("name", ROUTERS)
@pytest.mark.parametrize(("short", "value"), [("linear", Linear()), ("mlp", Mlp())])
def test_a_name_is_the_value_with_its_defaults(name, short, value):
    make, cases = ROUTERS[name]
    scores = [
        make(head=head, random_state=0).fit(*cases).agent_scores(X) for head in (short, value)
    ]
    np.testing.assert_array_equal(*scores)


@pytest.mark.parametrize("name", ROUTERS)
def test_nested_parameters_reach_the_head_and_no_copy_of_it(name):
    make, _ = ROUTERS[name]
    router = make(head=Mlp(epochs=5))
    twin = clone(router).set_params(head__epochs=7)
    assert (router.head.epochs, twin.head.epochs) == (5, 7)
    assert router.get_params()["head__epochs"] == 5
    assert twin.set_params(head=Linear(), head__tol=0.1).head.tol == 0.1


@pytest.mark.parametrize("head", ["linear", "mlp"])
def test_a_name_has_no_parameters_and_says_what_has(head):
    router = cede.TwoStageRouter(head=head)
    with pytest.raises(cede.InvalidInput, match=rf"write head={head.capitalize()}\(\)") as caught:
        router.set_params(head__weight_decay=1.0)
    assert caught.value.argument == "head"


def test_a_grid_over_the_head():
    router = cede.TwoStageRouter(head=Linear())
    search = GridSearchCV(router, {"head__weight_decay": [1e-3, 1e3]}, cv=KFold(3)).fit(X, TABLE)
    assert search.best_params_ == {"head__weight_decay": 1e-3}


def test_width_and_depth_are_those_of_the_module():
    head = Mlp(width=7, depth=3, epochs=1)
    module = cede.TwoStageRouter(head=head, random_state=0).fit(X, TABLE).module_
    assert [layer.out_features for layer in module if isinstance(layer, torch.nn.Linear)] == [
        *(7, 7, 7),
        TABLE.shape[1],
    ]


def test_a_network_is_made_or_copied():
    module = torch.nn.Linear(X.shape[1], TABLE.shape[1])
    start = module.weight.clone()
    for maker in (module, lambda n_features, n_scores: torch.nn.Linear(n_features, n_scores)):
        router = cede.TwoStageRouter(head=Network(maker, epochs=2), random_state=0)
        assert len(router.fit(X, TABLE).history_.training_loss) == 2
    assert torch.equal(module.weight, start)


def test_a_fitted_line_and_its_module_agree():
    router = cede.TwoStageRouter().fit(X, TABLE)
    with torch.no_grad():
        scores = router.module_(torch.as_tensor(X)).numpy()
    np.testing.assert_allclose(scores, router.agent_scores(X), atol=1e-14)
    assert router.module_ is router.module_


@pytest.mark.parametrize("width", [1, 3, 40, 257])
@pytest.mark.parametrize("n_scores", [1, 2, 9])
def test_scores_of_a_line_do_not_depend_on_what_comes_with_a_case(width, n_scores):
    rng = np.random.default_rng(width)
    line = FittedLine(rng.normal(size=(n_scores, width)), rng.normal(size=n_scores))
    cases = rng.normal(size=(9_000, width))
    together = line.scores(cases)
    for some in ([0], [8_999], rng.integers(0, 9_000, 130), np.arange(8_999, 5_000, -1)):
        np.testing.assert_array_equal(line.scores(cases[some]), together[some])


def test_blocks_of_no_case():
    assert in_blocks(lambda rows: rows[:, :2], np.empty((0, 3))).shape == (0, 2)


@pytest.mark.parametrize("table", [np.zeros((300, 3)), TABLE[:, :1]])
def test_a_penalty_is_there_where_nothing_tells_it(table):
    router = cede.TwoStageRouter(surrogate="complement").fit(X, table)
    assert np.isfinite(router.agent_scores(X)).all()


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (Mlp(width=0), "head__width must be a whole number of at least 1, but got 0"),
        (Mlp(width="a"), "head__width must be a whole number"),
        (Mlp(epochs=-3), "head__epochs must be"),
        (Mlp(learning_rate=-1.0), "head__learning_rate must be finite and not negative"),
        (Mlp(validation_fraction=1.0), "head__validation_fraction must be strictly between"),
        (Linear(max_iter=0), "head__max_iter must be"),
        (Linear(tol="small"), "head__tol must be a number"),
        (Linear(weight_decay=-1.0), "head__weight_decay must be"),
    ],
)
def test_what_no_head_can_be_fitted_by_is_refused(head, words):
    rng = np.random.default_rng(0)
    router = cede.SingleStageClassifier(head=head)
    with pytest.raises(cede.InvalidInput, match=words):
        router.fit(
            rng.normal(size=(40, 2)), np.arange(40) % 2, experts=np.zeros((40, 1), dtype=int)
        )
