"""TXT content as the API takes it → the character-strings that are served.

Content is either one or more quoted strings, or plain text. Quoted strings keep their borders;
whatever is longer than 255 bytes is split there (RFC 1035 §3.3.14).
"""

from __future__ import annotations

import re

_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ONLY_QUOTED = re.compile(rb'\s*"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*\s*', re.DOTALL)
_ESCAPE = re.compile(rb"\\(\d{3}|.)", re.DOTALL)

MAX_STRING = 255


def txt_strings(content: str) -> list[bytes]:
    r"""The character-strings, each of at most 255 bytes; never an empty list.

    Quoted: ``"a" "b"`` → two strings, with ``\"``, ``\\`` and ``\DDD`` undone.
    Not quoted: the text as it stands is one value, backslashes and inner quotes included.
    """
    raw = content.encode()
    if _ONLY_QUOTED.fullmatch(raw):
        parts = [_unescape(match.group(1)) for match in _QUOTED.finditer(raw)]
    else:
        parts = [raw]
    return [piece for part in parts for piece in _pieces(part)]


def _pieces(part: bytes) -> list[bytes]:
    return [part[start : start + MAX_STRING] for start in range(0, len(part), MAX_STRING)] or [b""]


def _unescape(raw: bytes) -> bytes:
    return _ESCAPE.sub(_unescape_one, raw)


def _unescape_one(match: re.Match[bytes]) -> bytes:
    code = match.group(1)
    if len(code) == 1:
        return code
    number = int(code)
    if number > 255:
        raise ValueError(f"\\{number} is not a byte")
    return bytes((number,))
