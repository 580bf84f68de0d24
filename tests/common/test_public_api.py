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


STUB = ast.parse(SOURCE.with_suffix(".pyi").read_text(encoding="utf-8")).body
IMPORTS = [
    (statement.module, alias.name)
    for statement in STUB
    if isinstance(statement, ast.ImportFrom)
    for alias in statement.names
]
ROOMS = {name for module, name in IMPORTS if module is None}


def test_the_surface_fits_a_screen_and_every_name_resolves():
    assert len(cede.__all__) <= 30
    assert set(cede.__all__) == {name for module, name in IMPORTS if module is not None}
    for name in (*cede.__all__, *ROOMS):
        assert getattr(cede, name) is not None
    assert ROOMS | set(cede.__all__) <= set(dir(cede))


def test_every_room_is_an_attribute():
    folders = {path.parent.name for path in SOURCE.parent.glob("[a-z]*/__init__.py")}
    assert folders - {"cli"} | {"exceptions"} == ROOMS


@pytest.mark.parametrize(("room", "name"), [pair for pair in IMPORTS if pair[0] is not None])
def test_what_stands_at_the_top_is_offered_by_its_room(room, name):
    module = importlib.import_module(f"cede.{room}")
    assert getattr(module, name) is getattr(cede, name)
    assert room == "exceptions" or name in module.__all__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="No cede attribute Comparision"):
        cede.Comparision


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import cede", ("numpy", "torch", "sklearn", "matplotlib", "scipy")),
        ("import cede; cede.deferral_curve", ("torch", "sklearn", "matplotlib")),
        (
            "import cede; cede.compare; cede.evaluation.reliability",
            ("torch", "sklearn", "matplotlib"),
        ),
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
