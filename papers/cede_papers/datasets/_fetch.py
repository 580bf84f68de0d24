"""Download the public original of a set once, and verify it by its checksum."""

from __future__ import annotations

from pathlib import Path

from cede.exceptions import InvalidInput, UnreadableFile
from cede_papers.datasets._missing import missing
from cede_papers.datasets._sources import SOURCES, source_of


def fetch(name: str, folder: str | Path | None = None) -> Path:
    """Download the public original of a set unless it is there, and return its data folder.

    The file is verified by its checksum, on every call. The result is what the loader takes:
    ``load_pneumoniamnist(data=fetch("pneumoniamnist"))``. Read the terms of use first; they stand
    in the ``licence`` of what is loaded. Only sets whose original has a stable address and a
    published checksum can be fetched:

    ====================  ======  ==========================================================
    name                  MB      what comes
    ====================  ======  ==========================================================
    ``cifar10_images``    170     Toronto's binary version, without loss
    ``hatespeech``        2.5     the tweets and their votes, without embeddings; offensive
    ``pneumoniamnist``    4       MedMNIST v2, 28 by 28 pixels
    ====================  ======  ==========================================================

    Parameters
    ----------
    name : str
        The set, as in ``load_<name>``.
    folder : path, default=None
        Where to keep it; None is the user's cache folder, as pooch finds it.

    Returns
    -------
    Path
        The folder that holds ``<name>/<file>``; hand it to the loader as ``data``.

    Raises
    ------
    UnknownName
        If there is no such set.
    InvalidInput
        If it comes by folder only; names the source.
    UnreadableFile
        If it cannot be reached, or what came has another checksum; nothing is kept then.
    MissingPackage
        If pooch is not installed.

    Examples
    --------
    >>> fetch("lewidi")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    cede.exceptions.InvalidInput: name must be one of cifar10_images, hatespeech, ...
    """
    source = source_of(name)
    if source.url is None or source.checksum is None or source.file is None:
        able = ", ".join(key for key, row in SOURCES.items() if row.url is not None)
        raise InvalidInput(
            f"must be one of {able}, but got {name!r}, which comes by folder only, because no "
            f"checksum of its original is published; the original is at {source.origin}",
            argument="name",
        )
    try:
        import pooch
        from requests import RequestException
    except ImportError:
        raise missing("pooch", "Fetching data") from None
    root = Path(pooch.os_cache("cede") if folder is None else folder)
    try:
        pooch.retrieve(
            url=source.url, known_hash=source.checksum, fname=source.file, path=root / name
        )
    except RequestException as error:
        raise UnreadableFile(
            f"{source.url} could not be reached ({type(error).__name__}); try again, or put the "
            f"file at {str(root / name / source.file)!r} yourself."
        ) from error
    except ValueError as error:  # pooch's word for a checksum that differs
        raise UnreadableFile(
            f"What came from {source.url} is not the file that cede knows: its checksum differs "
            f"from {source.checksum}, so it was not kept. It may have been damaged on the way, "
            f"or changed at its source."
        ) from error
    return root
