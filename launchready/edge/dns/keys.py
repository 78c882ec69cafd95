"""The keys that sign a zone: a KSK (flags 257) and a ZSK (flags 256), both algorithm 13.

``zone.signing_key_pem`` holds the two private keys, KSK first, as PEM. The API's dnssec object
shows the KSK: its ``ds`` is what belongs at the registrar.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from launchready.edge.dns.names import labels_of, wire_of
from launchready.edge.state import Zone
from launchready.errors import EdgeError

ALGORITHM = 13
"""ECDSA P-256 with SHA-256 (RFC 6605)."""
KSK_FLAGS = 257
ZSK_FLAGS = 256
DIGEST_SHA256 = 2
_PEM_END = "-----END PRIVATE KEY-----\n"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One private key with its DNSKEY rdata (wire form) and key tag."""

    private: ec.EllipticCurvePrivateKey
    flags: int
    rdata: bytes
    tag: int

    def sign(self, message: bytes) -> bytes:
        """64 bytes, r followed by s (RFC 6605 §4)."""
        r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    @property
    def public_key(self) -> str:
        """The public key in base64, as a DNSKEY record shows it."""
        return base64.b64encode(self.rdata[4:]).decode()


@dataclass(frozen=True, slots=True)
class ZoneKeys:
    """The pair that signs one zone: the KSK signs DNSKEY, CDS and CDNSKEY, the ZSK all else."""

    ksk: SigningKey
    zsk: SigningKey


@lru_cache(maxsize=4096)
def key_tag(rdata: bytes) -> int:
    """The tag of a DNSKEY's rdata (RFC 4034 appendix B)."""
    total = sum(byte << 8 if index % 2 == 0 else byte for index, byte in enumerate(rdata))
    return (total + (total >> 16 & 0xFFFF)) & 0xFFFF


@lru_cache(maxsize=4096)
def ds_digest(owner: str, dnskey: bytes) -> bytes:
    """The SHA-256 digest that a DS record of *owner* carries for a DNSKEY's rdata (RFC 4509)."""
    return hashlib.sha256(wire_of(labels_of(owner)) + dnskey).digest()


def new_keys_pem() -> str:
    """Two fresh private keys, KSK first."""
    return "".join(
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
        for _ in range(2)
    )


@lru_cache(maxsize=4096)
def keys_from_pem(pem: str) -> ZoneKeys:
    """The pair in *pem*; a single key signs as both (then with flags 257 only)."""
    blocks = [block + _PEM_END for block in pem.split(_PEM_END) if block.strip()]
    if not blocks:
        raise EdgeError(
            "the zone has no signing key", fix="call ensure_keys(zone) when DNSSEC is switched on"
        )
    ksk = _signing_key(blocks[0], KSK_FLAGS)
    return ZoneKeys(ksk, _signing_key(blocks[1], ZSK_FLAGS) if len(blocks) > 1 else ksk)


def _signing_key(pem: str, flags: int) -> SigningKey:
    private = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise EdgeError("a zone's signing key is not a P-256 key")
    point = private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    rdata = struct.pack("!HBB", flags, 3, ALGORITHM) + point[1:]
    return SigningKey(private, flags, rdata, key_tag(rdata))


def zone_keys(zone: Zone) -> ZoneKeys:
    """The zone's keys, made now if it has none."""
    if not zone.signing_key_pem:
        zone.signing_key_pem = new_keys_pem()
    return keys_from_pem(zone.signing_key_pem)


def ensure_keys(zone: Zone) -> dict[str, Any]:
    """Give *zone* its keys (once) and return the key fields of the API's dnssec object.

    The shape is Cloudflare's: ``{"algorithm": "13", "digest": HEX, "digest_algorithm": "SHA256",
    "digest_type": "2", "ds": "acme.example. 3600 IN DS TAG 13 2 HEX", "flags": 257, "key_tag": TAG,
    "key_type": "ECDSAP256SHA256", "public_key": BASE64}``; status and dates are the API's to add.
    """
    ksk = zone_keys(zone).ksk
    digest = ds_digest(zone.name, ksk.rdata).hex().upper()
    return {
        "algorithm": str(ALGORITHM),
        "digest": digest,
        "digest_algorithm": "SHA256",
        "digest_type": str(DIGEST_SHA256),
        "ds": f"{zone.name}. 3600 IN DS {ksk.tag} {ALGORITHM} {DIGEST_SHA256} {digest}",
        "flags": ksk.flags,
        "key_tag": ksk.tag,
        "key_type": "ECDSAP256SHA256",
        "public_key": ksk.public_key,
    }
