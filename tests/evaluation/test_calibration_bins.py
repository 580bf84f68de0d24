"""Bins, errors and scores of estimated probabilities; peers agree, parts add up, intervals hold."""

import numpy as np
import pytest
from golden_forecasts import SAMPLES, STEP, O, P, arrays
from hypothesis import given
from hypothesis import strategies as st

from cede.evaluation.calibration import (
    classwise_reliability,
    expected_calibration_error,
    reliability,
    top_label_reliability,
)
from cede.evaluation.calibration._bins import bin_cases, read_pairs

POSTERIOR = np.stack([P, (1 - P) * (STEP * 0.5698402909980532 % 1), 0 * P], axis=1)


POSTERIOR[:, 2] = 1 - POSTERIOR.sum(axis=1)


Y = (STEP * 0.7548776662466927 % 1 * 3).astype(int)


@pytest.mark.parametrize("n_bins", [1, 7, 10])
def test_bins_of_equal_width_are_those_of_a_loop(n_bins):
    found = reliability(P, O, n_bins)
    expected = []
    for k in range(n_bins):
        inside = (k / n_bins <= P) & (k / n_bins + 1 / n_bins > P)
        if inside.any():
            expected.append((P[inside].mean(), O[inside].mean(), inside.sum()))
    np.testing.assert_allclose(found.estimate, [e[0] for e in expected])
    np.testing.assert_allclose(found.outcome, [e[1] for e in expected])
    np.testing.assert_array_equal(found.count, [e[2] for e in expected])
    gaps = [abs(p - o) for p, o, _ in expected]
    assert found.max_gap == pytest.approx(max(gaps))
    assert found.ece == pytest.approx(
        sum(g * e[2] for g, e in zip(gaps, expected, strict=True)) / 200
    )
    assert found.n_cases == 200


@pytest.mark.parametrize("n_bins", [1, 7, 15, 200, 300])
def test_bins_of_equal_mass_are_equal_parts_of_the_sorted_cases(n_bins):
    found = reliability(P, O, n_bins, "mass")
    order = np.argsort(P)
    parts = [part for part in np.array_split(order, n_bins) if part.size]
    np.testing.assert_array_equal(found.count, [part.size for part in parts])
    np.testing.assert_allclose(found.outcome, [O[part].mean() for part in parts])


def test_equal_estimates_go_where_their_middle_goes():
    def counts(*sizes):
        p = np.repeat(np.arange(len(sizes)) / len(sizes), sizes)
        return reliability(p, np.zeros(len(p)), 2, "mass").count.tolist()

    assert counts(3, 4, 3) == [7, 3]  # a middle on the edge goes down
    assert counts(2, 4, 4) == [6, 4]
    assert counts(4, 4, 2) == [4, 6]
    assert counts(4, 6) == [4, 6]


@given(SAMPLES, st.integers(1, 20), st.sampled_from(["width", "mass"]))
def test_a_bin_never_splits_equal_estimates_and_bins_are_in_order(sample, n_bins, bins):
    p, o = arrays(sample)
    number = bin_cases(read_pairs(p, o), n_bins, bins).number
    assert 0 <= number.min() <= number.max() < n_bins
    order = np.argsort(p)
    assert (np.diff(number[order]) >= 0).all()
    assert all(len(set(number[p == value])) == 1 for value in p)


@given(SAMPLES)
def test_the_sweep_takes_the_most_bins_before_shares_first_fall(sample):
    p, o = arrays(sample)
    best = 1
    for n_bins in range(2, len(set(p)) + 1):
        if (np.diff(reliability(p, o, n_bins, "mass").outcome) < -1e-12).any():
            break
        best = n_bins
    swept, plain = reliability(p, o, "sweep", "mass"), reliability(p, o, best, "mass")
    np.testing.assert_array_equal(swept.count, plain.count)


