"""The league's protocol: nobody is tuned harder, parts are apart, judged as cede's curve judges."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import cede
from cede.exceptions import InvalidInput
from cede.routers import METHODS as READY
from cede.routers._methods import COMPARED, FITTED

FOLDER = Path(__file__).parents[2] / "papers" / "league"
sys.path.insert(0, str(FOLDER))

import league_judge  # noqa: E402
import league_match  # noqa: E402
import league_methods  # noqa: E402
import league_ranks  # noqa: E402
import league_standing  # noqa: E402
import league_tables  # noqa: E402
from league_arena import arena  # noqa: E402
from league_data import PROBLEMS, Problem  # noqa: E402

from cede.routers import Linear  # noqa: E402

sys.path.remove(str(FOLDER))

METHODS = league_methods.METHODS
SIZES = {"model": 200, "fit": 300, "tune": 100, "test": 400}
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def found():
    path = FOLDER / "reports" / "league.json"
    return json.loads(path.read_text(encoding="utf-8"))["found"]


@pytest.fixture(scope="module")
def specialists():
    return arena(PROBLEMS["two_specialists"](None, 0), SIZES, 50, 0)


def test_every_surrogate_and_every_router_is_there():
    assert {name for name in cede.losses.SURROGATES if name not in METHODS} == set()
    assert set(READY) <= set(METHODS)
    used = " ".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("league_methods.py"))
    for row in READY.values():
        beside = {"model": None} if "probabilities" in row.needs else {}
        used += type(row.make(**beside)).__name__
    apart = {"CalibratedRouter", "ExpertAlone", "ModelAlone", "Oracle", "RandomRouter", "Router"}
    apart |= {"EncodedRouter"}  # holds any of them
    routers = [name for name in cede.routers.__all__ if name.endswith(("Router", "Classifier"))]
    assert {name for name in routers if name not in used} <= apart


def test_a_method_without_results_is_shown_as_not_run():
    report = found()
    del report["methods"]["realizable"]
    for results in report["results"].values():
        for own in results.values():
            own.pop("realizable", None)
    page = league_tables.tables(report)
    assert "| `realizable` | single stage, not run | – |" in page
    assert {f"| `{name}` |" in page for name in METHODS} == {True}


def test_all_have_as_many_configurations_but_those_with_nothing_to_tune():
    counts = {name: len(method.values) for name, method in METHODS.items()}
    assert set(counts.values()) == {1, 5}
    assert {name for name, count in counts.items() if count == 1} == {"confidence", "best_expert"}
    assert all(len(set(method.values)) == len(method.values) for method in METHODS.values())


@pytest.mark.parametrize("kind", ["labels", "costs"])
def test_parts_share_no_case_and_no_group(kind):
    rng = np.random.default_rng(0)
    groups = rng.integers(500, size=1_200)
    y = rng.integers(2, size=1_200)
    costs = rng.random((1_200, 2)) if kind == "costs" else rng.integers(2, size=(1_200, 1)) * 1.0
    problem = Problem(
        kind=kind, X=rng.random((1_200, 3)), costs=costs, y=y if kind == "labels" else None,
        groups=groups, agents="",
    )  # fmt: skip
    problem.X[::7] = problem.X[3]  # many cases that look the same, of many groups
    problem.X[:40] = rng.random((20, 3)).repeat(2, axis=0)
    parts = arena(problem, SIZES, 2, 1).parts
    assert set(parts) == {"model", "fit", "tune", "test"} - (
        {"model"} if kind == "costs" else set()
    )
    for one in parts:
        assert len(np.unique(parts[one])) == len(parts[one]) >= 100
        for two in set(parts) - {one}:
            assert not np.intersect1d(groups[parts[one]], groups[parts[two]]).size
            shared = set(map(tuple, problem.X[parts[one]])) & set(map(tuple, problem.X[parts[two]]))
            assert not shared


def test_all_get_the_same_features_and_what_the_model_says(specialists):
    at = specialists
    # Three features, three log probabilities, the largest, and its lead.
    assert at.X.shape[1] == 8
    pi = at.model.predict_proba(at.X)
    assert at.X[:, -2] == pytest.approx(np.log(pi.max(axis=1)))
    assert (at.table[:, 0] == (at.model.predict(at.X) != at.y)).all()


def test_the_base_model_and_the_preparation_see_their_own_part_alone():
    problem = PROBLEMS["two_specialists"](None, 0)
    rows = arena(problem, SIZES, 2, 0).parts
    spoilt = problem.X.copy()
    spoilt[np.concatenate([rows["fit"], rows["tune"], rows["test"]])] += 100.0
    other = Problem(kind="labels", X=spoilt, costs=problem.costs, y=problem.y, agents="")
    one, two = arena(problem, SIZES, 2, 0), arena(other, SIZES, 2, 0)
    assert (one.X[rows["model"]] == two.X[rows["model"]]).all()


def test_with_every_answer_the_area_is_that_of_the_curve(specialists):
    at, rng = specialists, np.random.default_rng(0)
    rows = at.parts["test"]
    scores = rng.random((len(rows), 3))
    curve = cede.operating.deferral_curve_from_scores(scores, at.table[rows])
    judge = league_judge.Judge.of(at.table, rows)
    assert judge.area(scores) == pytest.approx(curve.normalised_area)
    assert judge.errors(scores, [0.1, 0.3]) == pytest.approx(curve.risk_at([0.1, 0.3]))
    assert judge.area(-at.table[rows]) == pytest.approx(1.0)


def test_who_gave_no_answer_is_not_asked():
    table = np.array(
        [[1.0, np.nan, 0.0], [0.0, 1.0, np.nan], [1.0, np.nan, np.nan], [1.0, 0.0, 1.0]]
    )
    judge = league_judge.Judge.of(table, np.arange(4))
    assert judge.rows.tolist() == [0, 1, 3]
    scores, costs = judge.asked(np.array([[0.1, 9.0, -0.2], [0.1, 0.3, 9.0], [0.1, 0.2, 0.9]]))
    assert scores.tolist() == [[0.1, -0.2], [0.1, 0.3], [0.1, 0.9]]
    assert costs.tolist() == [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    chance, best = judge.ends()
    assert chance == pytest.approx(1 - (2 / 3 + (0.0 + 1.0 + 0.5) / 3) / 2)
    # Deferring both cases that are saved first: right in 1, 2, 3 and then 2 of the three.
    assert best == pytest.approx((1 / 2 + 2 + 3 + 2 / 2) / 9)


def test_resamples_are_the_same_for_methods_and_for_splits(specialists):
    at, groups = specialists, np.arange(len(specialists.X)) // 2
    one, two = (list(league_judge.draws("x", 0, groups, 3)) for _ in range(2))
    assert all((a == b).all() for a, b in zip(one, two, strict=True))
    assert (one[0][::2] == one[0][1::2]).all()
    judge = league_judge.Judge.of(at.table, at.parts["test"])
    scores = np.random.default_rng(0).random((len(judge.rows), 3))
    areas = judge.resampled([scores, scores], iter(one))
    assert areas.shape == (3, 2)
    assert (areas[:, 0] == areas[:, 1]).all()


def test_marginal_ideals_rank_as_the_regression_of_costs(specialists):
    at = specialists
    fitted = [
        METHODS[name].fit(at, at.parts["fit"], None).scores(at.parts["test"])
        for name in ("density_ratio_marginal", "cost_regression")
    ]
    assert fitted[0] == pytest.approx(fitted[1])
    assert not METHODS["density_ratio_marginal"].ranked


@pytest.mark.parametrize("name", ["one_vs_all", "realizable", "confidence", "rejector"])
def test_the_base_model_answers_whatever_the_method(specialists, name):
    at = specialists
    method = METHODS[name]
    scores = method.fit(at, at.parts["fit"], method.values[0]).scores(at.parts["test"])
    assert scores.shape == (len(at.parts["test"]), 3)
    if name == "one_vs_all":
        X, y, answers = at.X, at.y, at.model.predict(at.X)
        router = cede.SingleStageClassifier(
            name, head=Linear(weight_decay=method.values[0], tol=1e-4)
        )
        router.fit(X[at.parts["fit"]], y[at.parts["fit"]], costs=at.table[at.parts["fit"], 1:])
        rows = at.parts["test"]
        assert scores[:, 0] == pytest.approx(router.answer_accuracy(X[rows], answers[rows]))


def test_a_method_that_fails_is_told_with_its_sentence():
    def fails(at, rows, value):
        raise InvalidInput("This cannot be, however hard one tries.")

    own = {"few": [], "budgets": [0.1], "methods": ["one", "confidence"], "n_boot": 0}
    at = arena(PROBLEMS["two_specialists"](None, 0), SIZES, 50, 0)
    test = league_judge.Judge.of(at.table, at.parts["test"])
    with pytest.MonkeyPatch.context() as patch:
        methods = {"one": league_methods.Method("two stage", fails), **METHODS}
        patch.setattr(league_match, "METHODS", methods)
        results = league_match._results(at, test, own, None, iter([]))
    assert results["one"] == {"cannot": "This cannot be, however hard one tries."}
    assert "area" in results["confidence"]


def test_abilities_are_tried_and_not_believed():
    told = {
        name: league_match.abilities(METHODS[name]) for name in ("complement", "cost_regression")
    }
    assert told["complement"] == {"missing_answers": False, "new_price": False}
    assert told["cost_regression"] == {"missing_answers": True, "new_price": True}


def test_ranks_and_the_critical_distance():
    areas = {"b": [0.2, 0.2, 0.1], "a": [0.9, 0.8, 0.9], "c": [0.2, 0.1, 0.2]}
    ranks = league_ranks.rank(areas)
    assert ranks.methods == ("a", "b", "c")
    assert ranks.mean == pytest.approx((1.0, 2.5, 2.5))
    # Demšar 2006, table 5: q of three methods is 2.343.
    assert ranks.distance == pytest.approx(2.343 * (3 * 4 / (6 * 3)) ** 0.5, abs=2e-3)
    assert ranks.tied_with_best == ("a", "b", "c")
    many = league_ranks.rank({name: values * 10 for name, values in areas.items()})
    assert many.tied_with_best == ("a",)
    assert many.cliques() == [(1, 2)]


def test_the_report_tells_every_method_on_every_problem():
    """Those of its run: a new one enters when the league is run again."""
    told = found()
    assert set(told["problems"]) == set(PROBLEMS)
    assert set(told["methods"]) <= set(METHODS)
    assert {len(own["values"]) for own in told["methods"].values()} == {1, 5}
    for problem, results in told["results"]["all"].items():
        wanted = {
            name
            for name, method in METHODS.items()
            if name in told["methods"]
            and not method.made_for
            and not (method.needs_labels and told["problems"][problem]["kind"] == "costs")
        }
        assert wanted <= set(results), problem
        for one in results.values():
            assert "cannot" in one or len(one["areas"]) == told["seeds"]


def test_only_complete_tables_or_a_sentence():
    told = found()
    for name, facts in told["problems"].items():
        failed = {m for m, one in told["results"]["all"][name].items() if "cannot" in one}
        if facts["kind"] != "missing":
            assert failed == set(), name
        else:
            assert failed == {
                m
                for m, own in told["methods"].items()
                if not own["missing_answers"] and m in told["results"]["all"][name]
            }


def test_methods_by_default_are_those_that_are_advised():
    advised = league_standing.advice(found())
    first = advised[0]
    assert first.situation == "labels, a model with probabilities, all answers"
    fast = {name for name in (first.start, *first.near) if not READY[name].slow}
    assert set(COMPARED) == fast
    of_logs = ("a table of costs, no labels", "one method for either", "missing answers")
    assert {one.start for one in advised if one.situation in of_logs} == {FITTED}


def test_what_is_advised_stands_in_the_page():
    for one in league_standing.advice(found()):
        assert f"| {one.situation} | `{one.start}` |" in README


def test_real_problems_are_what_they_say(data):
    for name, kind, experts in (("llmrouter_dc", "costs", 9), ("lewidi_convabuse", "missing", 8)):
        problem = PROBLEMS[name](data, 0)
        assert (problem.kind, problem.costs.shape[1]) == (kind, experts)
        assert np.isnan(problem.costs).any() == (kind == "missing")
