"""Reports: what they hold, and what is refused."""

import numpy as np
import pytest
from made_papers import one, report, run, two

import cede_papers


def test_what_cannot_be_shown_is_not_written(paper):
    part = one()
    part.tables = lambda found: cede_papers.with_interval([1.0])
    with pytest.raises(
        SystemExit, match="what one found cannot be shown: values must be two or more repetitions"
    ):
        cede_papers.main(paper / "run.py", {"one": part, "two": two()}, [])
    assert not (paper / "reports").exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"part": "one"}'])
def test_a_report_that_is_none_is_refused(paper, text):
    run(paper)
    (paper / "reports" / "one.json").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"one\.json is no report"):
        run(paper, "--from-report")


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ({"a": [1.0, float("nan")]}, "one.a must hold finite numbers, but got nan"),
        ({"a": object()}, "one.a must hold numbers, texts, lists and dicts, but got a object"),
    ],
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
