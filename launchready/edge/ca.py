"""The edge's certificate authority: a root, an intermediate, and a leaf for whoever asks.

Leaves are described by ``LeafSpec`` (good by default, each field a way to be bad), made when first
needed, kept in the edge's directory (Python's ssl reads files only) and made anew before they get old.
Private keys never leave that directory; the root's and the intermediate's are in memory only.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

LIFETIME_DAYS = 90.0
"""What public authorities give at most today."""

_KEY_USAGE = dict.fromkeys(
    (
        "content_commitment",
        "data_encipherment",
        "key_agreement",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


@dataclass(frozen=True, slots=True)
class LeafSpec:
    """A certificate to serve. ``age`` and ``lifetime`` in days; the defaults are a good one.

    ``names``: DNS names and IP addresses of the subjectAltName. ``age``: days since it became valid
    (negative: not yet valid). ``issuer``: the intermediate, ``self``, or a ``stranger`` that nobody trusts.
    ``chain``: ``full`` (leaf, intermediate), ``leaf`` only, or ``reordered`` (leaf, root, intermediate).
    """

    names: tuple[str, ...]
    age: float = 0.05
    lifetime: float = LIFETIME_DAYS
    issuer: Literal["intermediate", "self", "stranger"] = "intermediate"
    chain: Literal["full", "leaf", "reordered"] = "full"
    key: Literal["ec256", "rsa1024", "rsa2048"] = "ec256"


@dataclass(frozen=True, slots=True)
class _Authority:
    """A certificate that signs others."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


@dataclass(slots=True)
class _Issued:
    path: Path
    renew_at: datetime


class CertificateAuthority:
    """``root_path`` is the PEM file that clients trust. ``now`` tells when leaves are due again."""

    def __init__(self, directory: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Writes ``ca.pem`` into ``directory`` (made if missing). Raises OSError."""
        self._now = now
        self._leaves = directory / "certificates"
        self._leaves.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in self._leaves.glob("*.pem"):
            old.unlink()  # of an authority that ended with its process
        self._root = self._authority("launchready edge root")
        self._intermediate = self._authority("launchready edge CA 1", parent=self._root)
        self._stranger = self._authority("Some other authority")
        self._keys: dict[str, PrivateKey] = {}
        self._issued: dict[LeafSpec, _Issued] = {}
        self.root_path = directory / "ca.pem"
        _write(self.root_path, self._root.pem, mode=0o644)

    @property
    def root_pem(self) -> str:
        return self._root.pem.decode()

    def leaf(self, spec: LeafSpec) -> Path:
        """A PEM file with the private key and the chain of ``spec``, valid as it says at this moment."""
        issued = self._issued.get(spec)
        now = self._now()
        if issued is None or now >= issued.renew_at:
            issued = self._issued[spec] = self._issue(spec, now)
        return issued.path

    # --- issuing --------------------------------------------------------------------------

    def _issue(self, spec: LeafSpec, now: datetime) -> _Issued:
        # Clients judge by the machine's clock, which the edge's own may run ahead of.
        start = min(now, datetime.now(UTC)) - timedelta(days=spec.age)
        key = self._key(spec.key)
        if spec.issuer == "self":
            name = _name(_common_name(spec.names))
            certificate = self._sign(spec, start, key, name, key)
            chain = certificate.public_bytes(Encoding.PEM)
        else:
            signer = self._stranger if spec.issuer == "stranger" else self._intermediate
            certificate = self._sign(spec, start, key, signer.certificate.subject, signer.key)
            chain = certificate.public_bytes(Encoding.PEM) + self._rest(spec, signer)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        digest = hashlib.sha256(repr(spec).encode() + start.isoformat().encode()).hexdigest()[:32]
        path = self._leaves / f"{digest}.pem"
        _write(path, private + chain, mode=0o600)
        # A spec with a special age (expired, nearly so) has to keep that age, so it is renewed daily.
        special = replace(spec, names=()) != LeafSpec(())
        return _Issued(path, now + timedelta(days=1 if special else spec.lifetime / 3))

    def _rest(self, spec: LeafSpec, signer: _Authority) -> bytes:
        if spec.chain == "leaf" or signer is self._stranger:
            return b""
        return signer.pem if spec.chain == "full" else self._root.pem + signer.pem

    def _key(self, kind: str) -> PrivateKey:
        """One key for every leaf of its kind: making them costs more than all the rest."""
        if kind not in self._keys:
            if kind == "ec256":
                self._keys[kind] = ec.generate_private_key(ec.SECP256R1())
            else:
                size = int(kind.removeprefix("rsa"))
                self._keys[kind] = rsa.generate_private_key(public_exponent=65537, key_size=size)
        return self._keys[kind]

    def _sign(
        self, spec: LeafSpec, start: datetime, key: PrivateKey, issuer: x509.Name, signing_key: PrivateKey
    ) -> x509.Certificate:
        public = key.public_key()
        usage = x509.KeyUsage(
            digital_signature=True,
            key_encipherment=isinstance(key, rsa.RSAPrivateKey),
            key_cert_sign=False,
            crl_sign=False,
            **_KEY_USAGE,
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(_common_name(spec.names)))
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=spec.lifetime))
            .add_extension(x509.SubjectAlternativeName([_alternative(n) for n in spec.names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
            )
        )
        return builder.sign(signing_key, hashes.SHA256())

    def _authority(self, name: str, parent: _Authority | None = None) -> _Authority:
        """A root (ten years) or, below ``parent``, an intermediate that may sign leaves only (five)."""
        key = ec.generate_private_key(ec.SECP256R1())
        signing_key = parent.key if parent else key
        start = self._now() - timedelta(days=365)
        usage = x509.KeyUsage(
            digital_signature=True, key_encipherment=False, key_cert_sign=True, crl_sign=True, **_KEY_USAGE
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(parent.certificate.subject if parent else _name(name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=365 * (5 if parent else 10)))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0 if parent else None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
            )
            .sign(signing_key, hashes.SHA256())
        )
        return _Authority(certificate, key)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "launchready"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _common_name(names: Sequence[str]) -> str:
    """The first name that fits: a common name has at most 64 characters."""
    return next((name for name in names if len(name) <= 64), "edge")


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, data: bytes, *, mode: int) -> None:
    """Atomic, and never readable by others in between."""
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    temporary.replace(path)
