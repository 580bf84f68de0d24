"""What the parts with curves have in common: collected results, tables, claims and figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cede.report.plotting import Line, Panel, lines, readable
from cede_papers import (
    IN_DIRECTION,
    NOT_REPRODUCED,
    NOT_RUN,
    Claim,
    mean_and_interval,
    table,
    with_deviation,
    with_interval,
)
from routers import DEFAULT_TEMPERATURE, GRID, MARGINAL, NARROW, OURS, RATES, SQUARE, TUNED

#: How far below a baseline, in area, "competitive" may be.
MARGIN = 0.005
PUBLISHED = "curves only, of other data"
Found = Mapping[str, Any]


def collect(per_seed: Sequence[Found], about: Mapping[str, Found], drawn: Sequence[str]) -> Any:
    """Turn what was judged seed by seed into one table per setting."""
    settings = {}
    for name, words in about.items():
        runs = [result[name] for result in per_seed]
        of_all = {key: [run[key] for run in runs] for key in ("model", "expert", "oracle")}
        nested = {
            key: {method: [run[key][method] for run in runs] for method in runs[0][key]}
            for key in ("area", "at")
        }
        temperatures = {
            proper: {t: [run["temperatures"][proper][t] for run in runs] for t in found}
            for proper, found in runs[0]["temperatures"].items()
        }
        settings[name] = {
            **words, **of_all, **nested, "temperatures": temperatures,
            "random": [run["random"] for run in runs], "chosen": [run["chosen"] for run in runs],
            "rates": [run["rates"] for run in runs],
        }  # fmt: skip
        if name in drawn:
            settings[name]["curve"] = {
                method: np.mean([run["curve"][method] for run in runs], axis=0)
                for method in runs[0]["curve"]
            }
    return {"repetitions": len(per_seed), "drawn": list(drawn), "settings": settings}


def baselines(found: Found) -> list[str]:
    """The methods that are not ours."""
    first = next(iter(found["settings"].values()))
    return [name for name in first["area"] if not name.startswith(OURS)]


def gain(setting: Found, method: str) -> NDArray[np.float64]:
    """Area of ours less a method's, seed by seed."""
    return np.array(setting["area"][OURS]) - np.array(setting["area"][method])


def tables(found: Found) -> str:
    """Markdown of everything that was measured."""
    n = found["repetitions"]
    words = (
        f"{n} repetitions. Every gain is density_ratio (joint ideals, log loss, temperature "
        f"{DEFAULT_TEMPERATURE:g}) less the method, in points, with the 95 % t-interval of paired "
        f"differences over repetitions."
    )
    return "\n\n".join(
        [
            words,
            "Area under accuracy against deferral rate, %:",
            _areas(found),
            "Accuracy with this share deferred, %:",
            _rates(found),
            f"Sensitivity: area less that of density_ratio (log, temperature "
            f"{DEFAULT_TEMPERATURE:g}), in points, at other losses and temperatures, of marginal "
            f"ideals (at any temperature) and of a scorer that reads the confidence alone. The "
            f"temperature by validation is the one with the largest area on validation cases, a "
            f"choice that no baseline has.",
            _sensitivity(found),
            "One fit, all rates: the share of test cases deferred at the thresholds that defer "
            "10, 20 and 30 % of the validation cases, mean ± standard deviation:",
            _shares(found),
        ]
    )


def _areas(found: Found) -> str:
    others = baselines(found)
    header = ["setting", "model", "expert", "oracle", "density ratio"]
    header += [f"gain over {readable(name)}" for name in others]
    rows = []
    for setting in found["settings"].values():
        row = [setting["label"]]
        row += [f"{100 * np.mean(setting[key]):.1f}" for key in ("model", "expert", "oracle")]
        row += [with_deviation(setting["area"][OURS], scale=100)]
        row += [_signed(gain(setting, name)) for name in others]
        rows.append(row)
    return table(header, rows)


def _rates(found: Found) -> str:
    others = baselines(found)
    header = ["setting", "deferred", "density ratio"]
    header += [f"gain over {readable(name)}" for name in others]
    rows = []
    for name in found["drawn"]:
        setting = found["settings"][name]
        for column, rate in enumerate(RATES):
            at = {method: np.array(setting["at"][method])[:, column] for method in setting["at"]}
            row = [setting["label"], f"{100 * rate:.0f} %", with_deviation(at[OURS], scale=100)]
            rows.append(row + [_signed(at[OURS] - at[method]) for method in others])
    return table(header, rows)


