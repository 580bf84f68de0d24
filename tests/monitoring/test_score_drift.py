import json
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import ks_2samp

from cede import InvalidInput
from cede.monitoring import (
    score_drift,
)


def test_drift_of_scores_is_scipys_test_and_the_index_by_hand():
    rng = np.random.default_rng(0)
    old, new = rng.normal(size=900), rng.normal(0.3, 1.2, size=250)
    found = score_drift(old, new, n_bins=5)
    test = ks_2samp(old, new)
    assert found.p_value == pytest.approx(test.pvalue)
    assert found.distance == pytest.approx(test.statistic)
    assert found.drifted
    edges = np.sort(old)[[179, 359, 539, 719]]
    np.testing.assert_array_equal(found.edges, edges)
    p = (np.full(5, 180) + 0.5) / 902.5
    q = np.array([np.sum((new > a) & (new <= b)) for a, b in pairwise([-np.inf, *edges, np.inf])])
    q = (q + 0.5) / 252.5
    np.testing.assert_allclose(found.reference_shares, p)
    np.testing.assert_allclose(found.recent_shares, q)
    assert found.stability_index == pytest.approx(np.sum((q - p) * np.log(q / p)))
    assert found.chance_above == pytest.approx(np.mean(new[:, None] > old))


def test_the_index_by_chance_is_exceeded_once_in_twenty():
    rng = np.random.default_rng(0)
    found = [score_drift(rng.normal(size=1_000), rng.normal(size=300)) for _ in range(600)]
    above = np.mean([f.stability_index > f.stability_index_by_chance for f in found])
    assert 0.02 < above < 0.08
    assert np.mean([f.drifted for f in found]) < 0.08


def test_looks_and_columns_multiply_the_p_value():
    rng = np.random.default_rng(0)
    old, new = rng.normal(size=(500, 3)), rng.normal(size=(200, 3))
    new[:, 1] += 0.5
    alone = score_drift(old[:, 1], new[:, 1])
    assert score_drift(old[:, 1], new[:, 1], n_looks=7).p_value == pytest.approx(7 * alone.p_value)
    table = score_drift(old, new, n_looks=7)
    assert table.column == 1
    assert table.p_value == pytest.approx(21 * alone.p_value)
    assert "column 1" in str(table)
    assert "for 7 looks" in str(table)


def test_ties_and_constants_have_bins():
    same = score_drift(np.ones(50), np.ones(20))
    assert (same.p_value, same.chance_above, same.drifted) == (1.0, 0.5, False)
    assert len(same.reference_shares) == 2
    moved = score_drift(np.ones(50), np.full(20, 2.0))
    assert moved.drifted
    assert moved.stability_index > moved.stability_index_by_chance
    flags = score_drift([0] * 80 + [1] * 20, [0] * 10 + [1] * 10)
    assert len(flags.recent_shares) == 2
    assert json.loads(json.dumps(flags.to_dict()))["n_recent"] == 20


@pytest.mark.parametrize(
    ("samples", "options", "words"),
    [
        (([], [1.0]), {}, "reference must hold a score"),
        (([1.0], []), {}, "recent must hold a score"),
        (([1.0, np.nan], [1.0]), {}, "reference must be finite"),
        (([[1.0, 2.0]], [[1.0]]), {}, "recent must have the columns of the reference"),
        ((["a"], [1.0]), {}, "must be numbers"),
        (([1.0], [1.0]), {"n_bins": 1}, "n_bins must be 2 or more"),
        (([1.0], [1.0]), {"n_looks": 0}, "n_looks must be 1 or more"),
        (([1.0], [1.0]), {"confidence": 95}, "write 0.95 for 95 %"),
    ],
)
def test_samples_that_cannot_be_compared_are_refused(samples, options, words):
    with pytest.raises(InvalidInput, match=words):
        score_drift(*(np.asarray(s, dtype=None if len(s) else float) for s in samples), **options)
