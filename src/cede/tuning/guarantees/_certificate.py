"""What a guarantee says, of which risk, and how it was tested."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from cede._intervals import Estimate
from cede.operating import NEVER, OperatingPoint

__all__ = ["Certificate", "SubgroupRisk"]


@dataclass(frozen=True)
class SubgroupRisk:
    """One group at the point of a certificate."""

    name: str
    #: Cases whose losses are counted: those tested, or those of them that the model keeps.
    n_cases: int
    observed_risk: float
    #: None where the guarantee holds on average (``delta=None``), as for the p-value.
    upper_bound: float | None
    p_value: float | None
    #: Sum of these cases' losses: with costs of 0 and 1, how many of them are wrong.
    loss: float


@dataclass(frozen=True)
class Certificate:
    """A point at which a risk is guaranteed, or what was missing.

    True where a point is certified. Where none is, the numbers are those of the price that came
    nearest: the one that would be certified with the fewest cases.
    """

    certified: bool
    #: The certified point with the fewest deferrals; None if there is none.
    point: OperatingPoint | None
    #: The risk asked for, the probability that the guarantee fails (None: it holds on average),
    #: whose risk it is ("system", "kept", "among_kept"), and the most that a case can cost.
    risk: float
    delta: float | None
    of: str
    largest_cost: float
    #: Was every cost 0 or ``largest_cost``, so that the test is exact?
    zero_one: bool
    #: Mean loss on the tested cases; the worst group's if there are subgroups.
    observed_risk: float
    #: Upper confidence bound of the risk at this point alone; at most ``risk`` if it is certified.
    upper_bound: float | None
    p_value: float | None
    #: Share of the tested cases that left the model, with its 95 % interval.
    deferral_rate: Estimate
    #: How many cases tested prices, chose the prices to test, and were left out, as a cost is
    #: missing or another case of their group was drawn.
    n_tested: int
    n_scouts: int
    n_left_out: int
    #: How many prices could have been tested; one per case and one more where the risk is "kept".
    n_candidates: int
    #: One row per group, if the risk had to hold in each.
    subgroups: tuple[SubgroupRisk, ...]
    #: Where none is certified: how many cases, scouts included, would certify the best price if as
    #: large a share of them went wrong; None if no number would, as its risk is too high.
    cases_needed: int | None
    #: Sum of the losses, and how many tested cases it is about: all, or those that the model
    #: keeps; those of the worst group if there are subgroups.
    loss: float
    n_counted: int

    def __bool__(self) -> bool:
        return self.certified

    def __str__(self) -> str:
        """One sentence for people."""
        return self._promise() if self.point is not None else self._refusal()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            **asdict(self),
            "point": None if self.point is None else self.point.to_dict(),
            "deferral_rate": self.deferral_rate._asdict(),
            "subgroups": [asdict(group) for group in self.subgroups],
        }

    @property
    def _in_errors(self) -> bool:
        return self.zero_one and self.largest_cost == 1.0

    def _promise(self) -> str:
        price = self.point.prices[0] if self.point is not None and self.point.prices else NEVER
        where = "With nobody deferred" if price == NEVER else f"At price {price:.3g}"
        often = (
            "on average" if self.delta is None else f"with confidence {_as_written(1 - self.delta)}"
        )
        subgroups = f" in each of {len(self.subgroups)} subgroups" if self.subgroups else ""
        if self._in_errors:
            most = _as_written(self.risk)
            what = {
                "system": f"the system errs in at most {most} of cases",
                "kept": f"the model keeps and errs in at most {most} of all cases",
                "among_kept": (f"the model errs in at most {most} of the cases it keeps"),
            }[self.of]
        else:
            what = {
                "system": f"the system costs at most {self.risk:.4g} per case",
                "kept": f"what the model keeps costs at most {self.risk:.4g} per case of all",
                "among_kept": f"the model costs at most {self.risk:.4g} per case it keeps",
            }[self.of]
        rate = _percent(self.deferral_rate.value)
        return f"{where}, {what}{subgroups}, {often}: {self._observed()}; {rate} deferred."

    def _observed(self) -> str:
        """What the tested cases show; those of the worst group if there are subgroups."""
        seen = _percent(self.observed_risk) if self._in_errors else f"{self.observed_risk:.4g}"
        verb = f"{seen} of" if self._in_errors else f"{seen} on"
        if self.subgroups:
            worst = max(self.subgroups, key=lambda group: group.observed_risk)
            return f"{verb} {worst.n_cases:,} test cases in the worst, {worst.name!r}"
        if self.of == "among_kept":
            return f"{verb} {self.n_counted:,} kept test cases"
        return f"{verb} {self.n_tested:,} test cases"

    def _refusal(self) -> str:
        limit = _as_written(self.risk) if self._in_errors else f"{self.risk:.4g}"
        subgroups = f" in each of {len(self.subgroups)} subgroups" if self.subgroups else ""
        best = f"the best {'is wrong in' if self._in_errors else 'costs'} {self._observed()}"
        end = "no number of cases would do at that rate"
        if self.cases_needed is not None:
            end = f"about {_round_up(self.cases_needed):,} cases in all would do at that rate"
        return f"No operating point is certified for {limit}{subgroups}: {best}; {end}."


def _round_up(count: int) -> int:
    """Rounded up to two digits, as more would not be true."""
    unit = int(10 ** max(0, len(str(count)) - 2))
    return -(-count // unit) * unit


def _as_written(share: float) -> str:
    """A share in per cent, as it was written."""
    return f"{100 * share:.4g} %"


def _percent(share: float) -> str:
    """A share in per cent: with one decimal, or two digits where it is below 1 %."""
    return f"{100 * share:.1f} %" if share >= 0.01 or share == 0 else f"{100 * share:.2g} %"
