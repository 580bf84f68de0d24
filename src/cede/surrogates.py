"""The table of surrogates: what each loss is, how to read its scores, and what is proven of it.

Adding a method is one function (in :mod:`cede.losses`), one row here, and one example. Estimators
take a name or a row; the common tests, the table in the README and the choices of the command line
are generated from :data:`SURROGATES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from cede import losses
from cede.exceptions import InvalidInput, UnknownName
from cede.losses import Estimates

__all__ = ["SURROGATES", "Surrogate", "find_surrogate"]


@dataclass(frozen=True)
class Surrogate:
    """One row: a loss, and how to decode its scores into estimates."""

    #: Its name in the table, on the command line and in saved routers.
    name: str
    #: ``loss(scores, y, costs, *, max_cost, mask, sample_weight, reduction)``.
    loss: Callable[..., Tensor]
    #: What it learns from: "single_stage" learns classes and experts together.
    kind: Literal["single_stage"]
    #: ``decode(scores, n_experts, max_cost)``: class posterior and experts' expected costs.
    decode: Callable[[Tensor, int, float], Estimates]
    #: Does the minimiser over all functions route like the Bayes rule?
    consistent: bool
    #: Does it find a perfect router of a class (linear, say) whenever there is one?
    realizable: bool
    #: Do the decoded estimates lie in [0, 1] for all scores (trained without fees)?
    bounded: bool
    #: Paper and equation.
    reference: str


SURROGATES: dict[str, Surrogate] = {
    row.name: row
    for row in (
        Surrogate(
            name="cost_sensitive_softmax",
            loss=losses.cost_sensitive_softmax,
            kind="single_stage",
            decode=losses.decode_cost_sensitive_softmax,
            consistent=True,
            realizable=False,
            bounded=False,
            reference="Mozannar and Sontag 2020, eq. 5; Verma et al. 2023, eq. 6",
        ),
        Surrogate(
            name="one_vs_all",
            loss=losses.one_vs_all,
            kind="single_stage",
            decode=losses.decode_one_vs_all,
            consistent=True,
            realizable=False,
            bounded=True,
            reference="Verma and Nalisnick 2022, eq. 8; Verma et al. 2023, eq. 8",
        ),
        Surrogate(
            name="softmax_one_vs_all",
            loss=losses.softmax_one_vs_all,
            kind="single_stage",
            decode=losses.decode_softmax_one_vs_all,
            consistent=True,
            realizable=False,
            bounded=True,
            reference="Narasimhan et al. 2022, eq. 12 with rule 11",
        ),
    )
}


def find_surrogate(surrogate: str | Surrogate, kind: str = "single_stage") -> Surrogate:
    """Return the row of that name and kind, or the row itself."""
    if isinstance(surrogate, str):
        if surrogate not in SURROGATES:
            raise UnknownName("surrogate", surrogate, SURROGATES)
        surrogate = SURROGATES[surrogate]
    if not isinstance(surrogate, Surrogate) or surrogate.kind != kind:
        raise InvalidInput(f"A {kind} surrogate is wanted, by name or as a row, not {surrogate!r}.")
    return surrogate
