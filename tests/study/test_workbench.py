"""Points are chosen on scores that part no cases which a fitted method sends all or none of."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from cede.logs import read_problem
from cede.operating import OperatingPoint, route
from cede.study import Workbench, split
from cede.tuning import choose_operating_point


def test_cases_that_are_equal_are_sent_alike_when_a_budget_is_chosen():
    """Of a third nothing is known; by other fits each fold of them has a score of its own."""
    draw = np.random.default_rng(0)
    X = draw.normal(size=(900, 3))
    y = (X[:, 0] + 0.5 * draw.normal(size=900) > 0).astype(int)
    unknown = draw.random(900) < 0.35
    X[unknown] = np.nan
    ann = np.where(draw.random(900) < 0.9, y, 1 - y)
    table = pd.DataFrame(X, columns=list("abc")).assign(y=y, ann=ann)
    problem = read_problem(table, "y", {"ann": "ann"})
    bench = Workbench.build(problem, split(problem, 0), LogisticRegression(), 0)
    fitted = bench.fit("threshold_correction", np.zeros(1))
    scores = bench.tuning_scores("threshold_correction", np.zeros(1), fitted)
    alike = unknown[bench.tuning_rows]
    assert len(np.unique(scores[alike], axis=0)) == 1
    assert len(np.unique(scores[~alike], axis=0)) == np.count_nonzero(~alike)
    for budget in (0.1, 0.2, 0.3):
        prices = choose_operating_point(scores, budget=budget).prices
        sent = route(fitted.agent_scores(bench.X), OperatingPoint(prices)) > 0
        assert not sent[unknown].any()
        assert sent.mean() <= budget + 0.05
