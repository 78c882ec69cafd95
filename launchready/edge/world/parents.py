"""The root zone and the zones above the registered domains, made from the registry at question time.

The parent of a registered domain is one label up, public suffix or not; the root delegates to each
parent (or the parent that encloses it does). All are signed. What else is known of the internet is
delegated, unsigned, to the server "elsewhere". There the world ends: any other name is not denied
but fails (SERVFAIL).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import dns.rdata

from launchready.edge.dns.keys import ZoneKeys, keys_from_pem, new_keys_pem
from launchready.edge.dns.names import ROOT, Labels, is_within, labels_of, text_of, wire_of
from launchready.edge.dns.rrset import RRset, Type, rrset_from, rrset_of, soa_rrset
from launchready.edge.dns.view import Node
from launchready.edge.dns.zoneview import dnskey_rrset, ds_rdata
from launchready.edge.state import EdgeState
from launchready.edge.world.defects import as_served
from launchready.edge.world.facts import Facts
from launchready.edge.world.registrar import registration
from launchready.edge.world.servers import (
    ELSEWHERE_ADDRESS,
    ELSEWHERE_SERVER,
    PARENT_ADDRESSES,
    ROOT_ADDRESS,
    ROOT_SERVER,
    TTL,
    addresses_node,
    parent_servers,
)

_SERIAL: Final = 1


class ParentZones:
    """Which parent zones there are, with their keys, and where the rest of the world is cut off them."""

    def __init__(self, state: EdgeState, facts: Facts) -> None:
        self._state = state
        self._facts = facts
        self._seen: tuple[list[str], list[str], list[str], bool] | None = None
        self._keys: dict[Labels, ZoneKeys] = {}
        self.domains: set[Labels] = set()
        self.parents: set[Labels] = set()
        self.above: set[Labels] = set()
        """Every name strictly above a domain or a parent zone."""

    def refresh(self) -> ParentZones:
        """Read the registry again if a domain came or went; returns itself."""
        state = self._state
        zone_names = [zone.name for zone in state.zones.values()]
        seen = (list(state.zones), zone_names, list(state.registry), state.registrar_auto)
        if seen != self._seen:
            self._seen = seen
            names = {*state.registry, *(zone_names if state.registrar_auto else ())}
            self.domains = {labels_of(name) for name in names}
            inside = self.domains | {labels_of(name) for name in zone_names}
            ups = {domain[1:] for domain in self.domains if len(domain) > 1}
            self.parents = {up for up in ups if not any(up[i:] in inside for i in range(len(up)))}
            known = self.domains | self.parents
            self.above = {name[depth:] for name in known for depth in range(1, len(name) + 1)}
        return self

    def keys(self, parent: Labels) -> ZoneKeys:
        """The keys of a parent zone (or the root), made once."""
        if parent not in self._keys:
            self._keys[parent] = keys_from_pem(new_keys_pem())
        return self._keys[parent]

    def domain_of(self, name: Labels) -> Labels | None:
        """The registered domain that holds *name*, the topmost if they nest."""
        self.refresh()
        return next((name[d:] for d in range(len(name) - 1, -1, -1) if name[d:] in self.domains), None)

    def enclosing(self, name: Labels) -> Labels:
        """The closest parent zone strictly above *name*, else the root."""
        return next((name[d:] for d in range(1, len(name)) if name[d:] in self.parents), ROOT)

    def elsewhere(self, name: Labels) -> Labels | None:
        """The cut at or above *name* from which all is served elsewhere; None where nothing is known."""
        if name in self.parents:
            return None
        for length in range(len(self.enclosing(name)) + 1, len(name) + 1):
            suffix = name[-length:]
            if suffix in self.domains or suffix in self.parents:
                return None
            if suffix not in self.above:
                return suffix if self._facts.has_within(suffix) else None
        return None


class ParentView:
    """The root or one parent zone."""

    def __init__(self, state: EdgeState, zones: ParentZones, origin: Labels) -> None:
        self._state = state
        self._zones = zones
        self.origin = origin

    @property
    def keys(self) -> ZoneKeys:
        return self._zones.keys(self.origin)

    def node(self, name: Labels) -> Node | None:
        if name == self.origin:
            return self._apex()
        zones = self._zones
        if zones.enclosing(name) == self.origin:
            if name in zones.parents:
                ds = rrset_of(name, Type.DS, TTL, [ds_rdata(name, zones.keys(name))])
                return Node({Type.NS: _ns(name, parent_servers(name)), Type.DS: ds})
            if name in zones.domains:
                return self._delegation(name)
            if zones.elsewhere(name) == name:
                return Node({Type.NS: _ns(name, [ELSEWHERE_SERVER])})
        return self._host(name)

    def has_below(self, name: Labels) -> bool:
        return name in self._zones.above or any(
            len(server) > len(name) and is_within(server, name) for server in self._servers()
        )

    def is_known(self, name: Labels) -> bool:
        """A registered domain without name servers is known not to be there; all else is unknown."""
        return self._zones.domain_of(name) is not None

    def _apex(self) -> Node:
        servers = self._servers()
        soa = soa_rrset(self.origin, servers[0], (b"hostmaster", *servers[0][1:]), _SERIAL, TTL)
        keys = dnskey_rrset(self.origin, self.keys)
        return Node({Type.SOA: soa, Type.NS: _ns(self.origin, servers), Type.DNSKEY: keys})

    def _servers(self) -> list[Labels]:
        return [ROOT_SERVER] if self.origin == ROOT else parent_servers(self.origin)

    def _delegation(self, name: Labels) -> Node | None:
        entry = registration(self._state, text_of(name))
        if entry is None:
            return None
        entry = as_served(self._state, entry)
        if not entry.nameservers:
            return None
        rrsets: dict[int, RRset] = {Type.NS: _ns(name, [labels_of(server) for server in entry.nameservers])}
        if entry.ds:
            rrsets[Type.DS] = _ds(name, tuple(entry.ds))
        return Node(rrsets)

    def _host(self, name: Labels) -> Node | None:
        """Addresses of name servers: the parents' own, and glue of the registrations."""
        if name in (ROOT_SERVER, ELSEWHERE_SERVER):
            return addresses_node(name, [ROOT_ADDRESS if name == ROOT_SERVER else ELSEWHERE_ADDRESS])
        if name[1:2] == (b"nic",) and (name[2:] in self._zones.parents or name[2:] == self.origin):
            found = parent_servers(name[2:])
            return addresses_node(name, [PARENT_ADDRESSES[found.index(name)]]) if name in found else None
        domain = self._zones.domain_of(name)
        entry = registration(self._state, text_of(domain)) if domain is not None else None
        glue = as_served(self._state, entry).glue.get(text_of(name)) if entry is not None else None
        return addresses_node(name, glue) if glue else None


def _ns(owner: Labels, servers: list[Labels]) -> RRset:
    return rrset_of(owner, Type.NS, TTL, [wire_of(server) for server in servers])


@lru_cache(maxsize=16384)
def _ds(owner: Labels, texts: tuple[str, ...]) -> RRset:
    return rrset_from(owner, TTL, [dns.rdata.from_text("IN", "DS", text) for text in texts])
