"""From what was sent to the record that is stored: types, TTLs, proxying, contents, comments, tags.

Error codes and rules: facts/cloudflare-api.md, "Envelope, errors, limits" and "DNS records".
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from launchready.edge.api.envelope import RefusalError, refuse
from launchready.edge.api.fields import is_kind, read
from launchready.edge.api.plans import Plan
from launchready.edge.api.records import loc, text
from launchready.edge.api.records.names import full_name, host_content
from launchready.edge.api.records.structured import STRUCTURES
from launchready.edge.dns.records import RecordError, render
from launchready.edge.state import Json

PROXIABLE = frozenset({"A", "AAAA", "CNAME"})
HOSTS = frozenset({"CNAME", "MX", "NS", "PTR"})
TYPES = frozenset({*PROXIABLE, *HOSTS, *STRUCTURES, "LOC", "OPENPGPKEY", "TXT"})
_CHECKED = frozenset({"A", "AAAA", "CNAME"})
"""Types whose content is wholly checked here already."""
SETTINGS = ("flatten_cname", "ipv4_only", "ipv6_only")
_NOT_PROXIED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)
_TAG = re.compile(r"[^:\s][^:]{0,31}(?::.{0,100})?")
_COMMENT = {"free": 100, "pro": 500, "business": 500, "enterprise": 500}
_TAGS = {"free": 0, "pro": 20, "business": 20, "enterprise": 20}


def build(body: Json, zone: str, plan: Plan) -> Json:
    """The record without id and dates; every optional field that was sent is in it."""
    kind = read(body, "type", "string")
    if kind not in TYPES:
        raise refuse(400, 9207, f"DNS record type {body.get('type')!r} is invalid.")
    given = read(body, "name", "string")
    if given is None:
        raise refuse(400, 9000, "DNS name is invalid: a name is required.")
    name = full_name(given, zone)
    content, data, priority = _value(body, kind)
    proxied = read(body, "proxied", "boolean", False)
    proxiable = _proxiable(kind, content)
    if proxied and kind not in PROXIABLE:
        raise refuse(400, 9004, "This record type cannot be proxied.")
    if proxied and not proxiable:
        raise refuse(400, 9003, f"Target {content} is not allowed for a proxied record.")
    record: Json = {
        "name": name,
        "type": kind,
        "content": content,
        "proxiable": proxiable,
        "proxied": proxied,
        "ttl": _ttl(body, plan, proxied=proxied),
        "settings": _settings(body, kind),
        "meta": {},
        "comment": _comment(body, plan),
        "tags": _tags(body, plan),
    }
    if kind == "NS" and name == zone:
        raise refuse(400, 1004, "NS records of the zone itself are managed by the DNS service.")
    if kind == "DS" and name == zone:
        raise refuse(400, 1004, "A DS record belongs to a delegation, not to the zone itself.")
    if data is not None:
        record["data"] = data
    if priority is not None:
        record["priority"] = priority
    if read(body, "private_routing", "boolean") is not None:
        record["private_routing"] = body["private_routing"]
    if kind not in _CHECKED:
        _check_served(record)
    return record


def _check_served(record: Json) -> None:
    """What DNS can't make rdata of is refused here, and never found out by a query."""
    try:
        render(record)
    except RecordError as exc:
        raise _bad_content(record["type"], exc.what) from exc


def _proxiable(kind: str, content: str) -> bool:
    """Aliases and addresses can be proxied, but for private, loopback and other special addresses."""
    if kind == "CNAME":
        return True
    if kind not in PROXIABLE:
        return False
    address = ipaddress.ip_address(content)
    return not any(address in network for network in _NOT_PROXIED if network.version == address.version)


def _ttl(body: Json, plan: Plan, *, proxied: bool) -> int:
    ttl = body.get("ttl", 1)
    if ttl is None:
        ttl = 1
    fits = is_kind(ttl, "integer") and (ttl == 1 or plan.min_ttl <= ttl <= 86400)
    if not fits:
        message = f"Invalid TTL. Must be between {plan.min_ttl} and 86400 seconds, or 1 for Automatic."
        raise refuse(400, 9021, message)
    return 1 if proxied else int(ttl)


