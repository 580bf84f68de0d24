"""The command line as a person and as a script use it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cede.datasets import make_two_specialists


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A table with its own words: four kinds of column, names with spaces, missing answers."""
    X, y, experts = make_two_specialists(n=1_500, random_state=0)
    rng = np.random.default_rng(0)
    names = np.array(["fir", "oak", "elm"])
    forester = names[experts[:, 0].astype(int)].astype(object)
    forester[rng.random(1_500) < 0.1] = None
    path = tmp_path_factory.mktemp("data") / "trees.csv"
    pl.DataFrame(
        {
            "leaf length": X[:, 0],
            "bark": X[:, 1],
            "height": np.where(rng.random(1_500) < 0.2, np.nan, X[:, 2]),
            "soil": rng.choice(["clay", "sand"], 1_500),
            "plot": np.arange(1_500) // 3,
            "id": np.arange(1_500),
            "species": names[y],
            "the forester": forester,
            "app was right": (experts[:, 1] == y).astype(int),
        }
    ).write_csv(path)
    return path


FLAGS = (
    "--label",
    "species",
    "--expert",
    "forester=the forester",
    "--correct",
    "app=app was right",
    "--fee",
    "forester=0.05",
    "--exclude",
    "id",
    "--group",
    "plot",
    "--budget",
    "0.1",
    "--budget",
    "0.4",
    "--method",
    "one_vs_all",
    "--method",
    "threshold_correction",
    "--model",
    "sklearn.linear_model:LogisticRegression",
)


def test_compare_as_json_is_one_object_on_standard_output(cede, table, tmp_path):
    done = cede("compare", table, *FLAGS, "--json", "--out", "out", "--seed", 3)
    content = json.loads(done.stdout)
    assert content["experts"] == ["forester", "app"]
    assert content["budgets"] == [0.1, 0.4]
    assert content["seed"] == 3
    assert sum(content["parts"].values()) == 1_500
    assert content["n_left_out"] > 0
    assert "--label species" in content["command"]
    methods = {row["method"] for row in content["rows"]}
    assert methods == {
        "model alone",
        "forester alone",
        "app alone",
        "always elm",
        "random, same rate",
        "oracle",
        "one_vs_all",
        "threshold_correction",
    }
    ours = [r for r in content["rows"] if r["method"] == "one_vs_all" and r["budget"] == 0.4]
    assert ours[0]["gain"] > 0
    assert "fitting one_vs_all" in done.stderr
    assert json.loads((tmp_path / "out" / "comparison.json").read_text()) == content
    assert "<html" in (tmp_path / "out" / "report.html").read_text()


