"""What is particular to aggregated; the rest is in tests/common."""

from math import exp, log

import pytest
import torch
from torch.testing import assert_close

from cede.losses import aggregated, complement


def loss_of(scores, costs, **options):
    """One case, plain numbers in and out."""
    tensors = (torch.tensor(v, dtype=torch.float64) for v in (scores, costs))
    return aggregated(*tensors, **options).item()


# Shares are 1/10, 3/10 and 6/10; what the others cost is 1.9, 0.6 and 1.7.
SCORES, COSTS = [log(1), log(3), log(6)], [0.2, 1.5, 0.4]


def test_each_logarithm_times_what_the_others_cost():
    expected = -1.9 * log(1 / 10) - 0.6 * log(3 / 10) - 1.7 * log(6 / 10)
    assert loss_of(SCORES, COSTS) == pytest.approx(expected)


def test_zero_is_the_sum_of_exponentials_of_differences():
    expected = 1.9 * (3 + 6) + 0.6 * (1 + 6) / 3 + 1.7 * (1 + 3) / 6
    assert loss_of(SCORES, COSTS, u=0.0) == pytest.approx(expected)


@pytest.mark.parametrize("u", [0.5, 1.5, 2.0, 3.0])
def test_powers_in_place_of_the_logarithm(u):
    powers = [(1 - share ** (u - 1)) / (u - 1) for share in (0.1, 0.3, 0.6)]
    expected = 1.9 * powers[0] + 0.6 * powers[1] + 1.7 * powers[2]
    assert loss_of(SCORES, COSTS, u=u) == pytest.approx(expected)


@pytest.mark.parametrize("step", [1e-3, 1e-5, 1e-7, 1e-9])
def test_close_to_one_it_is_close_to_the_logarithm(step):
    for u in (1.0 - step, 1.0 + step):
        assert loss_of(SCORES, COSTS, u=u) == pytest.approx(loss_of(SCORES, COSTS), rel=2 * step)


def test_two_is_the_expected_cost_up_to_a_constant():
    rng = torch.Generator().manual_seed(0)
    scores = torch.randn(30, 4, generator=rng, dtype=torch.float64)
    costs = torch.rand(30, 4, generator=rng, dtype=torch.float64)
    expected = complement(scores, costs, q=1.0, reduction="none") + 2 * costs.sum(-1)
    assert_close(aggregated(scores, costs, u=2.0, reduction="none"), expected)


def test_a_fee_for_all_is_label_smoothing():
    fee = 0.5
    smoothing = -2 * fee * (log(1 / 10) + log(3 / 10) + log(6 / 10))
    dearer = loss_of(SCORES, [c + fee for c in COSTS])
    assert dearer - loss_of(SCORES, COSTS) == pytest.approx(smoothing)


def test_far_out_a_small_u_follows_its_tangent():
    # At u = 0 the exponent is minus the logarithm of the share; beyond 64 the loss is linear.
    def charged(gap):
        return loss_of([-gap, 0.0], [0.0, 1.0], u=0.0)

    assert charged(60.0) == pytest.approx(exp(60))
    assert charged(70.0) == pytest.approx(7 * exp(64))
    assert charged(71.0) - charged(70.0) == pytest.approx(exp(64))


@pytest.mark.parametrize(
    ("u", "least"),
    [(0.0, 3.3574524676), (0.5, 2.4502821671), (1.0, 1.8205276765), (1.5, 1.3550055679)],
)
def test_least_conditional_risk(u, least):
    """From the specification's table, at aggregated costs of 0.9, 0.6 and 0.3."""
    tau = torch.tensor([0.9, 0.6, 0.3], dtype=torch.float64)
    optimum = tau.log() / (2 - u)
    assert loss_of(optimum.tolist(), [0.0, 0.3, 0.6], u=u) == pytest.approx(least)


@pytest.mark.parametrize(("u", "least"), [(2.0, 0.9), (3.0, 0.45)])
def test_least_conditional_risk_from_two_on_is_at_infinity(u, least):
    # The stationary point with exponent 1 / (2 - u) is not the minimum there.
    assert loss_of([60.0, 0.0, 0.0], [0.0, 0.3, 0.6], u=u) == pytest.approx(least)
    if u > 2.0:
        stationary = [log(0.9) / (2 - u), log(0.6) / (2 - u), log(0.3) / (2 - u)]
        assert loss_of(stationary, [0.0, 0.3, 0.6], u=u) > least + 0.3
