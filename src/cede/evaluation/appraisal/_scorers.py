"""Methods as an appraisal asks them: once per table of cases, at a point of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from cede._checks import Floats, check_agent_table
from cede.operating import OperatingPoint, Scorer, check_one_price_list

__all__ = ["Remembered"]


class Remembered:
    """A method that is asked once for the scores, and the answers, of a table of cases.

    With a point, its prices are taken off the scores. A price of zero then stands for that point:
    what is judged without a budget is the point itself.
    """

    def __init__(self, method: Scorer, point: OperatingPoint | None = None) -> None:
        if point is not None:
            check_one_price_list(point)
        self._method = method
        self._prices = None if point is None else np.append(0.0, point.prices)
        self._scored: list[tuple[Any, Floats]] = []
        self._answered: list[tuple[Any, Any]] = []

    def agent_scores(self, X: Any) -> Floats:
        """As the method's, less the prices of the point."""
        scores = self.own_scores(X)
        return scores if self._prices is None else scores - self._prices

    def own_scores(self, X: Any) -> Floats:
        """As the method's."""
        for cases, scores in self._scored:
            if cases is X:
                return scores
        scores = check_agent_table("agent_scores", self._method.agent_scores(X))
        self._scored.append((X, scores))
        return scores

    def without_point(self) -> Remembered:
        """The same method at no prices; what it has answered is not asked again."""
        plain = Remembered(self._method)
        plain._scored, plain._answered = self._scored, self._answered
        return plain

    def predict(self, X: Any) -> Any:
        """As the method's."""
        for cases, answers in self._answered:
            if cases is X:
                return answers
        self._answered.append((X, self._method.predict(X)))
        return self._answered[-1][1]

    def __getattr__(self, name: str) -> Any:
        """All else that the method has: names, fees, estimates."""
        if name.startswith("__") or name == "_method":
            raise AttributeError(name)
        return getattr(self._method, name)
