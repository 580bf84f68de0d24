import numpy as np
import pytest
from logged import call_one, world


@pytest.fixture
def log():
    rng = np.random.default_rng(0)
    risk, costs, chance = world(2_000, rng)
    return risk, call_one(costs, chance, rng), chance
