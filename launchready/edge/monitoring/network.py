"""Where a health checker's connection goes: names by the world's resolver, addresses by the edge's map.

Nothing leaves the machine: an address that the map does not know, and that is not loopback, is one where
nobody listens.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from launchready.edge.dns.names import labels_of
from launchready.edge.dns.rrset import Rcode, Type
from launchready.edge.world.resolver import Resolver


class UnreachableError(Exception):
    """Nobody can be asked; the text says why. An observation, never shown as an error of launchready."""


@dataclass(frozen=True, slots=True)
class Network:
    """``connect`` gives the edge's current map, ``name-or-ip:port`` → ``host:port``."""

    resolver: Resolver
    connect: Callable[[], Mapping[str, str]]

    def resolve(self, name: str) -> str:
        """The first IPv4 address of a name: Route 53 checks names over IPv4 only. Raises UnreachableError."""
        try:
            found = self.resolver.resolve(labels_of(name), Type.A)
        except ValueError as error:
            raise UnreachableError(f"{name} is not a domain name") from error
        addresses = [r for rrset in found.answer if rrset.rdtype == Type.A for r in rrset.rdatas]
        if not addresses:
            why = f": {found.ede[1]}" if found.ede is not None else ""
            raise UnreachableError(f"DNS resolution failed with {Rcode(found.rcode).name}{why}")
        return str(ipaddress.ip_address(addresses[0]))

    def place(self, address: str, port: int, name: str | None) -> tuple[str, int]:
        """Where ``address:port`` (or ``name:port``) really listens. Raises UnreachableError."""
        shown = f"[{address}]" if ":" in address else address
        known = self.connect()
        for key in (f"{shown}:{port}", f"{name}:{port}"):
            if key in known:
                host, _, real = known[key].rpartition(":")
                return host.strip("[]"), int(real)
        if ipaddress.ip_address(address).is_loopback:
            return address, port
        raise UnreachableError(f"nobody listens at {shown}:{port}")
