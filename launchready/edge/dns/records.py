"""The API's JSON of a record → the rdata that is served.

Cloudflare shows the plain types by ``content`` and the structured ones by ``data`` (and a rendered
``content``); both are taken here, ``data`` first. Names are absolute with or without the last dot.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

import dns.exception
import dns.name
import dns.rdata

from launchready.edge.dns.loc import loc_text
from launchready.edge.dns.txt import txt_strings
from launchready.errors import EdgeError

Record = Mapping[str, Any]


class RecordError(EdgeError):
    """A record of the API that has no valid rdata."""


def render(record: Record) -> dns.rdata.Rdata:
    """The rdata of one record as the API shows it.

    :raises RecordError: for a type that Cloudflare doesn't take, or content that is not of that type.
    """
    kind = str(record.get("type", "")).upper()
    build = _BUILDERS.get(kind)
    if build is None:
        raise RecordError(f"{record.get('name')}: no record type {kind!r}")
    try:
        return build(kind, record)
    except (dns.exception.DNSException, ValueError, KeyError, TypeError, struct.error) as error:
        raise RecordError(f"{record.get('name')} {kind}: {error or type(error).__name__}") from None


def _parse(kind: str, text: str) -> dns.rdata.Rdata:
    """One line of presentation form; names without a last dot are absolute."""
    return dns.rdata.from_text("IN", kind, text, origin=dns.name.root, relativize=False)


def _from_wire(kind: str, wire: bytes) -> dns.rdata.Rdata:
    return dns.rdata.from_wire("IN", kind, wire, 0, len(wire))


def _content(record: Record) -> str:
    return str(record["content"])


def _data(record: Record) -> Mapping[str, Any]:
    data = record.get("data")
    return data if isinstance(data, Mapping) else {}


def _as_written(kind: str, record: Record) -> dns.rdata.Rdata:
    return _parse(kind, _content(record))


def _mx(kind: str, record: Record) -> dns.rdata.Rdata:
    priority = record.get("priority", _data(record).get("priority"))
    host = _data(record).get("target", record.get("content"))
    return _parse(kind, f"{int(priority or 0)} {host}")


def _txt(kind: str, record: Record) -> dns.rdata.Rdata:
    wire = b"".join(bytes((len(part),)) + part for part in txt_strings(_content(record)))
    return _from_wire(kind, wire)


def _caa(kind: str, record: Record) -> dns.rdata.Rdata:
    data = _data(record)
    if "tag" not in data:
        return _as_written(kind, record)
    tag = str(data["tag"]).encode("ascii")
    return _from_wire(kind, bytes((int(data.get("flags", 0)), len(tag))) + tag + str(data["value"]).encode())


def _srv(kind: str, record: Record) -> dns.rdata.Rdata:
    data = _data(record)
    if "target" in data:
        priority = data.get("priority", record.get("priority", 0))
        return _parse(kind, f"{priority} {data['weight']} {data['port']} {data['target']}")
    fields = _content(record).split()
    if len(fields) == 3:
        fields.insert(0, str(record.get("priority", 0)))
    return _parse(kind, " ".join(fields))


def _uri(kind: str, record: Record) -> dns.rdata.Rdata:
    data = _data(record)
    priority = int(record.get("priority", data.get("priority", 0)))
    if "target" in data:
        target = str(data["target"]).strip('"').encode()
        return _from_wire(kind, struct.pack("!HH", priority, int(data["weight"])) + target)
    fields = _content(record).split(None, 2)
    if len(fields) == 2:
        fields.insert(0, str(priority))
    return _parse(kind, f'{fields[0]} {fields[1]} "{fields[2].strip(chr(34))}"')


def _svcb(kind: str, record: Record) -> dns.rdata.Rdata:
    data = _data(record)
    if "target" not in data:
        return _as_written(kind, record)
    return _parse(kind, f"{data['priority']} {data['target']} {data.get('value') or ''}".strip())


def _naptr(kind: str, record: Record) -> dns.rdata.Rdata:
    data = _data(record)
    if "order" not in data:
        return _as_written(kind, record)
    strings = " ".join(_quoted(data.get(key, "")) for key in ("flags", "service", "regex"))
    return _parse(kind, f"{data['order']} {data['preference']} {strings} {data.get('replacement') or '.'}")


def _loc(kind: str, record: Record) -> dns.rdata.Rdata:
    data = _data(record)
    return _parse(kind, loc_text(data) if "lat_degrees" in data else _content(record))


def _fields(*keys: str) -> Callable[[str, Record], dns.rdata.Rdata]:
    """A builder for types whose data fields, in this order, are the presentation form."""

    def build(kind: str, record: Record) -> dns.rdata.Rdata:
        data = _data(record)
        if keys[-1] not in data:
            return _as_written(kind, record)
        return _parse(kind, " ".join(re.sub(r"\s+", "", str(data[key])) for key in keys))

    return build


def _openpgpkey(kind: str, record: Record) -> dns.rdata.Rdata:
    wire = base64.b64decode(re.sub(r"\s+", "", str(_data(record).get("public_key", record.get("content")))))
    if not wire:
        raise ValueError("an empty key")
    return _from_wire(kind, wire)


def _quoted(value: object) -> str:
    text = str(value)
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_MATCHING = _fields("usage", "selector", "matching_type", "certificate")

_BUILDERS: Final[Mapping[str, Callable[[str, Record], dns.rdata.Rdata]]] = {
    "A": _as_written,
    "AAAA": _as_written,
    "CAA": _caa,
    "CERT": _fields("type", "key_tag", "algorithm", "certificate"),
    "CNAME": _as_written,
    "DNSKEY": _fields("flags", "protocol", "algorithm", "public_key"),
    "DS": _fields("key_tag", "algorithm", "digest_type", "digest"),
    "HTTPS": _svcb,
    "LOC": _loc,
    "MX": _mx,
    "NAPTR": _naptr,
    "NS": _as_written,
    "OPENPGPKEY": _openpgpkey,
    "PTR": _as_written,
    "SMIMEA": _MATCHING,
    "SRV": _srv,
    "SSHFP": _fields("algorithm", "type", "fingerprint"),
    "SVCB": _svcb,
    "TLSA": _MATCHING,
    "TXT": _txt,
    "URI": _uri,
}

SERVED_TYPES: Final = frozenset(_BUILDERS)
"""Every record type that Cloudflare takes."""
