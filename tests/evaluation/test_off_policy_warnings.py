import numpy as np
import pytest

from cede.evaluation.off_policy import off_policy_cost, off_policy_difference


@pytest.mark.parametrize(
    ("chance", "message"),
    [
        (np.ones(30), "Few cases decide the mean cost, as there are 30 cases, though every"),
        (np.r_[0.01, np.ones(999)], "size of 109.8 and 9.1 % of all weight on one case .100"),
    ],
)
@pytest.mark.filterwarnings("ignore:Weights of routes")
def test_few_cases_and_heavy_ones_are_each_warned_of(chance, message):
    n = len(chance)
    with pytest.warns(UserWarning, match=message):
        off_policy_cost(np.zeros(n, int), np.linspace(0, 1, n)[:, None], chance[:, None])


def test_few_matches_of_a_difference_are_said_to_be_few(log):
    risk, seen, chance = log
    routes = risk.argmin(axis=1)
    other = np.where(np.arange(2_000) < 40, (routes + 1) % 3, routes)
    with pytest.warns(UserWarning, match="Few or heavy cases decide the difference"):
        off_policy_difference(routes, other, seen, chance)


def test_where_every_outcome_is_known_nothing_is_matched():
    costs = np.random.default_rng(0).random((138, 2))
    one, other = np.zeros(138, int), (np.arange(138) == 5).astype(int)
    with pytest.warns(UserWarning, match="1 of 138 cases are routed differently, though") as said:
        off_policy_difference(other, one, costs, np.ones((138, 2)))
    assert "matched" not in str(said[0].message)
    groups = np.arange(138) // 3
    with pytest.warns(UserWarning, match="1 of 46 groups are routed differently, though"):
        off_policy_difference(other, one, costs, np.ones((138, 2)), groups=groups)


def test_results_print_in_one_line(log):
    risk, seen, chance = log
    routes = risk.argmin(axis=1)
    line = str(off_policy_cost(routes, seen, chance, confidence=0.9))
    assert line.startswith("mean cost 0.28")
    assert "(90 % interval" in line
    assert "inverse propensity on 2,000 cases" in line
    line = str(off_policy_difference(routes, np.zeros(2_000, int), seen, chance))
    assert line.startswith("mean cost -0.")
    assert "are routed differently" in line
    assert "\n" not in line


def test_arguments_come_back_unchanged(log):
    risk, seen, chance = log
    copies = [table.copy() for table in (seen, chance, risk)]
    off_policy_cost(chance, seen, chance, method="doubly_robust", estimates=risk, clip=2.0)
    for table, copy in zip((seen, chance, risk), copies, strict=True):
        np.testing.assert_array_equal(table, copy)
