"""Files of arrow and Parquet, which say themselves what a column holds."""

from __future__ import annotations

from typing import Any

from cede.logs.files._content import Content
from cede.logs.files._writing import Writing

__all__ = ["flattened", "read_feather", "read_parquet"]


def read_parquet(content: Content, writing: Writing) -> Any:
    """Read one file: the reader of many takes 40 MB for itself."""
    from pyarrow import parquet

    with parquet.ParquetFile(_source(content)) as opened:
        return flattened(opened.read(), content, writing)


def read_feather(content: Content, writing: Writing) -> Any:
    """Read a file of arrow, in either of its versions."""
    from pyarrow import feather

    return flattened(feather.read_table(_source(content)), content, writing)


def flattened(table: Any, content: Content, writing: Writing) -> Any:
    """Columns of objects as columns of their own, ``a.b``."""
    import pyarrow as pa

    while objects := [field.name for field in table.schema if pa.types.is_struct(field.type)]:
        names = ", ".join(map(repr, objects[:8]))
        writing.note(f"{content}: objects in {names} as columns of their own, as 'a.b'")
        table = table.flatten()
    return table


def _source(content: Content) -> Any:
    import pyarrow as pa

    return content.plain_path or pa.BufferReader(content.whole())
