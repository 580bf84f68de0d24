"""Answering or abstaining by a score, without experts: the risk of what is kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_finite, check_same_length
from cede._checks._arrays import to_array
from cede.exceptions import InvalidInput

__all__ = [
    "RiskCoverage",
    "area_under_generalised_risk_coverage",
    "area_under_risk_coverage",
    "risk_coverage",
]


class RiskCoverage(NamedTuple):
    """Mean loss of the cases kept, by the share that is kept. See :func:`risk_coverage`."""

    #: Share of cases kept: 1 / n, 2 / n, ..., 1.
    coverage: Floats
    #: Mean loss of these.
    risk: Floats


def risk_coverage(confidence: ArrayLike, losses: ArrayLike) -> RiskCoverage:
    r"""Risk of the k cases with the highest confidence, for every k from 1 to n.

    .. math:: r(k / n) = \frac{1}{k} \sum_{i=1}^{k} \ell_{\sigma(i)}

    with :math:`\sigma` the order of falling confidence. Cases that tie cannot be told apart, so
    each counts with the mean loss of all that tie, as in a random order on average. Nothing is kept
    at coverage 0, where risk is not defined, so no point lies there.

    Parameters
    ----------
    confidence : array of shape (n,)
        Any score that is higher where the answer is more trusted. Only its order matters.
    losses : array of shape (n,)
        What each answer costs: ``1[wrong]``, or any other loss.

    Returns
    -------
    RiskCoverage

    Raises
    ------
    InvalidInput
        If there is no case, lengths differ, or an entry is not a finite number.

    References
    ----------
    El-Yaniv and Wiener 2010, "On the foundations of noise-free selective classification";
    Geifman and El-Yaniv 2017, "Selective classification for deep neural networks".

    Examples
    --------
    >>> risk_coverage([0.9, 0.2, 0.8, 0.8], [0, 1, 1, 0]).risk
    array([0.        , 0.25      , 0.33333333, 0.5       ])
    """
    total = _total_losses(*_check_pair(confidence, losses))
    n_kept = np.arange(1.0, len(total) + 1)
    return RiskCoverage(n_kept / len(total), np.divide(total, n_kept, out=total))


def area_under_risk_coverage(
    confidence: ArrayLike, losses: ArrayLike, *, excess: bool = False
) -> float:
    r"""Mean over the coverages 1/n, 2/n, ..., 1 of the risk of the cases kept: AURC.

    .. math:: \frac{1}{n} \sum_{k=1}^{n} r(k / n)

    with :func:`risk_coverage`. A random order gives the mean loss. Ties count with their average
    over all orders.

    Parameters
    ----------
    confidence, losses
        As in :func:`risk_coverage`.
    excess : bool, default=False
        Subtract the area of the best order, by the losses themselves (E-AURC): zero if no score
        could do better. The best order is that of these cases, not an approximation.

    Notes
    -----
    One minus MAPIE's ``auarc``, where no scores tie; there, cases that tie stay in the order of
    the data. torch-uncertainty's ``AURC`` joins the same points by straight lines from coverage 1/n
    to 1 and divides by that length: with :func:`risk_coverage`, ``np.trapezoid(risk, coverage) /
    (1 - 1 / n)``, which weighs the first and the last point by half.

    References
    ----------
    Geifman, Uziel and El-Yaniv 2019, "Bias-reduced uncertainty estimation for deep neural
    classifiers", AURC and E-AURC.

    Examples
    --------
    >>> area_under_risk_coverage([0.9, 0.2, 0.8, 0.7], [0, 1, 1, 0])
    0.3333333333333333
    >>> area_under_risk_coverage([0.9, 0.2, 0.8, 0.7], [0, 1, 0, 1], excess=True)
    0.0
    """
    score, loss = _check_pair(confidence, losses)
    if excess:
        return _mean_risk(_total_losses(score, loss)) - _mean_risk(np.sort(loss).cumsum())
    return _mean_risk(_total_losses(score, loss))


def area_under_generalised_risk_coverage(
    confidence: ArrayLike, losses: ArrayLike, *, excess: bool = False
) -> float:
    r"""Area under the generalised risk, of keeping an answer that is wrong, by coverage: AUGRC.

    .. math:: \int_0^1 \kappa\, r(\kappa)\, d\kappa

    The generalised risk :math:`\kappa r(\kappa)` is the mean over all cases, with a loss of zero
    for those not kept. It is zero at coverage 0 and a straight line from one number of cases kept
    to the next, so the trapezoid over the n + 1 points is the integral. For losses of 0 and 1 with
    accuracy a, it is :math:`(1 - \mathrm{AUROC})\, a (1 - a) + (1 - a)^2 / 2`, where the AUROC is
    that of the confidence for right answers. A random order gives half the mean loss.

    Parameters
    ----------
    confidence, losses
        As in :func:`risk_coverage`.
    excess : bool, default=False
        Subtract the area of the best order.

    Notes
    -----
    torch-uncertainty's ``AUGRC`` leaves out the piece from coverage 0 to 1/n and divides by the
    rest: ``np.trapezoid(risk * coverage, coverage) / (1 - 1 / n)``.

    References
    ----------
    Traub et al. 2024, "Overcoming common flaws in the evaluation of selective classification
    systems", area under the generalised risk coverage curve (AUGRC).

    Examples
    --------
    >>> area_under_generalised_risk_coverage([0.9, 0.2, 0.8, 0.7], [0, 1, 1, 0])
    0.1875
    """
    score, loss = _check_pair(confidence, losses)
    if excess:
        return _joint_area(_total_losses(score, loss)) - _joint_area(np.sort(loss).cumsum())
    return _joint_area(_total_losses(score, loss))


def _total_losses(score: Floats, loss: Floats) -> Floats:
    """Sum of the losses of the first k, for k from 1 to n."""
    ranked = np.negative(score)
    order = np.argsort(ranked)
    ranked.sort()
    loss = loss.take(order)
    apart = ranked[1:] != ranked[:-1]
    if not apart.all():
        starts = np.append(0, np.flatnonzero(apart) + 1)
        size = np.diff(starts, append=len(loss))
        loss = np.repeat(np.add.reduceat(loss, starts) / size, size)
    return np.cumsum(loss, out=loss)


def _mean_risk(total: Floats) -> float:
    return float((total / np.arange(1.0, len(total) + 1)).mean())


def _joint_area(total: Floats) -> float:
    return float((total.sum() - total[-1] / 2) / len(total) ** 2)


def _check_pair(confidence: ArrayLike, losses: ArrayLike) -> tuple[Floats, Floats]:
    arrays = []
    for name, values in (("confidence", confidence), ("losses", losses)):
        array = to_array(values)
        if array.ndim != 1 or array.dtype.kind not in "fiub":
            raise InvalidInput(
                f"must be numbers of shape (n,), but got dtype {array.dtype} and shape "
                f"{array.shape}; pass one number per case",
                argument=name,
            )
        numbers = array.astype(np.float64, copy=False)
        check_finite(name, numbers)
        arrays.append(numbers)
    if check_same_length(confidence=arrays[0], losses=arrays[1]) == 0:
        raise InvalidInput(
            "must have one case at least, but got none; pass the cases to judge",
            argument="confidence",
        )
    return arrays[0], arrays[1]
