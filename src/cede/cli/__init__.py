"""The command line, ``cede``: a thin layer over the documented functions."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any, NoReturn

__all__ = ["main"]

#: What a shell reports of a command that was interrupted.
INTERRUPTED = 130


def main() -> None:
    """Run the command; exit with 0 if done, 2 if the input was at fault, 1 on a fault of ours.

    Interrupted at any moment it exits with 130 and one line; if nobody reads its output any more,
    with 1 and none.
    """
    _on_interrupt(_leave)
    sys.stdout = sys.stdout or open(os.devnull, "w")  # closed by the caller  # noqa: SIM115
    sys.stderr = sys.stderr or sys.stdout
    # Threads that spin while they wait take the processor from those that work: on a busy two-core
    # machine, training the default model took 30 s instead of 1. Read when OpenMP is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from cede.exceptions import CedeError, MissingExtra

    try:
        try:
            from cede.cli._app import app
        except ModuleNotFoundError as error:
            raise MissingExtra(str(error.name), "cli", "The command line") from None
    except CedeError as error:
        sys.exit(f"cede: {error}")
    _on_interrupt(_stop)
    try:
        app()
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:  # of what is printed; what is read has been read
        sys.exit(f"cede: {error.strerror or error}.")
    finally:
        _on_interrupt(_leave)
        _let_go_of_output()


def _on_interrupt(answer: Any) -> None:
    """Answer Ctrl-C by this function; only the main thread can say so."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, answer)


def _leave(*signalled: Any) -> NoReturn:
    """Leave at once: modules are being imported or all is done, and nothing stands half made.

    An exception would be shown with all the calls that it passed, or lost where a module that is
    being imported tries something and goes on without it.
    """
    os.write(2, b"cede: interrupted.\n")
    os._exit(INTERRUPTED)


def _stop(*signalled: Any) -> NoReturn:
    """Unwind what is being done, so that files that are half written go; the next one leaves."""
    _on_interrupt(_leave)
    sys.unraisablehook = _leave  # raised where Python can only show it, in a finaliser say
    os.write(2, b"cede: interrupted.\n")
    sys.exit(INTERRUPTED)


def _let_go_of_output() -> None:
    """Write what is left for whoever reads on; if nobody does, Python is not to complain later."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
