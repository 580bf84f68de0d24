"""What is asked of a guarantee, checked at the door."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cede._checks import Bools, Floats
from cede.exceptions import InvalidInput, UnknownName
from cede.tuning.guarantees._p_values import cases_without_error, p_values
from cede.tuning.guarantees._procedures import PROCEDURES

__all__ = ["Wanted", "check_wanted"]

RISKS = ("system", "kept", "among_kept")


@dataclass(frozen=True)
class Wanted:
    """Which risk, at most how large, with what probability of being wrong, tested how."""

    risk: float
    delta: float | None
    of: str
    largest_cost: float
    procedure: str
    zero_one: bool

    @property
    def least_cases(self) -> int:
        """With fewer cases, nothing holds even if none costs anything."""
        if self.delta is None:
            return max(1, int(np.ceil(self.largest_cost / self.risk - 1.0 - 1e-9)))
        return cases_without_error(self.risk, self.delta, self.largest_cost)

    def holds(self, loss: Floats, n: Floats) -> Bools:
        r"""Tell where the observed losses show that the risk holds, test by test.

        On average (``delta=None``) by conformal risk control,
        :math:`(n \hat r + B) / (n + 1) \le \alpha`.
        """
        if self.delta is None:
            within = loss + self.largest_cost <= self.risk * (n + 1.0) + 1e-9 * self.largest_cost
            return np.asarray(within, dtype=np.bool_)
        p = p_values(loss, n, self.risk, self.largest_cost, self.zero_one)
        return np.asarray(p <= self.delta, dtype=np.bool_)


def check_wanted(
    risk: float,
    delta: float | None,
    of: str,
    largest_cost: float,
    procedure: str,
    costs: Floats,
) -> Wanted:
    """Read the settings, and refuse costs that the largest one does not bound."""
    if of not in RISKS:
        raise UnknownName("risk to certify", of, RISKS)
    if procedure not in PROCEDURES:
        raise UnknownName("procedure", procedure, PROCEDURES)
    most, level = float(largest_cost), float(risk)
    if not 0.0 < most < np.inf:
        raise InvalidInput(
            f"largest_cost is the most that a case can cost and must be above zero, however "
            f"largest_cost={largest_cost!r}."
        )
    if not 0.0 < level < most:
        raise InvalidInput(
            f"risk is the mean cost that must not be exceeded and lies strictly between 0 and "
            f"largest_cost={most:.4g}, however risk={risk!r}; write 0.05 for 5 %."
        )
    if delta is None and of != "kept":
        raise InvalidInput(
            f"A guarantee on average (delta=None) needs a risk that falls whenever more is "
            f"deferred, which of={of!r} need not; pass delta=0.1, or of='kept'."
        )
    if delta is not None and not 0.0 < float(delta) < 1.0:
        raise InvalidInput(
            f"delta is the probability that the guarantee fails and lies strictly between 0 and "
            f"1, however delta={delta!r}; write 0.1 for a confidence of 90 %."
        )
    if costs.size and (costs.min() < 0.0 or costs.max() > most):
        raise InvalidInput(
            f"Costs must lie between 0 and largest_cost={most:.4g}, however they lie between "
            f"{costs.min():.4g} and {costs.max():.4g}; pass as largest_cost the most that a case "
            f"can ever cost, fees included, and add a constant if any is negative."
        )
    return Wanted(
        risk=level,
        delta=None if delta is None else float(delta),
        of=of,
        largest_cost=most,
        procedure=procedure,
        zero_one=bool(((costs == 0.0) | (costs == most)).all()),
    )
