"""Images themselves, for training networks: the photographs of CIFAR-10, decoded when asked for."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Ints, check_same_length
from cede.exceptions import UnknownName, UnreadableFile
from cede_papers.datasets._cifar10 import CLASSES
from cede_papers.datasets._files import find_file, read_parquet
from cede_papers.datasets._missing import missing
from cede_papers.datasets._sources import SOURCES

#: Split -> members of Toronto's archive, in the order of the images.
MEMBERS = {
    "train": [f"cifar-10-batches-bin/data_batch_{i}.bin" for i in range(1, 6)],
    "test": ["cifar-10-batches-bin/test_batch.bin"],
}
SIDE = 32


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ImageSet:
    """Images with a class each; nobody answered yet.

    ``images.pixels()`` is ``(n, 32, 32, 3)``, red, green and blue from 0 to 255 (uint8);
    ``images.pixels(rows)`` decodes these rows only. Join other sets by ``index``.
    """

    #: Short name, as in ``load_<name>``.
    name: str
    #: Classes numbered from 0, shape ``(n,)``, int64.
    y: Ints
    #: Names of the classes.
    class_names: tuple[str, ...]
    #: Number in the original order of this split, shape ``(n,)``, int64.
    index: Ints
    #: One coded file per image, shape ``(n,)`` of bytes, or pixels ``(n, 32, 32, 3)``.
    encoded: NDArray[Any]
    #: Terms of use of the data.
    licence: str = ""
    #: What to cite.
    citation: str = ""
    #: What the images are, and what to beware of.
    description: str = ""

    def __post_init__(self) -> None:
        check_same_length(y=self.y, index=self.index, encoded=self.encoded)

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        return f"ImageSet({self.name!r}, {len(self):,} images, {len(self.class_names)} classes)"

    def pixels(self, rows: ArrayLike | slice | None = None) -> NDArray[np.uint8]:
        """Return the pixels of these rows (all if None), shape ``(n, 32, 32, 3)``.

        Decoding takes about 0.1 ms an image.

        Raises
        ------
        MissingPackage
            If images are stored as JPEG and Pillow is not installed.
        """
        part = slice(None) if rows is None else rows
        images = self.encoded[part if isinstance(part, slice) else np.asarray(part)]
        if images.dtype == np.uint8:
            return np.asarray(images, dtype=np.uint8)
        try:
            from PIL import Image
        except ImportError:
            raise missing("pillow", "Decoding images") from None
        pixels = np.empty((len(images), SIDE, SIDE, 3), dtype=np.uint8)
        for target, code in zip(pixels, images, strict=True):
            target[:] = np.asarray(Image.open(io.BytesIO(code)).convert("RGB"))
        return pixels


def load_cifar10_images(
    data: str | Path | None = None, *, split: Literal["train", "test"] = "train"
) -> ImageSet:
    """Load the images of CIFAR-10: 50,000 to train on, 10,000 to test, 32 by 32 pixels.

    Reads ``cifar10_images/cifar-10-binary.tar.gz``, Toronto's own file, which
    ``fetch("cifar10_images")`` downloads; or else ``cifar10_images/cifar10_{train,test}.parquet``
    with columns ``index``, ``label`` and ``jpeg``. Those JPEG files (quality 75) lost a little:
    networks reach slightly other accuracies on them. Both are in the original order, the order of
    :func:`load_cifar10h` (test) and :func:`load_cifar10n` (train).

    Parameters
    ----------
    data : path, default=None
        The folder that holds ``cifar10_images``; None reads the environment variable ``CEDE_DATA``.
    split : {"train", "test"}, default="train"
        Which images.

    Returns
    -------
    ImageSet

    Raises
    ------
    UnknownName
        If ``split`` is neither.
    UnreadableFile
        If the folder or the file is not there, or not what it should be.
    MissingPackage
        If the images are in Parquet and pyarrow is not installed.

    References
    ----------
    Krizhevsky 2009, "Learning multiple layers of features from tiny images".
    """
    if split not in MEMBERS:
        raise UnknownName("split", split, MEMBERS)
    archive, table = str(SOURCES["cifar10_images"].file), f"cifar10_{split}.parquet"
    path = find_file("cifar10_images", data, archive, table)
    if path.name == archive:
        y, encoded = _read_archive(path, MEMBERS[split])
        index = np.arange(len(y))
        quality = "As published, without loss."
    else:
        columns = read_parquet(path, ["index", "label", "jpeg"])
        y, index, encoded = columns["label"], columns["index"], columns["jpeg"]
        quality = "JPEG of quality 75 with halved colours: slightly other than the original."
    return ImageSet(
        name="cifar10_images",
        y=y.astype(np.int64),
        class_names=CLASSES,
        index=index.astype(np.int64),
        encoded=encoded,
        licence=SOURCES["cifar10_images"].licence,
        citation="Krizhevsky 2009, Learning multiple layers of features from tiny images.",
        description=f"Small photographs of ten kinds of things. {quality}",
    )


def _read_archive(path: Path, members: list[str]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Labels ``(n,)`` and pixels ``(n, 32, 32, 3)`` of Toronto's binary version."""
    try:
        with tarfile.open(path) as archive:
            streams = [archive.extractfile(member) for member in members]
            parts = [stream.read() for stream in streams if stream is not None]
    except (tarfile.TarError, OSError, EOFError, KeyError) as error:
        raise UnreadableFile(f"{path.name!r} is not CIFAR-10's archive: {error}") from None
    # A record is one byte of label, then all red values, all green, all blue, row by row.
    flat = np.frombuffer(b"".join(parts), dtype=np.uint8)
    if not len(flat) or len(flat) % (1 + 3 * SIDE * SIDE):
        raise UnreadableFile(f"{path.name!r} is not CIFAR-10's archive: it ends within an image.")
    records = flat.reshape(-1, 1 + 3 * SIDE * SIDE)
    return records[:, 0], records[:, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
