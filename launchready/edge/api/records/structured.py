"""Types whose value is ``data``: its fields, and ``content`` made of it and read into it.

Content is what the API shows beside ``data``: ``0 issue "letsencrypt.org"`` for CAA, ``weight port
target`` for SRV with the priority beside it. Field ranges: the API description's.
"""

from __future__ import annotations

import base64
import binascii
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from launchready.edge.api.fields import is_kind
from launchready.edge.api.records.names import host_content
from launchready.edge.state import Json

Normalise = Callable[[Any], Any]
"""The value as it is stored, or ValueError that says what it should have been."""


@dataclass(frozen=True, slots=True)
class Field:
    """One key of ``data``."""

    name: str
    normalise: Normalise
    default: Any = None
    """Used when the key is absent; None makes it required."""


@dataclass(frozen=True, slots=True)
class Structure:
    """One record type: its fields in the order in which content shows them."""

    fields: tuple[Field, ...]
    quoted: frozenset[str] = frozenset()
    """Fields that content shows in quotation marks."""
    hidden: frozenset[str] = frozenset()
    """Fields that content leaves out: the priority of SRV and URI is beside it."""

    def data(self, given: Json) -> Json:
        """Normalised ``data``; ValueError names the field."""
        made: Json = {}
        for field in self.fields:
            value = given.get(field.name)
            if value is None:
                value = field.default
            if value is None:
                raise ValueError(f"data.{field.name} is required")
            try:
                made[field.name] = field.normalise(value)
            except ValueError as exc:
                raise ValueError(f"data.{field.name} {exc}") from exc
        return made

    def content(self, data: Json) -> str:
        shown = []
        for field in self.fields:
            if field.name not in self.hidden:
                value = data[field.name]
                shown.append(_quote(str(value)) if field.name in self.quoted else str(value))
        return " ".join(shown).rstrip()

    def parse(self, content: str, priority: int | None) -> Json:
        """``data`` out of presentation form; the last field takes the rest."""
        words = _words(content) if self.quoted else content.split()
        shown = [field for field in self.fields if field.name not in self.hidden]
        if len(words) == len(self.fields) and self.hidden:
            shown = list(self.fields)  # the whole rdata, priority in front, as in a zone file
        if not self.quoted:
            words = content.split(None, len(shown) - 1)
        elif len(words) > len(shown):
            words = [*words[: len(shown) - 1], " ".join(words[len(shown) - 1 :])]
        data: Json = {}
        for field, word in zip(shown, words, strict=False):
            data[field.name] = int(word) if word.isdigit() and field.normalise in _NUMBERS else word
        if priority is not None and "priority" in self.hidden:
            data.setdefault("priority", priority)
        return self.data(data)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _words(content: str) -> list[str]:
    lexer = shlex.shlex(content, posix=True)
    lexer.whitespace_split, lexer.commenters, lexer.quotes = True, "", '"'
    return list(lexer)


def _number(high: int) -> Normalise:
    def normalise(value: Any) -> int:
        if not is_kind(value, "integer") or not 0 <= value <= high:
            raise ValueError(f"must be a whole number from 0 to {high}")
        return int(value)

    return normalise


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return value


def _tag(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[a-zA-Z0-9]{1,15}", value):
        raise ValueError("must be a CAA tag such as issue, issuewild or iodef")
    return value.lower()


def _host(value: Any) -> str:
    made = host_content(value) if isinstance(value, str) else None
    if made is None:
        raise ValueError("must be a host name")
    return made


def _hex(value: Any) -> str:
    text = "".join(value.split()) if isinstance(value, str) else ""
    if not text or len(text) % 2 or not re.fullmatch(r"[0-9A-Fa-f]+", text):
        raise ValueError("must be hexadecimal")
    return text


def _base64(value: Any) -> str:
    text = "".join(value.split()) if isinstance(value, str) else ""
    try:
        fits = bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        fits = False
    if not fits:
        raise ValueError("must be base64")
    return text


_BYTE, _SHORT = _number(255), _number(65535)
_NUMBERS = (_BYTE, _SHORT)
_TLSA = (
    Field("usage", _BYTE),
    Field("selector", _BYTE),
    Field("matching_type", _BYTE),
    Field("certificate", _hex),
)
_SVCB = (Field("priority", _SHORT), Field("target", _host), Field("value", _text, ""))

STRUCTURES: dict[str, Structure] = {
    "CAA": Structure(
        (Field("flags", _BYTE, 0), Field("tag", _tag), Field("value", _text)), quoted=frozenset({"value"})
    ),
    "CERT": Structure(
        (
            Field("type", _SHORT),
            Field("key_tag", _SHORT),
            Field("algorithm", _BYTE),
            Field("certificate", _base64),
        )
    ),
    "DNSKEY": Structure(
        (
            Field("flags", _SHORT),
            Field("protocol", _BYTE),
            Field("algorithm", _BYTE),
            Field("public_key", _base64),
        )
    ),
    "DS": Structure(
        (
            Field("key_tag", _SHORT),
            Field("algorithm", _BYTE),
            Field("digest_type", _BYTE),
            Field("digest", _hex),
        )
    ),
    "HTTPS": Structure(_SVCB),
    "NAPTR": Structure(
        (
            Field("order", _SHORT),
            Field("preference", _SHORT),
            Field("flags", _text, ""),
            Field("service", _text, ""),
            Field("regex", _text, ""),
            Field("replacement", _host),
        ),
        quoted=frozenset({"flags", "service", "regex"}),
    ),
    "SMIMEA": Structure(_TLSA),
    "SRV": Structure(
        (
            Field("priority", _SHORT),
            Field("weight", _SHORT),
            Field("port", _SHORT),
            Field("target", _host),
        ),
        hidden=frozenset({"priority"}),
    ),
    "SSHFP": Structure((Field("algorithm", _BYTE), Field("type", _BYTE), Field("fingerprint", _hex))),
    "SVCB": Structure(_SVCB),
    "TLSA": Structure(_TLSA),
    "URI": Structure(
        (Field("priority", _SHORT), Field("weight", _SHORT), Field("target", _text)),
        quoted=frozenset({"target"}),
        hidden=frozenset({"priority"}),
    ),
}