def _sensitivity(found: Found) -> str:
    """Every variant less ours, a row per setting."""
    names = {MARGINAL: "marginal", NARROW: "confidence only", TUNED: "temperature by validation"}
    header, rows = ["setting"], []
    for setting in found["settings"].values():
        ours = np.array(setting["area"][OURS])
        apart = {
            f"{proper}, {t}": np.array(areas) - ours
            for proper, by_temperature in setting["temperatures"].items()
            for t, areas in by_temperature.items()
            if (proper, float(t)) != ("log", DEFAULT_TEMPERATURE)
        }
        apart |= {words: -gain(setting, name) for name, words in names.items()}
        header = ["setting", *apart]
        rows.append([setting["label"], *map(_signed, apart.values())])
    return table(header, rows)


def _shares(found: Found) -> str:
    rows = [
        [s["label"], *(with_deviation(column, scale=100) for column in np.array(s["rates"]).T)]
        for s in found["settings"].values()
    ]
    return table(["setting", *(f"{100 * rate:.0f} %" for rate in RATES)], rows)


def _signed(values: Any) -> str:
    return with_interval(values, scale=100, digits=2, signed=True)


def competitive(found: Found, where: str, reason: str) -> Claim:
    """Judge whether, on average, no baseline is better by more than the margin."""
    gains = {name: _mean_gain(found["settings"].values(), name) for name in baselines(found)}
    worst = min(gains, key=lambda name: gains[name].mean())
    low = min(mean_and_interval(values)[1] for values in gains.values())
    holds = low > -MARGIN
    return Claim(
        f"Competitive with common baselines: on average over all settings of {where}, no baseline "
        f"has an area larger by {100 * MARGIN:g} points",
        PUBLISHED,
        f"least gain, over {readable(worst)}: {_signed(gains[worst])} points",
        "other data and networks",
        IN_DIRECTION if holds else NOT_REPRODUCED,
        reason,
    )


def missing(where: str) -> list[Claim]:
    """The claim of a part whose data are not here."""
    claim = f"Competitive with common baselines on {where}"
    return [Claim(claim, PUBLISHED, "–", "–", NOT_RUN, "its data are not here")]


def beaten(found: Found) -> str:
    """Say over which baselines the mean gain is wholly above 0, wholly below, and neither."""
    settings = found["settings"].values()
    return _sorted({name: _mean_gain(settings, name) for name in baselines(found)})


def _sorted(gains: Mapping[str, NDArray[np.float64]]) -> str:
    groups: dict[str, list[str]] = {"ahead of": [], "behind": [], "undecided against": []}
    for name, values in gains.items():
        _, low, high = mean_and_interval(values)
        where = "ahead of" if low > 0 else "behind" if high < 0 else "undecided against"
        groups[where].append(readable(name))
    return "; ".join(f"{where} {', '.join(names)}" for where, names in groups.items() if names)


def _mean_gain(settings: Iterable[Found], method: str) -> NDArray[np.float64]:
    return np.mean([gain(setting, method) for setting in settings], axis=0)


def robust(found: Found, more: str = "") -> Claim:
    """Judge whether it loses less than every baseline where something is wrong with the data."""
    clean = [s for s in found["settings"].values() if s["family"] == "clean"]
    shifted = [s for s in found["settings"].values() if s["shifted"]]
    saved = {name: _mean_gain(shifted, name) - _mean_gain(clean, name) for name in baselines(found)}
    holds = all(mean_and_interval(values)[1] > 0 for values in saved.values())
    return Claim(
        "More robust across settings: from clean data to noisy labels, long tails and corrupted "
        "features, its area falls by less than that of every baseline",
        "said in the abstract",
        "; ".join(f"{readable(name)} {_signed(values)}" for name, values in saved.items()),
        "other data and networks",
        IN_DIRECTION if holds else NOT_REPRODUCED,
        "" if holds else _sorted(saved) + more,
    )


def curve_figure(found: Found, *, columns: int = 2) -> Figure:
    """Accuracy against deferral rate in the settings that are drawn."""
    panels = []
    for name in found["drawn"]:
        setting = found["settings"][name]
        left_out = (SQUARE, TUNED, NARROW, "oracle")
        rows = {m: Line(GRID, mean) for m, mean in setting["curve"].items() if m not in left_out}
        panels.append(
            Panel(
                setting["label"],
                "share deferred",
                "accuracy",
                rows,
                percent_x=True,
                percent_y=True,
            )
        )
    return lines(panels, columns=columns)


def robustness_figure(found: Found, families: Sequence[str]) -> Figure:
    """Gain in area over each baseline against the strength of what is wrong."""
    panels = []
    for family in families:
        members = [s for s in found["settings"].values() if s["family"] in ("clean", family)]
        members.sort(key=lambda setting: setting["strength"])
        strengths = [setting["strength"] for setting in members]
        rows = {}
        for name in baselines(found):
            values = np.array([mean_and_interval(gain(s, name)) for s in members]).T
            rows[name] = Line(strengths, *(100 * values))
        x_label = members[-1]["axis"]
        panels.append(
            Panel(family, x_label, "density ratio ahead by, points", rows, {"no gain": 0.0})
        )
    return lines(panels, columns=2)
