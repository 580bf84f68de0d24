"""Split by time: learn before, judge after; ties and groups at the border; early and late."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import cede
from cede.datasets import make_two_specialists
from cede.logs import read_problem
from cede.study import split
from cede.study._steadiness import steadiness

X, y, experts = make_two_specialists(n=1_200, random_state=5)
LABELS = np.array(["a", "b", "c"])
TABLE = pd.DataFrame(X, columns=["x0", "x1", "x2"]).assign(
    y=LABELS[y],
    ann=LABELS[experts[:, 0].astype(int)],
    day=np.random.default_rng(5).permutation(1_200) // 7,
)


def problem(table=TABLE, **columns):
    return read_problem(table, "y", {"ann": "ann"}, time="day", **columns)


def test_nothing_learned_is_later_than_anything_judged_and_equal_times_are_on_one_side():
    cases = problem()
    assert "day" not in cases.features
    parts = split(cases, 0)
    test = TABLE["day"].to_numpy()[parts.test]
    for name in ("model", "fit", "tune"):
        assert TABLE["day"].to_numpy()[parts.by_name[name]].max() < test.min()
    assert sum(len(part) for part in parts.by_name.values()) == len(TABLE)
    assert len(test) == pytest.approx(300, abs=4)
    assert parts.border.time == str(test.min())
    assert parts.border.warning == ""


@pytest.mark.parametrize("shift", [0, 3])
def test_the_border_is_the_nearest_that_ties_leave(shift):
    """Of 1,200 cases in three times, 600, 400 and 200, a quarter is nearest to the last."""
    cases = problem(TABLE.assign(day=shift + np.repeat([1, 2, 3], [600, 400, 200])))
    parts = split(cases, 0)
    assert len(parts.test) == 200
    assert parts.border.time == str(shift + 3)


def test_earlier_cases_of_groups_that_straddle_the_border_are_left_out_and_that_is_said():
    table = TABLE.assign(g=np.arange(1_200) // 3)
    cases = problem(table, group="g")
    parts = split(cases, 0)
    groups = table["g"].to_numpy()
    judged = set(groups[parts.test])
    for name in ("model", "fit", "tune"):
        assert not judged & set(groups[parts.by_name[name]])
    is_early = table["day"].to_numpy() < int(parts.border.time)
    both = np.isin(groups, groups[parts.test]) & is_early
    assert parts.border.n_left_out == both.sum() > 0
    assert sum(len(part) for part in parts.by_name.values()) == 1_200 - both.sum()
    said = f"the {both.sum():,} earlier cases are left out"
    result = cede.compare_table(
        table, "y", {"ann": "ann"}, group="g", time="day", methods=["one_vs_all"],
        model=LogisticRegression(), budgets=[0.3], n_boot=20,
    )  # fmt: skip
    assert any(said in text for text in result.warnings)
    assert result.steadiness is not None


@pytest.mark.parametrize(
    ("days", "message"),
    [
        (["2024-01-02", "31/01/2024"], "time must hold numbers or dates, .* got '31/01/2024'"),
        (["2024-01-02", "7"], "time must hold numbers or dates"),
        ([True, False], "time must hold numbers or dates"),
        ([1, None], "time must hold a time in every case, but 600 of column 'day'"),
        ([1, 1], "time must tell times apart, but got one time only"),
    ],
)
def test_what_says_no_time_is_refused(days, message):
    with pytest.raises(cede.InvalidInput, match=message):
        split(problem(TABLE.assign(day=days * 600)), 0)


def test_dates_are_ordered_however_they_are_written():
    days = pd.date_range("2023-11-25", periods=1_200, freq="h")
    for column in (days, days.strftime("%Y-%m-%d %H:%M"), np.arange(1_200) - 50.0):
        np.testing.assert_array_equal(problem(TABLE.assign(day=column)).times, np.arange(1_200))
    texts = [str(number) for number in range(1_200)]  # "10" is after "9"
    np.testing.assert_array_equal(problem(TABLE.assign(day=texts)).times, np.arange(1_200))


def test_a_model_that_gets_worse_is_told_and_one_that_does_not_is_not():
    cases = problem(TABLE.assign(day=np.arange(1_200)))
    rows = np.arange(300, 1_200)
    truth = np.unique(TABLE["y"], return_inverse=True)[1][rows]
    draw = np.random.default_rng(0)
    steady = np.where(draw.random(900) < 0.8, truth, (truth + 1) % 3)
    same = steadiness(cases, rows, steady)
    assert str(same).startswith("No difference is shown between the last third of the test part")
    worse = np.where((np.arange(900) >= 600) & (draw.random(900) < 0.4), (truth + 1) % 3, steady)
    change = steadiness(cases, rows, worse)
    (moved,) = [one for one in change.changes if one.is_shown]
    assert moved.name == "the model right"
    early, late = (np.mean(worse[part] == truth[part]) for part in (slice(0, 301), slice(599, 900)))
    assert moved.early.value == pytest.approx(early, abs=0.01)
    assert moved.late.value == pytest.approx(late, abs=0.01)
    said = f"{100 * moved.early.value:.1f} % and then {100 * moved.late.value:.1f} %"
    assert f"the model right {said}" in str(change)
    assert [one.name for one in change.changes] == [
        "the model right", "ann right", "label a", "label b", "label c",
    ]  # fmt: skip


def test_joint_intervals_of_the_differences_err_seldom():
    """Of 60 tables in which nothing changes, hardly any says that something does."""
    cases = problem(TABLE.assign(day=np.arange(1_200)))
    rows, alarms = np.arange(1_200), 0
    for seed in range(60):
        order = np.random.default_rng(seed).permutation(1_200)
        answers = np.unique(TABLE["y"], return_inverse=True)[1][order]
        alarms += steadiness(cases[order], rows, answers).is_shown
    assert alarms <= 8


def test_too_few_cases_say_nothing():
    cases = problem(TABLE.assign(day=np.arange(1_200)))
    assert steadiness(cases, np.arange(12), np.zeros(12, dtype=int)) is None
