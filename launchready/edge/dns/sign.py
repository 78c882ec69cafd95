"""Online DNSSEC signing: RRSIG records, and NSEC by compact denial of existence (RFC 9824)."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterable
from typing import Final

from launchready.edge.dns.keys import ALGORITHM, SigningKey, ZoneKeys
from launchready.edge.dns.names import Labels, wire_of
from launchready.edge.dns.rrset import IN, RRset, Type, rrset_of

DAY: Final = 86_400
_KSK_TYPES: Final = frozenset({Type.DNSKEY, Type.CDS, Type.CDNSKEY})
_MAX_CACHED: Final = 20_000


class Signer:
    """Signs RRsets and remembers the signatures until they are half-way to their end.

    Signatures are valid from a day ago until tomorrow, as Cloudflare's are. *now* is the machine's
    time, not the edge's clock: validators on this machine judge by it.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._cache: dict[tuple[int, Labels, RRset], tuple[float, RRset]] = {}

    def rrsig(self, rrset: RRset, zone: Labels, keys: ZoneKeys) -> RRset:
        """The RRSIG RRset that covers *rrset*, by the key that its type calls for."""
        key = keys.ksk if rrset.rdtype in _KSK_TYPES else keys.zsk
        now = self._now()
        cached = self._cache.get((key.tag, zone, rrset))
        if cached is not None and cached[0] > now:
            return cached[1]
        signature = sign_rrset(rrset, zone, key, inception=now - DAY, expiration=now + DAY)
        if len(self._cache) >= _MAX_CACHED:
            self._cache.clear()
        self._cache[key.tag, zone, rrset] = (now + DAY / 2, signature)
        return signature

    def expired_rrsig(self, rrset: RRset, zone: Labels, keys: ZoneKeys) -> RRset:
        """A right signature whose time ended a day ago."""
        key = keys.ksk if rrset.rdtype in _KSK_TYPES else keys.zsk
        return sign_rrset(rrset, zone, key, inception=self._now() - 9 * DAY, expiration=self._now() - DAY)


def sign_rrset(rrset: RRset, zone: Labels, key: SigningKey, *, inception: float, expiration: float) -> RRset:
    """The RRSIG over *rrset* with the given validity (seconds since 1970); RFC 4034 §3.1.8.1."""
    labels = len(rrset.owner) - (1 if rrset.owner[:1] == (b"*",) else 0)
    prefix = struct.pack(
        "!HBBIIIH",
        rrset.rdtype,
        ALGORITHM,
        labels,
        rrset.ttl,
        int(expiration) & 0xFFFFFFFF,
        int(inception) & 0xFFFFFFFF,
        key.tag,
    ) + wire_of(zone)
    head = wire_of(rrset.owner) + struct.pack("!HHI", rrset.rdtype, IN, rrset.ttl)
    data = b"".join(head + len(rdata).to_bytes(2, "big") + rdata for rdata in rrset.canonical)
    return rrset_of(rrset.owner, Type.RRSIG, rrset.ttl, [prefix + key.sign(prefix + data)])


def bogus(rrsig: RRset) -> RRset:
    """The same RRSIG with one bit of its signature turned."""
    return rrset_of(
        rrsig.owner, rrsig.rdtype, rrsig.ttl, [rdata[:-1] + bytes((rdata[-1] ^ 1,)) for rdata in rrsig.rdatas]
    )


def nsec_rrset(name: Labels, types: Iterable[int], ttl: int) -> RRset:
    r"""The NSEC record at *name* whose next name is ``\000.name``: nothing lies between (RFC 9824 §3)."""
    present = {int(rdtype) for rdtype in types} | {int(Type.RRSIG), int(Type.NSEC)}
    return rrset_of(name, Type.NSEC, ttl, [_next_name(name) + type_bitmap(present)])


def _next_name(name: Labels) -> bytes:
    r"""``\000.name``, or where that is over 255 bytes the name with its first label grown by one zero."""
    wire = wire_of(name)
    if len(wire) + 2 <= 255:
        return b"\1\0" + wire
    first = name[0] + b"\0" if len(name[0]) < 63 and len(wire) < 255 else _increased(name[0])
    return wire_of((first, *name[1:]))


def _increased(label: bytes) -> bytes:
    """The next label in canonical order that is no longer than this one."""
    body = label
    while body and body[-1] == 0xFF:
        body = body[:-1]
    return body[:-1] + bytes((body[-1] + 1,)) if body else label


def type_bitmap(types: Iterable[int]) -> bytes:
    """Window blocks (RFC 4034 §4.1.2)."""
    windows: dict[int, bytearray] = {}
    for rdtype in sorted(types):
        bits = windows.setdefault(rdtype >> 8, bytearray())
        index = (rdtype & 0xFF) >> 3
        bits.extend(b"\0" * (index + 1 - len(bits)))
        bits[index] |= 0x80 >> (rdtype & 7)
    return b"".join(bytes((window, len(bits))) + bits for window, bits in windows.items())
