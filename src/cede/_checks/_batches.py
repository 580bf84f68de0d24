"""Cases as torch hands them out, by a Dataset or a DataLoader, read into memory in their order."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede.exceptions import InvalidInput

__all__ = ["in_memory"]


def in_memory(X: Any, *, in_order: bool = True) -> tuple[Any, Any]:
    """Features ``(n, ...)`` and labels of a Dataset or DataLoader; all else as it is, and None.

    Parameters
    ----------
    X : Dataset, DataLoader or anything else
        Each item is the features of a case (a batch of them), or a tuple of these and labels.
    in_order : bool
        Must cases come in the order of the data, so that what is returned for them, or stands
        beside them, is about the right ones?

    Raises
    ------
    InvalidInput
        If a loader shuffles or drops cases that have to be in order, or an item is something else.
    """
    torch_data = sys.modules.get("torch.utils.data")
    if torch_data is None or not isinstance(X, torch_data.Dataset | torch_data.DataLoader):
        return X, None
    loader = X
    if isinstance(X, torch_data.Dataset):
        loader = torch_data.DataLoader(X, batch_size=1024)
    elif in_order:
        _check_order(X, torch_data)
    features: list[NDArray[Any]] = []
    labels: list[NDArray[Any]] = []
    for batch in loader:
        parts = batch if isinstance(batch, tuple | list) else (batch,)
        if not 1 <= len(parts) <= 2 or not all(hasattr(part, "numpy") for part in parts):
            raise InvalidInput(
                f"must hand out features, or features and labels, as tensors, but got "
                f"{', '.join(type(part).__name__ for part in parts)}; hand out no more",
                argument="X",
            )
        features.append(parts[0].detach().cpu().numpy())
        labels.extend(part.detach().cpu().numpy() for part in parts[1:])
    if not features:
        raise InvalidInput("must hold cases, but got none; add some", argument="X")
    return _joined(features), _joined(labels) if labels else None


def _check_order(loader: Any, torch_data: Any) -> None:
    steady = torch_data.SequentialSampler
    known = isinstance(loader.dataset, torch_data.IterableDataset)
    if not known and not isinstance(getattr(loader, "sampler", None), steady):
        raise InvalidInput(
            "must hand out the cases in their order, but got a DataLoader that shuffles them; make "
            "it with shuffle=False",
            argument="X",
        )
    if loader.drop_last:
        raise InvalidInput(
            "must hand out every case, but got a DataLoader that may drop the last ones; make it "
            "with drop_last=False",
            argument="X",
        )


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
