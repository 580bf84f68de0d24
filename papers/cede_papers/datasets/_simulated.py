"""Experts made up for real cases: what they answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, Ints
from cede.datasets._draws import check_at_least
from cede.exceptions import InvalidInput
from cede_papers.datasets._specialists import check_probabilities, specialist_accuracy


def simulate_experts(
    y: ArrayLike,
    accuracy: ArrayLike,
    *,
    n_classes: int | None = None,
    random_state: int | np.random.Generator | None = 0,
) -> Floats:
    """Draw experts' answers ``(n, J)`` to cases of known class, right as often as stated.

    Given the case, experts err independently of one another; a wrong answer is any other class
    with equal chance.

    Parameters
    ----------
    y : array of shape (n,)
        True classes, integers from 0 to K - 1.
    accuracy : float or array of shape (J,) or (n, J)
        How probably an answer is right: of one expert, of each, or of each in each case
        (:func:`specialist_accuracy`).
    n_classes : int, default=None
        K; None is the largest class in ``y``, plus 1.
    random_state : int, Generator or None, default=0
        Seed; None draws anew at each call.

    Raises
    ------
    InvalidInput
        If an accuracy is no probability, shapes disagree, or ``y`` is no class.

    References
    ----------
    Experts right on k classes and guessing elsewhere: Mozannar and Sontag 2020, "Consistent
    estimators for learning to defer to an expert", ICML; by cluster: Montreuil et al. 2025.

    Examples
    --------
    One expert knows the classes 0 and 1, the other class 2; elsewhere they guess.

    >>> from cede.datasets import make_two_specialists
    >>> from cede_papers.datasets import specialist_accuracy
    >>> y = make_two_specialists().y
    >>> accuracy = specialist_accuracy(y, [[0, 1], [2]], outside=1 / 3)
    >>> answers = simulate_experts(y, accuracy)
    >>> (answers == y[:, None])[y == 2].mean(axis=0).round(2)
    array([0.34, 1.  ])
    """
    classes, size = _read_classes(y, n_classes)
    table = _per_case(accuracy, len(classes))
    if size == 1 and (table < 1.0).any():
        raise InvalidInput(
            f"must be 1 where there is one class and nobody can be wrong, but got "
            f"{table.min():.4g}; say how many classes there are",
            argument="accuracy",
        )
    rng = np.random.default_rng(random_state)
    # Normal numbers and quantiles, not uniform ones: so were the committed reports drawn.
    right = rng.standard_normal(table.shape) < _quantiles(table)
    wrong = (classes[:, None] + rng.integers(1, max(size, 2), size=table.shape)) % size
    return np.where(right, classes[:, None], wrong).astype(np.float64)


def simulate_specialists(
    y: ArrayLike,
    specialities: Sequence[Iterable[int]],
    *,
    n_classes: int,
    inside: ArrayLike = 1.0,
    outside: ArrayLike,
    random_state: int | np.random.Generator | None = 0,
) -> Floats:
    """Draw answers ``(n, J)`` of experts who know some classes, and know the others less.

    Parameters are those of :func:`simulate_experts` and :func:`specialist_accuracy`.

    Examples
    --------
    >>> simulate_specialists([0, 1, 2, 1], [[0, 1]], n_classes=3, outside=0.0).ravel()
    array([0., 1., 1., 1.])
    """
    classes, _ = _read_classes(y, n_classes)
    by_class = specialist_accuracy(
        np.arange(n_classes), specialities, inside=inside, outside=outside
    )
    return simulate_experts(
        classes, by_class[classes], n_classes=n_classes, random_state=random_state
    )


def _quantiles(probabilities: Floats) -> Floats:
    """Return normal quantiles: -inf at 0 and inf at 1, so that both are certain."""
    from scipy.special import ndtri

    return np.asarray(ndtri(probabilities), dtype=np.float64)


def _read_classes(y: ArrayLike, n_classes: int | None) -> tuple[Ints, int]:
    """Classes ``(n,)``, and how many there are."""
    values = np.asarray(y)
    whole = values.dtype.kind in "iub" or (
        values.dtype.kind == "f" and bool((values == np.floor(values)).all())
    )
    if values.ndim != 1 or not whole or (values < 0).any():
        raise InvalidInput(
            f"must be classes of shape (n,), integers from 0, but got shape {values.shape} and "
            f"dtype {values.dtype}; number other labels with np.unique",
            argument="y",
        )
    classes = values.astype(np.int64)
    size = int(classes.max(initial=0)) + 1
    if n_classes is None:
        return classes, size
    check_at_least(1, n_classes=n_classes)
    if size > n_classes:
        raise InvalidInput(
            f"must be below {n_classes}, the number of classes, but got {size - 1}", argument="y"
        )
    return classes, n_classes


def _per_case(accuracy: ArrayLike, n: int) -> Floats:
    """One number, one per expert, or one per case and expert, as a table ``(n, J)``."""
    table = np.atleast_1d(np.asarray(accuracy, dtype=np.float64))
    if table.ndim > 2 or (table.ndim == 2 and len(table) != n):
        raise InvalidInput(
            f"must be one number, one per expert (J,), or one per case and expert ({n}, J), but "
            f"got shape {table.shape}",
            argument="accuracy",
        )
    check_probabilities("accuracy", table)
    return np.broadcast_to(table, (n, table.shape[-1]))
