"""Nine language models with prices: quality against money, one router for every exchange rate.

One fit estimates each model's quality from the prompt; what a call will cost is known beforehand,
from the prompt's length and the price. At an exchange rate the router asks for the most quality
minus rate x money. Five-fold, copies of a prompt together; judged out of fold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _prompts import beside, nearest, recipe, statistics
from _setup import RESAMPLES, Array, arguments, grouped_folds, report, table, with_interval

from cede.datasets import Dataset
from cede.evaluation.resampling import paired_bootstrap
from cede_papers.datasets import load_llmrouter_dc

FIGURE = Path(__file__).parent / "many_models.svg"
OURS, ORACLE = "ours", "oracle"
NEIGHBOURS, NEIGHBOURS_TOO = "kNN, embedding", "kNN, same features"
WEIGHT = 0.2  # of the prompt's statistics, as for two language models
#: Quality that a thousandth of a dollar must buy; the last is never worth it.
RATES = np.concatenate([[0.0], np.geomspace(0.02, 200.0, 40), [1e6]])
#: Where curves are compared, in dollars per thousand prompts.
POINTS = 30


@dataclass(frozen=True)
class Result:
    """Points (money, quality) along each curve, and the same on resamples."""

    models: tuple[str, ...]
    single: Array  # (models, 2)
    curves: dict[str, Array]  # (rates, 2), from the dearest to the cheapest
    singles_resampled: Array  # (resamples, models, 2)
    curves_resampled: dict[str, Array]  # (resamples, rates, 2)

    def over_model(self, model: int) -> tuple[float, Array]:
        """How much better our curve is than a model for the model's own money."""
        money, quality = self.single[model]
        own = self.singles_resampled[:, model]
        there = [at(c, m) for c, m in zip(self.curves_resampled[OURS], own[:, 0], strict=True)]
        return float(at(self.curves[OURS], money) - quality), np.array(there) - own[:, 1]

    def over_curve(self, other: str = NEIGHBOURS) -> tuple[float, Array]:
        """Mean lead over another curve between the cheapest and the dearest model's money."""
        money = np.geomspace(self.single[:, 0].min(), self.single[:, 0].max(), POINTS)
        lead = [
            (at(ours, money) - at(its, money)).mean()
            for ours, its in zip(
                self.curves_resampled[OURS], self.curves_resampled[other], strict=True
            )
        ]
        whole = (at(self.curves[OURS], money) - at(self.curves[other], money)).mean()
        return float(whole), np.array(lead)

    def lead_at(self, model: int, other: str = NEIGHBOURS) -> tuple[float, Array]:
        """Lead over another curve for the money that this model alone takes."""
        ours, its = (self.curves_resampled[name] for name in (OURS, other))
        spent = self.singles_resampled[:, model, 0]
        lead = [at(o, m) - at(i, m) for o, i, m in zip(ours, its, spent, strict=True)]
        money = self.single[model, 0]
        return float(at(self.curves[OURS], money) - at(self.curves[other], money)), np.array(lead)


def at(curve: Array, money: Any) -> Any:
    """Quality of a curve for so much money: two neighbouring points may be mixed at random."""
    return np.interp(money, curve[::-1, 0], curve[::-1, 1])


def measure(seeds: int, data: Any = None) -> Result:
    """Curves of ours, kNN and the oracle, and the models alone."""
    logs = load_llmrouter_dc(data)
    quality, money = logs.extras["quality"], 1e3 * logs.extras["money"]
    groups = np.unique(logs.extras["prompt"].astype(str), return_inverse=True)[1]
    outcomes = {ORACLE: swept(quality, quality, money)}
    per_seed = [estimates(logs, groups, seed) for seed in range(seeds)]
    for name in (OURS, NEIGHBOURS, NEIGHBOURS_TOO):
        outcomes[name] = np.mean([swept(e[name], quality, money) for e in per_seed], axis=0)
    single = np.stack([money, quality], axis=2)
    parts = [single, *outcomes.values()]
    columns = np.hstack([part.reshape(len(money), -1) for part in parts])
    resampled = paired_bootstrap(columns, RESAMPLES, groups=groups)
    cuts = np.cumsum([2 * part.shape[1] for part in parts])[:-1]
    blocks = [block.reshape(len(block), -1, 2) for block in np.split(resampled, cuts, axis=1)]
    return Result(
        models=logs.agent_names,
        single=single.mean(axis=0),
        curves={name: outcome.mean(axis=0) for name, outcome in outcomes.items()},
        singles_resampled=blocks[0],
        curves_resampled=dict(zip(outcomes, blocks[1:], strict=True)),
    )


