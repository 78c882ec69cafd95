"""DKIM key records (RFC 6376 §3.6.1, RFC 8301, RFC 8463): parse, judge, write."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from launchready.mailauth.tags import parse_tags

ED25519_BYTES = 32
MINIMUM_BITS = 1024
"""Verifiers refuse shorter RSA keys (RFC 8301 §3.2)."""
RECOMMENDED_BITS = 2048
"""Signers should use at least this (RFC 8301 §3.2)."""

_SELECTOR = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A parsed key record.

    ``bits``: RSA modulus length, 256 for Ed25519, 0 when revoked or unreadable. ``problems``: what
    makes the record useless to a verifier; ``remarks``: what one would change, though it works.
    """

    type: str
    key: bytes = b""
    bits: int = 0
    revoked: bool = False
    testing: bool = False
    hashes: tuple[str, ...] = ()
    services: tuple[str, ...] = ("*",)
    strict_domain: bool = False
    """``t=s``: signatures must not use a subdomain in ``i=``."""
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Can a verifier check a signature with it?"""
        return not self.problems and not self.revoked


def parse_key(text: str) -> KeyRecord:
    """Parse the text of a TXT record at ``<selector>._domainkey.<domain>``."""
    tags = parse_tags(text)
    problems = list(tags.problems)
    remarks: list[str] = []
    version = tags.get("v")
    if version is None:
        remarks.append("no v=DKIM1: allowed, but not recommended")
    elif version != "DKIM1" or tags.first != "v":
        problems.append(f"v={version} must be DKIM1 and come first")
    kind = (tags.get("k") or "rsa").lower()
    hashes = _words(tags.get("h"))
    if hashes and "sha256" not in hashes:
        problems.append(f"h={tags.get('h')} doesn't allow sha256, the only hash left (RFC 8301)")
    services = _words(tags.get("s")) or ("*",)
    if not set(services) & {"*", "email"}:
        problems.append(f"s={tags.get('s')} doesn't allow e-mail")
    flags = _words(tags.get("t"))
    key, bits, wrong = _key(tags.get("p"), kind)
    problems += wrong
    revoked = "".join((tags.get("p") or "").split()) == "" and tags.get("p") is not None
    return KeyRecord(
        kind,
        key,
        bits,
        revoked,
        "y" in flags,
        hashes,
        services,
        "s" in flags,
        tuple(problems),
        tuple(remarks),
    )


def _words(value: str | None) -> tuple[str, ...]:
    return tuple(word.strip().lower() for word in value.split(":") if word.strip()) if value else ()


def _key(value: str | None, kind: str) -> tuple[bytes, int, list[str]]:
    """(key, bits, problems) of ``p=``; an empty one is a revoked key and no problem."""
    if value is None:
        return b"", 0, ["no p= (the public key)"]
    packed = "".join(value.split())
    if not packed:
        return b"", 0, []
    try:
        key = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        return b"", 0, ["p= is no base64"]
    if kind == "ed25519":
        if len(key) != ED25519_BYTES:
            return key, 0, [f"an Ed25519 key has {ED25519_BYTES} bytes, this one {len(key)} (RFC 8463)"]
        return key, 256, []
    if kind != "rsa":
        return key, 0, [f"k={kind} is no key type that verifiers know"]
    bits = rsa_bits(key)
    if bits is None:
        return key, 0, ["p= is no RSA public key"]
    if bits < MINIMUM_BITS:
        return key, bits, [f"an RSA key of {bits} bits: verifiers refuse less than {MINIMUM_BITS} (RFC 8301)"]
    return key, bits, []


def rsa_bits(der: bytes) -> int | None:
    """Modulus length of a DER SubjectPublicKeyInfo, or of a bare RSAPublicKey; None when it is neither."""
    for candidate in (der, _wrapped(der)):
        try:
            key = load_der_public_key(candidate)
        except (ValueError, UnsupportedAlgorithm):
            continue
        return key.key_size if isinstance(key, rsa.RSAPublicKey) else None
    return None


def _wrapped(pkcs1: bytes) -> bytes:
    """A bare RSAPublicKey (which RFC 6376 names, and few publish) as SubjectPublicKeyInfo."""
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    string = b"\x03" + _length(len(pkcs1) + 1) + b"\x00" + pkcs1
    return b"\x30" + _length(len(algorithm) + len(string)) + algorithm + string


def _length(size: int) -> bytes:
    if size < 128:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def key_record(public_key: str, type: Literal["rsa", "ed25519"] = "rsa") -> str:
    """The canonical text of a key record; ``public_key`` in base64, white space ignored."""
    return f"v=DKIM1; k={type}; p={''.join(public_key.split())}"


def same_key(one: str, other: str) -> bool:
    """Do two record texts publish the same key, type and flags, however they are written?"""
    a, b = parse_key(one), parse_key(other)
    return (a.type, a.key, a.testing, a.strict_domain, a.revoked, set(a.services)) == (
        b.type, b.key, b.testing, b.strict_domain, b.revoked, set(b.services),
    )  # fmt: skip


def is_selector(text: str) -> bool:
    """May it be a selector: dot-separated labels of letters, digits and hyphens (RFC 6376 §3.1)?"""
    return _SELECTOR.fullmatch(text) is not None and all(len(label) <= 63 for label in text.split("."))


def selector_name(selector: str, domain: str) -> str:
    """Where the key lives."""
    return f"{selector}._domainkey.{domain}"
