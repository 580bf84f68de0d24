"""Random finite problems, whose expected loss is a sum: what any loss can be held against.

At one x, nature draws the label y and which experts are right; a cost follows from the two, and so
all that a router could learn at x is a table of probabilities. The minimiser of the expected loss
over the scores at x is then a matter of some seconds for a few hundred such x at once. Where the
model is fixed, its answer at x is one class.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

#: Classes and experts.
SHAPES = tuple(product((2, 3, 4, 5), (0, 1, 2, 3)))
FEW_SHAPES = ((2, 1), (4, 1), (3, 2), (3, 3))
LARGEST_FEE = 0.25


@dataclass(frozen=True)
class Problems:
    """n problems of one shape, with O outcomes each."""

    y: Tensor  # (O,)
    wrong: Tensor  # (O, J), 1 where the expert errs
    mask: Tensor  # (O, J), whether the expert answered
    probability: Tensor  # (n, O)
    posterior: Tensor  # (n, K)
    accuracy: Tensor  # (n, J)
    fees: Tensor  # (n, J)

    answer: Tensor  # (n,), the class that a fixed model answers

    def n_scores(self, kind: str) -> int:
        n_experts = self.accuracy.shape[1]
        columns = {"single_stage": self.posterior.shape[1] + n_experts, "two_stage": 1 + n_experts}
        return columns.get(kind, n_experts)

    @property
    def expected_costs(self) -> Tensor:
        return 1.0 - self.accuracy + self.fees

    @property
    def expected_agent_costs(self) -> Tensor:
        """Of the fixed model, then of the experts, (n, J + 1)."""
        right = self.posterior.gather(1, self.answer.unsqueeze(1))
        return torch.cat([1.0 - right, self.expected_costs], -1)

    def best_actions(self, kind: str) -> tuple[Tensor, Tensor]:
        """Best action in each problem, and by how much it beats the next.

        In a single stage that is one of K classes and J experts, else the model or an expert.
        """
        if kind == "single_stage":
            worth = torch.cat([self.posterior, 1.0 - self.expected_costs], -1)
        else:
            worth = 1.0 - self.expected_agent_costs
        best, second = worth.topk(2, -1).values.unbind(-1)
        return worth.argmax(-1), best - second

    def given(self, kind: str) -> tuple[Tensor, ...]:
        """What a loss of that kind is given beside the scores, in each outcome: (n, O, ...)."""
        n = len(self.probability)
        costs = self.wrong + self.fees.unsqueeze(1)
        if kind == "single_stage":
            return self.y.expand(n, -1), costs
        model = (self.y != self.answer.unsqueeze(1)).to(costs)
        if kind == "post_hoc":
            return model, costs
        if kind == "two_stage":
            return (torch.cat([model.unsqueeze(-1), costs], -1),)
        return model.unsqueeze(-1).expand_as(costs), costs  # a density ratio for each expert

    def expected_loss(self, kind: str, loss, scores: Tensor, **options) -> Tensor:
        """Sum over the outcomes of their probability times the loss, (n,)."""
        n, n_outcomes = self.probability.shape
        if not self.mask.all():
            # A fixed model has answered every case.
            known = F.pad(self.mask, (1, 0), value=True) if kind == "two_stage" else self.mask
            options["mask"] = known.expand(n, -1, -1)
        expanded = scores.unsqueeze(1).expand(-1, n_outcomes, -1)
        per_outcome = loss(expanded, *self.given(kind), reduction="none", **options)
        if per_outcome.ndim == 3:
            per_outcome = per_outcome.sum(-1)
        return (self.probability * per_outcome).sum(-1)


def draw(n: int, n_classes: int, n_experts: int, *, fees: bool, seed: int) -> Problems:
    """Draw n problems; experts lean on y and on each other, in every second problem on neither."""
    rng = torch.Generator().manual_seed(seed)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=rng, dtype=torch.float64)

    exponential = -torch.log1p(-uniform(n, n_classes)) + 0.05
    posterior = exponential / exponential.sum(-1, keepdim=True)

    outcomes = torch.tensor(list(product(range(n_classes), *[(0, 1)] * n_experts)))
    y, wrong = outcomes[:, 0], outcomes[:, 1:].to(torch.float64)

    # Two moods, heads or tails at random; an accuracy for each mood, label and expert.
    right = 0.02 + 0.96 * uniform(2, n, n_classes, n_experts)
    right[:, ::2] = right[:1, ::2, :1]
    right = right[:, :, y]  # (2, n, O, J)
    given_y = torch.where(wrong == 0, right, 1.0 - right).prod(-1).mean(0)
    probability = posterior[:, y] * given_y
    guess = torch.randint(n_classes, (n,), generator=rng)
    best_guess = torch.arange(n) % 3 > 0
    return Problems(
        y=y,
        wrong=wrong,
        mask=torch.ones_like(wrong, dtype=torch.bool),
        probability=probability,
        posterior=posterior,
        accuracy=1.0 - probability @ wrong,
        fees=LARGEST_FEE * uniform(n, n_experts) * fees,
        answer=torch.where(best_guess, posterior.argmax(-1), guess),
    )


def known(y: list[int], wrong: list[list[float]], probability: list[float]) -> Problems:
    """One problem, from its outcomes; the class of the largest posterior is the fixed model's."""
    labels, of_experts = torch.tensor(y), torch.tensor(wrong, dtype=torch.float64)
    weight = torch.tensor([probability], dtype=torch.float64)
    one_hot = torch.nn.functional.one_hot(labels).to(weight)
    posterior = weight @ one_hot
    accuracy = 1.0 - weight @ of_experts
    return Problems(
        y=labels,
        wrong=of_experts,
        mask=torch.ones_like(of_experts, dtype=torch.bool),
        probability=weight,
        posterior=posterior,
        accuracy=accuracy,
        fees=torch.zeros_like(accuracy),
        answer=posterior.argmax(-1),
    )


