"""Each loss, forward and backward, against ``F.cross_entropy`` on scores of the same size.

Prints ratios of CPU time and, in brackets, of peak memory (allocator high-water mark above the
start). ``--against module:function`` puts another single-stage loss ``f(scores, y, costs)``, or
with ``--kind two_stage`` another ``f(agent_scores, agent_costs)``, beside ours.
"""

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
import torch.nn.functional as F
from _timing import interleaved
from torch import Tensor

from cede.losses import SURROGATES

BATCH = 1024
KINDS = ("single_stage", "post_hoc", "two_stage", "density_ratio")
#: Columns of scores before the experts', one table for each: classes, the model, or none.
BEFORE = {
    "single_stage": (10, 100, 1000),
    "post_hoc": (0,),
    "two_stage": (1,),
    "density_ratio": (0,),
}
EXPERTS = (1, 4, 16, 64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", action="append", default=[], metavar="module:function")
    parser.add_argument("--kind", choices=KINDS, action="append", default=[])
    parser.add_argument("--seconds", type=float, default=0.6)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"forward + backward, B={BATCH}, float32, one thread: time ratio (peak memory ratio)")
    for kind in arguments.kind or KINDS:
        losses = {n: row.loss for n, row in SURROGATES.items() if row.kind == kind}
        for name in arguments.against if kind in ("single_stage", "two_stage") else []:
            module, function = name.split(":")
            losses[name] = getattr(importlib.import_module(module), function)
        for before in BEFORE[kind]:
            compare(kind, before, losses, arguments.seconds)


def compare(
    kind: str, before: int, losses: dict[str, Callable[..., Tensor]], seconds: float
) -> None:
    """Print one line per loss and one column per number of experts."""
    experts = EXPERTS[:1] if kind == "density_ratio" else EXPERTS
    measured = [measure(kind, (before, j), losses, seconds) for j in experts]
    title = kind.replace("_", "-") + (f", K={before}" if kind == "single_stage" else "")
    print(f"\n{title:24}" + "".join(f"{f'J={j}':>14}" for j in experts))
    print(f"{'F.cross_entropy, ms':24}" + "".join(f"{base * 1e3:>14.2f}" for _, base in measured))
    for name in losses:
        print(f"{name:24}" + "".join(f"{cells[name]:>14}" for cells, _ in measured), flush=True)


def measure(
    kind: str, size: tuple[int, int], losses: dict[str, Callable[..., Tensor]], seconds: float
) -> tuple[dict[str, str], float]:
    torch.manual_seed(0)
    (n_classes, n_experts), n_columns = size, max(sum(size), 2)
    scores = torch.randn(BATCH, n_columns, requires_grad=True)
    y = torch.randint(n_classes or n_columns, (BATCH,))
    costs = torch.randint(2, (BATCH, n_experts)).float()
    model_costs = torch.randint(2, (BATCH,)).float()
    rest = {
        "single_stage": (y, costs),
        "post_hoc": (model_costs, costs),
        "two_stage": (torch.cat([model_costs.unsqueeze(-1), costs], -1),),
        "density_ratio": (model_costs, costs[:, 0]),
    }[kind]
    own = scores.detach().clone()[:, :n_experts] if kind in ("post_hoc", "density_ratio") else None
    if kind == "density_ratio" and own is not None:
        own = own[:, 0]
    given = scores if own is None else own.clone().requires_grad_()
    tasks = {
        name: partial(forward_backward, lambda s, loss=loss: loss(s, *rest), given)
        for name, loss in losses.items()
    }
    tasks["F.cross_entropy"] = partial(forward_backward, lambda s: F.cross_entropy(s, y), scores)
    ratios, base = interleaved(tasks, "F.cross_entropy", seconds)
    floor = peak_bytes(tasks["F.cross_entropy"], scores)
    cells = {
        name: f"{ratios[name]:.2f} ({peak_bytes(tasks[name], given) / floor:.2f})"
        for name in losses
    }
    return cells, base


def forward_backward(loss: Callable[[Tensor], Tensor], scores: Tensor) -> None:
    scores.grad = None
    loss(scores).backward()


def peak_bytes(task: Callable[[], object], scores: Tensor) -> int:
    """Highest sum of live allocations during one run that starts without a gradient."""
    scores.grad = None
    activities = [torch.profiler.ProfilerActivity.CPU]
    with _quiet(), torch.profiler.profile(activities=activities, profile_memory=True) as profile:
        task()
    events = [e for e in profile.profiler.kineto_results.events() if e.name() == "[memory]"]
    live = peak = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        live += event.nbytes()
        peak = max(peak, live)
    return peak


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the profiler, which writes a line to the process's own stderr each time."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


if __name__ == "__main__":
    main()
