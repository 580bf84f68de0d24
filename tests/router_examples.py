"""An example of every router, from the table of routers: what the common tests are about."""

from __future__ import annotations

from cede.routers import (
    ROUTERS,
    CalibratedRouter,
    ExpertAlone,
    ModelAlone,
    Oracle,
    RandomRouter,
)

__all__ = ["ALL", "EXAMPLES", "LEARNERS"]

#: Unfitted, and small enough to fit in a moment.
ALL = {name: router for kind in ROUTERS.values() for name, router in kind._examples().items()}
#: Those that answer other cases than those of the fit.
EXAMPLES = {name: router for name, router in ALL.items() if not isinstance(router, Oracle)}
#: Those that learn whom to ask, from any cases; of a calibrated router, experts are fixed.
LEARNERS = [
    name
    for name, router in EXAMPLES.items()
    if not isinstance(router, CalibratedRouter | ExpertAlone | ModelAlone | RandomRouter)
]
