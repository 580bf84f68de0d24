"""Density ratio: where the model does better than the expert, learned from two weighted samples."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor

from cede.exceptions import InvalidInput, UnknownName
from cede.losses._checks import check_known_costs, check_range, check_tensors
from cede.losses._logistic import softplus
from cede.losses._power import stable_exp
from cede.losses._reduction import Reduction, reduce

__all__ = ["check_temperature", "density_ratio", "log_mean_exp", "per_case"]

Proper: TypeAlias = Literal["log", "square", "exponential"]


def density_ratio(
    scores: Tensor,
    model_losses: Tensor,
    expert_losses: Tensor,
    *,
    temperature: float = 1.0,
    proper: Proper = "log",
    log_normalizers: tuple[float | Tensor, float | Tensor] | None = None,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Tell the model's ideal distribution of cases from the expert's.

    An agent's ideal at temperature :math:`\lambda` is the distribution Q of cases with the least
    :math:`E_Q[l] + \lambda\,\mathrm{KL}(Q \| P)`, whose weights are :math:`w = e^{-l/\lambda}/Z`
    (see :func:`ideal_weights`). A proper loss for the question from whose ideal x comes, the
    model's or the expert's, learns the logarithm of their ratio:

    .. math::
        \ell = w_m\,\ell_1(s) + w_e\,\ell_{-1}(s), \qquad
        s^*(x) = \log \frac{E[w_m|x]}{E[w_e|x]}

    where :math:`(\ell_1, \ell_{-1})` is
    :math:`(\log(1 + e^{-s}), \log(1 + e^{s}))` for ``proper="log"``,
    :math:`((1-\sigma(s))^2, \sigma(s)^2)` for ``"square"`` and :math:`(e^{-s/2}, e^{s/2})` for
    ``"exponential"``. Defer where s(x) < t; t sets the deferral rate after the fit.

    Parameters
    ----------
    scores : tensor of shape (...)
        Real. For several experts, one scorer each against the model.
    model_losses, expert_losses : tensors of shape (...)
        What each answer lost, at least 0, on one scale: both 0-1, or both logarithmic. They must be
        from cases that the model was not trained on.
    temperature : float, default=1.0
        :math:`\lambda > 0`. If it is low, only cases of small loss count, with high variance (for
        0-1 losses stay above 0.2). If it is high, the signal shrinks like 1 / temperature, and
        cases are ranked by the difference of expected losses, as suits a budget.
    proper : {"log", "square", "exponential"}, default="log"
        The strictly proper loss; all have the same optimum. (The exponential follows its tangent
        beyond ``|s| = 128``.)
    log_normalizers : pair of floats, or of tensors that broadcast to the scores, optional
        :math:`(\log Z_m, \log Z_e)`; by default from the means over the cases passed here. In
        mini-batches pass those of the whole training set: a batch of 8 overestimates weights by 8 %
        in one example, and each batch has another threshold. In a tensor, infinity leaves a term
        out, as for an expert who did not answer.
    sample_weight, reduction
        As in :func:`cost_sensitive_softmax`; default normalisers are weighted means.

    Returns
    -------
    tensor
        A scalar, or of shape (...) with ``reduction="none"``.

    Raises
    ------
    InvalidInput
        If shapes disagree, a loss is negative or not finite, or the temperature is not positive.
    UnknownName
        If there is no such proper loss.

    Notes
    -----
    For 0-1 losses
    :math:`s^* = \log(Z_e/Z_m) + \log\frac{\kappa + (1-\kappa)a_m}{\kappa + (1-\kappa)a_e}` with
    accuracies a and :math:`\kappa = e^{-1/\lambda}`. So at :math:`t = \log(Z_e/Z_m)` exactly the
    cases with :math:`a_e > a_m` are deferred, at every temperature; at other thresholds cases are
    ranked by a ratio, not by the difference. The normalisers shift every score by one constant:
    with ``log_normalizers=(0, 0)`` that threshold is 0. The shift does not matter if t is a
    quantile of scores.

    References
    ----------
    After Soen et al. 2026, arXiv 2605.19557; the loss is derived from its definitions and from
    the authors' earlier rejection by density ratios (Soen et al. 2024).

    Examples
    --------
    >>> right, wrong = torch.tensor([0.0]), torch.tensor([1.0])
    >>> loss = density_ratio(torch.zeros(1), right, wrong, log_normalizers=(0.0, 0.0))
    >>> round(loss.item(), 4)                            # (1 + exp(-1)) log 2
    0.9481
    """
    check_tensors(scores=scores, model_losses=model_losses, expert_losses=expert_losses)
    if not scores.shape == model_losses.shape == expert_losses.shape:
        raise InvalidInput(
            f"must have one shape (...) with model_losses and expert_losses, but got "
            f"{tuple(scores.shape)}, {tuple(model_losses.shape)} and {tuple(expert_losses.shape)}; "
            f"write one of each per case",
            argument="scores",
        )
    check_temperature(temperature)
    if proper not in get_args(Proper):
        raise UnknownName("proper loss", proper, get_args(Proper))
    check_known_costs("model_losses", model_losses)
    check_known_costs("expert_losses", expert_losses)
    log_z = (None, None) if log_normalizers is None else _check_pair(log_normalizers)

    losses = per_case(
        scores,
        model_losses,
        expert_losses,
        temperature=temperature,
        proper=proper,
        log_normalizers=log_z,
        sample_weight=sample_weight,
    )
    return reduce(losses, reduction, sample_weight)


