"""The servers of the root, of the parent zones and of all else that is known, and their sockets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from launchready.edge.dns.defects import Faults
from launchready.edge.dns.endpoint import DnsEndpoint
from launchready.edge.dns.keys import ZoneKeys
from launchready.edge.dns.names import ROOT, Labels, wire_of
from launchready.edge.dns.rrset import Type, rrset_of, soa_rrset
from launchready.edge.dns.server import Find, NameServer
from launchready.edge.dns.sign import Signer
from launchready.edge.dns.view import Node, View
from launchready.edge.state import EdgeState
from launchready.edge.world.facts import Facts
from launchready.edge.world.parents import ParentView, ParentZones
from launchready.edge.world.servers import (
    ELSEWHERE_ADDRESS,
    ELSEWHERE_SERVER,
    PARENT_ADDRESSES,
    ROOT_ADDRESS,
    TTL,
)

_LABELS: Final = {
    ROOT_ADDRESS: "root",
    PARENT_ADDRESSES[0]: "parent1",
    PARENT_ADDRESSES[1]: "parent2",
    ELSEWHERE_ADDRESS: "elsewhere",
}
"""What the servers go by in defects, besides their addresses."""


class ElsewhereView:
    """A cut below which the facts are served: unsigned, with an SOA of its own."""

    keys: ZoneKeys | None = None

    def __init__(self, facts: Facts, origin: Labels) -> None:
        self._facts = facts
        self.origin = origin

    def node(self, name: Labels) -> Node | None:
        known = self._facts.node(name)
        if name != self.origin:
            return known
        ns = rrset_of(name, Type.NS, TTL, [wire_of(ELSEWHERE_SERVER)])
        soa = soa_rrset(name, ELSEWHERE_SERVER, (b"hostmaster", *ELSEWHERE_SERVER[1:]), 1, TTL)
        return Node({Type.SOA: soa, Type.NS: ns, **(known.rrsets if known is not None else {})})

    def has_below(self, name: Labels) -> bool:
        return self._facts.is_above(name)

    def is_known(self, name: Labels) -> bool:
        return self._facts.is_unclaimed(name)


class OutsideServers:
    """One server for the root, two for the parents, one for elsewhere, each on its own port."""

    def __init__(self, state: EdgeState, zones: ParentZones, facts: Facts, signer: Signer) -> None:
        self._state = state
        self._zones = zones
        self._facts = facts
        self._endpoints: dict[str, DnsEndpoint] = {}
        finds: dict[str, Find] = {
            ROOT_ADDRESS: self._at_root,
            **dict.fromkeys(PARENT_ADDRESSES, self._at_parent),
            ELSEWHERE_ADDRESS: self._at_elsewhere,
        }
        self.servers: dict[str, NameServer] = {
            address: NameServer(state, find, self._namer(address), signer) for address, find in finds.items()
        }

    @property
    def addresses(self) -> Mapping[str, str]:
        """Documentation address → ``host:port``."""
        return {address: endpoint.address for address, endpoint in self._endpoints.items()}

    async def start(self, host: str) -> None:
        """Listen, and enter the endpoints into ``state.connect``."""
        for address, server in self.servers.items():
            endpoint = DnsEndpoint(server.respond, accepts_tcp=server.accepts_tcp)
            await endpoint.start(host)
            self._endpoints[address] = endpoint
            self._state.connect[f"{address}:53"] = endpoint.address

    async def close(self) -> None:
        for endpoint in self._endpoints.values():
            await endpoint.close()
        self._endpoints.clear()

    def _at_root(self, name: Labels, faults: Faults | None) -> View | None:
        return ParentView(self._state, self._zones.refresh(), ROOT)

    def _at_parent(self, name: Labels, faults: Faults | None) -> View | None:
        zones = self._zones.refresh()
        parent = name if name in zones.parents else zones.enclosing(name)
        return ParentView(self._state, zones, parent) if parent != ROOT else None

    def _at_elsewhere(self, name: Labels, faults: Faults | None) -> View | None:
        cut = self._zones.refresh().elsewhere(name)
        return ElsewhereView(self._facts, cut) if cut is not None else None

    def _namer(self, address: str) -> Callable[[], list[str]]:
        def names() -> list[str]:
            endpoint = self._endpoints.get(address)
            return [_LABELS[address], address, *([endpoint.address] if endpoint else [])]

        return names
