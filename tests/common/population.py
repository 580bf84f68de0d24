"""Random finite problems, whose expected loss is a sum: what any loss can be held against.

At one x, nature draws the label y and which experts are right; a cost follows from the two, and so
all that a router could learn at x is a table of probabilities. The minimiser of the expected loss
over the scores at x is then a matter of some seconds for a few hundred such x at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import torch
from torch import Tensor

SHAPES = tuple(product((2, 3, 4, 5), (0, 1, 2, 3)))
LARGEST_FEE = 0.3


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

    @property
    def n_scores(self) -> int:
        return self.posterior.shape[1] + self.accuracy.shape[1]

    @property
    def expected_costs(self) -> Tensor:
        return 1.0 - self.accuracy + self.fees

    def actions(self) -> tuple[Tensor, Tensor]:
        """Best of the K + J actions in each problem, and by how much it beats the next."""
        worth = torch.cat([self.posterior, 1.0 - self.expected_costs], -1)
        best, second = worth.topk(2, -1).values.unbind(-1)
        return worth.argmax(-1), best - second

    def expected_loss(self, loss, scores: Tensor, **options) -> Tensor:
        """Sum over the outcomes of their probability times the loss, (n,)."""
        n, n_outcomes = self.probability.shape
        if not self.mask.all():
            options["mask"] = self.mask.expand(n, -1, -1)
        per_outcome = loss(
            scores.unsqueeze(1).expand(-1, n_outcomes, -1),
            self.y.expand(n, -1),
            self.wrong + self.fees.unsqueeze(1),
            reduction="none",
            **options,
        )
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
    return Problems(
        y=y,
        wrong=wrong,
        mask=torch.ones_like(wrong, dtype=torch.bool),
        probability=probability,
        posterior=posterior,
        accuracy=1.0 - probability @ wrong,
        fees=LARGEST_FEE * uniform(n, n_experts) * fees,
    )


def draw_all(n: int, *, fees: bool, seed: int = 0) -> list[Problems]:
    """Draw n problems of every shape: K in 2..5 classes, J in 0..3 experts."""
    return [draw(n, k, j, fees=fees, seed=seed + i) for i, (k, j) in enumerate(SHAPES)]


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


def minimise(loss, population: list[Problems], **options) -> list[Tensor]:
    """Scores (n, K + J) at the minimum of the expected loss, for each entry of the population."""
    population_scores = [
        torch.zeros(len(p.posterior), p.n_scores, dtype=torch.float64, requires_grad=True)
        for p in population
    ]
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
            problems.expected_loss(loss, scores, **options).sum()
            for problems, scores in zip(population, population_scores, strict=True)
        )
        total.backward()
        return total

    optimizer.step(closure)
    return [scores.detach() for scores in population_scores]
