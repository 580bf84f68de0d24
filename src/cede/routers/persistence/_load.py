"""Load a router."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from safetensors.numpy import load as read_arrays

from cede.exceptions import CedeError, InvalidInput, UnreadableFile
from cede.routers import Router
from cede.routers.persistence._folder import read_folder
from cede.routers.persistence._objects import load_objects
from cede.routers.persistence._unpacking import unpack

__all__ = ["load"]


def load(
    folder: str | Path,
    *,
    trusted: Sequence[str] = (),
    model: Any = None,
    head: Any = None,
    embed: Callable[[list[str]], Any] | None = None,
) -> Router:
    """Read a router back; its routes are bit-identical to those of the one that was saved.

    Whatever was damaged or edited since is refused, as every file is known by its digest (since
    format 2; older folders have none). A save to the same folder meanwhile does no harm.

    Parameters
    ----------
    folder : path
        Written by :func:`save`.
    trusted : sequence of str
        Types of the stored base model that may be made, beyond those skops trusts by itself. The
        error of a first try lists them; look before you trust.
    model : classifier, optional
        The base model, if it was left out.
    head : Module or callable, optional
        The network's architecture, if it was the user's own; its weights are read from the folder.
    embed : callable, optional
        What turns texts into arrays, if the router's :class:`~cede.routers.Texts` had one.

    Raises
    ------
    UnreadableFile
        If the folder is not a saved router, is damaged, or was written in a newer format.
    InvalidInput
        If types are not trusted, or a model, head or embed is needed and not passed.
    """
    if isinstance(trusted, str | bool):
        raise InvalidInput(f"trusted= is a list of types by name, not {trusted!r}.")
    source = Path(folder)
    try:
        if ".." in source.parts:  # as where it was saved
            source = source.resolve()
        content, parts = read_folder(source)
        arrays = read_arrays(parts["arrays"])
        objects = load_objects(parts["objects"], trusted, source) if "objects" in parts else {}
        router = unpack(content, arrays, objects, model, head, embed)
    except CedeError:
        raise
    except Exception as error:  # whatever values that do not fit together raise
        raise UnreadableFile(
            f"{str(folder)!r} is damaged or not a saved router: {type(error).__name__}: {error}"
        ) from error
    return router
