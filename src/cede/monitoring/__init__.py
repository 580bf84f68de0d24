"""Whether a router in use is still what it was: audits, drift of scores and rate, a risen error.

Nobody looks at what the model keeps. So three things are watched:

- **The kept error**, by a random audit. :func:`audit` sends a share of the kept cases to an expert
  anyway and notes the propensities, so that :func:`cede.evaluation.off_policy_cost` stays unbiased.
  :func:`kept_error` estimates the error with an exact interval, :class:`KeptErrorCusum` alarms when
  it rises, and :func:`audits_needed` says how many audits that takes.
- **The scores**: :func:`score_drift` compares one window with a reference,
  :class:`ConformalMartingale` watches case by case and may be looked at any time.
- **The deferral rate**: :func:`rate_drift` compares it with what the operating point let expect.

:class:`Monitor` watches all three. For an expert without history, :func:`explore` sends a random
share of all cases to the newcomer. Nothing here keeps a file: states are plain dicts.
"""

from cede.monitoring._audit import AuditedRoutes as AuditedRoutes
from cede.monitoring._audit import audit as audit
from cede.monitoring._cusum import CusumReading as CusumReading
from cede.monitoring._cusum import KeptErrorCusum as KeptErrorCusum
from cede.monitoring._explore import ExploredRoutes as ExploredRoutes
from cede.monitoring._explore import explore as explore
from cede.monitoring._kept_error import KeptError as KeptError
from cede.monitoring._kept_error import audits_needed as audits_needed
from cede.monitoring._kept_error import kept_error as kept_error
from cede.monitoring._martingale import ConformalMartingale as ConformalMartingale
from cede.monitoring._martingale import MartingaleReading as MartingaleReading
from cede.monitoring._monitor import Finding as Finding
from cede.monitoring._monitor import Monitor as Monitor
from cede.monitoring._monitor import MonitorReport as MonitorReport
from cede.monitoring._rate_drift import RateDrift as RateDrift
from cede.monitoring._rate_drift import rate_drift as rate_drift
from cede.monitoring._score_drift import ScoreDrift as ScoreDrift
from cede.monitoring._score_drift import score_drift as score_drift

__all__ = [
    "AuditedRoutes",
    "ConformalMartingale",
    "CusumReading",
    "ExploredRoutes",
    "Finding",
    "KeptError",
    "KeptErrorCusum",
    "MartingaleReading",
    "Monitor",
    "MonitorReport",
    "RateDrift",
    "ScoreDrift",
    "audit",
    "audits_needed",
    "explore",
    "kept_error",
    "rate_drift",
    "score_drift",
]
