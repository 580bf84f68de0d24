"""A claim made elsewhere, what was found here, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cede.exceptions import UnknownName
from cede_papers._text import table

__all__ = ["IN_DIRECTION", "NOT_REPRODUCED", "NOT_RUN", "REPRODUCED", "Claim", "claims_table"]

#: It held in the setting in which it was claimed: a theorem, a synthetic problem.
REPRODUCED = "reproduced"
#: It held on other data, with other networks, or with other numbers.
IN_DIRECTION = "reproduced in direction"
#: It did not hold; the reason says why, as far as it was found.
NOT_REPRODUCED = "not reproduced"
#: The reason says what is missing; it is written after "because".
NOT_RUN = "not run here"

_VERDICTS = (REPRODUCED, IN_DIRECTION, NOT_REPRODUCED, NOT_RUN)


@dataclass(frozen=True)
class Claim:
    """One row of the table of claims.

    Raises
    ------
    UnknownName
        If the verdict is none of the four.
    """

    #: What is claimed, as a sentence.
    claim: str
    #: The number it was published with, or what a published figure shows.
    paper: str
    #: What was measured here.
    ours: str
    #: Ours minus theirs where both are numbers of one kind, or what keeps them apart.
    difference: str
    #: One of the four constants of this module.
    verdict: str
    #: Why, where the verdict needs it.
    reason: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in _VERDICTS:
            raise UnknownName("verdict", self.verdict, _VERDICTS)


def claims_table(claims: Sequence[Claim]) -> str:
    """Markdown, a row per claim."""
    header = ["claim", "paper", "ours", "difference", "verdict"]
    return table(header, [[c.claim, c.paper, c.ours, c.difference, _verdict_of(c)] for c in claims])


def _verdict_of(claim: Claim) -> str:
    if not claim.reason:
        return f"**{claim.verdict}**"
    joint = " because " if claim.verdict == NOT_RUN else ": "
    return f"**{claim.verdict}**{joint}{claim.reason}"
