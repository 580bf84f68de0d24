"""Many small fits at once against a loop of the same fits, to the same tolerance."""

from __future__ import annotations

import torch
from _timing import interleaved
from torch import Tensor

from cede.losses import cost_sensitive_softmax, one_vs_all
from cede.training import converge, converge_many

PROBLEMS, CASES, FEATURES, CLASSES, EXPERTS, DECAY = 250, 200, 2, 2, 1, 1e-3
SCORES = CLASSES + EXPERTS
LOOPED = 25  # of the problems; the loop's time is a multiple of theirs


def main() -> None:
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(PROBLEMS, CASES, FEATURES, generator=generator, dtype=torch.float64)
    y = (X[..., 0] > 0).long()
    costs = (torch.rand(PROBLEMS, CASES, EXPERTS, generator=generator) < 0.3).double()
    for loss in (cost_sensitive_softmax, one_vs_all):

        def losses(rows: Tensor, loss=loss):
            x, labels, paid = X[rows], y[rows], costs[rows]

            def value(parameters: Tensor) -> Tensor:
                weights = parameters.reshape(len(rows), FEATURES + 1, SCORES)
                scores = x @ weights[:, :-1] + weights[:, -1:]
                penalty = 0.5 * DECAY * weights[:, :-1].square().sum((1, 2))
                return loss(scores, labels, paid, reduction="none").mean(-1) + penalty

            return value

        def one(i: int, loss=loss) -> None:
            head = torch.nn.Linear(FEATURES, SCORES).double()
            converge(head, lambda: loss(head(X[i]), y[i], costs[i]), weight_decay=DECAY)

        start = torch.zeros(PROBLEMS, (FEATURES + 1) * SCORES, dtype=torch.float64)
        assert converge_many(losses, start).converged.all()
        tasks = {
            "at once": lambda losses=losses, start=start: converge_many(losses, start),
            "loop": lambda one=one: [one(i) for i in range(LOOPED)],
        }
        ratios, base = interleaved(tasks, "at once", seconds=4.0)
        print(f"{PROBLEMS} linear fits of {CASES} cases, {loss.__name__}: ratio ({base:.3f} s)")
        print(f"{'at once':>20}{1.0:>8.2f}")
        print(f"{'one by one':>20}{ratios['loop'] * PROBLEMS / LOOPED:>8.2f}")


if __name__ == "__main__":
    main()
