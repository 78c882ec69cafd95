"""DKIM key records: read, judged, written; dkimpy reads what we write."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from launchready.mailauth import dkim

DER, SPKI = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo


def rsa_key(bits: int, form: serialization.PublicFormat = SPKI) -> str:
    key = rsa.generate_private_key(65537, bits).public_key()
    return base64.b64encode(key.public_bytes(DER, form)).decode()


KEYS = {bits: rsa_key(bits) for bits in (1024, 2048)}
ED25519 = base64.b64encode(
    ed25519.Ed25519PrivateKey.generate()
    .public_key()
    .public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
).decode()


@pytest.mark.parametrize("bits", KEYS)
def test_an_rsa_key_is_measured(bits: int) -> None:
    key = dkim.parse_key(f"v=DKIM1; k=rsa; p={KEYS[bits]}")
    assert (key.type, key.bits, key.usable) == ("rsa", bits, True)


def test_a_bare_rsa_public_key_is_read_too() -> None:
    text = rsa_key(2048, serialization.PublicFormat.PKCS1)
    assert dkim.parse_key(f"v=DKIM1; p={text}").bits == 2048


def test_an_ed25519_key_has_32_bytes() -> None:
    assert dkim.parse_key(f"v=DKIM1; k=ed25519; p={ED25519}").bits == 256
    (problem,) = dkim.parse_key(f"v=DKIM1; k=ed25519; p={KEYS[1024]}").problems
    assert "32 bytes" in problem


def test_white_space_inside_the_key_is_ignored() -> None:
    spaced = " ".join(KEYS[2048][i : i + 60] for i in range(0, len(KEYS[2048]), 60))
    assert dkim.parse_key(f"v=DKIM1;k=rsa;p={spaced}").usable


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("v=DKIM1; k=rsa", "no p="),
        ("v=DKIM1; k=rsa; p=not base64!", "no base64"),
        ("v=DKIM1; k=rsa; p=AAAA", "no RSA public key"),
        (f"v=DKIM1; k=dsa; p={KEYS[1024]}", "k=dsa"),
        (f"k=rsa; v=DKIM1; p={KEYS[1024]}", "come first"),
        (f"v=DKIM2; p={KEYS[1024]}", "v=DKIM2"),
        (f"v=DKIM1; h=sha1; p={KEYS[1024]}", "sha256"),
        (f"v=DKIM1; s=tlsrpt; p={KEYS[1024]}", "doesn't allow e-mail"),
        (f"v=DKIM1; p={KEYS[1024]}; p={KEYS[1024]}", "more than once"),
        (f"v=DKIM1; p={KEYS[1024][:40]}", "p="),
        ("", "no p="),
    ],
    # The keys are made anew for each worker: they can't name its tests.
    ids=range(11),
)
def test_a_record_without_use_says_why(text: str, problem: str) -> None:
    key = dkim.parse_key(text)
    assert not key.usable
    assert any(problem in found for found in key.problems)


def test_a_key_that_verifiers_refuse_is_too_short() -> None:
    # 768 bits: too short to be generated any more, so written by hand
    modulus = (1 << 767) + 12345 * 2 + 1
    der = rsa.RSAPublicNumbers(65537, modulus)
    try:
        text = base64.b64encode(der.public_key().public_bytes(DER, SPKI)).decode()
    except ValueError:
        pytest.skip("this cryptography makes no keys below 1024 bits")
    key = dkim.parse_key(f"v=DKIM1; p={text}")
    assert (key.bits, key.usable) == (768, False)


def test_an_empty_key_is_revoked_and_no_error() -> None:
    key = dkim.parse_key("v=DKIM1; p=")
    assert (key.revoked, key.usable, key.problems) == (True, False, ())


def test_flags_are_read() -> None:
    key = dkim.parse_key(f"v=DKIM1; t=y:s; h=sha256; s=email; n=note; p={KEYS[1024]}")
    assert (key.testing, key.strict_domain, key.hashes, key.services) == (True, True, ("sha256",), ("email",))


def test_the_same_key_is_recognised_however_it_is_written() -> None:
    assert dkim.same_key(f"v=DKIM1; k=rsa; p={KEYS[2048]}", f"p={KEYS[2048][:99]} {KEYS[2048][99:]}")
    assert not dkim.same_key(f"v=DKIM1; p={KEYS[2048]}", f"v=DKIM1; p={KEYS[1024]}")
    assert not dkim.same_key(f"v=DKIM1; p={KEYS[2048]}", f"v=DKIM1; t=y; p={KEYS[2048]}")


def test_what_is_written_dkimpy_reads() -> None:
    oracle = pytest.importorskip("dkim")
    record = dkim.key_record(KEYS[2048])
    _key, size, algorithm, *_ = oracle.evaluate_pk("selector", record.encode())
    assert (algorithm, size) == (b"rsa", dkim.parse_key(record).bits)


@pytest.mark.parametrize(
    ("text", "good"), [("google", True), ("s1.mail", True), ("a_b", False), ("-a", False), ("", False)]
)
def test_selectors(text: str, good: bool) -> None:
    assert dkim.is_selector(text) is good
