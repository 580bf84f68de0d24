"""What a method is: a router as it comes, what it needs of a problem, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, Floats
from cede.exceptions import InvalidInput
from cede.routers._base import Router

__all__ = ["NEEDS", "Gift", "Method", "Need", "offered_by"]

Need: TypeAlias = Literal[
    "labels",
    "probabilities",
    "own_model",
    "every_cost",
    "paired_costs",
    "unit_costs",
    "unit_agent_costs",
    "equal_errors",
    "trust",
]
Gift: TypeAlias = Literal["estimates", "missing_answers", "added_experts", "no_torch"]

#: What a problem may have to have; each text goes on after "which needs".
NEEDS: dict[Need, str] = {
    "labels": "the true answer of each case",
    "probabilities": "a model that gives probabilities",
    "own_model": "to train the model, too (it cannot say how likely a fixed one is right)",
    "every_cost": "what every agent costs in each case, or the propensities of what is known",
    "paired_costs": "cases in which the costs of the model and of each expert are both known",
    "unit_costs": "answers that cost from 0 to 1 before fees",
    "unit_agent_costs": "agents that cost from 0 to 1 with fees (and divided by propensities)",
    "equal_errors": "answers of the model that cost the same wherever they are wrong",
    "trust": "to be trusted where it is loaded, which Python's load(folder, trusted=...) can say",
}


@dataclass(frozen=True)
class Method:
    """One row: a router as it comes, and what it takes to use it."""

    #: Its name in ``compare``, ``fit`` and everywhere else.
    name: str
    #: Makes the unfitted router; takes the keywords of its class: ``fees``, ``head``, ``model``.
    make: Callable[..., Router]
    #: What it does, in a sentence.
    summary: str
    #: What a problem must have. With "labels", ``fit`` takes labels and what the experts' answers
    #: cost; without, a table of agent costs as well. With "probabilities", ``make`` takes a model.
    needs: frozenset[Need]
    #: "estimates": scores are one minus expected costs, so that fees may change after the fit;
    #: "missing_answers": unbiased where some answers are missing; "added_experts": more may join;
    #: "no_torch": loaded, it routes without importing torch.
    gives: frozenset[Gift]
    #: Does a fit take seconds where the others take tenths? Then it is compared if asked for.
    slow: bool = False

    def __post_init__(self) -> None:
        """Refuse a row that contradicts itself."""
        if ("every_cost" in self.needs) == ("missing_answers" in self.gives):
            raise InvalidInput(
                f"A method needs every cost or learns from some: {self.name!r} must say one of "
                f"'every_cost' and 'missing_answers'."
            )

    def lacks(self, offered: Collection[Need]) -> str | None:
        """What it needs beyond what a problem offers, in words; None if it can run there."""
        missing = [text for need, text in NEEDS.items() if need in self.needs - set(offered)]
        return ", and ".join(missing) or None


def offered_by(
    answer_costs: Floats,
    fees: ArrayLike | None = None,
    *,
    propensities: Floats | None = None,
    labels: bool = False,
    probabilities: bool = False,
    equal_errors: bool = True,
    trust: bool = True,
) -> frozenset[Need]:
    """What methods may need and a problem beside a fixed model has.

    Parameters
    ----------
    answer_costs : array of shape (n, J + 1)
        What each agent's answer costs before fees; NaN where it is not known.
    fees : array of shape (J,), optional
        What asking each expert costs.
    propensities : array of shape (n, J + 1), optional
        Probability that each cost would be known.
    labels, probabilities : bool
        Are there labels, and a model that gives probabilities?
    equal_errors : bool
        Does every wrong answer of the model cost one error?
    trust : bool
        Can whoever loads it say that what it holds is trusted?
    """
    known: Bools = ~np.isnan(answer_costs)
    dearest = answer_costs + (0.0 if fees is None else np.append(0.0, fees))
    if propensities is not None:  # as losses that want every cost are given it
        dearest = dearest / propensities
    facts: dict[Need, bool] = {
        "labels": labels,
        "trust": trust,
        "probabilities": probabilities,
        "equal_errors": equal_errors,
        "every_cost": propensities is not None or bool(known.all()),
        "paired_costs": propensities is not None
        or bool((known[:, :1] & known[:, 1:]).any(axis=0).all()),
        "unit_costs": float(answer_costs[known].max(initial=0.0)) <= 1.0,
        "unit_agent_costs": float(dearest[known].max(initial=0.0)) <= 1.0,
    }
    return frozenset(need for need, holds in facts.items() if holds)
