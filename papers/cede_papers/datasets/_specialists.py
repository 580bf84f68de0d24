"""Who knows what: accuracies of made-up experts by group, and of a stated overall skill."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats
from cede.datasets._draws import check_chances, logistic
from cede.exceptions import InvalidInput

#: Halvings of the bracket in which a shift is sought: enough for the last bit of a float.
HALVINGS = 80


def specialist_accuracy(
    groups: ArrayLike,
    specialities: Sequence[Iterable[Any]],
    *,
    inside: ArrayLike = 1.0,
    outside: ArrayLike,
) -> Floats:
    """Return accuracies of experts who know some groups of cases, and know the others less.

    Parameters
    ----------
    groups : array of shape (n,)
        What expertise goes by: the true class, a cluster, a region; numbers or texts.
    specialities : sequence of J collections
        The groups that each expert knows; none is legal.
    inside, outside : float or array of shape (J,), inside default=1.0
        Accuracy in the groups an expert knows, and in the others; one over the number of classes
        is a guess.

    Returns
    -------
    array of shape (n, J)

    Raises
    ------
    InvalidInput
        If a speciality is no group of these cases, or an accuracy no chance.

    Examples
    --------
    >>> specialist_accuracy(["heart", "lung", "skin"], [["heart"], ["lung", "skin"]], outside=0.5)
    array([[1. , 0.5],
           [0.5, 1. ],
           [0.5, 1. ]])
    """
    places = np.asarray(groups)
    if places.ndim != 1:
        raise InvalidInput(f"groups must have shape (n,), however their shape is {places.shape}.")
    known, code = np.unique(places, return_inverse=True)
    number = {name: k for k, name in enumerate(known.tolist())}
    knows = np.zeros((len(known), len(specialities)), dtype=np.bool_)
    for j, names in enumerate(specialities):
        listed = [n.item() if isinstance(n, np.generic) else n for n in names]
        strange = [name for name in listed if name not in number]
        if strange:
            raise InvalidInput(
                f"specialities[{j}] must be groups of these cases, however {strange[0]!r} is none "
                f"of the {len(known)}."
            )
        knows[[number[name] for name in listed], j] = True
    levels = []
    for name, level in (("inside", inside), ("outside", outside)):
        values = np.asarray(level, dtype=np.float64)
        if values.shape not in ((), (len(specialities),)):
            raise InvalidInput(
                f"{name} must be one number or one per expert ({len(specialities)}), however its "
                f"shape is {values.shape}."
            )
        check_chances(name, values)
        levels.append(values)
    return np.where(knows, *levels)[code]


def calibrate_accuracy(accuracy: ArrayLike, overall: ArrayLike) -> Floats:
    r"""Return accuracies whose mean over these cases is as stated, and whose order is as before.

    Each expert's logits are moved by one number: :math:`a'_{ij} = \sigma(\sigma^{-1}(a_{ij}) +
    s_j)`, with :math:`s_j` such that :math:`\frac1n \sum_i a'_{ij} = \text{overall}_j`. The mean
    grows with :math:`s_j`, so there is exactly one. Accuracies of 0 and 1 stay.

    Parameters
    ----------
    accuracy : array of shape (n, J)
        Chances of being right, that say where each expert is better and where worse.
    overall : float or array of shape (J,)
        The overall accuracy of all, or of each; what is drawn from the result differs from it by
        chance only.

    Returns
    -------
    array of shape (n, J)

    Raises
    ------
    InvalidInput
        If an accuracy is no chance, or the stated one is out of reach because of 0 and 1.

    Examples
    --------
    >>> calibrate_accuracy([[0.5], [0.9]], overall=0.5).round(3)
    array([[0.25],
           [0.75]])
    """
    table = np.asarray(accuracy, dtype=np.float64)
    if table.ndim != 2 or not len(table):
        raise InvalidInput(
            f"accuracy must have shape (n, J) with a case at least, however its shape is "
            f"{table.shape}; repeat one per expert with np.tile."
        )
    check_chances("accuracy", table)
    goal = np.asarray(overall, dtype=np.float64)
    if goal.shape not in ((), table.shape[1:]):
        raise InvalidInput(
            f"overall must be one number or one per expert ({table.shape[1]}), however its shape "
            f"is {goal.shape}."
        )
    goal = np.broadcast_to(goal, table.shape[1:])
    low, high = (table == 1.0).mean(axis=0), (table > 0.0).mean(axis=0)
    reached = ((low < goal) & (goal < high)) | ((low == high) & (goal == low))
    if not reached.all():
        j = int(np.argmin(reached))
        raise InvalidInput(
            f"overall of expert {j + 1} must lie between {low[j]:.4g} and {high[j]:.4g}, which is "
            f"what accuracies of 0 and 1, that stay, leave possible; it is {goal[j]:.4g}."
        )
    with np.errstate(divide="ignore"):
        logits = np.log(table) - np.log1p(-table)
    # Every free accuracy is within a rounding of 0 or 1 at the ends of the bracket.
    reach = np.abs(np.where(np.isfinite(logits), logits, 0.0)).max(initial=0.0) + 750.0
    below, above = np.full(len(goal), -reach), np.full(len(goal), reach)
    for _ in range(HALVINGS):
        middle = 0.5 * (below + above)
        short = logistic(logits + middle).mean(axis=0) < goal
        below, above = np.where(short, middle, below), np.where(short, above, middle)
    return logistic(logits + 0.5 * (below + above))
