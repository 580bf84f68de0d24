"""What a guarantee is to say, checked at the door."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cede._checks import Bools, Floats
from cede.exceptions import InvalidInput, UnknownName
from cede.tuning.guarantees._p_values import cases_without_error, p_values
from cede.tuning.guarantees._procedures import PROCEDURES

__all__ = ["Claim", "check_claim"]

RISKS = ("system", "kept", "among_kept")


@dataclass(frozen=True)
class Claim:
    """Which risk, at most how large, with what probability of being wrong, tested how."""

    risk: float
    delta: float | None
    of: str
    largest_cost: float
    procedure: str
    zero_one: bool

    @property
    def least_cases(self) -> int:
        """The fewest cases that can show it, if none of them costs anything."""
        if self.delta is None:
            return max(1, int(np.ceil(self.largest_cost / self.risk - 1.0 - 1e-9)))
        return cases_without_error(self.risk, self.delta, self.largest_cost)

    def holds(self, loss: Floats, n: Floats) -> Bools:
        r"""Tell, test by test, where the observed losses show that the claim holds.

        On average (``delta=None``) by conformal risk control,
        :math:`(n \hat r + B) / (n + 1) \le \alpha`.
        """
        if self.delta is None:
            within = loss + self.largest_cost <= self.risk * (n + 1.0) + 1e-9 * self.largest_cost
            return np.asarray(within, dtype=np.bool_)
        p = p_values(loss, n, self.risk, self.largest_cost, self.zero_one)
        return np.asarray(p <= self.delta, dtype=np.bool_)


def check_claim(
    risk: float,
    delta: float | None,
    of: str,
    largest_cost: float,
    procedure: str,
    costs: Floats,
) -> Claim:
    """Read the settings, and refuse costs that the largest one does not bound."""
    if of not in RISKS:
        raise UnknownName("risk", of, RISKS, argument="of")
    if procedure not in PROCEDURES:
        raise UnknownName("procedure", procedure, PROCEDURES, argument="procedure")
    most, level = float(largest_cost), float(risk)
    if not 0.0 < most < np.inf:
        raise InvalidInput(
            f"must be above zero and finite, the most that a case can cost, but got "
            f"{largest_cost!r}; say 1 where costs are errors",
            argument="largest_cost",
        )
    if not 0.0 < level < most:
        raise InvalidInput(
            f"must be strictly between 0 and the largest cost, {most:.4g}, but got {risk!r}; write "
            f"0.05 for 5 %",
            argument="risk",
        )
    if delta is None and of != "kept":
        raise InvalidInput(
            f"must be a number for the risk of {of!r}, which may rise when more is deferred, but "
            f"got None, which promises on average; say 0.1, or ask for the risk of 'kept'",
            argument="delta",
        )
    if delta is not None and not 0.0 < float(delta) < 1.0:
        raise InvalidInput(
            f"must be strictly between 0 and 1, the probability that the guarantee fails, but got "
            f"{delta!r}; write 0.1 for a confidence of 90 %",
            argument="delta",
        )
    if costs.size and (costs.min() < 0.0 or costs.max() > most):
        raise InvalidInput(
            f"must be the most that a case can ever cost, fees included, but got {most:.4g} for "
            f"costs between {costs.min():.4g} and {costs.max():.4g}; raise it, and add a constant "
            f"if any cost is negative",
            argument="largest_cost",
        )
    return Claim(
        risk=level,
        delta=None if delta is None else float(delta),
        of=of,
        largest_cost=most,
        procedure=procedure,
        zero_one=bool(((costs == 0.0) | (costs == most)).all()),
    )
