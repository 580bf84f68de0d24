import numpy as np
import pytest

import cede
from cede.evaluation.off_policy import off_policy_cost, off_policy_difference

GOOD = {
    "routes": np.array([0, 1, 0]),
    "agent_costs": np.array([[0.1, np.nan], [np.nan, 0.2], [0.3, np.nan]]),
    "propensities": np.full((3, 2), 0.5),
}


def broken(name, index, value):
    table = GOOD[name].copy()
    table[index] = value
    return {name: table}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (broken("propensities", (1, 1), 0.0), r"propensities must be in \(0, 1\] wherever a cost"),
        (broken("propensities", (2, 0), 1.01), r"propensities must be in \(0, 1\] wherever a cost"),
        (broken("propensities", (0, 0), -0.5), r"propensities must be in \(0, 1\] wherever a cost"),
        (broken("propensities", (0, 0), np.nan), r"propensities must be in \(0, 1\] wherever a"),
        (
            {"propensities": np.full(4, 0.5)},
            r"propensities must be one per case and agent, but got shape \(4,\)",
        ),
        (
            {"propensities": np.full((3, 3), 0.5)},
            r"propensities must be one per case and agent, but got shape \(3, 3\)",
        ),
        ({"propensities": None}, "propensities must say how likely each cost was to be observed,"),
        ({"propensities": [["a", "b"]] * 3}, "propensities must be numbers"),
        ({"agent_costs": np.array([0.1, 0.2, 0.3])}, "agent_costs must have shape"),
        (broken("agent_costs", (0, 0), np.inf), r"agent_costs that are not missing .* \(0, 0\)"),
        ({"agent_costs": np.full((3, 2), np.nan)}, "does not say what they would cost"),
        ({"routes": [1, 0, 1]}, "routes must choose agents whose cost is known somewhere, but in"),
        ({"routes": [0, 1, 2]}, r"routes must lie in 0\.\.1 \(0 is the model\), but got 0 to 2"),
        ({"routes": [0, 1]}, "routes has 2, agent_costs has 3"),
        ({"routes": [0.0, 1.0, 0.0]}, r"routes must be whole numbers of shape \(n,\) or"),
        ({"routes": np.full((3, 2), 0.4)}, "rows that sum to 1, .* from 0.8 to 0.8"),
        ({"routes": [[1.5, -0.5]] * 3}, "not negative .* the smallest is -0.5"),
        ({"routes": [[0.5, np.nan]] * 3}, "routes must be finite numbers"),
        ({"method": "ips"}, "no method 'ips'.*inverse_propensity, self_normalised, doubly_robust"),
        ({"method": "doubly_robust"}, "came without them"),
        ({"estimates": np.zeros((3, 2))}, "estimates must come with the method 'doubly_robust'"),
        (
            {"method": "doubly_robust", "estimates": GOOD["agent_costs"]},
            "estimates must be finite numbers",
        ),
        ({"method": "doubly_robust", "estimates": np.zeros(3)}, "estimates must have shape"),
        ({"confidence": 95}, "write 0.95 for 95 %"),
        ({"clip": 0.5}, r"clip must be finite and at least 1, but got 0\.5"),
        ({"clip": np.nan}, "at least 1"),
        ({"groups": [0, 1]}, "groups has 2"),
        ({"groups": [7, 7, 7]}, "groups must be two at least, but all cases are in one"),
        ({"groups": np.zeros((3, 1))}, "groups must have shape"),
        ({name: table[:1] for name, table in GOOD.items()}, "two cases at least"),
    ],
)
def test_a_bad_log_gets_a_sentence(changes, message):
    with pytest.raises(cede.InvalidInput, match=message):
        off_policy_cost(**{**GOOD, **changes})


def test_propensities_of_unknown_costs_are_not_read():
    chances = np.where(np.isnan(GOOD["agent_costs"]), [[7.0, np.nan]], 0.5)
    with pytest.warns(UserWarning, match="Few"):
        found = off_policy_cost(GOOD["routes"], GOOD["agent_costs"], chances)
    assert found.value == pytest.approx((0.1 + 0.2 + 0.3) / 0.5 / 3)


def test_routes_that_no_known_cost_tells_apart_are_refused():
    costs = np.array([[0.1, np.nan, np.nan], [0.2, np.nan, np.nan], [0.1, np.nan, np.nan]])
    with pytest.raises(
        cede.InvalidInput,
        match=r"routes must differ from the other routes where a log can tell them apart,",
    ):
        off_policy_difference([0, 1, 1], [0, 2, 2], costs, np.full((3, 3), 0.5))
    with pytest.raises(cede.InvalidInput, match=r"other_routes must lie in 0\.\.2"):
        off_policy_difference([0, 1, 1], [0, 2, 3], costs, np.full((3, 3), 0.5))
