"""Certificates of a test authority: good by default, each field a way to be bad."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

SHA256_RSA = bytes.fromhex("06092a864886f70d01010b")
SHA1_RSA = bytes.fromhex("06092a864886f70d010105")


@dataclass(frozen=True)
class Leaf:
    """``lifetime`` in days, ``age`` days of them gone. ``sha1``: signed with SHA-1 (RSA keys).

    ``must_staple``: an OCSP answer must come along, though there is no responder.
    """

    names: tuple[str, ...]
    usages: tuple[ObjectIdentifier, ...] = (ExtendedKeyUsageOID.SERVER_AUTH,)
    lifetime: float = 90.0
    age: float = 1.0
    sha1: bool = False
    ca: bool = False
    authority: str = "twin test root"
    must_staple: bool = False


def issue(leaf: Leaf, directory: Path) -> tuple[Path, Path]:
    """(PEM file with key and chain, PEM file of the authority)."""
    root_key: Any = (
        rsa.generate_private_key(65537, 2048) if leaf.sha1 else ec.generate_private_key(ec.SECP256R1())
    )
    key: Any = rsa.generate_private_key(65537, 2048) if leaf.sha1 else ec.generate_private_key(ec.SECP256R1())
    root_name = _name(leaf.authority)
    root = _built(root_name, root_name, root_key.public_key(), timedelta(days=100), 3650.0, ca=True).sign(
        root_key, hashes.SHA256()
    )
    builder = _built(
        _name(leaf.names[0]), root_name, key.public_key(), timedelta(days=leaf.age), leaf.lifetime, ca=leaf.ca
    )
    names = x509.SubjectAlternativeName([x509.DNSName(name) for name in leaf.names])
    builder = builder.add_extension(names, critical=False)
    builder = builder.add_extension(x509.ExtendedKeyUsage(leaf.usages), critical=False)
    if leaf.must_staple:
        feature = x509.TLSFeature([x509.TLSFeatureType.status_request])
        builder = builder.add_extension(feature, critical=False)
    certificate = builder.sign(root_key, hashes.SHA256())
    der = certificate.public_bytes(Encoding.DER)
    if leaf.sha1:
        der = _signed_with_sha1(der, certificate.tbs_certificate_bytes, root_key)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem, ca = directory / "site.pem", directory / "twin-ca.pem"
    chain = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
    pem.write_bytes(private + chain + root.public_bytes(Encoding.PEM))
    ca.write_bytes(root.public_bytes(Encoding.PEM))
    return pem, ca


def _signed_with_sha1(der: bytes, signed: bytes, key: rsa.RSAPrivateKey) -> bytes:
    """cryptography refuses to sign certificates with SHA-1, so the algorithm is exchanged by hand."""
    weak = signed.replace(SHA256_RSA, SHA1_RSA)
    signature = key.sign(weak, padding.PKCS1v15(), hashes.SHA1())
    return der.replace(signed, weak).replace(SHA256_RSA, SHA1_RSA)[: -len(signature)] + signature


def _built(
    subject: x509.Name, issuer: x509.Name, public: Any, age: timedelta, lifetime: float, *, ca: bool
) -> x509.CertificateBuilder:
    start = datetime.now(UTC) - age
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=lifetime))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
