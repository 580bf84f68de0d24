"""What agent scores are worth: area under the deferral curve, errors at budgets, resamples.

Where an expert gave no answer it cannot be asked: the others who did are compared, and the best
of them by the scores is whom the case would go to. With all answers there, that is cede's curve.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede.operating import deferral_curve_from_scores

Floats, Ints = NDArray[np.float64], NDArray[np.int64]


@dataclass(frozen=True)
class Judge:
    """The cases of one part, and what any scores could reach there."""

    #: Rows that the model and one expert at least answered, and what the agents cost there.
    rows: Ints
    table: Floats

    @classmethod
    def of(cls, table: Floats, rows: Ints) -> Judge:
        """Of the costs of all cases and the rows of one part."""
        known = ~np.isnan(table[rows])
        fair = rows[known[:, 0] & known[:, 1:].any(axis=1)]
        return cls(fair, table[fair])

    def asked(self, scores: Floats) -> tuple[Floats, Floats]:
        """Score and cost of the model, and of the expert whom each case would go to; (n, 2)."""
        offered = np.where(np.isnan(self.table[:, 1:]), -np.inf, scores[:, 1:])
        best = offered.argmax(axis=1)
        case = np.arange(len(best))
        return (
            np.column_stack([scores[:, 0], offered[case, best]]),
            np.column_stack([self.table[:, 0], self.table[case, best + 1]]),
        )

    def ends(self, rows: Any = slice(None)) -> tuple[float, float]:
        """Area of the random mix of all who answered, and that of the oracle."""
        table = self.table[rows]
        mixed = 1.0 - 0.5 * (table[:, 0].mean() + np.nanmean(table[:, 1:], axis=1).mean())
        best = np.column_stack([table[:, 0], np.nanmin(table[:, 1:], axis=1)])
        return float(mixed), deferral_curve_from_scores(-best, best).area

    def area(self, scores: Floats) -> float:
        """Normalised area: 0 for the random mix, 1 for the oracle."""
        chance, best = self.ends()
        return (deferral_curve_from_scores(*self.asked(scores)).area - chance) / (best - chance)

    def own(self, scores: Floats) -> float:
        """Mean cost of its own decision at no price: an expert who is scored above the model."""
        said, cost = self.asked(scores)
        return float(cost[np.arange(len(cost)), (said[:, 1] > said[:, 0]).astype(int)].mean())

    def errors(self, scores: Floats, budgets: Sequence[float]) -> list[float]:
        """Mean cost where exactly these shares leave the model, ties split at random."""
        return deferral_curve_from_scores(*self.asked(scores)).risk_at(budgets).tolist()

    def resampled(self, scores: Sequence[Floats], counts: Iterator[Ints]) -> Floats:
        """Normalised areas of several scores on the same resamples, (resamples, scores)."""
        pairs = [self.asked(one) for one in scores]
        found = []
        for count in counts:
            drawn = np.repeat(np.arange(len(self.rows)), count[self.rows])
            chance, best = self.ends(drawn)
            found.append(
                [
                    (deferral_curve_from_scores(s[drawn], c[drawn]).area - chance) / (best - chance)
                    for s, c in pairs
                ]
            )
        return np.array(found)


def draws(name: str, seed: int, groups: Ints, n_boot: int) -> Iterator[Ints]:
    """How often each case of a problem is drawn, the same for every split of it and every method.

    Poisson counts of mean one, one per group of cases: a case that is tested on under several
    seeds is drawn together, so that splits are not taken for independent.
    """
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    for _ in range(n_boot):
        yield rng.poisson(1.0, size=int(groups.max()) + 1)[groups]
