"""Experts made up for real cases: draw their answers, with stated accuracies and correlations."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Floats, Ints, check_finite, check_not_negative
from cede.datasets._draws import check_at_least, check_chances
from cede.exceptions import InvalidInput

#: How far a matrix may be from a correlation, or rows of chances from one: rounding, no more.
TOLERANCE = 1e-8


class SimulatedExperts(NamedTuple):
    """Answers, and the truth: ``answers, accuracy = simulate_experts(...)``."""

    #: Shape ``(n, J)``, float64, classes numbered as ``y`` is.
    answers: Floats
    #: P(expert j is right in this case), shape ``(n, J)``.
    accuracy: Floats


def simulate_experts(
    y: ArrayLike,
    accuracy: ArrayLike | None = None,
    *,
    confusion: ArrayLike | None = None,
    n_classes: int | None = None,
    correlation: ArrayLike = 0.0,
    random_state: int | np.random.Generator | None = 0,
) -> SimulatedExperts:
    r"""Draw experts' answers to cases of known class, right with the stated chances.

    Expert j is right in case i if :math:`z_{ij} < \Phi^{-1}(a_{ij})`, where the rows of z are
    normal with mean 0, variance 1 and the stated correlation (a Gaussian copula): each expert keeps
    its accuracy, whatever the correlation. A wrong answer is any other class with equal chance, or
    as ``confusion`` says; given that several are wrong, they choose it independently.

    ==========================  ==============================================================
    specialists                 accuracy
    ==========================  ==============================================================
    by class                    ``table[y]``, with a ``table`` of shape (K, J)
    right on k classes only     :func:`specialist_accuracy`, as the papers' experts
    by cluster                  ``table[clusters]``, with clusters found by any means, ``(n,)``
    by region                   any chances ``(n, J)``: a function of the features
    of a stated skill           :func:`calibrate_accuracy` of one of these
    ==========================  ==============================================================

    Parameters
    ----------
    y : array of shape (n,)
        True classes, integers from 0 to K - 1.
    accuracy : float or array of shape (J,) or (n, J), default=None
        The chances :math:`a_{ij}` of being right: of one expert, of each, or of each in each case.
        None takes them from ``confusion``.
    confusion : array of shape (K, K) or (J, K, K), default=None
        P(answer is column | class is row), for one expert or for each; rows sum to 1. Beside
        ``accuracy``, it only says which class is answered when the answer is wrong.
    n_classes : int, default=None
        K; None is the size of ``confusion``, or else the largest class in ``y``, plus 1.
    correlation : float or array of shape (J, J), default=0.0
        Between the z of any two experts, or of each two. It is that of a hidden ease of the case:
        right and wrong themselves correlate less, by :math:`\frac{2}{\pi} \arcsin \rho` between
        two experts of accuracy one half.
    random_state : int, Generator or None, default=0
        Seed; None draws anew at each call.

    Returns
    -------
    SimulatedExperts
        ``answers`` and ``accuracy``, both ``(n, J)``.

    Raises
    ------
    InvalidInput
        If neither ``accuracy`` nor ``confusion`` is given, one is no chance, shapes disagree,
        ``y`` is no class, or no such correlation exists.

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
    >>> chances = specialist_accuracy(y, [[0, 1], [2]], outside=1 / 3)
    >>> answers, accuracy = simulate_experts(y, chances)
    >>> (answers == y[:, None])[y == 2].mean(axis=0).round(2)
    array([0.34, 1.  ])

    An expert who takes one class in three for the next:

    >>> answers, _ = simulate_experts([0, 1, 2], confusion=[[0, 1, 0], [0, 1, 0], [0, 0, 1]])
    >>> answers.ravel()
    array([1., 1., 2.])
    """
    if accuracy is None and confusion is None:
        raise InvalidInput(
            "Say how good the experts are: accuracy, or confusion, or both; neither was given."
        )
    matrices = None if confusion is None else _read_confusion(confusion)
    classes, size = _read_classes(y, n_classes, matrices)
    chances = _read_chances(classes, accuracy, matrices)
    if size == 1 and (chances < 1.0).any():
        raise InvalidInput("With one class nobody can be wrong, however an accuracy is below 1.")
    rng = np.random.default_rng(random_state)
    right = _hidden(chances.shape, correlation, rng) < _quantiles(chances)
    if matrices is None or size == 1:
        offset = rng.integers(1, max(size, 2), size=chances.shape)
        wrong = (classes[:, None] + offset) % size
    else:
        wrong = _draw_wrong(classes, matrices, right, rng)
    answers = np.where(right, classes[:, None], wrong).astype(np.float64)
    return SimulatedExperts(answers, chances)


def simulate_regression_experts(
    y: ArrayLike,
    error: ArrayLike,
    *,
    correlation: ArrayLike = 0.0,
    random_state: int | np.random.Generator | None = 0,
) -> Floats:
    r"""Draw experts' answers to cases of known amount, with the stated mean absolute errors.

    Expert j answers :math:`y_i + \sqrt{\pi / 2}\, e_{ij} z_{ij}` with z standard normal, so that
    :math:`E|\text{answer} - y_i| = e_{ij}`; the expected squared error is
    :math:`\frac{\pi}{2} e_{ij}^2`. Answers may leave the range of ``y``.

    Parameters
    ----------
    y : array of shape (n,)
        True amounts.
    error : float or array of shape (J,) or (n, J)
        The mean absolute errors :math:`e_{ij}`, in units of ``y``: of one expert, of each, or of
        each in each case; of specialists by region, ``table[regions]``. Zero is never wrong.
    correlation : float or array of shape (J, J), default=0.0
        Between the errors of any two experts, or of each two.
    random_state : int, Generator or None, default=0
        Seed; None draws anew at each call.

    Returns
    -------
    array of shape (n, J)

    Raises
    ------
    InvalidInput
        If ``y`` or ``error`` is not finite, an error is negative, shapes disagree, or no such
        correlation exists.

    Examples
    --------
    The first expert errs by 2 days on the mean, the second by half a day.

    >>> days = np.linspace(1, 30, 10_000)
    >>> answers = simulate_regression_experts(days, [2.0, 0.5])
    >>> np.abs(answers - days[:, None]).mean(axis=0).round(1)
    array([2. , 0.5])
    """
    amounts = np.asarray(y, dtype=np.float64)
    if amounts.ndim != 1:
        raise InvalidInput(f"y must have shape (n,), however its shape is {amounts.shape}.")
    check_finite("y", amounts)
    spread = _per_case("error", error, len(amounts))
    check_not_negative("error", spread)
    rng = np.random.default_rng(random_state)
    noise = _hidden(spread.shape, correlation, rng)
    return np.asarray(amounts[:, None] + np.sqrt(np.pi / 2.0) * spread * noise)


def _hidden(shape: tuple[int, ...], correlation: ArrayLike, rng: np.random.Generator) -> Floats:
    """Draw rows of normal numbers ``(n, J)`` of variance 1 with the stated correlation."""
    n_experts = shape[1]
    matrix = np.asarray(correlation, dtype=np.float64)
    if matrix.ndim == 0:
        matrix = np.where(np.eye(n_experts, dtype=np.bool_), 1.0, matrix)
    if matrix.shape != (n_experts, n_experts):
        raise InvalidInput(
            f"correlation must be one number or have shape (J, J) = ({n_experts}, {n_experts}), "
            f"however its shape is {matrix.shape}."
        )
    check_finite("correlation", matrix)
    values, vectors = np.linalg.eigh(matrix)
    if (
        np.abs(matrix - matrix.T).max(initial=0.0) > TOLERANCE
        or np.abs(np.diagonal(matrix) - 1.0).max(initial=0.0) > TOLERANCE
        or values.min(initial=0.0) < -TOLERANCE
    ):
        raise InvalidInput(
            f"No {n_experts} experts can be correlated so: a correlation is symmetric, 1 on the "
            f"diagonal, and has no negative eigenvalue, of which the smallest is "
            f"{values.min(initial=0.0):.4g}; one number lies between -1 / (J - 1) and 1."
        )
    factor = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(rng.standard_normal(shape) @ factor.T, dtype=np.float64)


def _quantiles(chances: Floats) -> Floats:
    """Return the normal quantiles of chances: -inf at 0 and inf at 1, so that both are certain."""
    from scipy.special import ndtri

    return np.asarray(ndtri(chances), dtype=np.float64)


def _draw_wrong(y: Ints, confusion: Floats, right: NDArray[np.bool_], rng: Any) -> Ints:
    """Draw classes other than ``y``, in proportion to each expert's confusions, ``(n, J)``."""
    n_experts, size = right.shape[1], confusion.shape[-1]
    matrices = np.broadcast_to(confusion, (n_experts, size, size))
    weights = np.where(np.eye(size, dtype=np.bool_), 0.0, matrices)
    steps = weights.cumsum(axis=2)[:, y].swapaxes(0, 1)  # (n, J, K)
    total = steps[:, :, -1:]
    stuck = ~right & (total[:, :, 0] == 0.0)
    if stuck.any():
        i, j = (int(k) for k in np.argwhere(stuck)[0])
        raise InvalidInput(
            f"confusion says nothing of wrong answers of expert {j + 1} to class {int(y[i])}, "
            f"where its accuracy is below 1; give that row a chance off the diagonal."
        )
    drawn = rng.random(right.shape)[:, :, None] * total
    return np.asarray((drawn >= steps).sum(axis=2).clip(max=size - 1), dtype=np.int64)


