"""The table of surrogates: what each loss is, how to read its scores, and what is proven of it.

Adding a method is one function (in :mod:`cede.losses`), one row here, and one example. Estimators
take a name or a row; the common tests, the table in the README and the choices of the command line
are generated from :data:`SURROGATES`. What a row says holds for its loss at default parameters.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor

from cede.exceptions import InvalidInput, UnknownName
from cede.losses._aggregated import aggregated
from cede.losses._alpha_weighted_softmax import alpha_weighted_softmax
from cede.losses._asymmetric_softmax import asymmetric_softmax, decode_asymmetric_softmax
from cede.losses._best_expert_softmax import best_expert_softmax
from cede.losses._complement import complement
from cede.losses._constrained import constrained
from cede.losses._cost_regression import cost_regression
from cede.losses._cost_sensitive_softmax import (
    cost_sensitive_softmax,
    decode_cost_sensitive_softmax,
)
from cede.losses._density_ratio import density_ratio
from cede.losses._estimates import Estimates
from cede.losses._expected_cost import expected_cost
from cede.losses._mixture_of_experts import mixture_of_experts
from cede.losses._one_vs_all import decode_one_vs_all, one_vs_all
from cede.losses._ranks import (
    rank_by_agent_scores,
    rank_by_density_ratio,
    rank_by_gate,
    rank_by_rejector,
    rank_by_softmax,
)
from cede.losses._realizable import realizable
from cede.losses._rejector import rejector
from cede.losses._softmax_one_vs_all import decode_softmax_one_vs_all, softmax_one_vs_all
from cede.losses._weighted import weighted

__all__ = ["SURROGATES", "Kind", "Surrogate", "find_surrogate"]

#: What a loss learns from; the module docstring of :mod:`cede.losses` has the arguments of each.
Kind: TypeAlias = Literal["single_stage", "post_hoc", "two_stage", "density_ratio"]


#: Keywords of losses that come with the cases.
_PASSED_IN = ("max_cost", "mask", "propensities", "sample_weight", "reduction")


@dataclass(frozen=True)
class Surrogate:
    """One row: a loss, and how to read its scores. Either they are decoded, or they only rank."""

    #: Its name in the table, on the command line and in saved routers.
    name: str
    #: A function of :mod:`cede.losses`, or one with the same arguments.
    loss: Callable[..., Tensor]
    #: "single_stage" learns classes and experts together, "post_hoc" who beats a fixed model,
    #: "two_stage" who is the cheapest of fixed agents, "density_ratio" where the model is.
    kind: Kind
    #: Does the minimiser over all functions route like the Bayes rule?
    consistent: bool
    #: Does it find a perfect router of a class (linear, say) whenever there is one?
    realizable: bool
    #: Paper and equation.
    reference: str
    #: ``decode(scores, n_experts, max_cost)``: class posterior and experts' expected costs.
    decode: Callable[[Tensor, int, float], Estimates] | None = None
    #: Do the decoded estimates lie in [0, 1] for all scores (trained without fees)?
    bounded: bool | None = None
    #: ``rank(scores, n_experts)``: one number per agent, model first, where nothing is estimated.
    rank: Callable[[Tensor, int], Tensor] | None = None
    #: Single-stage: is each expert's score learned apart, given those of the classes?
    separable: bool = False
    #: Two-stage scores: is each one minus the agent's expected cost, and not a rank only?
    estimates_costs: bool = False
    #: Name of the row to fit first, and start from, where this loss is flat at a wrong start.
    start: str | None = None
    #: What :meth:`using` has set.
    options: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        """Refuse a row that cannot be read, or can in two ways."""
        if (self.decode is None) == (self.rank is None):
            raise InvalidInput(
                f"A surrogate's scores are decoded or they rank: give {self.name!r} one of decode "
                f"and rank."
            )
        if (self.decode is None) != (self.bounded is None):
            raise InvalidInput(
                f"bounded says whether decoded estimates lie in [0, 1]; with decode={self.decode} "
                f"it cannot be {self.bounded} for {self.name!r}."
            )

    def using(self, **options: Any) -> Surrogate:
        """Return the row with options of its loss set: ``SURROGATES["realizable"].using(q=0.7)``.

        Its flags are those of the default parameters; the docstring of the loss says what changes.
        """
        for option in options:
            if option in _PASSED_IN or not self.takes(option):
                known = [
                    name
                    for name, parameter in inspect.signature(self.loss).parameters.items()
                    if parameter.kind is parameter.KEYWORD_ONLY and name not in _PASSED_IN
                ]
                raise UnknownName(f"option of {self.name}", option, known)
        merged = {**dict(self.options), **options}
        return replace(self, loss=partial(self.loss, **options), options=tuple(merged.items()))

    def takes(self, option: str) -> bool:
        """Tell whether the loss has a keyword of that name: "mask", "max_cost"."""
        return option in inspect.signature(self.loss).parameters

    def agent_scores(self, scores: Tensor, n_experts: int, max_cost: float = 1.0) -> Tensor:
        """Compare the agents, ``(..., J + 1)``, model first: the highest should answer.

        Decoded scores give one minus each agent's estimated cost; others only their rank.
        """
        if self.rank is not None:
            return self.rank(scores, n_experts)
        assert self.decode is not None
        estimates = self.decode(scores, n_experts, max_cost)
        model = estimates.class_posterior.amax(-1, keepdim=True)
        return torch.cat([model, 1.0 - estimates.expert_costs], -1)


_ROWS = (
    Surrogate(
        name="cost_sensitive_softmax",
        loss=cost_sensitive_softmax,
        kind="single_stage",
        decode=decode_cost_sensitive_softmax,
        consistent=True,
        realizable=False,
        bounded=False,
        reference="Mozannar and Sontag 2020, eq. 5; Verma et al. 2023, eq. 6",
    ),
    Surrogate(
        name="alpha_weighted_softmax",
        loss=alpha_weighted_softmax,
        kind="single_stage",
        rank=rank_by_softmax,
        consistent=False,
        realizable=False,
        reference="Mozannar and Sontag 2020, L_CE^alpha",
    ),
    Surrogate(
        name="best_expert_softmax",
        loss=best_expert_softmax,
        kind="single_stage",
        rank=rank_by_softmax,
        consistent=False,
        realizable=False,
        reference="PiCCE, arXiv 2602.17144",
    ),
    Surrogate(
        name="one_vs_all",
        loss=one_vs_all,
        kind="single_stage",
        decode=decode_one_vs_all,
        separable=True,
        consistent=True,
        realizable=False,
        bounded=True,
        reference="Verma and Nalisnick 2022, eq. 8; Verma et al. 2023, eq. 8",
    ),
    Surrogate(
        name="asymmetric_softmax",
        loss=asymmetric_softmax,
        kind="single_stage",
        decode=decode_asymmetric_softmax,
        separable=True,
        consistent=True,
        realizable=False,
        bounded=True,
        reference="Cao et al. 2023, def. 2",
    ),
    Surrogate(
        name="softmax_one_vs_all",
        loss=softmax_one_vs_all,
        kind="single_stage",
        decode=decode_softmax_one_vs_all,
        separable=True,
        consistent=True,
        realizable=False,
        bounded=True,
        reference="Narasimhan et al. 2022, eq. 12 with rule 11",
    ),
    Surrogate(
        name="realizable",
        loss=realizable,
        kind="single_stage",
        rank=rank_by_softmax,
        consistent=False,
        realizable=True,
        reference="Mozannar et al. 2023; Mao, Mohri and Zhong 2025, eq. 4",
    ),
    Surrogate(
        name="expected_cost",
        loss=expected_cost,
        kind="single_stage",
        rank=rank_by_softmax,
        consistent=True,
        realizable=True,
        start="realizable",
        reference="Mao, Mohri and Zhong 2025, L_mae",
    ),
    Surrogate(
        name="mixture_of_experts",
        loss=mixture_of_experts,
        kind="single_stage",
        rank=rank_by_gate,
        consistent=False,
        realizable=False,
        reference="Madras et al. 2018",
    ),
    Surrogate(
        name="rejector",
        loss=rejector,
        kind="post_hoc",
        rank=rank_by_rejector,
        consistent=True,
        realizable=False,  # with several experts; beside one it is
        reference="Narasimhan et al. 2022, eq. 14; Mao, Mohri and Zhong 2025",
    ),
    Surrogate(
        name="complement",
        loss=complement,
        kind="two_stage",
        rank=rank_by_agent_scores,
        consistent=True,
        realizable=True,
        reference="ours, after Mao, Mohri and Zhong 2025",
    ),
    Surrogate(
        name="aggregated",
        loss=aggregated,
        kind="two_stage",
        rank=rank_by_agent_scores,
        consistent=True,
        realizable=False,
        reference="Montreuil et al. 2025, thm. 4.4; Mao, Mohri and Zhong 2024",
    ),
    Surrogate(
        name="weighted",
        loss=weighted,
        kind="two_stage",
        rank=rank_by_agent_scores,
        consistent=True,
        realizable=False,
        reference="Mao et al. 2023",
    ),
    Surrogate(
        name="constrained",
        loss=constrained,
        kind="two_stage",
        rank=rank_by_agent_scores,
        consistent=True,
        realizable=False,
        reference="Lee, Lin and Wahba 2004; after Mao, Mohri and Zhong 2025",
    ),
    Surrogate(
        name="cost_regression",
        loss=cost_regression,
        kind="two_stage",
        rank=rank_by_agent_scores,
        estimates_costs=True,
        consistent=True,
        realizable=False,
        reference="Tu and Lin 2010; one minus the score is the expected cost",
    ),
    Surrogate(
        name="density_ratio",
        loss=density_ratio,
        kind="density_ratio",
        rank=rank_by_density_ratio,
        consistent=True,  # for 0-1 losses, at the threshold log(Z_e / Z_m)
        realizable=False,
        reference="Soen et al. 2026, arXiv 2605.19557",
    ),
)

#: Every surrogate by name, in the order of their kinds.
SURROGATES: dict[str, Surrogate] = {row.name: row for row in _ROWS}


def find_surrogate(surrogate: str | Surrogate, kind: Kind = "single_stage") -> Surrogate:
    """Return the row of that name and kind, or the row itself."""
    if isinstance(surrogate, str):
        if surrogate not in SURROGATES:
            of_kind = [name for name, row in SURROGATES.items() if row.kind == kind]
            raise UnknownName("surrogate", surrogate, of_kind)
        surrogate = SURROGATES[surrogate]
    is_row = isinstance(surrogate, Surrogate)
    if not is_row or surrogate.kind != kind:
        came = f"the {surrogate.kind} {surrogate.name!r}" if is_row else repr(surrogate)
        known = ", ".join(name for name, row in SURROGATES.items() if row.kind == kind)
        raise InvalidInput(
            f"A {kind} surrogate is wanted, by name or as a row, not {came}. Known: {known}."
        )
    return surrogate
