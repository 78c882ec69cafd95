"""One function makes every DNS record, whichever component it is a child of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi

from components.base import Component, urn_prefix
from components.cloudflare import DnsRecord
from launchready.declared import Record

OWNERS = {"email": "Email", "tls": "Tls"}
"""First part of a record's key → the component that its resource is a child of; others are in Dns."""

KINDS = ("Dns", "Email", "Tls")


def owner(record: Record) -> str:
    """The component that a record belongs to."""
    return OWNERS.get(record.key.split(".", 1)[0], "Dns")


def make_records(
    parent: Component,
    zone_id: pulumi.Input[str],
    records: Iterable[Record],
    values: Mapping[str, pulumi.Output[Mapping[str, str]]] | None = None,
) -> dict[str, DnsRecord]:
    """The resources of ``records`` (that belong to ``parent``), by resource name.

    ``values``: resource name → inputs that are known only after something else was created.

    A changed type is a replacement with the old record deleted first: Cloudflare refuses a CNAME beside
    what it replaces (error 81054).
    """
    made: dict[str, DnsRecord] = {}
    prefixes = {kind: urn_prefix(kind, DnsRecord.token) for kind in KINDS}
    for record in sorted(records, key=lambda record: record.after is not None):
        before = made.get(record.after) if record.after is not None else None
        made[record.resource] = DnsRecord(
            record.resource,
            {**record_inputs(record, zone_id), **_later(record, values)},
            pulumi.ResourceOptions(
                parent=parent,
                delete_before_replace=True,
                aliases=_aliases(record, prefixes),
                depends_on=[before] if before is not None else None,
            ),
        )
    return made


def _later(
    record: Record, values: Mapping[str, pulumi.Output[Mapping[str, str]]] | None
) -> dict[str, pulumi.Input[str]]:
    """``name`` and ``content`` out of an output; what it does not have stays as the record has it."""
    value = (values or {}).get(record.resource)
    if value is None:
        return {}
    known = {"name": record.name, "content": record.content}

    def part(key: str) -> pulumi.Output[str]:
        return value.apply(lambda found: found.get(key, known[key]))

    return {key: part(key) for key in known}


def record_inputs(record: Record, zone_id: pulumi.Input[str]) -> dict[str, Any]:
    """A record as the provider takes it: ``data`` or ``content``, never both."""
    inputs: dict[str, Any] = {
        "zoneId": zone_id,
        "name": record.name,
        "type": record.type,
        "ttl": record.ttl,
        "proxied": record.proxied,
    }
    if record.data is not None:
        inputs["data"] = {camel_case(key): value for key, value in record.data.items()}
    else:
        inputs["content"] = record.content
    if record.priority is not None:
        inputs["priority"] = record.priority
    if record.comment is not None:
        inputs["comment"] = record.comment
    if record.tags:
        inputs["tags"] = list(record.tags)
    return inputs


def camel_case(key: str) -> str:
    """A key in the engine's spelling: ``matching_type`` → ``matchingType``."""
    first, *rest = key.split("_")
    return first + "".join(word.title() for word in rest)


def _aliases(record: Record, prefixes: Mapping[str, str]) -> list[pulumi.Input[str] | pulumi.Alias]:
    """The URNs that the record's resource may have had: other names, and other parents."""
    own = owner(record)
    aliases: list[pulumi.Input[str] | pulumi.Alias] = [prefixes[own] + alias for alias in record.aliases]
    if _may_move(record):
        aliases += [prefix + record.resource for kind, prefix in prefixes.items() if kind != own]
    return aliases


def _may_move(record: Record) -> bool:
    """Is this a record that is sometimes derived and sometimes written out, and so changes its parent?"""
    if record.type == "CNAME":
        return "._domainkey" in record.name
    return "/TXT/" in record.resource or record.resource.startswith(("@/MX", "@/CAA"))
