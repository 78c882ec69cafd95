"""DKIM key pairs: real ones, whose record verifies what the private key signed, and sealed in the state."""

from __future__ import annotations

import io
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import dkim as dkimpy
import pytest

from launchready.aws import dkim_key
from launchready.client_file.sealed import opened
from launchready.client_file.secrets import PassphraseKey
from launchready.errors import InputError
from launchready.mailauth import dkim
from launchready.mailauth.dkim_keys import (
    Algorithm,
    age_in_months,
    bare_private_key,
    generate,
    public_key,
)

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
MAIL = b"From: app@acme.example\r\nTo: you@other.example\r\nSubject: hello\r\n\r\nhello\r\n"


def test_an_rsa_pair_signs_and_its_record_verifies() -> None:
    pair = generate("rsa", NOW)
    record = dkim.parse_key(pair.record)
    assert (record.type, record.bits, record.problems) == ("rsa", 2048, ())
    signature = dkimpy.sign(MAIL, b"s1", b"acme.example", pair.private_pem.encode())
    asked: list[bytes] = []

    def answer(name: bytes, timeout: float = 5) -> bytes:
        asked.append(name)
        return pair.record.encode()

    assert dkimpy.verify(signature + MAIL, dnsfunc=answer)
    assert asked == [b"s1._domainkey.acme.example."]
    other = generate("rsa", NOW).record.encode()
    assert not dkimpy.verify(signature + MAIL, dnsfunc=lambda name, timeout=5: other)


def test_an_ed25519_pair_is_32_bytes_in_its_record() -> None:
    pair = generate("ed25519", NOW)
    record = dkim.parse_key(pair.record)
    assert (record.type, len(record.key), record.problems) == ("ed25519", 32, ())
    assert public_key(pair.private_pem) == pair.public_key


def test_a_pair_knows_its_date_and_shows_no_private_key() -> None:
    pair = generate("ed25519", NOW)
    assert pair.created == "2026-11-24T12:00:00Z"
    assert "PRIVATE" not in repr(pair)
    assert bare_private_key(pair.private_pem).isascii()
    assert "-" not in bare_private_key(pair.private_pem)
    assert round(age_in_months(pair.created, NOW + timedelta(days=365))) == 12


@pytest.fixture
def salt(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "rehearsal")
    return PassphraseKey.create("rehearsal").encryptionsalt


@pytest.mark.parametrize("algorithm", ["rsa", "ed25519"])
def test_the_resource_keeps_the_private_key_sealed(algorithm: Algorithm, salt: str) -> None:
    id_, outs = dkim_key.create({"selector": "s1", "algorithm": algorithm, "salt": salt})
    assert id_ == "dkim/s1"
    assert "PRIVATE" not in str(outs)
    pem = opened(outs["private_key"])
    assert outs["record"] == f"v=DKIM1; k={algorithm}; p={public_key(pem)}"
    assert dkim_key.read(id_, outs) == (id_, outs)


def test_a_key_is_never_made_again_but_for_another_algorithm(salt: str) -> None:
    given: dict[str, Any] = {"selector": "s1", "algorithm": "ed25519", "salt": salt}
    id_, outs = dkim_key.create(given)
    assert dkim_key.diff(id_, outs, {**given, "salt": "v1:other"}) == (False, [], False)
    assert dkim_key.update(id_, outs, given) == outs
    assert dkim_key.diff(id_, outs, {**given, "algorithm": "rsa"}) == (True, ["algorithm"], False)


def test_a_wrong_passphrase_leaves_no_key_in_clear(salt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    try:
        with pytest.raises(InputError) as caught:
            dkim_key.create({"selector": "s1", "algorithm": "ed25519", "salt": salt})
    finally:
        logging.getLogger().removeHandler(handler)
    assert "PRIVATE" not in str(caught.value) + stream.getvalue()
