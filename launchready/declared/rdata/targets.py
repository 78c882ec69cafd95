"""CNAME, NS, PTR and MX: types whose data is a host name. The API shows targets without their dot."""

from __future__ import annotations

from launchready.declared.rdata.value import Canonicaliser, Given, Rdata, host, only_content

MAX_PRIORITY = 0xFFFF


def target(given: Given) -> Rdata:
    """A CNAME's, NS's or PTR's target; never the root."""
    name = host(only_content(given), given.domain)
    if name == ".":
        raise ValueError("the root is no target")
    return Rdata(name)


def mx(given: Given) -> Rdata:
    """A mail exchanger: ``content`` is the host, or "priority host" as a zone file has it.

    The null MX (RFC 7505) is priority 0 and the host ".", which the API takes and echoes as ".".
    """
    content, priority = only_content(given), given.priority
    parts = content.split()
    if len(parts) == 2 and parts[0].isdigit():
        if priority is not None and priority != int(parts[0]):
            raise ValueError(f"two priorities: {priority} and {parts[0]}")
        content, priority = parts[1], int(parts[0])
    if priority is None:
        raise ValueError("priority is missing")
    if not 0 <= priority <= MAX_PRIORITY:
        raise ValueError(f"priority {priority} is not within 0–{MAX_PRIORITY}")
    exchange = host(content, given.domain)
    if exchange == "." and priority != 0:
        raise ValueError('a null MX (host ".") has priority 0 (RFC 7505 §3)')
    return Rdata(exchange, priority=priority)


TYPES: dict[str, Canonicaliser] = {"CNAME": target, "NS": target, "PTR": target, "MX": mx}
