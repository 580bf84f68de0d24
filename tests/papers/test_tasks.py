"""Tasks and their seeds: the same results whoever runs them."""

import pickle

import pytest
from made_papers import square

from cede.exceptions import InvalidInput, MissingExtra, UnknownName
from cede_papers import Run


def test_a_run_has_a_thousand_seeds_of_its_own():
    assert Run(seed=0).seeds(3) == [0, 1, 2]
    assert Run(seed=2).seeds(2) == [2_000, 2_001]
    with pytest.raises(InvalidInput, match="n must be at most 1,000, but got 1,001"):
        Run().seeds(1_001)


def test_map_keeps_the_order_whatever_the_workers(capfd):
    tasks = list(range(5))
    assert Run(workers=1).map(square, tasks) == Run(workers=2).map(square, tasks)
    assert "5/5" in capfd.readouterr().err


def test_tasks_run_with_one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert Run(workers=1).map(threads, [None]) == [1]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def threads(_):
    import torch

    return torch.get_num_threads()


@pytest.mark.parametrize(
    "error", [UnknownName("method", "a", ["ab", "b"]), MissingExtra("skops", "trust", "Storing")]
)
def test_errors_come_back_from_other_processes(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))
