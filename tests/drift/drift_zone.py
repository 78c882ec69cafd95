"""A generated zone of many records, with the state that the engine would leave: for the benchmark.

The state's outputs are made by the plugin's own kinds from what the edge's API answers; a test proves zone
and state equal to those of a real `pulumi up` of 500 records.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.cloudflare import DnsRecord, Zone
from components.records import record_inputs
from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.edge.api import Limits as ApiLimits
from launchready.edge.process import Edge, EdgeOptions, serve
from launchready.edge.state import Zone as EdgeZone
from tests.drift.drift_kit import client_of
from tests.drift.drift_program import STACK, EdgeApi, Stack

DOMAIN = "big.example"
KINDS = 7


def values(count: int) -> dict[str, Any]:
    """A client file of ``count`` records of every usual type, proxied ones among them, and the usual rest."""
    return {
        "domain": DOMAIN,
        "plan": "enterprise",
        "hosts": {"@": {"address": "203.0.113.10"}, "www": {"redirect": "@"}},
        "email": "none",
        "tls": {"caa": "none"},
        "redirects": [{"from": f"{DOMAIN}/old/*", "to": f"https://{DOMAIN}/new/${{1}}", "status": 301}],
        "records": [_record(number) for number in range(count - 2)],
    }


def _record(number: int) -> dict[str, Any]:
    name, low = f"n{number}", number % 250 + 1
    return (
        {"name": name, "type": "A", "content": f"203.0.113.{low}", "ttl": 300},
        {"name": name, "type": "AAAA", "content": f"2001:db8::{number:x}"},
        {"name": name, "type": "CNAME", "content": f"host{low}.host.example", "proxied": True},
        {"name": name, "type": "TXT", "content": f"text {number}; \"quoted\" \\ and more", "ttl": 3600},
        {"name": name, "type": "MX", "content": f"mx{low}.host.example", "priority": low},
        {"name": f"_sip._tcp.{name}", "type": "SRV",
         "data": {"priority": 1, "weight": 2, "port": 5060, "target": f"host{low}.host.example"}},
        {"name": name, "type": "CAA", "data": {"flags": 0, "tag": "issue", "value": "pki.goog"}},
    )[number % KINDS]  # fmt: skip


@dataclass
class Generated:
    """The zone on its edge, its client file, and the state as it would be exported."""

    edge: Edge
    client: ClientFile
    export: dict[str, Any]

    @property
    def zone(self) -> EdgeZone:
        found = self.edge.state.zone_for(DOMAIN)
        assert found is not None
        return found


async def _records(stack: Stack, client: ClientFile) -> None:
    """The records one by one, by the program's own function, without the SDK's machinery around it."""
    zone = next(held for held in stack.held.values() if held.type == Zone.token)
    parent = next(urn for urn, one in stack.parents.items() if one["type"].endswith(":Dns"))
    above = parent.split("::")[2]
    EdgeApi.quiet = True
    for record in declare(client).records:
        urn = f"urn:pulumi:{STACK}::launchready::{above}${DnsRecord.token}::{record.resource}"
        if urn not in stack.held:
            inputs = record_inputs(record, zone.id)
            await stack.register(urn, parent, DnsRecord.token, record.resource, inputs)
    EdgeApi.quiet = False
    stack.edge.state.changed()


@asynccontextmanager
async def generated(directory: Path, count: int) -> AsyncIterator[Generated]:
    """A zone of ``count`` records that has been launched."""
    edge = await serve(EdgeOptions(dir=directory, plan="enterprise", limits=ApiLimits(0, 0)))
    try:
        client = client_of(values(count))
        stack = Stack(edge, client.model_copy(update={"records": ()}))
        await stack.up()
        await _records(stack, client)
        yield Generated(edge, client, stack.export())
    finally:
        await edge.close()
