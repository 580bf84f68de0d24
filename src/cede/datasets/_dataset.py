"""What every loader and generator returns: cases, answers, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Floats, Ints, check_fees, check_same_length
from cede.exceptions import InvalidInput


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Dataset:
    """Cases to route, the experts' answers to them, and, for made-up problems, the truth.

    ``X, y, experts = dataset`` unpacks the three that most methods are fitted on. There are ``n``
    cases, ``d`` features, ``K`` classes numbered from 0, and ``J`` experts.

    Examples
    --------
    >>> from cede.datasets import make_two_specialists
    >>> problem = make_two_specialists(n=200)
    >>> problem
    Dataset('two_specialists', 200 cases, 3 features, 2 experts)
    >>> X, y, experts = problem
    >>> X.shape, y.shape, experts.shape
    ((200, 3), (200,), (200, 2))
    """

    #: Short name, as in ``load_<name>`` or ``make_<name>``.
    name: str
    #: Features, shape ``(n, d)``, float64; NaN where a measurement is missing.
    X: Floats
    #: Names of the columns of ``X``.
    feature_names: tuple[str, ...]
    #: True answers, shape ``(n,)``: int64 classes or float64 amounts. None if only costs are known.
    y: NDArray[Any] | None = None
    #: What ``y`` is, in a word; the name of its column in :meth:`columns`.
    target_name: str = "y"
    #: Experts' answers, shape ``(n, J)``, float64, of the same kind as ``y``; NaN where an expert
    #: gave none. None if only costs are known.
    experts: Floats | None = None
    #: Names of the columns of ``experts``.
    expert_names: tuple[str, ...] = ()
    #: What each agent's answer costs, shape ``(n, J + 1)``, column 0 for the model; given where the
    #: model is fixed too and only right or wrong is known, as in logs of language models.
    answer_costs: Floats | None = None
    #: Names of the columns of ``answer_costs``.
    agent_names: tuple[str, ...] = ()
    #: The truth, where it is known: P(y = k given x), shape ``(n, K)``.
    class_posterior: Floats | None = None
    #: The truth, where it is known: P(expert j is right given x), shape ``(n, J)``.
    expert_accuracy: Floats | None = None
    #: Other columns, one row per case: identifiers, other targets. Never features: some of them
    #: are known only after the decision.
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    #: Units of features and targets, by name; those without a unit are left out.
    units: Mapping[str, str] = field(default_factory=dict)
    #: Terms of use of the data.
    licence: str = ""
    #: What to cite.
    citation: str = ""
    #: What a case is, where the answers come from, and what to beware of.
    description: str = ""

    @classmethod
    def from_columns(
        cls,
        features: Mapping[str, NDArray[Any]],
        extras: Mapping[str, NDArray[Any]],
        target: str,
        **others: Any,
    ) -> Dataset:
        """Return a set whose features are columns by name, and whose target is one of its extras.

        ``others`` are fields as above; without ``experts`` there are none, ``(n, 0)``.

        Examples
        --------
        >>> ages, days = np.array([40.0, 60.0]), np.array([3.0, 9.0])
        >>> stays = Dataset.from_columns({"age": ages}, {"days": days}, "days", name="stays")
        >>> stays.columns()
        {'age': array([40., 60.]), 'days': array([3., 9.])}
        """
        return cls(
            X=np.column_stack(list(features.values())).astype(np.float64, copy=False),
            feature_names=tuple(features),
            y=extras[target].copy(),
            target_name=target,
            extras=extras,
            **{"experts": np.empty((len(extras[target]), 0)), **others},
        )

    def __post_init__(self) -> None:
        tables = ("X", "y", "experts", "answer_costs", "class_posterior", "expert_accuracy")
        by_case = {name: getattr(self, name) for name in tables if getattr(self, name) is not None}
        check_same_length(**by_case, **{f"extras[{k!r}]": v for k, v in self.extras.items()})
        _check_names("feature_names", self.feature_names, "X", self.X)
        _check_names("expert_names", self.expert_names, "experts", self.experts)
        _check_names("agent_names", self.agent_names, "answer_costs", self.answer_costs)

    @property
    def n_cases(self) -> int:
        """Number of cases ``n``."""
        return len(self.X)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return name -> column ``(n,)``: features, label, experts' answers, agents' costs.

        Hand it to ``pandas.DataFrame`` or ``polars.DataFrame``. ``extras`` stay out, because some
        of them would tell a model what it is to predict.

        Examples
        --------
        >>> from cede.datasets import make_two_specialists
        >>> list(make_two_specialists(n=10).columns())
        ['side', 'u', 'v', 'y', 'specialist 1', 'specialist 2']
        """
        table = dict(zip(self.feature_names, self.X.T, strict=True))
        if self.y is not None:
            table[self.target_name] = self.y
        if self.experts is not None:
            table |= dict(zip(self.expert_names, self.experts.T, strict=True))
        if self.answer_costs is not None:
            costs = (f"cost of {name}" for name in self.agent_names)
            table |= dict(zip(costs, self.answer_costs.T, strict=True))
        return table

    def best_routes(self, fees: ArrayLike | None = None) -> Ints:
        r"""Say who should answer each case, by the Bayes rule: agents 0..J, shape ``(n,)``.

        Case x goes to the expert with the largest :math:`a_j(x) - \beta_j` if that is larger than
        :math:`\max_k \eta_k(x)`, else to the model. Ties stay with the model, then go to the
        expert of the lowest number: asking must be strictly worth it.

        Parameters
        ----------
        fees : float or array of shape (J,), default=None
            The fee :math:`\beta_j` of asking each expert, in units of one error; None is free.

        Raises
        ------
        InvalidInput
            If the truth is not known, as it never is for real data.

        Examples
        --------
        >>> from cede.datasets import make_two_specialists
        >>> problem = make_two_specialists(n=1000)
        >>> bool((problem.best_routes(fees=1.0) == 0).all())
        True
        """
        accuracy = self._accuracy()
        fee = np.concatenate([[0.0], check_fees(fees, accuracy.shape[1] - 1)])
        return np.asarray(np.argmax(accuracy - fee, axis=1), dtype=np.int64)

    def best_accuracy(self, fees: ArrayLike | None = None) -> float:
        """Return the expected system accuracy of :meth:`best_routes`: mean P(chosen agent right).

        Fees steer the choice but are not subtracted: this is an accuracy, not a profit.

        Examples
        --------
        >>> from cede.datasets import make_realizable_mixture
        >>> make_realizable_mixture(n=500).best_accuracy()
        1.0
        """
        chosen = self.best_routes(fees)[:, None]
        return float(np.take_along_axis(self._accuracy(), chosen, axis=1).mean())

    def _accuracy(self) -> Floats:
        """P(agent is right given x), ``(n, J + 1)``; the best model answers the likeliest class."""
        if self.class_posterior is None or self.expert_accuracy is None:
            raise InvalidInput(
                f"The best routes of {self.name!r} are not known: that takes class_posterior and "
                f"expert_accuracy, which only the made-up problems (cede.datasets.make_*) have."
            )
        return np.column_stack([self.class_posterior.max(axis=1), self.expert_accuracy])

    def __iter__(self) -> Iterator[Any]:
        """Yield ``X``, ``y`` and ``experts``, for unpacking."""
        return iter((self.X, self.y, self.experts))

    def __repr__(self) -> str:
        agents = (
            _count(self.experts.shape[1], "expert")
            if self.experts is not None
            else _count(len(self.agent_names), "agent")
        )
        cases = f"{self.n_cases:,} cases, {_count(self.X.shape[1], 'feature')}, {agents}"
        return f"Dataset({self.name!r}, {cases})"


def _check_names(label: str, names: tuple[str, ...], what: str, table: Floats | None) -> None:
    shape = (0, 0) if table is None else table.shape
    if len(shape) != 2 or shape[1] != len(names):
        raise InvalidInput(
            f"must hold one name per column of {what}, but got {len(names)} for shape "
            f"{None if table is None else shape}; name each column",
            argument=label,
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
