"""Experts who know groups of classes, one to five of them, on the images of CIFAR-10."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.model_selection import cross_val_predict
from sklearn.preprocessing import StandardScaler

from cede import SingleStageClassifier, TwoStageRouter
from cede.evaluation.resampling import paired_bootstrap
from cede.losses import SURROGATES, Surrogate
from cede.report.plotting import Line, Panel, lines
from cede.routers import Linear, Mlp, Network
from cede.training import LinearFits, fit_linear_many
from cede_papers import (
    IN_DIRECTION,
    NOT_REPRODUCED,
    NOT_RUN,
    Claim,
    Run,
    mean_and_interval,
    table,
    with_interval,
)
from cede_papers.datasets import load_cifar10h, load_cifar10n, simulate_specialists

USES_DEVICE = True

N_CLASSES = 10
#: Expert j is right on these classes, and guesses elsewhere.
KNOWN = ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))
FIRST = "realizable (q = 0)"
METHODS = {
    "cost_sensitive_softmax": SURROGATES["cost_sensitive_softmax"],
    "one_vs_all": SURROGATES["one_vs_all"],
    FIRST: SURROGATES["realizable"],
    "realizable (q = 0.7)": SURROGATES["realizable"].using(q=0.7),
    "expected_cost": SURROGATES["expected_cost"],
    "weighted": SURROGATES["weighted"],
    "complement": SURROGATES["complement"],
}
#: Losses that are flat at a confident wrong start begin where FIRST ended.
WARM = ("realizable (q = 0.7)", "expected_cost")
PROPOSED = (FIRST, *WARM)
BASELINES = ("cost_sensitive_softmax", "one_vs_all")
PAIRS = [(ours, other) for ours in PROPOSED for other in BASELINES] + [("complement", "weighted")]
HEADS = {"linear": "a linear head", "mlp": "a network of two hidden layers"}
PUBLISHED = "91.98 to 96.08 % over CIFAR-10, CIFAR-100, SVHN and Tiny ImageNet; ResNet-16"

#: Routes, and what the model answers, by case; or the model's answers in training and in test.
Answers = tuple[NDArray[Any], NDArray[Any]]
Task = tuple[str, int, Mapping[str, Any], Run, Answers]


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """Accuracy, shares and differences: ``results[head][number of experts]``."""
    heads = settings["heads"]
    alone = run.map(model_alone, [(head, settings, run) for head in heads], lambda task: task[0])
    tasks: list[Task] = [
        (head, n, settings, run, agent_0)
        for head, agent_0 in zip(heads, alone, strict=True)
        for n in settings["experts"]
    ]
    found = run.map(judged, tasks, lambda task: f"{task[0]}, experts: {task[1]}")
    results: dict[str, dict[str, Any]] = {head: {} for head in heads}
    for (head, n, *_), values in zip(tasks, found, strict=True):
        results[head][str(n)] = values
    return {"settings": settings, "results": results}


def judged(task: Task) -> dict[str, Any]:
    """All methods with one head and so many experts, drawn anew by each seed."""
    head, n_experts, settings, run, (out_of_fold, fixed) = task
    train, test, y, y_test = cases(settings, run)
    seeds = run.seeds(settings["draws"])
    answers = [experts(y, n_experts, seed, 0) for seed in seeds]
    tested = [experts(y_test, n_experts, seed, 1) for seed in seeds]
    errors = np.stack([(a != y[:, None]).astype(float) for a in answers])
    tables = np.stack([np.column_stack([out_of_fold != y, e]) for e in errors]).astype(float)
    given = by_line if head == "linear" else by_network
    found = given(train, test, y, errors, tables, settings, run)
    right, shares = {}, {}
    for name, per_seed in found.items():
        kinds = SURROGATES[METHODS[name].name].kind
        outcomes = [
            np.column_stack([fixed if kinds == "two_stage" else predicted, others]) ==
            y_test[:, None] for (_, predicted), others in zip(per_seed, tested, strict=True)
        ]  # fmt: skip
        taken = [o[np.arange(len(o)), r] for o, (r, _) in zip(outcomes, per_seed, strict=True)]
        right[name] = np.stack(taken).astype(float)
        counted = [np.bincount(routes, minlength=n_experts + 1) for routes, _ in per_seed]
        shares[name] = (np.mean(counted, axis=0) / len(y_test)).tolist()
    someone = [(np.column_stack([fixed, o]) == y_test[:, None]).any(1).mean() for o in tested]
    return {
        "accuracy": {name: table.mean(1).tolist() for name, table in right.items()},
        "shares": shares,
        "differences": differences(right, settings["resamples"], run.seed),
        "model alone": float((fixed == y_test).mean()),
        "oracle": float(np.mean(someone)),
    }


def differences(
    right: Mapping[str, NDArray[Any]], resamples: int, seed: int
) -> dict[str, list[float]]:
    """Mean and 95 % interval of each pair, over resampled test cases, seeds averaged."""
    gaps = np.column_stack([(right[a] - right[b]).mean(0) for a, b in PAIRS])
    drawn = paired_bootstrap(gaps, resamples, random_state=seed)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    ends = zip(gaps.mean(0), low, high, strict=True)
    return {f"{a} − {b}": list(three) for (a, b), three in zip(PAIRS, ends, strict=True)}


def cases(settings: Mapping[str, Any], run: Run) -> tuple[NDArray[Any], ...]:
    """Standardised features of the images to fit and to test, and their classes."""
    fitted, tested = load_cifar10n(run.data), load_cifar10h(run.data)
    n = settings["n_train"]
    scaler = StandardScaler().fit(fitted.X[:n])
    X, X_test = scaler.transform(fitted.X[:n]), scaler.transform(tested.X[: settings["n_test"]])
    return X, X_test, fitted.y[:n], tested.y[: settings["n_test"]]


def experts(y: NDArray[Any], n_experts: int, seed: int, part: int) -> NDArray[Any]:
    """Answers of experts who know disjoint groups of classes, and guess elsewhere."""
    rng = np.random.default_rng([seed, n_experts, part])
    return simulate_specialists(
        y, KNOWN[:n_experts], n_classes=N_CLASSES, outside=1.0 / N_CLASSES, random_state=rng
    )


def model_alone(task: tuple[str, Mapping[str, Any], Run]) -> Answers:
    """Answers of agent 0 in two stages, the same head without experts: out of fold, and in test."""
    head, settings, run = task
    train, test, y, _ = cases(settings, run)
    model = SingleStageClassifier(head=value(head, settings), random_state=run.seed)
    nobody = np.empty((len(y), 0))
    params = {"costs": nobody}
    out_of_fold = cross_val_predict(model, train, y, cv=settings["folds"], params=params)
    return out_of_fold, model.fit(train, y, costs=nobody).predict(test)


def value(head: str, settings: Mapping[str, Any]) -> Linear | Mlp:
    """The head of that name, and how it is fitted; the same for every method."""
    return Linear(**settings[head]) if head == "linear" else Mlp(**schedule(settings))


def schedule(settings: Mapping[str, Any]) -> dict[str, Any]:
    """How a network is trained."""
    own: dict[str, Any] = dict(settings["mlp"])
    return {"epochs": own.pop("max_epochs"), **own}


def by_line(
    train: NDArray[Any],
    test: NDArray[Any],
    y: NDArray[Any],
    errors: NDArray[Any],
    tables: NDArray[Any],
    settings: Mapping[str, Any],
    run: Run,
) -> dict[str, list[Answers]]:
    """Linear heads, all seeds at once."""
    X, X_test = (torch.as_tensor(part, device=run.device) for part in (train, test))
    labels = torch.as_tensor(y, device=run.device)
    costs, agents = (torch.as_tensor(part, device=run.device) for part in (errors, tables))
    found: dict[str, list[Answers]] = {}
    place: torch.Tensor | None = None
    for name, row in METHODS.items():
        two = row.kind == "two_stage"
        n_scores = agents.shape[-1] + (0 if two else N_CLASSES - 1)

        def loss(
            rows: torch.Tensor, row: Surrogate = row, two: bool = two
        ) -> Callable[[torch.Tensor], torch.Tensor]:
            label = labels.expand(len(rows), -1)
            given = (agents[rows],) if two else (label, costs[rows])
            return lambda s: row.loss(s, *given, reduction="none").mean(-1)

        fits: LinearFits = fit_linear_many(
            X,
            n_scores,
            loss,
            n_problems=len(costs),
            start=place if name in WARM else None,
            **settings["linear"],
        )
        if name == FIRST:  # features are standardised, so these are their weights too
            place = torch.cat([fits.weights, fits.bias[:, None]], 1)
        scores = fits.scores(X_test)
        routes = row.agent_scores(scores, costs.shape[-1]).argmax(-1).cpu().numpy()
        predicted = scores[..., :N_CLASSES].argmax(-1).cpu().numpy()
        found[name] = list(zip(routes, predicted, strict=True))
    return found


def by_network(
    train: NDArray[Any],
    test: NDArray[Any],
    y: NDArray[Any],
    errors: NDArray[Any],
    tables: NDArray[Any],
    settings: Mapping[str, Any],
    run: Run,
) -> dict[str, list[Answers]]:
    """Networks by the estimators, seed after seed."""
    found: dict[str, list[Answers]] = {name: [] for name in METHODS}
    for place, seed in enumerate(run.seeds(len(errors))):
        options = {**schedule(settings), "device": run.device}
        first: Any = Mlp(**options)
        for name, row in METHODS.items():
            if row.kind == "two_stage":
                router: Any = TwoStageRouter(surrogate=row, head=Mlp(**options), random_state=seed)
                routes = router.fit(train, tables[place]).route(test)
                found[name].append((routes, np.zeros(len(test), dtype=int)))  # agent 0 is fixed
                continue
            warm = name in WARM and row.start is None  # with a start of its own it needs no other
            head = first if warm else Mlp(**options)
            router = SingleStageClassifier(row, head=head, random_state=seed)
            router.fit(train, y, costs=errors[place])
            if name == FIRST:
                module = copy.deepcopy(router.module_).requires_grad_(True)
                first = Network(module, **options)
            found[name].append((router.route(test), router.predict(test)))
    return found


def tables(found: dict[str, Any]) -> str:
    """Accuracy by number of experts, differences, and who answers where all experts are there."""
    s = found["settings"]
    parts = [
        f"Features of {s['n_train']:,} training images to fit, of {s['n_test']:,} others to test; "
        f"{s['draws']} draws of experts. An expert is right on two classes, the next one on the "
        "next two, and guesses one in ten elsewhere."
    ]
    for head, by_count in found["results"].items():
        header = ["method", *(f"{n} {'expert' if n == '1' else 'experts'}" for n in by_count)]
        levels = [
            [name, *(f"{100 * np.mean(r['accuracy'][name]):.1f}" for r in by_count.values())]
            for name in METHODS
        ]
        levels += [
            [name, *(f"{100 * r[name]:.1f}" for r in by_count.values())]
            for name in ("model alone", "oracle")
        ]
        gaps = [
            [f"{a} − {b}", *(
                with_interval(tuple(r["differences"][f"{a} − {b}"]), scale=100, signed=True)
                for r in by_count.values()
            )] for a, b in PAIRS
        ]  # fmt: skip
        most = list(by_count)[-1]
        agents = ["model", *(f"expert {j}" for j in range(1, int(most) + 1))]
        shares = [
            [name, *(f"{100 * share:.0f}" for share in row)]
            for name, row in by_count[most]["shares"].items()
        ]
        parts += [
            f"### With {HEADS[head]}",
            "System accuracy, %. *Model alone* is agent 0 of the two-stage methods; *oracle*: it "
            "or some expert is right.",
            table(header, levels),
            "Differences in points, with 95 % intervals (paired bootstrap over test cases):",
            table(["difference", *header[1:]], gaps),
            f"Share of cases that each agent answers, %, with {most} experts:",
            table(["method", *agents], shares),
        ]
    return "\n\n".join(parts)


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """System accuracy against the number of experts, a panel per head."""
    panels = []
    for head, by_count in found["results"].items():
        counts = [int(n) for n in by_count]
        drawn = {}
        for name in METHODS:
            three = [mean_and_interval(r["accuracy"][name]) for r in by_count.values()]
            mean, low, high = (list(part) for part in zip(*three, strict=True))
            drawn[name] = Line(counts, mean, low, high)
        alone = float(np.mean([r["model alone"] for r in by_count.values()]))
        panels.append(
            Panel(
                HEADS[head].capitalize(),
                "experts",
                "system accuracy",
                drawn,
                levels={"model alone": alone},
                percent_y=True,
            )
        )
    return {"groups": lines(panels, columns=2)}


def claims(found: dict[str, Any]) -> list[Claim]:
    """Judge by the paper's own loss, mean absolute error, and by `complement` in two stages."""
    rows = []
    for head, by_count in found["results"].items():
        one = [f"expected_cost − {other}" for other in BASELINES]
        for claim, pairs, ours in (
            ("one stage: mean absolute error beats cost-sensitive softmax and one-vs-all", one,
             "expected_cost"),
            ("two stages: the proposed loss beats weighted comp-sum", ["complement − weighted"],
             "complement"),
        ):  # fmt: skip
            rows.append(compared(f"On CIFAR-10, {claim} ({HEADS[head]}).", by_count, pairs, ours))
    return [*rows, *networks()]


