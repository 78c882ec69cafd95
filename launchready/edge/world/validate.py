"""DNSSEC validation for the world's resolver (RFC 4035 §5), for algorithm 13, which all zones use.

Works on the RRsets that a server sent; denial is the compact kind of RFC 9824: an NSEC at the name
itself says what is, and what is not, there.
"""

from __future__ import annotations

import hashlib
import struct
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from launchready.edge.dns.keys import ALGORITHM, DIGEST_SHA256, key_tag
from launchready.edge.dns.names import Labels, text_of, wire_of
from launchready.edge.dns.rrset import IN, RRset, Type
from launchready.edge.dns.zoneview import read_name
from launchready.errors import EdgeError

BOGUS, EXPIRED, NOT_YET_VALID, NO_DNSKEY, NO_RRSIG, NO_NSEC = 6, 7, 8, 9, 10, 12
"""Info codes of RFC 8914."""
_RRSIG_HEAD: Final = struct.Struct("!HBBIIIH")
_MAX_PROVEN: Final = 20_000


class ValidationError(EdgeError):
    """Data that a validator must not believe; ``code`` is the extended error's."""

    def __init__(self, code: int, what: str) -> None:
        super().__init__(what)
        self.code = code


@dataclass(frozen=True, slots=True)
class Trust:
    """A zone whose keys are proven."""

    zone: Labels
    dnskeys: RRset


class Validator:
    """Checks signatures; remembers those that were right, until they expire."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._proven: dict[tuple[RRset, bytes, bytes], None] = {}

    def keys(self, zone: Labels, ds: Iterable[bytes], section: Sequence[RRset]) -> Trust:
        """The zone's DNSKEY RRset, proven by a DS and by the key that it points to.

        :raises ValidationError: when no DS fits or the signature is not right.
        """
        dnskeys = find(section, zone, Type.DNSKEY)
        if dnskeys is None:
            raise ValidationError(NO_DNSKEY, f"{text_of(zone)} has a DS but no DNSKEY")
        digests = set(ds)
        entry = [key for key in dnskeys.rdatas if _ds(zone, key) in digests]
        if not entry:
            raise ValidationError(NO_DNSKEY, f"no DNSKEY of {text_of(zone)} matches the DS at its parent")
        self._check(dnskeys, section, zone, entry)
        return Trust(zone, dnskeys)

    def check(self, rrset: RRset, section: Sequence[RRset], trust: Trust) -> None:
        """*rrset* is signed by the zone.

        :raises ValidationError: with the reason when it is not.
        """
        self._check(rrset, section, trust.zone, trust.dnskeys.rdatas)

    def denial(self, name: Labels, rdtype: int, authority: Sequence[RRset], trust: Trust) -> None:
        """The authority section proves that *name* has no data of this type, or is not there.

        :raises ValidationError: when it does not.
        """
        nsec = find(authority, name, Type.NSEC)
        if nsec is None:
            raise ValidationError(NO_NSEC, f"no proof that {text_of(name)} has no such data")
        self.check(nsec, authority, trust)
        present = nsec_types(nsec)
        if rdtype in present or (Type.CNAME in present and rdtype != Type.CNAME):
            raise ValidationError(NO_NSEC, f"the NSEC at {text_of(name)} says that the data is there")

    def insecure(self, cut: Labels, authority: Sequence[RRset], trust: Trust) -> None:
        """The referral proves that the delegation has no DS.

        :raises ValidationError: when it does not.
        """
        self.denial(cut, Type.DS, authority, trust)
        nsec = find(authority, cut, Type.NSEC)
        present = nsec_types(nsec) if nsec is not None else set()
        if Type.NS not in present or Type.SOA in present:
            raise ValidationError(NO_NSEC, f"the NSEC at {text_of(cut)} is not that of a delegation")

    def _check(self, rrset: RRset, section: Sequence[RRset], zone: Labels, keys: Iterable[bytes]) -> None:
        signatures = [
            sig
            for found in section
            if found.rdtype == Type.RRSIG and found.owner == rrset.owner
            for sig in found.rdatas
            if int.from_bytes(sig[:2], "big") == rrset.rdtype
        ]
        if not signatures:
            raise ValidationError(NO_RRSIG, f"{text_of(rrset.owner)}: data without a signature")
        reason = ValidationError(BOGUS, f"{text_of(rrset.owner)}: the signature is not right")
        for signature in signatures:
            for key in keys:
                try:
                    self._verify(rrset, signature, key, zone)
                except ValidationError as error:
                    reason = error
                else:
                    return
        raise reason

    def _verify(self, rrset: RRset, signature: bytes, key: bytes, zone: Labels) -> None:
        _, algorithm, labels, ttl, expiration, inception, tag = _RRSIG_HEAD.unpack_from(signature)
        owner = text_of(rrset.owner)
        if (algorithm, tag) != (ALGORITHM, key_tag(key)) or read_name(signature[18:]) != zone:
            raise ValidationError(BOGUS, f"{owner}: signed by another key")
        if labels > len(rrset.owner) or rrset.ttl > ttl:
            raise ValidationError(BOGUS, f"{owner}: the signature is for other data")
        if not inception <= self._now():
            raise ValidationError(NOT_YET_VALID, f"{owner}: the signature is not valid yet")
        if not self._now() <= expiration:
            raise ValidationError(EXPIRED, f"{owner}: the signature has expired")
        proof = (rrset, signature, key)
        if proof in self._proven:
            return
        _verify_bytes(rrset, signature, key, labels, ttl)
        if len(self._proven) >= _MAX_PROVEN:
            self._proven.clear()
        self._proven[proof] = None


def _verify_bytes(rrset: RRset, signature: bytes, key: bytes, labels: int, ttl: int) -> None:
    signer_end = 18 + len(wire_of(read_name(signature[18:])))
    head, raw = signature[:signer_end], signature[signer_end:]
    owner = rrset.owner if labels == len(rrset.owner) else (b"*", *rrset.owner[len(rrset.owner) - labels :])
    prefix = wire_of(owner) + struct.pack("!HHI", rrset.rdtype, IN, ttl)
    data = b"".join(prefix + len(rdata).to_bytes(2, "big") + rdata for rdata in rrset.canonical)
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + key[4:])
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    try:
        point.verify(der, head + data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise ValidationError(BOGUS, f"{text_of(rrset.owner)}: the signature is not right") from None


def _ds(zone: Labels, dnskey: bytes) -> bytes:
    digest = hashlib.sha256(wire_of(zone) + dnskey).digest()
    return struct.pack("!HBB", key_tag(dnskey), dnskey[3], DIGEST_SHA256) + digest


def find(section: Iterable[RRset], owner: Labels, rdtype: int) -> RRset | None:
    """The RRset of that owner and type."""
    return next((r for r in section if r.rdtype == rdtype and r.owner == owner), None)


def nsec_types(nsec: RRset) -> set[int]:
    """The types in an NSEC's bitmap (RFC 4034 §4.1.2)."""
    rdata = nsec.rdatas[0]
    position = 0
    while rdata[position]:
        position += 1 + rdata[position]
    position += 1
    types: set[int] = set()
    while position < len(rdata):
        window, length = rdata[position], rdata[position + 1]
        bits = rdata[position + 2 : position + 2 + length]
        types |= {
            window << 8 | byte << 3 | bit
            for byte, value in enumerate(bits)
            for bit in range(8)
            if value & 0x80 >> bit
        }
        position += 2 + length
    return types
