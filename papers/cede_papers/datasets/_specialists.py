"""Who knows what: how often made-up experts are right, by group of cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_finite
from cede.exceptions import InvalidInput


def specialist_accuracy(
    groups: ArrayLike,
    specialities: Sequence[Iterable[Any]],
    *,
    inside: ArrayLike = 1.0,
    outside: ArrayLike,
) -> Floats:
    """Return accuracies ``(n, J)`` of experts who know some groups of cases, the others less.

    Parameters
    ----------
    groups : array of shape (n,)
        What expertise goes by: the true class, a cluster, a region; numbers or texts.
    specialities : sequence of J collections
        The groups that each expert knows; none is legal.
    inside, outside : float or array of shape (J,), inside default=1.0
        Accuracy in the groups an expert knows, and in the others; one over the number of classes
        is a guess.

    Raises
    ------
    InvalidInput
        If a speciality is no group of these cases, or an accuracy no probability.

    Examples
    --------
    >>> specialist_accuracy(["heart", "lung", "skin"], [["heart"], ["lung", "skin"]], outside=0.5)
    array([[1. , 0.5],
           [0.5, 1. ],
           [0.5, 1. ]])
    """
    places = np.asarray(groups)
    if places.ndim != 1:
        raise InvalidInput(f"must have shape (n,), but got {places.shape}", argument="groups")
    known, code = np.unique(places, return_inverse=True)
    number = {name: k for k, name in enumerate(known.tolist())}
    knows = np.zeros((len(known), len(specialities)), dtype=np.bool_)
    for j, names in enumerate(specialities):
        listed = [n.item() if isinstance(n, np.generic) else n for n in names]
        unknown = [name for name in listed if name not in number]
        if unknown:
            raise InvalidInput(
                f"must be groups of these cases, but got {unknown[0]!r}, which is none of the "
                f"{len(known)}",
                argument=f"specialities[{j}]",
            )
        knows[[number[name] for name in listed], j] = True
    levels = [_per_expert("inside", inside, knows), _per_expert("outside", outside, knows)]
    return np.where(knows, *levels)[code]


def check_probabilities(name: str, values: Floats) -> None:
    """Raise unless every entry is a probability."""
    check_finite(name, values)
    if ((values < 0.0) | (values > 1.0)).any():
        raise InvalidInput(
            f"must lie in [0, 1], but got {values.min():.4g} to {values.max():.4g}", argument=name
        )


def _per_expert(name: str, level: ArrayLike, knows: Any) -> Floats:
    """One number, or one per expert."""
    values = np.asarray(level, dtype=np.float64)
    n_experts = knows.shape[1]
    if values.shape not in ((), (n_experts,)):
        raise InvalidInput(
            f"must be one number or one per expert ({n_experts}), but got shape {values.shape}",
            argument=name,
        )
    check_probabilities(name, values)
    return values
