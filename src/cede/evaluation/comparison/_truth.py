"""What answers cost in the cases that are compared: read once, and taken whole by all else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cede._checks import Bools, Floats, Ints
from cede._intervals import cost_range
from cede.costs import expert_costs

__all__ = ["Truth"]


@dataclass(frozen=True, eq=False)
class Truth:
    """What each agent's answer costs, and what asking costs; cases with a gap are left out."""

    #: Which of the cases that came are compared: those with every agent's answer, ``(all,)``.
    known: Bools
    #: What the experts' answers cost, before fees, ``(n, J)``.
    errors: Floats
    #: Paid when an expert is asked, ``(J,)``.
    fees: Floats
    expert_names: tuple[str, ...]
    #: True answers, by which the answers of a model are judged; or what agent 0 costs, where that
    #: is the same for every method.
    labels: Any = None
    model_costs: Floats | None = None
    #: Numbers of the groups, from 0, ``(n,)``; None if each case is its own.
    groups: Ints | None = None
    #: What an answer of a model (columns) costs where each label, 0..K-1 (rows), is the truth; None
    #: where each that is wrong costs one error.
    class_costs: Floats | None = None

    def __len__(self) -> int:
        return len(self.errors)

    @property
    def n_independent(self) -> int:
        """Groups of cases, or cases if there are no groups."""
        return len(self) if self.groups is None else int(self.groups.max()) + 1

    def by(self, agent_costs: Floats) -> Truth:
        """The same cases by another table of costs, ``(all, J + 1)``, known where this one is."""
        table = agent_costs[self.known]
        return replace(self, errors=table[:, 1:], model_costs=table[:, 0], fees=0.0 * self.fees)

    def table(self, answers: Any) -> Floats:
        """Costs of all agents before fees, ``(n, J + 1)``, where agent 0 gives these answers."""
        if self.model_costs is not None:
            return np.column_stack([self.model_costs, self.errors])
        return np.column_stack([self.costs_of(answers), self.errors])

    def costs_of(self, answers: Any) -> Floats:
        """What these answers cost where they are given, ``(n,)``; one answer for all does."""
        if self.class_costs is not None:
            return np.asarray(self.class_costs[self.labels, answers])
        if np.ndim(answers) == 0:
            return np.asarray(self.labels != answers, dtype=np.float64)
        return np.asarray(expert_costs(answers, self.labels)[:, 0])

    def cost_range(self, with_fees: bool) -> tuple[float, float]:
        """Between which ends any agent's cost lies, seen or not."""
        of_model = self.model_costs
        if of_model is None:  # a model that answers is right or wrong
            ends = (0.0, 1.0) if self.class_costs is None else _ends(self.class_costs)
            of_model = np.resize(ends, len(self))
        return cost_range(
            np.column_stack([of_model, self.errors + (self.fees if with_fees else 0.0)])
        )

    def paid(self, routes: Ints) -> Floats:
        """The fee of each case, ``(n,)``."""
        return np.asarray(np.append(0.0, self.fees)[routes])

    def names(self) -> Sequence[str]:
        """Names of the rows of each agent alone."""
        return [f"{name} alone" for name in ("model", *self.expert_names)]


def _ends(costs: Floats) -> tuple[float, float]:
    return float(costs.min()), float(costs.max())
