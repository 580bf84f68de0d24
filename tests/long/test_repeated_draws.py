"""Theory on repeated draws: intervals cover, budgets hold on fresh cases, routers are the best."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import cede
from cede.datasets import make_two_specialists
from cede.routers import Linear

pytestmark = pytest.mark.long

MANY = make_two_specialists(n=300_000, random_state=0)
TRAIN = 20_000


@pytest.fixture(scope="module")
def fitted():
    X, y, experts = (part[:TRAIN] for part in MANY)
    model = LogisticRegression().fit(X[:5_000], y[:5_000])
    routers = {
        name: cede.SingleStageClassifier(name, head=Linear(weight_decay=1e-4)).fit(
            X, y, experts=experts
        )
        for name, row in cede.losses.SURROGATES.items()
        if row.kind == "single_stage" and row.consistent
    }
    routers["post hoc"] = cede.PostHocRouter(model, weight_decay=1e-4)
    routers["post hoc"].fit(X[5_000:], y[5_000:], experts=experts[5_000:])
    return model, routers


def test_the_interval_of_a_gain_covers_the_truth_as_often_as_it_says(fitted):
    model, routers = fitted
    X, y, experts = (part[TRAIN:] for part in MANY)
    chosen = {name: routers[name] for name in ("one_vs_all", "post hoc")}
    options = {"model": model, "budgets": [0.2], "X_tune": X[:2_000]}
    truth = {
        r.method: r.gain for r in cede.compare(chosen, X, y, experts, n_boot=2, **options).rows
    }
    rng = np.random.default_rng(0)
    covered: dict[str, list[bool]] = {name: [] for name in (*chosen, "random, same rate")}
    for draw in range(400):
        rows = rng.choice(len(y), size=500, replace=False)
        found = cede.compare(
            chosen, X[rows], y[rows], experts[rows], n_boot=300, random_state=draw, **options
        )
        for row in found.rows:
            if row.method in covered:
                covered[row.method].append(row.gain_low <= truth[row.method] <= row.gain_high)
    for name, hits in covered.items():
        # 95 % of 400, within four standard errors of a binomial.
        assert 0.905 <= np.mean(hits) <= 0.995, (name, np.mean(hits))


@pytest.mark.parametrize("budget", [0.1, 0.3])
def test_a_tuned_budget_holds_on_fresh_cases_up_to_sampling_error(fitted, budget):
    """The realised rate of a quantile chosen on n cases has standard error sqrt(b (1 - b) / n)."""
    _, routers = fitted
    scores = routers["softmax_one_vs_all"].agent_scores(MANY.X[TRAIN:])
    rng = np.random.default_rng(1)
    rates = []
    for _ in range(300):
        rows = rng.choice(len(scores), size=500, replace=False)
        point = cede.choose_operating_point(scores[rows], budget)
        rates.append(np.mean(cede.route(scores, point) > 0))
    spread = np.sqrt(budget * (1 - budget) / 500)
    assert np.mean(rates) == pytest.approx(budget, abs=0.005)
    assert np.std(rates) == pytest.approx(spread, rel=0.2)


def test_routers_whose_head_can_express_the_best_rule_reach_it(fitted):
    """Classes are a softmax and experts logistic, both linear in x, as in softmax + one-vs-all."""
    _, routers = fitted
    X, y, experts = (part[TRAIN:] for part in MANY)
    best = MANY.best_accuracy()
    reached = {name: r.score(X, y, experts=experts) for name, r in routers.items()}
    assert reached["softmax_one_vs_all"] > best - 0.003
    assert reached["post hoc"] > best - 0.003
    assert max(reached.values()) < best + 0.003
