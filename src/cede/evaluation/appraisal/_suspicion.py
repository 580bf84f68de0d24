"""What is too good to be true: usually a column that is known only afterwards."""

from __future__ import annotations

from cede._text import shown
from cede.evaluation.comparison import Comparison, Row

__all__ = ["next_to_none", "suspicions"]

#: A method that gains this share of what can be gained at all knows the outcomes.
_NEARLY_ALL = 0.995
#: Where less can be gained, or one agent alone gains most of it, that says nothing.
_WORTH_GAINING, _BY_ONE_AGENT = 0.02, 0.9


def next_to_none(of_constant: float) -> float:
    """Share of errors up to which the label seems given away, from the commonest answer's."""
    return min(0.005, 0.1 * of_constant)


def suspicions(comparison: Comparison) -> tuple[str, ...]:
    """Sentences on a model, or a method, that seems to know the answers beforehand."""
    texts = [_of_model(comparison), *(_of_method(comparison, row) for row in _best(comparison))]
    return tuple(text for text in texts if text is not None)


def _of_model(comparison: Comparison) -> str | None:
    constant = comparison.constant
    if not comparison.agents or constant is None:
        return None
    model = comparison.agents[0]
    error = 1.0 - model.accuracy
    if error > next_to_none(1.0 - constant.accuracy):
        return None
    return (
        f"The model alone is right in {100 * model.accuracy:.1f} % of {comparison.n_cases:,} cases "
        f"it was not trained on: a column may give the label away. Leave out what is known only "
        f"after the answer, and compare again."
    )


def _best(comparison: Comparison) -> list[Row]:
    rows = comparison.methods
    return [min(rows, key=lambda row: row.cost)] if rows else []


def _of_method(comparison: Comparison, row: Row) -> str | None:
    oracle = next(
        (r for r in comparison.rows if r.method == "oracle" and r.budget == row.budget), None
    )
    agents = comparison.agents
    if oracle is None or not agents:
        return None
    room = agents[0].cost - oracle.cost
    by_one = agents[0].cost - min(r.cost for r in agents)
    if room < _WORTH_GAINING or by_one > _BY_ONE_AGENT * room:
        return None
    if agents[0].cost - row.cost < _NEARLY_ALL * room:
        return None
    return (
        f"{shown(row.method)} does as well as who knows every outcome: a column may tell who is "
        f"right. Leave out what is known only after the answer, and compare again."
    )
