"""What is said where a package that only these data need is not installed."""

from __future__ import annotations

from cede.exceptions import CedeError


class MissingPackage(CedeError, ImportError):
    """A package is not installed; the message holds the command that installs it."""


def missing(package: str, purpose: str) -> MissingPackage:
    """Return the error that says what ``purpose``, such as "Fetching data", needs."""
    return MissingPackage(
        f"{purpose} needs the package {package!r}, which is not installed. "
        f"Install it with: pip install {package}"
    )