def compared(claim: str, by_count: Mapping[str, Any], pairs: list[str], ours: str) -> Claim:
    """Make a row of the claims: it holds if every interval lies above zero."""
    three = {(n, pair): r["differences"][pair] for n, r in by_count.items() for pair in pairs}
    above = sum(low > 0 for _, low, _ in three.values())
    below = sum(high < 0 for _, _, high in three.values())
    levels = [100 * np.mean(r["accuracy"][ours]) for r in by_count.values()]
    means = [100 * mean for mean, _, _ in three.values()]
    found = f"95 % intervals lie above zero in {above} of {len(three)}, below in {below}"
    return Claim(
        claim,
        PUBLISHED,
        f"{min(levels):.1f} to {max(levels):.1f} %, {min(means):+.1f} to {max(means):+.1f} points "
        "to the others".replace("-", "−"),
        "not comparable: another system, 64 given features of the images",
        IN_DIRECTION if above == len(three) else NOT_REPRODUCED,
        found,
    )


def not_run() -> list[Claim]:
    """What is not known without the features of the images."""
    wanted = "it needs the folders cifar10n and cifar10h of the data"
    claim = "On images, the proposed losses beat the baselines for one to five experts."
    return [Claim(claim, PUBLISHED, "–", "–", NOT_RUN, wanted), *networks()]


def networks() -> list[Claim]:
    """What nobody has run here: the paper's networks."""
    return [
        Claim(
            "The same with the paper's networks on the images: ResNet-16, Adam, weight decay 1e−3, "
            "batches of 1,024, 200 epochs.",
            PUBLISHED,
            "–",
            "–",
            NOT_RUN,
            "it needs a GPU, this network is not written, and CIFAR-100, SVHN and Tiny ImageNet "
            "cannot be had here",
        )
    ]
