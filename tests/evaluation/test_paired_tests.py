import numpy as np
import pytest
from compared import row, situation
from scipy.stats import binomtest, ttest_1samp

import cede
from cede.evaluation.comparison import holm, mcnemar


def test_mcnemar_is_the_binomial_test_of_discordant_cases():
    draw = np.random.default_rng(0)
    one, two = draw.random((2, 80)) < [[0.8], [0.6]]
    found = mcnemar(one, two)
    b, c = np.sum(one & ~two), np.sum(two & ~one)
    assert (found.first_only, found.second_only, found.n_cases) == (b, c, 80)
    assert found.p_value == pytest.approx(binomtest(b, b + c).pvalue)
    assert mcnemar(two, one).p_value == found.p_value
    assert mcnemar(one, one).p_value == 1.0
    with pytest.raises(cede.InvalidInput, match="first must be 1 where it was right"):
        mcnemar([0.2, 1.0], [1, 0])
    with pytest.raises(cede.InvalidInput, match="first has 2, second has 3"):
        mcnemar([0, 1], [1, 0, 1])


def test_two_rows_of_a_comparison_are_tested_case_by_case():
    compared = situation(0.75, [0.8])
    found = compared.mcnemar("seeing", "blinded", 0.3)
    apart = row(compared.at(0.3), "seeing").accuracy - row(compared.at(0.3), "blinded").accuracy
    assert (found.first_only - found.second_only) / 3_000 == pytest.approx(apart)
    assert found.p_value < 0.001
    assert "p < 0.0001 (McNemar, exact)" in str(found)
    assert compared.at(0.3).mcnemar("seeing", "model alone", 0.3).p_value < 0.001
    with pytest.raises(cede.InvalidInput, match=r"but got None; choose one of \[0\.1, 0\.3\]"):
        compared.mcnemar("seeing", "blind")
    with pytest.raises(cede.InvalidInput, match=r"no row 'seing'.*Did you mean 'seeing'"):
        compared.mcnemar("seing", "blind", 0.1)
    with pytest.raises(cede.InvalidInput, match="other values"):
        compared.mcnemar("seeing", "oracle", 0.1) and compared.mcnemar(
            "seeing", "random, same rate", 0.1
        )


def test_holm_by_hand():
    np.testing.assert_allclose(holm([0.04, 0.01, 0.03, 0.5]), [0.09, 0.04, 0.09, 0.5])
    np.testing.assert_allclose(holm([0.4, 0.6]), [0.8, 0.8])
    assert holm([]).shape == (0,)
    with pytest.raises(cede.InvalidInput, match="between 0 and 1"):
        holm([0.1, np.nan])


def test_every_method_against_a_baseline_says_what_it_corrected_for():
    compared = situation(0.75, [0.8])
    found = compared.against("model alone")
    assert [(t.method, t.budget) for t in found.tests] == [
        (name, b) for name in ("seeing", "blind", "blinded") for b in (0.1, 0.3)
    ]
    np.testing.assert_allclose(
        [t.p_corrected for t in found.tests], holm([t.p_value for t in found.tests])
    )
    assert "corrected by Holm's method for the 6 tests of this table" in str(found)
    at = compared.against("seeing", 0.1)
    assert [t.method for t in at.tests] == ["blind", "blinded"]
    for test in at.tests:
        assert test.p_value == compared.mcnemar(test.method, "seeing", 0.1).p_value
        rows = (row(compared.at(0.1), name).accuracy for name in (test.method, "seeing"))
        assert test.difference.value == pytest.approx(next(rows) - next(rows))
        assert test.difference.low < test.difference.value < test.difference.high
    assert max(map(len, str(at).splitlines())) <= 100


def test_costs_and_groups_are_tested_by_student_s_t():
    draw = np.random.default_rng(0)
    X, table = draw.normal(size=(300, 3)), draw.random((300, 2))
    table[:, 1] += 0.05

    class Scores:
        def agent_scores(self, X):
            return X[:, :2]

    found = cede.compare({"mine": Scores()}, X, table, budgets=[0.3], n_boot=100)
    (test,) = found.against().tests
    routes = cede.route(X[:, :2], cede.choose_operating_point(X[:, :2], 0.3))
    apart = table[:, 0] - table[np.arange(300), routes]
    assert test.test == "Student's t"
    assert test.p_value == pytest.approx(ttest_1samp(apart, 0.0).pvalue)
    with pytest.raises(cede.InvalidInput, match="other values"):
        found.mcnemar("mine", "model alone")
    # Each case four times, in groups: the same test as of the cases once, up to a quarter.
    four = np.repeat(np.arange(300), 4)
    grouped = cede.compare(
        {"mine": Scores()}, X[four], table[four], budgets=[0.3], n_boot=100, groups=four
    )
    (same,) = grouped.against().tests
    assert same.test == "Student's t over groups"
    assert same.p_value == pytest.approx(test.p_value, rel=1e-6)
    with pytest.raises(cede.InvalidInput, match="use against"):
        grouped.mcnemar("mine", "model alone")
