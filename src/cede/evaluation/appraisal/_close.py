"""Methods on the cases that are judged, looked at one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cede._checks import Floats
from cede._intervals import Estimate, mean_estimate
from cede.evaluation.appraisal._areas import areas
from cede.evaluation.appraisal._contrast import contrast
from cede.evaluation.appraisal._lead import Lead
from cede.evaluation.comparison import Comparison, Row, simultaneous_band
from cede.evaluation.comparison._points import Placed

__all__ = ["Close"]

#: Each resample ranks all cases anew, so that areas have fewer of them, and fewest of many cases.
_MOST_AREA_RESAMPLES, _FEWEST_AREA_RESAMPLES, _AREA_CASES = 200, 50, 20_000_000


class Close:
    """Methods on the cases that are judged, looked at one by one.

    Parameters
    ----------
    methods : dict of name to Placed
    errors : array of shape (n, J + 1)
        What answers cost without money.
    answers : Comparison
        By these costs.
    n_boot, seed
        Resamples of areas, at most; seed of all that is drawn.
    """

    def __init__(
        self,
        methods: Mapping[str, Placed],
        errors: Floats,
        answers: Comparison,
        *,
        n_boot: int,
        seed: int | None,
    ) -> None:
        self.methods, self.errors, self.answers = methods, errors, answers
        self.groups, self.level = answers.groups, answers.confidence
        self.n_boot, self.seed = n_boot, seed

    def lead(self, row: Row, features: Any, names: Sequence[str] | None) -> Lead:
        """Curve, bands, areas and contrast of the method of a row."""
        placed, n_agents = self.methods[row.method], self.errors.shape[1]
        scores = placed.scores
        options: dict[str, Any] = {
            "rates": np.linspace(0, 1, 51 if len(scores) <= 200_000 else 21),
            "groups": self.groups,
            "confidence": self.level,
            "random_state": self.seed,
        }
        of_model = np.repeat(self.errors[:, :1], n_agents, axis=1)
        return Lead(
            method=row.method,
            budget=float(row.budget or 0.0),
            band=simultaneous_band(scores, self.errors, **options),
            gain=simultaneous_band(scores, self.errors, scores, of_model, **options),
            areas=areas(
                self.answers.curves[row.method],
                scores,
                self.errors,
                self.groups,
                self._area_resamples(),
                self.level,
                self.seed,
            ),
            contrast=contrast(features, names, placed.at(row.budget).routes > 0, self.errors),
        )

    def _area_resamples(self) -> int:
        affordable = max(_FEWEST_AREA_RESAMPLES, _AREA_CASES // len(self.errors))
        return min(self.n_boot, _MOST_AREA_RESAMPLES, affordable)

    def money(self, spent: Floats, rows: Sequence[Row]) -> tuple[Estimate, ...]:
        """Mean money per case of each row; of the other references, what is not known."""
        alone = [row.method for row in self.answers.agents]
        ends = min(0.0, float(spent.min())), max(0.0, float(spent.max()))
        estimates = []
        for row in rows:
            if row.is_method:
                routes = self.methods[row.method].at(row.budget).routes
                charges = spent[np.arange(len(spent)), routes]
            elif row.method in alone:
                charges = spent[:, alone.index(row.method)]
            else:
                charges = np.full(len(spent), np.nan)
            estimates.append(mean_estimate(charges, self.level, self.groups, ends))
        return tuple(estimates)
