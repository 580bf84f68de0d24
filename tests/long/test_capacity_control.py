"""The controller over many periods: within capacity always, and what adapting is worth."""

import numpy as np
import pytest

from cede.tuning.capacities import CapacityController, assign

pytestmark = pytest.mark.long

CAPACITY = np.array([60, 120, 30])
N = 1_500


def draw(rng, shift=0.0, n=N):
    """Scores of a model and three experts; a shift makes cases harder for the model only."""
    scores = rng.normal([[0.7, 0.6, 0.65, 0.55]], 0.15, (n, 4))
    scores[:, 0] -= shift
    return scores


def share_of_best(scores, routes, available=None):
    best = assign(scores, CAPACITY, available=available).worth - scores[:, 0].sum()
    return (scores[np.arange(len(scores)), routes] - scores[:, 0]).sum() / best


def dispatch(start, scores, available=None, **options):
    """Send a stream case by case, and check after each that nobody has too many."""
    controller = CapacityController(start, CAPACITY, N, **options)
    there = np.ones((len(scores), 3), dtype=bool) if available is None else available
    routes = np.empty(len(scores), dtype=int)
    for i, case in enumerate(scores):
        routes[i] = controller.route(case, there[i])
        assert (controller.remaining >= 0).all()
        assert routes[i] == 0 or there[i, routes[i] - 1]
    assert (np.bincount(routes, minlength=4)[1:] <= CAPACITY).all()
    return routes, controller


def test_in_a_steady_stream_little_is_lost_and_less_the_longer_it_is():
    """Regret of order sqrt(N): the share lost about halves when N and capacities are fourfold."""
    lost = {1: [], 4: []}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        for times, found in lost.items():
            earlier, now = draw(rng, n=N * times), draw(rng, n=N * times)
            limits = CAPACITY * times
            start = assign(earlier, limits).prices
            controller = CapacityController(start, limits, N * times)
            routes = np.array([controller.route(case) for case in now])
            assert (controller.loads <= limits).all()
            best = assign(now, limits).worth - now[:, 0].sum()
            gained = (now[np.arange(len(now)), routes] - now[:, 0]).sum()
            found.append(1.0 - gained / best)
    short, long = np.mean(lost[1]), np.mean(lost[4])
    assert 0 < long < 0.75 * short
    assert short < 0.06


def test_the_rate_follows_what_is_left_from_any_start():
    """Price zero and a price that nothing is worth end near capacity, spread over the period."""
    rng = np.random.default_rng(0)
    scores = draw(rng)
    for start in (np.zeros(3), np.full(3, 1.0)):
        routes, controller = dispatch(start, scores)
        assert (controller.loads >= 0.9 * CAPACITY).all()
        last_third = np.bincount(routes[1_000:], minlength=4)[1:]
        assert (last_third >= 0.2 * CAPACITY).all()


def test_under_drift_following_beats_fixed_prices():
    """Cases get harder, and expert 2 is away for the middle third; twenty days, paired."""
    ahead = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        start = assign(draw(rng), CAPACITY).prices
        day = np.vstack([draw(rng, shift, N // 3) for shift in (0.0, 0.1, 0.2)])
        there = np.ones((N, 3), dtype=bool)
        there[N // 3 : 2 * N // 3, 1] = False
        followed = share_of_best(day, dispatch(start, day, there)[0], there)
        fixed = share_of_best(day, dispatch(start, day, there, spread=0.0)[0], there)
        ahead.append(followed - fixed)
    assert np.mean(ahead) > 3 * np.std(ahead, ddof=1) / np.sqrt(len(ahead)) > 0


def test_prices_come_back_after_an_absence():
    """While expert 2 is away the others are dearer than with all there; then they are not."""
    higher, later = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        start = assign(draw(rng), CAPACITY).prices
        scores = draw(rng)
        away = np.ones((N, 3), dtype=bool)
        away[300:700, 1] = False
        with_all, without = (CapacityController(start, CAPACITY, N) for _ in range(2))
        for i, case in enumerate(scores):
            with_all.route(case)
            without.route(case, away[i])
            if i == 699:
                higher.append(without.prices[[0, 2]] - with_all.prices[[0, 2]])
                kept = without.prices[1]
            if i == 1_100:
                later.append(without.prices - with_all.prices)
                assert without.prices[1] != kept
    assert (np.mean(higher, axis=0) > 0).all()
    # Expert 2 has more left, and is cheaper; the others have come down with that.
    assert np.mean(later, axis=0)[1] < 0
    assert (np.mean(later, axis=0)[[0, 2]] < np.mean(higher, axis=0)).all()
