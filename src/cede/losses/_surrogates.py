"""The table of surrogates: what each loss is, how to read its scores, and what is proven of it.

Adding a method is one function (in :mod:`cede.losses`), one row here, and one example. Estimators
take a name or a row; the common tests, the table in the README and the choices of the command line
are generated from :data:`SURROGATES`. What a row says holds for its loss at default parameters.
"""

from __future__ import annotations

from collections.abc import Callable

from cede.exceptions import InvalidInput, UnknownName
from cede.losses._surrogate import Kind, Surrogate

__all__ = ["SURROGATES", "find_surrogate", "names_of"]


def _as_mean_saving(mean_cost: float, n_agents: int) -> float:
    return 1.0 - mean_cost


def _as_all_others_cost(mean_cost: float, n_agents: int) -> float:
    return (n_agents - 1) * mean_cost


_ROWS = (
    Surrogate(
        name="cost_sensitive_softmax",
        loss="_cost_sensitive_softmax.cost_sensitive_softmax",
        kind="single_stage",
        decode="_cost_sensitive_softmax.decode_cost_sensitive_softmax",
        consistent=True,
        realizable=False,
        bounded=False,
        keywords=("mask", "max_cost"),
        reference="Mozannar and Sontag 2020, eq. 5; Verma et al. 2023, eq. 6",
    ),
    Surrogate(
        name="alpha_weighted_softmax",
        loss="_alpha_weighted_softmax.alpha_weighted_softmax",
        kind="single_stage",
        rank="_ranks.rank_by_softmax",
        consistent=False,
        realizable=False,
        unit_costs=True,
        keywords=(),
        reference="Mozannar and Sontag 2020, L_CE^alpha",
    ),
    Surrogate(
        name="best_expert_softmax",
        loss="_best_expert_softmax.best_expert_softmax",
        kind="single_stage",
        rank="_ranks.rank_by_softmax",
        consistent=False,
        realizable=False,
        unit_costs=True,
        keywords=(),
        reference="PiCCE, arXiv 2602.17144",
    ),
    Surrogate(
        name="one_vs_all",
        loss="_one_vs_all.one_vs_all",
        kind="single_stage",
        decode="_one_vs_all.decode_one_vs_all",
        separable=True,
        consistent=True,
        realizable=False,
        bounded=True,
        unit_costs=True,
        keywords=("mask", "max_cost"),
        reference="Verma and Nalisnick 2022, eq. 8; Verma et al. 2023, eq. 8",
    ),
    Surrogate(
        name="asymmetric_softmax",
        loss="_asymmetric_softmax.asymmetric_softmax",
        kind="single_stage",
        decode="_asymmetric_softmax.decode_asymmetric_softmax",
        separable=True,
        consistent=True,
        realizable=False,
        bounded=True,
        unit_costs=True,
        keywords=("mask", "max_cost"),
        slow=True,  # papers/league/README.md, "What a fit costs"
        reference="Cao et al. 2023, def. 2",
    ),
    Surrogate(
        name="softmax_one_vs_all",
        loss="_softmax_one_vs_all.softmax_one_vs_all",
        kind="single_stage",
        decode="_softmax_one_vs_all.decode_softmax_one_vs_all",
        separable=True,
        consistent=True,
        realizable=False,
        bounded=True,
        unit_costs=True,
        keywords=("mask", "max_cost"),
        reference="Narasimhan et al. 2022, eq. 12 with rule 11",
    ),
    Surrogate(
        name="realizable",
        loss="_realizable.realizable",
        kind="single_stage",
        rank="_ranks.rank_by_softmax",
        consistent=False,
        realizable=True,
        unit_costs=True,
        keywords=(),
        reference="Mozannar et al. 2023; Mao, Mohri and Zhong 2025, eq. 4",
    ),
    Surrogate(
        name="expected_cost",
        loss="_expected_cost.expected_cost",
        kind="single_stage",
        rank="_ranks.rank_by_softmax",
        consistent=True,
        realizable=True,
        start="realizable",
        keywords=(),
        reference="Mao, Mohri and Zhong 2025, L_mae",
    ),
    Surrogate(
        name="mixture_of_experts",
        loss="_mixture_of_experts.mixture_of_experts",
        kind="single_stage",
        rank="_ranks.rank_by_gate",
        consistent=False,
        realizable=False,
        keywords=(),
        reference="Madras et al. 2018",
    ),
    Surrogate(
        name="rejector",
        loss="_rejector.rejector",
        kind="post_hoc",
        rank="_ranks.rank_by_rejector",
        consistent=True,
        realizable=False,  # with several experts; beside one it is
        keywords=("mask",),
        reference="Narasimhan et al. 2022, eq. 14; Mao, Mohri and Zhong 2025",
    ),
    Surrogate(
        name="complement",
        loss="_complement.complement",
        kind="two_stage",
        rank="_ranks.rank_by_agent_scores",
        consistent=True,
        realizable=True,
        keywords=(),
        reference="ours, after Mao, Mohri and Zhong 2025",
    ),
    Surrogate(
        name="aggregated",
        loss="_aggregated.aggregated",
        kind="two_stage",
        rank="_ranks.rank_by_agent_scores",
        consistent=True,
        realizable=False,
        curvature=_as_all_others_cost,
        keywords=(),
        reference="Montreuil et al. 2025, thm. 4.4; Mao, Mohri and Zhong 2024",
    ),
    Surrogate(
        name="weighted",
        loss="_weighted.weighted",
        kind="two_stage",
        rank="_ranks.rank_by_agent_scores",
        consistent=True,
        realizable=False,
        unit_costs=True,
        curvature=_as_mean_saving,
        keywords=(),
        reference="Mao et al. 2023",
    ),
    Surrogate(
        name="constrained",
        loss="_constrained.constrained",
        kind="two_stage",
        rank="_ranks.rank_by_agent_scores",
        consistent=True,
        realizable=False,
        keywords=(),
        reference="Lee, Lin and Wahba 2004; after Mao, Mohri and Zhong 2025",
    ),
    Surrogate(
        name="cost_regression",
        loss="_cost_regression.cost_regression",
        kind="two_stage",
        rank="_ranks.rank_by_agent_scores",
        estimates_costs=True,
        consistent=True,
        realizable=False,
        least_squares=True,
        keywords=("mask", "propensities"),
        reference="Tu and Lin 2010; one minus the score is the expected cost",
    ),
    Surrogate(
        name="density_ratio",
        loss="_density_ratio.density_ratio",
        kind="density_ratio",
        rank="_ranks.rank_by_density_ratio",
        consistent=True,  # for 0-1 losses, at the threshold log(Z_e / Z_m)
        realizable=False,
        keywords=(),
        reference="Soen et al. 2026, arXiv 2605.19557",
    ),
)

#: Every surrogate by name, in the order of their kinds.
SURROGATES: dict[str, Surrogate] = {row.name: row for row in _ROWS}


def names_of(kind: Kind, which: Callable[[Surrogate], bool] = lambda row: True) -> list[str]:
    """Names of the rows of a kind that have a property, for choices and messages."""
    return [name for name, row in SURROGATES.items() if row.kind == kind and which(row)]


def find_surrogate(surrogate: str | Surrogate, kind: Kind = "single_stage") -> Surrogate:
    """Return the row of that name and kind, or the row itself."""
    if isinstance(surrogate, str):
        if surrogate not in SURROGATES:
            raise UnknownName("surrogate", surrogate, names_of(kind))
        surrogate = SURROGATES[surrogate]
    is_row = isinstance(surrogate, Surrogate)
    if not is_row or surrogate.kind != kind:
        came = f"the {surrogate.kind} {surrogate.name!r}" if is_row else repr(surrogate)
        raise InvalidInput(
            f"A {kind} surrogate is wanted, by name or as a row, not {came}. Known: "
            f"{', '.join(names_of(kind))}."
        )
    return surrogate
