"""Macro expansion (RFC 7208 §7)."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

_MACRO = re.compile(r"%(?:%|_|-|\{([A-Za-z])(\d*)(r?)([.\-+,/_=]*)\})", re.IGNORECASE)
_LITERAL = {"%%": "%", "%_": " ", "%-": "%20"}
MAX_NAME = 253


def expand(text: str, value: Callable[[str], str]) -> str:
    """Expand every macro; ``value`` gives the text of a lower-case macro letter.

    ``text`` has passed the grammar of ``syntax``.
    """

    def one(match: re.Match[str]) -> str:
        if match.group() in _LITERAL:
            return _LITERAL[match.group()]
        letter, keep, backwards, delimiters = match.groups()
        parts = re.split("[" + re.escape(delimiters or ".") + "]", value(letter.lower()))
        if backwards:
            parts.reverse()
        if keep:
            parts = parts[-int(keep) :]
        joined = ".".join(parts)
        return quote(joined, safe="~") if letter.isupper() else joined

    return _MACRO.sub(one, text)


def letters(text: str) -> set[str]:
    """The lower-case macro letters that ``text`` uses."""
    return {match.group(1).lower() for match in _MACRO.finditer(text) if match.group(1)}


def expand_domain(text: str, value: Callable[[str], str]) -> str:
    """A domain-spec as a name: lower case, no trailing dot, too long cut from the left (§7.3)."""
    name = expand(text, value).removesuffix(".").lower()
    while len(name) > MAX_NAME and "." in name:
        name = name.partition(".")[2]
    return name
