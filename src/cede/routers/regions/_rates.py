"""How sensitive and specific reader, model and the two together are on some cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, check_finite, check_same_length
from cede._checks._arrays import as_numbers
from cede.exceptions import InvalidInput
from cede.routers.regions._study import ReaderStudy

__all__ = ["Rates", "check_classes", "inside", "judge_regions", "judge_routes"]


@dataclass(frozen=True)
class Rates:
    """How often reader, model and the two together are right on some cases: shares in [0, 1]."""

    #: Of the cases that are 1, the share that the reader, the model, the system calls 1.
    reader_sensitivity: float
    model_sensitivity: float
    sensitivity: float
    #: Of the cases that are 0, the share that the reader, the model, the system calls 0.
    reader_specificity: float
    model_specificity: float
    specificity: float
    #: The share of all cases that the reader answers.
    deferral_rate: float


def inside(score: ArrayLike, intervals: ArrayLike) -> Bools:
    """Tell which scores lie in one of the closed intervals ``(m, 2)``, disjoint and in order.

    Examples
    --------
    >>> inside([0.1, 0.2, 0.5, 0.51], [[0.2, 0.5]]).tolist()
    [False, True, True, False]
    """
    values = np.asarray(score, dtype=np.float64)
    ends = np.asarray(intervals, dtype=np.float64).reshape(-1, 2)
    begun = np.searchsorted(ends[:, 0], values, side="right")
    ended = np.searchsorted(ends[:, 1], values, side="left")
    return np.asarray(begun > ended)


def judge_regions(study: ReaderStudy, intervals: ArrayLike, threshold: float) -> Rates:
    """How often reader, model and system are right on a study.

    Parameters
    ----------
    study : ReaderStudy
    intervals : array of shape (m, 2)
        Closed, disjoint and in order: where the reader answers.
    threshold : float
        The model answers 1 where its score is larger.

    Raises
    ------
    InvalidInput
        If the study lacks a class, so that a share of its cases is no number.

    Examples
    --------
    >>> study = ReaderStudy(y=[0, 0, 1, 1], score=[0.1, 0.6, 0.4, 0.9], reader=[1, 0, 1, 0])
    >>> both = judge_regions(study, [[0.4, 0.6]], threshold=0.5)
    >>> both.reader_sensitivity, both.model_sensitivity, both.sensitivity, both.deferral_rate
    (0.5, 0.5, 1.0, 0.5)
    """
    return judge_routes(study, inside(study.score, intervals), threshold)


def judge_routes(study: ReaderStudy, routes: ArrayLike, threshold: float) -> Rates:
    """How often reader, model and system are right if ``routes``, ``(n,)``, say who answers.

    Routes are 0 for the model and 1 for the reader; the rest is as in :func:`judge_regions`.
    """
    check_classes("study", study)
    numbers = as_numbers("routes", routes)
    check_same_length(study=study, routes=numbers)
    check_finite("routes", numbers)
    deferred = numbers.astype(np.bool_)
    model, reader = study.score > threshold, study.reader == 1
    answers = np.column_stack([reader, model, np.where(deferred, reader, model)])
    ones = study.y == 1
    sensitivity, specificity = answers[ones].mean(axis=0), (~answers[~ones]).mean(axis=0)
    return Rates(
        reader_sensitivity=float(sensitivity[0]),
        model_sensitivity=float(sensitivity[1]),
        sensitivity=float(sensitivity[2]),
        reader_specificity=float(specificity[0]),
        model_specificity=float(specificity[1]),
        specificity=float(specificity[2]),
        deferral_rate=float(deferred.mean()),
    )


def check_classes(name: str, study: ReaderStudy) -> None:
    """Raise unless the study has cases of both classes."""
    n_ones = int(study.y.sum())
    if n_ones in (0, len(study)):
        raise InvalidInput(
            "must have cases of both classes, for sensitivity and specificity, but got "
            f"{len(study)} cases that are all {min(n_ones, 1)}; bring cases of the other class",
            argument=name,
        )
