"""TXT data: from quoted or bare content to character strings (RFC 1035 §3.3.14), and back."""

from __future__ import annotations

import re

MAX_STRING = 255

_QUOTED = re.compile(r'"((?:[^"\\]|\\[0-9]{3}|\\[^0-9])*)"')
_ESCAPE = re.compile(rb"\\([0-9]{3}|.)", re.DOTALL)


def strings(content: str) -> tuple[bytes, ...]:
    """The character strings of a TXT content, each as given; bare text is split into 255-byte strings.

    Content that begins with a quote must be quoted strings throughout. Raises ValueError with the reason.
    """
    text = content.strip()
    if not text.startswith('"'):
        raw = text.encode("utf-8")
        return tuple(raw[i : i + MAX_STRING] for i in range(0, len(raw), MAX_STRING)) or (b"",)
    found = []
    end = 0
    while end < len(text):
        match = _QUOTED.match(text, end)
        if match is None:
            raise ValueError(f"broken quotes at character {end + 1}")
        found.append(_unescape(match[1].encode("utf-8")))
        end = match.end()
        if end < len(text) and text[end] not in " \t\n":
            raise ValueError(f"no space between quoted strings at character {end + 1}")
        while end < len(text) and text[end] in " \t\n":
            end += 1
    return tuple(found)


def _unescape(raw: bytes) -> bytes:
    def one(match: re.Match[bytes]) -> bytes:
        escape = match[1]
        if len(escape) < 3:
            return escape
        if int(escape) > 255:
            raise ValueError(f"\\{escape.decode()} is no byte")
        return bytes([int(escape)])

    return _ESCAPE.sub(one, raw)


def text(content: str) -> str:
    """The strings joined, as SPF, DMARC and DKIM read them; undecodable bytes as Latin-1."""
    raw = b"".join(strings(content))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def wire_size(parts: tuple[bytes, ...]) -> int:
    """Bytes of RDATA: each string with its length byte."""
    return sum(len(part) + 1 for part in parts)
