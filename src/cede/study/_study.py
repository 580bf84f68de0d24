"""The main job, from a table to a comparison: every step on cases of its own.

The way of the data: the *model* part trains the base model; the *fit* part, which the model has not
seen, fits the methods; the *tune* part chooses operating points; the *test* part judges.
Whatever the method, the model that answers is the base model.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import numpy as np

from cede._checks import Floats, check_budget, check_fees
from cede._checks._names import by_name
from cede._listen import listen
from cede._rows._copies import find_copies
from cede.evaluation.appraisal import Appraisal, appraise
from cede.evaluation.comparison import Comparison
from cede.evaluation.comparison._terms import Terms
from cede.evaluation.targets import Detected
from cede.exceptions import InvalidInput, UnknownName
from cede.logs import Cases, Column, FixedModel, read_problem
from cede.logs._columns import column_warnings
from cede.routers import METHODS
from cede.routers._method import offered_by
from cede.routers._methods import COMPARED, check_able, find_method, split_methods
from cede.study._detection import check_positive, detect
from cede.study._giveaways import giveaways, sentence
from cede.study._keeping import Kept, check_keepable, keep
from cede.study._splits import Parts, split
from cede.study._stakes import Stakes, price_experts
from cede.study._steadiness import Steadiness, steadiness
from cede.study._workbench import FittedMethod, Workbench

__all__ = ["Study", "compare_table"]

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Study:
    """Everything a report shows."""

    #: The methods on the test part.
    appraisal: Appraisal
    parts: Parts
    label: str
    #: Names of the methods that were compared.
    methods: tuple[str, ...]
    #: The base model's class; of a fixed one, where what it says stands.
    model_name: str
    n_features: int
    seed: int
    #: What each column was taken for that no argument names.
    columns: tuple[Column, ...] = ()
    #: Cases that operating points were chosen on: the tune part and, by fits on its other folds,
    #: the fit part.
    n_tuning: int = 0
    #: How many rows are equal, and what was done about them; None if there are none.
    copies: str | None = None
    #: Methods that cannot run on these cases, and what each of them needs.
    left_out: Mapping[str, str] = field(default_factory=dict)
    #: The method that was to be kept, as a router.
    kept: Kept | None = None
    #: What each row detects of one label, by each target that was asked for; and that label.
    detected: tuple[Detected, ...] = ()
    positive: str = ""
    #: Whether the last cases of a test part that is later in time are like its first.
    steadiness: Steadiness | None = None
    #: What was warned of on the way: columns that tell too much, cases that are not what they seem.
    heard: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What readers of the numbers have to beware of."""
        of_columns = column_warnings(self.columns)
        notes = [] if self.copies is None else [self.copies]
        border = self.parts.border
        notes += [border.warning] if border is not None and border.warning else []
        if self.steadiness is not None and self.steadiness.is_shown:
            notes.append(str(self.steadiness))
        texts = [*notes, *of_columns, *self.heard, *self.appraisal.warnings]
        return tuple(dict.fromkeys([*texts, *_sentences(self.left_out)]))

    @property
    def comparison(self) -> Comparison:
        """The methods side by side."""
        return self.appraisal.comparison

    @property
    def expert_names(self) -> tuple[str, ...]:
        """Names of the experts."""
        return self.comparison.expert_names

    @property
    def fees(self) -> tuple[float, ...]:
        """What asking each expert costs, in units of one error."""
        return self.appraisal.fees


@dataclass(frozen=True, eq=False)
class _Wanted:
    """What is to be compared on the cases, and how."""

    fees: Mapping[str, float]
    stakes: Stakes
    capacity: Mapping[str, float]
    expected_cases: float | None
    budgets: tuple[float, ...]
    methods: Sequence[str] | Literal["all"] | None
    model: Any
    keep: str | None
    targets: Sequence[str]
    positive: Any
    seed: int
    n_boot: int
    tell: Progress


