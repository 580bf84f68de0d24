import json
import math

import numpy as np
import pytest

import cede
from cede import InvalidInput, OperatingPoint, choose_operating_point, route
from cede.datasets import make_two_specialists
from cede.monitoring import (
    ConformalMartingale,
    KeptErrorCusum,
    Monitor,
    audit,
    audits_needed,
)
from cede.operating import deferral_gain


def in_use(watch, point, wrong_rate, change=0.0, seed=1):
    """A month of 300 cases a day, audited, with outcomes as given."""
    rng = np.random.default_rng(seed)
    for _ in range(30):
        scores = rng.normal(size=(300, 3))
        scores[:, 0] -= change
        found = audit(route(scores, point), 0.05, n_experts=2, random_state=rng)
        watch.observe_cases(scores, found)
        watch.observe_audits(rng.random(int(found.audited.sum())) < wrong_rate)
    return watch.report()


def a_monitor():
    reference = np.random.default_rng(0).normal(size=(3_000, 3))
    point = choose_operating_point(reference, 0.3)
    cusum = KeptErrorCusum(0.05, 0.15, false_alarm_every=10_000)
    return Monitor(reference, point, cusum=cusum), point


def verdicts(report):
    return {finding.what: finding.alarm for finding in report.findings}


def test_a_monitor_is_quiet_where_nothing_changed_and_alarms_where_something_did():
    watch, point = a_monitor()
    quiet = in_use(watch, point, 0.05)
    assert verdicts(quiet) == {
        "scores": False,
        "deferral rate": False,
        "kept error": None,
        "rise of it": False,
    }
    assert not quiet.alarm
    watch, point = a_monitor()
    worse = in_use(watch, point, 0.25)
    assert verdicts(worse)["rise of it"]
    assert not verdicts(worse)["scores"]
    watch, point = a_monitor()
    moved = in_use(watch, point, 0.05, change=0.5)
    assert verdicts(moved)["scores"]
    assert verdicts(moved)["deferral rate"]
    assert "higher than the reference's from about case" in " ".join(str(moved).split())
    assert not verdicts(moved)["rise of it"]
    for report in (quiet, worse, moved):
        assert max(map(len, str(report).splitlines())) <= 80
    assert "ALARM" in str(moved)
    assert "ALARM" not in str(quiet)
    assert json.loads(json.dumps(moved.to_dict()))["alarm"] is True


def test_a_monitor_says_what_it_does_not_know_yet():
    watch, _ = a_monitor()
    assert set(verdicts(watch.report()).values()) == {None}
    assert "no case has been observed" in str(watch.report())
    assert "nothing is known of what the model keeps" in str(watch.report()).replace(
        "\n" + " " * 22, " "
    )
    watch.observe_audits([0, np.nan, 0])
    text = " ".join(str(watch.report()).split())
    assert "0 of 2 audited" in text
    assert f"four times in five takes {audits_needed(0.05, 0.15)}" in text


def test_a_monitor_goes_on_from_plain_values():
    watch, point = a_monitor()
    in_use(watch, point, 0.1, seed=1)
    again = Monitor.from_dict(json.loads(json.dumps(watch.to_dict())))
    assert str(again.report()) == str(watch.report())
    assert str(in_use(again, point, 0.1, seed=2)) == str(in_use(watch, point, 0.1, seed=2))
    plain = Monitor(np.zeros((5, 2)), OperatingPoint((0.0,)))
    assert len(Monitor.from_dict(plain.to_dict()).report().findings) == 3


def test_a_monitor_watches_gains_and_the_rate_at_its_point():
    watch, point = a_monitor()
    scores = np.random.default_rng(4).normal(size=(200, 3))
    routes = route(scores, point)
    watch.observe_cases(scores, routes)
    reference = np.random.default_rng(0).normal(size=(3_000, 3))
    alone = ConformalMartingale(deferral_gain(reference), confidence=0.975)
    assert watch._scores.reading == alone.update(deferral_gain(scores))
    flags = ConformalMartingale(route(reference, point) != 0, confidence=0.975)
    found = flags.update(routes != 0)
    assert watch._deferrals.reading == found
    shown = f"p = {min(1.0, 2 * found.p_value):.2g})"
    assert shown in watch.report().findings[1].sentence


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: Monitor(np.zeros((0, 2)), OperatingPoint((0.0,))),
            "reference_scores must hold a case",
        ),
        (lambda: Monitor(np.zeros((5, 3)), OperatingPoint((0.0,))), "3 columns"),
        (lambda: Monitor(np.zeros((5, 1)), OperatingPoint(())), "one at least"),
        (lambda: a_monitor()[0].observe_cases(np.zeros((5, 2)), np.zeros(5, int)), "3 columns"),
        (lambda: a_monitor()[0].observe_cases(np.zeros((5, 3)), np.zeros(5)), "routes of integers"),
        (lambda: a_monitor()[0].observe_cases(np.zeros((5, 3)), np.zeros(4, int)), "one row"),
        (lambda: a_monitor()[0].observe_audits([0, 2]), "0 or 1"),
    ],
)
def test_what_a_monitor_cannot_watch_is_refused(make, words):
    with pytest.raises(InvalidInput, match=words):
        make()


def test_importing_monitoring_loads_no_scipy_and_no_torch():
    import subprocess
    import sys

    code = (
        "import sys, cede.monitoring; "
        "print([m for m in ('scipy', 'torch', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_router_audits_what_it_would_keep():
    data = make_two_specialists(n=2_000, random_state=0)
    router = cede.SingleStageClassifier().fit(data.X, data.y, experts=data.experts)
    router.tune(data.X, budget=0.2)
    found = router.audit(data.X, 0.1, random_state=0)
    assert (found.decided == router.route(data.X)).all()
    assert 110 < found.audited.sum() < 210
    alone = router.audit(data.X, 0.1, available=["expert 2"], random_state=0)
    assert set(alone.routes[alone.audited]) == {2}
    assert (alone.decided != 1).all()


def test_evidence_beyond_all_numbers_is_kept_as_its_logarithm():
    watch = ConformalMartingale(np.zeros(100_000), horizon=10)
    found = watch.update(np.ones(5_000))
    assert 709.8 < found.log_evidence < 1e5
    assert found.evidence == pytest.approx(np.finfo(float).max)
    assert 0.0 < found.p_value < 1e-300
    for values in (found.to_dict(), watch.to_dict()):
        assert json.loads(json.dumps(values, allow_nan=False)) is not None
    again = ConformalMartingale.from_dict(json.loads(json.dumps(watch.to_dict())))
    assert again.reading == found
    assert again.update(np.ones(3)) == watch.update(np.ones(3))
    old = {k: v for k, v in watch.to_dict().items() if not k.startswith("log_e")}
    old |= {"evidence": math.inf, "largest": math.inf}
    del old["log_largest"]
    assert ConformalMartingale.from_dict(old).reading.alarm
