"""A stream of cases to experts of limited capacity, by prices that follow what is left."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import (
    Bools,
    Floats,
    Ints,
    check_agent_table,
    check_finite,
    check_not_negative,
    difference,
)
from cede._checks._arrays import as_numbers, to_array
from cede._checks._names import in_order
from cede.exceptions import InvalidInput
from cede.operating import NEVER, OperatingPoint, check_available, route
from cede.tuning.capacities._assign import assign
from cede.tuning.capacities._limits import read_capacity

__all__ = ["CapacityController"]


#: Scores farther than this from the model's count as this far, so that their squares stay finite.
_FARTHEST = 1e140


class CapacityController:
    r"""Sends cases to experts as they come, none more than the capacity for the period.

    Each case goes where the rule sends it at the present prices (:func:`cede.route`), to an expert
    who is available and has capacity left. Prices are the dual variables of :func:`assign`, and
    follow its dual by a subgradient step per call: with :math:`b_j` the cases sent to expert j, of
    :math:`m_j` that came while j was available, and :math:`\rho_j` the capacity left per case
    still expected,

    .. math::
        g_j = b_j - \rho_j m_j, \qquad
        p_j \leftarrow \max\Bigl(0,\; p_j + R_j\, \frac{g_j}{\sqrt{V_j + g_j^2}}\Bigr), \qquad
        V_j = \max\bigl(1, N \rho^0_j (1 - \rho^0_j)\bigr).

    **The step.** A fixed step :math:`\eta` loses at most
    :math:`R^2 / 2\eta + \eta \sum_t g_t^2 / 2` against the best fixed price, if that lies within
    R of the first one; the best step is :math:`R / \sqrt{\sum_t g_t^2}`. For N single cases at
    rate :math:`\rho^0_j = c_j / N` the sum is V. A batch takes one step; the term :math:`g_j^2`
    keeps it from being longer than R. By default :math:`R_j`, ``spread``, is the standard deviation
    of the expert's score less the model's over the cases seen so far, so that prices move on the
    scale on which cases differ.

    **What follows.** Capacity that is used too fast becomes dearer; capacity that lies idle becomes
    cheaper. The rate :math:`\rho` is that of the paper at first, and then follows what is left.
    While an expert is away, its price rests and the others' rise with their load; after the return
    :math:`\rho` is higher, and prices fall. When more cases come than expected, all capacity may be
    used up early; call :meth:`expect` when the forecast changes.

    Prices that adapt do not know what is to come. If a busy time comes every day, for which
    capacity should be saved, the prices of yesterday are better left as they are (``spread=0``).

    Parameters
    ----------
    prices : array of shape (J,) or OperatingPoint
        Prices to start from: those of :func:`assign` or :func:`prices_within` on earlier cases.
    capacity : int or array of shape (J,)
        Largest number of cases per expert in the period; ``inf`` or None is no limit.
    n_expected : int
        How many cases the period is expected to bring, N.
    spread : float or array of shape (J,), optional
        How far the best price may lie from the first, R, in units of the scores. Zero keeps prices
        as they are. By default it is learned.

    Raises
    ------
    InvalidInput
        If prices or spreads are not one finite number per expert, at least zero, or a capacity or
        the number of cases is not a whole number.

    References
    ----------
    Balseiro, Lu and Mirrokni 2020, "Dual mirror descent for online allocation problems", ICML,
    algorithm 1 with the Euclidean distance; 2023, "The best of many worlds", Operations Research,
    for streams that drift.

    Examples
    --------
    >>> controller = CapacityController(prices=[0.1], capacity=2, n_expected=4)
    >>> [controller.route([0.5, score]) for score in (0.9, 0.55, 0.8, 0.9)]
    [1, 0, 1, 0]
    >>> controller.remaining
    array([0.])
    """

    def __init__(
        self,
        prices: ArrayLike | OperatingPoint,
        capacity: Any,
        n_expected: int,
        *,
        spread: ArrayLike | None = None,
    ) -> None:
        start = prices.prices if isinstance(prices, OperatingPoint) else prices
        self._prices = as_numbers("prices", in_order("prices", start, None)).copy()
        if self._prices.ndim != 1:
            raise InvalidInput(
                f"must be one number per expert, but got shape {self._prices.shape}; write a list "
                f"of them",
                argument="prices",
            )
        _check_amounts("prices", self._prices)
        n_experts = len(self._prices)
        self._n_left = _check_count("n_expected", n_expected)
        self._capacity = read_capacity(capacity, n_experts)
        self._loads = np.zeros(n_experts, dtype=np.int64)
        rate = np.minimum(self._capacity / max(self._n_left, 1), 1.0)
        self._scale = np.maximum(1.0, self._n_left * rate * (1.0 - rate))
        self._gains = _Spread(n_experts)
        self._spread: Floats | None = None
        if spread is not None:
            values = as_numbers("spread", in_order("spread", spread, None))
            if values.shape not in ((), (n_experts,)):
                raise InvalidInput(
                    f"must be one number, or one per expert ({n_experts}), but got shape "
                    f"{values.shape}; leave it out to learn it",
                    argument="spread",
                )
            _check_amounts("spread", values)
            self._spread = np.broadcast_to(values, (n_experts,))

    @property
    def prices(self) -> Floats:
        """Present prices, ``(J,)``: what the next period can start from."""
        return self._prices.copy()

    @property
    def remaining(self) -> Floats:
        """Capacity that is left, ``(J,)``; infinite where there is no limit."""
        return np.asarray(self._capacity - self._loads, dtype=np.float64)

    @property
    def loads(self) -> Ints:
        """Cases that each expert has had, ``(J,)``."""
        return self._loads.copy()

    def expect(self, n_cases: int) -> None:
        """Say how many more cases the period will bring, if the forecast has changed.

        Raises
        ------
        InvalidInput
            If it is not a whole number, at least zero.
        """
        self._n_left = _check_count("n_cases", n_cases)

    def __repr__(self) -> str:
        """Where it stands in its period."""
        prices = ", ".join(f"{p:.4g}" for p in self.prices)
        return (
            f"CapacityController(prices {prices}; remaining {self.remaining.tolist()}, "
            f"{self._n_left:,} cases expected)"
        )

    def route(self, agent_scores: ArrayLike, available: ArrayLike | None = None) -> Any:
        """Send one case ``(J + 1,)``, or some that are known together ``(m, J + 1)``.

        A batch is routed at one set of prices. If that gives an expert more cases than it has
        capacity left, the batch is assigned within what is left instead, to be worth the most
        (:func:`assign`).

        Parameters
        ----------
        agent_scores : array of shape (J + 1,) or (m, J + 1)
            One comparable number per agent, higher is better, the model first.
        available : boolean array of shape (J,) or (m, J), optional
            Which experts can be asked; by default all.

        Returns
        -------
        int or array of shape (m,)
            0 for the model, j for expert j.

        Raises
        ------
        InvalidInput
            If other experts are scored than those who have prices, or shapes disagree.
        """
        array = to_array(agent_scores)
        scores = check_agent_table("agent_scores", array[None] if array.ndim == 1 else array)
        n, n_experts = len(scores), scores.shape[1] - 1
        if n_experts != len(self._prices):
            raise InvalidInput(
                f"must score the experts whom the controller has prices for, {len(self._prices)}, "
                f"but got {n_experts}; pass scores of the same experts",
                argument="agent_scores",
            )
        present = np.ones((n, n_experts), dtype=np.bool_)
        if available is not None:
            present = check_available(available, present.shape)
        routes = self._send(scores, present)
        loads = np.bincount(routes, minlength=n_experts + 1)[1:]
        self._step(difference(scores[:, 1:], scores[:, :1]), present, loads)
        self._loads += loads
        self._n_left = max(self._n_left - n, 0)
        return int(routes[0]) if array.ndim == 1 else routes

    def _send(self, scores: Floats, present: Bools) -> Ints:
        """Route at the present prices, and within what is left."""
        left = self.remaining
        able = present & (left > 0)
        routes = route(scores, OperatingPoint(tuple(self._prices.tolist())), able)
        if (np.bincount(routes, minlength=len(left) + 1)[1:] <= left).all():
            return routes
        # An expert at the price of never has no cases; its scores must stay finite numbers.
        net = difference(scores, np.append(0.0, np.where(self._prices < NEVER, self._prices, 0.0)))
        gainful = able & (net[:, 1:] > net[:, :1]) & (self._prices < NEVER)
        return assign(net, left, available=gainful).routes

    def _step(self, gains: Floats, present: Bools, loads: Ints) -> None:
        """Follow the dual: prices rise where capacity is used fast, and fall where it lies idle."""
        self._gains.see(gains, present)
        reach = self._gains.deviation() if self._spread is None else self._spread
        expected = max(self._n_left, len(gains), 1)
        rate = np.minimum(self.remaining / expected, 1.0)
        over = loads - rate * present.sum(axis=0)
        moved = difference(self._prices, -reach * (over / np.sqrt(self._scale + over**2)))
        self._prices = np.where(self._prices < NEVER, np.maximum(0.0, moved), NEVER)


class _Spread:
    """Standard deviation of each column, of rows that come a few at a time."""

    def __init__(self, n_columns: int) -> None:
        self.count, self.mean, self.squares = np.zeros((3, n_columns))

    def see(self, values: Floats, known: Bools) -> None:
        """Add the known ones among rows of values (the update of Chan, Golub and LeVeque 1979)."""
        values = values.clip(-_FARTHEST, _FARTHEST)
        count = known.sum(axis=0)
        mean = np.where(known, values, 0.0).sum(axis=0) / np.maximum(count, 1)
        total = np.maximum(self.count + count, 1.0)
        apart = mean - self.mean
        within = (np.where(known, values - mean, 0.0) ** 2).sum(axis=0)
        self.squares = self.squares + within + apart**2 * self.count * count / total
        self.mean = self.mean + apart * count / total
        self.count = self.count + count

    def deviation(self) -> Floats:
        """Zero where fewer than two are known."""
        return np.asarray(np.sqrt(self.squares / np.maximum(self.count, 1.0)), dtype=np.float64)


def _check_count(name: str, n_cases: Any) -> int:
    if isinstance(n_cases, bool) or n_cases != n_cases or n_cases < 0 or n_cases != int(n_cases):
        raise InvalidInput(
            f"must be a whole number, how many cases the period brings, but got {n_cases!r}; write "
            f"500",
            argument=name,
        )
    return int(n_cases)


def _check_amounts(name: str, values: Floats) -> None:
    check_finite(name, values)
    check_not_negative(name, values)
