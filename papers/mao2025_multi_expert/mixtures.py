"""Problems with a perfect linear router, and linear scores fitted to many draws of one at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from cede.datasets import make_realizable_mixture
from cede.losses import SURROGATES
from cede.training import converge, fit_linear_many, linear


@dataclass(frozen=True)
class Problem:
    """A mixture of Gaussians whose hidden linear scores name who is responsible for a case."""

    name: str
    stage: str  # "single": K classes and J experts; "two": A fixed agents
    actions: int  # K + J, or A
    experts: int  # J, or A - 1
    wrong: float = 0.5  # chance that an expert or agent who is not responsible is wrong

    @property
    def classes(self) -> int:
        """K; in two stages, of the mixture that names the agents."""
        return 2 if self.stage == "two" else self.actions - self.experts


@dataclass(frozen=True)
class Method:
    """A loss with its options, and where theory promises that it finds a perfect router."""

    name: str
    surrogate: str
    options: dict[str, Any] = field(default_factory=dict)
    perfect: str = "always"  # a key of EXPECTED

    def width(self, problem: Problem) -> int:
        """Columns of scores."""
        alone = SURROGATES[self.surrogate].kind == "post_hoc"
        return problem.experts if alone else problem.actions

    def loss(
        self, problem: Problem, cases: Cases
    ) -> Callable[[Tensor], Callable[[Tensor], Tensor]]:
        """For draws ``rows (b,)``, a function from scores ``(b, n, S)`` to mean losses ``(b,)``."""
        row = SURROGATES[self.surrogate]
        given: dict[str, tuple[Tensor, ...]] = {
            "single_stage": (cases.y, cases.costs),
            "two_stage": (cases.costs,),
            "post_hoc": (cases.costs[..., 0], cases.costs[..., 1:]),
        }
        options = {k: 1.0 / problem.experts if v == "1/J" else v for k, v in self.options.items()}

        def of_rows(rows: Tensor) -> Callable[[Tensor], Tensor]:
            arguments = [part[rows] for part in given[row.kind]]
            return lambda s: row.loss(s, *arguments, reduction="none", **options).mean(-1)

        return of_rows


class Cases(NamedTuple):
    """Draws of one problem: as many rows."""

    X: Tensor  # (draws, n, d)
    y: Tensor  # (draws, n)
    costs: Tensor  # (draws, n, J), or of all agents (draws, n, A) in two stages

    def part(self, begin: int | None, end: int | None = None) -> Cases:
        """Cases begin to end of every draw."""
        return Cases(*(tensor[:, begin:end] for tensor in self))

    def to(self, device: str) -> Cases:
        """Return them on a device."""
        return Cases(*(tensor.to(device) for tensor in self))


@dataclass(frozen=True)
class Fitting:
    """When a fit is done; the penalty only gives losses that have no minimum one."""

    weight_decay: float = 1e-6
    tol: float = 1e-6
    max_iter: int = 2000


# What theory says of a loss: "perfect" (its minimum over linear scores is a perfect router),
# "below" (it need not be, and here another router has the lower loss), or "open".
EXPECTED: dict[str, Callable[[Problem], str]] = {
    "always": lambda problem: "perfect",
    "never": lambda problem: "below",
    "one expert": lambda problem: "perfect" if problem.experts == 1 else "below",
    "one expert, or open": lambda problem: "perfect" if problem.experts == 1 else "open",
    "one right agent": lambda problem: "perfect" if problem.wrong == 1.0 else "below",
}
METHODS = {
    "single": (
        Method("cost_sensitive_softmax", "cost_sensitive_softmax", perfect="never"),
        Method("one_vs_all", "one_vs_all", perfect="never"),
        Method("asymmetric_softmax", "asymmetric_softmax", perfect="never"),
        Method("softmax_one_vs_all", "softmax_one_vs_all", {"weight": "1/J"}, "never"),
        Method("best_expert_softmax", "best_expert_softmax", perfect="never"),
        Method("alpha_weighted_softmax", "alpha_weighted_softmax", {"alpha": 0.5}, "never"),
        Method("mixture_of_experts", "mixture_of_experts", perfect="never"),
        Method(
            "realizable (signed, q = 0.7)",
            "realizable",
            {"q": 0.7, "form": "signed"},
            "one expert, or open",
        ),
        Method("realizable (q = 0)", "realizable", {"q": 0.0}),
        Method("realizable (q = 0.7)", "realizable", {"q": 0.7}),
        Method("expected_cost", "expected_cost"),
    ),
    "two": (
        Method("weighted", "weighted", perfect="one right agent"),
        Method("aggregated (u = 1)", "aggregated", {"u": 1.0}, "one expert"),
        Method("constrained", "constrained", perfect="one expert"),
        Method("rejector", "rejector"),
        Method("aggregated (u = 2)", "aggregated", {"u": 2.0}),
        Method("complement (q = 0)", "complement", {"q": 0.0}),
        Method("complement (q = 0.5)", "complement", {"q": 0.5}),
        Method("complement (q = 1)", "complement", {"q": 1.0}),
    ),
}
#: What the others are compared with, and where they may start.
REFERENCE = {"single": "realizable (q = 0)", "two": "complement (q = 0)"}


def method_named(problem: Problem, name: str) -> Method:
    """Return a row of METHODS for a problem's stage."""
    return next(method for method in METHODS[problem.stage] if method.name == name)


