"""No row of METHODS lies: fitted on what lacks what it needs, and asked for what it gives."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

import cede
from cede.datasets import make_two_specialists
from cede.routers import METHODS, Method
from cede.routers._method import NEEDS, offered_by
from cede.routers._methods import COMPARED, FITTED, check_able, find_method, split_methods

X, y, experts = make_two_specialists(n=500, random_state=0)
MODEL = LogisticRegression().fit(X[:200], y[:200])
X, y, experts = X[200:], y[200:], experts[200:]
COSTS = (experts != y[:, None]).astype(float)
DRAW = np.random.default_rng(0)
THIN = np.where(DRAW.random(COSTS.shape) < 0.7, COSTS, np.nan)

every_row = pytest.mark.parametrize("name", METHODS)


def table(costs=COSTS):
    return np.column_stack([MODEL.predict(X) != y, costs]).astype(float)


def fit(row, costs=COSTS, model=MODEL, **options):
    """As the row says: from labels, beside a model or not, or from a table of costs."""
    if "labels" not in row.needs:
        return row.make(**options).fit(X, table(costs))
    beside = {"model": model} if "probabilities" in row.needs else {}
    return row.make(**beside, **options).fit(X, y, costs=costs)


def works(action):
    try:
        action()
    except ValueError:
        return False
    return True


@every_row
def test_without_what_it_needs_it_cannot_be_fitted_and_without_the_rest_it_can(name):
    row = METHODS[name]
    asked = np.random.default_rng(1).integers(3, size=len(X))
    apart = np.where(np.arange(3) == asked[:, None], table(), np.nan)
    beside = {"model": MODEL} if "probabilities" in row.needs else {}
    possible = {
        "labels": works(lambda: row.make(**beside).fit(X, table())),
        "probabilities": works(lambda: fit(row, model=LinearSVC().fit(X, y))),
        "every_cost": works(lambda: fit(row, THIN)),
        "unit_costs": works(lambda: fit(row, 1.5 * COSTS)),
    }
    if "labels" not in row.needs:
        possible["unit_agent_costs"] = possible.pop("unit_costs")
        possible["paired_costs"] = "every_cost" in row.needs or works(
            lambda: row.make().fit(X, apart)
        )
    said = {need: need not in row.needs for need in possible}
    assert possible == said


@every_row
def test_it_gives_what_it_says_and_no_more(name):
    row = METHODS[name]
    router = fit(row)
    before = router.agent_scores(X)

    def dearer():
        router.set_params(fees=0.1)
        np.testing.assert_allclose(router.agent_scores(X)[:, 1:], before[:, 1:] - 0.1)

    later = works(dearer)
    assert later == router._estimates_costs() == ("estimates" in row.gives)
    assert works(lambda: fit(row, THIN)) == ("missing_answers" in row.gives)
    few = slice(0, 100)
    known = y[few] if "labels" in row.needs else table()[few, :2]
    answers = (experts[few, 0],) if "labels" in row.needs else ()
    joined = works(lambda: fit(row).add_expert(X[few], known, *answers))
    assert joined == ("added_experts" in row.gives)


def test_beside_a_fixed_model_those_that_train_their_own_say_nothing_of_its_answers():
    for row in METHODS.values():
        if "labels" in row.needs and "probabilities" not in row.needs:
            able = works(lambda row=row: fit(row).answer_accuracy(X, MODEL.predict(X)))
            assert able == ("own_model" not in row.needs), row.name


def test_those_that_say_so_route_without_torch(tmp_path):
    light = [name for name, row in METHODS.items() if "no_torch" in row.gives]
    for name in light:
        cede.save(fit(METHODS[name]), tmp_path / name)
    np.save(tmp_path / "X.npy", X[:5])
    code = (
        "import sys, cede, numpy as np\n"
        "for name in sys.argv[2:]:\n"
        "    router = cede.load(f'{sys.argv[1]}/{name}', trusted=['sklearn.tree._tree.Tree'])\n"
        "    router.route(np.load(f'{sys.argv[1]}/X.npy'))\n"
        "    assert 'torch' not in sys.modules, name\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path, *light], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert light


@pytest.mark.parametrize("name", [name for name, row in METHODS.items() if row.needs <= {"trust"}])
def test_those_that_need_trust_do_not_load_without_it(name, tmp_path):
    cede.save(fit(METHODS[name]), tmp_path / name)
    assert works(lambda: cede.load(tmp_path / name)) == ("trust" not in METHODS[name].needs)


def test_what_a_problem_offers_is_what_it_has():
    costs = {"every_cost", "paired_costs", "unit_costs", "unit_agent_costs"}
    assert offered_by(table()) == costs | {"trust", "equal_errors"}
    assert offered_by(table(), trust=False, equal_errors=False) == costs
    assert "unit_agent_costs" not in offered_by(table(), [0.1, 0.0])
    assert "unit_costs" in offered_by(table(), [0.1, 0.0])
    assert "every_cost" not in offered_by(table(THIN))
    half = np.full(table().shape, 0.5)
    thinned = offered_by(table(THIN), propensities=half)
    assert {"every_cost", "paired_costs"} <= thinned
    assert "unit_agent_costs" not in thinned
    alone = np.where(np.arange(len(X))[:, None] % 3 == np.arange(3), table(), np.nan)
    assert "paired_costs" not in offered_by(alone)
    every = offered_by(table(), labels=True, probabilities=True)
    assert every == set(NEEDS) - {"own_model"}


def test_who_cannot_run_is_told_from_the_others_with_a_reason():
    able, lacking = split_methods(METHODS, offered_by(table(THIN)))
    assert {name for name in able if METHODS[name].needs - offered_by(table(THIN))} == set()
    assert set(able) | set(lacking) == set(METHODS)
    assert "ensemble" in able
    assert lacking["complement"] == NEEDS["every_cost"]
    assert lacking["rejector"] == f"{NEEDS['labels']}, and {NEEDS['probabilities']}"
    with pytest.raises(cede.InvalidInput, match=r"^router must name .* got 'complement', which"):
        check_able(METHODS["complement"], offered_by(table(THIN)), argument="router")
    with pytest.raises(
        cede.InvalidInput, match=r"but there is no 'ensembel'\. Did you mean 'ensemble'"
    ):
        find_method("ensembel", argument="methods")


@every_row
def test_rows_are_made_anew_and_by_their_class_alone(name):
    row = METHODS[name]
    assert row.name == name
    assert row.summary.endswith(".")
    beside = {"model": MODEL} if "probabilities" in row.needs else {}
    one, two = row.make(**beside), row.make(**beside)
    assert one is not two
    head = getattr(one, "head", None)
    assert head is None or isinstance(head, str) or head is not two.head


def test_the_ensemble_is_the_librarys_own():
    made, own = METHODS["ensemble"].make(), cede.EnsembleRouter()
    assert made.get_params() == own.get_params()
    assert type(made) is type(own)


def test_defaults_are_rows_that_are_fast():
    for name in (*COMPARED, FITTED):
        assert not METHODS[name].slow


def test_a_row_that_contradicts_itself_is_refused():
    with pytest.raises(cede.InvalidInput, match="must say one of"):
        Method("mine", cede.EnsembleRouter, "…", needs=frozenset(), gives=frozenset())


@pytest.mark.parametrize("row", METHODS.values(), ids=lambda row: row.name)
def test_a_method_is_made_with_any_parameter_of_its_class(row):
    """But for the loss, or the way of learning, that makes it this method."""
    beside = {"model": LogisticRegression()} if "probabilities" in row.needs else {}
    router = row.make(**beside)
    own = router.get_params(deep=False)
    for name in own.keys() - {"surrogate", "method"}:
        again = row.make(**{**beside, name: own[name]})
        assert repr(again) == repr(router)
