"""The public surface is a list, and nothing is imported before it is used."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import cede

SOURCE = Path(cede.__file__)


def test_all_is_sorted_and_every_name_resolves():
    constants = [name for name in cede.__all__ if name.isupper()]
    classes = [name for name in cede.__all__ if name[0].isupper() and name not in constants]
    functions = [name for name in cede.__all__ if name[0].islower()]
    assert cede.__all__ == sorted(constants) + sorted(classes) + sorted(functions)
    for name in cede.__all__:
        assert getattr(cede, name) is not None
    assert set(cede.__all__) <= set(dir(cede))


def test_the_names_for_editors_are_the_names_that_resolve():
    """The imports under TYPE_CHECKING and the table of homes say the same."""
    (branch,) = (n for n in ast.parse(SOURCE.read_text()).body if isinstance(n, ast.If))
    spelled = {
        (statement.module, alias.asname)
        for statement in branch.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert spelled == {(f"cede.{home}", name) for name, home in cede._HOME_OF.items()}
    assert {name for _, name in spelled} == set(cede.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Comparision'"):
        cede.Comparision


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import cede", ("numpy", "torch", "sklearn", "matplotlib", "scipy")),
        ("import cede; cede.deferral_curve", ("torch", "sklearn", "matplotlib")),
        ("import cede; cede.compare; cede.reliability", ("torch", "sklearn", "matplotlib")),
        (
            "from cede.datasets import load_support2; load_support2()",
            ("torch", "pyarrow", "pandas"),
        ),
        ("import cede; cede.losses", ("sklearn", "matplotlib")),
        ("import cede; cede.SingleStageClassifier", ("matplotlib", "typer", "skops")),
    ],
)
def test_nothing_heavy_is_imported_before_it_is_used(statement, absent):
    code = f"import sys; {statement}; print(*[m for m in {absent!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def modules():
    for module in pkgutil.walk_packages(cede.__path__, "cede."):
        yield module.name


@pytest.mark.parametrize("name", list(modules()))
def test_every_module_says_what_it_is_and_lists_what_it_offers(name):
    module = importlib.import_module(name)
    assert module.__doc__
    offered = getattr(module, "__all__", None)
    assert offered is not None or name == "cede.exceptions" or name.split(".")[-1][0] == "_"
    for public in offered or ():
        thing = getattr(module, public)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert inspect.getdoc(thing), f"{name}.{public} has no docstring"


def test_files_stay_small():
    long = {
        str(path.relative_to(SOURCE.parent)): lines
        for path in SOURCE.parent.rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 400
    }
    assert not long
