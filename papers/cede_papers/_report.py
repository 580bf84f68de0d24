"""Reports: what was measured, from which settings, on what, with which versions."""

from __future__ import annotations

import json
import math
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import cede
from cede._files import write_text
from cede.exceptions import CedeError, InvalidInput, UnreadableFile
from cede_papers._config import Config
from cede_papers._run import Run

__all__ = ["header", "measured", "read_report", "write_report"]

#: Significant digits of numbers in a report; fewer than rounding may touch.
_DIGITS = 6


def measured(name: str, part: ModuleType, config: Config, run: Run) -> dict[str, Any]:
    """Measure a part; return its report, of which tables and claims can be made."""
    settings = config.parts[name]
    own = run if getattr(part, "USES_DEVICE", False) else replace(run, device="cpu")
    begin = time.perf_counter()
    findings = _plain(part.measure(settings, own), name)
    seconds = time.perf_counter() - begin
    try:
        part.tables(findings), part.claims(findings)
    except CedeError as error:
        raise InvalidInput(f"what {name} found cannot be shown: {error}") from error
    return {
        "part": name,
        "config": config.name,
        "settings": _plain(settings, f"[{name}]"),
        "seed": run.seed,
        "device": _device(own.device),
        "cores": os.cpu_count(),
        "workers": run.workers,
        "versions": {
            "cede": cede.__version__,
            "python": platform.python_version(),
            **{package: version(package) for package in ("torch", "numpy", "scikit-learn")},
        },
        "seconds": round(seconds, 1),
        "found": findings,
    }


def header(report: Mapping[str, Any]) -> str:
    """One line: how the numbers below came about."""
    v = report["versions"]
    return (
        f"*`{report['config']}.toml`, seed {report['seed']}; {report['seconds']:,.0f} seconds on "
        f"{report['device']}, {report['workers']} of {report['cores']} cores; cede {v['cede']}, "
        f"torch {v['torch']}, numpy {v['numpy']}, scikit-learn {v['scikit-learn']}.*"
    )


def write_report(report: Mapping[str, Any], path: Path) -> None:
    """Write a report as JSON in which a list of numbers stands on one line."""
    write_text(path, _dumped(report) + "\n")


def read_report(path: Path) -> dict[str, Any]:
    """Read a report.

    Raises
    ------
    UnreadableFile
        If it is none.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{path.name} is no report: {error}.") from None
    if not isinstance(report, dict) or "found" not in report:
        raise UnreadableFile(f"{path.name} is no report: it says nothing that was found.")
    return report


def _device(name: str) -> str:
    if name == "cpu":
        return "cpu"
    import torch

    kind = torch.device(name)
    return torch.cuda.get_device_name(kind) if kind.type == "cuda" else str(kind)


def _plain(value: Any, where: str) -> Any:
    """As JSON: rounded numbers, lists, texts. NaN is refused, as JSON has none."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(item, where) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidInput(
                f"must hold finite numbers, but got {value}; report a missing one as None",
                argument=where,
            )
        return float(f"{value:.{_DIGITS}g}")
    raise InvalidInput(
        f"must hold numbers, texts, lists and dicts, but got a {type(value).__name__}",
        argument=where,
    )


def _dumped(value: Any, indent: str = "") -> str:
    """JSON in which lists of numbers and texts stand on one line."""
    deeper = indent + " "
    if isinstance(value, Mapping) and value:
        items = (f"{deeper}{json.dumps(k)}: {_dumped(v, deeper)}" for k, v in value.items())
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, list | Mapping) for item in value):
        items = (deeper + _dumped(item, deeper) for item in value)
        return "[\n" + ",\n".join(items) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False)