def compare_table(
    table: Any,
    label: str | None = None,
    experts: Mapping[str, str] | None = None,
    *,
    correct: Mapping[str, str] | None = None,
    features: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    group: str | None = None,
    outcome_values: Mapping[str, float] | None = None,
    abstain: Sequence[str] = (),
    label_from: str | None = None,
    time: str | None = None,
    fees: Mapping[str, float] | None = None,
    stakes: Stakes | None = None,
    capacity: Mapping[str, float] | None = None,
    expected_cases: float | None = None,
    budgets: Sequence[float] = (0.1, 0.2, 0.3),
    methods: Sequence[str] | Literal["all"] | None = None,
    model: Any = None,
    keep: str | None = None,
    targets: Sequence[str] = (),
    positive: Any = None,
    seed: int = 0,
    n_boot: int = 1000,
    progress: Progress | None = None,
) -> Study:
    """Compare ways to share the cases of a table between a model and its experts.

    Parameters
    ----------
    table : dataframe, path or Export
        One row per case. Missing features are imputed, texts one-hot encoded.
    label, experts, correct, features, exclude, group, outcome_values, abstain, label_from
        Which column is what: see :func:`cede.logs.read_problem`. Copies of a case stay on one
        side of every split, and are one case for the intervals; what was found is in
        ``Study.copies``.
    time : str, optional
        Column that says when a case came: the latest cases are the test part, and the study says
        whether the last of these are like the first. Without it parts are drawn at random.
    fees : dict of expert name to float, optional
        What asking costs, in units of one error; in money if ``stakes`` say what an error costs.
    stakes : Stakes, optional
        What wrong answers cost, and in which money; without it, one error each. The model then
        answers what it expects to cost least, where its probabilities are known.
    capacity : dict of expert name to number, optional
        How many cases an expert can answer at most, of as many as are tested or expected.
    expected_cases : int, optional
        How many cases the capacities are for; by default as many as are tested.
    budgets : sequence of float, default=(0.1, 0.2, 0.3)
        Largest shares of cases that may leave the model.
    methods : sequence of str, or "all", optional
        Names out of :data:`cede.routers.METHODS`; by default those that the league recommends. Of
        these, and of all, methods that cannot run on the table are left out (``Study.left_out``).
    model : classifier or FixedModel, optional
        An unfitted scikit-learn classifier; default ``HistGradientBoostingClassifier``. Or what a
        model says that is there already, which is not trained, so that more cases are left for all
        else.
    keep : str, optional
        Name of one of the methods, to be fitted again as a router of the table's columns as they
        stand: ``Study.kept``.
    targets : sequence of str
        What else is asked of the system, whoever answers: "f1", "auc", "sensitivity@0.9" (at a
        specificity of 90 %, or another): ``Study.detected``.
    positive : optional
        The label that targets are about.
    seed : int, default=0
        Splits, model and bootstrap.
    n_boot : int, default=1000
        Resamples of the paired bootstrap.
    progress : callable, optional
        Told the step begun and the share of the work done.

    Warns
    -----
    UserWarning
        Of a column that by itself tells the label, and of what the steps warn of; the study keeps
        these sentences in ``warnings``.
    """
    wanted = _Wanted(
        fees=fees or {},
        stakes=Stakes() if stakes is None else stakes,
        capacity=capacity or {},
        expected_cases=expected_cases,
        budgets=tuple(sorted({check_budget(b) for b in budgets})),
        methods=methods,
        model=model,
        keep=keep,
        targets=tuple(targets),
        positive=positive,
        seed=seed,
        n_boot=n_boot,
        tell=progress or (lambda step, done: None),
    )
    fixed = model if isinstance(model, FixedModel) else None

    read = partial(
        read_problem, table, label, experts, correct, features, exclude, group, time, fixed,
        outcome_values, abstain, label_from,
    )  # fmt: skip
    study, heard = listen(lambda: _compare(read, wanted))
    for text in heard:
        warnings.warn(text, UserWarning, stacklevel=2)
    return replace(study, heard=tuple(heard))


def _compare(read: Callable[[], Cases], wanted: _Wanted) -> Study:
    tell, model = wanted.tell, wanted.model
    tell("reading the table", 0.0)
    problem = read()
    stakes = wanted.stakes
    labels = np.unique(problem.y)
    class_costs = None if stakes.count_alike else stakes.table(labels)
    problem = price_experts(problem, stakes)
    expert_fees = _fees(problem.expert_names, wanted.fees) / stakes.per_error
    able, left_out = _able_methods(wanted.methods, problem, expert_fees, model, class_costs)
    if wanted.keep is not None:
        check_keepable(wanted.keep, able)
    positive = check_positive(problem, wanted.targets, wanted.positive)
    copies = find_copies(problem.features, problem.groups)
    problem = replace(problem, groups=copies.groups)
    fixed = model if isinstance(model, FixedModel) else None
    parts = split(problem, wanted.seed, trained=fixed is None)
    _warn_of_giveaways(problem, parts, () if fixed is None else fixed.columns)
    tell("training the model" if fixed is None else "preparing the features", 0.05)
    bench = Workbench.build(problem, parts, model, wanted.seed, class_costs)
    fitted: dict[str, FittedMethod] = {}
    tuning: dict[str, Floats] = {}
    for i, name in enumerate(able):
        tell(f"fitting {name}", 0.35 + 0.45 * i / len(able))
        fitted[name] = bench.fit(name, expert_fees)
        tuning[name] = bench.tuning_scores(name, expert_fees, fitted[name])
    limits = _largest_shares(problem.expert_names, wanted, len(parts.test))
    appraisal = appraise(
        fitted,
        bench.X[parts.test],
        bench.y[parts.test],
        costs=problem.costs[parts.test],
        groups=None if problem.groups is None else problem.groups[parts.test],
        budgets=wanted.budgets,
        model=bench.model,
        fees=expert_fees,
        y_fit=bench.y[np.concatenate([parts.model, parts.fit])],
        class_names=[str(value) for value in labels],
        tune_scores=tuning,
        tune_groups=None if problem.groups is None else problem.groups[bench.tuning_rows],
        expert_names=problem.expert_names,
        feature_names=bench.names,
        terms=Terms(
            class_costs=class_costs,
            largest_shares=limits,
            currency=stakes.money,
        ),
        n_boot=wanted.n_boot,
        random_state=wanted.seed,
        progress=lambda step, done: tell(step, 0.8 + 0.2 * done),
    )
    kept = None
    if wanted.keep is not None:
        kept = keep(wanted.keep, bench, expert_fees, model, appraisal.comparison, limits)
    found: tuple[Detected, ...] = ()
    if positive is not None:
        found = detect(bench, fitted, appraisal.comparison, wanted.targets, positive, wanted.seed)
    study = Study(
        appraisal=appraisal,
        parts=parts,
        label=str(problem.label),
        methods=able,
        model_name=type(bench.model).__name__ if fixed is None else _described(fixed),
        n_features=len(problem.features),
        seed=wanted.seed,
        columns=problem.columns,
        n_tuning=len(bench.tuning_rows),
        copies=copies.text,
        left_out=left_out,
        kept=kept,
        detected=found,
        positive="" if positive is None else str(labels[positive]),
        steadiness=None
        if problem.times is None
        else steadiness(problem, parts.test, bench.model.predict(bench.X[parts.test])),
    )
    tell("done", 1.0)
    return study


