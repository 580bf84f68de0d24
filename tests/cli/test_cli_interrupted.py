"""A command that is interrupted, or whose output nobody reads, ends without a traceback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from cede.cli import main; main()"]
WORDS = "cede: interrupted."


def begin(*arguments, where, **options):
    return subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=where,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1"},
        **options,
    )


def interrupted_at(line, where, later=0.0):
    """Start the demo, wait until ``line`` is said, and some seconds, and interrupt it."""
    with begin("demo", "--out", "demo", where=where) as command:
        said = ""
        while line not in said:
            said = command.stderr.readline()
            assert said, command.communicate()
        time.sleep(later)
        command.send_signal(signal.SIGINT)
        rest = command.communicate(timeout=60)[1]
        return command.returncode, rest


@pytest.mark.parametrize("line", ["training the model", "comparing"])
def test_ctrl_c_at_work_ends_with_130_and_one_line(line, tmp_path):
    code, said = interrupted_at(line, tmp_path)
    assert code == 130
    assert WORDS in said
    assert "Traceback" not in said
    assert not list(tmp_path.rglob("*.html"))


@pytest.mark.parametrize("module", ["rich", "typer"])
def test_ctrl_c_among_imports_ends_with_130_and_one_line(module, tmp_path):
    """Raised while the module is being looked for, by whom tries it and goes on without it, too."""
    program = f"""
import os, signal, sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            try:
                os.kill(os.getpid(), signal.SIGINT)
                for _ in range(1000): pass
            except BaseException:
                return None
sys.meta_path.insert(0, Interrupt())
sys.argv = ["cede", "demo", "--out", "demo"]
from cede.cli import main
main()
"""
    found = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=120,
        check=False,
    )
    assert (found.returncode, found.stderr.strip()) == (130, WORDS)
    assert not os.listdir(tmp_path)


def test_a_pipe_that_nobody_reads_is_left_in_silence(tmp_path):
    with begin("--help", where=tmp_path) as command:
        command.stdout.close()
        assert command.stderr.read() == ""
        assert command.wait(timeout=60) in (0, 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_full_device_gets_a_sentence(tmp_path):
    with open("/dev/full", "w") as full:
        found = subprocess.run(
            [*COMMAND, "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            cwd=tmp_path,
            check=False,
        )
    assert found.returncode == 1
    assert "Traceback" not in found.stderr
    assert "No space left" in found.stderr


def test_a_command_without_an_output_runs(tmp_path):
    found = subprocess.run(
        f"exec '{sys.executable}' -c 'from cede.cli import main; main()' --version >&- 2>&-",
        shell=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=tmp_path,
        check=False,
    )
    assert found.returncode == 0
