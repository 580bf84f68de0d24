"""Made-up problems whose truth is known: what the estimates should be, and who should answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cede.datasets import Dataset, make_two_specialists
from cede_papers.datasets import simulate_experts

#: How sharply the direction of a case tells its class.
SHARPNESS = 3.0


def make_smooth_expert(n: int, random_state: int, n_classes: int = 10) -> Dataset:
    r"""Ten classes, and one expert whose accuracy goes up and down smoothly between 5 and 95 %.

    A case is a point :math:`(u, v)`, standard normal. Classes pull in directions :math:`d_k` that
    share the circle evenly, so that neighbours are easily confused near the centre:

    .. math::

        \eta(x) = \mathrm{softmax}_k\bigl(3\,\langle d_k, (u, v)\rangle\bigr), \qquad
        a(x) = 0.5 + 0.45 \sin(2 u + v).

    Given x, the expert errs independently of the class.
    """
    rng = np.random.default_rng(random_state)
    place = rng.standard_normal((n, 2))
    angles = 2.0 * np.pi * np.arange(n_classes) / n_classes
    logits = SHARPNESS * place @ np.stack([np.cos(angles), np.sin(angles)])
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    posterior = weights / weights.sum(axis=1, keepdims=True)
    # Adding Gumbel noise to the logits and taking the largest draws from the softmax.
    y = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    accuracy = 0.5 + 0.45 * np.sin(2.0 * place[:, :1] + place[:, 1:])
    answers = simulate_experts(y, accuracy, n_classes=n_classes, random_state=rng)
    return Dataset(
        name="smooth_expert",
        X=place,
        feature_names=("u", "v"),
        y=y,
        experts=answers,
        expert_names=("expert",),
        class_posterior=posterior,
        expert_accuracy=accuracy,
        licence="none needed: the numbers are generated",
        description="Ten classes around a circle; an expert who is good in stripes across it.",
    )


#: Name -> ``make(n, random_state)``.
PROBLEMS: dict[str, Callable[[int, int], Dataset]] = {
    "two_specialists": make_two_specialists,
    "smooth_expert": make_smooth_expert,
}
