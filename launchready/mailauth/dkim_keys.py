"""DKIM key pairs: made, written as a record, put into the form that a signer or SES takes.

Sizes: RSA 2048 (RFC 8301 §3.2 asks for at least 1024 and recommends 2048; 4096 does not fit one UDP
answer of some resolvers). Ed25519: RFC 8463. The private key leaves this module as PEM only to be
handed to the caller; nothing here logs or formats it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from launchready.mailauth.dkim import RECOMMENDED_BITS, key_record

Algorithm = Literal["rsa", "ed25519"]
MAX_AGE_MONTHS = 12
"""A key that signs for longer should be rotated (M³AAWG, DKIM key rotation: at least once in that time)."""
_MONTH_DAYS = 30.44


@dataclass(frozen=True, slots=True)
class KeyPair:
    """``private_pem``: PKCS #8, not encrypted. ``public_key``: base64 as in ``p=``."""

    algorithm: Algorithm
    private_pem: str = field(repr=False)
    public_key: str
    created: str
    """UTC, ISO 8601 to the second."""

    @property
    def record(self) -> str:
        """The TXT record's text."""
        return key_record(self.public_key, self.algorithm)


def generate(algorithm: Algorithm, now: datetime) -> KeyPair:
    """A fresh key pair. ``now``: aware; it becomes the key's creation date."""
    private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
    if algorithm == "ed25519":
        private = ed25519.Ed25519PrivateKey.generate()
    else:
        private = rsa.generate_private_key(public_exponent=65537, key_size=RECOMMENDED_BITS)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    created = now.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    return KeyPair(algorithm, pem, public_key(pem), created)


def public_key(private_pem: str) -> str:
    """The ``p=`` of a private key: DER for RSA, the raw 32 bytes for Ed25519 (RFC 8463 §4.2).

    Raises ValueError, without the key in it, for another kind of key.
    """
    private = load_pem_private_key(private_pem.encode(), password=None)
    if isinstance(private, ed25519.Ed25519PrivateKey):
        raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    elif isinstance(private, rsa.RSAPrivateKey):
        raw = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        raise ValueError("neither an RSA nor an Ed25519 key")
    return base64.b64encode(raw).decode()


def bare_private_key(private_pem: str) -> str:
    """The PEM's base64 on one line without its frame, as SES takes it (BYODKIM)."""
    return "".join(line for line in private_pem.splitlines() if not line.startswith("-----"))


def age_in_months(created: str, now: datetime) -> float:
    """How old a key is. Raises ValueError for a date that can't be read."""
    made = datetime.fromisoformat(created)
    if made.tzinfo is None:
        made = made.replace(tzinfo=UTC)
    return (now - made).total_seconds() / 86_400 / _MONTH_DAYS