def per_case(
    scores: Tensor,
    model_losses: Tensor,
    expert_losses: Tensor,
    *,
    temperature: float = 1.0,
    proper: Proper = "log",
    log_normalizers: tuple[float | Tensor | None, float | Tensor | None] = (None, None),
    sample_weight: Tensor | None = None,
) -> Tensor:
    """The loss of each case, ``(...)``, of arguments that were checked."""

    def weight(losses: Tensor, log_normalizer: float | Tensor | None) -> Tensor:
        exponent = -losses.to(scores.dtype) / temperature
        if log_normalizer is None:
            return (exponent - log_mean_exp(exponent, sample_weight)).exp()
        return (exponent - log_normalizer).exp()

    of_model, of_expert = map(weight, (model_losses, expert_losses), log_normalizers)
    return of_model * _partial(-scores, proper) + of_expert * _partial(scores, proper)


def check_temperature(temperature: float) -> None:
    """Refuse a temperature that is not positive."""
    if check_range("temperature", temperature, 0.0) == 0.0:
        raise InvalidInput(
            "must be positive, but got 0; for 0-1 losses stay above 0.2", argument="temperature"
        )


def _check_pair(
    log_normalizers: tuple[float | Tensor, float | Tensor],
) -> tuple[float | Tensor, float | Tensor]:
    if isinstance(log_normalizers, tuple) and all(isinstance(z, Tensor) for z in log_normalizers):
        return log_normalizers
    try:
        pair = tuple(float(z) for z in log_normalizers)
    except TypeError:
        pair = ()
    if len(pair) != 2 or not all(map(math.isfinite, pair)):
        raise InvalidInput(
            f"must be two finite numbers, of the model and of the expert, but got "
            f"{log_normalizers!r}; write their logarithms",
            argument="log_normalizers",
        )
    return pair[0], pair[1]


def _partial(s: Tensor, proper: Proper) -> Tensor:
    r""":math:`\ell_{-1}(s)`, what a score costs if the case comes from the expert's ideal."""
    if proper == "log":
        return softplus(s)
    if proper == "square":
        return torch.sigmoid(s).square()
    return stable_exp(s / 2.0)


def log_mean_exp(exponent: Tensor, sample_weight: Tensor | None = None) -> Tensor:
    """Logarithm of the mean exponential over all cases, a scalar."""
    flat = exponent.flatten()
    if sample_weight is None:
        return flat.logsumexp(0) - math.log(max(flat.numel(), 1))
    weight = sample_weight.to(exponent.dtype).flatten()
    return (flat + weight.log()).logsumexp(0) - weight.sum().log()
