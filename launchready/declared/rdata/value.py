"""The shapes that the families share: what is given, what comes out, and how structured types work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from launchready.client_file import names


class Given(NamedTuple):
    """What a client file says of one record. ``domain`` is the zone's name, for a target of "@"."""

    content: str | None
    data: Mapping[str, Any] | None
    priority: int | None
    domain: str


class Rdata(NamedTuple):
    """Canonical record data: ``content`` as a presentation, ``data`` where the API wants a structure."""

    content: str
    data: Mapping[str, Any] | None = None
    priority: int | None = None


Canonicaliser = Callable[[Given], Rdata]


def only_content(given: Given) -> str:
    """The content of a type that has no structured form, stripped; ValueError when absent."""
    if given.data is not None:
        raise ValueError("this type takes content, not data")
    content = (given.content or "").strip()
    if not content:
        raise ValueError("content is missing")
    return content


def host(target: str, domain: str) -> str:
    """A target as lower-case A-labels without its trailing dot; "@" is the zone, "." the root."""
    target = target.strip()
    if target in ("@", "."):
        return domain if target == "@" else "."
    ascii_name = names.to_ascii(target)
    return domain if ascii_name == "@" else ascii_name


def number(data: Mapping[str, Any], field: str, most: int = 0xFFFF) -> int:
    """A whole number of 0–``most`` from a structured form; ValueError names the field."""
    value = data.get(field)
    try:
        whole = int(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError(f"data.{field} must be a number, not {value!r}") from None
    if whole != float(value) or not 0 <= whole <= most:  # type: ignore[arg-type]
        raise ValueError(f"data.{field} must be a whole number of 0–{most}, not {value!r}")
    return whole


def string(data: Mapping[str, Any], field: str, default: str | None = None) -> str:
    """A string from a structured form; ValueError names the field."""
    value = data.get(field, default)
    if not isinstance(value, str):
        raise ValueError(f"data.{field} must be a string, not {value!r}")
    return value


def compact(data: Mapping[str, Any], field: str) -> str:
    """A hex or base64 field without the white space that people paste along."""
    value = "".join(string(data, field).split())
    if not value:
        raise ValueError(f"data.{field} is empty")
    return value


def quoted(value: str) -> str:
    """A character-string in master-file form."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def wire_form(rdtype: str, text: str) -> dns.rdata.Rdata:
    """Parse a presentation; relative names are taken as absolute. ValueError with the reason."""
    try:
        return dns.rdata.from_text(
            dns.rdataclass.IN, dns.rdatatype.from_text(rdtype), text, origin=dns.name.root, relativize=False
        )
    except (dns.exception.DNSException, ValueError, OverflowError) as error:
        reason = str(error) or type(error).__name__
        raise ValueError(f"{text!r} is no {rdtype} data: {reason}") from None


def structured(
    rdtype: str,
    fields: frozenset[str],
    to_text: Callable[[Mapping[str, Any], Given], str],
    to_rdata: Callable[[Any, Given], Rdata],
) -> Canonicaliser:
    """A canonicaliser for a type that the API takes as ``data``.

    ``to_text`` makes a presentation of ``data`` (whose keys are ``fields``); ``to_rdata`` makes the
    canonical form of what dnspython parsed.
    """

    def canonicalise(given: Given) -> Rdata:
        if given.data is not None:
            unknown = sorted(set(given.data) - fields)
            if unknown:
                raise ValueError(
                    f"data has no {', '.join(unknown)}; {rdtype} takes {', '.join(sorted(fields))}"
                )
            text = to_text(given.data, given)
        elif given.content and given.content.strip():
            text = given.content.strip()
        else:
            raise ValueError("content or data is missing")
        return to_rdata(wire_form(rdtype, text), given)

    return canonicalise
