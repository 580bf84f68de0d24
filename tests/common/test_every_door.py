"""What comes by name, masked, null or as weights is read as what it says, wherever it comes in."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, LogisticRegression

import cede
from cede import InvalidInput
from cede.costs import llm_costs, regression_costs
from cede.datasets import make_two_specialists
from cede.losses import softmax_one_vs_all
from cede.monitoring import audit
from cede.operating import deferral_gain
from cede.tuning.capacities import prices_within

X, y, experts = make_two_specialists(n=600, random_state=3)
MODEL = LogisticRegression().fit(X[:300], y[:300])
TEAM = pd.DataFrame(experts, columns=["ann", "bob"])
TABLE = cede.agent_costs(MODEL.predict(X), experts, y)
AGENTS = pd.DataFrame(TABLE, columns=["model", "ann", "bob"])
NAMES = ("ann", "bob")

ROUTERS = {
    "single stage": cede.SingleStageClassifier(),
    "two stages": cede.TwoStageRouter(MODEL),
    "density ratio": cede.DensityRatioRouter(MODEL, ideals="marginal"),
    "neighbours": cede.NeighborRouter(MODEL),
    "post hoc": cede.PostHocRouter(MODEL),
    "ensemble": cede.EnsembleRouter(model=MODEL),
    "cascade": cede.CascadeRouter(MODEL),
    "oracle": cede.routers.Oracle(MODEL),
}


def by_name(kind, values):
    """The same numbers, the experts in another order, said by name."""
    turned = dict(zip(NAMES[::-1], list(values)[::-1], strict=True))
    return {"dict": turned, "series": pd.Series(turned)}[kind]


both_kinds = pytest.mark.parametrize("kind", ["dict", "series"])


@both_kinds
@pytest.mark.parametrize("name", ROUTERS)
def test_fees_of_a_router_come_by_name(name, kind):
    in_order, named = (
        clone(ROUTERS[name]).set_params(fees=fees).fit(X, y, experts=TEAM)
        for fees in ([0.0, 0.3], by_name(kind, [0.0, 0.3]))
    )
    np.testing.assert_array_equal(named.agent_scores(X), in_order.agent_scores(X))
    assert named.fees_.tolist() == [0.0, 0.3] if name != "oracle" else True


@both_kinds
@pytest.mark.parametrize(
    "asked",
    [
        {"budget": [0.05, 0.3]},
        {"fee": [0.0, 0.2]},
        {"capacity": [5, 100]},
        {"spend": 0.2, "charges": [1.0, 0.2]},
    ],
    ids=["budget", "fee", "capacity", "charges"],
)
def test_what_is_asked_of_each_expert_comes_by_name(asked, kind):
    router = cede.TwoStageRouter(MODEL).fit(X, y, experts=TEAM)
    named = {k: v if np.isscalar(v) else by_name(kind, v) for k, v in asked.items()}
    assert router.tune(X, **named) == router.tune(X, **asked)
    scores = pd.DataFrame(router.agent_scores(X), columns=["model", *NAMES])
    found = cede.choose_operating_point(scores, **named, fees_in_scores={"bob": 0, "ann": 0})
    assert found.prices == router.operating_point_.prices


@both_kinds
def test_numbers_of_experts_come_by_name_into_plain_functions(kind):
    fees = by_name(kind, [0.1, 0.2])
    scores = pd.DataFrame(1.0 - TABLE, columns=AGENTS.columns)
    plain = scores.to_numpy()
    for named, in_order in (
        (cede.costs.expert_costs(TEAM, y, fees), cede.costs.expert_costs(experts, y, [0.1, 0.2])),
        (
            cede.agent_costs(y, TEAM, y, fees=fees),
            cede.agent_costs(y, experts, y, fees=[0.1, 0.2]),
        ),
        (
            regression_costs(AGENTS, np.zeros(600), fees=fees),
            regression_costs(TABLE, np.zeros(600), fees=[0.1, 0.2]),
        ),
        (cede.cascade_costs(AGENTS, fees), cede.cascade_costs(TABLE, [0.1, 0.2])),
        (cede.multitask_costs([AGENTS], fees=fees), cede.multitask_costs([TABLE], fees=[0.1, 0.2])),
        (
            deferral_gain(scores, fees),
            deferral_gain(plain, [0.1, 0.2]),
        ),
        (
            cede.tuning.assign(scores, by_name(kind, [3, 200])).routes,
            cede.tuning.assign(plain, [3, 200]).routes,
        ),
        (
            prices_within(scores, by_name(kind, [3, 200])),
            prices_within(plain, [3, 200]),
        ),
        (
            cede.route(scores, available=by_name(kind, [False, True])),
            cede.route(plain, available=[False, True]),
        ),
        (
            cede.operating.deferral_curve_from_scores(scores, AGENTS, fees).risk,
            cede.operating.deferral_curve_from_scores(plain, TABLE, [0.1, 0.2]).risk,
        ),
    ):
        np.testing.assert_array_equal(named, in_order)


@both_kinds
def test_numbers_of_experts_come_by_name_into_what_judges_a_router(kind):
    router = cede.TwoStageRouter(MODEL).fit(X[:300], y[:300], experts=TEAM[:300])
    cases = (X[300:], y[300:])
    curves = [
        cede.deferral_curve(router, *cases, experts=TEAM[300:], fees=f, charges=f).spend
        for f in (by_name(kind, [0.1, 0.2]), [0.1, 0.2])
    ]
    np.testing.assert_array_equal(*curves)
    found = [
        cede.compare({"r": router}, *cases, experts=TEAM[300:], fees=f, model=MODEL, n_boot=20)
        for f in (by_name(kind, [0.1, 0.2]), [0.1, 0.2])
    ]
    assert found[0].rows == found[1].rows
    drawn = [
        router.audit(cases[0], 0.3, weights=w, random_state=0).propensities
        for w in (by_name(kind, [3.0, 1.0]), [3.0, 1.0])
    ]
    np.testing.assert_array_equal(*drawn)


def test_a_frame_of_fees_is_put_in_order_by_its_columns():
    fees = np.column_stack([np.full(600, 0.1), np.linspace(0, 1, 600)])
    expected = cede.agent_costs(y, experts, y, fees=fees)
    for frame in (pd.DataFrame, pl.DataFrame, pa.table):
        turned = frame({"bob": fees[:, 1], "ann": fees[:, 0]})
        np.testing.assert_array_equal(cede.agent_costs(y, TEAM, y, fees=turned), expected)
    every = pd.DataFrame({"bob": [0.3], "model": [0.1], "ann": [0.2]}, index=[7])
    np.testing.assert_array_equal(
        cede.classification_costs(AGENTS.iloc[:1], [0], fees=every),
        cede.classification_costs(TABLE[:1], [0], fees=[[0.1, 0.2, 0.3]]),
    )


@pytest.mark.parametrize(
    ("fees", "words"),
    [
        ({"ann": 0.1}, "fees must name every expert, but got nothing for 'bob'"),
        ({"ann": 0.1, "bob": 0.1, "cy": 0.1}, "must name one of the experts, but there is no 'cy'"),
        (pd.Series([0.1, 0.2], index=["ann", "bo"]), "Did you mean 'bob'"),
        (pd.Series([0.1, 0.2], index=[3, 7]), "must name one of the experts, but there is no '3'"),
        (
            pd.Series([0.1, 0.2], index=["ann", "ann"]),
            "a name of its own for each agent, but got 'ann' twice",
        ),
        ({"ann": 0.1, "bob": None}, "fees must be finite"),
        ({"ann": "dear", "bob": 0.1}, "fees must be one number or one per expert"),
        (np.ma.masked_array([0.1, 0.2], [True, False]), "fees must be finite"),
        (pd.array([0.1, None], dtype="Float64"), "fees must be finite"),
    ],
)
def test_names_that_do_not_fit_get_a_sentence(fees, words):
    for fit in (
        lambda: cede.TwoStageRouter(MODEL, fees=fees).fit(X, y, experts=TEAM),
        lambda: cede.costs.expert_costs(TEAM, y, fees),
    ):
        with pytest.raises(InvalidInput, match=words):
            fit()


def test_numbers_by_name_are_refused_where_nobody_has_a_name():
    fees, scores = pd.Series({"bob": 0.1, "ann": 0.2}), 1.0 - TABLE
    for call in (
        lambda: cede.costs.expert_costs(experts, y, fees),
        lambda: cede.choose_operating_point(scores, fee=fees),
        lambda: cede.tuning.assign(scores, fees),
        lambda: cede.OperatingPoint(fees),
        lambda: cede.tuning.CapacityController(fees, 3, 10),
        lambda: deferral_gain(scores, fees),
        lambda: cede.route(scores, available=fees > 0.1),
        lambda: audit(np.zeros(5, int), 0.5, weights=fees),
        lambda: llm_costs(scores, fees, exchange_rate=1.0),
        lambda: cede.multitask_costs([TABLE, TABLE], weights=fees),
        lambda: cede.EnsembleRouter(weights=fees).fit(X, TABLE),
    ):
        with pytest.raises(InvalidInput, match=r"got names \(bob, ann\)"):
            call()
    unnamed = cede.TwoStageRouter(MODEL).fit(X, y, experts=experts)
    with pytest.raises(InvalidInput, match="must name one of the experts, but there is no 'bob'"):
        unnamed.tune(X, fee=fees)


def test_a_series_that_only_counts_is_in_order():
    fees = pd.Series([0.1, 0.2])
    np.testing.assert_array_equal(
        cede.costs.expert_costs(TEAM, y, fees), cede.costs.expert_costs(experts, y, [0.1, 0.2])
    )
    numbered = TEAM.set_axis([1, 0], axis=1)  # here the numbers are the names
    np.testing.assert_array_equal(
        cede.costs.expert_costs(numbered, y, fees), cede.costs.expert_costs(experts, y, [0.2, 0.1])
    )


def test_tables_that_name_their_agents_otherwise_are_not_put_beside_each_other():
    scores = pd.DataFrame(1.0 - TABLE, columns=AGENTS.columns)
    turned = AGENTS[["model", "bob", "ann"]]
    for call in (
        lambda: cede.choose_operating_point(scores, budget=0.1, answer_costs=turned),
        lambda: cede.operating.deferral_curve_from_scores(scores, turned),
    ):
        with pytest.raises(InvalidInput, match="name the same agents, in the same order"):
            call()


def nulls_of_every_kind(values, gone):
    """The same array with entries missing, as each package says it."""
    columns = {str(j): column.tolist() for j, column in enumerate(values.T)}
    holes = {
        name: [None if g else v for v, g in zip(column, gone[:, int(name)], strict=True)]
        for name, column in columns.items()
    }
    nullable = {np.dtype(float): "Float64", np.dtype(int): "Int64", np.dtype(bool): "boolean"}
    yield "masked", np.ma.masked_array(values, gone)
    yield "objects", np.where(gone, np.array(None), values.astype(object))
    dtype = nullable.get(values.dtype, "string")
    yield "pandas", pd.DataFrame({k: pd.array(v, dtype=dtype) for k, v in holes.items()})
    yield "polars", pl.DataFrame(holes)
    yield "pyarrow", pa.table(holes)


LABELS = {
    "numbers": y.astype(float),
    "whole": y.astype(int),
    "texts": np.array(["no", "yes", "well"])[y.astype(int)],
    "flags": y == 1,
}
GONE = np.random.default_rng(0).random((600, 2)) < 0.3


@pytest.mark.parametrize("kind", LABELS)
def test_a_masked_or_null_answer_is_missing(kind):
    """What lies behind a mask is wrong everywhere, and must not be seen."""
    truth = LABELS[kind]
    other = np.roll(truth, 1)
    wrong = np.where(other == truth, truth[np.argmax(truth[:, None] != truth, axis=1)], other)
    answers = np.where(GONE, wrong[:, None], truth[:, None])
    expected = np.where(GONE, np.nan, 0.0)
    fitted = cede.SingleStageClassifier("one_vs_all").fit(X, truth, costs=expected)
    for name, given in nulls_of_every_kind(answers, GONE):
        np.testing.assert_array_equal(cede.costs.expert_costs(given, truth), expected, err_msg=name)
        router = cede.SingleStageClassifier("one_vs_all").fit(X, truth, experts=given)
        np.testing.assert_array_equal(router.agent_scores(X), fitted.agent_scores(X))
        assert 0.0 < router.score(X, truth, experts=given) <= 1.0


def test_masked_or_null_numbers_are_missing():
    gone = np.random.default_rng(1).random(TABLE.shape) < 0.1
    gone[gone.all(axis=1)] = False
    held = np.where(gone, np.nan, TABLE)
    plain = cede.TwoStageRouter().fit(X, held)
    chance = np.where(gone, 0.0, 0.9)
    off = cede.evaluation.off_policy_cost(plain.route(X), held, np.where(gone, np.nan, 0.9))
    for name, given in nulls_of_every_kind(TABLE, gone):
        router = cede.TwoStageRouter().fit(X, given)
        np.testing.assert_array_equal(router.agent_scores(X), plain.agent_scores(X), err_msg=name)
        assert router.score(X, given) == plain.score(X, held)
        np.testing.assert_array_equal(
            cede.operating.deferral_curve_from_scores(1 - TABLE, given).risk,
            cede.operating.deferral_curve_from_scores(1 - TABLE, held).risk,
        )
        np.testing.assert_array_equal(
            llm_costs(given, [0, 0, 0], exchange_rate=0.0), 1.0 - held, err_msg=name
        )
        masked = np.ma.masked_array(chance, gone)
        assert cede.evaluation.off_policy_cost(plain.route(X), given, masked) == off


def test_a_list_of_masked_rows_keeps_its_masks():
    rows = [np.ma.masked_array([0, 1], [False, True]), np.ma.masked_array([1, 1])]
    np.testing.assert_array_equal(cede.costs.expert_costs(rows, [0, 1]), [[0, np.nan], [0, 0]])


def test_whole_numbers_that_are_no_floats_are_not_rounded_by_a_mask():
    big = 2**60 + 1
    answers = np.ma.masked_array([[big, big - 1], [big, big]], [[False, False], [True, False]])
    np.testing.assert_array_equal(
        cede.costs.expert_costs(answers, np.array([big, big])), [[0, 1], [np.nan, 0]]
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m: cede.TwoStageRouter().fit(m(X), TABLE), "X must hold finite numbers.* masked"),
        (lambda m: cede.TwoStageRouter().fit(X, TABLE).route(m(X)), "X must hold finite numbers"),
        (lambda m: cede.SingleStageClassifier().fit(X, m(y), experts=experts), "y has 1 missing"),
        (lambda m: cede.costs.expert_costs(experts, m(y)), "1 of 600 are missing"),
        (lambda m: cede.route(m(TABLE)), "agent_scores must be finite"),
        (lambda m: cede.TwoStageRouter().fit(X, TABLE, sample_weight=m(np.ones(600))), "finite"),
        (lambda m: cede.TwoStageRouter().fit(X, TABLE, propensities=m(TABLE * 0 + 1)), "in \\(0"),
        (lambda m: cede.route(TABLE, available=m(experts == experts)), "1 of 1200 are missing"),
        (
            lambda m: cede.tuning.assign(TABLE, m(np.array([1, 2]))),
            "capacity must be a whole number of cases",
        ),
        (
            lambda m: cede.compare({}, X, TABLE, model=MODEL, groups=m(np.arange(600))),
            "groups must name a group for each case, but got none for 1 of 600",
        ),
    ],
)
def test_what_cannot_be_missing_is_refused_where_masked(call, words):
    def masked(values):
        held = np.ma.masked_array(values)
        held[(-1,) * held.ndim] = np.ma.masked
        return held

    with pytest.raises(InvalidInput, match=words):
        call(masked)


WEIGHTS = {
    "zeros": (np.zeros(600), "zero in every case"),
    "nan": (np.full(600, np.nan), "finite numbers, but 600 of 600"),
    "infinite": (np.append(np.inf, np.ones(599)), "finite numbers, but 1 of 600"),
    "signs": (np.where(np.arange(600) % 2, 1.0, -1.0), "cannot be negative"),
    "column": (np.ones((600, 1)), "one number per case"),
    "short": (np.ones(599), "one number per case"),
    "texts": (np.full(600, "1"), "must be numbers"),
    "null": (pd.array([None] + [1.0] * 599, dtype="Float64"), "finite numbers, but 1 of 600"),
}


@pytest.mark.parametrize("kind", WEIGHTS)
def test_weights_that_are_none_get_a_sentence(kind):
    weight, words = WEIGHTS[kind]
    fitted = cede.TwoStageRouter().fit(X, TABLE)
    for call in (
        lambda: cede.SingleStageClassifier().fit(X, y, experts=TEAM, sample_weight=weight),
        lambda: cede.SingleStageClassifier(head="mlp").fit(X, y, TEAM, sample_weight=weight),
        lambda: cede.TwoStageRouter().fit(X, TABLE, sample_weight=weight),
        lambda: cede.TwoStageRouter(head=LinearRegression()).fit(X, TABLE, sample_weight=weight),
        lambda: cede.DensityRatioRouter().fit(X, TABLE, sample_weight=weight),
        lambda: cede.EnsembleRouter([cede.TwoStageRouter()]).fit(X, TABLE, sample_weight=weight),
        lambda: fitted.score(X, TABLE, sample_weight=weight),
    ):
        with pytest.raises(InvalidInput, match=f"sample_weight.*{words}"):
            call()


def test_weights_of_nothing_that_counts_get_a_sentence():
    held = TABLE.copy()
    held[100:, 2] = np.nan
    late = np.arange(600) >= 100
    with pytest.raises(InvalidInput, match="every case that expert 2 answered"):
        cede.TwoStageRouter(head=LinearRegression()).fit(X, held, sample_weight=late)
    fitted = cede.TwoStageRouter().fit(X, TABLE)
    with (
        pytest.warns(UserWarning, match="Only 100 of 600"),
        pytest.raises(InvalidInput, match="nothing can be scored"),
    ):
        fitted.score(X, held, sample_weight=late)


@pytest.mark.parametrize("weight", [[0.0, 0.0], [float("nan"), 1.0], [-1.0, 1.0]])
def test_losses_refuse_weights_that_are_none(weight):
    scores, labels = torch.zeros(2, 3), torch.tensor([0, 1])
    with pytest.raises(InvalidInput, match="sample_weight"):
        softmax_one_vs_all(scores, labels, torch.zeros(2, 1), sample_weight=torch.tensor(weight))


def test_a_batch_of_cases_that_do_not_count_spoils_no_network():
    weight = (np.arange(600) < 40).astype(float)
    head = cede.routers.Mlp(epochs=5, batch_size=4)
    router = cede.SingleStageClassifier(head=head, random_state=0)
    weighed = router.fit(X, y, experts=TEAM, sample_weight=weight).agent_scores(X)
    alone = clone(router).fit(X[:40], y[:40], experts=TEAM[:40]).agent_scores(X)
    assert np.isfinite(weighed).all()
    np.testing.assert_allclose(weighed, alone, atol=1e-6)


@pytest.mark.parametrize(
    ("answers", "truth", "words"),
    [
        (
            experts.astype(int).astype(str),
            y.astype(int),
            "answers must be .* numbers .* but got texts",
        ),
        (
            experts.astype(int),
            y.astype(int).astype(str),
            "answers must be .* texts .* but got numbers",
        ),
        (np.array([["1", 0]] * 600, dtype=object), y, r"texts \('1'\) and numbers \(0\)"),
        (pd.DataFrame({"a": ["1"] * 600, "b": [1] * 600}), y, r"texts \('1'\) and numbers \(1\)"),
        (np.full((600, 1), b"1"), np.full(600, "1"), "but got bytes"),
        (np.full((600, 1), "2020-01-01"), np.full(600, np.datetime64("2020-01-01")), "dates"),
    ],
)
def test_kinds_that_are_never_equal_are_not_compared(answers, truth, words):
    costs = [
        lambda: cede.costs.expert_costs(answers, truth),
        lambda: cede.classification_costs(answers, truth),
        lambda: cede.operating.system_accuracy(np.zeros(600, int), answers, truth),
        lambda: cede.SingleStageClassifier().fit(X, truth, experts=answers),
    ]
    for call in costs[: 3 if truth.dtype.kind == "M" or len(set(truth.tolist())) == 1 else 4]:
        with pytest.raises(InvalidInput, match=words):
            call()


def test_a_route_to_an_answer_that_is_missing_is_refused():
    held = np.column_stack([y, np.where(GONE[:, 0], np.nan, y)])
    with pytest.raises(InvalidInput, match="go to an expert whose answer is missing"):
        cede.operating.system_accuracy(np.ones(600, int), held, y)
    router = cede.SingleStageClassifier().fit(X, y.astype(int), experts=TEAM.astype(int))
    with pytest.raises(InvalidInput, match="but got '0', '1'; it knows"):
        router.answer_accuracy(X, (y == 1).astype(int).astype(str))
