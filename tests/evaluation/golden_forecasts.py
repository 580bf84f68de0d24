"""Forecasts that several tests of calibration use."""

import numpy as np
from hypothesis import strategies as st

# Numbers that are the same on every machine, for values recorded from other libraries.
STEP = np.arange(200)


P = (STEP * 0.6180339887498949 % 1) ** 0.5


O = (STEP * 0.7548776662466927 % 1 < 0.5 + 0.5 * (P - 0.5)).astype(float)  # noqa: E741


#: Estimates with ties and outcomes, as they may come.
SAMPLES = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from([0.0, 1.0, 0.3])), min_size=1, max_size=60
)


def arrays(sample):
    return np.array([p for p, _ in sample]) / 12, np.array([o for _, o in sample])
