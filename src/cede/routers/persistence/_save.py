"""Write a fitted router to a folder."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from safetensors.numpy import save as dump_arrays
from sklearn.utils.validation import check_is_fitted

from cede.routers import Router
from cede.routers.persistence._content import FORMAT
from cede.routers.persistence._folder import place_of, write_folder
from cede.routers.persistence._objects import dump_objects
from cede.routers.persistence._packing import Packer, array_types

__all__ = ["save"]


def save(router: Router, folder: str | Path, *, leave_out_model: bool = False) -> Path:
    """Write a fitted router to a folder, replacing a router that stands there.

    The new one takes the place of the old one in one step: if saving is interrupted, or the disk is
    full, the old one is still there, and a load meanwhile gets one or the other, whole. A second
    save to the same folder waits for the first. Files that cede did not write are never touched.

    Parameters
    ----------
    router : Router
        Fitted; its operating point is saved with it.
    folder : path
        New, empty, or an earlier saved router; links and ``..`` are resolved first.
    leave_out_model : bool, default=False
        Do not store the base model; the caller passes it to :func:`load`. For models behind an API
        and others that skops cannot store.

    Raises
    ------
    InvalidInput
        If the folder is a link or holds something else; if the model, or a label, cannot be stored.
    UnwritableFile
        If nothing can be written there, or the disk is full.
    MissingExtra
        If a base model is to be stored and skops is not installed.
    """
    check_is_fitted(router)
    target = place_of(folder)
    packer = Packer(leave_out_model)
    packed = packer.pack_router("", router)
    content = {
        "format": FORMAT,
        **packed,
        "arrays": array_types(packer.arrays),
        "versions": {name: version(name) for name in ("cede", "torch", "scikit-learn")},
    }
    parts = {"arrays": dump_arrays(packer.arrays)}
    if packer.objects:
        parts["objects"] = dump_objects(packer.objects)
    write_folder(target, content, parts)
    return Path(folder)
