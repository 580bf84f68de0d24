"""Whether the scores have moved: one look at a recent window, beside a reference."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_finite
from cede._checks._arrays import to_array
from cede._intervals import check_confidence
from cede.exceptions import InvalidInput

__all__ = ["ScoreDrift", "read_sample", "score_drift"]


@dataclass(frozen=True)
class ScoreDrift:
    """How far a recent window of scores is from a reference."""

    #: Whether ``p_value`` is at most one minus the confidence.
    drifted: bool
    #: Of the two-sided Kolmogorov-Smirnov test, times the number of looks and of columns.
    p_value: float
    #: Largest distance between the two distribution functions.
    distance: float
    #: Probability that a recent score is above one of the reference, ties counting half; 0.5
    #: without drift.
    chance_above: float
    #: Population stability index, and the value that chance alone exceeds in one of twenty windows.
    stability_index: float
    stability_index_by_chance: float
    #: Inner edges of the bins of the index, and the share of either sample in each bin.
    edges: tuple[float, ...]
    reference_shares: tuple[float, ...]
    recent_shares: tuple[float, ...]
    n_reference: int
    n_recent: int
    n_looks: int
    confidence: float
    #: The column with the smallest p-value, to which all numbers here belong; None if there is one.
    column: int | None = None

    def __str__(self) -> str:
        """One line for people."""
        which = "" if self.column is None else f" (column {self.column})"
        verdict = "the scores have moved" if self.drifted else "no sign that the scores moved"
        looks = f" for {self.n_looks:,} looks" if self.n_looks > 1 else ""
        return (
            f"{verdict}{which}: p = {self.p_value:.2g}{looks}, a recent score is above a reference "
            f"one {100 * self.chance_above:.0f} % of the time; stability index "
            f"{self.stability_index:.3f}, by chance up to {self.stability_index_by_chance:.3f}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def score_drift(
    reference: ArrayLike,
    recent: ArrayLike,
    *,
    n_bins: int = 10,
    n_looks: int = 1,
    confidence: float = 0.95,
) -> ScoreDrift:
    r"""Compare a recent window of scores with a reference, once.

    Two numbers answer two questions. *Is it chance?* The two-sample Kolmogorov-Smirnov test on
    :math:`D = \sup_s |F(s) - G(s)|`, exact up to 10,000 cases; with ties its p-value is too large
    rather than too small. *Is it much?* The population stability index over bins with edges at the
    quantiles of the reference,

    .. math:: \mathrm{PSI} = \sum_b (q_b - p_b) \log(q_b / p_b),

    with the shares p of the reference and q of the window, and half a case more in each bin so that
    none is empty. Without drift, it is about :math:`(1/n + 1/m) \chi^2_{B-1}`; the 95 % quantile of
    this is returned, too, as the customary 0.1 ("look") and 0.25 ("act") mean nothing in windows so
    small that chance alone gets there.

    If several windows will be looked at, pass their number as ``n_looks``: p-values are multiplied
    by it (Bonferroni), so that at most one in twenty such series alarms by chance. If nobody knows
    their number, take :class:`ConformalMartingale`, which may be looked at after every case.

    Parameters
    ----------
    reference, recent : arrays of shape (n,) or (n, k)
        Gains (:func:`cede.operating.deferral_gain`), or any scores. If there are k columns, such as
        agent scores, each is tested, p-values are multiplied by k, and the worst is returned.
    n_bins : int, default=10
        At least 2; there are fewer bins if quantiles of the reference tie.
    n_looks : int, default=1
        How many windows will be looked at in all.
    confidence : float, default=0.95
        Level at which the scores count as moved, in (0, 1).

    Raises
    ------
    InvalidInput
        If a sample is empty or not finite, or the two have different columns.

    References
    ----------
    Yurdakul 2018, "Statistical properties of the population stability index", for its law.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> drift = score_drift(rng.normal(size=2_000), rng.normal(0.5, size=300))
    >>> print(drift)  # doctest: +NORMALIZE_WHITESPACE
    the scores have moved: p = 8.9e-08, a recent score is above a reference one 63 % of the time;
    stability index 0.240, by chance up to 0.065
    """
    level = check_confidence(confidence)
    old, new = read_sample("reference", reference), read_sample("recent", recent)
    if old.shape[1] != new.shape[1]:
        raise InvalidInput(
            f"must have the columns of the reference, {old.shape[1]}, but got {new.shape[1]}; pass "
            f"the same scores",
            argument="recent",
        )
    for name, number, least in (("n_bins", n_bins, 2), ("n_looks", n_looks, 1)):
        if number < least:
            raise InvalidInput(
                f"must be {least} or more, but got {number!r}; write a larger number",
                argument=name,
            )
    distance, p_value = _kolmogorov_smirnov(old, new)
    worst = int(p_value.argmin())
    p = float(min(1.0, p_value[worst] * n_looks * len(p_value)))
    edges, p_shares, q_shares = _bins(old[:, worst], new[:, worst], n_bins)
    return ScoreDrift(
        drifted=p <= 1.0 - level,
        p_value=p,
        distance=float(distance[worst]),
        chance_above=_chance_above(old[:, worst], new[:, worst]),
        stability_index=float((q_shares - p_shares) @ np.log(q_shares / p_shares)),
        stability_index_by_chance=_index_by_chance(len(p_shares), len(old), len(new)),
        edges=tuple(edges.tolist()),
        reference_shares=tuple(p_shares.tolist()),
        recent_shares=tuple(q_shares.tolist()),
        n_reference=len(old),
        n_recent=len(new),
        n_looks=int(n_looks),
        confidence=level,
        column=worst if np.ndim(reference) == 2 else None,
    )


def read_sample(name: str, values: ArrayLike) -> Floats:
    """Return finite numbers of shape ``(n, k)``, n and k one at least."""
    sample = to_array(values)
    if sample.dtype.kind not in "fiub" or sample.ndim not in (1, 2):
        raise InvalidInput(
            f"must be numbers of shape (n,) or (n, k), but got dtype {sample.dtype} and shape "
            f"{sample.shape}; write a row per case",
            argument=name,
        )
    if not sample.size:
        raise InvalidInput("must hold a score, but got none; pass those of some", argument=name)
    sample = sample.astype(np.float64)
    check_finite(name, sample)
    return sample.reshape(len(sample), -1)


def _kolmogorov_smirnov(old: Floats, new: Floats) -> tuple[Floats, Floats]:
    from scipy.stats import ks_2samp

    test = ks_2samp(old, new, axis=0)
    return np.asarray(test.statistic), np.asarray(test.pvalue)


def _chance_above(old: Floats, new: Floats) -> float:
    ordered = np.sort(old)
    below = np.searchsorted(ordered, new, "left") + np.searchsorted(ordered, new, "right")
    return float(below.mean()) / (2 * len(old))


def _bins(old: Floats, new: Floats, n_bins: int) -> tuple[Floats, Floats, Floats]:
    """Inner edges, and shares of either sample in bins that are closed above."""
    edges = np.unique(np.quantile(old, np.arange(1, n_bins) / n_bins, method="inverted_cdf"))
    edges = edges[edges < old.max()]  # no bin above the largest of the reference
    if not edges.size:  # a constant reference: what is above it, and what is not
        edges = old[:1]
    return edges, _shares(old, edges), _shares(new, edges)


def _shares(sample: Floats, edges: Floats) -> Floats:
    n_bins = len(edges) + 1
    count = np.bincount(np.searchsorted(edges, sample), minlength=n_bins) + 0.5
    return np.asarray(count / (len(sample) + 0.5 * n_bins), dtype=np.float64)


def _index_by_chance(n_bins: int, n_old: int, n_new: int) -> float:
    from scipy.special import chdtri

    return float(chdtri(n_bins - 1, 0.05)) * (1 / n_old + 1 / n_new)
