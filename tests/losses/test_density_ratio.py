"""What is particular to density_ratio and ideal_weights; the rest is in tests/common."""

from math import comb, exp, log

import pytest
import torch
from torch.testing import assert_close

from cede.exceptions import InvalidInput
from cede.losses import density_ratio, ideal_weights, rank_by_density_ratio


def loss_of(score, model_loss, expert_loss, **options):
    """One case, plain numbers in and out; normalisers of one unless told otherwise."""
    tensors = (torch.tensor(v, dtype=torch.float64) for v in (score, model_loss, expert_loss))
    return density_ratio(*tensors, **{"log_normalizers": (0.0, 0.0), **options}).item()


# The sigmoid of log 3 is 3/4. The model is right, of weight 1, the expert wrong, of weight e^-1.
def test_log():
    assert loss_of(log(3), 0.0, 1.0) == pytest.approx(-log(3 / 4) - exp(-1) * log(1 / 4))


def test_square():
    expected = (1 / 4) ** 2 + exp(-1) * (3 / 4) ** 2
    assert loss_of(log(3), 0.0, 1.0, proper="square") == pytest.approx(expected)


def test_exponential():
    expected = 3**-0.5 + exp(-1) * 3**0.5
    assert loss_of(log(3), 0.0, 1.0, proper="exponential") == pytest.approx(expected)


def test_the_temperature_divides_the_losses():
    expected = -exp(-2) * log(3 / 4) - exp(-6) * log(1 / 4)
    assert loss_of(log(3), 0.5, 1.5, temperature=0.25) == pytest.approx(expected)


def test_each_weight_is_divided_by_its_own_normaliser():
    expected = -log(3 / 4) / 2 - exp(-1) * log(1 / 4) / 5
    found = loss_of(log(3), 0.0, 1.0, log_normalizers=(log(2), log(5)))
    assert found == pytest.approx(expected)


def test_by_default_the_weights_have_mean_one():
    losses = torch.tensor([0.0, 1.0, 2.0, 0.5]), torch.tensor([1.0, 1.0, 0.0, 3.0])
    found = density_ratio(torch.zeros(4), *losses)
    assert found.item() == pytest.approx(2 * log(2), rel=1e-6)


def test_by_default_the_normalisers_are_weighted_means():
    losses = torch.tensor([0.0, 1.0, 2.0]), torch.tensor([1.0, 0.0, 3.0])
    weight = torch.tensor([1.0, 3.0, 0.5])
    found = density_ratio(torch.zeros(3), *losses, sample_weight=weight)
    assert found.item() == pytest.approx(2 * log(2), rel=1e-6)


@pytest.mark.parametrize("temperature", [0.05, 0.2, 1.0, 5.0])
def test_at_the_threshold_zero_the_more_accurate_answers_at_any_temperature(temperature):
    rng = torch.Generator().manual_seed(0)
    model, expert = torch.rand(2, 500, generator=rng, dtype=torch.float64)
    kappa = exp(-1 / temperature)
    optimum = ((kappa + (1 - kappa) * model) / (kappa + (1 - kappa) * expert)).log()
    ranks = rank_by_density_ratio(optimum.unsqueeze(-1), 1)
    assert ((ranks[:, 1] > ranks[:, 0]) == (expert > model)).all()


@pytest.mark.parametrize(("n", "ratio"), [(8, 1.079), (32, 1.014), (128, 1.003)])
def test_a_small_batch_overestimates_its_weights(n, ratio):
    """By 8 % at eight cases, temperature 0.2 and an error in 30 % of them, as the docs say."""
    whole = 0.7 + 0.3 * exp(-5)
    chances = [comb(n, k) * 0.3**k * 0.7 ** (n - k) for k in range(n + 1)]
    of_batches = [(n - k + k * exp(-5)) / n for k in range(n + 1)]
    found = sum(p * whole / z for p, z in zip(chances, of_batches, strict=True))
    assert found == pytest.approx(ratio, abs=2e-3)


# --- Ideal weights -------------------------------------------------------------------------------