def _value(body: Json, kind: str) -> tuple[str, Json | None, int | None]:
    """Content, data and priority, whichever of content and data was sent."""
    priority = _priority(body)
    if kind in STRUCTURES or kind == "LOC":
        return _structured(body, kind, priority)
    content = read(body, "content", "string")
    if content is None or not content.strip():
        raise _bad_content(kind, "content is required")
    if kind == "MX" and priority is None:
        raise refuse(400, 9100, "MX records need a priority between 0 and 65535.")
    return _plain(kind, content), None, priority if kind == "MX" else None


def _priority(body: Json) -> int | None:
    priority = body.get("priority")
    if priority is None:
        return None
    if not is_kind(priority, "integer") or not 0 <= priority <= 65535:
        raise refuse(400, 9100, "Invalid priority. Must be a whole number between 0 and 65535.")
    return int(priority)


def _plain(kind: str, content: str) -> str:
    if kind == "A":
        return _address(content, ipaddress.IPv4Address, 9005, "A record must be a valid IPv4 address.")
    if kind == "AAAA":
        return _address(content, ipaddress.IPv6Address, 9006, "AAAA record must be a valid IPv6 address.")
    if kind == "TXT":
        length = text.wire_length(content)
        if length > text.MAX_WIRE:
            message = f"Content for TXT record is too long: {length} of {text.MAX_WIRE} bytes."
            raise refuse(400, 9015, message)
        return content
    if kind in HOSTS:
        host = host_content(content)
        if host is None or (host == "." and kind != "MX"):
            code = {"CNAME": 9007, "MX": 9009, "NS": 9008}.get(kind, 9101)
            raise refuse(400, code, f"Content for {kind} record is invalid: it must be a host name.")
        return host
    return content.strip()


def _address(content: str, family: Any, code: int, message: str) -> str:
    try:
        return str(family(content.strip()))
    except ValueError as exc:
        raise refuse(400, code, f"Content for {message}") from exc


def _structured(body: Json, kind: str, priority: int | None) -> tuple[str, Json, int | None]:
    data = read(body, "data", "object")
    content = read(body, "content", "string")
    try:
        if kind == "LOC":
            made = loc.data(data) if data is not None else loc.parse(content or "")
            return loc.content(made), made, None
        shape = STRUCTURES[kind]
        hidden = "priority" in shape.hidden
        if data is not None:
            merged = {**data, "priority": data.get("priority", priority)} if hidden else data
            made = shape.data(merged)
        elif content:
            made = shape.parse(content, priority)
        else:
            raise ValueError("data is required")
    except ValueError as exc:
        raise _bad_content(kind, str(exc)) from exc
    shown = shape.content(made)
    if not hidden:
        return shown, made, made["priority"] if kind in ("HTTPS", "SVCB") else None
    outer = made["priority"]
    if kind == "URI":  # the priority of a URI record is beside data, that of an SRV record in both
        made = {key: value for key, value in made.items() if key != "priority"}
    return shown, made, outer


def _bad_content(kind: str, why: str) -> RefusalError:
    return refuse(400, 9101, f"Content for {kind} record is invalid: {why}.")


def _settings(body: Json, kind: str) -> Json:
    """``ipv4_only``/``ipv6_only`` as sent; a CNAME always shows ``flatten_cname``."""
    given = read(body, "settings", "object", {})
    made: Json = {"flatten_cname": False} if kind == "CNAME" else {}
    for key in SETTINGS:
        value = read(given, key, "boolean", path="settings.")
        if value is None:
            continue
        if key == "flatten_cname" and kind != "CNAME" and value:
            raise refuse(400, 9207, "settings.flatten_cname is for CNAME records only.")
        made[key] = value
    if made.get("ipv4_only") and made.get("ipv6_only"):
        raise refuse(400, 9207, "settings.ipv4_only and settings.ipv6_only exclude each other.")
    return made


def _comment(body: Json, plan: Plan) -> str | None:
    comment: str | None = read(body, "comment", "string")
    if comment is not None and len(comment) > _COMMENT[plan.name]:
        raise refuse(400, 9300, f"DNS record comment is longer than {_COMMENT[plan.name]} characters.")
    return comment or None


def _tags(body: Json, plan: Plan) -> list[str]:
    tags: list[Any] = read(body, "tags", "array", [])
    if len(tags) > _TAGS[plan.name]:
        raise refuse(
            400, 9301, f"DNS record has {len(tags)} tags, exceeding the quota of {_TAGS[plan.name]}."
        )
    for tag in tags:
        if not isinstance(tag, str) or not _TAG.fullmatch(tag):
            raise refuse(400, 9302, f"DNS record tag is invalid: {tag!r}.")
    return sorted(set(tags))
