"""What is too good to be true is said, and what is merely good is not."""

import numpy as np
import pandas as pd
import pytest

import cede
from cede.logs import read_problem
from cede.study import giveaways
from made_reports import read

N = 1_200


def made(seed=0, majority=0.5, **columns):
    """A table whose label is told by x in part only."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=N)
    noisy = x + draw.normal(size=N)
    y = np.where(noisy > np.quantile(noisy, majority), "yes", "no")
    ann = np.where(draw.random(N) < 0.85, y, np.where(y == "yes", "no", "yes"))
    table = {"x": x, "id": [f"case {i}" for i in range(N)], "label": y, "ann": ann}
    table |= {name: make(y, draw) for name, make in columns.items()}
    return pd.DataFrame(table)


LEAKS = {
    "a copy as text": lambda y, draw: np.char.add(y.astype(str), "!"),
    "a copy as a number": lambda y, draw: (y == "yes") * 2.5 - 1,
    "a time that is known afterwards": lambda y, draw: np.where(y == "yes", draw.random(N), np.nan),
    "many values per label": lambda y, draw: np.where(y == "yes", 10, 0) + draw.integers(9, size=N),
    "huge numbers": lambda y, draw: np.where(y == "yes", 1e300, -1e300),
}
HONEST = {
    "noise": lambda y, draw: draw.normal(size=N),
    "colour": lambda y, draw: draw.choice(["red", "blue"], N),
    "good": lambda y, draw: (y == "yes") + 0.5 * draw.normal(size=N),
    "nearly": lambda y, draw: np.where(draw.random(N) < 0.97, y, np.where(y == "no", "yes", "no")),
    "number of the row": lambda y, draw: np.arange(N),
}


@pytest.mark.parametrize("majority", [0.5, 0.95])
@pytest.mark.parametrize("name", LEAKS)
def test_a_column_that_tells_the_label_is_named(name, majority):
    problem = read_problem(made(majority=majority, **{name: LEAKS[name]}), "label", {"ann": "ann"})
    rows = np.random.default_rng(1).permutation(N)
    assert giveaways(problem, rows[:600], rows[600:]) == (name,)


@pytest.mark.parametrize("majority", [0.5, 0.95, 0.995])
def test_good_columns_and_ids_are_not(majority):
    problem = read_problem(made(majority=majority, **HONEST), "label", {"ann": "ann"})
    rows = np.random.default_rng(1).permutation(N)
    assert giveaways(problem, rows[:600], rows[600:]) == ()


def test_a_study_warns_keeps_it_and_the_page_shows_it(tmp_path):
    table = made(leak=LEAKS["a copy as text"])
    options = {"methods": ["one_vs_all"], "n_boot": 100, "exclude": ["id"]}
    with pytest.warns(UserWarning, match="Column 'leak' by itself tells the label"):
        study = cede.compare_table(table, "label", {"ann": "ann"}, **options)
    first, second = study.warnings
    assert first.startswith("Column 'leak' by itself")
    assert second.startswith("The model alone is right in 100.0 % of ")
    html = read(study, tmp_path)
    assert "Beware: Column &#39;leak&#39; by itself" in html
    assert "Beware: The model alone is right in 100.0" in html
    honest = cede.compare_table(made(), "label", {"ann": "ann"}, **options)
    assert honest.warnings == ()


def test_many_columns_are_named_once():
    table = made(**{f"leak {i}": LEAKS["a copy as a number"] for i in range(7)})
    with pytest.warns(UserWarning, match=r"Columns 'leak 0', .*'leak 4', … tell the label, each"):
        cede.compare_table(table, "label", methods=["one_vs_all"], n_boot=20, exclude=["id"])
