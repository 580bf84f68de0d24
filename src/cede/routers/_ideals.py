"""What ideal distributions are learned from: observed costs, and normalisers of their weights."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from cede._checks import Floats
from cede.exceptions import InvalidInput

__all__ = ["Observed"]


class Observed(NamedTuple):
    """What was observed: costs, NaN where unknown; with what probability; weights of cases."""

    table: Floats
    chance: Floats | None
    weight: Floats | None

    @property
    def known(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.table)

    def normalisers(self, temperature: float) -> tuple[Floats, tuple[Floats, Floats]]:
        """Logarithms of Z, ``(J, 2)``, and what to take off each exponent, twice ``(n, J)``.

        Of terms that are not to count it is infinity. With propensities each term stands for
        itself; without, a case counts for an expert if its cost and the model's are both known.
        """
        known, n_experts = self.known, self.table.shape[1] - 1
        counts = np.stack([np.repeat(known[:, :1], n_experts, axis=1), known[:, 1:]])
        if self.chance is None:
            counts = np.repeat(counts.all(axis=0, keepdims=True), 2, axis=0)
            rare = np.zeros(counts.shape)
        else:
            rare = np.log(
                np.stack([np.repeat(self.chance[:, :1], n_experts, 1), self.chance[:, 1:]])
            )
        nobody = ~counts.any(axis=1).all(axis=0)
        if nobody.any():
            raise InvalidInput(
                f"Expert {int(np.flatnonzero(nobody)[0]) + 1} and the model have no case in common "
                f"whose costs are both known, so their ratio cannot be learned without "
                f"propensities."
            )
        costs = np.nan_to_num(self.table)
        exponents = -np.stack([np.repeat(costs[:, :1], n_experts, axis=1), costs[:, 1:]])
        weight = np.ones(len(costs)) if self.weight is None else self.weight
        mass = np.where(counts, weight[:, None] * np.exp(-rare), 0.0)
        # Weighted means, of mass one: with propensities they are self-normalised.
        log_z = logsumexp(exponents / temperature, b=mass, axis=1) - np.log(mass.sum(axis=1))
        shifts = np.where(counts, log_z[:, None, :] + rare, np.inf)
        return log_z.T, (shifts[0], shifts[1])
