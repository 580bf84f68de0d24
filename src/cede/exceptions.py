"""What can go wrong, as a tree.

.. code-block:: text

    CedeError
    ├── InvalidInput      (ValueError)   a value, a shape or a label that cannot be used
    │   └── UnknownName   (also KeyError-like: a name that is in no table; lists the known ones)
    ├── UnreadableFile    (ValueError)   a file that is not what it should be
    ├── UnwritableFile    (OSError)      a place where nothing can be written
    └── MissingExtra      (ImportError)  an optional package is not installed

Every message is one sentence or two: the argument it is about, what was wanted, what came, what to
do. Calling a method
before ``fit`` raises scikit-learn's ``NotFittedError``, as its users expect.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import partial
from typing import Any

from cede._text import one_line


class CedeError(Exception):
    """Any error that cede raises on purpose; names and content of files are shown harmless."""

    def __str__(self) -> str:
        return one_line(super().__str__())


class InvalidInput(CedeError, ValueError):
    """A value, a shape or a label cannot be used as given.

    Parameters
    ----------
    message : str
        The whole sentence; or, with ``argument``, what follows its name.
    argument : str, optional
        The argument it is about, as the function called it. A front end that knows it by another
        name, such as a flag, puts that name before ``message``.

    Examples
    --------
    >>> error = InvalidInput("must be in [0, 1], but got 20; write 0.2 for 20 %", argument="budget")
    >>> print(error)
    budget must be in [0, 1], but got 20; write 0.2 for 20 %
    >>> print(f"--{error.argument} {error.message}")
    --budget must be in [0, 1], but got 20; write 0.2 for 20 %
    """

    def __init__(self, message: str, *, argument: str | None = None) -> None:
        super().__init__(message if argument is None else f"{argument} {message}")
        self.message, self.argument = message, argument

    def __reduce__(self) -> tuple[Any, ...]:
        """So that it comes back from another process."""
        return partial(type(self), argument=self.argument), (self.message,)


class UnknownName(InvalidInput):
    """A name stands in no table; the message lists the known ones and suggests the nearest.

    Parameters
    ----------
    kind : str
        What is named, in a word or two: "column".
    name : object
        The name that is unknown.
    known : iterable
        The names that there are.
    argument : str, optional
        The argument that named it, as of :class:`InvalidInput`.

    Examples
    --------
    >>> print(UnknownName("column", "ag", ["age", "site"]))
    There is no column 'ag'. Did you mean 'age'? Known: age, site.
    >>> print(UnknownName("column", "ag", ["age", "site"], argument="label"))
    label must name one of the columns, but there is no 'ag'. Did you mean 'age'? Known: age, site.
    """

    def __init__(
        self, kind: str, name: object, known: Iterable[object], *, argument: str | None = None
    ) -> None:
        choices = [str(k) for k in known]
        near = get_close_matches(str(name), choices, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        listed = ", ".join(choices[:40]) + (", …" if len(choices) > 40 else "")
        unknown = (
            f"There is no {kind} {name!r}"
            if argument is None
            else f"must name one of the {kind}s, but there is no {name!r}"
        )
        super().__init__(f"{unknown}.{hint} Known: {listed or 'none'}.", argument=argument)
        self._parts = kind, name, tuple(choices)

    def __reduce__(self) -> tuple[Any, ...]:
        """So that it comes back from another process."""
        return partial(type(self), argument=self.argument), self._parts


class UnreadableFile(CedeError, ValueError):
    """A file or folder is not what it should be: foreign, truncated, or of a newer format."""


class UnwritableFile(CedeError, OSError):
    """A file or folder cannot be written: no permission, no space left, below a file."""


class MissingExtra(CedeError, ImportError):
    """An optional package is not installed; the message holds the command that installs it.

    One that no extra of cede brings, as it needs much itself, is installed by its own name.
    """

    def __init__(self, package: str, extra: str | None, purpose: str) -> None:
        what = package if extra is None else f"'cede[{extra}]'"
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed. "
            f"Install it with: pip install {what}"
        )
        self._parts = package, extra, purpose

    def __reduce__(self) -> tuple[Any, ...]:
        """So that it comes back from another process."""
        return type(self), self._parts
