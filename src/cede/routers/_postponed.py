"""Modules that another package imports and does not use until much later, imported then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["postponed"]


class _Postponed(ModuleType):
    """Stands for a module in the namespace of who imported it; the first look imports it."""

    def __getattr__(self, attribute: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), attribute)


@contextmanager
def postponed(*names: str) -> Iterator[None]:
    """Let imports inside the block get stand-ins for these modules, unless they are there already.

    After the block nobody else meets a stand-in: an import of the module is then an import.
    """
    stand_ins = {name: _Postponed(name) for name in names if name not in sys.modules}
    for name, module in stand_ins.items():
        module.__spec__, module.__path__ = ModuleSpec(name, None), []
        sys.modules[name] = module
    try:
        yield
    finally:
        for name, module in stand_ins.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
