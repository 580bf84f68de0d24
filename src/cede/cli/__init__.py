"""The command line, ``cede``: a thin layer over the documented functions."""

from __future__ import annotations

import os
import sys

from cede.exceptions import CedeError, MissingExtra

__all__ = ["main"]


def main() -> None:
    """Run the command; exit with 0 if done, 2 if the input was at fault, 1 on a fault of ours."""
    # Threads that spin while they wait take the processor from those that work: on a busy two-core
    # machine, training the default model took 30 s instead of 1. Read when OpenMP is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        try:
            from cede.cli._app import app
        except ModuleNotFoundError as error:
            raise MissingExtra(str(error.name), "cli", "The command line") from None
    except CedeError as error:
        sys.exit(f"cede: {error}")
    app()