def _described(model: FixedModel) -> str:
    """What the page calls a model that is fixed already."""
    columns = ", ".join(repr(name) for name in model.columns)
    many = "s" * (len(model.columns) > 1)
    what = "probabilities" if model.proba else "answers"
    return f"As it is, not trained here: its {what} are column{many} {columns}"


def _warn_of_giveaways(problem: Cases, parts: Parts, said_in: Sequence[str]) -> None:
    """Warn of columns, beside what a model says, that tell the label by themselves."""
    names = [n for n in giveaways(problem, parts.learned, parts.test) if n not in set(said_in)]
    if names:
        warnings.warn(sentence(tuple(names)), UserWarning, stacklevel=2)


def _able_methods(
    methods: Sequence[str] | Literal["all"] | None,
    problem: Cases,
    fees: Floats,
    model: Any,
    class_costs: Floats | None,
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Methods that can run, and what the others need; who was named must be able to."""
    if isinstance(model, FixedModel):
        has_probabilities = problem.probabilities is not None
    else:
        has_probabilities = model is None or hasattr(model, "predict_proba")
    # No answer of the model costs more than one; dearer ones are learned in units of the dearest.
    costs = np.hstack([np.zeros((len(problem), 1)), problem.costs])
    if class_costs is not None:
        dearest = max(1.0, float(np.nanmax(costs)) + float(fees.max(initial=0.0)))
        costs, fees = costs / dearest, fees / dearest
    offered = offered_by(
        costs,
        fees,
        labels=True,
        probabilities=has_probabilities,
        equal_errors=class_costs is None,
    )
    if methods is None or methods == "all":
        return split_methods(COMPARED if methods is None else METHODS, offered)
    for name in methods:
        check_able(find_method(name, argument="methods"), offered, argument="methods")
    return tuple(methods), {}


def _sentences(left_out: Mapping[str, str]) -> list[str]:
    """One for each reason, with all methods that it holds for."""
    names: dict[str, list[str]] = {}
    for name, reason in left_out.items():
        names.setdefault(reason, []).append(name)
    return [f"Left out: {', '.join(who)}, which needs {reason}." for reason, who in names.items()]


def _fees(names: Sequence[str], fees: Mapping[str, float]) -> Floats:
    by_expert = by_name(fees, names)
    if by_expert is None:
        raise InvalidInput(
            f"must be given by expert, but got {fees!r}; write {{{names[0]!r}: 0.1}}",
            argument="fees",
        )
    for name in by_expert:
        if name not in names:
            raise UnknownName("expert", name, names, argument="fees")
    return check_fees([by_expert.get(name, 0.0) for name in names], names)


def _largest_shares(names: Sequence[str], wanted: _Wanted, n_test: int) -> Floats | None:
    """Which share of the cases each expert can answer; None if nobody has a limit."""
    if not wanted.capacity:
        return None
    for name, number in wanted.capacity.items():
        if name not in names:
            raise UnknownName("expert", name, names, argument="capacity")
        if not number >= 0:
            raise InvalidInput(
                f"must be how many cases an expert can answer, at least 0, but got {number!r} for "
                f"{name!r}; write 50, say",
                argument="capacity",
            )
    n_cases = n_test if wanted.expected_cases is None else wanted.expected_cases
    shares = [wanted.capacity.get(name, np.inf) / n_cases for name in names]
    return np.asarray(np.minimum(1.0, shares))
