"""The main job, from a table to a comparison: every step on cases of its own.

The way of the data: the *model* part trains the base model; the *fit* part, which the model has not
seen, fits the methods; the *tune* part chooses operating points; the *test* part judges.
Whatever the method, the model that answers is the base model.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from cede._checks import Floats, check_budget, check_fees
from cede._checks._names import by_name
from cede._listen import listen
from cede._rows._copies import find_copies
from cede.evaluation.appraisal import Appraisal, appraise
from cede.evaluation.comparison import Comparison
from cede.exceptions import InvalidInput, UnknownName
from cede.logs import Column, read_problem
from cede.logs._columns import column_warnings
from cede.routers import METHODS
from cede.routers._method import offered_by
from cede.routers._methods import COMPARED, check_able, find_method, split_methods
from cede.study._giveaways import giveaways, sentence
from cede.study._splits import Parts, split
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
    #: The base model's class.
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
    #: What was warned of on the way: columns that tell too much, cases that are not what they seem.
    heard: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What readers of the numbers have to beware of."""
        of_columns = column_warnings(self.columns)
        copies = [] if self.copies is None else [self.copies]
        texts = [*copies, *of_columns, *self.heard, *self.appraisal.warnings]
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


def compare_table(
    table: Any,
    label: str | None = None,
    experts: Mapping[str, str] | None = None,
    *,
    correct: Mapping[str, str] | None = None,
    fees: Mapping[str, float] | None = None,
    features: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    group: str | None = None,
    budgets: Sequence[float] = (0.1, 0.2, 0.3),
    methods: Sequence[str] | Literal["all"] | None = None,
    model: Any = None,
    seed: int = 0,
    n_boot: int = 1000,
    progress: Progress | None = None,
) -> Study:
    """Compare ways to share the cases of a table between a model and its experts.

    Parameters
    ----------
    table : dataframe, path or Export
        One row per case. Missing features are imputed, texts one-hot encoded.
    label, experts, correct, features, exclude, group
        Which column is what: see :func:`cede.logs.read_problem`. Copies of a case stay on one
        side of every split, and are one case for the intervals; what was found is in
        ``Study.copies``.
    fees : dict of expert name to float, optional
        What asking costs, in units of one error.
    budgets : sequence of float, default=(0.1, 0.2, 0.3)
        Largest shares of cases that may leave the model.
    methods : sequence of str, or "all", optional
        Names out of :data:`cede.routers.METHODS`; by default those that the league recommends. Of
        these, and of all, methods that cannot run on the table are left out (``Study.left_out``).
    model : classifier, optional
        An unfitted scikit-learn classifier; default ``HistGradientBoostingClassifier``.
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
    study, heard = listen(
        lambda: _compare(
            table, label, experts, correct, fees, features, exclude, group, budgets, methods, model,
            seed, n_boot, progress,
        )
    )  # fmt: skip
    for text in heard:
        warnings.warn(text, UserWarning, stacklevel=2)
    return replace(study, heard=tuple(heard))


def _compare(
    table: Any,
    label: str | None,
    experts: Mapping[str, str] | None,
    correct: Mapping[str, str] | None,
    fees: Mapping[str, float] | None,
    features: Sequence[str] | None,
    exclude: Sequence[str],
    group: str | None,
    budgets: Sequence[float],
    methods: Sequence[str] | Literal["all"] | None,
    model: Any,
    seed: int,
    n_boot: int,
    progress: Progress | None,
) -> Study:
    tell = progress or (lambda step, done: None)
    tell("reading the table", 0.0)
    problem = read_problem(table, label, experts, correct, features, exclude, group)
    budgets = tuple(sorted({check_budget(b) for b in budgets}))
    expert_fees = _fees(problem.expert_names, fees or {})
    able, left_out = _able_methods(methods, problem.costs, expert_fees, model)
    copies = find_copies(problem.features, problem.groups)
    problem = replace(problem, groups=copies.groups)
    parts = split(problem, seed)
    giveaway_names = giveaways(problem, parts.model, parts.test)
    if giveaway_names:
        warnings.warn(sentence(giveaway_names), UserWarning, stacklevel=2)
    tell("training the model", 0.05)
    bench = Workbench.build(problem, parts, model, seed)
    fitted: dict[str, FittedMethod] = {}
    tuning: dict[str, Floats] = {}
    for i, name in enumerate(able):
        tell(f"fitting {name}", 0.35 + 0.45 * i / len(able))
        fitted[name] = bench.fit(name, expert_fees)
        tuning[name] = bench.tuning_scores(name, expert_fees, fitted[name])
    appraisal = appraise(
        fitted,
        bench.X[parts.test],
        bench.y[parts.test],
        costs=problem.costs[parts.test],
        groups=None if problem.groups is None else problem.groups[parts.test],
        budgets=budgets,
        model=bench.model,
        fees=expert_fees,
        y_fit=bench.y[np.concatenate([parts.model, parts.fit])],
        class_names=[str(value) for value in np.unique(problem.y)],
        tune_scores=tuning,
        tune_groups=None if problem.groups is None else problem.groups[bench.tuning_rows],
        expert_names=problem.expert_names,
        feature_names=bench.names,
        n_boot=n_boot,
        random_state=seed,
        progress=lambda step, done: tell(step, 0.8 + 0.2 * done),
    )
    study = Study(
        appraisal=appraisal,
        parts=parts,
        label=str(problem.label),
        methods=able,
        model_name=type(bench.model).__name__,
        n_features=len(problem.features),
        seed=seed,
        columns=problem.columns,
        n_tuning=len(bench.tuning_rows),
        copies=copies.text,
        left_out=left_out,
    )
    tell("done", 1.0)
    return study


def _able_methods(
    methods: Sequence[str] | Literal["all"] | None, costs: Floats, fees: Floats, model: Any
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Methods that can run, and what the others need; who was named must be able to."""
    offered = offered_by(
        np.hstack([np.zeros((len(costs), 1)), costs]),  # no answer of the model costs more than one
        fees,
        labels=True,
        probabilities=model is None or hasattr(model, "predict_proba"),
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
