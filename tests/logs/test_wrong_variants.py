"""A right log, and what goes wrong with it on the way: refused, or read right, never read wrong."""

import warnings

import numpy as np
import pandas as pd
import pytest

import cede
from cede.evaluation.off_policy import off_policy_cost
from cede.logs import Files, read_long, read_problem, read_wide

N = 60
RNG = np.random.default_rng(0)
CALLED = RNG.random(N) < 0.3
WIDE = pd.DataFrame(
    {
        "id": [f"{i:03d}" for i in range(N)],
        "x": RNG.normal(size=N).round(3) + 0.5,
        "n": RNG.integers(1_000, 9_000, N),
        "s": RNG.random(N).round(2),
        "l": RNG.random(N).round(2),
        "usd": RNG.uniform(1, 9, N).round(4),
        "p": np.where(CALLED, 0.3, 0.7),
    }
)
LONG = WIDE.melt(["id", "x", "n", "p"], ["s", "l"], "agent", "o")
LABELS = pd.DataFrame(
    {
        "x": WIDE["x"],
        "y": RNG.integers(0, 2, N),
        "ann": RNG.integers(0, 2, N),
    }
)
BOTH = {"s": "s", "l": "l"}


def text_of(frame, **options):
    return frame.to_csv(index=False, **options)


def wide(text, folder, *, files=None, **said):
    (folder / "t.csv").write_text(text)
    said = {"case": "id", "features": ["x", "n"], **said}
    return read_wide(Files(folder / "t.csv", **(files or {})), outcome=BOTH, model="s", **said)


def long(text, folder, **said):
    (folder / "t.csv").write_text(text)
    columns = {"case": "id", "agent": "agent", "outcome": "o", "features": ["x", "n"], **said}
    return read_long(folder / "t.csv", model="s", **columns)


def labels(text, folder, **said):
    (folder / "t.csv").write_text(text)
    return read_problem(folder / "t.csv", "y", {"ann": "ann"}, **said)


def percent(column, sign):
    return lambda frame: frame.assign(**{column: (100 * frame[column]).astype(str) + sign})


def changed(column, change):
    return lambda frame: frame.assign(**{column: change(frame[column])})


def _log(s):
    return np.log(s + 0.01)


def repeated(frame):
    return pd.concat([frame, frame[5:6]])


def shifted(text):
    """Rows with their numbers, below a header without them."""
    head, *rows = text.splitlines()
    return "\n".join([head, *(f"{i},{row}" for i, row in enumerate(rows))]) + "\n"


def without_header(text):
    return text.partition("\n")[2]


def cut(text):
    return text[: len(text) - 12]


def header_twice(text):
    return text + text


