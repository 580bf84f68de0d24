"""Many problems at once end where each would alone."""

import numpy as np
import pytest
import torch

from cede import SingleStageClassifier
from cede.exceptions import CedeError, InvalidInput
from cede.losses import cost_sensitive_softmax, expected_cost, one_vs_all
from cede.routers import Linear
from cede.training import converge, converge_many, fit_linear_many

TRIALS, N, FEATURES, CLASSES, EXPERTS = 12, 150, 3, 3, 2
SCORES = CLASSES + EXPERTS
generator = torch.Generator().manual_seed(0)
X = torch.randn(TRIALS, N, FEATURES, generator=generator, dtype=torch.float64)
Y = (X[..., 0] > 0).long() + (X[..., 1] > 0.5).long()
WRONG = (torch.rand(TRIALS, N, EXPERTS, generator=generator) < 0.3).double()
DECAY = 1e-2


def losses(rows):
    """Penalised mean loss of each trial, as a function of all weights and biases."""
    x, y, costs = X[rows], Y[rows], WRONG[rows]

    def value(parameters):
        weights = parameters.reshape(len(rows), FEATURES + 1, SCORES)
        scores = x @ weights[:, :-1] + weights[:, -1:]
        penalty = 0.5 * DECAY * weights[:, :-1].square().sum((1, 2))
        return cost_sensitive_softmax(scores, y, costs, reduction="none").mean(-1) + penalty

    return value


def alone(i):
    module = torch.nn.Linear(FEATURES, SCORES).double()
    torch.nn.init.zeros_(module.weight)
    torch.nn.init.zeros_(module.bias)
    converged, _ = converge(
        module,
        lambda: cost_sensitive_softmax(module(X[i]), Y[i], WRONG[i]),
        weight_decay=DECAY,
        tol=1e-8,
    )
    assert converged
    return torch.cat([module.weight.T, module.bias[None]]).detach()


def test_each_ends_where_it_would_alone():
    start = torch.zeros(TRIALS, (FEATURES + 1) * SCORES, dtype=torch.float64)
    found = converge_many(losses, start, tol=1e-8)
    assert found.converged.all()
    assert (start == 0).all()
    for i in range(TRIALS):
        weights = found.parameters[i].reshape(FEATURES + 1, SCORES)
        # Scores are known up to a constant, which the start settles alike.
        torch.testing.assert_close(weights, alone(i), atol=1e-6, rtol=0)


def test_a_problem_does_not_depend_on_its_company():
    start = torch.zeros(TRIALS, (FEATURES + 1) * SCORES, dtype=torch.float64)
    together = converge_many(losses, start, tol=1e-8).parameters
    few = torch.tensor([3, 7])
    apart = converge_many(lambda rows: losses(few[rows]), start[few], tol=1e-8).parameters
    torch.testing.assert_close(apart, together[few], atol=1e-7, rtol=0)


def test_problems_of_very_different_scales_all_converge():
    """Condition numbers and units from 1e-3 to 1e6."""
    scale = torch.logspace(-3, 6, 10, dtype=torch.float64)
    curve = torch.stack([torch.ones(10, dtype=torch.float64), scale], -1)
    found = converge_many(
        lambda rows: lambda p: (curve[rows] * (p - 1.0).square()).sum(-1) / scale[rows].sqrt(),
        torch.full((10, 2), -3.0, dtype=torch.float64),
        tol=1e-9,
    )
    assert found.converged.all()
    np.testing.assert_allclose(found.parameters, 1.0, atol=1e-4)


def test_what_is_not_reached_is_said():
    start = torch.zeros(TRIALS, (FEATURES + 1) * SCORES, dtype=torch.float64)
    found = converge_many(losses, start, tol=1e-8, max_iter=3)
    assert not found.converged.any()
    assert (found.n_iter == 3).all()


def test_a_kink_ends_the_search():
    """No step lowers a loss at its kink, however large the gradient there."""
    found = converge_many(
        lambda rows: lambda p: p.abs().sum(-1), torch.tensor([[0.7], [0.0]], dtype=torch.float64)
    )
    assert found.converged.all()
    assert float(found.parameters.abs().max()) < 1e-6


@pytest.mark.parametrize("loss", [expected_cost])
def test_losses_that_are_not_convex_end_in_a_minimum_nearby(loss):
    start = torch.full((TRIALS, (FEATURES + 1) * SCORES), 0.1, dtype=torch.float64)

    def value(rows):
        def mean(parameters):
            weights = parameters.reshape(len(rows), FEATURES + 1, SCORES)
            scores = X[rows] @ weights[:, :-1] + weights[:, -1:]
            decay = 0.5 * DECAY * parameters.square().sum(-1)
            return loss(scores, Y[rows], WRONG[rows], reduction="none").mean(-1) + decay

        return mean

    found = converge_many(value, start, tol=1e-7)
    everyone = torch.arange(TRIALS)
    assert found.converged.all()
    assert (value(everyone)(found.parameters) < value(everyone)(start)).all()


