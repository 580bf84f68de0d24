"""Each loss, forward and backward, against ``F.cross_entropy`` on logits of the same size.

Prints ratios of CPU time and of peak memory (allocator high-water mark above the start).
``--against module:function`` puts another loss ``f(scores, y, costs)`` beside ours.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from _timing import interleaved
from torch import Tensor

from cede.surrogates import SURROGATES

BATCH = 1024


def forward_backward(loss: Callable[[Tensor], Tensor], scores: Tensor) -> None:
    scores.grad = None
    loss(scores).backward()


def peak_bytes(task: Callable[[], object], scores: Tensor) -> int:
    """Highest sum of live allocations during one run that starts without a gradient."""
    scores.grad = None
    activities = [torch.profiler.ProfilerActivity.CPU]
    with torch.profiler.profile(activities=activities, profile_memory=True) as profile:
        task()
    events = [e for e in profile.profiler.kineto_results.events() if e.name() == "[memory]"]
    live = peak = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        live += event.nbytes()
        peak = max(peak, live)
    return peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", action="append", default=[], metavar="module:function")
    parser.add_argument("--seconds", type=float, default=0.6)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    losses: dict[str, Callable[..., Tensor]] = {n: row.loss for n, row in SURROGATES.items()}
    for name in arguments.against:
        module, function = name.split(":")
        losses[name] = getattr(importlib.import_module(module), function)
    print(f"forward + backward, B={BATCH}, float32, one thread: time ratio (peak memory ratio)")
    print(f"{'K':>5}{'J':>4}{'CE ms':>8}  " + "".join(f"{name:>28}" for name in losses))
    for n_classes in (10, 100, 1000):
        for n_experts in (1, 4, 16):
            row(n_classes, n_experts, losses, arguments.seconds)


def row(
    n_classes: int, n_experts: int, losses: dict[str, Callable[..., Tensor]], seconds: float
) -> None:
    torch.manual_seed(0)
    scores = torch.randn(BATCH, n_classes + n_experts, requires_grad=True)
    y = torch.randint(n_classes, (BATCH,))
    costs = torch.randint(2, (BATCH, n_experts)).float()
    tasks = {
        name: partial(forward_backward, lambda s, loss=loss: loss(s, y, costs), scores)
        for name, loss in losses.items()
    }
    tasks["F.cross_entropy"] = partial(forward_backward, lambda s: F.cross_entropy(s, y), scores)
    ratios, base = interleaved(tasks, "F.cross_entropy", seconds)
    memory = {name: peak_bytes(task, scores) for name, task in tasks.items()}
    cells = "".join(
        f"{ratios[name]:>20.2f} ({memory[name] / memory['F.cross_entropy']:.2f})" + " "
        for name in losses
    )
    print(f"{n_classes:>5}{n_experts:>4}{base * 1e3:>8.2f}  {cells}", flush=True)


if __name__ == "__main__":
    main()
