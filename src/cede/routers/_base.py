"""The abstract router: what every method answers, and the rule they all share."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import ClassifierTags, Tags
from sklearn.utils.validation import check_is_fitted

from cede import operating
from cede._checks import Floats, Ints, check_agent_table, check_fees, check_groups
from cede._checks._names import available_experts, in_order
from cede._rows._fingerprint import check_unseen, fingerprint, seen_before
from cede.costs import is_cost_table, read_outcomes
from cede.exceptions import InvalidInput
from cede.logs._opened import opened
from cede.monitoring import AuditedRoutes, ExploredRoutes, audit, explore
from cede.operating import OperatingPoint
from cede.routers._features import READING, warns_once
from cede.routers._learner import Learner
from cede.routers._newcomer import extend_by, read_newcomer
from cede.routers._worth import mean_worth
from cede.tuning import Question
from cede.tuning._choose import point_for
from cede.tuning._question import asks

__all__ = ["Router"]


class Router(Learner):
    """What every method answers; children are final, and say what they learn and how they score.

    In order of use: ``fit`` learns, ``tune`` chooses an operating point on data not used to fit,
    ``route`` says who answers, ``predict`` what the model would answer, ``agent_scores`` is the
    raw material of every curve, and ``score`` is the accuracy of the *system*.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        """Let each method that reads features warn at most once."""
        super().__init_subclass__(**options)
        for name in READING & vars(cls).keys():
            setattr(cls, name, warns_once(vars(cls)[name]))

    @abstractmethod
    def agent_scores(self, X: Any) -> Floats:
        """One comparable number per agent and case, ``(n, J + 1)``, the model first.

        Where a method estimates costs, it is one minus the expected cost of letting that agent
        answer, fees included: without fees, the probability that the agent is right. Where it does
        not, the numbers rank the agents, and their differences rank the cases.
        """

    @abstractmethod
    def predict(self, X: Any) -> NDArray[Any]:
        """What the model would answer, shape ``(n,)``."""

    @property
    def agent_names(self) -> tuple[str, ...]:
        """Names of the agents, the model's first; it is "model" unless the fit's cases name it."""
        return (str(getattr(self, "model_name_", "model")), *map(str, self.expert_names_))

    @asks
    @warns_once
    def tune(
        self,
        X: Any,
        y: ArrayLike | None = None,
        experts: Any = None,
        costs: ArrayLike | None = None,
        *,
        groups: ArrayLike | None = None,
        **question: Any,
    ) -> OperatingPoint:
        """Choose the operating point by what is known: a share, a price, a sum, a workload, a goal.

        The point is kept in ``operating_point_`` and used by :meth:`route` from then on; nothing is
        refitted.

        Parameters
        ----------
        X : array or dataframe of shape (n, d), or Cases
            Cases like those to come, which ``fit`` did not see. :class:`cede.logs.Cases` bring what
            is known of them, and it is not to be said beside them.
        y : array of shape (n,) or (n, J + 1), optional
            Labels; or a table of agent costs. Needed for a target and a risk; otherwise they tell
            what accuracy to expect.
        experts, costs : optional
            Beside labels: the experts' answers ``(n, J)``, or what these cost.
        groups : array of shape (n,), optional
            Which cases belong together, such as one patient's: the intervals, also those of
            :meth:`cede.OperatingPoint.rate_among`, and a guaranteed risk then rest on groups.
        **question
            What the point is chosen for, and how sure to be: see :class:`cede.tuning.Question`. Say
            a budget, a fee, a spend, a capacity, a target or a risk.

        Returns
        -------
        OperatingPoint
            With its expected deferral rate, spend and accuracy in ``expected``.

        Raises
        ------
        InvalidInput
            As :func:`cede.choose_operating_point`; for a fee, if scores only rank the agents; for a
            risk, if the router was fitted on these cases.
        """
        check_is_fitted(self)
        X, y, experts, costs, _, groups = opened(X, y, experts, costs, groups=groups)
        X = self._rows(X)
        asked = Question.of("tune", question).in_order(self.expert_names_)
        asked.check_outcomes(known=not (y is None and experts is None and costs is None))
        if asked.fee is not None and not self._estimates_costs():
            raise InvalidInput(
                f"cannot be taken off the scores of this {type(self).__name__}, which rank the "
                f"agents and are not in units of one error; choose a budget instead",
                argument="fee",
            )
        if asked.risk is not None:
            check_unseen(self, X, "A guaranteed risk")
        scores = self.agent_scores(X)
        table = None
        if y is not None or experts is not None or costs is not None:
            if y is None:
                raise InvalidInput(
                    "must be labels, but got None beside the experts' answers, which are judged by "
                    "them; pass labels, too",
                    argument="y",
                )
            table = self._outcomes(X, y, experts, costs)
            seen = seen_before(self, X)
            if seen is not None:
                warnings.warn(
                    f"What to expect is flattered: {seen}; tune on cases that were held out.",
                    UserWarning,
                    stacklevel=3,
                )
        scores = check_agent_table("agent_scores", scores)
        point = point_for(
            asked, scores, table, self._fees(), X, check_groups(groups, scores), self._walk(X)
        )
        self.operating_point_ = point
        self._keep_point(point)
        return point

    @warns_once
    def route(self, X: Any, available: Any = None) -> Ints:
        """Who answers each case: 0 for the model, ``j`` for expert ``j``; shape ``(n,)``.

        At the tuned operating point, or at zero price before :meth:`tune`.

        Parameters
        ----------
        X : array or dataframe of shape (n, d)
        available : list of names, or booleans of shape (J,) or (n, J), optional
            The experts who can be asked now; the others never are. By default all can.
        """
        check_is_fitted(self)
        point = getattr(self, "operating_point_", None)
        present = available_experts(available, self.expert_names_)
        return operating.route(self.agent_scores(X), point, present)

    @warns_once
    def explore(
        self,
        X: Any,
        share: float,
        *,
        available: Any = None,
        random_state: int | np.random.Generator | None = None,
    ) -> ExploredRoutes:
        """Route, and send a random ``share`` of all cases to an expert who joins without history.

        The newcomer is agent J + 1 in these routes. Once it has answered some dozens, give them
        to :meth:`add_expert`, after which it has the same number. The result holds the propensity
        of each route, to be logged; see :func:`cede.monitoring.explore`.

        Parameters
        ----------
        X : array or dataframe of shape (n, d)
        share : float
            In (0, 1); 0.05 is one case in twenty.
        available : optional
            As in :meth:`route`, of the experts that the router knows.
        random_state : int, Generator or None, default=None
            Pass a Generator where batches follow each other.
        """
        return explore(
            self.route(X, available),
            share,
            n_experts=len(self.expert_names_),
            random_state=random_state,
        )

    @warns_once
    def audit(
        self,
        X: Any,
        share: float,
        *,
        available: Any = None,
        weights: ArrayLike | None = None,
        random_state: int | np.random.Generator | None = None,
    ) -> AuditedRoutes:
        """Route, and send a random ``share`` of what the model would keep to an expert anyway.

        Where nobody looks at what is kept, nobody sees the model fail. The result holds the routes
        and the propensity of each, to be logged; see :func:`cede.monitoring.audit`.

        Parameters
        ----------
        X : array or dataframe of shape (n, d)
        share : float
            In (0, 1); 0.02 is one kept case in fifty.
        available : optional
            As in :meth:`route`.
        weights : array of shape (J,) or (n, J), optional
            How often each expert does the audits; by default equally often.
        random_state : int, Generator or None, default=None
            Pass a Generator where batches follow each other.
        """
        return audit(
            self.route(X, available),
            share,
            n_experts=len(self.expert_names_),
            available=available_experts(available, self.expert_names_),
            weights=in_order("weights", weights, self.expert_names_),
            random_state=random_state,
        )

    @warns_once
    def add_expert(
        self,
        X: Any,
        y: ArrayLike,
        answers: ArrayLike | None = None,
        *,
        costs: ArrayLike | None = None,
        fee: float = 0.0,
        name: str | None = None,
    ) -> Router:
        """Learn one more expert from its own cases; all other agents stay as they are.

        For routers that learn each expert apart: one-vs-all, softmax + one-vs-all and asymmetric
        softmax in a single stage, threshold correction and rejectors, density ratios, neighbours,
        and regressions of costs. The expert comes last, and the operating point is forgotten. One
        without any cases yet gets a share of them from :meth:`explore`.

        Parameters
        ----------
        X : array or dataframe of shape (m, d)
            Cases that it answered. A few dozen do for regressions of costs and neighbours; a ratio
            or a rejector wants hundreds.
        y : array of shape (m,) or (m, 2)
            Labels; or, without labels, what the model's and the new expert's answers cost.
        answers : array of shape (m,), optional
            Its answers, written like the labels.
        costs : array of shape (m,), optional
            Instead of answers, what each costs before the fee.
        fee : float, default=0
            What asking it costs, in units of one error.
        name : str, optional
            What to call it; by default its number.

        Raises
        ------
        InvalidInput
            If this router learns its experts together, and must be fitted again.
        """
        check_is_fitted(self)
        learn = getattr(self, "_learn_expert", None)
        if learn is None:
            raise InvalidInput(
                f"{type(self).__name__} learns its experts together; fit it again with the new one."
            )
        called = name if name is not None else f"expert {len(self.expert_names_) + 1}"
        newcomer = read_newcomer(self, X, y, answers, costs, called)
        learn(newcomer._replace(fee=float(check_fees(fee, 1)[0])))
        extend_by(self, called, fee)
        self.fitted_on_ = [*getattr(self, "fitted_on_", []), fingerprint(newcomer.features)]
        self._forget_point()
        return self

    @warns_once
    def score(
        self,
        X: Any,
        y: ArrayLike | None = None,
        experts: Any = None,
        costs: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> float:
        """Accuracy of the system: each case answered by whoever :meth:`route` sends it to.

        Cases in which an expert's answer is missing are left out. With ``costs`` (before fees),
        or with a table of agent costs ``(n, J + 1)`` as ``y``, this is one minus the mean cost.

        Raises
        ------
        InvalidInput
            If the router knows experts and neither ``experts`` nor ``costs`` is passed: the
            accuracy of the model alone is a different number.
        """
        check_is_fitted(self)
        X, y, experts, costs, _, _ = opened(X, y, experts, costs)
        X = self._rows(X)
        if y is None:
            raise InvalidInput(
                "must be labels or a table of agent costs, but got None", argument="y"
            )
        routes = self.route(X)
        hint = (
            " In a grid search, enable metadata routing and call .set_score_request(experts=True)."
        )
        table = self._outcomes(X, y, experts, costs, hint)
        return mean_worth(routes, table, sample_weight)

    def _outcomes(self, X: Any, y: ArrayLike, experts: Any, costs: Any, hint: str = "") -> Floats:
        """What each agent cost in these cases, ``(n, J + 1)``; experts may be the router's own."""
        if experts is None and costs is None and not is_cost_table(y):
            experts = self._own_experts(X)
        return read_outcomes(self, X, y, experts, costs, hint=hint)

    def _walk(self, X: Any) -> Any:
        """Where agents are asked one after the other: a function from prices to who answers."""
        return None

    def _keep_point(self, point: OperatingPoint) -> None:
        """Keep what applying a new operating point needs beside it."""

    def _estimates_costs(self) -> bool:
        """Tell whether scores are one minus expected costs, rather than ranks of the agents."""
        return True

    def _own_experts(self, X: Any) -> Any:
        """Answers of the experts, ``(n, J)``, where they are this router's own; else None."""
        return None

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that a router classifies; no mixin, as theirs would bring its score."""
        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier"
        tags.classifier_tags = ClassifierTags()
        tags.target_tags.required = True
        return tags
