"""Resamples are draws with replacement, exactly; critical values hold all estimates at once."""

import numpy as np
import pytest
from scipy.stats import binom, norm, t

from cede.evaluation.resampling import critical_value, paired_bootstrap
from cede.exceptions import InvalidInput


def counts_of(n, n_boot, watched=40):
    """How often each of the first cases was drawn: their indicators are the outcomes."""
    outcomes = np.zeros((n, min(n, watched) + 1))
    np.fill_diagonal(outcomes, 1.0)
    outcomes[:, -1] = np.random.default_rng(0).random(n)  # no two cases are alike
    drawn = n * paired_bootstrap(outcomes, n_boot, 1)[:, :-1]
    np.testing.assert_allclose(drawn, drawn.round(), atol=1e-3)
    return drawn.round().astype(int)


@pytest.mark.parametrize("n", [1, 2, 9, 10, 37, 3_000])
def test_counts_of_cases_are_multinomial(n):
    """Margins are binomial and two cases take draws from each other: covariance -1 / n."""
    counts = counts_of(n, 20_000 if n < 100 else 4_000)
    seen = np.bincount(counts.ravel(), minlength=8)[:8] / counts.size
    expected = binom.pmf(np.arange(8), n, 1 / n)
    error = np.sqrt(expected * (1 - expected) / counts.size)
    assert (np.abs(seen - expected) < 4.5 * error + 1e-12).all()
    if n > 1:
        total = counts.sum(axis=1)
        k = counts.shape[1]  # of k cases together, k draws are expected, with this variance
        assert total.var() == pytest.approx(k * (1 - k / n), rel=0.1, abs=1e-9)
        assert np.cov(counts[:, 0], counts[:, 1])[0, 1] == pytest.approx(-1 / n, abs=0.03)


@pytest.mark.parametrize("few_patterns", [True, False])
def test_means_spread_as_means_of_independent_cases_do(few_patterns):
    rng = np.random.default_rng(3)
    outcomes = rng.random((5_000, 3))
    if few_patterns:
        outcomes = (outcomes < [0.2, 0.5, 0.9]).astype(float)
    means = paired_bootstrap(outcomes, 4_000, 0)
    assert means.mean(axis=0) == pytest.approx(outcomes.mean(axis=0), abs=4e-4)
    assert means.std(axis=0) == pytest.approx(outcomes.std(axis=0) / np.sqrt(5_000), rel=0.05)
    correlation = np.corrcoef(outcomes.T)
    np.testing.assert_allclose(np.corrcoef(means.T), correlation, atol=0.06)


def test_patterns_and_cases_give_the_same_distribution():
    """A column in which all cases differ forbids patterns; the others do not notice."""
    right = (np.random.default_rng(0).random((8_000, 2)) < 0.7).astype(float)
    alone = paired_bootstrap(right, 4_000, 0)
    beside = paired_bootstrap(np.column_stack([right, np.arange(8_000)]), 4_000, 0)[:, :2]
    shares = [0.01, 0.1, 0.5, 0.9, 0.99]
    spread = right.std() / np.sqrt(8_000)
    np.testing.assert_allclose(
        np.quantile(alone, shares, axis=0), np.quantile(beside, shares, axis=0), atol=0.2 * spread
    )


def test_equal_columns_stay_equal_and_constants_constant():
    rng = np.random.default_rng(0)
    one = rng.random(3_000)
    fixed = np.full(3_000, 0.25)
    means = paired_bootstrap(np.column_stack([one, fixed, rng.random(3_000), one]), 50, 0)
    np.testing.assert_array_equal(means[:, 0], means[:, 3])
    np.testing.assert_array_equal(means[:, 1], 0.25)
    late = one.copy()
    late[-1] += 1.0  # equal in all cases but the last
    apart = np.diff(paired_bootstrap(np.column_stack([one, late]), 200, 0))
    assert apart.mean() == pytest.approx(1 / 3_000, rel=0.3)


