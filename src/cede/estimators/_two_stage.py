"""The two-stage router: agents are fixed, and who is the cheapest is learned from a cost table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
from torch import Tensor

from cede._checks import Floats, check_fees
from cede.estimators._agents import answers_of_agent_0, learn_agents
from cede.estimators._base import Router
from cede.estimators._fitting import Objective, fit_head, head_scores, mean_of
from cede.exceptions import InvalidInput
from cede.modules import Head
from cede.surrogates import Surrogate, find_surrogate
from cede.training import History

__all__ = ["TwoStageRouter"]


class TwoStageRouter(Router):
    r"""Route among fixed agents, whatever their task: learned from what each one's answers cost.

    One score :math:`r_j(x)` per agent, the model's first, trained with a two-stage surrogate on the
    table of agent costs; a case goes to the agent with the largest score. It needs to know neither
    classes nor answers, so agents may classify, predict numbers, detect or do several tasks at
    once: :mod:`cede.costs` turns their answers into costs. The scores rank the agents and estimate
    no costs, so fees belong in the table. :meth:`tune` ranks cases by differences of scores, which
    follow ratios of expected costs, not what a case would gain: for a tight budget, fit with fees
    at which about that share is worth deferring.

    Parameters
    ----------
    model : classifier, default=None
        Agent 0, if ``fit`` is to compute the costs from labels. If it is fitted, it is used as it
        stands: then fit the router on cases that it did *not* see, or its costs there flatter it.
        If not, it is cross-fitted: its costs are out of fold, and it is then fitted on all cases.
    surrogate : str or Surrogate, default="complement"
        A two-stage row of :data:`cede.SURROGATES` or its name.
    head : {"linear", "mlp"}, Module or callable, default="linear"
        What maps features to agent scores, as in :class:`SingleStageClassifier`.
    fees : float or array of shape (J,), default=None
        Price of asking each expert, in units of one error; for fits from labels only, where the
        experts' costs are error plus fee. A new fee needs a new fit.
    weight_decay : float, default=1e-3
        L2 penalty on weights (of standardised features, for a linear head), not biases. Raise it
        for few cases or many features.
    cv : int or splitter, default=5
        Folds for cross-fitting a model that is not fitted.
    tol, max_iter, max_epochs, batch_size, learning_rate, patience, validation_fraction, device, \
on_epoch, random_state
        As in :class:`SingleStageClassifier`.

    Attributes
    ----------
    model_ : classifier or None
        The model that answers.
    classes_ : array of shape (K,)
        The model's classes, after a fit from labels.
    expert_names_ : tuple of str, length J
        Columns of ``experts``, or of the cost table after the first, if they had names.
    fees_ : array of shape (J,)
        Fees at fit.
    module_, history_, n_iter_, n_features_in_, feature_names_in_, operating_point_
        As in :class:`SingleStageClassifier`.

    References
    ----------
    Mao et al. 2023, "Two-stage learning to defer with multiple experts"; Montreuil et al. 2025, "A
    two-stage learning-to-defer approach for multi-task learning"; see
    ``SURROGATES[name].reference``.

    Examples
    --------
    >>> from cede.datasets import make_two_specialists
    >>> X, y, experts = make_two_specialists(n=2_000, random_state=0)
    >>> from sklearn.linear_model import LogisticRegression
    >>> model = LogisticRegression().fit(X[:500], y[:500])
    >>> router = TwoStageRouter(model).fit(X[500:1500], y[500:1500], experts=experts[500:1500])
    >>> alone = model.score(X[1500:], y[1500:])
    >>> bool(router.score(X[1500:], y[1500:], experts=experts[1500:]) > alone)
    True

    From a cost table, of any task:

    >>> import cede
    >>> table = cede.agent_costs(model.predict(X), experts, y, fees=0.05)     # (n, J + 1)
    >>> router = TwoStageRouter().fit(X[500:1500], table[500:1500])
    >>> routes = router.route(X[1500:])
    """

    def __init__(
        self,
        model: Any = None,
        *,
        surrogate: str | Surrogate = "complement",
        head: Head = "linear",
        fees: ArrayLike | None = None,
        weight_decay: float = 1e-3,
        cv: Any = 5,
        tol: float = 1e-6,
        max_iter: int = 1000,
        max_epochs: int = 200,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
        patience: int = 20,
        validation_fraction: float = 0.1,
        device: str = "cpu",
        on_epoch: Callable[[int, History], None] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.model = model
        self.surrogate = surrogate
        self.head = head
        self.fees = fees
        self.weight_decay = weight_decay
        self.cv = cv
        self.tol = tol
        self.max_iter = max_iter
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.device = device
        self.on_epoch = on_epoch
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        experts: Any = None,
        costs: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> TwoStageRouter:
        """Learn who is the cheapest, from a table of costs or from labels and answers.

        Parameters
        ----------
        X : array or dataframe of shape (n, d)
            Finite features.
        y : array of shape (n, J + 1) with J of at least 1, or of shape (n,)
            Two dimensions are agent costs, fees included, the model's first. One dimension is
            labels of any kind; these need a ``model``, and ``experts`` or ``costs``.
        experts : array or dataframe of shape (n, J), optional
            The experts' answers, written like the labels.
        costs : array of shape (n, J), optional
            Instead of answers, what each costs before fees.
        sample_weight : array of shape (n,), optional
            Weight of each case.

        Raises
        ------
        InvalidInput
            If a cost is missing: these losses need every agent's cost of each case.
        """
        self._forget_point()
        row = find_surrogate(self.surrogate, "two_stage")
        features, table = learn_agents(self, X, y, experts, costs)
        table[:, 1:] += self.fees_
        gone = np.isnan(table).sum()
        if gone:
            raise InvalidInput(
                f"A two-stage loss needs what every agent costs in each case, however {gone} of "
                f"{table.size} costs are missing; drop those cases, or use a single-stage "
                f"surrogate with a mask."
            )
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, features)
        objective = Objective(loss=partial(_loss, row), risk=_risk)
        fitted = fit_head(self, table.shape[1], features, (table, weight), objective)
        self.module_, self.history_, self.n_iter_ = fitted
        return self

    def agent_scores(self, X: Any) -> Floats:
        """Scores of the agents, ``(n, J + 1)``, the model's first: a rank, not a cost."""
        check_is_fitted(self)
        if not np.array_equal(check_fees(self.fees, len(self.expert_names_)), self.fees_):
            raise InvalidInput(
                f"A two-stage router ranks the agents at the fees it was fitted with, "
                f"{self.fees_.tolist()}, however fees={self.fees!r} now; fit it again."
            )
        features = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(head_scores(self.module_, features).cpu().numpy(), dtype=np.float64)

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model answers, ``(n,)``."""
        return answers_of_agent_0(self, X)


def _loss(row: Surrogate, scores: Tensor, costs: Tensor, weight: Tensor | None) -> Tensor:
    return row.loss(scores, costs, sample_weight=weight)


def _risk(scores: Tensor, costs: Tensor, weight: Tensor | None) -> float:
    """Mean cost of routing cases to the largest score."""
    return mean_of(costs.gather(-1, scores.argmax(-1, keepdim=True)).squeeze(-1), weight)
