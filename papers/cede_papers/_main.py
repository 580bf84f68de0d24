"""The command line over the parts of an experiment."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from cede.exceptions import CedeError, InvalidInput, UnreadableFile
from cede.training import pick_device
from cede_papers._config import FULL, TINY, Config, known_configs, read_config
from cede_papers._page import (
    blocks_of,
    check_page,
    differences,
    read_reports,
    write_figures,
    write_page,
)
from cede_papers._report import measured, read_report, write_report
from cede_papers._run import Run

__all__ = ["main"]

Parts = Mapping[str, ModuleType]


def main(file: str | Path, parts: Parts, arguments: Sequence[str] | None = None) -> None:
    """Measure parts, or only show what was measured.

    Parameters
    ----------
    file : path
        ``__file__`` of the experiment's ``run.py``; its folder holds ``configs`` and ``README.md``.
    parts : dict of name to module
        See :mod:`cede_papers`.
    arguments : sequence of str, optional
        By default those of the command line.
    """
    folder = Path(file).resolve().parent
    parser = _parser(folder, parts)
    options = parser.parse_args(arguments)
    if options.check or options.from_report:
        others = ("config", "only", "seed", "device", "workers", "data")
        if useless := [name for name in others if getattr(options, name) is not None]:
            parser.error(f"reports are shown as they are; leave out --{' and --'.join(useless)}")
    try:
        if options.check:
            _check(options.out or folder, parts)
        elif options.from_report:
            _show(options.out or folder, parts)
        else:
            _measure(folder, parts, options)
    except CedeError as error:
        sys.exit(f"{folder.name}: {error}")


def _parser(folder: Path, parts: Parts) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=sys.modules["__main__"].__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add, known = parser.add_argument, ", ".join(known_configs(folder))
    add("--config", help=f"which settings (default: {FULL}; there are {known})")
    add("--only", action="append", choices=list(parts), help="this part alone; may be repeated")
    add("--seed", type=int, help="another seed than the config's")
    add("--device", help="another device than the config's, such as cuda, for parts that have one")
    add("--workers", type=int, help="another number of processes than the config's")
    add("--data", type=Path, help="folder of the data sets; by default the one CEDE_DATA names")
    add("--out", type=Path, help="folder to write into (default: here for what stands here, as it "
        "was made; a folder in runs/ for the tiny config, another seed or device)")  # fmt: skip
    add("--from-report", action="store_true", help="measure nothing; write tables and figures of "
        "the reports here, or in --out")  # fmt: skip
    add("--check", action="store_true", help="write nothing; fail if a table is not its report's")
    return parser


def _measure(folder: Path, parts: Parts, options: argparse.Namespace) -> None:
    config = read_config(folder, options.config or FULL, parts)
    chosen = _chosen(config, parts, options)
    run = _run(config, options)
    out = options.out or _usual_out(folder, config, run, chosen)
    _check_out(folder, out, parts)
    names = []
    try:
        for name in chosen:
            print(f"==> {folder.name}: {name}", file=sys.stderr)
            try:
                report = measured(name, parts[name], config, run)
            except UnreadableFile as error:
                if options.only:
                    raise
                # The data are not here; other parts may do without.
                print(f"    left out: {error}", file=sys.stderr)
                continue
            write_report(report, out / "reports" / f"{name}.json")
            names.append(name)
    finally:
        if names:
            _show(out, parts)
    if not names:
        raise InvalidInput("every part was left out, as its data are not here")
    print(f"==> {out.name}: README.md, reports and figures are written", file=sys.stderr)


def _chosen(config: Config, parts: Parts, options: argparse.Namespace) -> list[str]:
    """The parts to run; a device must be of use to one of them."""
    missing = [name for name in options.only or () if name not in config.parts]
    chosen = [name for name in parts if name in config.parts and name in (options.only or parts)]
    if missing or not chosen:
        raise InvalidInput(
            f"must have a table for {', '.join(missing or parts)}, but got "
            f"{', '.join(config.parts) or 'none'}",
            argument=f"{config.name}.toml",
        )
    if options.device not in (None, "cpu") and not any(map(_has_device, map(parts.get, chosen))):
        raise InvalidInput(
            f"must be cpu for {', '.join(chosen)}, but got {options.device!r}; leave it out",
            argument="--device",
        )
    return chosen


def _has_device(part: ModuleType | None) -> bool:
    return bool(getattr(part, "USES_DEVICE", False))


def _run(config: Config, options: argparse.Namespace) -> Run:
    if options.data is not None and not options.data.is_dir():
        raise InvalidInput(f"must be a folder, but got {str(options.data)!r}", argument="--data")
    return Run(
        seed=config.seed if options.seed is None else options.seed,
        device=str(pick_device(options.device or config.device)),
        data=options.data,
        workers=config.workers if options.workers is None else options.workers,
    )


def _usual_out(folder: Path, config: Config, run: Run, chosen: Sequence[str]) -> Path:
    """Here for what stands here as it was made; elsewhere for all else, so that nothing is lost."""
    paths = [folder / "reports" / f"{name}.json" for name in chosen]
    made_by = {read_report(path)["config"] for path in paths if path.is_file()}
    as_it_stands = (run.seed, run.device) == (config.seed, config.device)
    if as_it_stands and config.name != TINY and made_by <= {config.name}:
        return folder
    device = "" if run.device == "cpu" else f"-{run.device.replace(':', '')}"
    return folder / "runs" / f"{config.name}-seed{run.seed}{device}"


def _check_out(folder: Path, out: Path, parts: Parts) -> None:
    """Make the folder and its page ready before hours are spent."""
    if out.exists() and not out.is_dir():
        raise InvalidInput(f"must be a folder, but got the file {str(out)!r}", argument="--out")
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "README.md").exists():
        shutil.copy(folder / "README.md", out)
    check_page(out / "README.md", ["claims", *parts])


def _show(folder: Path, parts: Parts) -> None:
    """Write tables and figures of a folder's reports."""
    reports = read_reports(folder, parts)
    if not reports:
        raise InvalidInput(
            "must hold a report, but got none; run it without --from-report first",
            argument=folder.name,
        )
    write_page(folder / "README.md", blocks_of(parts, reports))
    write_figures(folder, parts, reports)


def _check(folder: Path, parts: Parts) -> None:
    """Fail if a block of the README is not what the reports say."""
    changed = differences(folder / "README.md", blocks_of(parts, read_reports(folder, parts)))
    if changed:
        raise InvalidInput(
            f"must be what the reports say, but got other blocks for {', '.join(changed)}; "
            f"write it anew with: python {folder.parent.name}/{folder.name}/run.py --from-report",
            argument="README.md",
        )
    print(f"{folder.name}: README.md is what the reports say")
