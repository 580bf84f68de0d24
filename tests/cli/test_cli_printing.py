"""Tables that fit the terminal: columns are left out, and no cell is cut."""

import io

import pytest
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from cede.cli._printing import _columns_that_fit


def printed(cells, width):
    """The table that cells make, as it is printed."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for cell in cells:
        table.add_column(cell, no_wrap=True)
    stream = io.StringIO()
    Console(file=stream, width=width).print(table)
    return stream.getvalue()


@pytest.mark.parametrize("widths", [(30, 20, 19, 5, 5, 7), (10, 18, 17, 5, 5, 8, 8)])
def test_as_many_columns_are_shown_as_fit_whole(widths):
    cells = ["x" * width for width in widths]
    for width in range(80, 120):
        shown = _columns_that_fit([cells], width)
        assert "…" not in printed(cells[:shown], width)
        assert shown == len(cells) or "…" in printed(cells[: shown + 1], width)
