import numpy as np
from certified import all_prices, problem

from cede import route
from cede.operating import NEVER, OperatingPoint
from cede.tuning.guarantees import (
    certify_scores,
)
from cede.tuning.guarantees._procedures import draw_scouts


def test_bonferroni_tests_few_prices_apart_and_is_stricter():
    scores, costs = problem(4_000)
    scouts = np.arange(4_000) % 4 == 0
    options = {"risk": 0.12, "scout": scouts}
    walk = certify_scores(scores, costs, **options)
    apart = certify_scores(scores, costs, procedure="bonferroni", **options)
    assert walk
    assert apart
    assert apart.p_value <= 0.1 / 20
    assert apart.deferral_rate.value >= walk.deferral_rate.value


def test_bonferroni_passes_over_a_hump_that_the_scouts_did_not_see():
    """Scouts that all are right order by nothing but deferrals; the second price is bad here."""
    gain = np.repeat([1.0, 2.0, 3.0], 400)
    scores = np.column_stack([np.zeros(1_200), gain])
    scouts = np.arange(1_200) % 4 == 0
    costs = np.zeros((1_200, 2))
    costs[scouts & (gain == 1.0), 0] = np.arange(100) < 4  # the more deferred the better,
    costs[scouts & (gain == 2.0), 0] = np.arange(100) < 4  # the scouts say
    costs[scouts & (gain == 3.0), 0] = np.arange(100) < 4
    costs[~scouts & (gain == 2.0), 0] = np.arange(300) < 150  # keeping these is bad,
    costs[~scouts & (gain == 3.0), 1] = np.arange(300) < 120  # and so is deferring those
    options = {"risk": 0.2, "scout": scouts, "delta": 0.2}
    assert certify_scores(scores, costs, **options).point.prices[0] < 2.0
    assert certify_scores(scores, costs, procedure="bonferroni", **options).point.prices[0] == NEVER


def test_the_cheapest_certified_point_keeps_everything_if_the_model_is_good_enough():
    scores, costs = problem(3_000)
    found = certify_scores(scores, costs, risk=0.3)
    assert found.point.prices == (NEVER,)
    assert found.deferral_rate.value == 0.0
    assert str(found).startswith("With nobody deferred, the system errs in at most 30 % of cases")


def test_a_smaller_risk_or_delta_never_defers_less():
    scores, costs = problem(5_000, seed=3)
    rates = [certify_scores(scores, costs, risk=r).deferral_rate.value for r in (0.11, 0.13, 0.15)]
    assert rates == sorted(rates, reverse=True)
    rates = [
        certify_scores(scores, costs, risk=0.06, of="kept", delta=d).deferral_rate.value
        for d in (0.01, 0.1, 0.3, None)
    ]
    assert rates == sorted(rates, reverse=True)


def test_money_along_the_path_falls_with_deferrals():
    """So the point with the fewest deferrals is also the cheapest, whatever the fees."""
    scores, _ = problem(500, n_experts=3)
    fees = np.array([0.0, 0.01, 5.0, 0.2])
    spent = [
        fees[route(scores, OperatingPoint((price,) * 3))].sum() for price in all_prices(scores)
    ]
    assert (np.diff(spent) <= 1e-9).all()


def test_scouts_are_drawn_from_every_group_and_apart_from_cases_of_the_same_seed():
    """Cases made up with one seed must not be sorted by it: their x is not what draws."""
    x = np.random.default_rng(0).random(10_000)
    group = (np.arange(10_000) % 100 == 0).astype(int)
    scouts = draw_scouts(group, 2, 0.2, 0)
    assert [scouts[group == g].sum() for g in (0, 1)] == [1_980, 20]
    assert abs(x[scouts].mean() - 0.5) < 4 * np.sqrt(1 / 12 / 2_000)
    assert (scouts == draw_scouts(group, 2, 0.2, 0)).all()
    assert (scouts != draw_scouts(group, 2, 0.2, 1)).any()
