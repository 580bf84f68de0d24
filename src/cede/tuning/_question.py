"""What an operating point is chosen for: one question, written once for all who ask it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from inspect import Parameter, signature
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import check_number
from cede._checks._names import in_order
from cede._intervals import check_confidence
from cede.exceptions import InvalidInput

__all__ = ["Question", "asks"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

#: One of these is asked for, or a fee, or a fee and one of these.
_ONE = ("budget", "spend", "capacity", "target", "risk")
_PER_EXPERT = ("budget", "fee", "capacity", "charges")


@dataclass(frozen=True, eq=False)
class Question:
    """What an operating point is chosen for, checked before anything is read or computed.

    Say one of budget, spend, capacity, target and risk, a fee, or a fee and one of these.

    Parameters
    ----------
    budget : float or array of shape (J,), optional
        Largest share of cases, in [0, 1], that may leave the model; or that each expert may answer.
        Needs no labels, and is never exceeded on these cases: ties at the threshold stay with the
        model, and nobody is deferred without an estimated gain.
    fee : float or array of shape (J,), optional
        What asking each expert costs from now on, in units of one error: taken off its score, in
        place of the fees that it had.
    spend : float, optional
        Largest mean charge per case, in the unit of ``charges``. Prices are proportional to these.
    capacity : array of shape (J,) or int, optional
        Largest number of cases that each expert can answer in a period; ``inf`` for no limit.
    target : float, optional
        Accuracy (one minus the mean cost) that the system should have on these cases, for the
        fewest deferrals. Needs outcomes. A goal, not a guarantee: on other cases, half of the time,
        accuracy is below it.
    risk, delta : float, optional
        Mean cost that the system has at most, with probability ``1 - delta`` over these cases, for
        the fewest deferrals: :func:`cede.tuning.certify_scores`. Needs outcomes; delta lies in
        (0, 0.5].
    largest_cost : float, default=1.0
        The most that a case can ever cost, for ``risk``.
    charges : float or array of shape (J,), optional
        What asking costs, in any unit of money; by default the fees.
    expected_cases : int, optional
        How many cases a period brings, for ``capacity``; by default as many as are given.
    confidence : float, default=0.95
        Level of the intervals in :attr:`cede.OperatingPoint.expected`. They ignore that a target
        was aimed at on the same cases; on 1,000 draws each (``tests/long``), intervals of 95 % held
        the accuracy at least 94 % of the time.

    Raises
    ------
    InvalidInput
        If nothing is asked for, or two things.

    Examples
    --------
    >>> Question(budget=0.2, fee=0.1).asked
    'budget'
    """

    budget: float | ArrayLike | None = None
    fee: ArrayLike | None = None
    spend: float | None = None
    capacity: ArrayLike | None = None
    target: float | None = None
    risk: float | None = None
    delta: float = 0.1
    largest_cost: float = 1.0
    charges: ArrayLike | None = None
    expected_cases: int | None = None
    confidence: float = 0.95

    def __post_init__(self) -> None:
        asked = [name for name in _ONE if getattr(self, name) is not None]
        if len(asked) > 1:
            raise InvalidInput(
                f"cannot be asked for beside the {asked[1]}, as a point is chosen for one thing; "
                f"leave one out (a fee may stand beside either)",
                argument=asked[0],
            )
        if not asked and self.fee is None:
            raise InvalidInput(f"Say what the point is to be chosen for: {', '.join(_ONE)} or fee.")
        check_confidence(self.confidence)
        self._check_beside()

    def _check_beside(self) -> None:
        """Refuse what goes with another question, and a delta that promises nothing."""
        if self.expected_cases is not None:
            if self.asked != "capacity":
                raise InvalidInput(
                    f"says how many cases share a capacity, but a {self.asked} is asked for; leave "
                    f"it out",
                    argument="expected_cases",
                )
            if check_number("expected_cases", self.expected_cases, "300") < 1:
                raise InvalidInput(
                    f"must be at least 1, but got {self.expected_cases!r}; say how many cases a "
                    f"period brings",
                    argument="expected_cases",
                )
        if self.asked == "risk" and not 0 < check_number("delta", self.delta, "0.1") <= 0.5:
            raise InvalidInput(
                f"must be in (0, 0.5], the probability that the guarantee fails, but got "
                f"{self.delta!r}; write 0.1 for a confidence of 90 %",
                argument="delta",
            )

    @property
    def asked(self) -> str:
        """Name of what is asked for; a fee only where it stands alone."""
        return next((name for name in _ONE if getattr(self, name) is not None), "fee")

    @property
    def value(self) -> float | tuple[float | None, ...] | None:
        """How much is asked for: a number, or one per expert; None for no limit, as for JSON."""
        numbers = np.asarray(getattr(self, self.asked), dtype=np.float64)
        if numbers.ndim == 0:
            return float(numbers) if np.isfinite(numbers) else None
        return tuple(v if np.isfinite(v) else None for v in numbers.tolist())

    @classmethod
    def of(cls, verb: str, question: Mapping[str, Any]) -> Question:
        """What ``verb(..., **question)`` asks; a keyword that it does not take is refused."""
        known = [field.name for field in fields(cls)]
        for name in question:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise TypeError(f"{verb}() got an unexpected keyword argument {name!r}{hint}")
        return cls(**question)

    def in_order(self, names: tuple[str, ...] | None) -> Question:
        """The same question, with what was said by name in the order of the experts."""
        values = {name: getattr(self, name) for name in _PER_EXPERT}
        listed = {name: v for name, v in values.items() if v is not None and not np.isscalar(v)}
        if not listed:
            return self
        return replace(self, **{name: in_order(name, v, names) for name, v in listed.items()})

    def check_outcomes(self, known: bool) -> None:
        """Refuse a target and a risk where nothing is known of how the agents answered."""
        if self.asked in ("target", "risk") and not known:
            raise InvalidInput(
                "is about how the agents answered, but got cases without outcomes; bring labelled "
                "cases, or a table of agent costs",
                argument=self.asked,
            )


def asks(function: _Function) -> _Function:
    """Let a function that takes ``**question`` show what :class:`Question` takes."""
    shown = signature(function)
    own = [p for p in shown.parameters.values() if p.name != "question"]
    taken = {parameter.name for parameter in own}
    asked = [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in fields(Question)
        if field.name not in taken
    ]
    function.__signature__ = shown.replace(parameters=[*own, *asked])  # type: ignore[attr-defined]
    return function
