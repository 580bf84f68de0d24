"""Calls of language models: what was asked, what came back, and a log of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput, MissingExtra
from cede.logs._export import Export
from cede.logs.files import records_in
from cede.logs.files._content import content_of

__all__ = ["Call", "answer_of", "files_of", "log_of_calls", "prompt_of", "records_of"]


@dataclass(frozen=True)
class Call:
    """One answer of an agent to a case; None wherever nothing is known."""

    agent: str
    case: str
    prompt: str | None = None
    answer: str | None = None
    outcome: float | None = None
    cost: float | None = None
    propensity: float | None = None
    group: str | None = None
    prompt_tokens: int | None = None


def files_of(paths: Sequence[str | Path] | str | Path) -> list[Path]:
    """Return one or several paths as a list of one at least, each once.

    Raises
    ------
    InvalidInput
        If there is none, or one twice.
    """
    files = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    if not files or len(set(files)) < len(files):
        raise InvalidInput(
            f"must name files, each once, but got {', '.join(map(str, files)) or 'none'}; name "
            f"{'each once' if files else 'one'}",
            argument="paths",
        )
    return files


def records_of(file: Path) -> Iterator[dict[str, Any]]:
    """Read the JSON objects of a file, one a line or in a list.

    Raises
    ------
    UnreadableFile
        If it is not there or no such file.
    """
    yield from records_in(content_of(str(file)))


def prompt_of(body: Any) -> str | None:
    """Text of a request: its ``messages``, ``input`` or ``prompt``, or such a list itself."""
    if isinstance(body, Mapping):
        asked = next((body[k] for k in ("messages", "input", "prompt") if body.get(k)), None)
        instructions = body.get("instructions")
        parts = [instructions if isinstance(instructions, str) else None, _text(asked)]
    else:
        parts = [_text(body)]
    return "\n\n".join(part for part in parts if part) or None


def answer_of(body: Any) -> str | None:
    """Text of a response: of the first choice, or of the output of the newer interface."""
    if not isinstance(body, Mapping):
        return None
    choices = body.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], Mapping):
        message = choices[0].get("message")
        content = message.get("content") if isinstance(message, Mapping) else None
        return _text(content) or _text(choices[0].get("text"))
    output = body.get("output")
    return _text(
        [part for part in output if isinstance(part, Mapping) and part.get("type") == "message"]
        if isinstance(output, list)
        else None
    )


def log_of_calls(calls: Sequence[Call], notes: Iterable[str] = ()) -> Export:
    """Return a long log of calls, a row each, with what is known before they are answered.

    How long a prompt is stands beside it; where no prompt was kept, its number of tokens does.
    """
    try:
        import pyarrow as pa
    except ImportError:
        raise MissingExtra("pyarrow", "cli", "Reading files of a tool") from None
    if not calls:
        raise InvalidInput("The files hold no answer: every call failed, or none is of a model.")
    if all(call.outcome is None for call in calls):
        raise InvalidInput(
            "The files hold no outcome at all: no case of a grade or label is a case of a call; "
            "compare how the two name their cases."
        )
    columns: dict[str, Any] = {
        name: pa.array([getattr(call, name) for call in calls], kind)
        for name, kind in (
            ("agent", pa.string()),
            ("case", pa.string()),
            ("outcome", pa.float64()),
            ("cost", pa.float64()),
            ("propensity", pa.float64()),
            ("group", pa.string()),
            ("answer", pa.string()),
        )
        if name in ("agent", "case", "outcome")
        or any(getattr(call, name) is not None for call in calls)
    }
    roles = {n: n for n in ("agent", "case", "outcome", "cost", "propensity", "group")}
    return Export(
        table=pa.table(columns | _known_before(calls)),
        format="long",
        columns={
            **{role: name for role, name in roles.items() if name in columns},
            "exclude": ("answer",) if "answer" in columns else (),
        },
        notes=tuple(notes),
    )


def _known_before(calls: Sequence[Call]) -> dict[str, Any]:
    prompts = [call.prompt for call in calls]
    if all(prompt is None for prompt in prompts):
        return {"prompt_tokens": [call.prompt_tokens for call in calls]}
    return {
        "prompt": prompts,
        "prompt_chars": [None if prompt is None else len(prompt) for prompt in prompts],
        "prompt_words": [None if prompt is None else len(prompt.split()) for prompt in prompts],
    }


def _text(content: Any) -> str | None:
    """Texts of messages and of their parts; what is an image or a sound is left out."""
    if isinstance(content, str):
        return content or None
    if isinstance(content, Mapping):
        return _text(content.get("content") or content.get("text"))
    if isinstance(content, list):
        return "\n\n".join(filter(None, map(_text, content))) or None
    return None
