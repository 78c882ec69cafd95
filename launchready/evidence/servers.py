"""Who answers for a zone: its name servers' addresses, and those of the parent zone.

Found through the recursive resolver: NS of the zone, addresses of each name server. The parent is the
nearest name above that has NS records of its own (RFC 1034 §4.2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from launchready.evidence.types import Cause, DnsProbe, DnsResult

Resolve = Callable[[DnsProbe], Awaitable[DnsResult]]
"""Asks the recursive resolver."""

PARENT_SERVERS = 4
"""How many of the parent's addresses are asked: a TLD has 13 and more, all with one zone."""


@dataclass(frozen=True, slots=True)
class NameServer:
    """One address of one name server."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class ZoneServers:
    """A zone and who serves it.

    ``cause`` says why ``servers`` is empty; ``missing`` are names of servers without an address.
    """

    zone: str
    servers: tuple[NameServer, ...]
    cause: Cause | None = None
    detail: str = ""
    missing: tuple[str, ...] = ()


async def addresses(resolve: Resolve, host: str, *, ipv6: bool) -> tuple[tuple[str, ...], DnsResult]:
    """A host's addresses, IPv4 first, and the answer that explains why there are none."""
    kinds = ("A", "AAAA") if ipv6 else ("A",)
    results = await asyncio.gather(*(resolve(DnsProbe(host, kind)) for kind in kinds))
    found = tuple(address for result in results for address in result.data)
    failed = next((result for result in results if not result.answered), results[0])
    return found, failed


async def servers_of(resolve: Resolve, zone: str, *, ipv6: bool, limit: int | None = None) -> ZoneServers:
    """The name servers of a zone as the resolver sees them."""
    answer = await resolve(DnsProbe(zone, "NS"))
    names = sorted(name.rstrip(".").lower() for name in answer.data)
    if not names:
        cause = answer.cause or Cause.NODATA
        return ZoneServers(zone, (), cause, f"NS of {zone or '.'}: {answer.detail or cause}")
    looked_up = await asyncio.gather(*(addresses(resolve, name, ipv6=ipv6) for name in names))
    servers: dict[str, NameServer] = {}
    for name, (found, _) in zip(names, looked_up, strict=True):
        for address in found:
            servers.setdefault(address, NameServer(name, address))
    missing = tuple(name for name, (found, _) in zip(names, looked_up, strict=True) if not found)
    if not servers:
        failed = looked_up[0][1]
        cause = failed.cause or Cause.NODATA
        return ZoneServers(zone, (), cause, f"address of {names[0]}: {failed.detail or cause}", missing)
    return ZoneServers(zone, tuple(servers.values())[:limit], missing=missing)


async def parent_of(resolve: Resolve, zone: str, *, ipv6: bool) -> ZoneServers:
    """The servers of the zone above, past names that are no zone of their own."""
    name = zone
    while name:
        name = name.partition(".")[2]
        answer = await resolve(DnsProbe(name, "NS"))
        if answer.data:
            return await servers_of(resolve, name, ipv6=ipv6, limit=PARENT_SERVERS)
        if answer.cause not in (Cause.NODATA, Cause.NXDOMAIN):
            cause = answer.cause or Cause.NODATA
            return ZoneServers(name, (), cause, f"NS of {name or '.'}: {answer.detail or cause}")
    return ZoneServers(name, (), Cause.NODATA, f"no zone above {zone}")
