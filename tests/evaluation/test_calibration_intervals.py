import numpy as np
import pytest
from golden_forecasts import O, P

from cede.evaluation.calibration import (
    brier_score,
    expected_calibration_error,
    reliability,
)
from cede.evaluation.calibration._bins import bin_cases, read_pairs
from cede.evaluation.calibration._error import _gaps, _noise, _spread_seen, _without_bias
from cede.exceptions import InvalidInput


def draw(rng, n, bend):
    p = rng.random(n)
    return p, (rng.random(n) < p + bend * p * (1 - p)).astype(float)


def test_the_interval_holds_zero_for_calibrated_estimates_and_the_truth_for_others():
    """300 draws of 500 cases each; 0.95 is 4 standard errors from 0.90 and 0.9999."""
    rng = np.random.default_rng(0)
    edges = np.linspace(0, 1, 16)
    for bend in (0.0, 0.3, -1.0):
        # In each bin, the integral of bend p (1 - p).
        area = bend * np.diff(edges**2 / 2 - edges**3 / 3)
        truth = np.abs(area).sum()
        held = []
        for seed in range(300):
            p, o = draw(rng, 500, bend)
            found = expected_calibration_error(p, o, n_boot=200, random_state=seed)
            assert found.low <= found.value <= found.high
            held.append(found.low <= truth <= found.high)
        assert np.mean(held) > 0.9, bend


def test_the_interval_is_no_wider_than_the_noise_and_shrinks():
    rng = np.random.default_rng(1)
    for n, width in ((1000, 0.08), (10_000, 0.03), (100_000, 0.01)):
        found = expected_calibration_error(*draw(rng, n, -1.0))
        assert found.high - found.low < width


def test_a_higher_confidence_gives_a_wider_interval_and_a_seed_the_same():
    wide = expected_calibration_error(P, O, confidence=0.99)
    narrow = expected_calibration_error(P, O, confidence=0.8)
    assert wide.low < narrow.low < narrow.high < wide.high
    assert expected_calibration_error(P, O) == expected_calibration_error(P, O, random_state=0)
    assert expected_calibration_error(P, O) != expected_calibration_error(P, O, random_state=1)


def test_the_noise_has_the_covariance_of_means():
    pairs = read_pairs(P, O)
    placed = bin_cases(pairs, 5, "width")
    spread = _spread_seen(pairs, placed)
    noise = _noise(pairs, placed, 200_000, 0, spread)
    off = np.where(placed.number[:, None] == np.arange(5), (O - P)[:, None], 0.0)
    expected = np.cov(off.T, bias=True) / len(P)
    np.testing.assert_allclose(np.cov(noise.T), expected, atol=0.015 * expected.max())
    np.testing.assert_allclose(noise.mean(axis=0), 0.0, atol=2e-4)
    np.testing.assert_allclose(_gaps(pairs, placed, spread)[1], np.sqrt(np.diag(expected)))


def test_without_bias_is_twice_the_gap_less_what_noise_makes_of_it():
    gaps, errors = np.array([0.1, -0.02, 0.0, 0.05]), np.array([0.05, 0.03, 0.04, 0.0])
    noise = np.random.default_rng(0).normal(size=(1_000_000, 4)) * errors
    again = np.abs(gaps + noise).mean(axis=0).sum()
    assert _without_bias(gaps, errors) == pytest.approx(2 * np.abs(gaps).sum() - again, abs=1e-3)


def test_debiased_is_nearer_to_the_truth():
    rng = np.random.default_rng(3)
    plain, debiased = [], []
    for _ in range(100):
        p, o = draw(rng, 500, 0.3)
        plain.append(expected_calibration_error(p, o, n_boot=100).value)
        debiased.append(expected_calibration_error(p, o, n_boot=100, debias=True).value)
    truth = 0.3 / 6
    assert abs(np.mean(debiased) - truth) < 0.5 * abs(np.mean(plain) - truth)


def test_certain_and_right_has_no_error_but_is_not_certain_to_stay_so():
    few, many = (expected_calibration_error([0.0, 1.0] * n, [0, 1] * n) for n in (1, 200))
    assert few[:2] == many[:2] == (0.0, 0.0)
    # Of 200 alike, up to 1.8 % are otherwise, by Clopper and Pearson.
    assert few.high > 0.4
    assert 0.01 < many.high < 0.02
    assert expected_calibration_error([0.0, 1.0], [0, 1], debias=True).value == 0.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([0.1, 0.2], [0]), "estimates has 2, outcomes has 1"),
        (([[0.1]], [0]), "one column at a time"),
        (([0.1], [np.nan]), "outcomes must be known of some case, but none is"),
        (([np.nan], [1]), "estimates must be finite"),
        (([0.5], [2]), r"1 of 1 lie outside \[0, 1\], the first being 2"),
        (([0.5], [1], 0), "n_bins must be a whole number of at least 1"),
        (
            ([0.5], [1], 2.5),
            r"n_bins must be a whole number of at least 1, or 'sweep', but got 2\.5",
        ),
        (
            ([0.5], [1], "sweep", "width"),
            "n_bins must be a number for bins of equal width, but got 'sweep', which",
        ),
        (([0.5], [1], 5, "equal"), "no kind of bins 'equal'"),
    ],
)
def test_bad_input_gets_a_sentence(arguments, words):
    for function in (reliability, expected_calibration_error, brier_score):
        with pytest.raises(InvalidInput, match=words):
            function(*arguments)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_boot": 10}, "n_boot must be a whole number of at least 100, but got 10"),
        ({"n_boot": True}, "n_boot must be a whole number of at least 100, but got True"),
        ({"confidence": 95}, "0.95 for 95 %"),
    ],
)
def test_bad_options_of_the_interval_get_a_sentence(options, words):
    with pytest.raises(InvalidInput, match=words):
        expected_calibration_error([0.5], [1], **options)
