"""Who serves the world's zones: host names and documentation addresses (RFC 5737).

One server for the root, two for all parent zones, one ("elsewhere") for all else that is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import dns.rdata

from launchready.edge.dns.names import Labels, labels_of
from launchready.edge.dns.rrset import ADDRESS_TYPES, RRset, Type, rrset_from
from launchready.edge.dns.view import Node

ROOT_SERVER: Final = labels_of("a.root-servers.net")
ROOT_ADDRESS: Final = "198.51.100.41"
PARENT_ADDRESSES: Final = ("198.51.100.53", "198.51.100.54")
ELSEWHERE_SERVER: Final = labels_of("elsewhere.root-servers.net")
ELSEWHERE_ADDRESS: Final = "198.51.100.55"
TTL: Final = 3_600


def parent_servers(parent: Labels) -> list[Labels]:
    """The host names of a parent zone's two servers: ``a.nic.<parent>`` and ``b.nic.<parent>``."""
    return [(letter, b"nic", *parent) for letter in (b"a", b"b")]


def addresses_node(name: Labels, addresses: Iterable[str]) -> Node:
    """A host with these addresses, IPv4 and IPv6."""
    return _addresses_node(name, tuple(addresses))


@lru_cache(maxsize=16384)
def _addresses_node(name: Labels, addresses: tuple[str, ...]) -> Node:
    rrsets: dict[int, RRset] = {}
    for rdtype in ADDRESS_TYPES:
        texts = [text for text in addresses if (":" in text) == (rdtype == Type.AAAA)]
        if texts:
            rrsets[rdtype] = rrset_from(name, TTL, [dns.rdata.from_text("IN", rdtype.name, t) for t in texts])
    return Node(MappingProxyType(rrsets))
