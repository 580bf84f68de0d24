"""A thousand interrupted saves, five thousand loads beside saves, three thousand damaged files."""

import pytest

from attacks_on_saves import DAMAGES, attack, damaged

pytestmark = pytest.mark.long


def test_interrupted_saves_lose_nothing(tmp_path):
    found = attack("interrupt", tmp_path / "router", 1_000)
    assert (found["lost"], found["failed"]) == (0, 0)
    assert min(found["one"], found["other"]) > 100
    assert found["most files"] <= 8


def test_loads_beside_saves_get_one_or_the_other(tmp_path):
    found = attack("beside", tmp_path / "router", 5_000)
    assert (found["mixed"], found["alive"]) == (0, True)
    assert min(found["one"], found["other"]) > 100


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_refused_or_route_the_same(damage, tmp_path):
    found = damaged(tmp_path / "router", damage, 750, seed=1)
    assert found["otherwise"] == []
    assert found["refused"] + found["same"] == 750
