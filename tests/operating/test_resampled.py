"""Areas of resampled cases are those of curves computed anew."""

import numpy as np
import pytest

from cede.exceptions import InvalidInput
from cede.operating import deferral_curve_from_scores
from cede.operating._resampled import resampled_areas

N = 60


@pytest.mark.parametrize("n_experts", [1, 3])
@pytest.mark.parametrize("costs", ["errors", "numbers"])
@pytest.mark.parametrize("scores", ["apart", "tied"])
def test_areas_are_those_of_the_curve_of_each_resample(n_experts, costs, scores):
    rng = np.random.default_rng(n_experts)
    table = rng.random((N, n_experts + 1))
    table = np.round(table) if costs == "errors" else table
    ranks = rng.normal(size=(N, n_experts + 1))
    ranks = np.round(ranks) if scores == "tied" else ranks
    rows = rng.integers(N, size=(20, N))
    counts = [np.bincount(one, minlength=N) for one in rows]
    areas = resampled_areas(ranks, table, counts)
    for one, measured in zip(rows, areas, strict=True):
        curve = deferral_curve_from_scores(ranks[one], table[one])
        parts = (curve, curve.random, curve.hull, curve.oracle)
        expected = [*(part.area for part in parts), curve.normalised_area]
        np.testing.assert_allclose(measured, expected, rtol=0.0, atol=1e-12)


def test_where_nothing_can_be_known_the_normalised_area_is_missing():
    table = np.full((N, 2), 0.5)
    ranks = np.random.default_rng(0).normal(size=(N, 2))
    with pytest.raises(InvalidInput, match="nothing lies between the two"):
        assert deferral_curve_from_scores(ranks, table).normalised_area
    (areas,) = resampled_areas(ranks, table, [np.ones(N, dtype=np.int64)])
    np.testing.assert_array_equal(np.isnan(areas), [False, False, False, False, True])