def test_costs_far_from_zero_lose_no_digits():
    """Deviations are added in single precision, which holds seven digits of them."""
    small = np.random.default_rng(0).random((3_000, 1))
    near = paired_bootstrap(np.hstack([small, small + 1e6]), 200, 0)
    np.testing.assert_allclose(near[:, 1] - 1e6, near[:, 0], atol=1e-8)
    huge = paired_bootstrap(small * 1e200, 200, 0)[:, 0]
    np.testing.assert_allclose(huge / 1e200, paired_bootstrap(small, 200, 0)[:, 0], rtol=1e-6)


def test_groups_of_any_size_are_drawn_whole():
    """Against the delta method for a ratio of sums; numbers of groups may have gaps."""
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(0, 1_000, 2), rng.integers(1, 9, 500))
    level = rng.normal(size=1_000)[group]
    values = level + 0.3 * rng.normal(size=len(group))
    means = paired_bootstrap(values[:, None], 4_000, 0, groups=group)[:, 0]
    number = np.unique(group, return_inverse=True)[1]
    sums, sizes = np.bincount(number, values), np.bincount(number)
    apart = (sums - values.mean() * sizes) / sizes.mean()
    assert means.std() == pytest.approx(apart.std() / np.sqrt(500), rel=0.05)
    with pytest.raises(InvalidInput, match="groups has 3"):
        paired_bootstrap(values[:, None], 10, groups=np.arange(3))


def test_a_bootstrap_of_nothing_is_refused():
    for outcomes, n_boot in ((np.zeros((0, 2)), 10), (np.zeros(5), 10), (np.zeros((5, 1)), 0)):
        with pytest.raises(
            InvalidInput,
            match=r"outcomes must have shape \(n, R\) with one case at least, and n_boot must be",
        ):
            paired_bootstrap(outcomes, n_boot)
    with pytest.raises(InvalidInput, match="NaN"):
        paired_bootstrap(np.array([[0.0], [np.nan]]), 10)


def test_one_estimate_reaches_as_far_as_student_says():
    column = np.random.default_rng(0).normal(size=(11, 1))
    assert critical_value(column, 0.9) == pytest.approx(t.ppf(0.95, 10))
    assert critical_value(column, 0.9, one_sided=True) == pytest.approx(t.ppf(0.9, 10))


def test_independent_estimates_reach_further_and_copies_do_not():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(20_000, 15))
    both = norm.ppf((1 + 0.95 ** (1 / 15)) / 2)
    assert critical_value(table) == pytest.approx(both, abs=0.06)
    assert critical_value(table, one_sided=True) == pytest.approx(
        norm.ppf(0.95 ** (1 / 15)), abs=0.06
    )
    copies = table[:, :1] * np.arange(1, 16) + np.arange(15)
    assert critical_value(copies) == pytest.approx(1.96, abs=0.06)


def test_more_estimates_than_cases_are_drawn_case_by_case():
    """Columns repeated: the same correlation, however it is reached."""
    table = np.random.default_rng(0).normal(size=(60, 40))
    few, many = critical_value(table), critical_value(np.hstack([table, table]))
    assert many == pytest.approx(few, rel=0.02)


def test_estimates_without_spread_count_for_nothing():
    table = np.random.default_rng(0).normal(size=(500, 3))
    known = np.full((500, 2), 0.1)
    assert critical_value(np.hstack([table, known])) == critical_value(table)
    assert critical_value(known) == 0.0
    assert critical_value(np.zeros((500, 0))) == 0.0


def test_critical_values_of_nothing_are_refused():
    for table in (np.zeros((1, 3)), np.zeros(3)):
        with pytest.raises(
            InvalidInput,
            match=r"influence must have shape \(n, m\) with two cases at least, and n_boot must",
        ):
            critical_value(table)
    with pytest.raises(InvalidInput, match=r"n_boot must be at least 1, but got \(.*\) and 0"):
        critical_value(np.zeros((5, 3)), n_boot=0)
    with pytest.raises(InvalidInput, match="confidence"):
        critical_value(np.zeros((5, 3)), 95)
    with pytest.raises(InvalidInput, match="NaN"):
        critical_value(np.full((5, 3), np.nan))
