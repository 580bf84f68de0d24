"""What a point is chosen for is one value, for the function and for routers alike."""

from inspect import signature

import numpy as np
import pytest

import cede
from cede.exceptions import InvalidInput
from cede.logs import Cases
from cede.report import evaluation_of
from cede.tuning import Question


def made(n=400, seed=0):
    rng = np.random.default_rng(seed)
    x, luck = rng.normal(size=(2, n))
    outcomes = np.column_stack([x + luck / 2 < 0, rng.random(n) < 0.8]).astype(float)
    return Cases(
        agent_names=("small", "large"),
        agent_costs=1.0 - outcomes,
        outcomes=outcomes,
        features={"x": x},
        ids=np.arange(n),
    )


def test_the_function_and_routers_show_what_a_question_takes():
    fields = set(Question.__dataclass_fields__)
    assert fields < set(signature(cede.choose_operating_point).parameters)
    assert fields < set(signature(cede.TwoStageRouter.tune).parameters)
    with pytest.raises(TypeError, match="bugdet"):
        cede.choose_operating_point(np.zeros((3, 2)), bugdet=0.2)


@pytest.mark.parametrize(
    ("asked", "argument"),
    [
        ({"budget": 0.1, "spend": 1.0}, "budget"),
        ({"budget": 0.1, "expected_cases": 9}, "expected_cases"),
        ({"risk": 0.1, "delta": 0.7}, "delta"),
    ],
)
def test_a_question_is_refused_before_anything_is_scored(asked, argument):
    router = cede.TwoStageRouter().fit(made())
    router.agent_scores = None  # whoever scores fails
    with pytest.raises(InvalidInput) as refused:
        router.tune(made(seed=1), **asked)
    assert refused.value.argument == argument


def test_a_router_keeps_what_cases_call_its_agents_and_forgets_it():
    router = cede.TwoStageRouter().fit(made())
    assert router.agent_names == ("small", "large")
    cases = made()
    router.fit(cases.X, cases.agent_costs)
    assert router.agent_names == ("model", "expert 1")


def test_an_evaluation_is_of_cases_that_were_not_fitted_on():
    fitted, fresh = made(), made(seed=1)
    router = cede.TwoStageRouter().fit(fitted)
    with pytest.raises(InvalidInput, match="An evaluation needs cases that the router has not"):
        cede.evaluate(router, fitted)
    found = cede.evaluate(router, fresh)
    assert found == evaluation_of(router, router.route(fresh), fresh)
    routes = router.route(fresh)
    mean = fresh.agent_costs[np.arange(400), routes].mean()
    assert found.to_dict()["router"]["cost"] == pytest.approx(mean)
    assert found.summary.verdict in str(found)
