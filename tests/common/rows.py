"""Every row of SURROGATES with the options worth a test, and cases drawn for each kind of loss.

A row that stands in no table here is tested with its defaults, on costs in [0, 1] if it is
single-stage without ``max_cost``, and on costs with fees otherwise.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

from cede.losses import SURROGATES, Surrogate

#: A number that every dtype holds exactly.
FEE = 0.25
MARGINS = ("logistic", "exponential", "squared_hinge", "hinge")
POWERS = [{"q": q} for q in (0.0, 0.5, 1.0)]

#: Options worth a test of their own; a row that takes ``max_cost`` is tested at several beside.
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "softmax_one_vs_all": [{}, {"weight": 0.5}],
    "alpha_weighted_softmax": [{"alpha": alpha} for alpha in (0.0, 0.5, 1.0)],
    "realizable": [
        {},
        {"q": 0.7},
        {"q": 1.0},
        {"form": "signed", "q": 0.7},
        {"form": "signed", "q": 1.0},
    ],
    "rejector": [{"margin": margin} for margin in MARGINS],
    "complement": POWERS,
    "weighted": POWERS,
    "aggregated": [{"u": u} for u in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)],
    "constrained": [{"margin": margin} for margin in MARGINS],
    "density_ratio": [
        {"proper": proper, "temperature": temperature, "log_normalizers": log_normalizers}
        for proper, temperature, log_normalizers in product(
            ("log", "square", "exponential"), (0.25, 1.0), (None, (-0.4, -0.2))
        )
    ],
}
#: Fees where they are not what the rule in the docstring says.
FEES = {"expected_cost": FEE, "mixture_of_experts": FEE, "weighted": 0.0}
#: Fewest classes of a loss that cannot do with one.
FEWEST_CLASSES = {"asymmetric_softmax": 2}

#: The tensors of each kind, and what the last axis of each holds: classes, experts or agents.
AXES = {
    "single_stage": {"scores": "classes and experts", "y": "", "costs": "experts"},
    "post_hoc": {"scores": "experts", "model_costs": "", "costs": "experts"},
    "two_stage": {"agent_scores": "agents", "agent_costs": "agents"},
    "density_ratio": {"scores": "", "model_losses": "", "expert_losses": ""},
}
#: Numbers of experts worth a test; None is one expert in tensors without an axis for it.
SIZES: dict[str, list[int | None]] = {
    "single_stage": [0, 1, 3],
    "post_hoc": [None, 0, 1, 3],
    "two_stage": [0, 1, 3],
    "density_ratio": [None],
}


@dataclass(frozen=True, eq=False)
class Variant:
    """A row with options."""

    row: Surrogate
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        spelled = (f"{k}={v}" if k != "margin" else v for k, v in self.options.items())
        return "-".join([self.row.name, *spelled])

    @property
    def kind(self) -> str:
        return self.row.kind

    @property
    def fee(self) -> float:
        """The largest fee that its costs may hold."""
        max_cost = self.options.get("max_cost")
        if max_cost is None:
            return FEES.get(self.row.name, 0.0 if self.kind == "single_stage" else FEE)
        return FEE if max_cost == "sample" else max_cost - 1.0

    @property
    def couples_cases(self) -> bool:
        """Does the loss of one case depend on the others, through normalisers of the batch?"""
        return self.row.takes("log_normalizers") and self.options.get("log_normalizers") is None


def takes_sample(row: Surrogate) -> bool:
    return row.takes("max_cost") and (
        inspect.signature(row.loss).parameters["max_cost"].default == "sample"
    )


def variants(row: Surrogate) -> list[Variant]:
    """Every option; and the defaults without fees, with fees, with a bound chosen case by case."""
    bounds = []
    if row.takes("max_cost"):
        bounds = [1.0, 1.0 + FEE, *(["sample"] if takes_sample(row) else [])]
    usual = [{"log_normalizers": (-0.4, -0.2)}] if row.kind == "density_ratio" else [{}]
    return [
        Variant(row, {**options, **bound})
        for options in OPTIONS.get(row.name, usual)
        for bound in ([{"max_cost": bound} for bound in bounds] or [{}])
        if not (options and bound.get("max_cost", 1.0) != 1.0)
    ]


ROWS = list(SURROGATES.values())
VARIANTS = [variant for row in ROWS for variant in variants(row)]
MASKED = [v for v in VARIANTS if v.row.takes("mask")]
INDEPENDENT = [v for v in VARIANTS if not v.couples_cases]
#: With experts, or agents, in columns that can be taken out and exchanged.
COLUMNS = [v for v in VARIANTS if v.kind != "density_ratio"]


def parametrize(names: str, values: list[Any]) -> pytest.MarkDecorator:
    """Parametrize with ids that can be read; ``missing`` reads as such."""

    def spell(value: Any) -> str:
        if isinstance(value, bool):
            return "some missing" if value else "all answered"
        return getattr(value, "name", None) or str(value)

    single = "," not in names
    ids = [spell(v) if single else "-".join(map(spell, v)) for v in values]
    return pytest.mark.parametrize(names, values, ids=ids)


def rows(*, kind: str | None = None, **properties: bool) -> list[Surrogate]:
    """Rows of a kind, with properties such as ``consistent=True``."""
    return [
        row
        for row in ROWS
        if kind in (None, row.kind) and all(getattr(row, p) == v for p, v in properties.items())
    ]


every_row = parametrize("row", ROWS)
every_variant = parametrize("variant", VARIANTS)
every_independent_variant = parametrize("variant", INDEPENDENT)
every_masked_variant = parametrize("variant", MASKED)
#: With all answers, and with some missing where the loss takes a mask.
every_variant_and_mask = parametrize(
    "variant, missing", [(v, m) for v in VARIANTS for m in (False, True)[: 1 + v.row.takes("mask")]]
)


@dataclass(frozen=True)
class Cases:
    """What a loss is given; every tensor has the same leading axes."""

    variant: Variant
    scores: Tensor
    given: tuple[Tensor, ...]
    mask: Tensor | None = None

    @property
    def tensors(self) -> list[Tensor]:
        """Scores first, the mask last if there is one."""
        return [self.scores, *self.given, *([] if self.mask is None else [self.mask])]

    @property
    def axes(self) -> list[str]:
        return [*AXES[self.variant.kind].values(), *([] if self.mask is None else ["experts"])]

    def of(self, tensors: Any) -> Cases:
        """The same variant on other tensors."""
        scores, *given = tensors
        mask = given.pop() if self.mask is not None else None
        return replace(self, scores=scores, given=tuple(given), mask=mask)

    def map(self, function: Any) -> Cases:
        return self.of([function(tensor) for tensor in self.tensors])

    def at(self, cases: Any) -> Cases:
        return self.map(lambda tensor: tensor[cases])

    @property
    def n_classes(self) -> int:
        return self.scores.shape[-1] - self.given[-1].shape[-1]

    def columns(self, axis: str, kept: Tensor) -> Tensor:
        """Where in an axis the kept experts (or agents, in two stages) are."""
        if axis == "classes and experts":
            return torch.cat([torch.arange(self.n_classes), self.n_classes + kept])
        return kept

    def take(self, kept: Tensor) -> Cases:
        """Cases with these experts (or agents, in two stages) only, in this order."""
        pairs = zip(self.tensors, self.axes, strict=True)
        return self.of([t[..., self.columns(a, kept)] if a else t for t, a in pairs])

    def of_scores(self, kept: Tensor) -> Tensor:
        """Columns of the scores, and of their gradient, that ``take`` keeps."""
        return self.columns(self.axes[0], kept)

    def with_given(self, convert: Any) -> Cases:
        """Convert the costs and losses, and leave scores, labels and the mask."""
        given = [convert(t) if t.is_floating_point() else t for t in self.given]
        return replace(self, given=tuple(given))

    def to(self, dtype: torch.dtype) -> Cases:
        return replace(self.with_given(lambda t: t.to(dtype)), scores=self.scores.to(dtype))

    def loss(self, reduction: str = "none", **options: Any) -> Tensor:
        if self.mask is not None:
            options["mask"] = self.mask
        options = {**self.variant.options, "reduction": reduction, **options}
        return self.variant.row.loss(self.scores, *self.given, **options)

    def gradient(self, reduction: str = "sum", **options: Any) -> Tensor:
        scores = self.scores.detach().clone().requires_grad_()
        loss = replace(self, scores=scores).loss(reduction, **options)
        return torch.autograd.grad(loss, scores)[0]


def some_cases(
    variant: Variant,
    shape: tuple[int, ...] = (6,),
    *,
    n_classes: int = 3,
    n_experts: int | None = 2,
    missing: bool = False,
    scale: float = 2.0,
    seed: int = 0,
) -> Cases:
    """Draw cases in float64; costs are errors plus a fee, or soft, up to the largest allowed."""
    rng = torch.Generator().manual_seed(seed)
    kind = variant.kind
    columns = () if n_experts is None or kind == "density_ratio" else (n_experts,)
    if kind == "two_stage":
        columns = (1 + (n_experts or 0),)

    def costs(*shape: int) -> Tensor:
        wrong = torch.randint(2, shape, generator=rng).to(torch.float64)
        soft = torch.rand(*shape, generator=rng, dtype=torch.float64)
        return torch.where(torch.rand(*shape, generator=rng) < 0.6, wrong, soft)

    n_scores = (n_classes + columns[0],) if kind == "single_stage" else columns
    scores = scale * torch.randn(*shape, *n_scores, generator=rng, dtype=torch.float64)
    given = [costs(*shape, *columns) + variant.fee]
    if kind == "single_stage":
        given.insert(0, torch.randint(n_classes, shape, generator=rng))
    elif kind in ("post_hoc", "density_ratio"):
        given.insert(0, costs(*shape))
    mask = torch.rand(*shape, *columns, generator=rng) < 0.6 if missing else None
    return Cases(variant, scores, tuple(given), mask)