def estimates(logs: Dataset, groups: Any, seed: int) -> dict[str, Array]:
    """Each model's quality, estimated out of fold."""
    numbers, found = statistics(logs.extras["prompt"]), np.empty((3, *logs.answer_costs.shape))
    for train, test in grouped_folds(groups, seed):
        features, costs = beside(logs.X, numbers, train, WEIGHT), logs.answer_costs[train]
        ours, near = recipe(), nearest()
        found[0, test] = ours.fit(features[train], costs).agent_scores(features[test])
        found[1, test] = near.fit(logs.X[train], costs).agent_scores(logs.X[test])
        found[2, test] = near.fit(features[train], costs).agent_scores(features[test])
    return dict(zip((OURS, NEIGHBOURS, NEIGHBOURS_TOO), found, strict=True))


def swept(expected: Array, quality: Array, money: Array) -> Array:
    """Money and quality of each case at every rate, ``(n, rates, 2)``."""
    routes = [(expected - rate * money).argmax(axis=1) for rate in RATES]
    chosen = np.column_stack(routes)
    return np.stack([np.take_along_axis(t, chosen, axis=1) for t in (money, quality)], axis=2)


def present(found: Result) -> Iterator[str]:
    """Our curve against each model for the same money, then against the nearest neighbours."""
    order = np.argsort(found.single[:, 0], kind="stable")
    rows = [
        [found.models[j], f"{found.single[j, 0]:.4f}", f"{found.single[j, 1]:.3f}",
         with_interval(*found.over_model(j))] for j in order
    ]  # fmt: skip
    yield table(["one model for all", "$/1,000", "quality", "ours − it [95 %]"], rows)
    ends = [
        [name, f"{curve[0, 0]:.4f}", f"{curve[0, 1]:.3f}"] for name, curve in found.curves.items()
    ]
    yield table(["quality only (rate 0)", "$/1,000", "quality"], ends)
    distinct = order[np.unique(found.single[order, 0], return_index=True)[1]][1:]
    header = [
        "ours − it [95 %]",
        *(f"for ${found.single[j, 0]:.4f}" for j in distinct),
        f"mean over {POINTS} amounts",
    ]
    rows = [
        [other, *(with_interval(*found.lead_at(j, other)) for j in distinct),
         with_interval(*found.over_curve(other))] for other in (NEIGHBOURS, NEIGHBOURS_TOO)
    ]  # fmt: skip
    yield table(header, rows)


def draw(found: Result) -> str:
    """Quality against money: curves, and every model alone."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    from cede.report.plotting import line_style, to_svg

    with rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(7.2, 4.2), layout="constrained")
        axes = figure.add_subplot()
        looks = {OURS: ("#0072b2", 2.2), NEIGHBOURS: ("#d55e00", 1.4)}
        for name in (ORACLE, OURS, NEIGHBOURS):
            money, quality = found.curves[name].T
            colour, width = looks.get(name, (line_style("oracle").colour, 1.2))
            style = {ORACLE: (0, (4, 3)), NEIGHBOURS: (0, (6, 1.5))}.get(name, "-")
            axes.plot(money, quality, color=colour, lw=width, ls=style, label=name)
        axes.scatter(*found.single.T, s=22, color="#222222", zorder=3, label="one model for all")
        for name, (money, quality) in zip(found.models, found.single, strict=True):
            axes.annotate(name, (money, quality), (6, -3), textcoords="offset points", fontsize=7.5,
                          color="#555555")  # fmt: skip
        axes.set(xscale="log", xlabel="dollars per 1,000 prompts (the prompt's tokens only)",
                 ylabel="mean quality")  # fmt: skip
        axes.set_xlim(right=axes.get_xlim()[1] * 2.3)
        axes.legend(frameon=False, loc="center right", bbox_to_anchor=(1.0, 0.4))
        return to_svg(figure, label="Quality against money of nine language models and routers")


def main() -> None:
    given = arguments(__doc__, seeds=3)

    def make() -> Iterator[str]:
        found = measure(given.seeds, given.data)
        if given.write:
            FIGURE.write_text(draw(found) + "\n", encoding="utf-8")
        yield from present(found)

    report("many_models", make, given.write)


if __name__ == "__main__":
    main()
