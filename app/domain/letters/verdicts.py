"""What the server that took a letter says of its sender (RFC 8601): the letter itself proves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

HEADER = "authentication-results"
MARK = re.compile(r'\\.|["();]', re.DOTALL)
FAILED = re.compile(r"(?:^|;)\s*dmarc\s*(?:/\s*\d+\s*)?=\s*fail\b", re.IGNORECASE)
NO_POLICY = re.compile(r"(?<![\w.-])p\s*=\s*none\b", re.IGNORECASE)  # most servers tell it in a comment


def is_disowned(message: Message) -> bool:
    """The sender's domain disowns the letter (DMARC, RFC 7489); one with the policy `none` disowns nothing.

    Only the top-most header counts and those directly below that the same server wrote: others came with the letter.
    """
    return any(
        FAILED.search(said) and not NO_POLICY.search(written)
        for value in _of_our_server(message)
        for written, said in _statements(value)
    )


def _of_our_server(message: Message) -> Iterator[str]:
    ours = None
    for name, value in message.raw_items():
        if name.lower() == HEADER:
            _written, said = next(_statements(str(value)))
            server = said.lower().split()[:1]
            if ours is None or (server == ours and server and "=" not in server[0]):  # some servers leave it out
                ours = server
                yield str(value)
                continue
        if ours is not None:
            return


def _statements(value: str) -> Iterator[tuple[str, str]]:
    """What stands between semicolons: as it is written, and without its comments and quoted strings.

    What is opened and not closed is neither: it hides nothing.
    """
    begun = shown = depth = 0
    said, is_quoted = "", False
    for found in MARK.finditer(value):
        mark, at, end = found.group(), found.start(), found.end()
        if is_quoted or depth:
            is_quoted = is_quoted and mark != '"'
            depth += {"(": 1, ")": -1}.get(mark, 0) if depth else 0
            if not is_quoted and not depth:
                shown = end
        elif mark in {'"', "("}:
            said += f"{value[shown:at]} "
            shown, is_quoted, depth = at, mark == '"', int(mark == "(")
        elif mark == ";":
            yield value[begun:at], said + value[shown:at]
            begun = shown = end
            said = ""
    yield value[begun:], said + value[shown:]
