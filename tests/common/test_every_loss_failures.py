"""Every loss that is not consistent, at a problem where its minimum routes unlike the best rule.

FAILURES holds one problem for each such row, with the reason. A row marked ``consistent=False``
must be here: what a table says of a loss is reproduced or it is not said.
"""

from dataclasses import dataclass, replace

import population
import pytest
import torch

from cede import route
from cede.losses import SURROGATES
from rows import ROWS, parametrize


@dataclass(frozen=True)
class Failure:
    problem: population.Problems
    options: dict
    best: int  # action, the classes first
    taken: tuple[int, ...]  # by the loss


def independent(posterior, accuracy):
    """One expert, right with the same probability whatever the label."""
    labels = [k for k in range(len(posterior)) for _ in range(2)]
    wrong = [[0.0], [1.0]] * len(posterior)
    chances = [p * a for p in posterior for a in (accuracy, 1.0 - accuracy)]
    return population.known(labels, wrong, chances)


def three_experts():
    """Four labels alike. Expert 0 is right in half of all cases: the best, but never alone enough.

    Experts 1 and 2 are right on disjoint 40 %, expert 0 on half of each and on another 10 %.
    """
    cells = {(0, 0, 1): 0.2, (1, 0, 1): 0.2, (0, 1, 0): 0.2, (1, 1, 0): 0.2}
    cells |= {(0, 1, 1): 0.1, (1, 1, 1): 0.1}
    labels = [k for k in range(4) for _ in cells]
    wrong = [[float(w) for w in cell] for _ in range(4) for cell in cells]
    return population.known(labels, wrong, [p / 4.0 for _ in range(4) for p in cells.values()])


FAILURES = {
    "alpha_weighted_softmax": [
        # p_k is as eta_k (alpha a + 1 - a), p_K as a: 0.24 or 0.52 against 0.7.
        Failure(independent([0.8, 0.2], 0.7), {"alpha": 0.0}, best=0, taken=(2,)),
        Failure(independent([0.8, 0.2], 0.7), {"alpha": 0.5}, best=0, taken=(2,)),
    ],
    "realizable": [
        # Deferred to iff s > 2 / (K + 1) = 2/3, where s > 1 / K would do. The tie of the two
        # classes is broken a little, so that there is one minimum.
        Failure(independent([0.51, 0.49], 0.6), {}, best=2, taken=(0,)),
    ],
    "mixture_of_experts": [
        # The error 0.3 is less than the expert's 0.4, the entropy 0.61 is more.
        Failure(independent([0.7, 0.3], 0.6), {}, best=0, taken=(2,)),
    ],
    "best_expert_softmax": [
        # With experts 1 and 2 before 0, the masses 0.4, 0.4, 0.1 are less even than with 0 first.
        Failure(three_experts(), {}, best=4, taken=(5, 6)),
    ],
}


def test_every_row_that_is_not_consistent_has_its_failure_here():
    assert set(FAILURES) == {row.name for row in ROWS if not row.consistent}


def global_minimum(row, problem, options, n_starts=60):
    """The best end of many walks downhill."""
    copies = replace(
        problem,
        **{
            name: getattr(problem, name).expand(n_starts, *getattr(problem, name).shape[1:])
            for name in ("probability", "posterior", "accuracy", "fees", "answer")
        },
    )
    rng = torch.Generator().manual_seed(0)
    starts = 2.0 * torch.randn(n_starts, problem.n_scores(row.kind), generator=rng).double()
    starts[0] = 0.0
    (ends,) = population.descend(
        row.kind, row.loss, [copies], 400, 0.3, starts=[starts.requires_grad_()], **options
    )
    losses = copies.expected_loss(row.kind, row.loss, ends, **options)
    return ends[losses.argmin()]


def action(row, problem, scores):
    n_classes, n_experts = problem.posterior.shape[1], problem.accuracy.shape[1]
    chosen = int(route(row.agent_scores(scores.unsqueeze(0), n_experts).numpy())[0])
    return n_classes - 1 + chosen if chosen else int(scores[:n_classes].argmax())


@pytest.mark.parametrize(
    ("name", "failure"),
    [(name, failure) for name, failures in FAILURES.items() for failure in failures],
    ids=[f"{name}-{i}" for name, failures in FAILURES.items() for i in range(len(failures))],
)
def test_its_minimum_routes_unlike_the_best_rule(name, failure):
    row, problem = SURROGATES[name], failure.problem
    best, gap = problem.best_actions(row.kind)
    assert (best.item(), gap.item() > 0.05) == (failure.best, True)
    assert action(row, problem, global_minimum(row, problem, failure.options)) in failure.taken


@parametrize("row", [row for row in ROWS if row.kind == "single_stage" and row.consistent])
def test_a_consistent_loss_passes_each_of_these_problems(row):
    for failure in (failure for failures in FAILURES.values() for failure in failures):
        scores = global_minimum(row, failure.problem, {}, n_starts=1)
        assert action(row, failure.problem, scores) == failure.best


def test_the_hinge_rejector_knows_who_beats_the_model_but_not_who_is_cheapest():
    wrong = [[0, 0], [0, 0], [0, 1], [1, 0]]  # 15 % and 5 %, and the model one half
    problem = population.known([0, 1, 1, 1], wrong, [0.5, 0.3, 0.15, 0.05])
    rejector = SURROGATES["rejector"]
    for margin, tells_apart in (("hinge", False), ("squared_hinge", True)):
        (scores,) = population.descend("post_hoc", rejector.loss, [problem], margin=margin)
        assert (scores > 0.0).all()
        assert ((scores[0, 0] - scores[0, 1]).abs() > 0.05) == tells_apart
