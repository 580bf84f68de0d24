"""papers/realizable: a small run has the contrast of the full one, and its README is its report."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[1] / "papers" / "realizable"
QUICK_ROWS = 12 + 7  # one problem of each stage; the rejector is for two agents only


def run(*arguments):
    command = [sys.executable, FOLDER / "run.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")


def tables(text):
    """Every Markdown table: header and rows as lists of cells."""
    lines = [line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("| ")]
    starts = [i - 1 for i, cells in enumerate(lines) if set(cells) <= {"---", "--:"}]
    ends = [*starts[1:], len(lines)]
    return [(lines[start], lines[start + 2 : end]) for start, end in zip(starts, ends, strict=True)]


def number(cell):
    return float(re.search(r"[+−]?\d+\.\d", cell).group().replace("−", "-"))


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    out = tmp_path_factory.mktemp("papers") / "new"
    done = run("--quick", "--out", out)
    assert done.returncode == 0, done.stderr
    return out, done.stdout


def test_a_quick_run_writes_report_tables_and_figure(quick):
    out, printed = quick
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert len(report["results"]) == QUICK_ROWS == len(printed.splitlines())
    assert all(len(r["accuracy"]) == report["settings"]["draws"] for r in report["results"])
    assert report["versions"].keys() >= {"cede", "torch"}
    figure = (out / "figure.svg").read_text(encoding="utf-8")
    assert figure.startswith("<svg")
    assert "one-vs-all" in figure


def test_the_tables_hold_the_report(quick):
    out, _ = quick
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    means = {r["method"]["name"]: np.mean(r["accuracy"]) for r in report["results"]}
    accuracies, differences, *_ = found = tables((out / "README.md").read_text(encoding="utf-8"))
    assert len(found) == 4
    assert accuracies[0] == ["method", "2 classes, 2 experts", "expected", "verdict"]
    for name, cell, _, _ in accuracies[1] + found[2][1]:
        assert number(cell) == pytest.approx(means[name], abs=0.051)
    gaps = {name: number(cell) for name, cell in differences[1]}
    expected = means["one-vs-all"] - means["realizable, q = 0"]
    assert gaps["one-vs-all"] == pytest.approx(expected, abs=0.051)


def test_the_contrast_has_the_right_direction(quick):
    out, _ = quick
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    for stage, least in (("single", 2.0), ("two", 3.0)):
        means = {"perfect": [], "below": [], "open": []}
        for r in report["results"]:
            if r["stage"] == stage:
                means[r["expected"]].append(np.mean(r["accuracy"]))
        assert min(means["perfect"]) > 96.0
        assert min(means["perfect"]) > max(means["below"]) + least


def test_a_quick_run_refuses_to_replace_the_full_one():
    done = run("--quick")
    assert done.returncode == 2
    assert "--out" in done.stderr


def test_the_readme_is_what_the_committed_report_says(tmp_path):
    for name in ("report.json", "README.md"):
        shutil.copy(FOLDER / name, tmp_path)
    committed = (FOLDER / "README.md").read_text(encoding="utf-8")
    emptied = re.sub(r"(results: begin -->).*(<!-- results: end)", r"\1\n\2", committed, flags=re.S)
    assert emptied != committed
    (tmp_path / "README.md").write_text(emptied, encoding="utf-8")
    done = run("--from-report", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert text == committed, "run: python papers/realizable/run.py --from-report"


def test_the_committed_run_is_the_full_one_and_holds_what_the_readme_says():
    report = json.loads((FOLDER / "report.json").read_text(encoding="utf-8"))
    settings = report["settings"]
    standard = [
        r
        for r in report["results"]
        if (r["step_size"], r["start"]) == (settings["step_size"], settings["start"])
    ]
    assert {r["problem"] for r in standard} == set(report["problems"])
    assert settings["draws"] >= 5
    for r in standard:
        if r["expected"] == "perfect":
            assert np.mean(r["accuracy"]) >= 98.0
