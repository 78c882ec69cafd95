"""A zone of the API as Cloudflare's name servers serve it.

Automatic TTL as 300, proxied names by the edge's addresses, flattened CNAMEs, the zone's own SOA
and NS, and the DNSSEC records of a signed zone. Rendered per name on first question, forgotten
when the zone's serial (or anything else that it depends on) changes.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import dns.rdata

from launchready.edge.dns.keys import ALGORITHM, DIGEST_SHA256, ZoneKeys, ds_digest, zone_keys
from launchready.edge.dns.names import Labels, labels_of, text_of, wire_of
from launchready.edge.dns.records import RecordError, render
from launchready.edge.dns.rrset import RRset, Type, rrset_from, rrset_of, soa_rrset
from launchready.edge.dns.view import Node
from launchready.edge.state import EdgeState, Zone

AUTOMATIC_TTL: Final = 300
"""What TTL 1 is served as."""
SOA_TTL: Final = 1_800
NS_TTL: Final = 86_400
_CDS_TTL: Final = 3_600
_RNAME: Final = labels_of("dns.cloudflare.com")
SIGNED: Final = frozenset({"active", "pending", "pending-disabled"})
"""The states of the API's dnssec object in which a zone is signed; in the last its DS is still published."""


class ZoneView:
    """One zone. Call :meth:`refresh` before each question."""

    def __init__(self, state: EdgeState, zone: Zone) -> None:
        self._state = state
        self.zone = zone
        self._seen: tuple[object, ...] = ()
        self._nodes: dict[Labels, Node | None] = {}
        self._names: frozenset[str] = frozenset()
        self._inner: Counter[Labels] = Counter()
        self._indexed = -1
        self.origin: Labels = labels_of(zone.name)
        self.keys: ZoneKeys | None = None

    def refresh(self) -> ZoneView:
        """Forget what no longer holds; returns itself."""
        zone, addresses = self.zone, self._state.addresses
        status = zone.dnssec.get("status")
        seen = (
            zone.serial,
            status,
            zone.signing_key_pem,
            zone.info.get("paused"),
            tuple(zone.info.get("name_servers") or ()),
            tuple(addresses.get("A", ())),
            tuple(addresses.get("AAAA", ())),
            _flatten_setting(zone),
        )
        if seen != self._seen:
            self._nodes.clear()
            self.keys = zone_keys(zone) if status in SIGNED else None
            self._seen = (*seen[:2], zone.signing_key_pem, *seen[3:])
        return self

    def is_known(self, name: Labels) -> bool:
        return True

    def node(self, name: Labels) -> Node | None:
        try:
            return self._nodes[name]
        except KeyError:
            node = self._nodes[name] = self._build(name)
            return node

    def has_below(self, name: Labels) -> bool:
        if self._indexed != self.zone.serial:
            self._index()
        return self._inner[name] > 0

    def _index(self) -> None:
        """Count, for each name, how many names with data lie below it; only what changed is counted."""
        names = frozenset(self.zone.by_name)
        for added, change in ((names - self._names, 1), (self._names - names, -1)):
            for text in added:
                labels = labels_of(text)
                for depth in range(1, len(labels) - len(self.origin) + 1):
                    self._inner[labels[depth:]] += change
        self._names = names
        self._indexed = self.zone.serial

    def _build(self, name: Labels) -> Node | None:
        apex = name == self.origin
        records = list(self.zone.records_at(text_of(name)))
        if not records and not apex:
            return None
        proxied = not self.zone.info.get("paused") and any(
            record.get("proxied") and record["type"] in ("A", "AAAA", "CNAME") for record in records
        )
        rrsets: dict[int, RRset] = {}
        try:
            groups = _grouped(records, without=("A", "AAAA", "CNAME") if proxied else ())
            for group in groups.values():
                rrset = rrset_from(name, min(_ttl(r) for r, _ in group), [rdata for _, rdata in group])
                rrsets[rrset.rdtype] = rrset
        except RecordError as error:
            return Node({}, broken=error.what)
        if proxied:
            rrsets.update(self._edge_addresses(name, records))
        flatten = None
        if Type.CNAME in rrsets and (apex or self._flattens(records)):
            alias = rrsets.pop(Type.CNAME)
            flatten = (_target(alias), alias.ttl)
        if apex:
            self._add_apex(rrsets)
        return Node(rrsets, flatten)

    def _edge_addresses(self, name: Labels, records: Iterable[Mapping[str, Any]]) -> dict[int, RRset]:
        """A and AAAA of the edge, whatever was proxied, unless the record's settings want one only."""
        settings = [record.get("settings") or {} for record in records]
        found: dict[int, RRset] = {}
        for rdtype, unwanted in ((Type.A, "ipv6_only"), (Type.AAAA, "ipv4_only")):
            addresses = self._state.addresses.get(rdtype.name) or []
            if addresses and not any(setting.get(unwanted) for setting in settings):
                rdatas = [dns.rdata.from_text("IN", rdtype.name, address) for address in addresses]
                found[rdtype] = rrset_from(name, AUTOMATIC_TTL, rdatas)
        return found

    def _flattens(self, records: Iterable[Mapping[str, Any]]) -> bool:
        return _flatten_setting(self.zone) == "flatten_all" or any(
            (record.get("settings") or {}).get("flatten_cname") for record in records
        )

    def _add_apex(self, rrsets: dict[int, RRset]) -> None:
        """SOA, NS and, in a signed zone, DNSKEY, CDS and CDNSKEY; NS records of one's own are ignored."""
        servers = [labels_of(text) for text in self.zone.info.get("name_servers") or ()]
        rrsets.pop(Type.DS, None)
        rrsets.pop(Type.NS, None)
        if servers:
            rrsets[Type.NS] = rrset_of(self.origin, Type.NS, NS_TTL, [wire_of(server) for server in servers])
        mname = servers[0] if servers else self.origin
        rrsets[Type.SOA] = soa_rrset(self.origin, mname, _RNAME, self.zone.serial, SOA_TTL)
        if self.keys is not None:
            own = rrsets.get(Type.DNSKEY)
            rrsets[Type.DNSKEY] = dnskey_rrset(self.origin, self.keys, own.rdatas if own else ())
            ksk = self.keys.ksk
            rrsets[Type.CDS] = rrset_of(self.origin, Type.CDS, _CDS_TTL, [ds_rdata(self.origin, self.keys)])
            rrsets[Type.CDNSKEY] = rrset_of(self.origin, Type.CDNSKEY, _CDS_TTL, [ksk.rdata])


