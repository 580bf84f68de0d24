"""The region router: intervals of a model's score in which one reader answers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import astuple
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from cede._checks import Bools, Floats
from cede._checks._arrays import as_flags, to_array
from cede._rows._folds import hold_out
from cede.exceptions import InvalidInput
from cede.routers._base import Router
from cede.routers._draws import own_draws
from cede.routers._features import validate_data
from cede.routers._targets import check_targets
from cede.routers._training_cases import TrainingCases
from cede.routers.regions import (
    Rates,
    ReaderStudy,
    Regions,
    best_threshold,
    choose_regions,
    judge_routes,
)

__all__ = ["RegionRouter"]


class RegionRouter(Router):
    r"""Let the reader answer where the model's score lies in one of a few closed intervals.

    For a model of which only its score is known, one reader, and two classes. The model answers the
    second class where the score is larger than a threshold; intervals and threshold are chosen
    together. Half of the cases say where the reader has an advantage (``regions`` has the
    formulas), smoothed over neighbouring scores; of all thresholds, and all trade-offs between
    sensitivity and specificity at which anything changes, those are kept that, on *both* halves,

    - defer at most a share ``max_deferral_rate``,
    - are not below the reader's sensitivity, nor below the reader's specificity, by more than
      ``margin``,
    - have at most ``max_intervals`` intervals,

    and the one with the best ``objective`` on the other half is taken. **If nothing keeps these
    bounds**, a warning says so, ``feasible_`` is False, and *every case goes to the reader*, as it
    did before there was a model: that exceeds ``max_deferral_rate``, which :meth:`tune` can then
    enforce at the expense of the other bounds.

    ``fit`` takes the reader's answers, ``experts (n,)`` or ``(n, 1)``; cases without one are left
    out. It also takes ``validation (n,)``, true for the cases on which regions are only judged; by
    default these are drawn within each class, whole groups at a time.

    ``X`` is the score alone, ``(n,)`` or ``(n, 1)``: any finite number, higher for the second
    class. Bins and smoothing follow ranks, so that probabilities and log odds serve alike. Every
    score is in an interval or not, ends included; scores below or above all that were seen go where
    the lowest or highest went.

    Bounds are held by point estimates on the cases that chose the regions: not inferior *there*.
    Of many candidates the luckiest wins, so what ``reached_`` says is too good, the more so the
    fewer the cases; :meth:`rates` on cases that ``fit`` did not see is the number to report.

    Parameters
    ----------
    objective : "sensitivity" or "specificity", default="sensitivity"
        What to raise; the other is only held to the reader's.
    max_deferral_rate : float, default=0.5
        Largest share of cases that the reader answers, in [0, 1].
    margin : float, default=0.0
        How far sensitivity and specificity may be below the reader's, in [0, 1]: 0.02 is two
        points.
    n_bins : int, default=250
        Bins hold equally many cases; 2 to 1000. Fewer are made if there are fewer distinct scores.
    bandwidths : sequence of float, default=(0.01, 0.03, 0.1)
        Widths of the Gaussian by which counts of bins are smoothed, as shares of all cases; each is
        tried. Zero leaves them as they are.
    max_intervals : int, default=2
        Few intervals can be explained, and overfit less.
    tune_fraction : float, default=0.5
        Share of each class on which regions are estimated. The others are for validation. Not
        used where ``validation`` names them.
    random_state : int or RandomState, default=None
        Draws this split.

    Attributes
    ----------
    intervals_ : array of shape (m, 2)
        Closed, in order; infinite at an end of the scale.
    threshold_ : float
    feasible_ : bool
        Whether the bounds hold on both splits.
    reached_ : tuple of two :class:`cede.routers.regions.Rates`
        Sensitivity and specificity of reader, model and system, and the deferral rate, on the cases
        regions were estimated on and on those they were validated on. Empty without a reader.
    classes_ : array of shape (2,)
        The second is what sensitivity is about.
    expert_names_ : tuple of str, length 1, or 0 without a reader
    edges_, gains_ : arrays of shape (T - 1,), (T,)
        Upper ends of bins, and the reader's estimated advantage per case there.
    sensitivity_weight_, bandwidth_ : float
        Of the candidate taken: lambda, and the smoothing.
    rates_ : array of shape (2, 7)
        ``reached_`` as numbers.
    n_features_in_, feature_names_in_, operating_point_
        As in :class:`SingleStageClassifier`.

    Notes
    -----
    The advantage, the two splits and the bounds are those of CoDoC. Where this differs, and why:

    - Intervals are closed, and bins, threshold and intervals share their ends. There, regions are
      open in use: a score at the lower end of one, such as 0, counts as deferred in the search but
      is not deferred later; one at the threshold counts as positive in the search only.
    - Bins hold equally many cases, instead of dividing [0, 1] evenly, so that none is empty. There,
      empty bins are deferred, and scores outside [0, 1] are not counted.
    - Every trade-off at which anything changes is tried, instead of 21, and no pseudocounts.
    - The margin is a difference, as in trials, instead of a factor, and the system is held to
      the reader; there, it can also be held to the model at an operating point like the reader's.
    - The best candidate is taken. There, a share of the best can be skipped, to lessen the luck.
    - Deferring nothing, and everything, are candidates too.

    References
    ----------
    Dvijotham et al. 2023, "Enhancing the reliability and accuracy of AI-enabled diagnosis via
    complementarity-driven deferral to clinicians", Nature Medicine 29.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> score = rng.random(3_000)
    >>> y = (rng.random(3_000) < score).astype(int)
    >>> reader = np.where((score > 0.3) & (score < 0.6), y, 1 - y)  # right in a band alone
    >>> router = RegionRouter(random_state=0).fit(score[:2000], y[:2000], experts=reader[:2000])
    >>> router.intervals_.round(1).tolist()
    [[0.3, 0.6]]
    >>> new = router.rates(score[2000:], y[2000:], experts=reader[2000:])
    >>> new.sensitivity > new.reader_sensitivity, new.specificity > new.reader_specificity
    (True, True)
    """

    _takes = frozenset({"experts", "groups", "validation"})

    def __init__(
        self,
        *,
        objective: str = "sensitivity",
        max_deferral_rate: float = 0.5,
        margin: float = 0.0,
        n_bins: int = 250,
        bandwidths: Sequence[float] = (0.01, 0.03, 0.1),
        max_intervals: int = 2,
        tune_fraction: float = 0.5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.objective = objective
        self.max_deferral_rate = max_deferral_rate
        self.margin = margin
        self.n_bins = n_bins
        self.bandwidths = bandwidths
        self.max_intervals = max_intervals
        self.tune_fraction = tune_fraction
        self.random_state = random_state

    @classmethod
    def _examples(cls) -> dict[str, Router]:
        return {}  # it reads one score, and no other table of features

    def _fit(self, cases: TrainingCases) -> None:
        score = cases.features
        _check_shapes(score, self.classes_, self.expert_names_)
        assert cases.y is not None
        if not self.expert_names_:
            self.threshold_ = best_threshold(cases.y, score[:, 0])
            self.intervals_: Floats = np.empty((0, 2))
            self.edges_, self.gains_ = np.empty(0), np.zeros(1)
            self.rates_ = np.empty((0, 7))
            self.feasible_, self.sensitivity_weight_, self.bandwidth_ = True, 0.5, 0.0
            return
        held_out = self._validation(cases)
        study, answered = _study(score[:, 0], cases.y, cases.costs[:, 0])
        regions = choose_regions(
            study.take(~held_out[answered]),
            study.take(held_out[answered]),
            objective=self.objective,
            max_deferral_rate=self.max_deferral_rate,
            margin=self.margin,
            n_bins=self.n_bins,
            bandwidths=self.bandwidths,
            max_intervals=self.max_intervals,
        )
        self._keep(regions)

    def _as_table(self, X: Any) -> Any:
        """Scores ``(n,)`` as ``(n, 1)``, and anything else, dataframes included, as it is."""
        return to_array(X)[:, None] if np.ndim(X) == 1 else X

    def _estimates_costs(self) -> bool:
        return False

    def agent_scores(self, X: Any) -> Floats:
        """Zero for the model, and the reader's estimated advantage, ``(n, 2)``; a rank.

        The advantage is positive inside the intervals and nowhere else, so that at zero price
        exactly these are deferred, and a higher price keeps those that gain the least.
        """
        score = self._score(X)
        if not self.expert_names_:
            return np.zeros((len(score), 1))
        gains = self.gains_[np.searchsorted(self.edges_, score)]
        return np.column_stack([np.zeros(len(score)), gains])

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model answers, ``(n,)``: the second class above the threshold."""
        above = self._score(X) > self.threshold_
        return np.asarray(self.classes_[above.astype(np.int64)])

    def rates(self, X: Any, y: ArrayLike, experts: Any) -> Rates:
        """Sensitivity and specificity of reader, model and system on other cases.

        Routes are those of :meth:`route`; cases that the reader did not answer are left out.
        """
        routes = self.route(X)
        if not self.expert_names_:
            raise InvalidInput(
                "This router was fitted without a reader, so there is none to judge."
            )
        targets = check_targets(to_array(y), experts, None, self.classes_)
        score = self._score(X)
        _check_shapes(score[:, None], targets.classes, targets.expert_names)
        study, answered = _study(score, targets.y, targets.costs[:, 0])
        return judge_routes(study, routes[answered], self.threshold_)

    @property
    def reached_(self) -> tuple[Rates, ...]:
        """What was reached on the two splits of ``fit``."""
        check_is_fitted(self)
        return tuple(Rates(*row) for row in self.rates_.tolist())

    def _keep(self, regions: Regions) -> None:
        self.intervals_, self.threshold_ = regions.intervals, regions.threshold
        self.edges_, self.gains_ = regions.edges, regions.gains
        self.feasible_, self.bandwidth_ = regions.feasible, regions.bandwidth
        self.sensitivity_weight_ = regions.weight
        self.rates_ = np.array([astuple(regions.tune), astuple(regions.validation)])
        if not regions.feasible:
            warnings.warn(
                f"No regions that defer at most {self.max_deferral_rate:.4g} of the cases keep the "
                f"reader's sensitivity and specificity within margin={self.margin:.4g} on both "
                f"splits, so every case goes to the reader; raise max_deferral_rate, margin or "
                f"max_intervals.",
                UserWarning,
                stacklevel=7,
            )

    def _score(self, X: Any) -> Floats:
        check_is_fitted(self)
        score = validate_data(self, self._as_table(X), dtype=np.float64, reset=False)
        return np.asarray(score[:, 0], dtype=np.float64)

    def _validation(self, cases: TrainingCases) -> Bools:
        """Which cases are for validation: those that were named, or some drawn from each class."""
        answered = ~np.isnan(cases.costs[:, 0])
        if "validation" in cases.beside:
            return _checked_validation(cases.beside["validation"], answered)
        if not isinstance(self.tune_fraction, Real) or not 0.0 < self.tune_fraction < 1.0:
            raise InvalidInput(
                f"tune_fraction must lie between 0 and 1, ends excluded, not "
                f"{self.tune_fraction!r}."
            )
        rng = own_draws(self.random_state)
        return _drawn(cases, self.classes_, answered, self.tune_fraction, rng)

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that X may be one-dimensional, and that there are two classes."""
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.classifier_tags.multi_class = False
        return tags


def _checked_validation(validation: Any, answered: Bools) -> Bools:
    """The cases that are named for validation, ``(n,)``: some of those with an answer, not all."""
    held_out = as_flags("validation", validation)
    if held_out.shape != answered.shape or held_out.dtype != np.bool_:
        raise InvalidInput(
            f"must be true or false for each of the {len(answered)} cases, but got dtype "
            f"{held_out.dtype} and shape {held_out.shape}",
            argument="validation",
        )
    n_held_out, n_answered = int(held_out[answered].sum()), int(answered.sum())
    if n_held_out in (0, n_answered):
        raise InvalidInput(
            f"must leave cases on both sides, but got true for {n_held_out} of the {n_answered} "
            f"cases that the reader answered",
            argument="validation",
        )
    return held_out


def _check_shapes(score: Floats, classes: NDArray[Any], readers: tuple[str, ...]) -> None:
    if score.shape[1] != 1:
        raise InvalidInput(
            f"must be the model's score alone, one column, but got {score.shape[1]} columns; pass "
            f"for instance model.predict_proba(X)[:, 1]",
            argument="X",
        )
    if len(classes) != 2:
        raise InvalidInput(
            f"must have two classes for RegionRouter, but got {len(classes)}: "
            f"{classes.tolist()[:20]}",
            argument="y",
        )
    if len(readers) > 1:
        raise InvalidInput(
            f"must be of one reader for RegionRouter, but got those of {len(readers)}: "
            f"{', '.join(readers[:20])}",
            argument="experts",
        )


def _drawn(
    cases: TrainingCases, classes: NDArray[Any], answered: Bools, share: float, rng: Any
) -> Bools:
    """Draw the validation cases within each class, one at least, among those with an answer."""
    assert cases.y is not None
    rows, groups = np.flatnonzero(answered), cases.groups
    y = cases.y[rows]
    units = np.arange(len(rows)) if groups is None else groups[rows]
    held_out = np.zeros(len(cases), dtype=np.bool_)
    seed = int(rng.randint(2**31 - 1))
    held_out[rows] = hold_out(cases.features[rows], 1.0 - share, strata=y, groups=units, seed=seed)
    for code, name in enumerate(classes.tolist()):
        drawn = held_out[rows][y == code]
        if not drawn.any() or drawn.all():
            raise InvalidInput(
                "must be answered in every class by cases of both splits, but the reader "
                f"answered {len(drawn)} cases of class "
                f"{name!r}{'' if groups is None else ', in too few groups'}; pass more of them",
                argument="experts",
            )
    return held_out


def _study(score: Floats, y: Any, wrong: Floats) -> tuple[ReaderStudy, Bools]:
    """The cases that the reader answered, and which those are."""
    answered: Bools = ~np.isnan(wrong)
    own = y[answered]
    reader = np.where(wrong[answered] > 0, 1 - own, own)
    return ReaderStudy(y=own, score=score[answered], reader=reader), answered
