"""Signatures are verified, refused or left open; hostile ones cost little."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from launchready.mailauth.dkim_keys import generate
from launchready.mailauth.dkim_verify import key_names, verify
from launchready.mailauth.dns import Answer
from tests.mail_test.conftest import DOMAIN, SELECTOR, Mails

KEY = f"{SELECTOR}._domainkey.{DOMAIN}"


def test_a_signature_fits_its_message_and_key(mails: Mails) -> None:
    raw = mails.signed(mails.raw())
    (found,) = verify(raw, mails.lookup)
    assert (found.result, found.domain, found.selector, found.bits) == ("pass", DOMAIN, SELECTOR, 2048)
    assert key_names(raw) == (KEY,)


def test_line_ends_of_a_saved_file_do_not_matter(mails: Mails) -> None:
    raw = mails.signed(mails.raw("One.\n\nTwo.\n")).replace(b"\r\n", b"\n")
    assert [one.result for one in verify(raw, mails.lookup)] == ["pass"]


def test_a_message_without_a_signature_has_none(mails: Mails) -> None:
    assert verify(mails.raw(), mails.lookup) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"Hello.", b"Hallo."), (b"Subject: Set", b"Subject: Reset"), (b"no-reply@acme", b"ceo@acme")],
)
def test_a_message_that_was_changed_fails(mails: Mails, old: bytes, new: bytes) -> None:
    assert [one.result for one in verify(mails.signed(mails.raw()).replace(old, new), mails.lookup)] == [
        "fail"
    ]


def test_a_second_from_fails(mails: Mails) -> None:
    raw = b"From: ceo@acme.example\r\n" + mails.signed(mails.raw())
    assert [one.result for one in verify(raw, mails.lookup)] == ["fail"]


def test_another_key_fails(mails: Mails) -> None:
    mails.records[KEY, "TXT"] = Answer((generate("rsa", datetime.now(UTC)).record,))
    assert [one.result for one in verify(mails.signed(mails.raw()), mails.lookup)] == ["fail"]


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Answer(failure="SERVFAIL"), "temperror"),
        (Answer(nxdomain=True), "permerror"),
        (Answer(("v=DKIM1; k=rsa; p=",)), "permerror"),
        (Answer(("v=DKIM1; p=a", "v=DKIM1; p=b")), "permerror"),
        (Answer(("v=DKIM1; k=ed25519; p=" + "A" * 43 + "=",)), "permerror"),
        (Answer(("rubbish",)), "permerror"),
        (Answer(("v=DKIM1; p=" + "A" * 60_000,)), "permerror"),
    ],
)
def test_what_the_key_says_decides(mails: Mails, answer: Answer, result: str) -> None:
    mails.records[KEY, "TXT"] = answer
    assert [one.result for one in verify(mails.signed(mails.raw()), mails.lookup)] == [result]


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        (b"a=rsa-sha256", b"a=rsa-sha1", "permerror"),
        (b"a=rsa-sha256", b"a=ed25519-sha256", "unsupported"),
        (b" h=", b" h=subject : x-", "permerror"),
        (b"d=acme.example", b"d=", "permerror"),
        (b"d=acme.example", b"d=acme example", "permerror"),
        (b"v=1;", b"v=1; t=" + b"9" * 5_000 + b";", "permerror"),
        (b"; t=", b"; t=" + b"9" * 60, "fail"),
        (b"v=1;", b"v=1; x=1;", "fail"),
        (b"v=1;", b"v=2;", "fail"),
        (b"v=1;", b"v=1; l=999999999999999999999;", "fail"),
    ],
)
def test_signatures_that_cannot_count(mails: Mails, old: bytes, new: bytes, result: str) -> None:
    raw = mails.signed(mails.raw(), include_headers=[b"from", b"to", b"subject"]).replace(old, new, 1)
    assert [one.result for one in verify(raw, mails.lookup)] == [result]


@pytest.mark.parametrize(
    "hostile",
    [
        b"x" + b" " * 3_000_000 + b"x",
        (b" " * 900 + b"x\r\n") * 3_000,
        b"\r\n" * 500_000 + b"x",
        b"x" * 5_000_000,
        b"\x00\xff" * 100_000,
    ],
)
def test_hostile_bodies_cost_little(mails: Mails, hostile: bytes) -> None:
    raw = mails.signed(mails.raw()) + hostile
    began = time.monotonic()
    assert all(one.result in ("fail", "permerror") for one in verify(raw, mails.lookup))
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "head",
    [
        b"DKIM-Signature: v=1; b=" + b" \r\n " * 100_000,
        b"DKIM-Signature: v=1; a=rsa-sha256; d=acme.example; s=s1; h=from; bh=aa==; b="
        + b" \r\n " * 900
        + b"!",
        b"DKIM-Signature: " + b"v=1;" * 1_000,
        b"DKIM-Signature: v=1; d=acme.example\r\n" * 3_000,
        b" folded\r\nDKIM-Signature: v=1; a=rsa-sha256; d=acme.example; s=s1; h=from; bh=aa==; b=aa==",
        b"no header at all",
        b"X: " + b"y" * 2_000_000,
        b"",
    ],
)
def test_hostile_headers_cost_little(mails: Mails, head: bytes) -> None:
    began = time.monotonic()
    found = verify(head + b"\r\nFrom: a@acme.example\r\n\r\nx\r\n", mails.lookup)
    assert len(found) <= 8
    assert all(one.result != "pass" for one in found)
    assert time.monotonic() - began < 5
