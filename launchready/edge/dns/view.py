"""What a server knows of a zone: the interface that answering works on, and a static zone.

A node is everything at one name. Views are made from the truth (API, registry) at question time;
they hold no truth themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from launchready.edge.dns.keys import ZoneKeys
from launchready.edge.dns.names import Labels
from launchready.edge.dns.rrset import RRset


@dataclass(frozen=True, slots=True)
class Node:
    """All data at one name. ``flatten``: (target, TTL) of a CNAME that is served as its addresses.

    ``broken``: why data at this name could not be rendered; such a name answers SERVFAIL.
    """

    rrsets: Mapping[int, RRset]
    flatten: tuple[Labels, int] | None = None
    broken: str | None = None


class View(Protocol):
    """A zone as one server serves it."""

    @property
    def origin(self) -> Labels: ...

    @property
    def keys(self) -> ZoneKeys | None:
        """What signs the zone; None for an unsigned one."""

    def node(self, name: Labels) -> Node | None:
        """The data at exactly this name, wildcards taken literally; None when there is none."""

    def has_below(self, name: Labels) -> bool:
        """Some name below this one has data: an empty non-terminal exists (RFC 4592 §2.2.2)."""

    def is_known(self, name: Labels) -> bool:
        """False where the truth ends: the server then says SERVFAIL and not NXDOMAIN."""


@dataclass(slots=True)
class StaticView:
    """A zone held in memory."""

    origin: Labels
    keys: ZoneKeys | None = None
    nodes: dict[Labels, Node] = field(default_factory=dict)
    _inner: set[Labels] = field(default_factory=set)

    def put(self, rrsets: Iterable[RRset]) -> None:
        """Add RRsets; one of the same owner and type is replaced."""
        for rrset in rrsets:
            old = self.nodes.get(rrset.owner)
            self.nodes[rrset.owner] = Node({**(old.rrsets if old else {}), rrset.rdtype: rrset})
            self._inner.update(
                rrset.owner[depth:] for depth in range(1, len(rrset.owner) - len(self.origin) + 1)
            )

    def node(self, name: Labels) -> Node | None:
        return self.nodes.get(name)

    def has_below(self, name: Labels) -> bool:
        return name in self._inner

    def is_known(self, name: Labels) -> bool:
        return True
