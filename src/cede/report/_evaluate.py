"""What a router would have cost on a log that it was not fitted on, in one value that prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cede._rows._fingerprint import check_unseen
from cede._text import shown
from cede.evaluation import Judgement, judge_routes
from cede.exceptions import InvalidInput
from cede.logs import Cases
from cede.logs._opened import features_of
from cede.operating import OperatingPoint
from cede.report._summary import Summary, summarise

__all__ = ["Evaluation", "evaluate", "evaluation_of"]


@dataclass(frozen=True)
class Evaluation:
    """A router beside each agent alone, with intervals and a verdict; ``print`` shows it."""

    judgement: Judgement
    summary: Summary
    #: The point at which the router stood, if any.
    point: OperatingPoint | None = None
    #: What to beware of.
    warnings: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdict, what the router has to beat, and what was left out."""
        left_out = self.judgement.n_left_out
        sentences = [self.summary.verdict, self.judgement.against]
        if left_out:
            sentences.append(
                f"{left_out:,} more cases are left out: the cost of some agent is not known, and "
                f"there are no propensities."
            )
        return tuple(sentences)

    @property
    def header(self) -> tuple[str, ...]:
        """Heads of the columns of :attr:`rows`; the first has none."""
        money = () if self.judgement.exchange_rate is None else ("money",)
        return ("", "cost [95 %]", "outcome", *money, "gets, %")

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """A row of texts for each agent alone and for the router, which is the last."""
        d = self.judgement.decimals
        return tuple(
            (
                line.name if line.share is None else f"{shown(line.name, 60)} alone",
                f"{line.cost:.{d}f} [{line.low:.{d}f} {line.high:.{d}f}]",
                f"{line.outcome:.{d}f}",
                *(() if line.money is None else (f"{line.money:.3g}",)),
                "" if line.share is None else f"{100 * line.share:.1f}",
            )
            for line in self.judgement.lines
        )

    @property
    def title(self) -> str:
        """How many cases there are, and what a cost is."""
        rate = self.judgement.exchange_rate
        cost = "1 - outcome" if rate is None else f"1 - outcome + {rate:g} x money"
        return f"{self.judgement.n_cases:,} cases, cost = {cost}"

    def __str__(self) -> str:
        """A table and sentences."""
        cells = [self.header, *self.rows]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(
                text.ljust(width) if place == 0 else text.rjust(width)
                for place, (text, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in cells
        ]
        beware = [f"Beware: {text}" for text in self.warnings]
        return "\n".join([self.title, *lines, *self.sentences, *beware])

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            **self.judgement.to_dict(),
            "action": self.summary.action,
            "sentence": self.summary.verdict,
            "operating_point": None if self.point is None else self.point.to_dict(),
            "warnings": list(self.warnings),
        }


def evaluate(router: Any, cases: Cases) -> Evaluation:
    """Say what a router would have cost on cases that it was not fitted on.

    Parameters
    ----------
    router : Router
        At its operating point, if it was tuned.
    cases : Cases
        Of a log, with outcomes: :func:`cede.logs.read_log`.

    Returns
    -------
    Evaluation
        Each agent alone and the router, with 95 % intervals, and the verdict of a report.

    Raises
    ------
    InvalidInput
        If the router was fitted on these cases, and as :func:`cede.evaluation.judge_routes`.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> import cede
    >>> from cede.logs import hold_out, read_log
    >>> rng = np.random.default_rng(0)
    >>> x, luck = rng.normal(size=(2, 800))
    >>> log = pd.DataFrame({"x": x, "small": x + luck / 2 < 0, "large": rng.random(800) < 0.8})
    >>> cases = read_log(log, model="small", outcome={"small": "small", "large": "large"})
    >>> to_fit, to_judge = hold_out(cases, 0.5)
    >>> router = cede.TwoStageRouter().fit(to_fit)
    >>> evaluation = cede.evaluate(router, to_judge)
    >>> for line in str(evaluation).splitlines()[:5]:
    ...     print(line)
    400 cases, cost = 1 - outcome
                         cost [95 %]  outcome  gets, %
    small alone  0.497 [0.448 0.547]    0.502     15.5
    large alone  0.198 [0.158 0.237]    0.802     84.5
    router       0.168 [0.131 0.204]    0.833
    >>> evaluation.summary.action
    'defer'
    """
    if not isinstance(cases, Cases):
        raise InvalidInput(
            f"must be Cases of a log, but got {type(cases).__name__}; read them by "
            f"cede.logs.read_log",
            argument="cases",
        )
    check_unseen(router, features_of(cases), "An evaluation")
    point = getattr(router, "operating_point_", None)
    return evaluation_of(router, router.route(cases), cases, point)


def evaluation_of(
    router: Any, routes: Any, cases: Cases, point: OperatingPoint | None = None
) -> Evaluation:
    """The same of routes that a router took, whose fit surely has not seen the cases."""
    judgement = judge_routes(routes, cases, point)
    rate = other_rate(router, cases.exchange_rate)
    warnings = (*([] if rate is None else [rate]), *judgement.warnings)
    return Evaluation(judgement, summarise(judgement.appraisal), point, warnings)


def other_rate(router: Any, rate: float | None) -> str | None:
    """Say so, if a log is read at another exchange rate than the router was fitted at."""
    own = getattr(router, "exchange_rate_", rate)
    if own == rate:
        return None
    at_fit = "on outcomes alone" if own is None else f"at an exchange rate of {own:g}"
    here = "on outcomes alone" if rate is None else f"at {rate:g}"
    return f"The router was fitted {at_fit} and is judged here {here}."
