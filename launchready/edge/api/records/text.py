"""TXT content: quoted strings or bare text, echoed as sent, split into strings of 255 bytes."""

from __future__ import annotations

import re

_QUOTED = re.compile(r'\s*(?:"(?:\\.|[^"\\])*"\s*)+', re.DOTALL)
_PIECE = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_ESCAPE = re.compile(rb"\\(\d{3}|.)", re.DOTALL)
MAX_WIRE = 4096
"""Bytes of wire form in one record (error 9015). Source: facts, "DNS records"."""
MAX_NAME = 8192
"""Characters of all TXT records of one name."""


def _unescape(match: re.Match[bytes]) -> bytes:
    inner = match.group(1)
    return bytes([int(inner) & 0xFF]) if inner.isdigit() and len(inner) == 3 else inner


def strings(content: str) -> list[bytes]:
    """The character-strings that a TXT record of this content is served with."""
    if _QUOTED.fullmatch(content):
        pieces = [_ESCAPE.sub(_unescape, piece.encode()) for piece in _PIECE.findall(content)]
    else:
        pieces = [content.encode()]
    split: list[bytes] = []
    for piece in pieces:
        split += [piece[i : i + 255] for i in range(0, len(piece), 255)] or [b""]
    return split


def wire_length(content: str) -> int:
    return sum(len(one) + 1 for one in strings(content))
