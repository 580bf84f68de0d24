"""What is trained on what: problems, methods, settings. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Problem:
    """A mixture of Gaussians whose hidden linear scores name who is responsible for a case."""

    name: str
    stage: str  # "single": K classes and J experts; "two": A fixed agents
    actions: int  # K + J, or A
    experts: int  # J, or A - 1
    wrong: float = 0.5  # chance that an expert or agent who is not responsible is wrong


@dataclass(frozen=True)
class Method:
    """A row of a table."""

    name: str
    surrogate: str
    options: dict[str, Any] = field(default_factory=dict)
    perfect: str = "always"  # where theory promises a perfect router, a key of EXPECTED
    warm: bool = False  # start from a fit of the realizable surrogate, q = 0


@dataclass(frozen=True)
class Settings:
    """How to train; ``start`` multiplies the scale at which ``torch.nn.Linear`` starts."""

    n_train: int = 2000
    n_test: int = 4000
    draws: int = 10
    steps: int = 1500
    step_size: float = 0.1
    start: float = 1.0


PROBLEMS = (
    Problem("2 classes, 1 expert", "single", 3, 1),
    Problem("2 classes, 2 experts", "single", 4, 2),
    Problem("3 classes, 3 experts", "single", 6, 3),
    Problem("2 agents, err 0.5", "two", 2, 1),
    Problem("3 agents, err 1", "two", 3, 2, wrong=1.0),
    Problem("3 agents, err 0.5", "two", 3, 2),
    Problem("5 agents, err 0.5", "two", 5, 4),
    Problem("5 agents, err 1", "two", 5, 4, wrong=1.0),
)
# What theory says of a loss: "perfect" (trained long enough, on enough cases, it finds the perfect
# router), "below" (it need not, and here another router has the lower loss), or "open".
EXPECTED = {
    "always": lambda problem: "perfect",
    "never": lambda problem: "below",
    "one expert": lambda problem: "perfect" if problem.experts == 1 else "below",
    "one expert, or open": lambda problem: "perfect" if problem.experts == 1 else "open",
    "one right agent": lambda problem: "perfect" if problem.wrong == 1.0 else "below",
}
REALIZABLE = Method("realizable, q = 0", "realizable", {"q": 0.0})
SIGNED = {"q": 0.7, "form": "signed"}
METHODS = {
    "single": (
        Method("cost-sensitive softmax", "cost_sensitive_softmax", perfect="never"),
        Method("one-vs-all", "one_vs_all", perfect="never"),
        Method("asymmetric softmax", "asymmetric_softmax", perfect="never"),
        Method("softmax + one-vs-all", "softmax_one_vs_all", {"weight": "1/J"}, "never"),
        Method("best-expert softmax", "best_expert_softmax", perfect="never"),
        Method("alpha-weighted, α = 0.5", "alpha_weighted_softmax", {"alpha": 0.5}, "never"),
        Method("mixture of experts", "mixture_of_experts", perfect="never"),
        Method("realizable, signed q = 0.7", "realizable", SIGNED, "one expert, or open"),
        REALIZABLE,
        Method("realizable, q = 0.7", "realizable", {"q": 0.7}),
        Method("expected cost", "expected_cost"),
        Method("expected cost, warm start", "expected_cost", warm=True),
    ),
    "two": (
        Method("weighted, log", "weighted", perfect="one right agent"),
        Method("aggregated, u = 1", "aggregated", {"u": 1.0}, "one expert"),
        Method("constrained, exponential", "constrained", perfect="one expert"),
        Method("rejector (2 agents only)", "rejector"),
        Method("aggregated, u = 2", "aggregated", {"u": 2.0}),
        Method("complement, q = 0", "complement", {"q": 0.0}),
        Method("complement, q = 0.5", "complement", {"q": 0.5}),
        Method("complement, q = 1", "complement", {"q": 1.0}),
    ),
}
# What non-convex losses make of other step sizes, and of confident wrong starts.
VARIED = PROBLEMS[2]
VARIED_METHODS = tuple(
    method
    for method in METHODS["single"]
    if method.surrogate in ("cost_sensitive_softmax", "realizable", "expected_cost")
)
VARIATIONS = ({"step_size": 0.01}, {"step_size": 0.3}, {"start": 6.0}, {"start": 20.0})

QUICK = Settings(n_train=1000, n_test=1000, draws=2, steps=150)
QUICK_PROBLEMS = (PROBLEMS[1], PROBLEMS[5])
