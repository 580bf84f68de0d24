"""cede_papers: from a config to reports, from reports to a page, and what is refused."""

import json
import pickle
import sys
import types

import numpy as np
import pytest
from matplotlib.figure import Figure

import cede_papers
from cede.exceptions import InvalidInput, MissingExtra, UnknownName, UnreadableFile
from cede_papers import NOT_RUN, REPRODUCED, Claim, Run

README = """# A paper

Words before.

<!-- claims: begin -->
<!-- claims: end -->

## One

<!-- one: begin -->
old
<!-- one: end -->

## Two

<!-- two: begin -->
<!-- two: end -->

Words after.
"""


def square(x):
    return x * x


def one():
    """A part that squares."""
    part = types.ModuleType("one")

    def measure(settings, run):
        tasks = [settings["base"] + seed % 1_000 + run.seed for seed in run.seeds(settings["n"])]
        return {"squares": run.map(square, tasks), "third": 1 / 3}

    part.measure = measure
    part.tables = lambda found: cede_papers.table(["squares"], [[str(found["squares"])]])
    part.figures = lambda found: {"squares": Figure()}
    part.claims = lambda found: [
        Claim("It squares.", "4", str(found["squares"][0]), "0", REPRODUCED)
    ]
    return part


def two():
    """A part whose data are not here."""
    part = types.ModuleType("two")

    def measure(settings, run):
        raise UnreadableFile("the films are not here")

    part.measure = measure
    part.not_run = lambda: [Claim("It sees.", "1", "–", "–", NOT_RUN, "the films are not here.")]
    return part


@pytest.fixture
def paper(tmp_path):
    folder = tmp_path / "paper"
    (folder / "configs").mkdir(parents=True)
    (folder / "README.md").write_text(README, encoding="utf-8")
    for name, n in (("full", 3), ("tiny", 2)):
        text = f"seed = 2\n[one]\nbase = 0\nn = {n}\n[two]\n"
        (folder / "configs" / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def run(folder, *arguments):
    cede_papers.main(folder / "run.py", {"one": one(), "two": two()}, arguments)


def report(folder):
    return json.loads((folder / "reports" / "one.json").read_text(encoding="utf-8"))


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


def test_check_passes_until_a_table_is_not_its_report_s(paper, capsys):
    run(paper)
    run(paper, "--check")
    assert "is what the reports say" in capsys.readouterr().out
    page = paper / "README.md"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("[4, 9, 16]", "[4, 9, 17]"), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"in one; write it anew with: python .*--from-report"):
        run(paper, "--check")
    assert "[4, 9, 17]" in page.read_text(encoding="utf-8")
    run(paper, "--from-report")
    assert page.read_text(encoding="utf-8") == text


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
    with pytest.raises(SystemExit, match="one, two run on the CPU only: leave out --device"):
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
    with pytest.raises(SystemExit, match="device 'gpu' cannot be used here"):
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


def test_what_cannot_be_shown_is_not_written(paper):
    part = one()
    part.tables = lambda found: cede_papers.with_interval([1.0])
    with pytest.raises(SystemExit, match="What one found cannot be shown: An interval needs two"):
        cede_papers.main(paper / "run.py", {"one": part, "two": two()}, [])
    assert not (paper / "reports").exists()


def test_reports_elsewhere_can_be_shown_and_checked_again(paper, tmp_path, capsys):
    out = tmp_path / "out"
    run(paper, "--seed", "5", "--out", str(out))
    (out / "README.md").write_text(README, encoding="utf-8")
    with pytest.raises(SystemExit, match="is not what the reports say"):
        run(paper, "--check", "--out", str(out))
    run(paper, "--from-report", "--out", str(out))
    run(paper, "--check", "--out", str(out))
    assert "[25, 36, 49]" in (out / "README.md").read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        run(paper, "--check", "--seed", "5")
    assert "leave out --seed" in capsys.readouterr().err


def test_tables_of_papers_keep_their_own_emphasis_and_one_line():
    text = cede_papers.table(["who", "error"], [["a|b\nc", "**0.1**"]])
    assert text.splitlines()[2] == r"| a\|b c | **0.1** |"
    assert len(text.splitlines()) == 3


def test_a_run_has_a_thousand_seeds_of_its_own():
    assert Run(seed=0).seeds(3) == [0, 1, 2]
    assert Run(seed=2).seeds(2) == [2_000, 2_001]
    with pytest.raises(InvalidInput, match="has 1000 seeds; 1001"):
        Run().seeds(1_001)


