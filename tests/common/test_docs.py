"""Documents are checked like code: they run, they are complete, and their tables are generated."""

import importlib.util
import re
from pathlib import Path

import pytest

import cede
from cede.cli._app import app
from cede.losses import SURROGATES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = ["README.md", "ARCHITECTURE.md", "DECISIONS.md", "CONTRIBUTING.md", "CHANGELOG.md"]


def readme_tool():
    spec = importlib.util.spec_from_file_location("readme_tool", ROOT / "tools" / "readme.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_readme_code_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(blocks) >= 4
    scope: dict = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), scope)
    assert scope["clf"].score(scope["X_test"], scope["y_test"], scope["experts_test"]) > 0.8
    assert (tmp_path / "router" / "router.json").exists()


def test_the_tables_of_methods_and_surrogates_are_those_that_are_generated():
    assert readme_tool().methods_table() in README, "run: make readme"
    assert readme_tool().surrogates_table() in README, "run: make readme"


def test_the_table_of_papers_is_what_their_readmes_say():
    assert readme_tool().papers_table() in README, "run: make readme"


def test_every_row_is_mentioned_and_exported():
    for name in SURROGATES:
        assert name in README
        assert hasattr(cede.losses, name)


def test_every_command_of_the_makefile_that_documents_name_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    for document in DOCUMENTS:
        text = (ROOT / document).read_text(encoding="utf-8")
        named = re.findall(r"(?:`|^)make ([a-z-]+(?: [a-z-]+)*)", text, flags=re.MULTILINE)
        for words in named:
            assert set(words.split()) <= targets, f"{document}: make {words}"


def test_flags_in_the_readme_are_those_of_the_command():
    known = {"--help"}
    for command in app.registered_commands:
        for parameter in command.callback.__annotations__.values():
            for option in getattr(parameter, "__metadata__", ()):
                known |= set(getattr(option, "param_decls", None) or ())
        known |= {"--" + n.replace("_", "-") for n in command.callback.__annotations__}
    block = re.search(r"cede compare.*?```", README, flags=re.DOTALL).group()
    for flag in re.findall(r"--[a-z-]+", block):
        assert flag in known


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_and_files_that_documents_name_exist(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    links = [x for x in re.findall(r"\]\(([^)]+)\)", text) if not x.startswith("http")]
    files = re.findall(r"`((?:src|tests|tools|docs)/[\w./-]+\.\w+)`", text)
    for path in links + files:
        assert (ROOT / path).exists() or "my_" in path, path


def test_nothing_committed_names_an_absolute_path():
    wanted = re.compile(r"(/(home|root|work|Users)/\w|[A-Z]:\\\\\w)")
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if path.suffix in {".py", ".md", ".toml", ".txt", ".json", ".cff", ".sh"} and not any(
            part.startswith(".") or part in {"demo", "dist", "build", "cede-report"}
            for part in parts
        ):
            found = wanted.search(path.read_text(encoding="utf-8"))
            assert not found or path.name == Path(__file__).name, f"{path}: {found.group()}"
