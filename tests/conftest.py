import signal
import sys
from typing import NamedTuple

import pytest
import torch
from hypothesis import settings

from cede.cli import main

# Holds fixtures and no doctests; pytest would take it for the one of a folder below. Beside files
# that tools wrote stand scripts that made them, which need those tools.
collect_ignore_glob = ["*conftest.py", "*/tools/files/*"]

# Many small tensors: threads cost more than they bring, on a small machine thirty times as much.
torch.set_num_threads(1)

# How long an example takes says more about what else the machine does.
settings.register_profile("cede", deadline=None)
settings.load_profile("cede")


class Done(NamedTuple):
    """What a command said."""

    stdout: str
    stderr: str

    @property
    def words(self):
        """What was printed, however it was wrapped."""
        return " ".join(self.stdout.split())


@pytest.fixture
def cede(monkeypatch, capfd, tmp_path):
    """The command in this process, in an empty folder; a fresh interpreter costs seconds."""

    def run(*arguments, code=0):
        monkeypatch.chdir(tmp_path)
        here = signal.getsignal(signal.SIGINT)  # pytest's, which it needs back
        monkeypatch.setattr(sys, "argv", ["cede", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        signal.signal(signal.SIGINT, here)
        done = Done(*capfd.readouterr())
        assert (stopped.value.code or 0) == code, done
        return done

    return run