def test_the_sweep_is_less_biased_than_fifteen_bins():
    rng = np.random.default_rng(0)
    swept, plain = [], []
    for _ in range(50):
        p = rng.random(1000)
        o = rng.random(1000) < p  # calibrated, so that the truth is zero
        swept.append(reliability(p, o, "sweep", "mass").ece)
        plain.append(reliability(p, o, 15, "mass").ece)
    assert np.mean(swept) < 0.85 * np.mean(plain)


@pytest.mark.parametrize(
    ("n_bins", "l1", "largest", "mass"),
    [
        (8, 0.131238457554, 0.428541289632, 0.127080305543),
        (10, 0.141971045284, 0.964556387245, 0.134008606890),
        (15, 0.148126461633, 1.000000000000, 0.153197273015),
    ],
)
def test_the_errors_are_those_of_torchmetrics_and_torch_uncertainty(n_bins, l1, largest, mass):
    """Recorded from torchmetrics 1.9.0, binary_calibration_error(norm="l1" and "max"), and from
    torch_uncertainty 0.13.0, bins of its adaptive calibration error, in float64."""
    assert reliability(P, O, n_bins).ece == pytest.approx(l1, abs=1e-11)
    assert reliability(P, O, n_bins).max_gap == pytest.approx(largest, abs=1e-11)
    assert reliability(P, O, n_bins, "mass").ece == pytest.approx(mass, abs=1e-11)


def test_the_top_label_error_is_that_of_torchmetrics_and_torch_uncertainty():
    """Recorded from torchmetrics 1.9.0, multiclass_calibration_error(n_bins=10), and
    torch_uncertainty 0.13.0, AdaptiveCalibrationError(task="binary", num_bins=15), which is of the
    preferred class and works in float32."""
    assert top_label_reliability(POSTERIOR, Y, n_bins=10).ece == pytest.approx(
        0.399172604084, abs=1e-7
    )
    two = np.column_stack([1 - P, P])
    adaptive = top_label_reliability(two, O, n_bins=15, bins="mass").ece
    assert adaptive == pytest.approx(0.138848230243, abs=1e-7)


def test_the_errors_are_those_of_mapie():
    peer = pytest.importorskip("mapie.metrics.calibration")
    # Their edges are linspace(0, 1, num_bins), so they have one bin less than they are asked for.
    uniform = {"num_bins": 11, "split_strategy": "uniform"}
    ours = expected_calibration_error(P, O, 10).value
    assert ours == pytest.approx(peer.expected_calibration_error(O, P, **uniform))
    order = np.argsort(P)  # theirs splits the cases as they come
    theirs = peer.expected_calibration_error(
        O[order], P[order], num_bins=15, split_strategy="array split"
    )
    assert reliability(P, O, 15, "mass").ece == pytest.approx(theirs)
    per_class = classwise_reliability(POSTERIOR, Y, n_bins=10)
    assert np.mean([found.ece for found in per_class.values()]) == pytest.approx(
        peer.expected_calibration_error(O, POSTERIOR, **uniform, classwise=True, class_labels=Y)
    )
    # Theirs is the mean over the classes preferred, each apart.
    best = POSTERIOR.argmax(axis=1)
    apart = [
        top_label_reliability(POSTERIOR[best == k], Y[best == k], n_bins=10).ece
        for k in np.unique(best)
    ]
    assert np.mean(apart) == pytest.approx(peer.top_label_ece(Y, POSTERIOR, **uniform))


def test_the_interval_of_a_bin_is_exact():
    found = reliability([0.2] * 10 + [0.8] * 10, [0] * 10 + [1] * 5 + [0] * 5, 5)
    low, high = found.interval()
    np.testing.assert_allclose(low, [0.0, 0.187086], atol=1e-6)  # Clopper-Pearson tables
    np.testing.assert_allclose(high, [0.308498, 0.812914], atol=1e-6)


def test_what_is_clipped_is_counted_and_what_is_not_known_is_left_out():
    found = reliability([-0.2, 0.5, 1.7, 0.3], [0, 1, 1, np.nan], 2)
    assert found.clipped == pytest.approx(2 / 3)
    assert found.n_cases == 3
    assert found.ece == pytest.approx(0.25 / 3 * 2)
