"""Where a connection goes: names by our own resolver, and in a rehearsal through the edge's map.

Without an edge document no address is ever mapped, and addresses that are no public ones are refused:
a client file must not steer the verifier into somebody's own network.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from launchready.evidence.servers import Resolve, addresses
from launchready.evidence.types import Cause


class Unreachable(Exception):  # noqa: N818 - becomes a typed cause in the result, never reaches a user
    """There is nowhere to connect to; says why."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Target:
    """``address``: what DNS says. ``host`` and ``port``: where the socket goes."""

    address: str
    host: str
    port: int


def endpoint(text: str) -> tuple[str, int]:
    """``127.0.0.1:53`` or ``[::1]:53`` as a pair."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


class Dialer:
    """Turns a name and a port into targets. ``connect``: the edge's map, or None on the internet."""

    def __init__(self, resolve: Resolve, connect: Mapping[str, str] | None, *, ipv6: bool) -> None:
        self._resolve = resolve
        self._connect = connect
        self._ipv6 = ipv6
        self._known: dict[str, asyncio.Task[tuple[str, ...]]] = {}

    async def targets(self, host: str, port: int) -> tuple[Target, ...]:
        """Every place where the host answers. Raises Unreachable with a typed cause."""
        targets: list[Target] = []
        nowhere: Unreachable | None = None
        for address in await self._addresses(host):
            try:
                targets.append(self.target(address, port, host))
            except Unreachable as error:
                nowhere = error
        if nowhere is not None and not targets:
            raise nowhere
        return tuple(targets)

    def target(self, address: str, port: int, host: str = "") -> Target:
        """One address as a target: first by ``ip:port`` in the map, then by ``name:port``."""
        if self._connect is None:
            if not _is_public(address):
                raise Unreachable(Cause.UNREACHABLE, f"{address} is no public address")
            return Target(address, address, port)
        for key in (f"{address}:{port}", f"[{address}]:{port}", f"{host}:{port}"):
            if key in self._connect:
                return Target(address, *endpoint(self._connect[key]))
        raise Unreachable(Cause.UNREACHABLE, f"the edge listens nowhere for {host or address}:{port}")

    def pending(self) -> tuple[asyncio.Task[tuple[str, ...]], ...]:
        """The look-ups of this run, for its end to cancel."""
        return tuple(self._known.values())

    async def _addresses(self, host: str) -> tuple[str, ...]:
        if _is_address(host):
            return (host,)
        task = self._known.get(host)
        if task is None:
            task = self._known[host] = asyncio.ensure_future(self._look_up(host))
        return await asyncio.shield(task)

    async def _look_up(self, host: str) -> tuple[str, ...]:
        found, failed = await addresses(self._resolve, host, ipv6=self._ipv6)
        if not found:
            cause = failed.cause or Cause.NODATA
            raise Unreachable(cause, f"{host} has no address: {failed.detail or cause}")
        return found


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


_TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
"""NAT64 (RFC 6052, RFC 8215): the last four bytes are an IPv4 address."""


def _is_public(address: str) -> bool:
    """An address of the internet's, and not one of somebody's own in another's clothes."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if any(found in network for network in _TRANSLATED):
            inner = ipaddress.IPv4Address(found.packed[-4:])
        if inner is not None and not _is_public(str(inner)):
            return False
    return found.is_global and not found.is_multicast
