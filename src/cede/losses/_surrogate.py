"""A row of the table of surrogates: a loss, how to read its scores, and what routers must know."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar, cast

from cede.exceptions import InvalidInput, UnknownName

if TYPE_CHECKING:
    from torch import Tensor

    from cede.losses._estimates import Estimates

__all__ = ["Kind", "Surrogate"]

#: What a loss learns from; the module docstring of :mod:`cede.losses` has the arguments of each.
Kind: TypeAlias = Literal["single_stage", "post_hoc", "two_stage", "density_ratio"]

#: Keywords that some losses take, and all keywords that come with the cases.
_OF_CASES = ("mask", "max_cost", "propensities")
_PASSED_IN = (*_OF_CASES, "sample_weight", "reduction")


def _as_mean_cost(mean_cost: float, n_agents: int) -> float:
    return mean_cost


def _each(loss: Callable[..., Tensor], n_first: int, *cases: Any, **options: Any) -> Tensor:
    """A loss of each case, which takes a mask and propensities by their names."""
    by_name = dict(zip(("mask", "propensities"), cases[n_first:], strict=False))
    by_name = {name: value for name, value in by_name.items() if value is not None}
    return loss(*cases[:n_first], **by_name, **options, reduction="none")


_F = TypeVar("_F")


class _Function(Generic[_F]):
    """A field that holds a function, or "file.function" of this folder until it is looked at.

    The table can then be read without torch, which every loss imports.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, row: Any, owner: type | None = None) -> _F:
        if row is None:
            if self.name == "loss":
                raise AttributeError(self.name)  # a field without a default
            return None  # type: ignore[return-value]
        function: Any = vars(row)[self.name]
        if isinstance(function, str):
            file, name = function.split(".")
            function = getattr(import_module(f"cede.losses.{file}"), name)
            vars(row)[self.name] = function
        return cast(_F, function)

    def __set__(self, row: Any, function: _F | str) -> None:
        vars(row)[self.name] = function


