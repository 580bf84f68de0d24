"""cede: learning to defer. Decide, case by case, who answers: the model, or which expert.

One vocabulary, in code and docs:

================== =========================================================== =================
word               meaning                                                     shape
================== =========================================================== =================
case               one input to be decided
``y``              the true answer                                             ``(n,)``
agent              anyone who can answer; agent 0 is the model, agent j >= 1
                   is expert j
``experts``        the experts' answers, column j - 1 for expert j             ``(n, J)``
``answers``        every agent's answer, the model's first                     ``(n, J + 1)``
``costs``          what the experts' answers cost, before fees                 ``(n, J)``
``agent_costs``    what letting each agent answer costs, fees included, the    ``(n, J + 1)``
                   model first
``agent_scores``   one comparable number per agent, higher is better           ``(n, J + 1)``
``routes``         who answers each case, in 0..J                              ``(n,)``
fee                what asking an expert costs, known in advance               ``(J,)``
budget             largest share of cases that may leave the model             scalar
coverage           share of cases that the model keeps                         scalar
operating point    the prices at which deferring is worth it, with what they
                   were chosen for and on
================== =========================================================== =================

Here stand the routers and the main jobs; everything else is in the rooms, such as
:mod:`cede.routers`, :mod:`cede.evaluation` and :mod:`cede.monitoring`. Importing cede imports none
of them: names resolve on first use, so that what needs no torch loads none. It changes nothing,
seeds nothing, downloads nothing.
"""

from importlib.util import find_spec as _find_spec

import lazy_loader as _lazy

__version__ = "0.1.0"

# All names are written once, in the stub beside this file. A star takes those, and not the rooms.
__getattr__, __dir__, _names = _lazy.attach_stub(__name__, __file__)
__all__ = [name for name in _names if _find_spec(f"{__name__}.{name}") is None]
