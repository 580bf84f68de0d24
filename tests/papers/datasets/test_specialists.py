import numpy as np
import pytest

from cede.exceptions import InvalidInput
from cede_papers.datasets import calibrate_accuracy, specialist_accuracy


def test_each_expert_has_levels_of_its_own():
    table = specialist_accuracy(
        [2, 0, 1, 2], [[0, 1], [], [2]], inside=[0.9, 0.8, 0.7], outside=[0.1, 0.2, 0.3]
    )
    np.testing.assert_array_equal(
        table, [[0.1, 0.2, 0.7], [0.9, 0.2, 0.3], [0.9, 0.2, 0.3], [0.1, 0.2, 0.7]]
    )


def test_groups_may_be_texts_and_specialities_arrays():
    groups = np.array(["skin", "heart", "skin"])
    table = specialist_accuracy(groups, [np.array(["skin"]), {"heart"}], outside=0.5)
    np.testing.assert_array_equal(table, [[1.0, 0.5], [0.5, 1.0], [1.0, 0.5]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"specialities": [[0], ["0"]]}, r"specialities\[1\] must be groups .* '0' is none"),
        ({"specialities": [[7]]}, "7 is none of the 2"),
        ({"outside": 1.2}, "outside must be chances"),
        ({"inside": [0.5, 0.5]}, r"inside must be one number or one per expert \(1\)"),
        ({"groups": [[0], [1]]}, r"groups must have shape \(n,\)"),
    ],
)
def test_what_makes_no_specialist(arguments, message):
    usual = {"groups": [0, 1], "specialities": [[0]], "outside": 0.5}
    with pytest.raises(InvalidInput, match=message):
        specialist_accuracy(**(usual | arguments))


@pytest.mark.parametrize("overall", [0.01, 0.5, 0.8, 0.999])
def test_the_stated_accuracy_is_met_exactly_on_the_cases(overall):
    table = np.random.default_rng(0).uniform(size=(500, 3)) ** 4
    found = calibrate_accuracy(table, overall)
    np.testing.assert_allclose(found.mean(axis=0), overall, rtol=0, atol=1e-12)
    # Near 1, rounding makes neighbours equal; it never swaps them.
    in_order = np.take_along_axis(found, table.argsort(axis=0), axis=0)
    assert (np.diff(in_order, axis=0) >= 0).all()


def test_one_shift_of_the_logits_per_expert():
    table = np.random.default_rng(0).uniform(0.01, 0.99, size=(50, 2))
    found = calibrate_accuracy(table, [0.3, 0.9])
    np.testing.assert_allclose(found.mean(axis=0), [0.3, 0.9], atol=1e-12)
    shift = np.log(found / (1 - found)) - np.log(table / (1 - table))
    np.testing.assert_allclose(shift, np.broadcast_to(shift[0], shift.shape), atol=1e-9)


def test_what_holds_already_stays():
    table = np.random.default_rng(0).uniform(size=(50, 2))
    np.testing.assert_allclose(calibrate_accuracy(table, table.mean(axis=0)), table, atol=1e-12)


def test_certainties_stay_and_the_rest_makes_up_for_them():
    found = calibrate_accuracy([[1.0], [0.0], [0.5], [0.5]], overall=0.4)
    np.testing.assert_allclose(found.ravel(), [1.0, 0.0, 0.3, 0.3], atol=1e-12)
    certain = calibrate_accuracy([[1.0], [0.0]], overall=0.5)
    np.testing.assert_array_equal(certain, [[1.0], [0.0]])


def test_the_faintest_chances_still_reach_it():
    found = calibrate_accuracy([[1e-300], [1e-300]], overall=0.9)
    np.testing.assert_allclose(found, 0.9, atol=1e-12)


@pytest.mark.parametrize(
    ("accuracy", "overall", "message"),
    [
        ([[1.0], [0.0], [0.5]], 0.9, "overall of expert 1 must lie between 0.3333 and 0.6667"),
        ([[0.5, 1.0]], 0.5, "overall of expert 2 must lie between 1 and 1"),
        ([[0.5]], 1.0, "must lie between 0 and 1"),
        ([[0.5]], [0.5, 0.5], r"one number or one per expert \(1\)"),
        ([0.5, 0.5], 0.5, "accuracy must have shape"),
        (np.empty((0, 2)), 0.5, "with a case at least"),
        ([[1.5]], 0.5, "accuracy must be chances"),
        ([[0.5]], np.nan, "must lie between"),
    ],
)
def test_what_cannot_be_reached(accuracy, overall, message):
    with pytest.raises(InvalidInput, match=message):
        calibrate_accuracy(accuracy, overall)