def draw_all(n: int, *, fees: bool, seed: int = 0, shapes=SHAPES) -> list[Problems]:
    """Draw n problems of every shape, by default K in 2..5 classes and J in 0..3 experts."""
    return [draw(n, k, j, fees=fees, seed=seed + i) for i, (k, j) in enumerate(shapes)]


def with_missing_answers(problems: Problems, seed: int = 0) -> Problems:
    """The same problems; now each expert answers at a rate of the problem's own."""
    n, n_experts = problems.accuracy.shape
    rng = torch.Generator().manual_seed(seed)
    rate = 0.2 + 0.7 * torch.rand(n, 1, n_experts, generator=rng, dtype=torch.float64)
    patterns = torch.tensor(list(product((False, True), repeat=n_experts)), dtype=torch.bool)
    answered = torch.where(patterns, rate, 1.0 - rate).prod(-1)  # (n, patterns)
    n_outcomes = len(problems.y)
    return replace(
        problems,
        y=problems.y.repeat_interleave(len(patterns)),
        wrong=problems.wrong.repeat_interleave(len(patterns), 0),
        mask=patterns.repeat(n_outcomes, 1),
        probability=(problems.probability.unsqueeze(-1) * answered.unsqueeze(1)).flatten(1),
    )


def zeros(kind: str, population: list[Problems]) -> list[Tensor]:
    return [
        torch.zeros(len(p.posterior), p.n_scores(kind), dtype=torch.float64, requires_grad=True)
        for p in population
    ]


def minimise(kind: str, loss, population: list[Problems], **options) -> list[Tensor]:
    """Scores at the minimum of the expected loss, for each entry of the population.

    By L-BFGS: for losses that are smooth and have a minimum at finite scores.
    """
    population_scores = zeros(kind, population)
    optimizer = torch.optim.LBFGS(
        population_scores,
        max_iter=2000,
        history_size=50,
        tolerance_grad=1e-9,
        tolerance_change=1e-16,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        total = sum(
            problems.expected_loss(kind, loss, scores, **options).sum()
            for problems, scores in zip(population, population_scores, strict=True)
        )
        total.backward()
        return total

    optimizer.step(closure)
    return [scores.detach() for scores in population_scores]


def descend(
    kind: str,
    loss,
    population: list[Problems],
    n_steps: int = 200,
    step: float = 0.4,
    starts: list[Tensor] | None = None,
    **options,
) -> list[Tensor]:
    """Walk downhill in steps of a given length, which shrink to nothing at the end.

    From zero, unless starts are given.

    For losses whose minimum is at infinity or has kinks: the slope's direction is all that counts,
    and a slope that fades away does not stop the walk.
    """
    found = []
    starts = zeros(kind, population) if starts is None else starts
    for problems, scores in zip(population, starts, strict=True):
        for i in range(n_steps):
            total = problems.expected_loss(kind, loss, scores, **options).sum()
            (slope,) = torch.autograd.grad(total, scores)
            length = slope.norm(dim=-1, keepdim=True).clamp(min=1e-150)
            with torch.no_grad():
                scores -= step * (1.0 - i / n_steps) * slope / length
        found.append(scores.detach())
    return found
