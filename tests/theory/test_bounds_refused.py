import inspect

import numpy as np
import pytest

from cede.exceptions import InvalidInput, UnknownName
from cede.losses import SURROGATES
from cede.theory import (
    calibration_transform,
    consistency_bound,
    minimisability_gap,
    optimal_risk,
    plug_in_bound,
    upper_bound_factor,
)
from cede.theory._formulas import FORMULAS


def test_bounds_are_rows_of_the_table_of_surrogates():
    assert set(FORMULAS) <= set(SURROGATES)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimal_risk([0.1, -0.2]), "agent_costs cannot be negative, but got -0.2"),
        (lambda: optimal_risk([0.1, np.nan]), "agent_costs must be finite"),
        (lambda: optimal_risk(0.3), r"shape \(\.\.\., J \+ 1\).* got shape \(\)"),
        (lambda: optimal_risk(np.zeros((2, 0))), r"shape \(\.\.\., J \+ 1\).* got shape \(2, 0\)"),
        (lambda: optimal_risk([0.1, 0.2], u=-1.0), "u must be finite and at least 0, but got -1.0"),
        (lambda: upper_bound_factor(np.inf), "u must be finite"),
        (
            lambda: minimisability_gap(np.zeros((0, 2))),
            "sample_weight must be above 0 in some case",
        ),
        (lambda: minimisability_gap([[0.1, 0.2]], sample_weight=[1.0, 1.0]), r"shape \(1,\)"),
        (
            lambda: minimisability_gap([[0.1, 0.2]], sample_weight=[-1.0]),
            "sample_weight cannot",
        ),
        (lambda: minimisability_gap([[0.1, 0.2]], risk=np.nan), "risk must be finite"),
        (
            lambda: minimisability_gap([[0.1, 0.2]], sample_weight=[0.0]),
            "sample_weight must be above 0 in some case, but the weights of 1 cases",
        ),
        (lambda: calibration_transform(1.1), r"t must be in \[0, 1\], but got 1.1 to 1.1"),
        (lambda: calibration_transform(np.nan), r"t must be in \[0, 1\]"),
        (
            lambda: calibration_transform(0.5, n_agents=1),
            "n_agents must be whole and at least 2",
        ),
        (lambda: consistency_bound(-0.1, "one_vs_all"), "excess cannot be negative"),
        (lambda: consistency_bound([0.1, np.nan], "one_vs_all"), "excess must be finite"),
        (
            lambda: consistency_bound(0.1, "aggregated"),
            "scale must be a number .* but got none; pass scale and n_agents",
        ),
        (
            lambda: consistency_bound(0.1, "aggregated", scale=1.0),
            "n_agents must be a number .* but got none",
        ),
        (
            lambda: consistency_bound(0.1, "aggregated", scale=[1.0, 2.0], n_agents=2),
            r"scale must be finite and above 0, but got \[1.0, 2.0\]",
        ),
        (
            lambda: consistency_bound(0.1, "softmax_one_vs_all", weight="heavy"),
            "weight must be finite and above 0, but got 'heavy'",
        ),
        (
            lambda: consistency_bound(0.1, "expected_cost"),
            "n_actions must be a number for the bound of 'expected_cost'",
        ),
        (
            lambda: consistency_bound(0.1, "expected_cost", n_actions=2.5),
            "n_actions must be who",
        ),
        (
            lambda: consistency_bound(0.1, "rejector"),
            "scale must be a number for the bound of 'rejector'",
        ),
        (
            lambda: consistency_bound(0.1, "rejector", scale=0.0),
            "scale must be finite and above",
        ),
        (
            lambda: consistency_bound(0.1, "one_vs_all", scale=1.0),
            "scale must stay at its default .* does not depend on it, but got 1.0",
        ),
        (
            lambda: consistency_bound(0.1, "one_vs_all", max_cost=0.5),
            "max_cost must .* least 1",
        ),
        (
            lambda: plug_in_bound([[1.0]], [[1.0]], [0.1], [[0.1]]),
            "posterior must have one shape .* write one row per case",
        ),
        (
            lambda: plug_in_bound([1.0], [1.0], [0.1], [0.1]),
            "posterior must have one shape .* write one row per case",
        ),
        (
            lambda: plug_in_bound([[1.0]], [[-1.0]], [0.1], [0.1]),
            "estimated_posterior cannot be negative",
        ),
        (lambda: plug_in_bound([[1.0]], [[1.0]], [0.1], [0.1], max_cost=0.9), "max_cost must"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(call, message):
    with pytest.raises(InvalidInput, match=message):
        call()


#: A value for each keyword, none of them its default.
KEYWORDS = {
    "u": 1.5,
    "n_agents": 3,
    "n_actions": 4,
    "scale": 2.0,
    "margin": "squared_hinge",
    "weight": 0.4,
    "max_cost": 1.5,
    "exact": True,
}


@pytest.mark.parametrize("kind", FORMULAS)
def test_each_kind_takes_its_keywords_and_refuses_the_others_unless_at_their_defaults(kind):
    own = {name: KEYWORDS[name] for name in FORMULAS[kind].takes}
    value = consistency_bound(0.01, kind, **own)
    for name, other in KEYWORDS.items():
        default = inspect.signature(consistency_bound).parameters[name].default
        if name not in own:
            with pytest.raises(
                InvalidInput, match=f"{name} must stay at its default for the bound"
            ):
                consistency_bound(0.01, kind, **own, **{name: other})
            assert consistency_bound(0.01, kind, **own, **{name: default}) == value
        elif default is not None:
            assert consistency_bound(0.01, kind, **(own | {name: default})) != value
        else:
            with pytest.raises(
                InvalidInput, match=f"{name} must be a number for the bound of '{kind}'"
            ):
                consistency_bound(0.01, kind, **(own | {name: None}))


def test_the_hinge_needs_no_scale_and_takes_one_without_effect():
    excess = np.array([0.0, 0.3])
    bound = consistency_bound(excess, "rejector", margin="hinge")
    np.testing.assert_array_equal(bound, excess)
    assert not np.shares_memory(bound, excess)
    np.testing.assert_array_equal(
        consistency_bound(excess, "rejector", margin="hinge", scale=7.0), excess
    )


def test_unknown_names_come_with_the_known_ones():
    with pytest.raises(UnknownName, match=r"Did you mean 'aggregated'.*expected_cost"):
        consistency_bound(0.1, "agregated")
    with pytest.raises(UnknownName, match="Did you mean 'hinge'"):
        consistency_bound(0.1, "rejector", margin="hinged", scale=1.0)