def _read_confusion(confusion: ArrayLike) -> Floats:
    """Matrices ``(J, K, K)``, or ``(1, K, K)``."""
    matrices = np.asarray(confusion, dtype=np.float64)
    if matrices.ndim == 2:
        matrices = matrices[None]
    if matrices.ndim != 3 or matrices.shape[1] != matrices.shape[2] or not matrices.shape[2]:
        raise InvalidInput(
            f"confusion must have shape (K, K) or (J, K, K), however its shape is "
            f"{np.shape(confusion)}."
        )
    check_chances("confusion", matrices)
    off = np.abs(matrices.sum(axis=2) - 1.0).max(initial=0.0)
    if off > TOLERANCE:
        raise InvalidInput(
            f"Each row of confusion holds the chances of all answers to one class and sums to 1, "
            f"however a sum is off by {off:.4g}; divide rows by their sums."
        )
    return matrices


def _read_classes(
    y: ArrayLike, n_classes: int | None, confusion: Floats | None
) -> tuple[Ints, int]:
    """Classes ``(n,)``, and how many there are."""
    values = np.asarray(y)
    whole = values.dtype.kind in "iub" or (
        values.dtype.kind == "f" and bool((values == np.floor(values)).all())
    )
    if values.ndim != 1 or not whole or (values < 0).any():
        raise InvalidInput(
            f"y must be classes of shape (n,), integers from 0, however it has shape "
            f"{values.shape} and dtype {values.dtype}; number other labels with np.unique."
        )
    classes = values.astype(np.int64)
    size = int(classes.max(initial=0)) + 1
    if n_classes is not None:
        check_at_least(1, n_classes=n_classes)
        most = n_classes
    else:
        most = size if confusion is None else confusion.shape[-1]
    if size > most or (confusion is not None and confusion.shape[-1] != most):
        raise InvalidInput(
            f"y, n_classes and confusion must agree on the classes, however y holds class "
            f"{size - 1} and there are {most}"
            + ("." if confusion is None else f", and confusion is of {confusion.shape[-1]}.")
        )
    return classes, most


def _read_chances(y: Ints, accuracy: ArrayLike | None, confusion: Floats | None) -> Floats:
    """Chances of being right, ``(n, J)``."""
    if accuracy is None and confusion is not None:
        return np.diagonal(confusion, axis1=1, axis2=2)[:, y].T.copy()
    given: ArrayLike = 0.0 if accuracy is None else accuracy
    chances = _per_case("accuracy", given, len(y))
    check_chances("accuracy", chances)
    if confusion is not None and len(confusion) not in (1, chances.shape[1]):
        raise InvalidInput(
            f"accuracy and confusion must be of the same experts, however they are of "
            f"{chances.shape[1]} and {len(confusion)}."
        )
    return chances


def _per_case(name: str, values: ArrayLike, n: int) -> Floats:
    """One number, one per expert, or one per case and expert, as a table ``(n, J)``."""
    table = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if table.ndim > 2 or (table.ndim == 2 and len(table) != n):
        raise InvalidInput(
            f"{name} must be one number, one per expert (J,), or one per case and expert "
            f"({n}, J), however its shape is {table.shape}."
        )
    check_finite(name, table)
    return np.broadcast_to(table, (n, table.shape[-1])).copy()
