"""NAPTR: rewriting names to services (RFC 3403)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launchready.declared.rdata.value import (
    Canonicaliser,
    Given,
    Rdata,
    host,
    number,
    quoted,
    string,
    structured,
)


def _text(data: Mapping[str, Any], given: Given) -> str:
    strings = " ".join(quoted(string(data, field, "")) for field in ("flags", "service", "regex"))
    replacement = host(string(data, "replacement", "."), given.domain)
    return f"{number(data, 'order')} {number(data, 'preference')} {strings} {replacement}"


def _rdata(parsed: Any, given: Given) -> Rdata:
    replacement = host(parsed.replacement.to_text(), given.domain)
    data = {
        "order": parsed.order,
        "preference": parsed.preference,
        "flags": parsed.flags.decode(),
        "service": parsed.service.decode(),
        "regex": parsed.regexp.decode(),
        "replacement": replacement,
    }
    strings = " ".join(quoted(data[field]) for field in ("flags", "service", "regex"))
    return Rdata(f"{parsed.order} {parsed.preference} {strings} {replacement}", data)


TYPES: dict[str, Canonicaliser] = {
    "NAPTR": structured(
        "NAPTR",
        frozenset({"order", "preference", "flags", "service", "regex", "replacement"}),
        _text,
        _rdata,
    )
}
