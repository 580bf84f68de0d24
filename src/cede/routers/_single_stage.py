"""The single-stage classifier: classes and deferral learned together from one loss."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from cede._checks import Floats
from cede._checks._arrays import to_array
from cede.exceptions import InvalidInput, UnknownName
from cede.losses import Surrogate, find_surrogate, names_of
from cede.routers._base import Router
from cede.routers._features import validate_data
from cede.routers._newcomer import Newcomer, known_labels
from cede.routers._targets import check_unit_costs
from cede.routers._training_cases import TrainingCases
from cede.routers.heads import Head, Headed, Mlp, Objective, fit_head, in_blocks, mean_of

if TYPE_CHECKING:
    from torch import Tensor

    from cede.losses import Estimates

__all__ = ["SingleStageClassifier"]


#: Of a head for which no penalty was asked for.
USUAL_DECAY = 1e-2


def _estimates_probabilities(router: SingleStageClassifier) -> bool:
    row = find_surrogate(router.surrogate)
    if not row.decodes:
        raise AttributeError(_no_estimates(row))
    return True


def _no_estimates(row: Surrogate) -> str:
    return (
        f"{row.name} learns who should answer and estimates no probabilities; for those, choose "
        f"{_one_of(lambda row: row.decodes)}"
    )


def _one_of(which: Callable[[Surrogate], bool]) -> str:
    """The single-stage surrogates that have a property, in words."""
    *others, last = names_of("single_stage", which)
    return f"{', '.join(others)} or {last}" if others else last


class SingleStageClassifier(Headed, Router):
    r"""One network that classifies and defers, trained with a single-stage surrogate.

    The head gives K + J scores; the surrogate's decoding turns them into the class posterior
    :math:`\hat\eta(x)` and each expert's expected cost :math:`\hat C_j(x)`. The agent scores are
    :math:`(\max_k \hat\eta_k, 1 - \hat C_1, \ldots, 1 - \hat C_J)`, fees included. At zero price a
    case is deferred to the best expert j iff :math:`1 - \hat C_j > \max_k \hat\eta_k`. Surrogates
    without a decoding (``not SURROGATES[name].decodes``) only rank the agents: their fees belong
    in the loss, and estimates are refused.

    A linear head is fitted to convergence. Most surrogates are convex in it, so it is the best one;
    ``asymmetric_softmax``, ``realizable``, ``expected_cost`` (which starts from a fit of
    ``realizable``) and ``mixture_of_experts`` are not, and it is a local one. Networks are trained
    by mini-batches and stopped early, by cases of other groups than those they learn from.

    Parameters
    ----------
    surrogate : str or Surrogate, default="softmax_one_vs_all"
        A row of ``cede.losses.SURROGATES`` or its name; ``SURROGATES["realizable"].using(q=0.7)``
        is one with options of its loss set.
    head : Linear, Mlp or Network, or {"linear", "mlp"}, default="linear"
        What maps features to scores, and how it is fitted: :class:`~cede.routers.Linear`,
        :class:`~cede.routers.Mlp` or, around a torch module, :class:`~cede.routers.Network`. A name
        is the value with its defaults.
    fees : float or array of shape (J,), default=None
        What asking each expert costs, in units of one error.
    fees_in : {"rule", "loss"}, default="rule"
        Where fees enter. In the rule, the loss sees errors only and fees are subtracted from the
        decoded accuracies: one fit serves every fee (``set_params(fees=…)``). In the loss, as the
        papers print it, costs are error plus fee; with softmax surrogates this smooths the labels
        and under-fits as fees grow.
    random_state : int, RandomState or None, default=None
        Seeds initial weights, batches and the held-out split; to the bit on a CPU.

    Attributes
    ----------
    classes_ : array of shape (K,)
        The labels, sorted.
    expert_names_ : tuple of str, length J
        Columns of ``experts`` if it had names.
    fees_ : array of shape (J,)
        Fees at fit. With ``fees_in="rule"``, scores follow the parameter ``fees`` from then on.
    head_ : FittedLine or FittedNetwork
        The fitted head.
    module_ : torch.nn.Module
        The same as a torch module.
    added_ : list
        Heads of experts who were added later.
    history_ : History or None
        Training curves of a network.
    n_iter_ : int
        Iterations or epochs made.
    n_features_in_, feature_names_in_
        As in scikit-learn.
    operating_point_ : OperatingPoint
        Set by ``tune``.

    References
    ----------
    Mozannar and Sontag 2020; Verma and Nalisnick 2022; Narasimhan et al. 2022; see
    ``SURROGATES[name].reference``.

    Examples
    --------
    >>> from cede.datasets import make_two_specialists
    >>> X, y, experts = make_two_specialists(n=2_000, random_state=0)
    >>> router = SingleStageClassifier(fees=0.02).fit(X[:1000], y[:1000], experts=experts[:1000])
    >>> point = router.tune(X[:1000], budget=0.3)
    >>> alone = (router.predict(X[1000:]) == y[1000:]).mean()
    >>> bool(router.score(X[1000:], y[1000:], experts=experts[1000:]) > alone)
    True
    """

    _takes = Router._takes | {"sample_weight"}

    def __init__(
        self,
        surrogate: str | Surrogate = "softmax_one_vs_all",
        *,
        head: Head = "linear",
        fees: ArrayLike | None = None,
        fees_in: Literal["rule", "loss"] = "rule",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.surrogate = surrogate
        self.head = head
        self.fees = fees
        self.fees_in = fees_in
        self.random_state = random_state

    @classmethod
    def _examples(cls) -> dict[str, Router]:
        return {
            **{name: cls(name) for name in names_of("single_stage")},
            "fees in the loss": cls("cost_sensitive_softmax", fees=0.05, fees_in="loss"),
            "mlp": cls(head=Mlp(epochs=30), random_state=0),
        }

    def _check_parameters(self) -> None:
        find_surrogate(self.surrogate)
        if self.fees_in not in ("rule", "loss"):
            raise UnknownName("place for fees (fees_in)", self.fees_in, ("rule", "loss"))

    def _fit(self, cases: TrainingCases) -> None:
        row = find_surrogate(self.surrogate)
        if self.fees_in == "rule":
            _check_fees_can_wait(row, self.fees_)
        costs = cases.costs
        check_unit_costs(costs)
        known = ~np.isnan(costs)
        if not known.all() and not row.takes("mask"):
            raise InvalidInput(
                f"{row.name} cannot learn from missing answers without bias, and "
                f"{int((~known).sum())} of {known.size} are missing; choose "
                f"{_one_of(lambda row: row.takes('mask'))}, or drop those cases."
            )
        masks = () if known.all() else (known,)
        targets = (cases.y, self._known_costs(costs), *masks, cases.weight)
        n_scores = len(self.classes_) + len(self.expert_names_)
        self._fit_head(n_scores, cases.features, targets, self._objective(row), cases.groups)
        self.added_: list[Any] = []

    def agent_scores(self, X: Any) -> Floats:
        """One minus each agent's estimated cost, fees included, or a rank; ``(n, J + 1)``."""
        check_is_fitted(self)
        row, n_experts = find_surrogate(self.surrogate), self._n_experts()
        scores = self._scores(X, lambda raw: row.agent_scores(raw, n_experts, self._max_cost()))
        if self.fees_in == "rule":
            fees = self._fees()
            _check_fees_can_wait(row, fees)
            scores[:, 1:] -= fees
        return scores

    def _estimates_costs(self) -> bool:
        return find_surrogate(self.surrogate).decodes

    def expert_accuracy(self, X: Any) -> Floats:
        """Estimated probability that each expert is right, ``(n, J)``.

        Not clipped: with an unbounded surrogate it can leave [0, 1].
        """
        accuracy = self._estimates(X, lambda estimates: estimates.expert_accuracy)
        fees = self.fees_ if self.fees_in == "loss" else 0.0
        return np.asarray(accuracy + fees, dtype=np.float64)

    def answer_accuracy(self, X: Any, answers: ArrayLike) -> Floats:
        """Estimated probability that given answers (a fixed model's, say) are right, ``(n,)``.

        For this classifier's own answers it is the first column of :meth:`agent_scores`.
        """
        posterior = self._estimates(X, lambda estimates: estimates.class_posterior)
        labels = to_array(answers).tolist()
        index = {label: k for k, label in enumerate(self.classes_.tolist())}
        unknown = sorted({repr(label) for label in labels if label not in index})
        if unknown:
            raise InvalidInput(
                f"must be labels that the router was fitted on, but got {', '.join(unknown[:5])}; "
                f"it knows {self.classes_.tolist()[:20]}",
                argument="answers",
            )
        columns = [index[label] for label in labels]
        return np.asarray(posterior[np.arange(len(posterior)), columns], dtype=np.float64)

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model would answer, ``(n,)``."""
        of_classes = self._scores(X)[:, : len(self.classes_)]
        return np.asarray(self.classes_[of_classes.argmax(axis=1)])

    @available_if(_estimates_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Floats:
        """Class posterior, ``(n, K)``, clipped and scaled to sum to one."""
        posterior = self._estimates(X, lambda estimates: estimates.class_posterior).clip(0.0)
        total = posterior.sum(axis=1, keepdims=True)
        scaled = np.full_like(posterior, 1.0 / posterior.shape[1])
        np.divide(posterior, total, out=scaled, where=total > 0)
        return np.asarray(scaled, dtype=np.float64)

    def _estimates(self, X: Any, which: Callable[[Estimates], Tensor]) -> Floats:
        check_is_fitted(self)
        decode = find_surrogate(self.surrogate).decode
        if decode is None:
            raise InvalidInput(_no_estimates(find_surrogate(self.surrogate)))
        n_experts, max_cost = self._n_experts(), self._max_cost()
        return self._scores(X, lambda raw: which(decode(raw, n_experts, max_cost)))

    def _n_experts(self) -> int:
        return len(self.expert_names_)

    def _scores(self, X: Any, read: Callable[[Tensor], Tensor] | None = None) -> Floats:
        """The scores of all heads, or what is read out of them."""
        check_is_fitted(self)
        features = validate_data(self, X, dtype=np.float64, reset=False)
        heads = (self.head_, *self.added_)
        if read is None:
            return np.hstack([head.scores(features) for head in heads])
        import torch

        return in_blocks(
            lambda rows: read(torch.cat([head.tensor(rows) for head in heads], -1)), features
        )

    def _learn_expert(self, newcomer: Newcomer) -> None:
        """Fit its score, those of the classes being as they are."""
        row = find_surrogate(self.surrogate)
        if not row.separable or self.fees_in == "loss":
            raise InvalidInput(
                f"{row.name}, with fees_in={self.fees_in!r}, learns its experts together; fit it "
                f"again with the new one, or choose {_one_of(lambda row: row.separable)} with "
                f"fees_in='rule'."
            )
        import torch

        y, costs = known_labels(self, newcomer), newcomer.costs[:, None]
        check_unit_costs(costs)
        classes = self.head_.scores(newcomer.features)[:, : len(self.classes_)]

        per_case = row.per_case

        def loss(own: Tensor, f: Tensor, y: Tensor, c: Tensor) -> Tensor:
            return per_case(torch.cat([f, own], -1), y, c)

        def risk(own: Tensor, f: Tensor, y: Tensor, c: Tensor, weight: None) -> float:
            return loss(own, f, y, c).mean().item()

        objective = Objective(loss, risk, USUAL_DECAY)
        fit = fit_head(self, 1, newcomer.features, (classes, y, costs, None), objective)
        self.added_.append(fit.head)

    def _max_cost(self) -> float:
        return 1.0 + float(self.fees_.max(initial=0.0)) if self.fees_in == "loss" else 1.0

    def _known_costs(self, costs: Floats) -> Floats:
        """Costs as the loss is to see them, 0 where an answer is missing."""
        known = np.nan_to_num(costs, nan=0.0)
        return known + self.fees_ if self.fees_in == "loss" else known

    def _objective(self, row: Surrogate) -> Objective:
        start: Callable[..., Tensor] | None = None
        if row.start is not None:
            first, loss = find_surrogate(row.start), self._loss(find_surrogate(row.start))
            largest = 1.0 if first.unit_costs else np.inf  # a start need not be exact
            start = lambda scores, y, costs, *mask: loss(  # noqa: E731
                scores, y, costs.clamp(max=largest), *mask
            )
        check = partial(self._check_loss, row)
        risk = partial(self._risk, row)
        return Objective(self._loss(row), risk, USUAL_DECAY, start, check=check)

    def _check_loss(
        self, row: Surrogate, scores: Tensor, y: Tensor, costs: Tensor, *masks: Tensor
    ) -> None:
        """Let the loss say what it cannot take."""
        options: dict[str, Any] = {"mask": masks[0]} if masks else {}
        if self.fees_in == "loss" and row.takes("max_cost"):
            options["max_cost"] = self._max_cost()
        row.loss(scores, y, costs, **options)

    def _loss(self, row: Surrogate) -> Callable[..., Tensor]:
        """The loss of each case, at the largest cost that there can be."""
        bounded = row.takes("max_cost")
        return partial(row.per_case, max_cost=self._max_cost()) if bounded else row.per_case

    def _risk(
        self,
        row: Surrogate,
        scores: Tensor,
        y: Tensor,
        costs: Tensor,
        *rest: Tensor | None,
    ) -> float:
        """Mean cost, fees included, of routing cases at zero price among who answered."""
        import torch

        *masks, weight = rest
        mask = masks[0] if masks else None
        agents = row.agent_scores(scores, self._n_experts(), self._max_cost())
        fees = torch.as_tensor(self.fees_).to(scores)
        gains, paid = agents[..., 1:] - agents[..., :1], costs
        if self.fees_in == "rule":
            gains, paid = gains - fees, paid + fees
        if mask is not None:
            gains = gains.masked_fill(~mask, -torch.inf)
        cost = (scores[..., : len(self.classes_)].argmax(-1) != y).to(scores)
        if self._n_experts() > 0:
            gain, best = gains.max(-1, keepdim=True)
            cost = torch.where(gain > 0, paid.gather(-1, best), cost.unsqueeze(-1)).squeeze(-1)
        return mean_of(cost, weight)


def _check_fees_can_wait(row: Surrogate, fees: Floats) -> None:
    if fees.any() and not row.decodes:
        raise InvalidInput(
            f"{row.name} only ranks agents, so fees cannot be subtracted after the fit; choose "
            f"{_one_of(lambda row: row.decodes)}, or fees_in='loss'."
        )
