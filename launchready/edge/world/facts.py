"""What is known of the rest of the internet: the mail presets' names, the name servers' hosts, and
the foreign hosts that zones point at. It ends there: anything else is unknown, not absent.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final

import dns.name
import dns.rdata

from launchready.edge.dns.answer import find_wildcard
from launchready.edge.dns.authority import ADDRESSES
from launchready.edge.dns.names import ROOT, Labels, labels_of, text_of
from launchready.edge.dns.rrset import Type, rrset_from
from launchready.edge.dns.view import Node, StaticView
from launchready.edge.state import EdgeState
from launchready.edge.world.origins import cname_targets, origin_address
from launchready.edge.world.servers import (
    ELSEWHERE_ADDRESS,
    ELSEWHERE_SERVER,
    ROOT_ADDRESS,
    ROOT_SERVER,
    addresses_node,
)
from launchready.mailauth.presets import patterned_records, world_records

WorldRecords = Mapping[str, Mapping[str, Iterable[str]]]
"""Name (``*.`` = wildcard) → type → rdata in presentation form."""

_TTL: Final = 3_600


class Facts:
    """The names that are known, one node each; all else is unknown."""

    def __init__(self, state: EdgeState, records: WorldRecords | None = None) -> None:
        self._state = state
        self._providers = records is None
        self._known = static_view(world_records() if records is None else records)
        self._hosts: dict[Labels, str] = {}
        self._above: set[Labels] = set()
        self._seen: list[tuple[str, int]] | None = None
        self.mail_hosts = self._mail_hosts()

    def node(self, name: Labels) -> Node | None:
        """The data at exactly this name, wildcards taken literally."""
        if self.is_unclaimed(name):
            return None
        known = self._known.node(name) or self._patterned(name)
        self._refresh()
        host = self._hosts.get(name)
        if host is None:
            return known
        covering = known or find_wildcard(self._known, name)
        rrsets = dict(covering.rrsets) if covering is not None else {}
        if not rrsets.keys() & {Type.A, Type.AAAA, Type.CNAME}:
            address = host or origin_address(self._state, text_of(name))
            rrsets.update(addresses_node(name, [address]).rrsets)
        return Node({rdtype: rrset.at(name) for rdtype, rrset in rrsets.items()})

    def _patterned(self, name: Labels) -> Node | None:
        """A provider's name that contains an account or a region: known by its form."""
        if not self._providers or not name:
            return None
        types = patterned_records(text_of(name))
        return None if types is None else static_view({text_of(name): types}).node(name)

    def is_unclaimed(self, name: Labels) -> bool:
        """Is it a name that is known not to be there (the defect ``world.unclaimed``)?"""
        return bool(self._state.defects) and self._state.defect("world.unclaimed", text_of(name)) is not None

    def is_above(self, name: Labels) -> bool:
        """Something is known below this name."""
        self._refresh()
        return self._known.has_below(name) or name in self._above

    def has_within(self, name: Labels) -> bool:
        """Something is known at this name or below."""
        return self.is_above(name) or self.node(name) is not None

    def _refresh(self) -> None:
        """Collect the name servers' hosts and the foreign hosts again when a zone has changed."""
        seen = [(zone.id, zone.serial) for zone in self._state.zones.values()]
        if seen == self._seen:
            return
        self._seen = seen
        self._hosts = dict.fromkeys(self._foreign(), "")
        for zone in self._state.zones.values():
            for index, server in enumerate(zone.info.get("name_servers") or ()):
                self._hosts[labels_of(server)] = ADDRESSES[index % len(ADDRESSES)]
        self._hosts |= {ROOT_SERVER: ROOT_ADDRESS, ELSEWHERE_SERVER: ELSEWHERE_ADDRESS}
        self._above = {name[depth:] for name in self._hosts for depth in range(1, len(name) + 1)}

    def _foreign(self) -> Iterable[Labels]:
        """CNAME targets outside every zone; a name with an underscore label is no host."""
        for text in cname_targets(self._state):
            if self._state.zone_for(text) is not None:
                continue
            try:
                labels = labels_of(text)
            except ValueError:
                continue
            if labels and not any(label.startswith(b"_") for label in labels):
                yield labels

    def _mail_hosts(self) -> dict[str, list[str]]:
        """Host that the presets' MX may name → its addresses."""
        hosts: dict[str, list[str]] = {}
        for name, node in self._known.nodes.items():
            found = [rrset for rdtype in (Type.A, Type.AAAA) if (rrset := node.rrsets.get(rdtype))]
            texts = [str(ipaddress.ip_address(data)) for r in found for data in r.rdatas]
            if texts:
                hosts[text_of(name)] = texts
        return hosts


def static_view(records: WorldRecords) -> StaticView:
    """The records as one zone from the root down."""
    view = StaticView(ROOT)
    for name, types in records.items():
        owner = labels_of(name)
        for kind, values in types.items():
            rdatas = [
                dns.rdata.from_text("IN", kind, value, origin=dns.name.root, relativize=False)
                for value in values
            ]
            view.put([rrset_from(owner, _TTL, rdatas)])
    return view
