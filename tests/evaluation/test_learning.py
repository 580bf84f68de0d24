"""How many answers are needed: fits on growing parts, judged on the same cases."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import cede
from cede._intervals import Estimate
from cede.evaluation import LearningCurve, LearningPoint, learning_curve
from cede.evaluation.learning._interval import mean_over_fits
from cede.report.plotting._learning import learning_curve as plot

rng = np.random.default_rng(0)
N, TEST = 400, 1_500
X = rng.normal(size=(N + TEST, 4))
y = (X[:, 0] + rng.normal(size=len(X)) > 0).astype(int)
# Expert 1 is right where feature 1 is positive, expert 2 elsewhere; the model sees feature 0 only.
skill = np.column_stack([X[:, 1] > 0, X[:, 1] <= 0]) * 0.45 + 0.5
experts = np.where(rng.random(skill.shape) < skill, y[:, None], 1 - y[:, None]).astype(float)


def first_feature(X):
    return np.asarray(X)[:, :1]


model = make_pipeline(FunctionTransformer(first_feature), LogisticRegression()).fit(X[:N], y[:N])


class Apprentice:
    """Notes what it is fitted on; defers more rightly the more cases it has seen."""

    lessons: list = []  # noqa: RUF012

    def __init__(self, model):
        self.model = model

    def get_params(self, deep=True):
        return {"model": self.model}

    def fit(self, X, y, experts=None, costs=None):
        Apprentice.lessons.append((np.asarray(X)[:, 0], np.asarray(y), experts))
        self.size_ = len(X)
        return self

    def agent_scores(self, X):
        learned = np.arange(len(X)) < self.size_
        right = np.where(learned, X[:, 1], 0.0)
        return np.column_stack([np.full(len(X), 0.3), right, -right])

    def predict(self, X):
        return self.model.predict(X)


def curve(router, **changes):
    options = {"sizes": [25, 100, 400], "budget": 0.5, "repeats": 3, **changes}
    data = {"X_test": X[N:], "y_test": y[N:], "experts_test": experts[N:]}
    return learning_curve(router, X[:N], y[:N], experts[:N], **{**data, **options})


def test_more_answers_gain_more_and_the_model_stays():
    found = curve(cede.PostHocRouter(model))
    gains = [p.gain.value for p in found.points]
    assert gains[0] < gains[1] < gains[2]
    assert found.points[-1].gain.low > 0.05
    right = np.mean(model.predict(X[N:]) == y[N:])
    for point in found.points:
        assert point.model_cost.value == pytest.approx(1 - right)
        assert point.gain.value == pytest.approx(point.model_cost.value - point.cost.value)
        assert point.gain.low < point.gain.value < point.gain.high
        assert point.deferral_rate <= 0.5
    assert 25 < found.needed(0.95) < 400
    assert "90% of the gain at 400 cases needs about" in str(found)
    # The last fit is on all cases: what score and compare say of it, they say here.
    router = cede.PostHocRouter(model).fit(X[:N], y[:N], experts=experts[:N])
    rows = cede.compare({"it": router}, X[N:], y[N:], experts[N:], budgets=[0.5], n_boot=10).rows
    assert found.points[-1].cost.value == pytest.approx(rows[0].cost, abs=0.003)


def test_parts_are_nested_and_differ_between_repeats():
    Apprentice.lessons.clear()
    told = []
    frame = pd.DataFrame(experts, columns=["ann", "bob"])
    found = learning_curve(
        Apprentice(model), X[:N], y[:N], frame[:N], X_test=X[N:], y_test=y[N:],
        experts_test=frame[N:], sizes=[10, 20], repeats=2,
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    (a, _, names), (b, _, _), (c, labels, _), (d, _, _) = Apprentice.lessons
    assert set(a) < set(c)
    assert set(b) < set(d)
    assert set(a) != set(b)
    assert list(names.columns) == ["ann", "bob"]
    where = dict(zip(X[:N, 0], y[:N], strict=True))
    assert [where[x] for x in c] == list(labels)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [p.n_answers for p in found.points] == [20, 40]


def test_known_answers_are_counted_and_missing_ones_are_not():
    gappy = experts[:N].copy()
    gappy[::2, 0] = np.nan
    found = curve(cede.PostHocRouter(model), sizes=[N], repeats=2)
    thin = learning_curve(
        cede.PostHocRouter(model), X[:N], y[:N], gappy, X_test=X[N:], y_test=y[N:],
        experts_test=experts[N:], sizes=[N], repeats=2,
    )  # fmt: skip
    assert (found.points[0].n_answers, thin.points[0].n_answers) == (2 * N, 1.5 * N)


def test_fees_are_part_of_the_cost_and_the_curve_is_seeded():
    router = cede.PostHocRouter(model)
    free, dear, again = curve(router), curve(router, fees=[0.1, 0.1]), curve(router)
    assert str(free) == str(again)
    assert str(curve(router, random_state=7)) != str(free)
    for a, b in zip(free.points, dear.points, strict=True):
        assert b.cost.value - a.cost.value == pytest.approx(0.1 * a.deferral_rate)


def test_a_table_of_costs_is_learnt_from_and_judged_on():
    table = np.column_stack([np.full(N + TEST, 0.5), 1 - skill])
    found = learning_curve(
        cede.TwoStageRouter(), X[:N], table[:N], X_test=X[N:], y_test=table[N:], budget=1.0
    )
    assert [p.n_cases for p in found.points] == [12, 25, 50, 100, 200, 400]
    assert found.points[-1].cost.value < 0.25
    assert found.points[-1].n_answers == 2 * N


def points(*gains, reach=0.01):
    def of(size, gain):
        one = Estimate(gain, gain - reach, gain + reach)
        return LearningPoint(size, float(size), one, one, one, 0.2)

    made = tuple(of(100 * 2**k, gain) for k, gain in enumerate(gains))
    return LearningCurve(made, 0.2, 5, 1000, 0.95)


def test_needed_is_where_the_line_gets_there():
    found = points(0.02, 0.06, 0.10)
    assert found.needed(0.8) == pytest.approx(300)  # 0.08, half way from 200 to 400
    assert found.needed(0.1) == 100
    assert found.needed(1.0) == 400
    assert points(0.02, 0.11, 0.10).needed(0.65) == pytest.approx(150)
    with pytest.raises(cede.InvalidInput, match="share must be above 0"):
        found.needed(0)


def test_no_gain_needs_no_number_of_answers():
    found = points(-0.05, 0.002, 0.005)
    assert np.isnan(found.needed())
    assert "At 400 cases no gain over the model alone is shown" in str(found)


def test_a_curve_that_rises_says_so():
    assert points(0.02, 0.06, 0.10).still_rising
    assert "More cases may bring more" in str(points(0.02, 0.06, 0.10))
    assert not points(0.02, 0.098, 0.10).still_rising
    assert not points(0.10).still_rising


def test_intervals_hold_what_other_cases_would_have_given():
    """Both kinds of chance count: other cases to learn from, other cases to judge on."""
    draw = np.random.default_rng(1)
    hits = []
    for _ in range(2_000):
        fits, cases = 0.3 * draw.normal(size=(5, 1)), draw.normal(size=(1, 50))
        hits.append(mean_over_fits(fits + cases, 0.95))
    assert 0.94 < np.mean([h.low <= 0 <= h.high for h in hits]) < 0.995


def test_what_cannot_be_learnt_from_is_refused():
    router = cede.PostHocRouter(model)
    for changes, words in (
        ({"sizes": [100, 50]}, "increasing"),
        ({"sizes": []}, "increasing"),
        ({"sizes": [0, 5]}, "increasing"),
        ({"sizes": [0.5, 1.0]}, "numbers of cases"),
        ({"sizes": [100, 1_000]}, "sizes must not exceed the 400 cases to fit on, but got 1,000"),
        ({"repeats": 1}, "repeats must be at least 2"),
        ({"budget": 20}, "budget"),
        ({"confidence": 95}, "confidence"),
        ({"experts_test": experts[N:, :1]}, "same experts"),
        ({"experts_test": np.full((TEST, 2), np.nan)}, "two test cases"),
        ({"experts_test": experts[:3]}, "3"),
    ):
        with pytest.raises(cede.InvalidInput, match=words):
            curve(router, **changes)
    with pytest.raises(cede.InvalidInput, match="100% of X_test are in X"):
        curve(router, X_test=X[:N], y_test=y[:N], experts_test=experts[:N])
    with pytest.raises(cede.InvalidInput, match="without get_params"):
        curve(object())
    one_class = cede.PostHocRouter(LogisticRegression())
    with pytest.raises(cede.InvalidInput, match=r"fit on 1 of 400 cases failed.*larger sizes"):
        curve(one_class, sizes=[1, 400])
    with pytest.raises(cede.InvalidInput, match="experts has 399"):
        learning_curve(
            router, X[:N], y[:N], experts[1:N], X_test=X[N:], y_test=y[N:], experts_test=experts[N:]
        )


def test_a_figure_says_how_many_cases_are_needed():
    drawn = plot(points(0.02, 0.06, 0.10), share=0.8)
    ax = drawn.axes[0]
    texts = [t.get_text() for t in ax.texts]
    assert "80% of the gain:\nabout 300 cases" in texts
    assert [t.get_text() for t in ax.get_xticklabels()] == ["400", "200", "100"]
    (dots,) = [drawn for drawn in ax.lines if drawn.get_marker() == "o"]
    np.testing.assert_allclose(dots.get_ydata(), [0.02, 0.06, 0.10])
    nothing = plot(points(-0.05, 0.002), width=3.6)
    assert not any("of the gain" in t.get_text() for t in nothing.axes[0].texts)


def test_the_order_of_the_rows_changes_nothing():
    order = np.random.default_rng(1).permutation(N)
    here = curve(cede.TwoStageRouter(LogisticRegression()))
    data = {"X_test": X[N:], "y_test": y[N:], "experts_test": experts[N:]}
    options = {"sizes": [25, 100, 400], "budget": 0.5, "repeats": 3}
    there = learning_curve(
        cede.TwoStageRouter(LogisticRegression()),
        X[:N][order],
        y[:N][order],
        experts[:N][order],
        **data,
        **options,
    )
    assert here == there


def test_groups_are_shuffled_whole_reach_the_fit_and_widen_intervals():
    seen = []

    class Grouped(Apprentice):
        def fit(self, X, y, experts=None, costs=None, groups=None):
            seen.append(groups)
            return super().fit(X, y, experts, costs)

    groups = np.char.add("g", (np.arange(N) // 20).astype(str))
    curve(Grouped(model), groups=groups, sizes=[100, 400], repeats=2)
    assert [len(np.unique(part)) for part in seen] == [5, 5, 20, 20]
    assert set(seen[0]) != set(seen[1])
    twice = {"X_test": np.repeat(X[N:], 4, axis=0), "y_test": np.repeat(y[N:], 4)}
    twice["experts_test"] = np.repeat(experts[N:], 4, axis=0)
    alone, grouped, once = (
        curve(cede.PostHocRouter(model), **changes).points[-1].gain
        for changes in (twice, {**twice, "groups_test": np.repeat(np.arange(TEST), 4)}, {})
    )
    assert grouped.value == pytest.approx(once.value)
    assert grouped.half_width == pytest.approx(once.half_width, rel=1e-3)
    assert alone.half_width < 0.6 * grouped.half_width
    with pytest.raises(cede.InvalidInput, match="groups_test has 3"):
        curve(cede.PostHocRouter(model), groups_test=[1, 2, 3])


def test_gains_that_hardly_vary_are_not_certain():
    same = mean_over_fits(np.zeros((3, 200)), 0.95, (-1.0, 1.0))
    assert same.value == 0.0
    assert -0.03 < same.low < -0.015 < 0.015 < same.high < 0.03