def test_parts_can_be_run_alone(paper):
    with pytest.raises(SystemExit, match="the films are not here"):
        run(paper, "--only", "two")
    run(paper, "--only", "one")
    assert report(paper)["found"]["squares"] == [4, 9, 16]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--config", "fll"), "no config 'fll'. Did you mean 'full'"),
        (("--from-report",), "holds no report"),
        (("--check",), "README.md is not what the reports say in claims, one, two"),
        (("--config", "../configs/full"), "no config"),
        (("--data", "nowhere"), "--data must name a folder; there is none at 'nowhere'"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_sentence(paper, arguments, sentence):
    with pytest.raises(SystemExit, match=sentence):
        run(paper, *arguments)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("seed = [", "full.toml is no TOML"),
        ("[won]\n", "no part or setting in full.toml 'won'. Did you mean 'two'"),
        ('seed = "a"\n[one]\n', "seed in full.toml must be of type int, not 'a'"),
        ("one = 3\n", "one in full.toml must be a table, not 3"),
        ("[one]\nbase = 0\n", r"\[one\] in the config lacks 'n'; it holds \['base'\]"),
    ],
)
def test_a_config_with_a_mistake_is_refused(paper, text, sentence):
    (paper / "configs" / "full.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=sentence):
        run(paper)


def test_a_setting_that_the_full_config_does_not_know_is_refused(paper):
    text = "[one]\nbase = 0\nn = 2\nbass = 3\n"
    (paper / "configs" / "tiny.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"no setting of \[one\] in tiny.toml 'bass'.*'base'"):
        run(paper, "--config", "tiny")


def test_settings_within_settings_say_what_they_lack(paper):
    text = "[one]\nbase = 0\nn = 2\n[one.inner]\na = 1\n"
    (paper / "configs" / "full.toml").write_text(text, encoding="utf-8")
    part = one()
    part.measure = lambda settings, run: run.map(inner, [settings, settings])
    with pytest.raises(SystemExit, match=r"\[one\].inner in the config lacks 'b'"):
        cede_papers.main(paper / "run.py", {"one": part}, ["--workers", "2"])


def inner(settings):
    return settings["inner"]["b"]


def test_a_page_without_a_block_is_refused_before_anything_is_measured(paper):
    (paper / "README.md").write_text("# Nothing\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="wants one block <!-- claims: begin -->"):
        run(paper)
    assert not (paper / "reports").exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"part": "one"}'])
def test_a_report_that_is_none_is_refused(paper, text):
    run(paper)
    (paper / "reports" / "one.json").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"one\.json is no report"):
        run(paper, "--from-report")


@pytest.mark.parametrize(
    ("found", "sentence"),
    [({"a": [1.0, float("nan")]}, "one.a holds nan"), ({"a": object()}, "one.a holds a object")],
)
def test_what_a_report_cannot_hold_is_refused(paper, found, sentence):
    part = one()
    part.measure = lambda settings, run: found
    with pytest.raises(SystemExit, match=sentence):
        cede_papers.main(paper / "run.py", {"one": part, "two": two()}, [])


def test_arrays_and_numbers_of_numpy_become_json(paper):
    part = one()
    wanted = {"squares": [1.5, 2.0], "n": 3, "none": None}
    part.measure = lambda settings, run: {
        "squares": np.array([1.5, 2.0]), "n": np.int64(3), "none": None}  # fmt: skip
    cede_papers.main(paper / "run.py", {"one": part, "two": two()}, [])
    assert report(paper)["found"] == wanted


def test_map_keeps_the_order_whatever_the_workers(capfd):
    tasks = list(range(5))
    assert Run(workers=1).map(square, tasks) == Run(workers=2).map(square, tasks)
    assert "5/5" in capfd.readouterr().err


def test_tasks_run_with_one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert Run(workers=1).map(threads, [None]) == [1]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def threads(_):
    import torch

    return torch.get_num_threads()


def test_a_verdict_is_one_of_four():
    with pytest.raises(UnknownName, match=r"'Reproduced'.*reproduced in direction"):
        Claim("a", "b", "c", "d", "Reproduced")


def test_numbers_stand_to_the_right_and_bars_are_escaped():
    text = cede_papers.table(
        ["who", "how much", "what"], [["a|b", "+1.2 [+0.3, +2.1]", "x"], ["c", "–", "y"]]
    )
    _, rules, first, _ = text.splitlines()
    assert rules == "| --- | --: | --- |"
    assert cede_papers.table(["a|b"], []).startswith(r"| a\|b |")
    assert first == r"| a\|b | +1.2 [+0.3, +2.1] | x |"
    with pytest.raises(InvalidInput, match="the 2 cells of its header"):
        cede_papers.table(["a", "b"], [["1"]])


def test_the_interval_is_student_s():
    from scipy import stats

    values = np.array([0.2, 0.5, 0.1, 0.9])
    mean, low, high = cede_papers.mean_and_interval(values)
    wanted = stats.t.interval(0.95, 3, loc=values.mean(), scale=stats.sem(values))
    np.testing.assert_allclose([low, high], wanted)
    assert mean == pytest.approx(values.mean())
    assert cede_papers.mean_and_interval([1.0, 1.0, 1.0]) == (1.0, 1.0, 1.0)  # no share of three
    assert (
        cede_papers.with_interval(values, scale=100)
        == f"{100 * mean:.1f} [−{-100 * low:.1f}, {100 * high:.1f}]"
    )
    assert cede_papers.with_deviation([-1.0, 1.0]) == "0.0 ± 1.4"
    assert cede_papers.with_interval((-0.01, -1.0, 1.0)) == "0.0 [−1.0, 1.0]"


@pytest.mark.parametrize("values", [[1.0], [1.0, float("nan")], []])
def test_an_interval_needs_two_numbers(values):
    with pytest.raises(InvalidInput, match="two or more repetitions"):
        cede_papers.mean_and_interval(values)


def test_the_command_line_tells_what_there_is(paper, capsys, monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "__doc__", "What it measures.")
    with pytest.raises(SystemExit) as stopped:
        run(paper, "--help")
    assert stopped.value.code == 0
    told = capsys.readouterr().out
    assert "What it measures." in told
    assert "full, tiny" in told


@pytest.mark.parametrize(
    "error", [UnknownName("method", "a", ["ab", "b"]), MissingExtra("skops", "trust", "Storing")]
)
def test_errors_come_back_from_other_processes(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))