def some_losses(n=200):
    return torch.rand(n, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2.0


def test_weights_for_kl_are_exponentials_of_mean_one():
    mean = (1 + exp(-0.5)) / 2
    found = ideal_weights(torch.tensor([0.0, 1.0], dtype=torch.float64), temperature=2.0)
    assert_close(found.tolist(), [1 / mean, exp(-0.5) / mean])


@pytest.mark.parametrize("divergence", ["kl", 1.01, 1.5, 2.0, 3.0, 5.0])
@pytest.mark.parametrize("temperature", [0.01, 0.25, 1.0, 10.0])
def test_weights_have_mean_one_and_fall_with_the_loss(divergence, temperature):
    losses = some_losses()
    found = ideal_weights(losses, temperature, divergence)
    assert found.mean().item() == pytest.approx(1.0)
    assert (found >= 0.0).all()
    assert (found[losses.argsort()].diff() <= 0.0).all()


def test_weights_for_alpha_three_are_the_positive_part_of_a_line():
    # b - l at temperature one, clipped, with b such that the mean is one: (b + b - 1) / 4 = 1.
    losses = torch.tensor([0.0, 1.0, 9.0, 9.0], dtype=torch.float64)
    assert_close(ideal_weights(losses, 1.0, 3.0).tolist(), [2.5, 1.5, 0.0, 0.0])


@pytest.mark.parametrize(("alpha", "error"), [(1.1, 0.2), (1.01, 0.02), (1.0001, 2e-4)])
def test_as_alpha_falls_to_one_weights_become_those_of_kl(alpha, error):
    losses = some_losses()
    gap = (ideal_weights(losses, 1.0, alpha) - ideal_weights(losses, 1.0)).abs().max().item()
    assert gap < error


@pytest.mark.parametrize("temperature", [0.1, 1.0, 4.0])
def test_for_kl_the_least_value_is_minus_the_logarithm_of_the_normaliser(temperature):
    losses = some_losses()
    log_normalizer = (-losses / temperature).exp().mean().log().item()

    def value(weights):
        divergence = torch.xlogy(weights, weights).mean()
        return ((weights * losses).mean() + temperature * divergence).item()

    best = ideal_weights(losses, temperature)
    assert value(best) == pytest.approx(-temperature * log_normalizer, rel=1e-9)
    rng = torch.Generator().manual_seed(1)
    for scale in (0.01, 0.1, 1.0):
        other = best * (scale * torch.randn(best.shape, generator=rng, dtype=torch.float64)).exp()
        assert value(other / other.mean()) > value(best)


def test_an_alpha_divergence_gives_some_cases_no_weight_at_all():
    n_zero = {a: (ideal_weights(some_losses(), 0.25, a) == 0.0).sum() for a in ("kl", 1.01, 3.0)}
    assert n_zero["kl"] == n_zero[1.01] == 0
    assert n_zero[3.0] > 50


def test_weights_keep_shape_and_dtype_and_leave_their_argument_alone():
    losses = some_losses(24).reshape(2, 3, 4).float()
    before = losses.clone()
    for divergence in ("kl", 2.0):
        found = ideal_weights(losses, 0.5, divergence)
        assert (found.shape, found.dtype) == (losses.shape, torch.float32)
    assert (losses == before).all()


@pytest.mark.parametrize("divergence", ["kl", 1.5, 3.0])
def test_equal_losses_leave_the_sample_as_it_is(divergence):
    assert_close(ideal_weights(torch.full((5,), 0.7), 0.1, divergence), torch.ones(5))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((torch.tensor([0.0, -1.0]), 1.0), "not negative"),
        ((torch.tensor([0.0, float("nan")]), 1.0), "finite"),
        ((torch.zeros(0), 1.0), "one case at least"),
        ((torch.zeros(2), 0.0), "temperature must be positive"),
        ((torch.zeros(2), 1.0, 1.0), "above 1"),
        ((torch.zeros(2), 1.0, "KL"), "'KL'"),
    ],
)
def test_what_ideal_weights_refuse(arguments, words):
    with pytest.raises(InvalidInput, match=words):
        ideal_weights(*arguments)
