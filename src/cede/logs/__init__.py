"""Logs that hold only some agents' outcomes: long and wide tables to arrays.

Long: one row per case and agent that was called. Wide: one row per case, columns per agent.

.. code-block:: text

    case  agent  outcome  cost   propensity        case  small  large  p_small  p_large
    q1    small  1        0.001  0.9               q1    1             0.9
    q2    large  1        0.03   0.1               q2           1               0.1
    q3    small  0        0.001  0.9               q3    0      1      1        1
    q3    large  1        0.03   ...

Both become :class:`Cases`, whose ``agent_costs (n, J + 1)`` are NaN where nothing is known, as
routers and ``off_policy_cost`` read them. The log of a router that called one agent per case is
a long table with one row per case; experts who answered some cases each are a long table with a
few, or a wide one with holes.

An outcome is a quality from 0 (useless) to 1 (perfect, or right); true and false do. What a call
takes in money enters at an exchange rate, :func:`cede.costs.llm_costs`. A propensity is the
probability, known when the case was logged, that this outcome would be observed.

Files of the tools of this field are read by :mod:`cede.logs.tools`, a reader each.

A table with true answers is no log: :func:`read_problem` makes :class:`Cases` of it for a study.
The caller names the label, the experts, and what to leave out.

Tables are dataframes that narwhals knows (pandas, polars, pyarrow), or paths, read by
``cede.logs.files``. What each column was taken for, whether it is used, and why not, is said by a
:class:`Column`: nothing is left out, and nothing made missing, without a word.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
