"""The command line, ``cede``: a thin layer over the documented functions."""

from __future__ import annotations

import sys

from cede.exceptions import CedeError, MissingExtra

__all__ = ["main"]


def main() -> None:
    """Run the command; exit with 0 if done, 2 if the input was at fault, 1 on a fault of ours."""
    try:
        try:
            from cede.cli._app import app
        except ModuleNotFoundError as error:
            raise MissingExtra(str(error.name), "cli", "The command line") from None
    except CedeError as error:
        sys.exit(f"cede: {error}")
    app()
