"""RRsets in wire form, and the reply that holds them.

Rdata is rendered once when a zone changes; a question only puts bytes together.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import dns.rdata

from launchready.edge.dns.names import Labels, wire_of

IN: Final = 1


class Type(IntEnum):
    """The record types that the server treats in a way of their own."""

    A = 1
    NS = 2
    CNAME = 5
    SOA = 6
    HINFO = 13
    MX = 15
    TXT = 16
    AAAA = 28
    DS = 43
    RRSIG = 46
    NSEC = 47
    DNSKEY = 48
    CDS = 59
    CDNSKEY = 60
    NXNAME = 128
    IXFR = 251
    AXFR = 252
    ANY = 255


ADDRESS_TYPES: Final = (Type.A, Type.AAAA)


class Rcode(IntEnum):
    """Response codes (RFC 1035 §4.1.1, RFC 6891 §9)."""

    NOERROR = 0
    FORMERR = 1
    SERVFAIL = 2
    NXDOMAIN = 3
    NOTIMP = 4
    REFUSED = 5
    BADVERS = 16


@dataclass(frozen=True, slots=True)
class RRset:
    """One owner, type and TTL (seconds) with its rdata; ``canonical`` is what is signed (RFC 4034 §6.2)."""

    owner: Labels
    rdtype: int
    ttl: int
    rdatas: tuple[bytes, ...]
    canonical: tuple[bytes, ...]

    def at(self, owner: Labels) -> RRset:
        """The same data under another name: what a wildcard synthesises."""
        if owner == self.owner:
            return self
        return RRset(owner, self.rdtype, self.ttl, self.rdatas, self.canonical)

    def with_ttl(self, ttl: int) -> RRset:
        return RRset(self.owner, self.rdtype, ttl, self.rdatas, self.canonical)


def rrset_of(owner: Labels, rdtype: int, ttl: int, rdatas: Iterable[bytes]) -> RRset:
    """An RRset whose rdata is already in canonical form."""
    unique = tuple(dict.fromkeys(rdatas))
    return RRset(owner, int(rdtype), ttl, unique, tuple(sorted(unique)))


def rrset_from(owner: Labels, ttl: int, rdatas: Iterable[dns.rdata.Rdata]) -> RRset:
    """An RRset of dnspython rdata, duplicates (in canonical form) left out."""
    rdatas = list(rdatas)
    forms: dict[bytes, bytes] = {}
    for rdata in rdatas:
        wire = rdata.to_wire()
        forms.setdefault(rdata.to_digestable(), wire if wire is not None else b"")
    return RRset(owner, int(rdatas[0].rdtype), ttl, tuple(forms.values()), tuple(sorted(forms)))


def soa_rrset(origin: Labels, mname: Labels, rname: Labels, serial: int, ttl: int) -> RRset:
    """A start of authority with Cloudflare's timers: refresh, retry, expire, negative TTL."""
    timers = struct.pack("!IIIII", serial & 0xFFFFFFFF, 10_000, 2_400, 604_800, 1_800)
    return rrset_of(origin, Type.SOA, ttl, [wire_of(mname) + wire_of(rname) + timers])


@dataclass(slots=True)
class Reply:
    """An answer before it is put on the wire. ``ede``: (info code, text) of RFC 8914."""

    rcode: int = Rcode.NOERROR
    authoritative: bool = False
    recursive: bool = False
    authentic: bool = False
    truncate: bool = False
    answer: list[RRset] = field(default_factory=list)
    authority: list[RRset] = field(default_factory=list)
    additional: list[RRset] = field(default_factory=list)
    ede: tuple[int, str] | None = None

    def find(self, owner: Labels, rdtype: int) -> RRset | None:
        """The RRset of that owner and type in the answer section."""
        return next((r for r in self.answer if r.rdtype == rdtype and r.owner == owner), None)
