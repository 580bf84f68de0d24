"""A paper of two parts, one of which has no data here."""

import json
import types

from matplotlib.figure import Figure

import cede_papers
from cede.exceptions import UnreadableFile
from cede_papers import NOT_RUN, REPRODUCED, Claim

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


def run(folder, *arguments):
    cede_papers.main(folder / "run.py", {"one": one(), "two": two()}, arguments)


def report(folder):
    return json.loads((folder / "reports" / "one.json").read_text(encoding="utf-8"))
