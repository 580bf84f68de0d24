"""Methods on the cases that are judged, looked at one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cede._checks import Bools, Floats, Ints
from cede._intervals import Estimate, mean_estimate
from cede.evaluation.appraisal._areas import areas
from cede.evaluation.appraisal._contrast import contrast
from cede.evaluation.appraisal._lead import Lead
from cede.evaluation.appraisal._reading import rows_of
from cede.evaluation.appraisal._scorers import Remembered
from cede.evaluation.comparison import Comparison, Row, simultaneous_band
from cede.operating import OperatingPoint, route

__all__ = ["Close"]

#: Each resample ranks all cases anew, so that areas have fewer of them, and fewest of many cases.
_MOST_AREA_RESAMPLES, _FEWEST_AREA_RESAMPLES, _AREA_CASES = 200, 50, 20_000_000


class Close:
    """Methods on the cases that are judged, looked at one by one."""

    def __init__(
        self,
        methods: Mapping[str, Remembered],
        X: Any,
        good: Floats,
        known: Bools,
        answers: Comparison,
        options: Mapping[str, Any],
    ) -> None:
        self.methods, self.X, self.known, self.answers = methods, X, known, answers
        self.good = good
        self.groups = answers.groups
        self.n_boot, self.level = int(options["n_boot"]), float(options["confidence"])
        self.seed = options["random_state"]

    def scores(self, method: str) -> Floats:
        return np.asarray(self.methods[method].agent_scores(self.X))[self.known]

    def routes(self, row: Row) -> Ints:
        return route(self.scores(row.method), OperatingPoint(row.prices or ()))

    def lead(self, row: Row, feature_names: Sequence[str] | None) -> Lead:
        """Curve, bands, areas and contrast of the method of a row."""
        scores, n_agents = self.scores(row.method), self.good.shape[1]
        options: dict[str, Any] = {
            "rates": np.linspace(0, 1, 51 if len(scores) <= 200_000 else 21),
            "groups": self.groups,
            "confidence": self.level,
            "random_state": self.seed,
        }
        of_model = np.repeat(self.good[:, :1], n_agents, axis=1)
        return Lead(
            method=row.method,
            budget=float(row.budget or 0.0),
            band=simultaneous_band(scores, self.good, **options),
            gain=simultaneous_band(scores, self.good, scores, of_model, **options),
            areas=areas(
                self.answers.curves[row.method],
                scores,
                self.good,
                self.groups,
                self._area_resamples(),
                self.level,
                self.seed,
            ),
            contrast=contrast(
                rows_of(self.X, self.known), feature_names, self.routes(row) > 0, self.good
            ),
        )

    def _area_resamples(self) -> int:
        affordable = max(_FEWEST_AREA_RESAMPLES, _AREA_CASES // len(self.good))
        return min(self.n_boot, _MOST_AREA_RESAMPLES, affordable)

    def money(self, table: Floats, rows: Sequence[Row]) -> tuple[Estimate, ...]:
        """Mean money per case of each row; of the other references, what is not known."""
        spent = table[self.known]
        alone = [r.method for r in rows if r.is_agent]
        ends = min(0.0, float(spent.min())), max(0.0, float(spent.max()))
        found = []
        for row in rows:
            if row.is_method:
                paid = spent[np.arange(len(spent)), self.routes(row)]
            elif row.is_agent:
                paid = spent[:, alone.index(row.method)]
            else:
                paid = np.full(len(spent), np.nan)
            found.append(mean_estimate(paid, self.level, self.groups, ends))
        return tuple(found)
