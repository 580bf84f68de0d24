"""Files that the tools of this field write: one reader per tool, one row each in ``TOOLS``.

A reader is a function of paths, and of options by keyword; it gives an :class:`cede.logs.Export`,
a plain table that says which of its columns is what, which :func:`cede.logs.read_log` or
:func:`cede.logs.read_problem` takes. A new tool is one file and one row, and ``--from NAME`` reads
it in every command. Quirks of a tool's files, with its version, stand in the reader's docstring.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, signature
from pathlib import Path

from cede.exceptions import InvalidInput, UnknownName
from cede.logs._export import Export
from cede.logs.tools._argilla import read_argilla
from cede.logs.tools._crowd_kit import read_crowd_kit
from cede.logs.tools._doccano import read_doccano
from cede.logs.tools._helm import read_helm
from cede.logs.tools._imrmc import read_imrmc
from cede.logs.tools._inspect import read_inspect
from cede.logs.tools._label_studio import read_label_studio
from cede.logs.tools._litellm import read_litellm
from cede.logs.tools._lm_eval import read_lm_eval
from cede.logs.tools._mturk import read_mturk
from cede.logs.tools._obp import read_obp, write_obp
from cede.logs.tools._openai_batch import read_openai_batch
from cede.logs.tools._prodigy import read_prodigy
from cede.logs.tools._routerbench import read_routerbench
from cede.logs.tools._vw import read_vw
from cede.logs.tools._vw_writing import write_vw

__all__ = [
    "TOOLS",
    "read_argilla",
    "read_crowd_kit",
    "read_doccano",
    "read_export",
    "read_helm",
    "read_imrmc",
    "read_inspect",
    "read_label_studio",
    "read_litellm",
    "read_lm_eval",
    "read_mturk",
    "read_obp",
    "read_openai_batch",
    "read_prodigy",
    "read_routerbench",
    "read_vw",
    "write_obp",
    "write_vw",
]

#: A tool's name, and who reads its files: a function of paths and of options, all of them texts.
TOOLS: dict[str, Callable[..., Export]] = {
    "argilla": read_argilla,
    "crowd-kit": read_crowd_kit,
    "doccano": read_doccano,
    "helm": read_helm,
    "imrmc": read_imrmc,
    "inspect": read_inspect,
    "label-studio": read_label_studio,
    "litellm": read_litellm,
    "lm-eval": read_lm_eval,
    "mturk": read_mturk,
    "obp": read_obp,
    "openai-batch": read_openai_batch,
    "prodigy": read_prodigy,
    "routerbench": read_routerbench,
    "vw": read_vw,
}


def read_export(
    tool: str, paths: Sequence[str | Path], options: Mapping[str, str] | None = None
) -> Export:
    """Read what a tool wrote.

    Parameters
    ----------
    tool : str
        A name out of ``TOOLS``.
    paths : sequence of path
        Its files or folders.
    options : dict of str to str, optional
        What the tool's reader takes by keyword, written as on a command line.

    Raises
    ------
    InvalidInput
        If there is no such tool, or its reader takes no such option, or needs another.
    UnreadableFile
        If a file is not there or not what the tool writes.
    """
    if tool not in TOOLS:
        raise UnknownName("tool", tool, TOOLS)
    reader, options = TOOLS[tool], dict(options or {})
    takes = {
        name: parameter
        for name, parameter in signature(reader).parameters.items()
        if parameter.kind is Parameter.KEYWORD_ONLY
    }
    for name in options:
        if name not in takes:
            raise InvalidInput(
                f"must be one of {', '.join(takes) or 'none'} for files of {tool}, but got "
                f"{name!r}; leave it out",
                argument="option",
            )
    for name, parameter in takes.items():
        if parameter.default is Parameter.empty and name not in options:
            raise InvalidInput(
                f"must say {name} for files of {tool}, but got nothing; write {name}=…",
                argument="option",
            )
    return reader(paths, **options)