def test_compare_prints_tables_and_says_where_the_report_is(cede, table, tmp_path):
    done = cede("compare", table, *FLAGS, "--quiet")
    assert "Budget 10%, chosen on" in done.words
    assert "of cases to come" in done.words
    assert "app alone" in done.stdout
    assert done.stderr == ""
    assert (tmp_path / "cede-report" / "report.html").exists()
    assert max(map(len, done.stdout.splitlines())) <= 110


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("compare",), "Missing argument"),
        (("compare", "table.csv", "--lable", "species"), "--lable"),
        (("fit", "table.csv", "--seed", "one"), "Invalid value for '--seed'"),
        (("compair", "table.csv"), "compair"),
    ],
)
def test_misspelt_words_are_an_object_too_where_one_is_asked_for(cede, arguments, message):
    done = cede(*arguments, "--json", code=2)
    assert message in json.loads(done.stdout)["error"]
    assert message in done.stderr
    assert cede(*arguments, code=2).stdout == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--label", "specie"), "Did you mean 'species'"),
        (
            ("--label", "species", "--expert", "f=forester"),
            "--expert must name one of the columns, but there is no 'forester'",
        ),
        (("--label", "species", "--expert", "=x"), "--expert must be written NAME=COL"),
        (("--label", "species", "--fee", "app"), "--fee must be written NAME=NUMBER"),
        (("--label", "species", "--fee", "a=1", "--fee", "a=2"), "but got 'a' twice"),
        (
            ("--label", "species", "--fee", "app=0.1"),
            "--fee must name one of the experts, but there is no 'app'",
        ),
        (("--label", "species", "--budget", "3"), "--budget must be in [0, 1], but got 3"),
        (
            ("--label", "species", "--method", "ova"),
            "--method must name one of the methods, but there is no 'ova'",
        ),
        (("--label", "species", "--method", "realizable"), "--method must name what can run"),
        (("--label", "species", "--model", "sklearn.linear_model:Logistic"), "cannot be made"),
        (("--label", "species", "--model", "sklearn.svm:LinearSVC"), "fit and predict_proba"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(cede, table, arguments, message):
    done = cede("compare", table, *arguments, "--json", "--quiet", code=2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert message in json.loads(done.stdout)["error"]


def test_a_missing_file_and_a_missing_flag(cede):
    assert "no file" in cede("compare", "x.csv", "--label", "y", code=2).stderr
    assert "--label" in cede("compare", "x.csv", code=2).stderr


def test_a_model_of_ones_own_stands_in_the_working_folder(cede, table, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from sklearn.tree import DecisionTreeClassifier\n"
        "class Stump(DecisionTreeClassifier):\n"
        "    def __init__(self, max_depth=1):\n"
        "        super().__init__(max_depth=max_depth)\n"
    )
    done = cede(
        "compare",
        table,
        "--label",
        "species",
        "--correct",
        "app=app was right",
        "--exclude",
        "id,the forester",
        "--budget",
        "0.2",
        "--method",
        "threshold_correction",
        "--model",
        "mine:Stump",
        "--json",
    )
    rows = json.loads(done.stdout)["rows"]
    assert next(r for r in rows if r["method"] == "model alone")["accuracy"] < 0.75


def test_help_and_version(cede):
    assert "compare" in cede("--help").stdout
    for flag in (
        "--label",
        "--expert",
        "--correct",
        "--fee",
        "--features",
        "--exclude",
        "--group",
        "--budget",
        "--method",
        "--model",
        "--seed",
        "--out",
        "--json",
        "--quiet",
    ):
        assert flag in cede("compare", "--help").stdout
    assert cede("--version").stdout.startswith("cede 0.")


def test_as_a_program_it_exits_with_2_and_one_sentence(tmp_path):
    program = [sys.executable, "-c", "from cede.cli import main; main()", "compare", "x.csv"]
    done = subprocess.run(
        [*program, "--label", "y"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("cede: There is no file 'x.csv'.\n")


def test_without_the_cli_packages_it_says_what_to_install():
    code = "import sys; sys.modules['typer'] = None\nfrom cede.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'cede[cli]'" in done.stderr


def test_demo_runs_and_its_command_can_be_repeated(cede, tmp_path):
    first = cede("demo", "--method", "one_vs_all", "--budget", "0.2", "--json")
    content = json.loads(first.stdout)
    assert Path(tmp_path, content["report"]).exists()
    words = content["command"].split()
    again = json.loads(cede(*words[1:], "--json").stdout)
    assert again["rows"] == content["rows"]


def test_rows_of_one_case_by_several_reviewers_are_one_case(cede, tmp_path):
    draw = np.random.default_rng(0)
    case = {"x": draw.normal(size=300), "z": draw.normal(size=300), "y": draw.integers(2, size=300)}
    once = pl.DataFrame(case)
    reviews = [
        once.with_columns(by=pl.lit(f"r{k}"), ann=draw.integers(2, size=300)) for k in "abcd"
    ]
    pl.concat(reviews).write_csv(tmp_path / "reviews.csv")
    flags = ("--label", "y", "--expert", "ann=ann", "--method", "one_vs_all", "--out", "report")
    done = cede("compare", "reviews.csv", *flags, "--json", "--quiet")
    content = json.loads(done.stdout)
    (said,) = content["warnings"]
    assert "1,200 of 1,200 rows are equal to another in every feature but 'by'" in said
    assert content["n_independent"] == content["n_cases"] / 4
    assert "Do not defer: leave every case to the model" in content["verdict"]
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert said.split(" but ")[0] in " ".join(page.split())