def test_a_loss_that_is_no_number_is_never_a_minimum():
    start = torch.tensor([[1.0], [-1.0]], dtype=torch.float64)
    with pytest.raises(CedeError, match="a loss of nan"):
        converge_many(lambda rows: lambda p: p.log().sum(-1), start)
    with pytest.raises(CedeError, match="a loss of -inf"):
        converge_many(lambda rows: lambda p: -p.exp().exp().sum(-1), start.abs())


# Many linear heads at once


def _many(shared=False):
    generator = torch.Generator().manual_seed(0)
    X = 3.0 + torch.randn(6, 60, 2, generator=generator, dtype=torch.float64) * torch.tensor([1, 9])
    X = torch.cat([X, torch.ones(6, 60, 1)], -1)  # and a feature that says nothing
    y = (torch.rand(6, 60, generator=generator) < torch.sigmoid(X[..., 0] - 3)).long()
    costs = (torch.rand(6, 60, 1, generator=generator) < 0.3).double()
    return (X[0] if shared else X), y, costs


def _loss(y, costs):
    def loss(rows):
        labels, paid = y[rows], costs[rows]
        return lambda scores: one_vs_all(scores, labels, paid, reduction="none").mean(-1)

    return loss


@pytest.mark.parametrize("shared", [False, True])
def test_many_linear_heads_are_those_that_a_classifier_finds_alone(shared):
    X, y, costs = _many(shared)
    fits = fit_linear_many(X, 3, _loss(y, costs), n_problems=6 if shared else None, tol=1e-9)
    assert fits.converged.all()
    scores = fits.scores(X)
    for i in range(6):
        own = (X if shared else X[i]).numpy()
        alone = SingleStageClassifier("one_vs_all", head=Linear(tol=1e-9))
        alone.fit(own, y[i].numpy(), costs=costs[i].numpy())
        with torch.no_grad():
            wanted = alone.module_(torch.from_numpy(own))
        torch.testing.assert_close(scores[i], wanted, rtol=0, atol=1e-6)


def test_each_linear_head_has_its_own_penalty_and_start():
    X, y, costs = _many()
    decay = torch.tensor([1e-2, 1e-2, 1e-2, 1e3, 1e3, 1e3])
    start = torch.randn(6, 4, 3, generator=torch.Generator().manual_seed(1))
    fits = fit_linear_many(X, 3, _loss(y, costs), weight_decay=decay, start=start)
    free = fit_linear_many(X, 3, _loss(y, costs))
    torch.testing.assert_close(fits.weights[:3], free.weights[:3], rtol=0, atol=1e-4)
    assert fits.weights[3:].abs().max() < 1e-3
    short = fit_linear_many(X, 3, _loss(y, costs), start=start, max_iter=1)
    assert not short.converged.any()


def test_blocks_of_problems_give_what_all_at_once_give(monkeypatch):
    X, y, costs = _many()
    whole = fit_linear_many(X, 3, _loss(y, costs), tol=1e-9)
    monkeypatch.setattr("cede.training._linear_many._SCORES_AT_ONCE", 4 * 60 * 3)
    apart = fit_linear_many(X, 3, _loss(y, costs), tol=1e-9)
    torch.testing.assert_close(apart.weights, whole.weights, rtol=0, atol=1e-8)
    assert apart.n_iter.tolist() == whole.n_iter.tolist()


@pytest.mark.parametrize(
    ("X", "options", "sentence"),
    [
        (torch.ones(4, 0, 3), {}, r"X must have shape \(B, n, d\), or \(n, d\)"),
        (torch.ones(4, 3), {}, r"X must have shape \(B, n, d\), or \(n, d\)"),
        (torch.ones(2, 4, 3), {"n_problems": 2}, r"X must have shape \(B, n, d\), or \(n, d\)"),
        (torch.full((2, 4, 3), torch.nan), {}, "X must be finite, but got a value that is not"),
        (
            torch.ones(2, 4, 3),
            {"start": torch.zeros(2, 3, 3)},
            r"start .* \(2, 4, 3\), but got",
        ),
        (torch.ones(4, 3), {"n_problems": 0}, r"X must have shape \(B, n, d\), or \(n, d\)"),
        (torch.ones(2, 4, 3), {"weight_decay": torch.ones(3)}, r"weight_decay .* shape \(3,\)"),
        (
            torch.rand(2, 4, 3),
            {"tol": 1e-3},
            r"loss must .* \(2,\), but got shape \(\)",
        ),
    ],
)
def test_many_linear_heads_refuse_what_does_not_fit(X, options, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        fit_linear_many(X, 3, lambda rows: lambda scores: scores.square().mean(), **options)
