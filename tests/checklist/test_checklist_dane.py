"""TLSA records: read, and compared with certificates (RFC 6698 §2.1)."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from launchready.checklist.tls.dane import Association, matches, parse
from tests.bad_twins.certificates import Leaf, issue


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, ...]:
    """A leaf and the authority above it."""
    directory: Path = tmp_path_factory.mktemp("dane")
    pem, _ = issue(Leaf(("acme.example",)), directory)
    found = x509.load_pem_x509_certificates(pem.read_bytes())
    return tuple(one.public_bytes(Encoding.DER) for one in found)


def _key(der: bytes) -> bytes:
    key = x509.load_der_x509_certificate(der).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def test_each_usage_looks_where_it_should(chain: tuple[bytes, ...]) -> None:
    leaf, root = (hashlib.sha256(_key(der)).hexdigest() for der in chain)
    assert matches(Association(3, 1, 1, leaf), chain)
    assert matches(Association(1, 1, 1, leaf), chain)
    assert matches(Association(2, 1, 1, root), chain)
    assert not matches(Association(2, 1, 1, leaf), chain)
    assert not matches(Association(3, 1, 1, root), chain)


def test_whole_certificates_and_other_hashes(chain: tuple[bytes, ...]) -> None:
    assert matches(Association(3, 0, 0, chain[0].hex()), chain)
    assert matches(Association(3, 0, 2, hashlib.sha512(chain[0]).hexdigest()), chain)
    assert not matches(Association(3, 0, 1, "00" * 32), chain)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"3 1 1 {'AB' * 16} {'cd' * 16}", ""),
        (f"3 1 1 {'ab' * 20}", "20 bytes for matching type 1"),
        (f"4 1 1 {'ab' * 32}", "4 1 1 is no combination of RFC 6698"),
    ],
)
def test_rdata_is_read(text: str, problem: str) -> None:
    found = parse(text)
    assert found is not None
    assert found.problem == problem


@pytest.mark.parametrize("text", ["", "3 1 1", "a b c d", "3 1 1 xyz", "-1 1 1 ab"])
def test_what_is_no_tlsa(text: str) -> None:
    assert parse(text) is None
