"""Density-ratio losses for post-hoc deferral (Soen et al. 2026): theory, curves, robustness.

python papers/soen2026_density_ratio/run.py [--config tiny] [--only theory] [--seed 1]
"""

import cifar10
import people
import pneumonia

import theory
from cede_papers import main

if __name__ == "__main__":
    main(
        __file__,
        {"theory": theory, "cifar10": cifar10, "pneumonia": pneumonia, "people": people},
    )