#: What goes wrong, of which log, how, and what is said of it.
REFUSED = {
    "a row twice, wide": (wide, WIDE, repeated, str, "case must name each row", {}),
    "a row twice, long": (long, LONG, repeated, str, "may have one row", {}),
    "percentages": (wide, WIDE, percent("s", ""), str, "must be between 0", {}),
    "per cent signs": (wide, WIDE, percent("s", " %"), str, "percentages such as", {}),
    "small per cents": (
        *(wide, WIDE, changed("s", lambda s: (s / 2).astype(str) + "%"), str),
        *("percentages such as", {}),
    ),
    "logarithms": (wide, WIDE, changed("s", _log), str, "must be between 0", {}),
    "logarithms of propensities": (
        *(wide, WIDE, changed("p", np.log), str, r"propensity must be in \(0, 1\]"),
        {"propensity": {"s": "p", "l": "p"}},
    ),
    "percentages of propensities": (
        *(wide, WIDE, changed("p", lambda p: 100 * p), str, r"propensity must be in \(0, 1\]"),
        {"propensity": {"s": "p", "l": "p"}},
    ),
    "negative money": (
        *(wide, WIDE, changed("usd", lambda usd: -usd), str, "negative|at least 0"),
        {"cost": {"s": "usd", "l": "usd"}, "exchange_rate": 0.01},
    ),
    "commas that may be either": (
        *(wide, WIDE, changed("n", lambda n: n.map("{:,}".format)), str, "--decimal"),
        {},
    ),
    "mixed types": (wide, WIDE, changed("s", lambda s: s.astype(str).where(s < 0.9, "good")), str,
                    "must be numbers, but hold 'good'", {}),
    "more cells than names": (wide, WIDE, None, shifted, "Expected 7 columns", {}),
    "no header": (wide, WIDE, None, without_header, "there is no .id.", {}),
    "cut in a row": (wide, WIDE, None, cut, "Expected 7 columns", {}),
    "the header again": (wide, WIDE, None, header_twice, "60 cases have several", {}),
    "two columns of one name": (
        *(wide, WIDE, lambda frame: frame.rename(columns={"l": "s"}), str, "several are named 's'"),
        {},
    ),
    "a feature that changes within a case": (
        *(long, LONG, changed("x", lambda x: x + np.arange(len(x))), str, "varies within"),
        {},
    ),
    "no id": (wide, WIDE, changed("id", lambda name: name.where(name != "007")), str,
              "1 missing values", {}),
    "answers of other types": (
        *(labels, LABELS, changed("ann", lambda ann: ann.map({0: "no", 1: "yes"})), str),
        *("answered no, yes .texts., .* holds 0, 1 .whole numbers.", {}),
    ),
    "answers that count from one": (
        *(labels, LABELS, changed("ann", lambda ann: ann + 1), str, "answered 2"),
        {},
    ),
    "a measured label": (labels, LABELS, changed("y", lambda y: y + 0.5), str, "answered 0, 1", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_went_wrong_is_refused_in_a_sentence(name, tmp_path):
    read, frame, change, write, message, said = REFUSED[name]
    frame = frame if change is None else change(frame)
    with pytest.raises(cede.CedeError, match=message):
        read(write(text_of(frame)), tmp_path, **said)


@pytest.mark.parametrize("swapped", [False, True])
def test_swapped_propensities_are_told_when_routes_are_judged(swapped):
    n = 3_000
    rng = np.random.default_rng(0)
    large = rng.random(n) < 0.3
    log = pd.DataFrame({"agent": np.where(large, "l", "s"), "o": rng.random(n)})
    log["p"] = np.where(large != swapped, 0.3, 0.7)
    cases = read_long(log, agent="agent", outcome="o", model="s", propensity="p")
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        off_policy_cost(np.ones(n, int), cases.agent_costs, cases.propensities)
    said = [str(one.message) for one in heard]
    assert any("right propensities make them average 1" in text for text in said) == swapped


def commas(frame):
    return text_of(frame, sep=";", decimal=",")


#: What looks otherwise and is the same log.
READ = {
    "another order of rows": (wide, WIDE, lambda f: f.sample(frac=1.0, random_state=1), text_of),
    "another order of columns": (wide, WIDE, lambda f: f[f.columns[::-1]], text_of),
    "row numbers": (wide, WIDE, lambda f: f.reset_index(), text_of),
    "decimal commas": (wide, WIDE, None, commas),
    "tabs": (wide, WIDE, None, lambda f: text_of(f, sep="\t")),
    "quotes": (wide, WIDE, None, lambda f: text_of(f, quoting=1)),
    "ends of lines": (wide, WIDE, None, lambda f: text_of(f, lineterminator="\r\n")),
    "whole numbers as floats": (wide, WIDE, changed("n", lambda n: n.astype(float)), text_of),
    "blanks around numbers": (
        *(wide, WIDE, changed("s", lambda s: " " + s.astype(str) + " "), text_of),
    ),
    "labels as floats": (labels, LABELS, changed("ann", lambda a: a.astype(float)), text_of),
    "labels as truths": (
        *(labels, LABELS, lambda f: f.assign(ann=f["ann"] == 1, y=f["y"] == 1), text_of),
    ),
    "a long log shuffled": (long, LONG, lambda f: f.sample(frac=1.0, random_state=2), text_of),
}


@pytest.mark.parametrize("name", READ)
def test_what_only_looks_otherwise_is_read_the_same(name, tmp_path):
    read, frame, change, write = READ[name]
    expected = read(text_of(frame), tmp_path)
    cases = read(write(frame if change is None else change(frame)), tmp_path)
    np.testing.assert_array_equal(cases.agent_costs, expected.agent_costs)
    np.testing.assert_array_equal(cases.X, expected.X)
    assert cases.ids.tolist() == expected.ids.tolist()
