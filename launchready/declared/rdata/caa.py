"""CAA: which authorities may issue certificates (RFC 8659)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launchready.declared.rdata.value import Canonicaliser, Given, Rdata, number, quoted, string, structured


def caa(flags: int, tag: str, value: str) -> Rdata:
    """A CAA property; ``flags`` 128 marks it critical."""
    return Rdata(f"{flags} {tag} {quoted(value)}", {"flags": flags, "tag": tag, "value": value})


def _text(data: Mapping[str, Any], given: Given) -> str:
    return f"{number(data, 'flags', 0xFF)} {string(data, 'tag')} {quoted(string(data, 'value'))}"


def _rdata(parsed: Any, given: Given) -> Rdata:
    return caa(parsed.flags, parsed.tag.decode("ascii").lower(), parsed.value.decode())


TYPES: dict[str, Canonicaliser] = {
    "CAA": structured("CAA", frozenset({"flags", "tag", "value"}), _text, _rdata)
}
