"""Experiments that anybody can run again: from a config to a report, from the report to pages.

An experiment is a folder with a few *parts* (modules), ``configs/*.toml`` that determine all they
do, ``reports/*.json`` with what was measured and on what, and a ``README.md`` whose tables and
figures are made from the reports alone. A part is a module with

- ``measure(settings, run)``: everything that is reported, as JSON, from its table in the config;
- ``tables(found)``: Markdown; ``figures(found)``: figures by file name;
- ``claims(found)``: what was claimed elsewhere, what was found, and the verdict;
- ``not_run()``, optional: the same for a part without a report;
- ``OPTIONAL``, optional: names of settings that ``full.toml`` leaves out;
- ``USES_DEVICE``, optional: True if it computes on ``run.device``; others run on the CPU.

:func:`main` is the command line over them.
"""

from cede_papers._claims import IN_DIRECTION as IN_DIRECTION
from cede_papers._claims import NOT_REPRODUCED as NOT_REPRODUCED
from cede_papers._claims import NOT_RUN as NOT_RUN
from cede_papers._claims import REPRODUCED as REPRODUCED
from cede_papers._claims import Claim as Claim
from cede_papers._main import main as main
from cede_papers._page import write_page as write_page
from cede_papers._run import Run as Run
from cede_papers._text import mean_and_interval as mean_and_interval
from cede_papers._text import table as table
from cede_papers._text import with_deviation as with_deviation
from cede_papers._text import with_interval as with_interval

__all__ = [
    "IN_DIRECTION",
    "NOT_REPRODUCED",
    "NOT_RUN",
    "REPRODUCED",
    "Claim",
    "Run",
    "main",
    "mean_and_interval",
    "table",
    "with_deviation",
    "with_interval",
    "write_page",
]
