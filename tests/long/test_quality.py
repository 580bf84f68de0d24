"""What routers are worth on real data and on known truths: the scripts of benchmarks/quality.

Fewer splits than there; every recipe, split and interval is theirs. The patients are bundled and
the known truths generated; language models and photographs need the folder that CEDE_DATA names.
"""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from cede.operating import average_gap_recovered

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
QUALITY = ROOT / "benchmarks" / "quality"
if not QUALITY.is_dir():
    pytest.skip("benchmarks/quality is not here", allow_module_level=True)
sys.path.insert(0, str(QUALITY))

import _gap_bootstrap  # noqa: E402
import known_truth  # noqa: E402
import llm_routing  # noqa: E402
import many_models  # noqa: E402
import people_cifar10h  # noqa: E402
import support2_multitask  # noqa: E402
import text_routing  # noqa: E402


@pytest.fixture(scope="module")
def data():
    named = os.environ.get("CEDE_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real data are not here; set CEDE_DATA to the folder that holds them")
    return folder


def low(lead):
    """Lower end of the 95 % interval of a lead."""
    return np.percentile(lead[1], 2.5)


@pytest.mark.parametrize("n_bins", [10, 7])
def test_gaps_of_resamples_are_those_of_repeated_cases(n_bins):
    rng = np.random.default_rng(0)
    gain = rng.integers(0, 30, 300).astype(float)  # many ties
    gain[:20] = np.nan
    costs = (rng.random((300, 2)) < [0.5, 0.3]).astype(float)
    counts = rng.integers(0, 4, (6, 300))
    known = ~np.isnan(gain)
    expected = [
        average_gap_recovered(
            np.repeat(gain[known], times[known]),
            np.repeat(costs[known], times[known], axis=0),
            n_bins,
        )
        for times in counts
    ]
    np.testing.assert_allclose(_gap_bootstrap.of_resamples(gain, costs, counts, n_bins), expected)


@pytest.mark.parametrize(
    ("protocol", "n_splits"),
    [pytest.param(p, n, id=p.name) for p, n in zip(llm_routing.PROTOCOLS, (3, 1, 10), strict=True)],
)
def test_language_models_reach_the_gap_asked_for(protocol, n_splits, data):
    found = llm_routing.measure(protocol, n_splits, data, choose=False)
    assert found.of(llm_routing.OURS) >= protocol.least > protocol.published
    assert low(found.lead(llm_routing.LENGTH)) > 0.0
    assert found.lead(llm_routing.NEIGHBOURS)[0] > 0.0
    assert found.of("random") == pytest.approx(0.5, abs=0.03)
    assert found.of("oracle") > 1.0


def test_five_fold_splits_keep_copies_of_a_prompt_together(data):
    logs = llm_routing.load_routellm("mmlu", data)
    for protocol in llm_routing.PROTOCOLS[:2]:
        parts = list(llm_routing.splits(logs, protocol, 0))
        assert sum(len(test) for _, test in parts) >= len(logs.X) - 1_501
        for train, test in parts:
            assert not set(logs.extras["group"][train]) & set(logs.extras["group"][test])


def test_many_models_beat_each_one_and_the_nearest_prompts(data):
    found = many_models.measure(1, data)
    cheapest = found.single[:, 0].argmin()
    for model in set(range(9)) - {cheapest}:
        assert low(found.over_model(model)) > 0.0, found.models[model]
    # For the cheapest one's money, only the cheapest can be asked.
    assert found.over_model(cheapest)[0] == pytest.approx(0.0, abs=1e-9)
    assert low(found.over_curve(many_models.NEIGHBOURS)) > 0.0
    assert low(found.over_curve(many_models.ORACLE)) < 0.0


def test_patients_are_routed_best_by_the_cost_of_both_tasks():
    found = support2_multitask.measure(2)
    for head in support2_multitask.HEADS:
        for other in ("class only", "number only"):
            assert low(found.lead(head, other)) > 0.0, (head, other)
    # Each specialist is the better one at home, at both tasks.
    for costs in (found.wrong, found.late):
        home, away = (costs[found.clusters == cluster, 3:].mean(axis=0) for cluster in (0, 1))
        assert home[0] < home[1]
        assert away[1] < away[0]


@pytest.mark.parametrize("network", people_cifar10h.NETWORKS)
def test_a_network_and_a_person_are_better_than_either(network, data):
    found = people_cifar10h.measure(network, 0.0, 1, data)
    assert low(found.lead(0)) > 0.0
    assert low(found.lead(1)) > 0.0


def test_routers_whose_head_follows_the_truth_reach_the_best_system():
    able = [
        "one stage: softmax + one-vs-all, line",
        "one stage: one-vs-all, network",
        "post hoc: correction, line",
        "two stages: costs, boosting",
        "cascade, boosting",
    ]
    line = "two stages: costs, line"  # costs are not linear here
    found = known_truth.measure("two specialists", 0, [*able, line])
    for name in able:
        assert found[name].reached, name
        # More than the best is luck of the draw only.
        assert found[name].accuracy < found[name].best + 2 * found[name].half
    assert found[line].accuracy < found[line].best - 0.02


def test_realizable_losses_come_near_a_perfect_line_and_estimates_do_not():
    near = ["one stage: realizable, line", "one stage: expected cost, line"]
    far = "one stage: softmax + one-vs-all, line"
    found = known_truth.measure("realizable mixture", 0, [*near, far])
    assert found[far].best == 1.0
    for name in near:
        assert found[name].accuracy > 0.997, name
    assert found[far].accuracy < 0.9


@pytest.mark.parametrize(("place", "least"), [(0, 0.625), (2, 0.63)])
def test_raw_prompts_are_routed_without_an_encoder(data, place, least):
    methods, average, _ = text_routing.measure(llm_routing.PROTOCOLS[place], 2, data)
    assert average.mean(axis=0)[methods.index(text_routing.OURS)] >= least
