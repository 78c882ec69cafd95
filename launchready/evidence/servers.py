"""Who answers for a zone: its name servers' addresses, and those of the parent zone.

Found through the recursive resolver: NS of the zone, addresses of each name server. The parent is the
nearest name above that has NS records of its own (RFC 1034 §4.2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
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
    return await _with_addresses(resolve, zone, names, {}, ipv6=ipv6, limit=limit)


async def delegated_servers(
    resolve: Resolve, zone: str, referrals: Sequence[DnsResult], *, ipv6: bool
) -> ZoneServers:
    """The name servers that the parent's referrals name, by glue or by the resolver."""
    names: set[str] = set()
    glue: dict[str, set[str]] = {}
    for result in referrals:
        delegation = result.referral
        names |= {name.rstrip(".").lower() for name in delegation.data} if delegation else set()
        for rrset in result.additional:
            if rrset.type == "A" or (rrset.type == "AAAA" and ipv6):
                glue.setdefault(rrset.name, set()).update(rrset.data)
    if not names:
        return ZoneServers(zone, (), Cause.NODATA, f"the parent does not delegate {zone}")
    return await _with_addresses(resolve, zone, sorted(names), glue, ipv6=ipv6, limit=None)


async def _with_addresses(
    resolve: Resolve,
    zone: str,
    names: Sequence[str],
    glue: Mapping[str, Collection[str]],
    *,
    ipv6: bool,
    limit: int | None,
) -> ZoneServers:
    """Look the names up; ``glue`` serves where the resolver has no answer."""
    looked_up = await asyncio.gather(*(addresses(resolve, name, ipv6=ipv6) for name in names))
    servers: dict[str, NameServer] = {}
    missing: list[str] = []
    for name, (found, _) in zip(names, looked_up, strict=True):
        known = found or tuple(sorted(glue.get(name, ())))
        missing += [] if known else [name]
        for address in known:
            servers.setdefault(address, NameServer(name, address))
    if not servers:
        failed = looked_up[0][1]
        cause = failed.cause or Cause.NODATA
        detail = f"address of {names[0]}: {failed.detail or cause}"
        return ZoneServers(zone, (), cause, detail, tuple(missing))
    return ZoneServers(zone, tuple(servers.values())[:limit], missing=tuple(missing))


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
