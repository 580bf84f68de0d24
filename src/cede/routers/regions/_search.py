r"""The search for regions: every threshold, every weight that makes a difference, some smoothings.

Shares are taken over bins of the first split, which hold equally many cases, and are smoothed. For
one bandwidth, regions change only where :math:`\lambda` passes one of the ratios in the rule; one
:math:`\lambda` between any two of these is tried with every threshold between bins. Whether a bin
is deferred depends on the side of the threshold on which it lies, and not on how far away that is.
So the counts for all thresholds are one cumulative sum, and the work per :math:`\lambda` is linear
in the number of bins, not quadratic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, Floats, check_budget
from cede._checks._arrays import as_numbers, to_array
from cede.exceptions import InvalidInput, UnknownName
from cede.routers.regions._counts import Split, equal_bins, model_alone, number_of_intervals
from cede.routers.regions._rates import Rates, check_classes, judge_regions
from cede.routers.regions._study import ReaderStudy

__all__ = ["OBJECTIVES", "Regions", "best_threshold", "choose_regions"]

#: What can be raised while neither falls below the reader's.
OBJECTIVES = ("sensitivity", "specificity")
#: With more bins the counts of one bandwidth would no longer fit into a small machine's memory.
MOST_BINS = 1_000


@dataclass(frozen=True, eq=False)
class Regions:
    """Where the reader answers, where the model says 1, and how often both are right by split."""

    #: Closed, disjoint and in order, ``(m, 2)``; the first may begin at minus infinity, the last
    #: may end at infinity.
    intervals: Floats
    #: The model answers 1 where its score is larger than this.
    threshold: float
    #: Whether the bounds hold on both splits; if not, one interval holds every score.
    feasible: bool
    #: Upper ends of all bins but the last, ``(T - 1,)``; each belongs to the bin below it.
    edges: Floats
    #: Estimated advantage of the reader per case in each bin, ``(T,)``: by how much the weighted
    #: mean of sensitivity and specificity rises per unit of deferral rate. Positive in the regions
    #: only.
    gains: Floats
    #: The weight of sensitivity in that mean, lambda.
    weight: float
    #: How far the smoothing reached, as a share of all cases.
    bandwidth: float
    tune: Rates
    validation: Rates


def choose_regions(
    tune: ReaderStudy,
    validation: ReaderStudy,
    *,
    objective: str = "sensitivity",
    max_deferral_rate: float = 0.5,
    margin: float = 0.0,
    n_bins: int = 250,
    bandwidths: Sequence[float] = (0.01, 0.03, 0.1),
    max_intervals: int = 2,
) -> Regions:
    """Choose intervals and threshold, estimated on one split, within bounds on both.

    Of all candidates whose sensitivity and specificity are, on both splits, not below the reader's
    by more than ``margin``, and which defer at most ``max_deferral_rate`` there, the one with the
    best ``objective`` on ``validation`` is taken. Of equals, it is the one with the better other
    rate, then with fewer deferrals, with fewer intervals, and at last the better one on ``tune``.
    Deferring nothing and deferring everything are candidates too. If no candidate keeps the bounds,
    everything goes to the reader, ``feasible`` is False, and the threshold is the model's best by
    itself.

    Parameters
    ----------
    tune, validation : ReaderStudy
        Both have cases of both classes.
    objective, max_deferral_rate, margin, n_bins, bandwidths, max_intervals
        As in :class:`cede.RegionRouter`.

    Raises
    ------
    InvalidInput
        If a split lacks a class, or a parameter is outside its range.
    UnknownName
        If the objective is not in :data:`OBJECTIVES`.

    Examples
    --------
    >>> from cede.routers.regions import ReaderStudy, choose_regions
    >>> score = np.linspace(0, 1, 1_000)
    >>> y = (np.random.default_rng(0).random(1_000) < score).astype(int)
    >>> reader = np.where((score > 0.4) & (score < 0.6), y, 1 - y)  # right in a band alone
    >>> study = ReaderStudy(y, score, reader)
    >>> even = np.arange(1_000) % 2 == 0
    >>> choose_regions(study.take(even), study.take(~even)).intervals.round(1).tolist()
    [[0.4, 0.6]]
    """
    _check_parameters(objective, margin, n_bins, bandwidths, max_intervals)
    check_classes("tune", tune)
    check_classes("validation", validation)
    edges = equal_bins(tune.score, n_bins)
    if not isinstance(max_deferral_rate, Real) or not 0.0 <= max_deferral_rate <= 1.0:
        raise InvalidInput(
            f"must be a share of cases in [0, 1], but got {max_deferral_rate!r}; write 0.5 for 50 "
            "%",
            argument="max_deferral_rate",
        )
    share = check_budget(max_deferral_rate)
    first, second = (Split.of(study, edges, share, margin) for study in (tune, validation))
    candidates = [
        _best(first, second, width, objective, max_intervals) for width in sorted(bandwidths)[::-1]
    ]
    best = max(candidates, key=lambda candidate: candidate.key)
    intervals = _intervals(best.deferred, edges)
    threshold = _threshold(edges, best.position)
    return Regions(
        intervals=intervals,
        threshold=threshold,
        feasible=bool(best.key),
        edges=edges,
        gains=_gains(first, best),
        weight=best.weight,
        bandwidth=best.bandwidth,
        tune=judge_regions(tune, intervals, threshold),
        validation=judge_regions(validation, intervals, threshold),
    )


def best_threshold(y: ArrayLike, score: ArrayLike) -> float:
    """The threshold at which sensitivity plus specificity of the model are largest by themselves.

    Examples
    --------
    >>> best_threshold([0, 0, 1, 1], [0.1, 0.25, 0.75, 0.9])
    0.5
    """
    labels = to_array(y)
    study = ReaderStudy(y=labels, score=as_numbers("score", score), reader=labels)
    check_classes("y", study)
    edges = equal_bins(study.score, len(study))
    position = int(model_alone(Split.of(study, edges, 1.0, 0.0)).argmax())
    return _threshold(edges, position)


@dataclass(frozen=True, eq=False)
class _Candidate:
    """Regions in terms of bins. The best has the largest key; an empty key breaks a bound."""

    key: tuple[int, ...]
    deferred: Bools
    #: How many bins lie below the threshold.
    position: int
    weight: float
    bandwidth: float


def _best(
    tune: Split, validation: Split, bandwidth: float, objective: str, max_intervals: int
) -> _Candidate:
    """The best candidate of one bandwidth."""
    weights, below, above = _rules(tune, bandwidth)
    ones, zeros, deferrals = tune.reached(below, above)
    held_ones, held_zeros, held_deferrals = validation.reached(below, above)
    n_intervals = number_of_intervals(below, above)
    allowed = (n_intervals <= max_intervals) & (deferrals <= tune.most_deferred)
    allowed &= (ones >= tune.fewest_ones) & (zeros >= tune.fewest_zeros)
    allowed &= held_deferrals <= validation.most_deferred
    allowed &= held_ones >= validation.fewest_ones
    allowed &= held_zeros >= validation.fewest_zeros
    alone = model_alone(tune)
    left = np.flatnonzero(allowed)
    if not len(left):
        everything = np.ones(len(tune.cases), dtype=np.bool_)
        return _Candidate((), everything, int(alone.argmax()), 0.5, bandwidth)
    orders = [held_ones, held_zeros, -held_deferrals, -n_intervals, ones, zeros]
    if objective == "specificity":
        orders = [held_zeros, held_ones, -held_deferrals, -n_intervals, zeros, ones]
    key = []
    for order in [*orders, np.broadcast_to(alone, ones.shape)]:
        values = order.ravel()[left]
        key.append(int(values.max()))
        left = left[values == values.max()]
    # Those left differ in weight or threshold only; the middle one is the farthest from others.
    row, position = divmod(int(left[len(left) // 2]), ones.shape[1])
    deferred = np.r_[below[row, :position], above[row, position:]]
    return _Candidate(tuple(key), deferred, position, float(weights[row]), bandwidth)


def _rules(tune: Split, bandwidth: float) -> tuple[Floats, Bools, Bools]:
    """Every weight at which regions differ, ``(L,)``, and the bins deferred there, ``(L, T)``."""
    shares = _shares(tune, bandwidth)
    wrong_ones = _ratio(shares["zeros_wrong"], shares["ones_right"], empty=1.0)
    right_zeros = _ratio(shares["zeros_right"], shares["ones_wrong"], empty=0.0)
    steps = np.unique(np.r_[0.0, wrong_ones, right_zeros, 1.0])
    weights = np.r_[0.0, (steps[1:] + steps[:-1]) / 2, 1.0][:, None]
    below, above = wrong_ones < weights, right_zeros > weights
    extremes = np.repeat([[False], [True]], len(tune.cases), axis=1)  # no bin, and every bin
    return (
        np.r_[weights[:, 0], 0.5, 0.5],
        np.vstack([below, extremes]),
        np.vstack([above, extremes]),
    )


def _shares(split: Split, bandwidth: float) -> dict[str, Floats]:
    """Smoothed shares of each class by what the reader says, and of all cases, per bin."""
    n, n_ones = split.cases.sum(), split.ones.sum()
    ones_wrong, zeros_wrong = split.ones - split.ones_right, split.zeros - split.zeros_right
    counts = {
        "ones_right": split.ones_right / n_ones,
        "ones_wrong": ones_wrong / n_ones,
        "zeros_right": split.zeros_right / (n - n_ones),
        "zeros_wrong": zeros_wrong / (n - n_ones),
        "cases": split.cases / n,
    }
    if bandwidth == 0.0:
        return counts
    middle = (np.cumsum(split.cases) - split.cases / 2) / n
    # Sums, not means: only ratios of what is smoothed alike are ever used.
    with np.errstate(over="ignore"):  # a bandwidth of almost nothing leaves each bin to itself
        kernel = np.exp(-0.5 * ((middle[:, None] - middle) / bandwidth) ** 2)
    return {name: kernel @ values for name, values in counts.items()}


def _gains(tune: Split, best: _Candidate) -> Floats:
    """Advantage per case in each bin, positive exactly where the reader answers."""
    shares = _shares(tune, best.bandwidth)
    ones, zeros = best.weight, 1.0 - best.weight
    below = ones * shares["ones_right"] - zeros * shares["zeros_wrong"]
    above = zeros * shares["zeros_right"] - ones * shares["ones_wrong"]
    is_below = np.arange(len(below)) < best.position
    gains = np.where(is_below, below, above) / shares["cases"]
    smallest = np.finfo(np.float64).tiny
    return np.where(best.deferred, np.maximum(gains, smallest), np.minimum(gains, 0.0))


def _intervals(deferred: Bools, edges: Floats) -> Floats:
    """Runs of deferred bins as closed intervals; a run begins at the first float above an end."""
    padded = np.r_[False, deferred, False].astype(np.int8)
    starts, stops = np.flatnonzero(np.diff(padded) == 1), np.flatnonzero(np.diff(padded) == -1)
    begins = np.r_[-np.inf, np.nextafter(edges, np.inf)]
    return np.column_stack([begins[starts], np.r_[edges, np.inf][stops - 1]])


def _threshold(edges: Floats, position: int) -> float:
    """The upper end of the bins below the threshold."""
    return float(np.r_[-np.inf, edges, np.inf][position])


def _ratio(part: Floats, rest: Floats, empty: float) -> Floats:
    whole = part + rest
    return np.divide(part, whole, out=np.full_like(whole, empty), where=whole > 0)


def _check_parameters(
    objective: str, margin: float, n_bins: int, bandwidths: Sequence[float], max_intervals: int
) -> None:
    if objective not in OBJECTIVES:
        raise UnknownName("objective", objective, OBJECTIVES)
    if not isinstance(margin, Real) or not 0.0 <= margin <= 1.0:
        raise InvalidInput(
            f"must be in [0, 1], how far sensitivity and specificity may fall below the reader's, "
            f"but got {margin!r}; write 0.02 for two points",
            argument="margin",
        )
    if not isinstance(n_bins, Integral) or not 2 <= n_bins <= MOST_BINS:
        raise InvalidInput(
            f"must be a whole number from 2 to {MOST_BINS}, but got {n_bins!r}; write 250",
            argument="n_bins",
        )
    if not isinstance(max_intervals, Integral) or max_intervals < 1:
        raise InvalidInput(
            f"must be a whole number of at least 1, but got {max_intervals!r}; write 2",
            argument="max_intervals",
        )
    widths = np.asarray(bandwidths)
    if widths.ndim != 1 or not widths.size or widths.dtype.kind not in "fiu":
        raise InvalidInput(
            f"must be a list of numbers, but got {bandwidths!r}; write [0.03, 0.1]",
            argument="bandwidths",
        )
    if not ((widths >= 0.0) & (widths <= 1.0)).all():
        raise InvalidInput(
            f"must be shares of all cases in [0, 1], but got {bandwidths!r}; write 0.03 for 3 %",
            argument="bandwidths",
        )
