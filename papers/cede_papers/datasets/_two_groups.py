"""A made-up problem in two groups: a linear model knows one, a quadratic expert the other."""

from __future__ import annotations

import numpy as np

from cede._checks import Floats
from cede.datasets import Dataset
from cede.datasets._draws import check_at_least, logistic
from cede.datasets._synthetic import GENERATED

#: Middle of the circles, and the squared radius of the disc; the boundary has radius one.
MIDDLE, LARGEST = np.array([-2.5, 0.0]), 2.0
#: How fast the log odds fall with the squared radius.
STEEPNESS = 8.0
#: Centres of the blobs of class 0 and class 1, and their standard deviation.
BLOBS, SPREAD = np.array([[1.5, -1.0], [1.5, 1.0]]), 0.7


def make_two_groups(n: int = 2_000, random_state: int | np.random.Generator | None = 0) -> Dataset:
    r"""Make a problem of two groups, of which a linear model knows one and its expert the other.

    A case is a point of the plane and comes from either group with equal chance:

    - *circles*: uniform on the disc of radius :math:`\sqrt 2` around :math:`m = (-2.5, 0)`, with
      :math:`\mathrm{logit}\,P(y = 1) = 8\,(1 - |x - m|^2)`: class 1 within radius one, class 0 in
      the ring around it, as many of one as of the other;
    - *blobs*: class 0 or 1 with equal chance, normal around :math:`(1.5, -1)` or
      :math:`(1.5, 1)`, with standard deviation 0.7 in both directions: a line divides them.

    The expert is a quadratic model and answers :math:`1[|x - m| < 1]` everywhere: right in 91 % of
    the circles, and in half of the blobs. The best line is right in 92 % of the blobs, and in
    about half of the circles.

    Parameters
    ----------
    n : int, default=2000
        Number of cases.
    random_state : int, Generator or None, default=0
        Seed; None draws anew at each call. The truth does not depend on it, only the cases do.

    Returns
    -------
    Dataset
        With ``class_posterior`` ``(n, 2)`` and ``expert_accuracy`` ``(n, 1)``; as the expert's
        answer is a function of x, so is its accuracy, one of the two class probabilities.
        :meth:`Dataset.best_routes` knows all that can be known and needs no expert: here the
        expert's worth lies in what a linear model *cannot* express. In ``extras``: ``group``
        ``(n,)``, 0 for circles and 1 for blobs.

    Raises
    ------
    InvalidInput
        If ``n`` is not a positive integer.

    References
    ----------
    After the synthetic problem of Narasimhan et al. 2022, "Post-hoc estimators for learning to
    defer to an expert", NeurIPS, of which we know the shapes and not the numbers.

    Examples
    --------
    >>> problem = make_two_groups(n=20_000)
    >>> problem
    Dataset('two_groups', 20,000 cases, 2 features, 1 expert)
    >>> right = problem.experts[:, 0] == problem.y
    >>> [round(float(right[problem.extras["group"] == g].mean()), 2) for g in (0, 1)]
    [0.91, 0.5]
    """
    check_at_least(1, n=n)
    rng = np.random.default_rng(random_state)
    group = rng.integers(2, size=n)
    blob = rng.integers(2, size=n)
    in_blobs = BLOBS[blob] + SPREAD * rng.standard_normal((n, 2))
    X = np.where(group[:, None] == 0, _on_disc(n, rng), in_blobs)
    inside = rng.random(n) < logistic(STEEPNESS * (1.0 - _squared_radius(X)))
    chance = _chance_of_class_1(X)
    posterior = np.column_stack([1.0 - chance, chance])
    answer = (_squared_radius(X) < 1.0).astype(np.int64)
    return Dataset(
        name="two_groups",
        X=X,
        feature_names=("u", "v"),
        y=np.where(group == 0, inside, blob).astype(np.int64),
        experts=answer[:, None].astype(np.float64),
        expert_names=("quadratic model",),
        class_posterior=posterior,
        expert_accuracy=np.take_along_axis(posterior, answer[:, None], axis=1),
        extras={"group": group},
        licence=GENERATED,
        description="Circles, which a quadratic expert knows, and blobs, which a line divides.",
    )


def _on_disc(n: int, rng: np.random.Generator) -> Floats:
    radius, angle = np.sqrt(LARGEST * rng.random(n)), 2.0 * np.pi * rng.random(n)
    return np.asarray(MIDDLE + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]))


def _squared_radius(X: Floats) -> Floats:
    return np.asarray(((X - MIDDLE) ** 2).sum(axis=1))


def _chance_of_class_1(X: Floats) -> Floats:
    """P(y = 1 given x), of both groups together: each counts by its density at x."""
    squared = _squared_radius(X)
    of_circles = np.where(squared <= LARGEST, 1.0 / (np.pi * LARGEST), 0.0)
    apart = ((X[:, None, :] - BLOBS) ** 2).sum(axis=2) / (2.0 * SPREAD**2)
    of_blobs = np.exp(-apart) / (4.0 * np.pi * SPREAD**2)  # half of each normal density
    # Far from everything no density is left to compare; there, the nearer blob decides.
    in_circles = of_circles / (of_circles + of_blobs.sum(axis=1) + np.finfo(np.float64).tiny)
    chance_in_blobs = logistic(apart[:, 0] - apart[:, 1])
    chance_in_circles = logistic(STEEPNESS * (1.0 - squared))
    chance = in_circles * chance_in_circles + (1.0 - in_circles) * chance_in_blobs
    return np.asarray(chance, dtype=np.float64)
