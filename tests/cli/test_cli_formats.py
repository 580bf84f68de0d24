"""Every format of logs, read by every command that reads logs: the same log, the same answers."""

import json

import polars as pl
from made_logs import FEATURES, lengthened, make

from cede.logs import FORMATS


def write_wide(log, path):
    log.write_csv(path.with_suffix(".csv"))
    return path.with_suffix(".csv")


def write_long(log, path):
    lengthened(log).write_csv(path.with_suffix(".csv"))
    return path.with_suffix(".csv")


#: How a log is written in each format, and the flags that say which column is what. A new format
#: adds its own.
WRITTEN = {
    "wide": (write_wide, ("--outcome", "small=small ok", "--outcome", "large=large ok")),
    "long": (write_long, ("--agent", "llm", "--outcome", "right")),
}
#: Commands that have a router, and what they take beside a log.
COMMANDS = {
    "evaluate": (),
    "certify": ("--risk", 0.3),
    "report": ("--risk", 0.3),
    "tune": ("--target", 0.8),
}


def answers(cede, name, logs, folder):
    """What each command says of a log in this format, but for names of files and of columns."""
    write, columns = WRITTEN[name]
    folder.mkdir()
    seen, fresh = (write(log, folder / part) for log, part in zip(logs, ("a", "b"), strict=True))
    router = folder / "router"
    flags = ("--from", name, "--case", "id", *columns, "--json", "--quiet")
    done = {"fit": cede("fit", seen, "--model", "small", *FEATURES, "--out", router, *flags)}
    for command, beside in COMMANDS.items():
        beside += ("--out", folder / "report.html") if command == "report" else ()
        done[command] = cede(command, router, fresh, *beside, *flags)
    told = {command: json.loads(each.stdout) for command, each in done.items()}
    apart = {"command", "folder", "columns", "report", "kept", "warnings"}
    return {
        command: {k: v for k, v in content.items() if k not in apart}
        for command, content in told.items()
    }


def test_every_command_reads_every_format_and_says_the_same(cede, tmp_path):
    ids = pl.col("id")
    logs = [make(seed).sort(ids) for seed in (0, 1)]
    first, *others = (answers(cede, name, logs, tmp_path / name) for name in WRITTEN)
    assert all(first.values())
    for other in others:
        for command in first:
            a, b = first[command], other[command]
            assert {k for k in a if a[k] != b[k]} == set(), command


def test_every_format_is_written_here():
    assert set(WRITTEN) == set(FORMATS)
