"""The operating point: prices, what they were chosen for and on, and what to expect of them."""

from __future__ import annotations

from dataclasses import KW_ONLY, asdict, dataclass
from typing import Any

import numpy as np

from cede._checks._arrays import finite_numbers
from cede._checks._names import in_order
from cede._intervals import Estimate, share_prediction
from cede.exceptions import InvalidInput, UnknownName

__all__ = ["NEVER", "Expectation", "OperatingPoint"]

#: The price of a budget of zero: no gain exceeds it, on these cases or on any to come.
NEVER = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class Expectation:
    """What to expect at a point, on cases like those it was chosen on, in the long run.

    Shares have Clopper-Pearson intervals, which count fewer cases where these come in groups. They
    hold although the price was chosen on these cases: if it is one of the gains and deferred k of n
    cases, the share that it defers in the long run has the distribution Beta(k + 1, n - k), whose
    central interval lies inside the one stated.
    """

    #: Share of cases that leave the model, and share that each expert answers.
    deferral_rate: Estimate
    shares: tuple[Estimate, ...]
    #: What asking costs per case, in the unit of the charges; None where nothing is charged.
    spend: Estimate | None = None
    #: Mean cost of whoever answers, before what asking costs; None where outcomes are not known.
    risk: Estimate | None = None
    #: Mean cost of the model alone, on the same cases.
    model_risk: Estimate | None = None
    #: Were all costs errors of 0 and 1, so that one minus the risk is a share of right answers?
    in_errors: bool = True
    #: How many cases the risk rests on: those with every agent's outcome.
    n_judged: int = 0

    @property
    def accuracy(self) -> Estimate | None:
        """One minus the risk: the share answered right, where costs are errors of 0 and 1."""
        return None if self.risk is None else _one_minus(self.risk)

    @property
    def model_accuracy(self) -> Estimate | None:
        """One minus the risk of the model alone."""
        return None if self.model_risk is None else _one_minus(self.model_risk)


