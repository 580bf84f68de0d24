"""Which cases are one, and which are held out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cede._rows._copies import find_copies
from cede._rows._folds import hold_out as held_out
from cede.exceptions import InvalidInput
from cede.logs._cases import Cases
from cede.logs._opened import features_of

__all__ = ["hold_out", "keep_copies_together"]


def keep_copies_together(cases: Cases) -> tuple[Cases, str | None]:
    """Join copies of a case to groups, so that they stay on one side of every split.

    Returns
    -------
    tuple of Cases and str or None
        The cases with these groups, which are none if each case is its own; and what to say of
        equal rows, None if there are none that the groups did not hold together.
    """
    copies = find_copies(cases.features, cases.groups)
    return replace(cases, groups=copies.groups), copies.text


def hold_out(cases: Cases, share: float, *, seed: int = 0) -> tuple[Cases, Cases]:
    """Cases to fit on, and others to judge on; no group is in both.

    Parameters
    ----------
    cases : Cases
    share : float
        Share of the cases, or of the groups, to judge on, between 0 and 1.
    seed : int, default=0
        Which ones they are; the order of the rows does not matter.

    Raises
    ------
    InvalidInput
        If fewer than two cases, or groups, are left on a side.
    """
    if not 0.0 < share < 1.0:
        raise InvalidInput(
            f"must be between 0 and 1, the share of cases to judge on, but got {share:g}; write "
            f"0.25 for 25 %",
            argument="share",
        )
    groups = np.arange(len(cases)) if cases.groups is None else cases.groups
    count = len(np.unique(groups))
    if not 2 <= np.ceil(share * count) <= count - 2:
        raise InvalidInput(
            f"must leave two {'cases' if cases.groups is None else 'groups'} or more to fit on and "
            f"to judge on, but got {share:g} of {count:,}, which leaves fewer than two; bring more "
            f"cases, or choose another share",
            argument="share",
        )
    out = held_out(features_of(cases), share, groups=cases.groups, seed=seed)
    return cases[~out], cases[out]
