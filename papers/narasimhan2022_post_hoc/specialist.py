"""An expert who knows five of the ten classes of CIFAR-10: accuracy by deferral share, and risk.

Two views. *Swept*: one fit without fees per method, and every deferral share by a threshold on its
score (rejectors, which know no probability, at a few fees). *At the fee*: as the paper has it,
each method makes its own decisions at each fee, with the fee in the loss or in the rule.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from photos import Cases, repetition
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from telling import failures

from cede import PostHocRouter, SingleStageClassifier, agent_costs
from cede.operating import DeferralCurve, deferral_curve_from_scores, route, routed_costs
from cede.report.plotting import Line, Panel, lines, readable
from cede_papers import (
    IN_DIRECTION,
    NOT_REPRODUCED,
    Claim,
    Run,
    mean_and_interval,
    table,
    with_interval,
)

JOINT = ("cost_sensitive_softmax", "one_vs_all")
REJECTOR = "rejector"
AT_FEE = ("threshold_correction", REJECTOR, *JOINT, "confidence")


def judged(
    base: str, number: int, seed: int, data: Path | None, settings: dict[str, Any]
) -> dict[str, Any]:
    """Both views on one repetition."""
    train, test = repetition(data, number, seed, settings["n_train"], settings["n_test"])
    n_features = settings["bases"][base]
    train, test = (Cases(c.X[:, :n_features], c.y, c.experts) for c in (train, test))
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000))
    post_hoc = PostHocRouter(model).fit(train.X, train.y, experts=train.experts)
    confidence = post_hoc.model_.predict_proba(test.X).max(axis=1)
    rejectors = {
        fee: PostHocRouter(model, method=REJECTOR, fees=fee).fit(
            train.X, train.y, experts=train.experts
        )
        for fee in settings["fees"]
    }
    routers: dict[str, Any] = {"threshold_correction": post_hoc}
    routers |= {f"{REJECTOR} (fee {fee:g})": rejectors[fee] for fee in settings["swept_fees"]}
    for name in JOINT:
        routers[name] = SingleStageClassifier(name).fit(train.X, train.y, experts=train.experts)
    swept = {name: _swept(r.agent_scores(test.X), r.predict(test.X), test, settings)
             for name, r in routers.items()}  # fmt: skip
    unsure = np.column_stack([confidence, np.zeros(len(confidence))])
    answers = post_hoc.predict(test.X)
    swept["confidence"] = _swept(unsure, answers, test, settings)
    costs = agent_costs(answers, test.experts, test.y)
    references = deferral_curve_from_scores(unsure, costs)
    for name, curve in (("random", references.random), ("oracle", references.oracle)):
        swept[name] = _reported(curve, settings)
    at_fee: dict[str, list[float]] = {name: [] for name in AT_FEE}
    for fee in settings["fees"]:
        deciders: dict[str, Any] = {
            "threshold_correction": post_hoc.set_params(fees=fee),
            REJECTOR: rejectors[fee],
        }
        for name in JOINT:
            router = SingleStageClassifier(name, fees=fee, fees_in="loss")
            deciders[name] = router.fit(train.X, train.y, experts=train.experts)
        for name, router in deciders.items():
            scores, own = router.agent_scores(test.X), router.predict(test.X)
            at_fee[name].append(_risk(scores, own, test, fee))
        chow = np.column_stack([confidence, np.full(len(confidence), 1.0 - fee)])
        at_fee["confidence"].append(_risk(chow, answers, test, fee))
    return {"swept": swept, "at_fee": at_fee}


def _swept(
    scores: np.ndarray, answers: np.ndarray, test: Cases, settings: dict[str, Any]
) -> dict[str, Any]:
    costs = agent_costs(answers, test.experts, test.y)
    return _reported(deferral_curve_from_scores(scores, costs), settings)


def _reported(curve: DeferralCurve, settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "area": curve.area,
        "accuracy": (1.0 - curve.risk_at(settings["rates"])).tolist(),
        "budgets": (1.0 - curve.risk_at(settings["budgets"])).tolist(),
    }


def _risk(scores: np.ndarray, answers: np.ndarray, test: Cases, fee: float) -> float:
    costs = agent_costs(answers, test.experts, test.y, fees=fee)
    return float(routed_costs(route(scores), costs).mean())


def measure_one(task: tuple[str, int, int, Path | None, dict[str, Any]]) -> dict[str, Any]:
    """One base model on one repetition."""
    return judged(*task)


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """Both views for each base model, over repetitions that share no image."""
    tasks = [
        (base, number, run.seed, run.data, settings)
        for base in settings["bases"]
        for number in range(settings["repetitions"])
    ]
    results = run.map(measure_one, tasks, label=lambda t: f"{t[0]}, repetition {t[1]}")
    of_base: dict[str, list[dict[str, Any]]] = {base: [] for base in settings["bases"]}
    for task, result in zip(tasks, results, strict=True):
        of_base[task[0]].append(result)
    keys = ("rates", "budgets", "fees", "repetitions", "n_train", "n_test")
    return {
        **{key: settings[key] for key in keys},
        "bases": {base: _summary(rows) for base, rows in of_base.items()},
    }


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Means with intervals, and differences to threshold correction (at the fee: to both)."""

    def column(method: str, quantity: str) -> np.ndarray:
        return np.array([row["swept"][method][quantity] for row in rows])

    methods, ours = list(rows[0]["swept"]), "threshold_correction"
    risk = {m: np.array([row["at_fee"][m] for row in rows]) for m in AT_FEE}
    return {
        "swept": {
            m: {
                "area": mean_and_interval(column(m, "area")),
                "accuracy": [mean_and_interval(v) for v in column(m, "accuracy").T],
                "area_difference": mean_and_interval(column(ours, "area") - column(m, "area")),
                "budget_differences": [
                    mean_and_interval(v) for v in (column(ours, "budgets") - column(m, "budgets")).T
                ],
            }
            for m in methods
        },
        "at_fee": {
            m: {
                "risk": [mean_and_interval(v) for v in risk[m].T],
                "mean": mean_and_interval(risk[m].mean(axis=1)),
                "differences": {
                    first: mean_and_interval((risk[first] - risk[m]).mean(axis=1))
                    for first in (ours, REJECTOR)
                },
            }
            for m in AT_FEE
        },
    }


