"""Exact curves against ``numpy.argsort`` of the same gains; areas against other libraries'."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
from _timing import interleaved

from cede.operating import area_under_risk_coverage, deferral_curve_from_scores, upper_hull


def main() -> None:
    one_expert(10_000_000)
    many_experts(1_000_000, 20)
    areas(100_000)


def one_expert(n: int) -> None:
    scores, costs, gain = draw(n, 1)
    curve, halves = deferral_curve_from_scores(scores, costs), costs / 2
    tasks = {
        "argsort": lambda: np.argsort(gain),
        "deferral curve, all points": lambda: deferral_curve_from_scores(scores, costs),
        "with costs of any size": lambda: deferral_curve_from_scores(scores, halves),
        "its upper hull": lambda: upper_hull(curve.deferral_rate, curve.accuracy),
    }
    report(f"{n:,} cases, one expert: ratio to numpy.argsort", tasks, "argsort", seconds=4.0)


def many_experts(n: int, n_experts: int) -> None:
    scores, costs, gain = draw(n, n_experts)
    numbers = np.arange(n) % 10
    tasks = {
        "argsort": lambda: np.argsort(gain),
        "deferral curve, all points": lambda: deferral_curve_from_scores(scores, costs),
        "with fees, ten groups": lambda: deferral_curve_from_scores(
            scores, costs, 0.1, subgroups=numbers
        ),
        "loads, all points": lambda: deferral_curve_from_scores(scores, costs).loads,
    }
    report(f"{n:,} cases, {n_experts} experts: ratio to numpy.argsort", tasks, "argsort")


def areas(n: int) -> None:
    rng = np.random.default_rng(0)
    confidence, losses = rng.random(n), (rng.random(n) < 0.3).astype(np.float64)
    tasks: dict[str, Callable[[], object]] = {
        "cede": lambda: area_under_risk_coverage(confidence, losses)
    }
    absent = []
    if find_spec("mapie") is None:
        absent.append("mapie")
    else:
        from mapie.metrics.uncertainty import auarc

        right = 1 - losses
        tasks["MAPIE auarc"] = lambda: auarc(right, confidence)
    peer = torch_uncertainty()
    if peer is None:
        absent.append("torch_uncertainty, torchmetrics")
    else:
        from torch import from_numpy

        metric = peer.AURC()
        metric.scores, metric.errors = [from_numpy(confidence)], [from_numpy(losses)]
        tasks["torch-uncertainty AURC"] = lambda: metric.compute.__wrapped__()
    report(f"{n:,} cases, area under risk and coverage: ratio to cede", tasks, "cede")
    if absent:
        print(f"not installed, so not measured: {', '.join(absent)}")


def torch_uncertainty():
    """The one file of its metrics, as importing the package wants far more than it uses."""
    found = find_spec("torch_uncertainty")
    if found is None or found.origin is None or find_spec("torchmetrics") is None:
        return None
    path = Path(found.origin).parent / "metrics" / "classification" / "risk_coverage.py"
    spec = spec_from_file_location("risk_coverage", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def draw(n: int, n_experts: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    scores = rng.random((n, n_experts + 1))
    costs = (rng.random((n, n_experts + 1)) < 0.3).astype(np.float64)
    return scores, costs, scores[:, 1:].max(axis=1) - scores[:, 0]


def report(
    title: str, tasks: dict[str, Callable[[], object]], reference: str, seconds: float = 1.0
) -> None:
    ratios, base = interleaved(tasks, reference, seconds)
    print(f"{title} ({base:.3g} s)")
    for name, ratio in ratios.items():
        print(f"{name:>30}{ratio:>8.2f}")


if __name__ == "__main__":
    main()
