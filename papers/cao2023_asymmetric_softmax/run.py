"""Asymmetric softmax: whether its estimates of an expert's accuracy are bounded and calibrated.

``python papers/cao2023_asymmetric_softmax/run.py`` measures all parts that need no GPU, in minutes
on two cores, and writes reports, tables and figures. With a GPU, ``--config networks`` trains
WideResNets on the images and adds their report.
"""

import cifar10
import estimation
import hate_speech
import networks

from cede_papers import main

PARTS = {
    "estimation": estimation,
    "cifar10": cifar10,
    "hate_speech": hate_speech,
    "networks": networks,
}

if __name__ == "__main__":
    main(__file__, PARTS)