def tables(found: dict[str, Any]) -> str:
    """Swept: areas, and what threshold correction is ahead; at the fee: risks and differences."""
    budgets = [f"at {100 * b:g} %" for b in found["budgets"]]
    swept, at_fee = [], []
    for base, row in found["bases"].items():
        for m, of in row["swept"].items():
            ahead = [of["area_difference"], *of["budget_differences"]]
            own = m == "threshold_correction"
            swept.append(
                [base, readable(m), with_interval(tuple(of["area"]), scale=100)]
                + [_points(i) if not own else "–" for i in ahead]
            )
        for m, of in row["at_fee"].items():
            at_fee.append(
                [base, readable(m), with_interval(tuple(of["mean"]), digits=3)]
                + [
                    "–" if first == m else with_interval(tuple(i), digits=3, signed=True)
                    for first, i in of["differences"].items()
                ]
            )
    fees = ", ".join(f"{fee:g}" for fee in found["fees"])
    return (
        f"Means over {found['repetitions']} repetitions that share no image, {found['n_train']:,} "
        f"to train on and {found['n_test']:,} to test on, with 95 % intervals.\n\n"
        f"**Swept.** Area under accuracy against deferral share, in per cent, and by how many "
        f"points threshold correction is ahead: in area, and in accuracy at three shares.\n\n"
        + table(["model", "method", "area", "ahead in area", *budgets], swept)
        + f"\n\n**At the fee.** System risk, fee included, on average over the fees {fees}; and "
        f"what threshold correction and the rejector have less (below 0) or more.\n\n"
        + table(["model", "method", "risk", "threshold correction", "rejector"], at_fee)
    )


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """Accuracy against deferral share above, risk against the fee below."""
    panels = []
    for base, row in found["bases"].items():
        rejectors = [m for m in row["swept"] if m.startswith(REJECTOR)]
        rows = {
            m: Line(found["rates"], *np.array(of["accuracy"]).T[: 1 if m == "random" else 3])
            for m, of in row["swept"].items()
            if m not in ("oracle", *rejectors[1:])  # far above, and hardly another line
        }
        panels.append(
            Panel(f"{base} model, swept", "deferral share", "system accuracy", rows,
                  percent_x=True, percent_y=True)
        )  # fmt: skip
    for base, row in found["bases"].items():
        rows = {m: Line(found["fees"], *np.array(of["risk"]).T) for m, of in row["at_fee"].items()}
        panels.append(Panel(f"{base} model, at the fee", "fee", "system risk", rows))
    return {"specialist": lines(panels)}


def claims(found: dict[str, Any]) -> list[Claim]:
    """Post-hoc estimators beat a fee in the loss, and confidence, at the fee and swept."""
    made = []
    for first in ("threshold_correction", REJECTOR):
        for others, words in (
            (JOINT, "losses with the fee inside"),
            (("confidence",), "Chow's rule"),
        ):
            differences = {
                f"{base} model, {readable(m)}": row["at_fee"][m]["differences"][first]
                for base, row in found["bases"].items()
                for m in others
            }
            made.append(
                _claim(
                    f"specialist expert: {readable(first)} has a lower system risk than {words}, "
                    f"on average over fees",
                    differences,
                    failures(differences, below=True),
                    lambda i: with_interval(tuple(i), digits=3, signed=True),
                )
            )
    for others, words in (
        (JOINT, "joint losses without a fee"),
        (("confidence",), "Chow's rule"),
    ):
        differences = {
            f"{base} model, {readable(m)}": row["swept"][m]["area_difference"]
            for base, row in found["bases"].items()
            for m in others
        }
        made.append(
            _claim(
                f"specialist expert: threshold correction has a larger area under accuracy against "
                f"deferral share than {words}",
                differences,
                failures(differences, below=False),
                lambda i: f"{_points(i)} points",
            )
        )
    return made


def _claim(claim: str, differences: dict[str, Any], why_not: str, write: Any) -> Claim:
    return Claim(
        claim,
        "curves only: better",
        "; ".join(f"{name}: {write(i)}" for name, i in differences.items()),
        "linear models on features, not ResNet-8",
        NOT_REPRODUCED if why_not else IN_DIRECTION,
        why_not,
    )


def _points(interval: Any) -> str:
    return with_interval(tuple(interval), scale=100, signed=True)
