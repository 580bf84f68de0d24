"""What a test reads of cases, subgroups and scouts, and whether there are enough of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, Floats, Ints, check_groups
from cede._checks._arrays import as_flags, to_array
from cede.exceptions import InvalidInput
from cede.operating import deferral_gain
from cede.tuning.guarantees._claim import Claim
from cede.tuning.guarantees._path import PathCases
from cede.tuning.guarantees._procedures import draw_scouts

__all__ = ["check_enough", "one_of_each", "read_cases", "read_groups", "read_scouts"]


def read_groups(subgroups: ArrayLike | None, known: Bools) -> tuple[tuple[str, ...], Ints]:
    """Names of the subgroups, and the number of each known case's; without any, all in one."""
    if subgroups is None:
        return (), np.zeros(int(known.sum()), dtype=np.int64)
    check_groups(subgroups, known, "subgroups", beside="cases")
    values = to_array(subgroups)
    texts = values.astype(str) if values.dtype.kind == "O" else values
    # A group of which no cost is known stays a group, and is then refused as too small.
    names, number = np.unique(texts, return_inverse=True)
    return tuple(str(name) for name in names.tolist()), number[known].astype(np.int64)


def one_of_each(groups: ArrayLike, known: Bools, random_state: int | None) -> Bools:
    """Draw one of the known cases of each group; ``(n,)``, true where it is drawn."""
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


def read_cases(scores: Floats, costs: Floats, group: Ints, n_groups: int) -> PathCases:
    """Gains, and what each case costs if the model keeps it and if the best expert answers."""
    deferred = np.zeros(len(scores))
    if costs.shape[1] > 1:
        best = scores[:, 1:].argmax(axis=1) + 1
        deferred = costs[np.arange(len(costs)), best]
    return PathCases(deferral_gain(scores), costs[:, 0], deferred, group, n_groups)


def read_scouts(
    scout: float | ArrayLike, known: Bools, cases: PathCases, random_state: int | None
) -> Bools:
    """Which known cases choose the prices to test: a share drawn in each group, or those named."""
    flags = as_flags("scout", scout)
    if flags.ndim == 0 and flags.dtype.kind in "fi":
        share = float(flags)
        if not 0.0 < share < 1.0:
            raise InvalidInput(
                f"must be strictly between 0 and 1, the share of cases that choose what to test, "
                f"but got {scout!r}; write 0.2 for 20 %",
                argument="scout",
            )
        return draw_scouts(cases.group, cases.n_groups, share, random_state)
    if flags.dtype != np.bool_ or flags.shape != known.shape:
        raise InvalidInput(
            f"must be a share or one boolean per case, {known.shape}, but got dtype {flags.dtype} "
            f"and shape {flags.shape}; write 0.2 for 20 %",
            argument="scout",
        )
    chosen = np.asarray(flags[known], dtype=np.bool_)
    if (np.bincount(cases.group[chosen], minlength=cases.n_groups) == 0).any():
        raise InvalidInput(
            "must name a case of each group at least, with its costs known, but got none of some; "
            "scouts choose what is tested",
            argument="scout",
        )
    return chosen


def check_enough(claim: Claim, cases: PathCases, scouts: Bools, names: tuple[str, ...]) -> None:
    """Refuse fewer cases, in all or in a group, than could certify the risk if none went wrong."""
    tested = np.bincount(cases.group[~scouts], minlength=cases.n_groups)
    few = int(tested.argmin())
    least, size, left = claim.least_cases, int(cases.group_sizes[few]), int(tested[few])
    if left >= least:
        return
    who, each = (f" in group {names[few]!r}", " in each group") if names else ("", "")
    count, needs = f"{size:,}" + ("" if size else " of known costs") + who, f"{least:,} cases{each}"
    if scouts.any() and size:
        share = max(1, left) / size
        count += f", {left:,} of them to test after {size - left:,} chose what to test"
        needs += f" to test, about {int(np.ceil(least / share)):,} in all"
    sure = "on average" if claim.delta is None else f"with a delta of {claim.delta:.4g}"
    merge = ", merge subgroups" if names else ""
    raise InvalidInput(
        f"of {claim.risk:.4g} {sure} needs {needs}, even if none of them costs anything, but got "
        f"{count}; bring more cases{merge}, or allow a larger risk or delta",
        argument="risk",
    )
