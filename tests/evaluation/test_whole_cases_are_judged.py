"""Cases that come whole are judged as their arrays are."""

import numpy as np
import pytest

import cede
from cede.evaluation import appraise, compare, learning_curve
from cede.logs import Cases

N = 300
rng = np.random.default_rng(0)
X = rng.normal(size=(2 * N, 2))
OUTCOMES = np.column_stack([X[:, 0] < 0.3, rng.random(2 * N) < 0.8]).astype(float)
MONEY = np.tile([0.01, 0.2], (2 * N, 1))
CASES = Cases(
    agent_names=("small", "large"),
    agent_costs=1.0 - OUTCOMES + MONEY,
    outcomes=OUTCOMES,
    money=MONEY,
    exchange_rate=1.0,
    features={"a": X[:, 0], "b": X[:, 1]},
    ids=np.arange(2 * N),
    groups=np.arange(2 * N) // 2,
)
FIT, TEST = CASES[:N], CASES[N:]
#: What arrays need to be told, which cases know.
TOLD = {"groups": TEST.groups, "expert_names": ["large"]}


@pytest.fixture(scope="module")
def routers():
    return {"line": cede.TwoStageRouter().fit(FIT)}


@pytest.fixture(scope="module")
def nameless():
    """The same, fitted on arrays whose columns have no names."""
    return {"line": cede.TwoStageRouter().fit(FIT.X, FIT.agent_costs, groups=FIT.groups)}


def test_a_comparison_reads_costs_groups_and_names(routers, nameless):
    whole = compare(routers, TEST)
    told = compare(nameless, TEST.X, TEST.agent_costs, **TOLD)
    assert whole.to_dict() == told.to_dict()
    assert whole.expert_names == ("large",)
    assert whole.n_independent == N // 2


def test_an_appraisal_reads_outcomes_and_money_too(routers, nameless):
    whole = appraise(routers, TEST, n_boot=100)
    told = appraise(
        nameless, TEST.X, TEST.agent_costs, outcomes=TEST.outcomes, money=TEST.money, n_boot=100,
        **TOLD,
    )  # fmt: skip
    assert whole.answers.to_dict() == told.answers.to_dict()
    assert (whole.money, whole.fingerprint) == (told.money, told.fingerprint)
    assert (whole.model_name, whole.measure) == ("small", "right")
    assert set(whole.lead.contrast.names) <= {"a", "b"}


def test_a_learning_curve_reads_both():
    options = {"sizes": [100, 300], "repeats": 2, "budget": 0.5}
    whole = learning_curve(cede.TwoStageRouter(), FIT, X_test=TEST, **options)
    told = learning_curve(
        cede.TwoStageRouter(), FIT.X, FIT.agent_costs, groups=FIT.groups,
        X_test=TEST.X, y_test=TEST.agent_costs, groups_test=TEST.groups, **options,
    )  # fmt: skip
    assert whole == told


def test_what_cases_hold_is_not_said_beside_them(routers):
    for judged in (compare, appraise):
        with pytest.raises(cede.InvalidInput, match="y must be left out beside Cases"):
            judged(routers, TEST, TEST.agent_costs)
        with pytest.raises(cede.InvalidInput, match="y must be labels or a table"):
            judged(routers, TEST.X)


def test_evaluate_asks_for_cases(routers):
    with pytest.raises(cede.InvalidInput, match=r"cases must be Cases of a log, but got ndarray"):
        cede.evaluate(routers["line"], TEST.X)


def test_a_curve_and_a_certificate_read_costs_and_groups(routers, nameless):
    whole = cede.deferral_curve(routers["line"], TEST)
    told = cede.deferral_curve(nameless["line"], TEST.X, TEST.agent_costs)
    np.testing.assert_array_equal(whole.error, told.error)
    claim = {"risk": 0.9, "largest_cost": 1.2}
    assert cede.certify(routers["line"], TEST, **claim).risk == (
        cede.certify(nameless["line"], TEST.X, TEST.agent_costs, groups=TEST.groups, **claim).risk
    )
    with pytest.raises(cede.InvalidInput, match="y must be labels or a table of agent costs"):
        cede.deferral_curve(nameless["line"], TEST.X)


def test_a_keyword_that_no_question_has_is_refused_by_the_name_of_who_was_asked(routers):
    with pytest.raises(TypeError, match=r"tune\(\) .* 'bugdet'; did you mean 'budget'"):
        routers["line"].tune(TEST, bugdet=0.2)
