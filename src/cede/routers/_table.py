"""The table of routers: every class of this room by its name, imported when it is looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cede import routers
from cede.routers._base import Router

__all__ = ["ROUTERS"]


class _Routers(Mapping[str, type[Router]]):
    """The rows stand in ``__init__.pyi``: what is named there and is a router, is one."""

    def __getitem__(self, name: Any) -> type[Router]:
        kind = getattr(routers, name) if name in dir(routers) else None
        if not (isinstance(kind, type) and issubclass(kind, Router)) or kind is Router:
            raise KeyError(name)
        return kind

    def __iter__(self) -> Iterator[str]:
        # This table is named there, too, and is no router.
        return (name for name in dir(routers) if name != "ROUTERS" and name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


#: Router classes by name. A new one is one file and one line of ``__init__.pyi``; saved routers are
#: looked up here, and the common tests take their examples from here.
ROUTERS: Mapping[str, type[Router]] = _Routers()
