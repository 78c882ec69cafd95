"""TXT and OPENPGPKEY. TXT content is one or more quoted strings of at most 255 bytes (RFC 1035 §3.3.14).

Unquoted content is the text itself. Quoted content is what a zone file has: string boundaries stay
where they are given, since they are part of the data that DNS serves; only a longer string is split.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from launchready.declared.rdata.value import Canonicaliser, Given, Rdata, only_content, wire_form

MAX_STRING = 255

_SAFE = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"(?:\s+|\Z)', re.DOTALL)
_ESCAPE = re.compile(rb"\\(\d{3}|.)", re.DOTALL)


def txt(given: Given) -> Rdata:
    """A TXT record's strings in canonical quoted form."""
    if given.data is not None:
        raise ValueError("this type takes content, not data")
    if given.content is None:
        raise ValueError("content is missing")
    content = given.content.strip()
    if not content.startswith('"') and len(content) <= MAX_STRING and _SAFE.fullmatch(content):
        return Rdata(f'"{content}"')  # most records: nothing to escape, nothing to split
    return Rdata(quote(split(parse(content))))


def parse(content: str) -> list[bytes]:
    """The character-strings of quoted content, or the one string that unquoted content is.

    Raises ValueError when content begins with a quote and is not a row of quoted strings.
    """
    if not content.startswith('"'):
        return [content.encode()]
    strings, position = [], 0
    while position < len(content):
        match = _QUOTED.match(content, position)
        if match is None:
            raise ValueError("content begins with a quote but is not a row of quoted strings")
        strings.append(_ESCAPE.sub(_unescape, match[1].encode()))
        position = match.end()
    return strings


def split(strings: Sequence[bytes]) -> list[bytes]:
    """The same bytes in strings of at most 255 bytes; boundaries that are there stay."""
    return [
        string[start : start + MAX_STRING]
        for string in strings
        for start in range(0, max(len(string), 1), MAX_STRING)
    ]


def quote(strings: Sequence[bytes]) -> str:
    """Strings in master-file form: quotes and backslashes escaped, other than printable ASCII as \\DDD."""
    return " ".join('"' + "".join(_CHARACTERS[byte] for byte in string) + '"' for string in strings)


def value(content: str) -> bytes:
    """What the strings say together, as SPF, DKIM and DMARC read them (RFC 7208 §3.3)."""
    return b"".join(parse(content))


def openpgpkey(given: Given) -> Rdata:
    """A transferable public key, base64 without white space (RFC 7929)."""
    content = "".join(only_content(given).split())
    wire_form("OPENPGPKEY", content)
    return Rdata(content)


def _unescape(match: re.Match[bytes]) -> bytes:
    escaped = match[1]
    if len(escaped) == 3:
        code = int(escaped)
        if code > 0xFF:
            raise ValueError(f"\\{code} is no byte")
        return bytes([code])
    return escaped


def _character(byte: int) -> str:
    if byte in b'"\\':
        return "\\" + chr(byte)
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03d}"


_CHARACTERS = tuple(_character(byte) for byte in range(256))

TYPES: dict[str, Canonicaliser] = {"TXT": txt, "OPENPGPKEY": openpgpkey}
