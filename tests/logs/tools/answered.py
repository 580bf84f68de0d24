"""Cases that two people answered, large enough for a comparison."""

import warnings
from json import loads
from typing import NamedTuple

import numpy as np

from cede.logs import read_problem


class Case(NamedTuple):
    number: int
    text: str
    length: float
    truth: str
    #: None where she passed the case over.
    ann: str | None
    bob: str


def answered(n=140, seed=0):
    """Ann is right in nine of ten cases and skips some, Bob in seven of ten."""
    rng = np.random.default_rng(seed)
    cases = []
    for number in range(n):
        length = float(rng.normal())
        truth = "yes" if length + 0.7 * rng.normal() > 0 else "no"
        other = "no" if truth == "yes" else "yes"
        ann = truth if rng.random() < 0.9 else other
        bob = truth if rng.random() < 0.7 else other
        text = " ".join(["word"] * int(rng.integers(3, 9))) + f" {number}"
        cases.append(Case(number, text, length, truth, None if number % 15 == 0 else ann, bob))
    return cases


def read(export, **said):
    """The cases of an export, without its notes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_problem(export, **said)


def compare(cede, *arguments):
    """Run one small comparison in one command; what it said."""
    how = ["--method", "threshold_correction", "--budget", "0.3", "--json"]
    model = ["--model", "sklearn.linear_model:LogisticRegression"]
    return loads(cede("compare", *arguments, *how, *model).stdout)
