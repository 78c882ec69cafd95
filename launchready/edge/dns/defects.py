"""What the name servers can do wrong on purpose: the kinds ``dns.*`` of ``state.defects``.

``where`` is ``*``, a server (its name in the zone's NS, its address, ``ns1`` or ``ns2``) or a name
(a host, or the zone for the whole zone), as the table says. Options that every kind takes:
``server`` (only that server), ``type`` (only questions, or data, of that type), ``exact`` (a zone's
name means its apex only).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

import dns.rdatatype

from launchready.edge.dns.names import Labels, is_within, labels_of, text_of
from launchready.edge.state import Defect

KINDS: Final[dict[str, str]] = {
    "dns.servfail": "server, name or zone: answers SERVFAIL",
    "dns.refused": "server, name or zone: answers REFUSED",
    "dns.timeout": "server, name or zone: no answer at all",
    "dns.nxdomain": "name or zone: the data is not there, nor is the name",
    "dns.lame": "server or zone: no authority; an empty answer that refers to the root, without AA",
    "dns.no_tcp": "server: closes TCP connections without an answer",
    "dns.no_edns": "server: answers FORMERR to questions with EDNS",
    "dns.truncate_always": "server, name or zone: every UDP answer is empty with TC set",
    "dns.stale": "server: serves the zones as they were when the defect was set; with the options drop "
    "([name or 'name TYPE']) and records ([API record]) an older copy described so, its serial one behind",
    "dns.soa_disagree": "server: its serial differs by the option delta (-1)",
    "dns.ttl": "name: its records have the TTL of the option ttl (1 second)",
    "dns.hide_record": "name: its records (of the options type, content) are not served",
    "dns.extra_record": "name: one more record, the option record (an API record), is served",
    "dns.bogus_signature": "name or zone: the signatures are not valid",
    "dns.expired_signature": "name or zone: the signatures ended a day ago",
    "dns.missing_signature": "name or zone: data without signatures in a signed zone",
}

_NAME_DATA: Final = frozenset({"dns.ttl", "dns.hide_record", "dns.extra_record", "dns.nxdomain"})
_SERVER_DATA: Final = frozenset({"dns.stale", "dns.soa_disagree"})


@dataclass(frozen=True, slots=True)
class Faults:
    """The defects that concern one server; ``servers`` are the names that it goes by."""

    defects: tuple[Defect, ...]
    servers: frozenset[str]

    @classmethod
    def of(cls, defects: Iterable[Defect], servers: Collection[str]) -> Faults:
        """Those of kind ``dns.*`` that aren't restricted to another server."""
        known = frozenset(plain(server) for server in servers)
        mine = [
            d for d in defects if d.kind in KINDS and plain(d.options.get("server", "*")) in {"*", *known}
        ]
        return cls(tuple(mine), known)

    def on_server(self, kind: str) -> Defect | None:
        """A defect of the whole server."""
        return next((d for d in self.defects if d.kind == kind and self._names_server(d)), None)

    def on_question(self, kind: str, name: Labels, zone: Labels | None, rdtype: int) -> Defect | None:
        """A defect of the server, or of this name or its zone for questions of this type."""
        for defect in self.defects:
            if defect.kind != kind or not of_type(defect, rdtype):
                continue
            if self._names_server(defect) or covers(defect, name, zone):
                return defect
        return None

    def on_data(self, zone: Labels) -> list[Defect]:
        """The defects that change what is held of a zone."""
        return [
            d
            for d in self.defects
            if (d.kind in _NAME_DATA and (d.where == "*" or is_within(labels_of(d.where), zone)))
            or (d.kind in _SERVER_DATA and self._names_server(d))
        ]

    def _names_server(self, defect: Defect) -> bool:
        return defect.where == "*" or plain(defect.where) in self.servers


def covers(defect: Defect, name: Labels, zone: Labels | None) -> bool:
    """The defect is about this name, or about its whole zone."""
    where = plain(defect.where)
    if where in ("*", text_of(name)):
        return True
    return zone is not None and where == text_of(zone) and not defect.options.get("exact")


def of_type(defect: Defect, rdtype: int) -> bool:
    """The defect is not restricted to another record type."""
    wanted = defect.options.get("type")
    return wanted is None or is_type(rdtype, str(wanted))


def is_type(rdtype: int, text: str) -> bool:
    """The type has this mnemonic."""
    return dns.rdatatype.to_text(dns.rdatatype.RdataType.make(rdtype)) == text.upper()


def plain(name: object) -> str:
    """A name to compare: lower-case, without the last dot."""
    return str(name).lower().rstrip(".") or "."
