"""Certificates as the checks read them, parsed once (cryptography), names matched as RFC 9525 says."""

from __future__ import annotations

import ipaddress
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LEAST_RSA_BITS = 2048
LEAST_EC_BITS = 256


@lru_cache(maxsize=2048)
def parse(der: bytes) -> x509.Certificate:
    """Raises ValueError on what is no certificate."""
    return x509.load_der_x509_certificate(der)


def chain(ders: tuple[bytes, ...]) -> tuple[x509.Certificate, ...]:
    return tuple(parse(der) for der in ders)


def dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The names of subjectAltName; a common name no longer counts (RFC 9525 §2)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    found = tuple(name.lower() for name in names.get_values_for_type(x509.DNSName))
    return found + tuple(str(address) for address in names.get_values_for_type(x509.IPAddress))


def covering(certificate: x509.Certificate, host: str) -> str | None:
    """The name that covers a host: itself, or a wildcard for exactly its first label (RFC 9525 §6.3)."""
    wildcard = f"*.{host.partition('.')[2]}"
    names = dns_names(certificate)
    if host in names:
        return host
    return wildcard if wildcard in names and not _is_address(host) else None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Are name and signature the issuer's? A broken hash, which can't be verified, counts by name alone."""
    if weak_signature(certificate):
        return certificate.issuer == issuer.subject
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def is_self_issued(certificate: x509.Certificate) -> bool:
    return certificate.issuer == certificate.subject


def is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def serves(certificate: x509.Certificate) -> bool:
    """Does the certificate's extended key usage allow a TLS server? Absent means unrestricted (RFC 5280)."""
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.SERVER_AUTH in usages or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usages


def lifetime(certificate: x509.Certificate) -> float:
    """Seconds from its first moment to its last, both included (CA/B BR §1.6.1, "validity period")."""
    span = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    return span.total_seconds()


def share_left(certificate: x509.Certificate, now: datetime) -> float:
    """The part of its lifetime that is still to come; negative when it is over."""
    left = (certificate.not_valid_after_utc - now).total_seconds()
    return left / max(lifetime(certificate), 1.0)


def weak_key(certificate: x509.Certificate) -> str | None:
    """What is weak about its public key; None when nothing is."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size} bits" if key.key_size < LEAST_RSA_BITS else None
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}" if key.key_size < LEAST_EC_BITS else None
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return None
    return "DSA" if isinstance(key, dsa.DSAPublicKey) else type(key).__name__


def key_words(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    return f"EC {key.curve.name}" if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__


def weak_signature(certificate: x509.Certificate) -> str | None:
    """The broken hash of its signature; None when it is sound, or none is used (EdDSA)."""
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm as error:
        return str(error)
    return algorithm.name.upper() if algorithm is not None and algorithm.name in ("md5", "sha1") else None


def issuer_name(certificate: x509.Certificate) -> str:
    """Organisation and common name of the issuer, as people know it."""
    names = [
        str(attribute.value)
        for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
        for attribute in certificate.issuer.get_attributes_for_oid(oid)
    ]
    return " ".join(names) or certificate.issuer.rfc4514_string()


def short(name: x509.Name) -> str:
    """The common name, or all of it where there is none."""
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string() or "(no name)"
