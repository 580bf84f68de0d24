import numpy as np
import pytest
from golden_forecasts import SAMPLES, O, P, arrays
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from cede.evaluation.calibration import (
    brier_score,
)


@given(SAMPLES, st.sampled_from([(None, "mass"), (4, "mass"), (4, "width"), ("sweep", "mass")]))
def test_the_parts_add_up_to_the_score(sample, kind):
    p, o = arrays(sample)
    found = brier_score(p, o, *kind)
    total = found.reliability - found.resolution + found.uncertainty
    total += found.within_bin_variance - found.within_bin_covariance
    assert total == pytest.approx(found.score, abs=1e-12)
    assert found.score == pytest.approx(np.mean((p - o) ** 2))
    if kind[0] is None:
        assert found.within_bin_variance == found.within_bin_covariance == 0.0
    assert min(found.reliability, found.resolution, found.within_bin_variance) >= 0.0


def test_the_score_is_that_of_scikit_learn_and_the_uncertainty_that_of_the_share():
    found = brier_score(P, O, 10)
    assert found.score == pytest.approx(brier_score_loss(O, P))
    assert found.uncertainty == pytest.approx(O.mean() * (1 - O.mean()))
    assert found.skill == pytest.approx(1 - found.score / found.uncertainty)
    assert brier_score([0.5, 0.5], [1, 1]).skill == -np.inf
    assert brier_score([1.0, 1.0], [1, 1]).skill == 1.0


def test_the_parts_of_a_forecast_worked_out_by_hand():
    """Murphy's parts: 0.2 said five times, of which one happened; 0.6 said five times, of which
    four; the share is 1/2."""
    found = brier_score([0.2] * 5 + [0.6] * 5, [1, 0, 0, 0, 0, 1, 1, 1, 1, 0])
    assert found.reliability == pytest.approx(0.5 * 0.0 + 0.5 * 0.04)
    assert found.resolution == pytest.approx(0.09)
    assert found.uncertainty == pytest.approx(0.25)
    one_bin = brier_score([0.2] * 5 + [0.6] * 5, [1, 0, 0, 0, 0, 1, 1, 1, 1, 0], 1)
    assert one_bin.within_bin_variance == pytest.approx(0.04)
    assert one_bin.within_bin_covariance == pytest.approx(2 * 0.06)
    assert one_bin.resolution == 0.0
