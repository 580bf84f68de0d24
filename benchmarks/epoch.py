"""An epoch of our training loop against a minimal torch loop over index slices, with one loss.

20,000 cases of 64 features, 10 classes, one expert. Ours is a whole ``fit`` divided by its epochs:
checks, conversion, validation after every epoch, and the best weights kept. The minimal loop does
none of that. A second figure sets ours against the minimal loop with ``F.cross_entropy`` on the
labels alone, which is what a classifier without deferral would cost.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from _timing import interleaved

from cede import SingleStageClassifier
from cede.losses import SURROGATES
from cede.routers import Network
from cede.training import linear, mlp

EPOCHS = 20


HEADS = {"linear": linear, "mlp": mlp}


def minimal(
    X: torch.Tensor,
    y: torch.Tensor,
    costs: torch.Tensor,
    loss: Callable[..., torch.Tensor],
    head: str,
    batch_size: int,
) -> None:
    module = HEADS[head](X.shape[1], 11)
    optimizer = torch.optim.AdamW(module.parameters())
    for _ in range(EPOCHS):
        for index in torch.randperm(len(X)).split(batch_size):
            optimizer.zero_grad()
            loss(module(X[index]), y[index], costs[index]).backward()
            optimizer.step()


def cross_entropy(scores: torch.Tensor, y: torch.Tensor, costs: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(scores, y)


def ours(data: tuple[np.ndarray, ...], surrogate: str, head: str, batch_size: int) -> None:
    X, y, experts = data
    SingleStageClassifier(
        surrogate,
        head=Network(HEADS[head], epochs=EPOCHS, patience=EPOCHS, batch_size=batch_size),
        random_state=0,
    ).fit(X, y, experts=experts)


#: Of the kind that :func:`ours` trains.
SINGLE_STAGE = {name: row for name, row in SURROGATES.items() if row.kind == "single_stage"}


def main() -> None:
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    # One case in ten is held out for validation, so 20,000 are left to train on.
    X = rng.normal(size=(22_222, 64))
    y = rng.integers(10, size=len(X))
    experts = np.where(rng.random(len(X)) < 0.8, y, 0)[:, None]
    costs = torch.as_tensor(experts != y[:, None], dtype=torch.float32)
    tensors = torch.as_tensor(X, dtype=torch.float32), torch.as_tensor(y), costs
    kept = tuple(t[:20_000] for t in tensors)
    print(
        "an epoch of 20,000 x 64, validation included: ratio to a minimal torch loop with the same"
    )
    print("loss (in brackets: to one with F.cross_entropy)")
    print(f"{'head':>8}{'batch':>7}{'CE loop s':>11}" + "".join(f"{n:>26}" for n in SINGLE_STAGE))
    for head in HEADS:
        for batch_size in (128, 1024):
            row(head, batch_size, (X, y, experts), kept)


def row(head: str, batch_size: int, data: tuple[np.ndarray, ...], kept: Any) -> None:
    tasks: dict[str, Callable[[], None]] = {
        "CE": partial(minimal, *kept, cross_entropy, head, batch_size)
    }
    for name, surrogate in SINGLE_STAGE.items():
        tasks[name] = partial(ours, data, name, head, batch_size)
        tasks[f"minimal {name}"] = partial(minimal, *kept, surrogate.loss, head, batch_size)
    ratios, base = interleaved(tasks, "CE", seconds=0.8)
    cells = "".join(
        f"{ratios[n] / ratios[f'minimal {n}']:>19.2f} ({ratios[n]:.2f})" for n in SINGLE_STAGE
    )
    print(f"{head:>8}{batch_size:>7}{base / EPOCHS:>11.4f}{cells}", flush=True)


if __name__ == "__main__":
    main()
