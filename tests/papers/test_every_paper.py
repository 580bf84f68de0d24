"""What holds for every folder in papers/: its form, its tiny run, its page is its reports."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from cede_papers import IN_DIRECTION, NOT_REPRODUCED, NOT_RUN, REPRODUCED

PAPERS = Path(__file__).parents[2] / "papers"
KEYS = sorted(path.parent.name for path in PAPERS.glob("*/run.py"))
WANTED = {
    "cao2023_asymmetric_softmax",
    "league",
    "mao2025_multi_expert",
    "montreuil2025_multi_task",
    "narasimhan2022_post_hoc",
    "soen2026_density_ratio",
}
every_paper = pytest.mark.parametrize("key", KEYS)


def parts_of(key):
    """Names of the blocks of a README, the claims apart."""
    text = (PAPERS / key / "README.md").read_text(encoding="utf-8")
    return [name for name in re.findall(r"<!-- ([\w-]+): begin -->", text) if name != "claims"]


def reports_of(folder):
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((folder / "reports").glob("*.json"))
    }


def measured(report):
    """What must not depend on the day: all but seconds."""
    return {key: value for key, value in report.items() if key != "seconds"}


def test_the_papers_are_there():
    assert set(KEYS) == WANTED


@every_paper
def test_a_tiny_run_gives_the_same_report_again(key, run_paper, data_if_here, tmp_path):
    made = []
    for name, workers in (("one", 1), ("two", 2)):
        arguments = ("--config", "tiny", "--workers", workers, "--out", tmp_path / name)
        done = run_paper(key, *arguments, data=data_if_here)
        assert done.returncode == 0, done.stderr
        made.append(reports_of(tmp_path / name))
    assert made[0]
    assert made[0].keys() == made[1].keys() <= set(parts_of(key))
    for name, report in made[0].items():
        again = measured(made[1][name]) | {"workers": 1}
        assert measured(report) == again, name
        assert report["config"] == "tiny"
        assert report["versions"].keys() >= {"cede", "torch", "numpy"}
    assert list((tmp_path / "one").glob("*.svg"))


@every_paper
def test_the_page_is_what_the_committed_reports_say(key, run_paper):
    done = run_paper(key, "--check")
    assert done.returncode == 0, done.stderr
    assert "is what the reports say" in done.stdout


@every_paper
def test_the_committed_reports_are_those_of_configs_as_they_stand(key):
    for name, report in reports_of(PAPERS / key).items():
        path = PAPERS / key / "configs" / f"{report['config']}.toml"
        config = tomllib.loads(path.read_text(encoding="utf-8"))
        assert report["config"] != "tiny"
        assert report["part"] == name
        assert report["settings"] == config[name]
        assert report["seed"] == config.get("seed", 0)


@every_paper
def test_every_part_has_a_report_or_says_why_not(key):
    text = (PAPERS / key / "README.md").read_text(encoding="utf-8")
    reports = reports_of(PAPERS / key)
    for name in parts_of(key):
        block = text.split(f"<!-- {name}: begin -->")[1].split(f"<!-- {name}: end -->")[0]
        assert (name in reports) != ("Not run here" in block), name
    assert reports


@every_paper
def test_every_claim_has_one_of_four_verdicts_and_failures_have_reasons(key):
    text = (PAPERS / key / "README.md").read_text(encoding="utf-8")
    block = text.split("<!-- claims: begin -->")[1].split("<!-- claims: end -->")[0]
    rows = block.strip().splitlines()[2:]
    assert rows
    for row in rows:
        verdict = re.split(r"(?<!\\) \| ", row.strip("| "))[4]
        found = re.match(r"\*\*(.+?)\*\*(.*)", verdict)
        assert found.group(1) in (REPRODUCED, IN_DIRECTION, NOT_REPRODUCED, NOT_RUN)
        if found.group(1) in (NOT_REPRODUCED, NOT_RUN):
            assert len(found.group(2)) > 12, row


@every_paper
def test_figures_of_the_readme_are_there(key):
    text = (PAPERS / key / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"\]\((\w+\.svg)\)", text)
    assert named
    assert {path.name for path in (PAPERS / key).glob("*.svg")} == set(named)


@every_paper
def test_a_paper_is_short_and_holds_no_loss(key):
    assert len((PAPERS / key / "run.py").read_text(encoding="utf-8").splitlines()) < 80
    for path in (PAPERS / key).glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 400, path
        assert "log_softmax" not in text, f"{path}: a loss belongs into cede.losses"
        assert not re.search(r"from cede(_papers)?\.(\w+\.)*_", text), f"{path}: public names only"


@every_paper
def test_another_seed_is_another_run(key, run_paper, tmp_path):
    arguments = ("--config", "tiny", "--seed", 5, "--out", tmp_path)
    done = run_paper(key, *arguments)
    if done.returncode:
        assert "data are not here" in done.stderr
        pytest.skip("real data are not here")
    reports = reports_of(tmp_path)
    assert {report["seed"] for report in reports.values()} == {5}
    done = run_paper(key, "--config", "tiny", "--out", tmp_path / "usual")
    usual = reports_of(tmp_path / "usual")
    assert any(report["found"] != usual[name]["found"] for name, report in reports.items())
