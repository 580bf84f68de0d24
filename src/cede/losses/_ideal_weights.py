"""Ideal distributions of an agent: cases on which it does well, not too unlike all cases."""

from __future__ import annotations

import math
from typing import Literal

from scipy.optimize import brentq
from torch import Tensor

from cede.exceptions import InvalidInput
from cede.losses._checks import check_known_costs, check_tensors
from cede.losses._density_ratio import check_temperature, log_mean_exp

__all__ = ["ideal_weights"]


def ideal_weights(
    losses: Tensor, temperature: float, divergence: float | Literal["kl"] = "kl"
) -> Tensor:
    r"""Density, with respect to the sample, of the distribution of cases that suits an agent best.

    :math:`Q = \arg\min_Q E_Q[l] + \lambda D(Q \| P)` over distributions Q on the sample P. For the
    Kullback-Leibler divergence :math:`dQ/dP = e^{-l/\lambda}/Z` with
    :math:`Z = E_P\,e^{-l/\lambda}`, and the least value is :math:`-\lambda \log Z`. For the
    :math:`\alpha`-divergence, with b such that the mean is one:

    .. math:: \frac{dQ}{dP} = \max\Bigl(0,\; \frac{\alpha - 1}{2}
              \bigl(b - \tfrac{l}{\lambda}\bigr)\Bigr)^{2/(\alpha - 1)}

    Parameters
    ----------
    losses : tensor of shape (...)
        What the agent lost in each case of the sample, finite.
    temperature : float
        :math:`\lambda > 0`. Raising it keeps Q closer to the sample.
    divergence : "kl" or float, default="kl"
        A number is :math:`\alpha > 1`. As it falls to 1, weights become those of "kl"; unlike
        those, they can be exactly zero.

    Returns
    -------
    tensor of shape (...)
        At least 0, of mean 1.

    Raises
    ------
    InvalidInput
        If a loss is negative or not finite, the sample is empty, the temperature is not positive,
        or ``divergence`` is neither "kl" nor a number above 1.

    References
    ----------
    Soen et al. 2024, "Rejection via learning density ratios", and 2026, arXiv 2605.19557.

    Examples
    --------
    >>> import torch
    >>> ideal_weights(torch.tensor([0.0, 1.0]), temperature=1.0)
    tensor([1.4621, 0.5379])
    """
    check_tensors(losses=losses)
    check_temperature(temperature)
    check_known_costs("losses", losses)
    if losses.numel() == 0:
        raise InvalidInput(
            "must hold one case at least, but got none; pass those of some", argument="losses"
        )
    exponent = -losses / temperature
    if divergence == "kl":
        return (exponent - log_mean_exp(exponent)).exp()
    if isinstance(divergence, str) or not 1.0 < divergence < math.inf:
        raise InvalidInput(
            f"must be 'kl' or a number above 1, but got {divergence!r}; write one of these",
            argument="divergence",
        )
    power = 2.0 / (float(divergence) - 1.0)
    values = exponent.double() - exponent.double().amax()

    def weights(b: float) -> Tensor:
        return ((b + values) / power).clamp(min=0.0).pow(power)

    # Between these, the mean of the weights rises from 0 to at least 1.
    low, high = 0.0, power - values.amin().item()
    b = brentq(lambda b: weights(b).mean().item() - 1.0, low, high, xtol=1e-14 * high, rtol=1e-15)
    density = weights(b)
    return (density / density.mean()).to(losses.dtype)
