"""What is particular to the single-stage classifier: convergence, heads, training, scikit-learn."""

from functools import partial

import numpy as np
import pytest
import torch
from sklearn import config_context
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import cede
from cede import SingleStageClassifier
from cede.datasets import make_realizable_mixture, make_two_specialists
from cede.losses import SURROGATES
from cede.routers import Linear, Mlp, Network
from cede.training import mlp

X, y, experts = make_two_specialists(n=1_000, random_state=3)
DECODED = [row.name for row in SURROGATES.values() if row.decode]


@pytest.mark.parametrize("surrogate", DECODED)
def test_linear_head_reaches_the_one_minimum(surrogate):
    """At the fitted weights the gradient is zero, and no perturbation lowers the loss."""
    router = SingleStageClassifier(surrogate, head=Linear(weight_decay=0.01, tol=1e-8))
    router.fit(X, y, experts=experts)
    inputs = torch.as_tensor(X)
    costs = torch.as_tensor(cede.costs.expert_costs(experts, y))

    def objective(module):
        loss = SURROGATES[surrogate].loss(module(inputs), torch.as_tensor(y), costs)
        return loss + 0.005 * (module.weight * inputs.std(0, correction=0)).square().sum()

    best = objective(router.module_).item()
    generator = torch.Generator().manual_seed(0)
    for scale in (1e-3, 1e-1):
        for _ in range(20):
            moved = torch.nn.Linear(X.shape[1], 5, dtype=torch.float64)
            for new, old in zip(moved.parameters(), router.module_.parameters(), strict=True):
                noise = torch.randn(old.shape, generator=generator, dtype=torch.float64)
                new.data = old + scale * noise
            assert objective(moved).item() > best


def test_not_converging_warns():
    with pytest.warns(ConvergenceWarning, match="did not reach tol"):
        SingleStageClassifier(head=Linear(max_iter=2)).fit(X, y, experts=experts)


@pytest.mark.parametrize("head", [Mlp(epochs=5), Network(partial(mlp, width=8), epochs=5)])
def test_training_is_seeded_to_the_bit_and_leaves_the_callers_seed_alone(head):
    def fit(seed):
        router = SingleStageClassifier(head=head, random_state=seed)
        return router.fit(X, y, experts=experts).agent_scores(X)

    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    one, two, other = fit(0), fit(0), fit(1)
    assert torch.equal(before, torch.random.get_rng_state())
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


def test_a_users_module_is_copied_and_its_weights_are_the_start():
    module = torch.nn.Sequential(torch.nn.Linear(X.shape[1], 5))
    start = module[0].weight.detach().clone()
    router = SingleStageClassifier(head=Network(module, epochs=1, learning_rate=0.0))
    router.fit(X, y, experts=experts)
    assert torch.equal(module[0].weight, start)
    assert torch.equal(router.module_[0].weight, start)


@pytest.mark.parametrize("epochs", [1, 2, 40])
def test_the_best_weights_are_kept_also_when_training_is_short(epochs):
    router = SingleStageClassifier(head=Mlp(epochs=epochs), random_state=0)
    router.fit(X, y, experts=experts)
    history = router.history_
    reached = list(zip(history.validation_risk, history.validation_loss, strict=True))
    assert history.best_epoch == reached.index(min(reached))
    assert len(reached) <= epochs
    untrained = SingleStageClassifier(head=Mlp(epochs=1, learning_rate=0.0), random_state=0)
    untrained.fit(X, y, experts=experts)
    assert (router.agent_scores(X) != untrained.agent_scores(X)).any()


def test_early_stopping_watches_the_deferral_risk():
    router = SingleStageClassifier(head=Mlp(learning_rate=0.03, patience=3), random_state=0)
    router.fit(X, y, experts=experts)
    history = router.history_
    assert len(history.validation_risk) == history.best_epoch + 1 + 3
    assert min(history.validation_risk) < 0.2


def test_on_epoch_is_told_of_every_epoch():
    seen = []
    SingleStageClassifier(head=Mlp(epochs=3, on_epoch=lambda e, h: seen.append(e))).fit(
        X, y, experts=experts
    )
    assert seen == [0, 1, 2]


def test_sample_weight_zero_is_deletion():
    weight = (np.arange(len(y)) % 2).astype(float)
    weighted = SingleStageClassifier().fit(X, y, experts=experts, sample_weight=weight)
    half = SingleStageClassifier().fit(X[1::2], y[1::2], experts=experts[1::2])
    np.testing.assert_allclose(weighted.agent_scores(X), half.agent_scores(X), atol=1e-4)


def test_grid_search_selects_on_the_system_through_a_pipeline():
    with config_context(enable_metadata_routing=True):
        router = SingleStageClassifier(head=Linear()).set_fit_request(experts=True)
        router.set_score_request(experts=True)
        search = GridSearchCV(
            make_pipeline(StandardScaler(), router),
            {"singlestageclassifier__head__weight_decay": [1e-3, 1e3]},
            cv=3,
            error_score="raise",
        ).fit(X, y, experts=experts)
        assert search.best_params_ == {"singlestageclassifier__head__weight_decay": 1e-3}
        alone = np.mean(search.predict(X) == y)
        assert search.score(X, y, experts=experts) > alone + 0.05
        assert search.best_score_ > alone + 0.02


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"surrogate": "softmax_one_vs_al"}, "Did you mean 'softmax_one_vs_all'"),
        ({"surrogate": "nothing like it"}, "Known: cost_sensitive_softmax, alpha_weighted_softmax"),
        ({"surrogate": 3}, "surrogate is wanted"),
        ({"head": "liner"}, "Did you mean 'linear'"),
        ({"head": torch.nn.Linear(3, 5)}, r"got Linear; wrap a torch module as Network\(module\)"),
        ({"head": DummyClassifier()}, "loss of this router, but got DummyClassifier"),
        ({"head": Network(lambda d, k: torch.nn.Linear(d, k + 1))}, "must give 5 scores per case"),
        ({"head": Network(lambda d, k: torch.nn.Linear(d + 1, k))}, "must read 3 features"),
        ({"fees_in": "both"}, "Known: rule, loss"),
        (
            {"head": Linear(device="warp")},
            r"device must be .* but got 'warp'",
        ),
        ({"head": Mlp(device="warp")}, r"device must be .* but got 'warp'"),
    ],
)
def test_bad_parameters_get_a_sentence_at_fit(change, message):
    with pytest.raises(cede.InvalidInput, match=message):
        SingleStageClassifier(**change).fit(X, y, experts=experts)


def test_scores_that_overflow_are_named():
    with pytest.raises(cede.CedeError, match="Standardise the features"):
        SingleStageClassifier(head=Mlp(epochs=50, learning_rate=1e30)).fit(
            X * 1e30, y, experts=experts
        )


def test_costs_above_one_are_refused():
    with pytest.raises(cede.InvalidInput, match="divide all costs by the largest"):
        SingleStageClassifier().fit(X, y, costs=2 * cede.costs.expert_costs(experts, y))


def test_a_network_starts_where_its_surrogate_wants_to_start():
    # From an ordinary start the bounded loss is flat where experts are asked for everything.
    X, y, experts = make_realizable_mixture(900, 4, 2, random_state=0)
    router = SingleStageClassifier(
        "expected_cost", head=Mlp(weight_decay=1e-3, epochs=15, batch_size=64), random_state=0
    )
    router.fit(X[:600], y[:600], experts=experts[:600])
    assert (router.route(X[600:]) == 0).mean() > 0.3
    assert router.score(X[600:], y[600:], experts=experts[600:]) > 0.85
    assert len(router.history_.training_loss) <= 15
