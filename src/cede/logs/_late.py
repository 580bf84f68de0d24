"""Features whose name says that they are known only after somebody has answered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from shlex import quote

#: Words of what an answer is, of what is measured of one, and of what can be nothing else.
_ANSWER = {"output", "completion", "response", "reply", "answer", "generated", "generation"}
_MEASURE = {"token", "length", "len", "time", "latency", "text", "char", "character", "word"} | {
    *("count", "size", "cost", "logprob", "logprobs", "duration", "n", "num", "ms", "s", "sec")
}
_LATE = {"token", "latency"}
#: Words of what is known before.
_EARLY = {"prompt", "input", "question", "query", "context", "system", "instruction", "max"}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def known_late(name: str, agents: Iterable[str]) -> str:
    """Say why a column may be known too late to decide by; empty if its name does not tell."""
    words = [word.casefold() for word in _WORD.findall(name)]
    singular = [word.removesuffix("s") for word in words]
    bearing = [agent for agent in agents if _bears(words, agent)]
    late = [word for word in singular if word in _LATE]
    if not late and (set(singular) & _MEASURE or set(singular) <= _ANSWER):
        late = [word for word in singular if word in _ANSWER]
    if bearing:
        why, after = f"bears the name of {bearing[0]!r}", "that agent was asked"
    elif late and not _EARLY & set(singular):
        why, after = f"speaks of {late[0]!r}", "somebody answered"
    else:
        return ""
    return (
        f"Column {name!r} {why}: if it is known only after {after}, it flatters the result and "
        f"cannot be there when a case is routed; leave it out (--exclude {quote(name)})."
    )


def _bears(words: list[str], agent: str) -> bool:
    """Tell whether words that follow each other spell the agent's name."""
    wanted = "".join(letter for letter in agent.casefold() if letter.isalnum())
    if len(wanted) < 2 or wanted.isdigit():
        return False
    runs = ("".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1))
    return wanted in runs
