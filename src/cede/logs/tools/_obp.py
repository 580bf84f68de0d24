"""Open Bandit Pipeline: dictionaries of logged bandit feedback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats
from cede.exceptions import InvalidInput, MissingExtra
from cede.logs._cases import Cases
from cede.logs._export import Export
from cede.logs._log import show
from cede.logs.tools._obp_files import read_feedback
from cede.logs.tools._rewards import Scale

__all__ = ["read_obp", "write_obp"]

#: Keys of other settings, and what they are.
_OTHERS = {
    "slate_id": "slates of several actions",
    "pscore_cascade": "slates of several actions",
    "action_dist": "distributions of actions, not a log",
}


def read_obp(
    feedback: Mapping[str, Any] | Sequence[str | Path] | str | Path,
    *,
    agents: str | Sequence[str] | None = None,
    best: str | float = 1.0,
    worst: str | float = 0.0,
) -> Export:
    """Read a dictionary of bandit feedback, as Open Bandit Pipeline (obp 0.5.7) makes it.

    - ``action`` counts from 0. ``pscore`` is the probability of the action that was taken, at its
      position: the propensity. Where ``pi_b`` is there, the two must agree.
    - ``position`` is None, or which place of a list the action was for: a feature, as it is known
      before. Actions are the same at each.
    - Rewards are asked for in [0, 1], unless ``best`` and ``worst`` say which rewards are worth 1
      and 0.
    - ``expected_reward``, which synthetic data have, nobody knows of real ones; ``action_context``
      says who could answer: both are left out.

    Parameters
    ----------
    feedback : dict, or path of a file
        A ``.npz`` file of its arrays (``np.savez(path, **feedback)``), or a ``.json`` file of
        lists. Reading one runs no code.
    agents : str or sequence of str, optional
        Names of the actions in their order, ``small,large``. Without it: their numbers from 0.
    best, worst : float, default=1 and 0
        Rewards of a perfect and of a useless answer.

    Returns
    -------
    Export
        A long log, a case per round, with outcomes ``(reward - worst) / (best - worst)``,
        propensities and ``context_0``, ``context_1``, ….

    Raises
    ------
    InvalidInput
        If a key is not there, or an array has another length or other values than it should; if it
        holds slates or continuous actions.
    UnreadableFile
        If a file is not there or no such dictionary.

    Examples
    --------
    >>> import numpy as np
    >>> feedback = {
    ...     "n_rounds": 3,
    ...     "n_actions": 2,
    ...     "context": np.array([[0.1], [0.7], [0.4]]),
    ...     "action": np.array([0, 1, 0]),
    ...     "reward": np.array([1, 1, 0]),
    ...     "pscore": np.array([0.8, 0.2, 0.8]),
    ...     "position": None,
    ... }
    >>> from cede.logs import read_log
    >>> read_log(read_obp(feedback, agents="small,large"), model="small", features=["context_0"])
    Cases(3 cases, 2 agents, model 'small', 3 of 6 costs known, 1 feature, propensities 0.2 to 0.8)
    """
    if not isinstance(feedback, Mapping):
        feedback = read_feedback(feedback)
    for key, what in _OTHERS.items():
        if feedback.get(key) is not None:
            raise InvalidInput(
                f"must be feedback of one action per round, but got {key}, as of {what}; leave "
                f"these out",
                argument="feedback",
            )
    scale = Scale.of(best, worst, "reward")
    n, n_actions = _whole(feedback, "n_rounds"), _whole(feedback, "n_actions")
    action = _integers(feedback, "action", n, n_actions)
    names = _agents(agents, n_actions)
    columns: dict[str, Any] = {
        "agent": [names[a] for a in action],
        "outcome": [
            scale.outcome(reward, f"round {row}")
            for row, reward in enumerate(_array(feedback, "reward", (n,)).tolist())
        ],
    }
    if feedback.get("pscore") is not None:
        columns["propensity"] = _array(feedback, "pscore", (n,))
    position = None
    if feedback.get("position") is not None:
        columns["position"] = position = _integers(feedback, "position", n, None)
    _check_policy(feedback, columns.get("propensity"), action, position, n, n_actions)
    context = _array(feedback, "context", (n, None))
    columns |= {f"context_{k}": context[:, k] for k in range(context.shape[1])}
    try:
        import pyarrow as pa
    except ImportError:
        raise MissingExtra("pyarrow", "cli", "Reading feedback of a bandit") from None
    roles: dict[str, str] = {n: n for n in ("agent", "outcome", "propensity") if n in columns}
    return Export(table=pa.table(columns), format="long", columns=roles)


def write_obp(cases: Cases) -> dict[str, Any]:
    """Return a log as a dictionary of bandit feedback, for the estimators of obp (0.5.7).

    Rewards are ``1 - agent_costs``, money weighed in; agent j is action j, contexts are the
    features, and ``action_context`` tells the actions apart.

    Parameters
    ----------
    cases : Cases
        With propensities, features, and one known cost per case.

    Returns
    -------
    dict
        ``n_rounds``, ``n_actions``, ``context (n, d)``, ``action_context (J + 1, J + 1)``,
        ``action (n,)``, ``position`` (None), ``reward (n,)`` and ``pscore (n,)``.

    Raises
    ------
    InvalidInput
        If there are no propensities, or a case has several known costs.

    Examples
    --------
    >>> import numpy as np
    >>> cases = Cases(
    ...     agent_names=("small", "large"),
    ...     agent_costs=np.array([[0.5, np.nan], [np.nan, 0.25]]),
    ...     features={"length": np.array([12.0, 40.0])},
    ...     ids=np.array([7, 8]),
    ...     propensities=np.array([[0.9, np.nan], [np.nan, 0.1]]),
    ... )
    >>> feedback = write_obp(cases)
    >>> feedback["action"], feedback["reward"], feedback["pscore"]
    (array([0, 1]), array([0.5 , 0.75]), array([0.9, 0.1]))
    """
    if cases.propensities is None:
        raise InvalidInput(
            "must have propensities, the probabilities with which agents were chosen, but got "
            "none; say the column that holds them where the log is read",
            argument="cases",
        )
    known = ~np.isnan(cases.agent_costs)
    several = np.flatnonzero(known.sum(axis=1) != 1)
    if several.size:
        raise InvalidInput(
            f"must have one known cost per case, that of the agent that was chosen, but got "
            f"{int(known[several[0]].sum())} for case {show(cases.ids[several[0]])}; leave out the "
            f"others",
            argument="cases",
        )
    action = known.argmax(axis=1)
    rows = np.arange(len(cases))
    n_actions = len(cases.agent_names)
    return {
        "n_rounds": len(cases),
        "n_actions": n_actions,
        "context": cases.X,
        "action_context": np.eye(n_actions, dtype=int),
        "action": action,
        "position": None,
        "reward": 1.0 - cases.agent_costs[rows, action],
        "pscore": cases.propensities[rows, action],
    }


def _present(feedback: Mapping[str, Any], key: str) -> Any:
    if feedback.get(key) is None:
        raise InvalidInput(
            f"must have {key}, but got {', '.join(map(str, feedback)) or 'nothing'}; add it",
            argument="feedback",
        )
    return feedback[key]


def _whole(feedback: Mapping[str, Any], key: str) -> int:
    value = np.asarray(_present(feedback, key))
    if value.shape != () or value.dtype.kind not in "iu" or value < 1:
        raise InvalidInput(
            f"must have as {key} a whole number of at least 1, but got {feedback[key]!r}; count "
            f"them",
            argument="feedback",
        )
    return int(value)


def _array(feedback: Mapping[str, Any], key: str, shape: tuple[int | None, ...]) -> Floats:
    """Numbers of a shape, all finite; None is any length."""
    values = _present(feedback, key)
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.full(1, np.nan)
    right = array.ndim == len(shape) and all(
        wanted in (None, length) for wanted, length in zip(shape, array.shape, strict=True)
    )
    if not right or not np.isfinite(array).all():
        wanted = ", ".join("d" if length is None else f"{length:,}" for length in shape)
        raise InvalidInput(
            f"must have as {key} finite numbers of shape ({wanted}), a row per round, but got "
            f"{'numbers that are missing or infinite' if right else f'shape {array.shape}'}; mend "
            f"them",
            argument="feedback",
        )
    return array


def _integers(
    feedback: Mapping[str, Any], key: str, n: int, below: int | None
) -> NDArray[np.int64]:
    values = _array(feedback, key, (n,))
    odd = values[(values != np.rint(values)) | (values < 0) | (values >= (below or np.inf))]
    if odd.size:
        until = "" if below is None else f" to {below - 1}, as there are {below} actions"
        raise InvalidInput(
            f"must have as {key} whole numbers from 0{until}, but got {odd[0]:g}; count from 0",
            argument="feedback",
        )
    return values.astype(np.int64)


def _agents(agents: str | Sequence[str] | None, n_actions: int) -> list[str]:
    if agents is None:
        return [str(a) for a in range(n_actions)]
    names = [name.strip() for name in agents.split(",")] if isinstance(agents, str) else agents
    if len(set(names)) != n_actions or len(names) != n_actions:
        raise InvalidInput(
            f"must name each of {n_actions} actions once, but got {', '.join(names)}; name them in "
            f"their order",
            argument="agents",
        )
    return [str(name) for name in names]


def _check_policy(
    feedback: Mapping[str, Any],
    propensity: Floats | None,
    action: NDArray[np.int64],
    position: NDArray[np.int64] | None,
    n: int,
    n_actions: int,
) -> None:
    """Refuse propensities that are not those of the policy, where it is written beside them."""
    if propensity is None or feedback.get("pi_b") is None:
        return
    policy = _array(feedback, "pi_b", (n, n_actions, None))
    place = np.zeros(n, dtype=np.int64) if position is None else position
    if place.max() >= policy.shape[2]:
        return
    chosen = policy[np.arange(n), action, place]
    wrong = np.flatnonzero(~np.isclose(chosen, propensity, rtol=1e-6, atol=1e-12))
    if wrong.size:
        row = int(wrong[0])
        raise InvalidInput(
            f"must have as pscore what pi_b says of the action that was taken, but got "
            f"{propensity[row]:.4g} where it says {chosen[row]:.4g}, in round {row} "
            f"({wrong.size:,} of {n:,} rounds); mend it",
            argument="feedback",
        )
