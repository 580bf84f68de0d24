"""From answers to costs: the table, one row per case and one column per agent, that all else reads.

Agent 0 is the model, agent ``j >= 1`` is expert ``j``. Routers read ``agent_costs (n, J + 1)``:
what it costs to let each agent answer, fees included. They do not know what the task is. These
functions turn a task into that table:

- classes: :func:`classification_costs` from all answers in one table, :func:`agent_costs` with the
  model's apart, :func:`expert_costs` for the experts' columns only;
- numbers: :func:`regression_costs`;
- several tasks per case: :func:`multitask_costs`, the weighted sum of tables made here;
- boxes in images: :func:`detection_costs`;
- texts that were graded: :func:`llm_costs`, from quality and money;
- agents who are asked one after the other: :func:`cascade_costs`, from a table before fees.

A missing answer has a missing cost (NaN), never zero. A row or a column may be missing as a whole:
whoever reads the table says what it cannot use.

**Fees**, the ``fees`` of every function that returns ``(n, J + 1)``, are in the unit of the costs,
known in advance, finite and not negative. Their last axis says who pays:

=================== =========================================================================
``None``            nobody
one number          each expert; the model pays nothing
``(J,)``            one per expert; the model pays nothing
``(n, J)``          one per case and expert; the model pays nothing
``(J + 1,)``        one per agent, the model's first
``(n, J + 1)``      one per case and agent, the model's first
=================== =========================================================================

No other shape is read as fees. If there is one per case, repeat it for each expert: ``(n, J)``.
"""

from cede._checks._arrays import missing as missing
from cede.costs._answers import agent_costs as agent_costs
from cede.costs._answers import classification_costs as classification_costs
from cede.costs._answers import expert_costs as expert_costs
from cede.costs._answers import resolve_costs as resolve_costs
from cede.costs._cascade import cascade_costs as cascade_costs
from cede.costs._detection import detection_costs as detection_costs
from cede.costs._llm import llm_costs as llm_costs
from cede.costs._multitask import multitask_costs as multitask_costs
from cede.costs._outcomes import check_names as check_names
from cede.costs._outcomes import read_outcomes as read_outcomes
from cede.costs._regression import regression_costs as regression_costs
from cede.costs._tables import add_fees as add_fees
from cede.costs._tables import check_table_alone as check_table_alone
from cede.costs._tables import is_cost_table as is_cost_table
from cede.costs._tables import read_cost_table as read_cost_table
from cede.costs._tables import read_numbers as read_numbers

__all__ = [
    "add_fees",
    "agent_costs",
    "cascade_costs",
    "check_names",
    "check_table_alone",
    "classification_costs",
    "detection_costs",
    "expert_costs",
    "is_cost_table",
    "llm_costs",
    "missing",
    "multitask_costs",
    "read_cost_table",
    "read_numbers",
    "read_outcomes",
    "regression_costs",
    "resolve_costs",
]
