"""Cases, subgroups and scouts as given, to what a test reads; and whether they are enough."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, Floats, Ints, check_groups
from cede._checks._arrays import as_flags, to_array
from cede.exceptions import InvalidInput
from cede.operating import deferral_gain
from cede.tuning.guarantees._path import Cases
from cede.tuning.guarantees._procedures import draw_scouts
from cede.tuning.guarantees._wanted import Wanted

__all__ = ["check_enough", "one_of_each", "read_cases", "read_groups", "read_scouts"]


def read_groups(subgroups: ArrayLike | None, known: Bools) -> tuple[tuple[str, ...], Ints]:
    """Names of the subgroups and the number of each known case's; one, nameless, if not asked."""
    if subgroups is None:
        return (), np.zeros(int(known.sum()), dtype=np.int64)
    check_groups(subgroups, known, "subgroups", beside="cases")
    values = to_array(subgroups)
    texts = values.astype(str) if values.dtype.kind == "O" else values
    # A group of which no cost is known is one all the same, and is then refused as too small.
    names, number = np.unique(texts, return_inverse=True)
    return tuple(str(name) for name in names.tolist()), number[known].astype(np.int64)


def one_of_each(groups: ArrayLike, known: Bools, random_state: int | None) -> Bools:
    """Which known case of each group is drawn."""
    number = check_groups(groups, known, beside="cases")
    assert number is not None
    # A stream of its own, as that of the scouts.
    seed = np.random.SeedSequence(random_state, spawn_key=(len("groups"),))
    order = np.flatnonzero(known)
    order = order[np.random.default_rng(seed).permutation(len(order))]
    first = np.unique(number[order], return_index=True)[1]
    chosen = np.zeros(len(known), dtype=np.bool_)
    chosen[order[first]] = True
    return chosen


def read_cases(scores: Floats, costs: Floats, group: Ints, n_groups: int) -> Cases:
    """Gains, and what each case costs if it is kept and if the best expert gets it."""
    deferred = np.zeros(len(scores))
    if costs.shape[1] > 1:
        best = scores[:, 1:].argmax(axis=1) + 1
        deferred = costs[np.arange(len(costs)), best]
    return Cases(deferral_gain(scores), costs[:, 0], deferred, group, n_groups)


def read_scouts(
    scout: float | ArrayLike, known: Bools, cases: Cases, random_state: int | None
) -> Bools:
    """Which of the known cases choose what to test: a share, drawn in each group, or as given."""
    given = as_flags("scout", scout)
    if given.ndim == 0 and given.dtype.kind in "fi":
        share = float(given)
        if not 0.0 < share < 1.0:
            raise InvalidInput(
                f"must be strictly between 0 and 1, the share of cases that choose what to test, "
                f"but got {scout!r}; write 0.2 for 20 %",
                argument="scout",
            )
        return draw_scouts(cases.group, cases.n_groups, share, random_state)
    if given.dtype != np.bool_ or given.shape != known.shape:
        raise InvalidInput(
            f"must be a share or one boolean per case, {known.shape}, but got dtype {given.dtype} "
            f"and shape {given.shape}; write 0.2 for 20 %",
            argument="scout",
        )
    chosen = np.asarray(given[known], dtype=np.bool_)
    if (np.bincount(cases.group[chosen], minlength=cases.n_groups) == 0).any():
        raise InvalidInput(
            "must name a case of each group at least, with its costs known, but got none of some; "
            "scouts choose what is tested",
            argument="scout",
        )
    return chosen


def check_enough(wanted: Wanted, cases: Cases, scouts: Bools, names: tuple[str, ...]) -> None:
    """Refuse fewer cases, in all or in a group, than certify the risk if none of them errs."""
    tested = np.bincount(cases.group[~scouts], minlength=cases.n_groups)
    few = int(tested.argmin())
    least, size, left = wanted.least_cases, int(cases.group_sizes[few]), int(tested[few])
    if left >= least:
        return
    who = f"Group {names[few]!r} has" if names else "There are"
    count, wants = f"{size:,} cases" + ("" if size else " of known costs"), f"{least:,}"
    if scouts.any() and size:
        share = max(1, left) / size
        count += f", {left:,} of them to test after {size - left:,} chose what to test"
        wants += f" to test, about {int(np.ceil(least / share)):,} in all"
    sure = "on average" if wanted.delta is None else f"with a delta of {wanted.delta:.4g}"
    merge = ", merge subgroups" if names else ""
    raise InvalidInput(
        f"{who} {count}, but certifying a risk of {wanted.risk:.4g} {sure} needs {wants}, even if "
        f"none of them costs anything; bring more cases{merge}, or allow a larger risk or delta."
    )
