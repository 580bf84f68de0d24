"""True answers where nobody else knows them: what the experts say together."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints
from cede.exceptions import InvalidInput, MissingExtra, UnknownName
from cede.logs._answers import abstentions, check_alike, stripped, written
from cede.logs._values import Distinct, distinct

__all__ = ["CONSENSUS", "agreed"]

#: Of fewer, none has two others, whose agreement says something.
_FEWEST = 3


def agreed(
    frame: nw.DataFrame[Any],
    experts: Mapping[str, str],
    rule: str,
    abstain: frozenset[str] = frozenset(),
) -> tuple[Distinct, Floats]:
    """Judge each expert by what the others agree on; no expert's own answer is part of it.

    Ties are nobody's: they are missing.

    Parameters
    ----------
    frame : DataFrame
    experts : dict of expert name to column
        Three or more.
    rule : str
        A name out of ``CONSENSUS``.
    abstain : frozenset of str
        Words that are no answer.

    Returns
    -------
    tuple of Distinct and array of shape (n, J)
        What most experts answer, missing where no answer has most voices; and 1 where an expert
        answered otherwise than the others agree on, 0 where alike, NaN where either is not known.

    Raises
    ------
    InvalidInput
        If there are fewer than three experts, or all answer the same.
    """
    if rule not in CONSENSUS:
        raise UnknownName("consensus", rule, CONSENSUS)
    if len(experts) < _FEWEST:
        raise InvalidInput(
            f"must rest on {_FEWEST} experts or more, as each is judged by the others, but got "
            f"{len(experts)}; name the column of the true answers",
            argument="label_from",
        )
    columns = []
    for name, column in experts.items():
        marks = stripped(distinct(frame[column], f"The column {column!r} of expert {name!r}"))
        marks, _ = abstentions(marks, abstain)
        columns.append(marks.spread([written(value) for value in marks.values]))
    classes = sorted({answer for column in columns for answer in column if answer is not None})
    check_alike("The experts' answers together", classes)
    if len(classes) < 2:
        raise InvalidInput(
            f"must tell two answers apart, but all experts answer {', '.join(classes) or 'nothing'}"
            f"; there is nothing to decide",
            argument="label_from",
        )
    places: dict[Any, int] = {None: -1} | {answer: k for k, answer in enumerate(classes)}
    codes = np.array([[places[answer] for answer in column] for column in columns]).T
    find = CONSENSUS[rule]
    together = find(codes, len(classes))
    costs = np.full(codes.shape, np.nan)
    for j in range(len(columns)):
        others = find(np.delete(codes, j, axis=1), len(classes))
        judged = (codes[:, j] >= 0) & (others >= 0)
        costs[judged, j] = codes[judged, j] != others[judged]
    return Distinct(classes, together), costs


def _majority(codes: Ints, n_classes: int) -> Ints:
    """The answer that more experts give than any other, ``(n,)``; -1 where none is."""
    counts = np.stack([(codes == k).sum(axis=1) for k in range(n_classes)], axis=1)
    return _only_highest(counts)


def _dawid_skene(codes: Ints, n_classes: int) -> Ints:
    """The likeliest answer where each expert confuses classes in a way of their own."""
    try:
        import pandas as pd
        from crowdkit.aggregation import DawidSkene
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        package = "crowd-kit" if package in ("", "crowdkit") else package
        raise MissingExtra(package, None, "The consensus of Dawid and Skene") from None
    case, expert = np.nonzero(codes >= 0)
    answers = pd.DataFrame({"task": case, "worker": expert, "label": codes[case, expert]})
    with warnings.catch_warnings():  # of what pandas will not do for crowd-kit any more
        warnings.simplefilter("ignore")
        shares: Any = DawidSkene(n_iter=100).fit(answers).probas_
    table = np.zeros((len(codes), n_classes))
    table[np.ix_(shares.index.to_numpy(), shares.columns.to_numpy())] = shares.to_numpy()
    return _only_highest(table.round(9))


def _only_highest(table: NDArray[Any]) -> Ints:
    highest = table.max(axis=1, keepdims=True)
    alone = ((table == highest).sum(axis=1) == 1) & (highest[:, 0] > 0)
    return np.where(alone, table.argmax(axis=1), -1)


#: How experts are found to agree: a function of the places of their answers, ``(n, J)``, -1 where
#: there is none, and of how many classes there are.
CONSENSUS: dict[str, Callable[[Ints, int], Ints]] = {
    "majority": _majority,
    "dawid-skene": _dawid_skene,
}
