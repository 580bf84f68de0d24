"""How often honest splits are taken for cases seen, and cases seen for chance, by coarseness."""

import numpy as np
import pytest

from cede._rows._fingerprint import fingerprint

pytestmark = pytest.mark.long


def rounded(columns, decimals):
    return lambda draw, n: draw.normal(size=(n, columns)).round(decimals)


def one_hot(*sizes):
    return lambda draw, n: np.hstack([np.eye(k)[draw.integers(k, size=n)] for k in sizes])


def mixed(draw, n):
    return np.hstack([rounded(1, 1)(draw, n), one_hot(5, 3)(draw, n), draw.poisson(3, (n, 1))])


FEATURES = {
    "1 column": rounded(1, 16),
    "3 columns": rounded(3, 16),
    **{f"{d} columns, {k} decimals": rounded(d, k) for d in (1, 2, 3) for k in (0, 1, 2)},
    "one-hot": one_hot(30),
    "one-hot, three": one_hot(20, 20, 5),
    "mixed": mixed,
}
SIZES = (150, 500, 2_000)
COPIES = {"once": (1, 2), "twice": (2, 3), "up to four times": (1, 5)}


def alarms(make, n, copies, half_seen, draws):
    """Share of draws in which the second part is said to hold cases of the first."""
    found = 0
    for seed in range(draws):
        draw = np.random.default_rng([seed, n])
        rows, times = make(draw, n), draw.integers(*COPIES[copies], size=n)
        n_new = int(n * draw.choice([0.25, 0.5]))
        fitted, new = np.split(np.arange(n), [n - n_new])
        if half_seen:
            new[: n_new // 2] = draw.choice(fitted, n_new // 2, replace=False)
        seen = fingerprint(rows[fitted.repeat(times[fitted])])
        found += seen.overlap(rows[new.repeat(times[new])]) is not None
    return found / draws


@pytest.mark.parametrize("copies", COPIES)
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("features", FEATURES)
def test_honest_splits_are_refused_in_one_percent_at_most(features, n, copies):
    assert alarms(FEATURES[features], n, copies, half_seen=False, draws=500) <= 0.01


@pytest.mark.parametrize("copies", ["once", "twice"])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize(
    "features", ["1 column", "3 columns", "2 columns, 2 decimals", "3 columns, 1 decimals"]
)
def test_half_of_the_cases_seen_are_never_missed(features, n, copies):
    assert alarms(FEATURES[features], n, copies, half_seen=True, draws=500) == 1.0
