"""Random draws of a router's own."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_random_state

__all__ = ["own_draws"]


def own_draws(random_state: int | np.random.RandomState | None) -> np.random.RandomState:
    """Return scikit-learn's reading of a seed; None draws anew, and not from numpy's own stream.

    That stream belongs to whoever seeded it: no fit may move it on.
    """
    if random_state is None:
        return np.random.RandomState(np.random.SeedSequence().generate_state(4))
    return check_random_state(random_state)  # type: ignore[no-any-return]
