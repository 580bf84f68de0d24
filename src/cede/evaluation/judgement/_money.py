"""Money that does not count as it should: nothing charged, or a rate at which it vanishes."""

from __future__ import annotations

import numpy as np

from cede._checks import Floats
from cede._text import shown
from cede.logs import Cases

__all__ = ["about_money"]

#: Differences of mean cost below the first are not seen in any table; beside those above the
#: second, differences of quality, which are 1 at most, are not.
_TOO_LITTLE, _TOO_MUCH = 0.0005, 50.0


def about_money(cases: Cases) -> list[str]:
    """Sentences on agents who cost nothing, and on the exchange rate."""
    if cases.money is None or cases.exchange_rate is None:
        return []
    mean = np.array([_mean(column) for column in cases.money.T])
    names = cases.agent_names
    if not (mean > 0).any():
        return [
            "Money is 0 in every case, for every agent: the verdict is by outcomes alone. Check "
            "the columns of money, or leave them out."
        ]
    sentences = []
    free = [name for name, column in zip(names, cases.money.T, strict=True) if _is_free(column)]
    if free:
        dearest = int(np.nanargmax(mean))
        sentences.append(
            f"{', '.join(shown(name) for name in free)}: money is 0 in every case, where "
            f"{shown(names[dearest])} takes {mean[dearest]:.3g} on average. If calls are not free, "
            f"check the columns of money."
        )
    gap = cases.exchange_rate * float(np.nanmax(mean) - np.nanmin(mean))
    if gap < _TOO_LITTLE and np.nanmax(mean) > np.nanmin(mean):
        sentences.append(
            f"At an exchange rate of {cases.exchange_rate:g}, money makes agents differ by "
            f"{gap:.2g} at most, less than the decimals show: the verdict is by outcomes alone. "
            f"The exchange rate is the quality that one unit of money must buy."
        )
    if gap > _TOO_MUCH:
        sentences.append(
            f"At an exchange rate of {cases.exchange_rate:g}, money makes agents differ by up to "
            f"{gap:.3g}, and outcomes by 1 at most: the verdict is by money alone. "
            f"The exchange rate is the quality that one unit of money must buy."
        )
    return sentences


def _mean(column: Floats) -> float:
    known = column[~np.isnan(column)]
    return float(known.mean()) if len(known) else float("nan")


def _is_free(column: Floats) -> bool:
    known = column[~np.isnan(column)]
    return len(known) > 0 and not known.any()
