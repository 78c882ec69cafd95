"""Text of Cloudflare's rules language: literals, wildcard patterns and replacements, escaped.

Source: the Rules language reference (developers.cloudflare.com/ruleset-engine/rules-language: values,
operators, functions). A quoted literal escapes quotes and backslashes; a raw one escapes nothing. A
wildcard pattern escapes ``*`` and ``\\`` with a backslash; a replacement escapes ``$`` as ``$$``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

MAX_REFERENCES = 8
"""wildcard_replace() takes at most eight references to captures."""

_REFERENCE = re.compile(r"\$\{(\d+)\}")


def literal(text: str) -> str:
    """A quoted string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def raw(text: str) -> str:
    """A raw string literal: ``r"…"``, with as many # around it as the text needs."""
    hashes = ""
    while f'"{hashes}' in text:
        hashes += "#"
    return f'r{hashes}"{text}"{hashes}'


def wildcard_pattern(text: str) -> str:
    """A pattern of a client file, where ``*`` is a wildcard and nothing escapes it."""
    return text.replace("\\", "\\\\")


def references(replacement: str) -> list[int]:
    """The captures that a replacement refers to, ``${1}`` first, in order of appearance."""
    return [int(number) for number in _REFERENCE.findall(replacement)]


def outside_references(replacement: str, change: Callable[[str], str], offset: int = 0) -> str:
    """A replacement whose text is changed and whose references are kept, moved by ``offset``."""
    parts, end = [], 0
    for match in _REFERENCE.finditer(replacement):
        parts += [change(replacement[end : match.start()]), f"${{{int(match[1]) + offset}}}"]
        end = match.end()
    return "".join([*parts, change(replacement[end:])])


def renumbered(replacement: str, offset: int) -> str:
    """A replacement in the rules language: other dollars escaped, references moved by ``offset``."""
    return outside_references(replacement, lambda text: text.replace("$", "$$"), offset)


def expanded(replacement: str, captures: list[str]) -> str:
    """What a replacement becomes for these captures."""
    return _REFERENCE.sub(lambda match: captures[int(match[1]) - 1], replacement)
