"""What is run, by whose settings, and where its results go."""

import sys

import pytest
from made_papers import one, report, run, two

import cede_papers
from cede.exceptions import UnknownName


def test_a_full_run_writes_report_page_and_figure(paper, capsys):
    run(paper)
    found = report(paper)
    assert found["found"] == {"squares": [4, 9, 16], "third": 0.333333}
    assert b"\r" not in (paper / "README.md").read_bytes()
    assert (found["seed"], found["device"], found["config"]) == (2, "cpu", "full")
    assert found["settings"] == {"base": 0, "n": 3}
    assert found["versions"].keys() >= {"cede", "torch", "numpy", "python"}
    assert found["seconds"] >= 0
    text = (paper / "README.md").read_text(encoding="utf-8")
    assert text.startswith("# A paper\n\nWords before.")
    assert text.endswith("Words after.\n")
    assert "| It squares. | 4 | 4 | 0 | **reproduced** |" in text
    assert "**not run here** because the films are not here." in text
    assert "| [4, 9, 16] |" in text
    assert "seed 2" in text
    assert "old" not in text
    assert (paper / "squares.svg").read_text(encoding="utf-8").startswith("<svg")
    told = capsys.readouterr().err
    assert "left out: the films are not here" in told
    assert "3/3" in told


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (("--seed", "7"), "full-seed7"),
        (("--config", "tiny"), "tiny-seed2"),
        (("--config", "mine"), "mine-seed2"),
    ],
)
def test_other_runs_leave_what_is_committed_alone(paper, arguments, place):
    (paper / "configs" / "mine.toml").write_text("seed = 2\n[one]\nbase = 1\nn = 2\n")
    run(paper)
    before = (paper / "README.md").read_text(encoding="utf-8")
    run(paper, *arguments)
    assert (paper / "README.md").read_text(encoding="utf-8") == before
    assert report(paper)["found"]["squares"] == [4, 9, 16]
    there = paper / "runs" / place
    text = (there / "README.md").read_text(encoding="utf-8")
    assert str(report(there)["found"]["squares"]) in text
    assert (there / "squares.svg").exists()


def test_a_seed_and_workers_given_win_over_the_config(paper, tmp_path):
    out = tmp_path / "out"
    run(paper, "--seed", "5", "--workers", "2", "--out", str(out))
    assert report(out)["found"]["squares"] == [25, 36, 49]
    assert (report(out)["seed"], report(out)["workers"]) == (5, 2)


def test_a_config_of_its_own_writes_here_once_and_again(paper):
    (paper / "configs" / "large.toml").write_text("[one]\nbase = 5\nn = 1\n", encoding="utf-8")
    for _ in range(2):
        run(paper, "--config", "large")
        assert report(paper)["config"] == "large"
    run(paper)
    assert report(paper)["config"] == "large"
    assert report(paper / "runs" / "full-seed2")["config"] == "full"


def test_only_parts_that_use_a_device_get_it(paper, monkeypatch):
    import torch

    monkeypatch.setattr("cede_papers._main.pick_device", lambda name: torch.device("meta"))
    with pytest.raises(
        SystemExit, match="--device must be cpu for one, two, but got 'meta'; leave it out"
    ):
        run(paper, "--device", "meta")
    seen = []
    part = one()
    part.USES_DEVICE = True
    part.measure = lambda settings, run: seen.append(run.device) or {"squares": [1]}
    parts = {"one": part, "two": two()}
    cede_papers.main(paper / "run.py", parts, ["--device", "meta"])
    assert seen == ["meta"]
    assert report(paper / "runs" / "full-seed2-meta")["device"] == "meta"


def test_a_device_that_is_not_there_is_said_before_anything_is_measured(paper):
    part = one()
    part.USES_DEVICE = True
    part.measure = None
    with pytest.raises(SystemExit, match=r"device must be .* but got 'gpu'"):
        cede_papers.main(paper / "run.py", {"one": part, "two": two()}, ["--device", "gpu"])


def test_what_came_before_a_failure_is_kept_and_shown(paper):
    parts = {"one": one(), "two": two()}
    parts["two"].measure = lambda settings, run: run.map(fails, [1, 2])
    with pytest.raises(SystemExit, match="no method 'a'"):
        cede_papers.main(paper / "run.py", parts, ["--workers", "2"])
    cede_papers.main(paper / "run.py", parts, ["--check"])
    assert report(paper)["found"]["squares"] == [4, 9, 16]


def fails(_):
    raise UnknownName("method", "a", ["b"])


def test_parts_can_be_run_alone(paper):
    with pytest.raises(SystemExit, match="the films are not here"):
        run(paper, "--only", "two")
    run(paper, "--only", "one")
    assert report(paper)["found"]["squares"] == [4, 9, 16]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--config", "fll"), "no config 'fll'. Did you mean 'full'"),
        (("--from-report",), "paper must hold a report, but got none"),
        (
            ("--check",),
            "README.md must be what the reports say, but got other blocks for claims, one, two",
        ),
        (("--config", "../configs/full"), "no config"),
        (("--data", "nowhere"), "--data must be a folder, but got 'nowhere'"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_sentence(paper, arguments, sentence):
    with pytest.raises(SystemExit, match=sentence):
        run(paper, *arguments)


def test_the_command_line_tells_what_there_is(paper, capsys, monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "__doc__", "What it measures.")
    with pytest.raises(SystemExit) as stopped:
        run(paper, "--help")
    assert stopped.value.code == 0
    told = capsys.readouterr().out
    assert "What it measures." in told
    assert "full, tiny" in told
