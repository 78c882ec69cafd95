"""SVCB and HTTPS: how to reach a service, parameters included (RFC 9460)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launchready.declared.rdata.value import Canonicaliser, Given, Rdata, host, number, string, structured


def _text(data: Mapping[str, Any], given: Given) -> str:
    target = host(string(data, "target"), given.domain)
    return f"{number(data, 'priority')} {target} {string(data, 'value', '')}".rstrip()


def _rdata(parsed: Any, given: Given) -> Rdata:
    target = host(parsed.target.to_text(), given.domain)
    # dnspython sorts the parameters by key, as RFC 9460 §2.2 has them on the wire
    value = parsed.to_text().split(" ", 2)[2] if parsed.params else ""
    data = {"priority": parsed.priority, "target": target, "value": value}
    return Rdata(f"{parsed.priority} {target} {value}".rstrip(), data)


_FIELDS = frozenset({"priority", "target", "value"})

TYPES: dict[str, Canonicaliser] = {
    rdtype: structured(rdtype, _FIELDS, _text, _rdata) for rdtype in ("HTTPS", "SVCB")
}
