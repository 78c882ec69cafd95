"""SRV (RFC 2782) and URI (RFC 7553): where a service is found."""

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


def _srv_text(data: Mapping[str, Any], given: Given) -> str:
    target = host(string(data, "target"), given.domain)
    priority = number(data, "priority") if "priority" in data else _priority(given)
    return f"{priority} {number(data, 'weight')} {number(data, 'port')} {target}"


def _srv_rdata(parsed: Any, given: Given) -> Rdata:
    target = host(parsed.target.to_text(), given.domain)
    data = {"priority": parsed.priority, "weight": parsed.weight, "port": parsed.port, "target": target}
    return Rdata(f"{parsed.priority} {parsed.weight} {parsed.port} {target}", data)


def srv(given: Given) -> Rdata:
    """A service's host and port. Three fields with ``priority`` beside them are the API's own form."""
    if (
        given.data is None
        and given.content
        and given.priority is not None
        and len(given.content.split()) == 3
    ):
        given = given._replace(content=f"{given.priority} {given.content.strip()}")
    return _SRV(given)


def _uri_text(data: Mapping[str, Any], given: Given) -> str:
    return f"{_priority(given)} {number(data, 'weight')} {quoted(string(data, 'target'))}"


def _uri_rdata(parsed: Any, given: Given) -> Rdata:
    target = parsed.target.decode()
    data = {"weight": parsed.weight, "target": target}
    return Rdata(f"{parsed.priority} {parsed.weight} {quoted(target)}", data, parsed.priority)


def uri(given: Given) -> Rdata:
    """A service's URI. The API takes its priority beside ``data``, as with MX."""
    if (
        given.data is None
        and given.content
        and given.priority is not None
        and len(given.content.split()) == 2
    ):
        given = given._replace(content=f"{given.priority} {given.content.strip()}")
    return _URI(given)


def _priority(given: Given) -> int:
    if given.priority is None:
        raise ValueError("priority is missing")
    return number({"priority": given.priority}, "priority")


_SRV = structured("SRV", frozenset({"priority", "weight", "port", "target"}), _srv_text, _srv_rdata)
_URI = structured("URI", frozenset({"weight", "target"}), _uri_text, _uri_rdata)

TYPES: dict[str, Canonicaliser] = {"SRV": srv, "URI": uri}
