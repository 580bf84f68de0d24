"""One value so far from the others that a column is lost: said, with the column and the value."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from cede import (
    CascadeRouter,
    InvalidInput,
    NeighborRouter,
    PostHocRouter,
    SingleStageClassifier,
    TwoStageRouter,
)
from cede.routers._targets import centre_and_scale

RNG = np.random.default_rng(0)
N = 600
X = RNG.normal(size=(N, 3))
COSTS = (
    RNG.random((N, 2)) < np.column_stack([1 / (1 + np.exp(2 * X[:, 0])), np.full(N, 0.3)])
) * 1.0
Y = (X[:, 1] > 0).astype(int)
EXPERTS = np.where(RNG.random((N, 1)) < 0.8, Y[:, None], 1 - Y[:, None])
MODEL = LogisticRegression().fit(X, Y)
FITS = {
    "line": lambda Z: TwoStageRouter().fit(Z, COSTS),
    "ranks": lambda Z: TwoStageRouter(surrogate="complement").fit(Z, COSTS),
    "neighbours": lambda Z: NeighborRouter().fit(Z, COSTS),
    "single stage": lambda Z: SingleStageClassifier("cost_sensitive_softmax").fit(Z, Y, EXPERTS),
    "cascade": lambda Z: CascadeRouter().fit(Z, COSTS),
}


def with_value(value, column=0, row=7):
    cases = X.copy()
    cases[row, column] = value
    return cases


@pytest.mark.parametrize("value", [1e5, -1e30, 1e160, 1e300])
@pytest.mark.parametrize("name", FITS)
def test_one_huge_value_is_said(name, value):
    with pytest.warns(UserWarning, match=f"^Column 0 holds {value:.4g}".replace("+", r"\+")):
        router = FITS[name](with_value(value))
    assert np.isfinite(router.agent_scores(X)).all()


def test_the_column_is_called_by_its_name():
    table = pd.DataFrame(with_value(1e30, column=1), columns=["a", "age", "b"])
    for router in (TwoStageRouter(), NeighborRouter()):
        with pytest.warns(UserWarning, match=r"Column 'age' holds 1e\+30"):
            router.fit(table, COSTS)


def test_a_code_for_missing_values_is_said_too():
    codes = X.copy()
    codes[::9, 2] = -1e9
    with pytest.warns(UserWarning, match=r"Column 2 holds -1e\+09"):
        TwoStageRouter().fit(codes, COSTS)


def test_long_tails_flags_and_constants_are_no_reason_to_warn():
    rng = np.random.default_rng(1)
    for n in (2, 20, 500, 20_000):
        flags = (np.arange(n) == 0).astype(float)
        columns = np.column_stack(
            [
                np.exp(2.5 * rng.normal(size=n)),
                rng.standard_t(2, size=n),
                flags,
                np.full(n, 3.0),
                np.where(rng.random(n) < 0.01, rng.integers(1, 1_000, n), 0),
                1e12 + rng.normal(size=n),
                1e-300 * rng.normal(size=n),
                1e200 * rng.normal(size=n),
            ]
        )
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            center, scale = centre_and_scale(columns)
        assert np.isfinite(center).all()
        assert np.isfinite(scale).all()
        assert (scale > 0).all()


def test_numbers_apart_beyond_all_numbers_get_a_sentence():
    cases = X.copy()
    cases[:2, 1] = 1.7e308, -1.7e308
    with pytest.raises(InvalidInput, match=r"Column 1 holds -1.7e\+308 and 1.7e\+308"):
        TwoStageRouter().fit(cases, COSTS)


def test_a_fixed_model_that_never_saw_the_value_still_routes():
    router = PostHocRouter(MODEL, method="rejector")
    with pytest.warns(UserWarning, match="Column 0 holds"):
        router.fit(with_value(1e30), Y, EXPERTS)
    assert router.route(X).shape == (N,)


def test_what_a_model_estimates_is_no_column_that_anybody_gave():
    class Sure(LogisticRegression):
        """Nearly the same estimate for all cases but one."""

        def predict_proba(self, cases):
            found = np.full((len(cases), 2), 0.5) + 1e-8 * np.asarray(cases)[:, :1] * [1, -1]
            found[0] = [1 - 1e-9, 1e-9]
            return found

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PostHocRouter(Sure().fit(X, Y)).fit(X, Y, EXPERTS)
        PostHocRouter(Sure().fit(X, Y), method="rejector").fit(X, Y, EXPERTS)
