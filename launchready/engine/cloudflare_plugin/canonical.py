"""One spelling for what Cloudflare respells: names, addresses, TXT strings, record data.

Two values that are one to the DNS get one canonical form here, so that a refresh never shows a change
that nobody made. Nothing in this module is sent anywhere: requests carry the user's spelling.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Mapping
from typing import Any

import idna

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(\d{3}|.)", re.DOTALL)
_HEX_FIELDS = frozenset({"digest", "fingerprint"})
_BLOB_FIELDS = frozenset({"certificate", "publicKey"})
_NUMBER_FIELDS = frozenset({"flags", "algorithm", "priority", "weight", "port", "usage", "selector"})
_NAME_FIELDS = frozenset({"target", "replacement"})


def domain_name(text: str) -> str:
    """Lower case, A-labels, no trailing dot; a name that IDNA refuses stays as written, lowered."""
    name = text.strip().rstrip(".").lower()
    if name.isascii():
        return name
    labels = []
    for label in name.split("."):
        try:
            labels.append(label if label.isascii() else idna.encode(label, uts46=True).decode())
        except idna.IDNAError:
            labels.append(label)
    return ".".join(labels)


def record_name(text: str, zone: str | None) -> str:
    """The full name of a record: ``@`` and short names completed with the zone when that is known."""
    name = domain_name(text)
    if zone is None:
        return name
    zone = domain_name(zone)
    if name in ("@", ""):
        return zone
    return name if name == zone or name.endswith("." + zone) else f"{name}.{zone}"


def txt_value(text: str) -> str:
    """The bytes that a TXT content stands for: quoted strings joined, an unquoted content as it is."""
    stripped = text.strip()
    if len(stripped) < 2 or stripped[0] != '"':
        return text
    strings: list[str] = []
    position = 0
    while position < len(stripped):
        match = _QUOTED.match(stripped, position)
        if match is None:
            return text
        strings.append(_ESCAPE.sub(_unescape, match.group(1)))
        position = match.end()
        while position < len(stripped) and stripped[position].isspace():
            position += 1
    return "".join(strings)


def _unescape(match: re.Match[str]) -> str:
    code = match.group(1)
    return chr(int(code)) if code.isdigit() and len(code) == 3 and int(code) < 256 else code


def address(text: str) -> str:
    """An IP address in its shortest text form; what isn't one stays."""
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return text.strip()


def record_content(record_type: str, text: str) -> str:
    """The canonical form of a record's content, by its type."""
    if record_type in ("A", "AAAA"):
        return address(text)
    if record_type in ("CNAME", "NS", "PTR", "MX"):
        return domain_name(text) or "."
    if record_type == "TXT":
        return txt_value(text)
    return " ".join(text.split())


def record_data(record_type: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical form of a record's ``data``, keys in camelCase."""
    return {key: _data_field(record_type, key, value) for key, value in data.items() if value is not None}


def _data_field(record_type: str, key: str, value: Any) -> Any:
    if isinstance(value, str):
        if key in _NAME_FIELDS and record_type != "URI":
            return domain_name(value) or "."
        if key in _HEX_FIELDS or (key == "certificate" and record_type in ("TLSA", "SMIMEA")):
            return re.sub(r"\s", "", value).lower()
        if key in _BLOB_FIELDS:
            return re.sub(r"\s", "", value)
        if key in _NUMBER_FIELDS and value.strip().isdigit():
            return int(value)
        if key == "value" and record_type in ("HTTPS", "SVCB"):
            return _service_parameters(value)
        if key == "value" and record_type == "CAA":
            return value.strip().strip('"')
    return value


def _service_parameters(text: str) -> str:
    """SvcParams in one order and without needless quotes (RFC 9460 §2.1)."""
    try:
        return " ".join(sorted(shlex.split(text)))
    except ValueError:
        return text


def same_numbers(value: Any) -> Any:
    """Whole floats as ints, all the way down; empty maps, lists and texts, and nulls, as absent (None)."""
    if isinstance(value, dict):
        kept = {key: same_numbers(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None} or None
    if isinstance(value, list):
        return [same_numbers(item) for item in value] or None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None if value == "" and isinstance(value, str) else value