@dataclass(frozen=True)
class Surrogate:
    """One row: a loss, and how to read its scores. Either they are decoded, or they only rank.

    Functions may be written as "file.function" of :mod:`cede.losses`; they are imported when they
    are first asked for.
    """

    #: Its name in the table, on the command line and in saved routers.
    name: str
    #: "single_stage" learns classes and experts together, "post_hoc" who beats a fixed model,
    #: "two_stage" who is the cheapest of fixed agents, "density_ratio" where the model is.
    kind: Kind
    #: Does the minimiser over all functions route like the Bayes rule?
    consistent: bool
    #: Does it find a perfect router of a class (linear, say) whenever there is one?
    realizable: bool
    #: Paper and equation.
    reference: str
    #: A function of :mod:`cede.losses`, or one with the same arguments.
    loss: _Function[Callable[..., Tensor]] = _Function()
    #: ``decode(scores, n_experts, max_cost)``: class posterior and experts' expected costs.
    decode: _Function[Callable[[Tensor, int, float], Estimates] | None] = _Function()
    #: Do the decoded estimates lie in [0, 1] for all scores (trained without fees)?
    bounded: bool | None = None
    #: ``rank(scores, n_experts)``: one number per agent, model first, where nothing is estimated.
    rank: _Function[Callable[[Tensor, int], Tensor] | None] = _Function()
    #: Which of "mask", "max_cost" and "propensities" the loss takes; by default, as it says itself.
    keywords: tuple[str, ...] | None = None
    #: Does it refuse costs above 1, unless a ``max_cost`` is passed?
    unit_costs: bool = False
    #: Single-stage: is each expert's score learned apart, given those of the classes?
    separable: bool = False
    #: Two-stage scores: is each one minus the agent's expected cost, and not a rank only?
    estimates_costs: bool = False
    #: Is it the mean squared error of one minus the costs, whose best line has a closed form?
    least_squares: bool = False
    #: Two-stage: how much it curves in the scores, from the mean cost and the number of agents, in
    #: units of a regression of the costs; a line's penalty grows with it.
    curvature: Callable[[float, int], float] = _as_mean_cost
    #: Does a fit take many small steps, seconds where the others take tenths?
    slow: bool = False
    #: Name of the row to fit first, and start from, where this loss is flat at a wrong start.
    start: str | None = None
    #: What :meth:`using` has set.
    options: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        """Refuse a row that cannot be read, or can in two ways."""
        if self.decodes == (vars(self)["rank"] is not None):
            raise InvalidInput(
                f"A surrogate's scores are decoded or they rank: give {self.name!r} one of decode "
                f"and rank."
            )
        if self.decodes == (self.bounded is None):
            raise InvalidInput(
                f"bounded says whether decoded estimates lie in [0, 1]; with decode={self.decode} "
                f"it cannot be {self.bounded} for {self.name!r}."
            )

    @property
    def summary(self) -> str:
        """What it is, as its docstring begins; read from its file where it was not imported yet."""
        function = vars(self)["loss"]
        if not isinstance(function, str):
            return (inspect.getdoc(function) or self.reference).splitlines()[0]
        # Importing the loss would import torch, which the table of methods and its help do without.
        file, name = function.split(".")
        tree = ast.parse(Path(__file__).with_name(f"{file}.py").read_text(encoding="utf-8"))
        (loss,) = (d for d in tree.body if isinstance(d, ast.FunctionDef) and d.name == name)
        return (ast.get_docstring(loss) or self.reference).splitlines()[0]

    @property
    def decodes(self) -> bool:
        """Whether its scores are decoded, to probabilities and costs."""
        return vars(self)["decode"] is not None

    def using(self, **options: Any) -> Surrogate:
        """Return the row with options of its loss set: ``SURROGATES["realizable"].using(q=0.7)``.

        Its flags are those of the default parameters; the docstring of the loss says what changes.
        """
        if not options:
            return self
        for option in options:
            if option in _PASSED_IN or not self.takes(option):
                known = [
                    name
                    for name, parameter in inspect.signature(self.loss).parameters.items()
                    if parameter.kind is parameter.KEYWORD_ONLY and name not in _PASSED_IN
                ]
                raise UnknownName(f"option of {self.name}", option, known)
        merged = {**dict(self.options), **options}
        return replace(
            self,
            loss=partial(self.loss, **options),
            options=tuple(merged.items()),
            least_squares=False,
        )

    @property
    def per_case(self) -> Callable[..., Tensor]:
        """The loss before its mean, ``(...)``, of arguments that were checked, for use in a fit.

        It takes those of the loss; then, by position, a mask and propensities where there are some;
        costs are 0 and propensities 1 where they are missing. It stands beside the loss, in its
        file. A loss of the user's own checks its arguments each time.
        """
        loss: Any = self.loss
        options = {}
        if isinstance(loss, partial):
            loss, options = loss.func, loss.keywords
        if loss.__module__.startswith("cede.losses."):
            return partial(import_module(loss.__module__).per_case, **options)
        return partial(_each, self.loss, 2 if self.kind == "two_stage" else 3)

    def takes(self, option: str) -> bool:
        """Tell whether the loss has a keyword of that name: "mask", "max_cost"."""
        if option in _OF_CASES and self.keywords is not None:
            return option in self.keywords
        return option in inspect.signature(self.loss).parameters

    def agent_scores(self, scores: Tensor, n_experts: int, max_cost: float = 1.0) -> Tensor:
        """Compare the agents, ``(..., J + 1)``, model first: the highest should answer.

        Decoded scores give one minus each agent's estimated cost; others only their rank.
        """
        if self.rank is not None:
            return self.rank(scores, n_experts)
        assert self.decode is not None
        return self.decode(scores, n_experts, max_cost).agent_scores
