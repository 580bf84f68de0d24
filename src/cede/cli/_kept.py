"""A method that was kept, beside the report: a router's folder, and a table of the test cases."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from cede._files import replacing
from cede.cli._places import keep_earlier
from cede.routers.persistence import save
from cede.study import Kept

__all__ = ["CASES", "ROUTER", "where_kept_is", "write_kept"]

ROUTER, CASES = "router", "cases.parquet"


def write_kept(kept: Kept | None, out: Path, force: bool) -> dict[str, Any]:
    """Write both, and return what JSON says of them; nothing if nothing was to be kept."""
    if kept is None:
        return {}
    from pyarrow import Table, parquet

    earlier = keep_earlier([out / ROUTER, out / CASES], force)
    save(kept.router, out / ROUTER)
    with replacing(out / CASES) as stream:
        parquet.write_table(Table.from_pydict(dict(kept.cases)), stream)
    return {
        "saved": {
            "method": kept.method,
            "router": str(out / ROUTER),
            "cases": str(out / CASES),
            "kept": [str(place) for place in earlier],
            "operating_point": kept.point.to_dict(),
            "cost": list(kept.cost),
            "model_cost": list(kept.model_cost),
            "sentence": str(kept),
        }
    }


def where_kept_is(out: Path) -> str:
    """Where both are, and what to do next."""
    folder = shlex.quote(str(out / ROUTER))
    return (
        f"Who should answer each test case, and why: {out / CASES}. Next: cede route {folder} "
        f"NEW_TABLE --out routes.csv"
    )
