"""The command in this process, and logs for it."""

import signal
import sys
from typing import NamedTuple

import pytest
from made_logs import write_logs

from cede.cli import main


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


@pytest.fixture
def logs(tmp_path):
    """Files of one log in three formats, and of fresh cases."""
    return write_logs(tmp_path)
