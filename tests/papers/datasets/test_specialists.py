import numpy as np
import pytest

from cede.exceptions import InvalidInput
from cede_papers.datasets import specialist_accuracy


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
        (
            {"specialities": [[0], ["0"]]},
            r"specialities\[1\] must be groups .* but got '0', which is none",
        ),
        ({"specialities": [[7]]}, "but got 7, which is none of the 2"),
        ({"outside": 1.2}, r"outside must lie in \[0, 1\]"),
        ({"inside": [0.5, 0.5]}, r"inside must be one number or one per expert \(1\)"),
        ({"groups": [[0], [1]]}, r"groups must have shape \(n,\)"),
    ],
)
def test_what_makes_no_specialist(arguments, message):
    usual = {"groups": [0, 1], "specialities": [[0]], "outside": 0.5}
    with pytest.raises(InvalidInput, match=message):
        specialist_accuracy(**(usual | arguments))