def draw(problem: Problem, n: int, seeds: Sequence[int]) -> Cases:
    """One draw of ``n`` cases per seed. Another seed is another problem, so split these."""
    drawn = []
    for seed in seeds:
        classes = problem.classes
        data = make_realizable_mixture(
            n,
            classes,
            problem.actions - classes,
            other_accuracy=1.0 - problem.wrong,
            random_state=seed,
        )
        costs = (data.experts != data.y[:, None]).astype(float)
        if problem.stage == "two":  # who is named is right, the other agents are by chance
            chances = np.random.default_rng([seed, 1]).random((n, problem.actions))
            named = data.extras["responsible"][:, None] == np.arange(problem.actions)
            costs = np.where(named, 0.0, chances < problem.wrong)
        drawn.append((data.X, data.y, costs))
    return Cases(*(torch.tensor(np.stack(part)) for part in zip(*drawn, strict=True)))


def fit(
    problem: Problem, method: Method, cases: Cases, fitting: Fitting, start: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Fit all draws at once: weights and bias of standardised features, ``(draws, d + 1, S)``.

    Also returned: whether each fit converged, ``(draws,)``.
    """
    fits = fit_linear_many(
        standardised(cases, cases),
        method.width(problem),
        method.loss(problem, cases),
        weight_decay=fitting.weight_decay,
        tol=fitting.tol,
        max_iter=fitting.max_iter,
        start=start,
    )
    return torch.cat([fits.weights, fits.bias[:, None]], 1), fits.converged


def fit_alone(
    problem: Problem,
    method: Method,
    cases: Cases,
    place: int,
    fitting: Fitting,
    start: Tensor | None = None,
) -> tuple[Tensor, bool]:
    """Fit one draw by itself, weights and bias ``(d + 1, S)``; what :func:`fit` does at once."""
    own = Cases(*(tensor[place : place + 1] for tensor in cases))
    X, loss = standardised(own, own), method.loss(problem, own)(torch.arange(1))
    head = linear(X.shape[-1], method.width(problem)).double()
    if start is not None:
        head.weight = nn.Parameter(start[:-1].T.clone(memory_format=torch.contiguous_format))
        head.bias = nn.Parameter(start[-1].clone())
    converged, _ = converge(
        head,
        lambda: loss(head(X)).sum(),
        weight_decay=fitting.weight_decay,
        tol=fitting.tol,
        max_iter=fitting.max_iter,
    )
    return torch.cat([head.weight.T, head.bias[None]]).detach(), converged


def standardised(cases: Cases, like: Cases) -> Tensor:
    """Features by the means and deviations of the cases that a fit has seen."""
    deviation = like.X.std(1, correction=0, keepdim=True)
    return (cases.X - like.X.mean(1, keepdim=True)) / deviation


def accuracy(
    problem: Problem, method: Method, heads: Tensor, cases: Cases, fitted_on: Cases
) -> list[float]:
    """System accuracy of each draw, in percent: how often whoever is asked is right."""
    scores = standardised(cases, fitted_on) @ heads[:, :-1] + heads[:, -1:]
    row = SURROGATES[method.surrogate]
    routes = row.agent_scores(scores, problem.experts).argmax(-1, keepdim=True)
    costs = cases.costs
    if problem.stage == "single":
        model = scores[..., : problem.classes].argmax(-1, keepdim=True)
        costs = torch.cat([(model != cases.y.unsqueeze(-1)).to(costs), costs], -1)
    wrong = costs.gather(-1, routes).squeeze(-1).mean(-1)
    return [round(100.0 * (1.0 - share), 3) for share in wrong.tolist()]