def dnskey_rrset(origin: Labels, keys: ZoneKeys, others: Iterable[bytes] = ()) -> RRset:
    """The zone's keys, and those of other signers that the zone lists."""
    return rrset_of(origin, Type.DNSKEY, _CDS_TTL, [keys.ksk.rdata, keys.zsk.rdata, *others])


def ds_rdata(origin: Labels, keys: ZoneKeys) -> bytes:
    """The DS rdata (wire) for the zone's KSK."""
    digest = ds_digest(text_of(origin), keys.ksk.rdata)
    return struct.pack("!HBB", keys.ksk.tag, ALGORITHM, DIGEST_SHA256) + digest


def _flatten_setting(zone: Zone) -> object:
    return (zone.settings.get("cname_flattening") or {}).get("value")


def _ttl(record: Mapping[str, Any]) -> int:
    ttl = int(record.get("ttl") or 1)
    return AUTOMATIC_TTL if ttl == 1 else ttl


def _grouped(
    records: Iterable[Mapping[str, Any]], without: tuple[str, ...]
) -> dict[str, list[tuple[Mapping[str, Any], dns.rdata.Rdata]]]:
    groups: dict[str, list[tuple[Mapping[str, Any], dns.rdata.Rdata]]] = {}
    for record in records:
        if record["type"] not in without:
            groups.setdefault(record["type"], []).append((record, render(record)))
    return groups


def _target(alias: RRset) -> Labels:
    return read_name(alias.rdatas[0])


@lru_cache(maxsize=16384)
def read_name(wire: bytes) -> Labels:
    """The labels of an uncompressed name at the start of *wire*, lower-case."""
    labels: list[bytes] = []
    position = 0
    while length := wire[position]:
        labels.append(wire[position + 1 : position + 1 + length].lower())
        position += 1 + length
    return tuple(labels)
