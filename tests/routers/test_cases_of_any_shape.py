"""Images reach a network as they are; what torch hands out in batches works where an array does."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import cede
from cede import TwoStageRouter
from cede.exceptions import InvalidInput
from cede.routers import EnsembleRouter, Network, SingleStageClassifier

SHAPE = (2, 4, 4)


class Convolutional(nn.Module):
    """Refuses whatever is no image."""

    def __init__(self, n_scores):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(12, n_scores)
        )

    def forward(self, images):
        assert images.shape[1:] == SHAPE
        return self.layers(images)


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, *SHAPE)).astype(np.float32)
    costs = np.c_[X[:, 0, 0, 0] > 0, X[:, 1, 1, 1] > 0].astype(float)
    return X, costs


def network(n_scores):
    torch.manual_seed(0)
    return Network(Convolutional(n_scores), epochs=3)


def test_a_network_sees_images_as_they_came(images, tmp_path):
    X, costs = images
    router = TwoStageRouter(head=network(2), random_state=0).fit(X, costs)
    scores = router.agent_scores(X)
    assert scores.shape == (120, 2)
    np.testing.assert_array_equal(router.agent_scores(X[:7]), scores[:7])
    router.tune(X, budget=0.3)
    cede.save(router, tmp_path / "router")
    loaded = cede.load(tmp_path / "router", head=Convolutional(2))
    np.testing.assert_array_equal(loaded.agent_scores(X), scores)
    np.testing.assert_array_equal(loaded.route(X), router.route(X))


def test_rows_of_the_same_numbers_are_the_same_cases(images):
    X, costs = images
    router = TwoStageRouter(head=network(2), random_state=0).fit(X, costs)
    np.testing.assert_array_equal(router.agent_scores(X.reshape(120, -1)), router.agent_scores(X))


def test_images_of_another_shape_are_refused(images):
    X, costs = images
    router = TwoStageRouter(head=network(2), random_state=0).fit(X, costs)
    with pytest.raises(InvalidInput, match=r"X must have shape \(n, 2, 4, 4\) as at the fit"):
        router.route(X.reshape(120, 4, 4, 2))


def test_a_fit_forgets_the_shape_of_an_earlier_one(images):
    X, costs = images
    router = TwoStageRouter(head=network(2), random_state=0).fit(X, costs)
    router.set_params(head="linear").fit(X.reshape(120, -1), costs)
    assert not hasattr(router, "case_shape_")


@pytest.mark.parametrize("router", [TwoStageRouter(), EnsembleRouter()], ids=["line", "ensemble"])
def test_no_other_head_takes_images(images, router):
    with pytest.raises(InvalidInput, match=r"X must have a row of numbers .* got \(120, 2, 4, 4\)"):
        router.fit(*images)


def test_a_single_stage_network_learns_from_images(images):
    X, costs = images
    y = (X[:, 0, 1, 1] > 0).astype(int)
    router = SingleStageClassifier(head=network(3), random_state=0).fit(X, y, costs=costs[:, 1:])
    assert router.predict(X).shape == (120,)


@pytest.mark.parametrize("batches", [False, True], ids=["Dataset", "DataLoader"])
def test_torch_data_work_where_an_array_does(images, batches):
    X, costs = images
    flat = X.reshape(120, -1).astype(np.float64)
    data = TensorDataset(torch.from_numpy(flat))
    data = DataLoader(data, batch_size=50) if batches else data
    expected = TwoStageRouter().fit(flat, costs)
    router = TwoStageRouter().fit(data, costs)
    np.testing.assert_array_equal(router.agent_scores(data), expected.agent_scores(flat))
    router.tune(data, budget=0.2)
    expected.tune(flat, budget=0.2)
    np.testing.assert_array_equal(router.route(data), expected.route(flat))
    assert router.score(data, costs) == expected.score(flat, costs)


def test_labels_may_come_with_the_features_in_any_order(images):
    X, costs = images
    flat = X.reshape(120, -1).astype(np.float64)
    pairs = TensorDataset(torch.from_numpy(flat), torch.from_numpy(costs))
    shuffled = DataLoader(pairs, batch_size=32, shuffle=True)
    expected = TwoStageRouter().fit(flat, costs)
    router = TwoStageRouter().fit(shuffled)
    np.testing.assert_array_equal(router.agent_scores(flat), expected.agent_scores(flat))
    assert router.score(DataLoader(pairs)) == expected.score(flat, costs)


@pytest.mark.parametrize("wrong", [{"shuffle": True}, {"drop_last": True}])
def test_what_stands_beside_a_loader_must_be_in_its_order(images, wrong):
    X, costs = images
    data = TensorDataset(torch.from_numpy(X.reshape(120, -1)).double())
    loader = DataLoader(data, batch_size=32, **wrong)
    with pytest.raises(InvalidInput, match="X must hand out"):
        TwoStageRouter().fit(loader, costs)
    router = TwoStageRouter().fit(X.reshape(120, -1), costs)
    with pytest.raises(InvalidInput, match="X must hand out"):
        router.route(loader)
