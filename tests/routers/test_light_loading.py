"""A router that does not score by a network is loaded, and routes, without torch."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeRegressor

import cede
from cede.datasets import make_two_specialists

X, y, experts = make_two_specialists(n=400, random_state=0)
TABLE = cede.agent_costs(LogisticRegression().fit(X, y).predict(X), experts, y)
ROUTERS = {
    "line": cede.TwoStageRouter(),
    "ranks": cede.TwoStageRouter(surrogate="complement"),
    "ratio": cede.DensityRatioRouter(),
    "neighbours": cede.NeighborRouter(),
    "ensemble": cede.EnsembleRouter(),
    "cascade": cede.CascadeRouter(),
    "tree": cede.TwoStageRouter(head=DecisionTreeRegressor(max_depth=3, random_state=0)),
    "post hoc": cede.PostHocRouter(LogisticRegression()),
    "calibrated": cede.CalibratedRouter(cede.TwoStageRouter()),
}
PROGRAM = """
import sys
import numpy as np
import cede

folder, cases, routes, absent = sys.argv[1:]
router = cede.load(folder, trusted=["sklearn.tree._tree.Tree"])
early = [name for name in absent.split() if name in sys.modules]
assert not early, f"loading imported {early}"
assert np.array_equal(router.route(np.load(cases)), np.load(routes))
assert "torch" not in sys.modules, "routing imported torch"
"""


def fitted(name):
    if name == "post hoc":
        return ROUTERS[name].fit(X, y, experts=experts)
    if name == "calibrated":
        return cede.CalibratedRouter(cede.TwoStageRouter().fit(X[:200], TABLE[:200])).fit(
            X[200:], TABLE[200:]
        )
    return ROUTERS[name].fit(X, TABLE)


@pytest.mark.parametrize("name", ROUTERS)
def test_it_loads_and_routes_without_torch(name, tmp_path):
    router = fitted(name)
    router.tune(X, budget=0.2)
    cede.save(router, tmp_path / "router")
    np.save(tmp_path / "cases.npy", X)
    np.save(tmp_path / "routes.npy", router.route(X))
    light = name in ("line", "ranks", "ratio", "neighbours", "ensemble")
    absent = "torch pandas scipy.stats sklearn.ensemble skops" if light else "torch"
    paths = [str(tmp_path / part) for part in ("router", "cases.npy", "routes.npy")]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *paths, absent], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_single_stage_routers_load_without_torch(tmp_path):
    router = cede.SingleStageClassifier().fit(X, y, experts=experts)
    cede.save(router, tmp_path / "router")
    program = "import sys, cede; cede.load(sys.argv[1]); sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "router")])
    assert done.returncode == 0


def test_what_scikit_learn_is_spared_is_there_when_it_is_asked_for():
    program = """
import cede, sys
cede.TwoStageRouter
assert not {"pandas", "scipy.stats"} & set(sys.modules)
import sklearn.utils.fixes
assert sklearn.utils.fixes._mode([1, 1, 2]).mode == 1
assert sklearn.utils.fixes.pd.DataFrame({"a": [1]}).shape == (1, 1)
import pandas, scipy.stats
assert sklearn.utils.fixes.pd.DataFrame is pandas.DataFrame
"""
    subprocess.run([sys.executable, "-c", program], check=True)