@dataclass(frozen=True)
class OperatingPoint:
    """The prices at which deferring is worth it, with what they were chosen for and on.

    Examples
    --------
    >>> point = OperatingPoint(
    ...     (0.1,), chosen_by="budget", value=0.2, deferral_rate=0.19, n_cases=500
    ... )
    >>> print(point)
    price 0.1, for a budget of 20 %; chosen on 500 cases, of which 19.0 % left the model
    >>> point.rate_among(1_000).high     # of the next 1,000 cases, more leave in 2.5 % of all draws
    0.235
    """

    #: What each expert's score must exceed the model's by, in units of the scores; length J.
    prices: tuple[float, ...]
    _: KW_ONLY
    #: What was asked for: "budget", "fee", "spend", "capacity", "target" or "risk"; and how much.
    chosen_by: str | None = None
    value: float | tuple[float | None, ...] | None = None
    #: For a cascade, whose prices act at every stage: shares of the cases, each with the prices
    #: that route it. So cases that look the same to the router need not all go the same way.
    blend: tuple[tuple[float, tuple[float, ...]], ...] = ()
    #: To how many cases a capacity applies, if not to as many as the point was chosen on.
    period: int | None = None
    #: With which probability a guaranteed risk may fail to hold.
    delta: float | None = None
    #: Does the point reach what was asked for? If not, it is the nearest one.
    reached: bool = True
    #: The share that left the model on the cases the point was chosen on, and how many they were.
    deferral_rate: float | None = None
    n_cases: int | None = None
    #: How many of these cases tell as much as one independent case: more than one where they come
    #: in groups. What to expect of the next cases is then less certain.
    design_effect: float = 1.0
    #: Of those cases, the same in whatever order they come.
    fingerprint: str | None = None
    #: What to expect on cases like these.
    expected: Expectation | None = None

    def __post_init__(self) -> None:
        prices = finite_numbers("prices", in_order("prices", self.prices, None))
        if prices.ndim != 1:
            raise InvalidInput(
                f"must hold one number per expert, but got {self.prices!r}; write (0.1,) for one",
                argument="prices",
            )
        object.__setattr__(self, "prices", tuple(float(p) for p in prices))
        if self.chosen_by is not None and self.chosen_by not in _WORDS:
            raise UnknownName("way to choose a point", self.chosen_by, _WORDS)
        if isinstance(self.value, list):
            object.__setattr__(self, "value", tuple(self.value))
        parts = tuple((float(share), tuple(map(float, each))) for share, each in self.blend)
        object.__setattr__(self, "blend", parts)

    @property
    def budget(self) -> float | None:
        """The largest share of cases that was allowed to leave the model, if that was asked."""
        if self.chosen_by == "budget" and isinstance(self.value, float):
            return self.value
        return None

    def rate_among(self, n_cases: int, confidence: float = 0.95) -> Estimate:
        """Share of the next ``n_cases`` that will leave the model, if they are like these.

        The interval is wider than that in :attr:`expected`, which is about the long run: it is
        beta-binomial, as both the share and the next cases are uncertain. If the point was chosen
        on groups of cases, the next are taken to come in groups as large.
        """
        if self.deferral_rate is None or not self.n_cases:
            raise InvalidInput(
                "This operating point does not say what it was chosen on; take one that tune "
                "returned."
            )
        count = round(self.deferral_rate * self.n_cases)
        return share_prediction(count, self.n_cases, n_cases, confidence, self.design_effect)

    def __str__(self) -> str:
        """One line for people."""
        text = f"{_priced(self.prices)}{self._reason()}"
        if self.n_cases is None or self.deferral_rate is None:
            return text
        text += f"; chosen on {self.n_cases:,} cases, of which {_percent(self.deferral_rate)}"
        expected = self.expected
        if expected is None:
            return text + " left the model"
        text += f" [{_range(expected.deferral_rate)}] left the model"
        if expected.accuracy is not None and expected.risk is not None and expected.in_errors:
            text += f"; accuracy {_percent(expected.accuracy.value)} [{_range(expected.accuracy)}]"
        elif expected.risk is not None:
            text += f"; mean cost {expected.risk.value:.4g} [{_numbers(expected.risk)}]"
        if expected.spend is not None:
            text += f"; spend {expected.spend.value:.4g} [{_numbers(expected.spend)}] per case"
        return text

    def _reason(self) -> str:
        if self.chosen_by is None:
            return ""
        words, shown = _WORDS[self.chosen_by]
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        listed = ", ".join("no limit" if v is None else shown(v) for v in values)
        if self.chosen_by == "target" and (self.expected is None or self.expected.in_errors):
            words, listed = "for an accuracy of {}", ", ".join(map(_percents, filter(None, values)))
        text = f", {words.format(listed)}"
        if self.period is not None:
            text += f" in {self.period:,}"
        if self.delta is not None:
            text += f", with confidence {100 * (1 - self.delta):.4g} %"
        return text if self.reached else f"{text}, which no point reaches: this is the nearest"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> OperatingPoint:
        """Read back what :meth:`to_dict` wrote, tuples having become lists."""
        plain = values.get("expected")
        expected = None
        if plain is not None:
            estimates = {
                k: None if plain[k] is None else Estimate(*plain[k])
                for k in ("deferral_rate", "spend", "risk", "model_risk")
            }
            shares = tuple(Estimate(*share) for share in plain["shares"])
            expected = Expectation(**{**plain, **estimates, "shares": shares})
        return cls(**{**values, "prices": tuple(values["prices"]), "expected": expected})


def _percents(value: float) -> str:
    return f"{100 * value:.4g} %"


def _number(value: float) -> str:
    return f"{value:,.10g}"


#: How a sentence ends that says what was asked for, and how its numbers are written.
_WORDS = {
    "budget": ("for a budget of {}", _percents),
    "fee": ("at a fee of {}", _number),
    "spend": ("for a spend of {} per case", _number),
    "capacity": ("for capacities of {} cases", _number),
    "target": ("for one minus a mean cost of {}", _number),
    "risk": ("for a risk of at most {}", _number),
}


def _one_minus(risk: Estimate) -> Estimate:
    return Estimate(1 - risk.value, 1 - risk.high, 1 - risk.low)


def _priced(prices: tuple[float, ...]) -> str:
    listed = ", ".join(
        "that nothing is worth" if p == NEVER else f"{p:.4g}"
        for p in (prices if len(set(prices)) > 1 else prices[:1])
    )
    return f"price {listed or 'none'}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _range(estimate: Estimate) -> str:
    return f"{100 * estimate.low:.1f} to {100 * estimate.high:.1f}"


def _numbers(estimate: Estimate) -> str:
    return f"{estimate.low:.4g} to {estimate.high:.4g}"
