"""One received mail, rule by rule; DNS is a table."""

from __future__ import annotations

import time
from typing import Any

import pytest

from launchready.client_file.model import ClientFile
from launchready.errors import InputError
from launchready.mailauth.dns import Answer
from launchready.mailops.mail_rules import judged
from launchready.mailops.mail_verdict import Envelope, MailTest
from launchready.mailops.received import read
from tests.mail_test.conftest import DOMAIN, SELECTOR, Mails

SENDER = Envelope("198.51.100.7", f"bounce@{DOMAIN}")


def client(**changes: Any) -> ClientFile:
    hosts = {
        "@": {"address": "203.0.113.10"},
        "back": {"address": "203.0.113.11", "exposure": {"private": {"allow": ["198.51.100.0/24"]}}},
    }
    return ClientFile.model_validate({"client": "acme", "domain": DOMAIN, "hosts": hosts} | changes)


@pytest.fixture
def world(mails: Mails) -> Mails:
    mails.records |= {
        (DOMAIN, "TXT"): Answer(('"v=spf1 ip4:198.51.100.7 -all"',)),
        (f"_dmarc.{DOMAIN}", "TXT"): Answer(('"v=DMARC1; p=quarantine; adkim=s; aspf=s"',)),
    }
    return mails


def judge(world: Mails, raw: bytes, envelope: Envelope = SENDER) -> MailTest:
    return judged(client(), read(raw), envelope, None, world.lookup)


def found(test: MailTest, *statuses: str) -> set[str]:
    return {one.id for one in test.judged if one.status in (statuses or ("fail", "inconclusive"))}


def test_a_signed_mail_from_the_declared_server_is_good(world: Mails) -> None:
    test = judge(world, world.signed(world.raw("Go to https://portal.acme.example/reset\n")))
    assert (found(test), test.verdict, test.exit_code) == (set(), "pass", 0)


def test_a_mail_without_a_signature_fails_although_spf_passes(world: Mails) -> None:
    test = judge(world, world.raw())
    assert found(test) == {"dkim.signature", "dkim.aligned"}
    assert test.verdict == "fail"


def test_spf_fails_for_another_address(world: Mails) -> None:
    test = judge(world, world.signed(world.raw()), Envelope("192.0.2.9", f"bounce@{DOMAIN}"))
    assert found(test) == {"spf.result", "spf.aligned"}


def test_a_foreign_return_path_aligns_by_dkim_alone(world: Mails) -> None:
    world.records["mailer.example", "TXT"] = Answer(("v=spf1 ip4:192.0.2.9 -all",))
    test = judge(world, world.signed(world.raw()), Envelope("192.0.2.9", "b@mailer.example"))
    assert found(test) == {"spf.aligned"}
    assert test.verdict == "pass"


def test_a_signature_of_another_domain_does_not_align(world: Mails) -> None:
    world.records["s1._domainkey.mailer.example", "TXT"] = Answer((world.pair.record,))
    test = judge(world, world.signed(world.raw(), "mailer.example"))
    assert found(test) == {"dkim.aligned"}


def test_alignment_follows_the_published_dmarc(world: Mails) -> None:
    world.records[f"{SELECTOR}._domainkey.mail.{DOMAIN}", "TXT"] = Answer((world.pair.record,))
    raw = world.signed(world.raw(), f"mail.{DOMAIN}")
    assert found(judge(world, raw)) == {"dkim.aligned"}
    world.records[f"_dmarc.{DOMAIN}", "TXT"] = Answer(("v=DMARC1; p=reject; adkim=r; aspf=r",))
    assert found(judge(world, raw)) == set()


def test_what_dns_does_not_tell_is_open_and_never_a_pass(world: Mails) -> None:
    for key in list(world.records):
        world.records[key] = Answer(failure="SERVFAIL")
    test = judge(world, world.signed(world.raw()))
    assert {"dkim.signature", "dkim.aligned", "spf.result", "dmarc"} <= found(test, "inconclusive")
    assert (found(test, "fail"), test.verdict, test.exit_code) == (set(), "unproven", 3)


def test_a_domain_without_dmarc_fails(world: Mails) -> None:
    del world.records[f"_dmarc.{DOMAIN}", "TXT"]
    assert "dmarc" in found(judge(world, world.signed(world.raw())), "fail")


def test_the_receivers_lines_are_read_and_results_in_the_message_are_not_believed(world: Mails) -> None:
    raw = (
        b"Return-Path: <bounce@acme.example>\r\n"
        b"Authentication-Results: mx.example; dkim=pass header.d=acme.example; spf=pass\r\n"
        b"Received: from 10.0.0.1 (in [10.0.0.1]) by mx.example; Mon, 2 Nov 2026 10:00:00 +0000\r\n"
        b"Received: from out.acme.example (out [8.8.4.4]) by mx.example; Mon, 2 Nov 2026 10:00:00 +0000\r\n"
        b"Received: from liar (liar [198.51.100.7]) by nobody; Mon, 2 Nov 2026 10:00:00 +0000\r\n"
    ) + world.raw()
    test = judge(world, raw, Envelope())
    assert found(test, "fail") == {"dkim.signature", "dkim.aligned", "spf.result", "spf.aligned", "dmarc"}
    assert any("8.8.4.4" in one.observed for one in test.judged)
    assert test.told[0].startswith("mx.example; dkim=pass")


def test_without_a_received_line_spf_is_open_and_does_not_block(world: Mails) -> None:
    test = judge(world, world.signed(world.raw()), Envelope())
    assert (found(test), test.verdict) == ({"spf.result", "spf.aligned"}, "pass")


@pytest.mark.parametrize(
    ("headers", "failing"),
    [
        ({"From": "ceo@acme.example.evil.example"}, {"from.domain", "dkim.aligned", "dmarc"}),
        ({"From": "a@acme.example, b@evil.example"}, {"from.domain"}),
        ({"Reply_To": "help@elsewhere.example"}, {"reply_to"}),
        ({"Reply_To": "nobody"}, {"reply_to"}),
        ({"Reply_To": "help@support.acme.example"}, set()),
        ({"List_Id": "<news.acme.example>"}, {"list_unsubscribe"}),
        ({"List_Unsubscribe": "<mailto:off@acme.example>"}, {"list_unsubscribe"}),
        (
            {
                "List_Unsubscribe": "<https://acme.example/off?u=1>",
                "List_Unsubscribe_Post": "List-Unsubscribe=One-Click",
            },
            set(),
        ),
    ],
)
def test_the_fields_of_a_message(world: Mails, headers: dict[str, str], failing: set[str]) -> None:
    assert failing <= found(judge(world, world.signed(world.raw(**headers))), "fail")
    if not failing:
        named = [b"from", b"to", b"subject", *(n.lower().replace("_", "-").encode() for n in headers)]
        assert found(judge(world, world.signed(world.raw(**headers), include_headers=named))) == set()


def test_unsubscribing_must_be_signed(world: Mails) -> None:
    headers = {
        "List_Unsubscribe": "<https://acme.example/off?u=1>",
        "List_Unsubscribe_Post": "List-Unsubscribe=One-Click",
    }
    raw = world.signed(world.raw(**headers), include_headers=[b"from", b"to", b"subject"])
    assert found(judge(world, raw)) == {"list_unsubscribe"}


@pytest.mark.parametrize(
    ("text", "failing"),
    [
        ("https://staging.acme.example/x", {"links.public"}),
        ("https://back.acme.example/x", {"links.public"}),
        ("https://10.0.0.8/x", {"links.public"}),
        ("https://localhost:8000/x", {"links.public"}),
        ("http://portal.acme.example/x", {"links.https"}),
        ("https://test.elsewhere.example/ is theirs", set()),
        ("https://[broken/ and https:///x", set()),
    ],
)
def test_where_a_mail_links_to(world: Mails, text: str, failing: set[str]) -> None:
    assert found(judge(world, world.signed(world.raw(text)))) == failing


def test_links_in_html_in_quoted_printable_and_base64_are_found(world: Mails) -> None:
    for encoding in ("quoted-printable", "base64"):
        made = world.message()
        made.set_content("Hello.", cte=encoding)
        page = '<a href="https&#58;//staging.acme.example/?a=1&amp;b=2">Here</a>' + "ä" * 90
        made.add_alternative(page, subtype="html", cte=encoding)
        assert found(judge(world, world.signed(made.as_bytes()))) == {"links.public"}


def _nested(depth: int) -> bytes:
    text = b"From: a@acme.example\n"
    for level in range(depth):
        text += b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level)
    return text + b"\nhttps://staging.acme.example/\n"


@pytest.mark.parametrize(
    "raw",
    [
        _nested(15),
        _nested(5_000),
        b"From: a@acme.example\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\ny\n" * 60_000,
        b"From: a@acme.example\nContent-Transfer-Encoding: base64\n\n" + b"QUJD\n" * 500_000,
        b"From: a@acme.example\nContent-Transfer-Encoding: quoted-printable\n\n" + b"=41" * 2_000_000,
        b"From: " + b"a@b, " * 40_000 + b"\n\nx",
        b"From: " + b"(" * 200_000 + b"\n\nx",
        b"From: a@acme.example\nReceived: from " + b"[" * 100_000 + b"\n\nx",
        b"From: a@acme.example\nContent-Type: text/plain; charset=\"" + b"x" * 50_000 + b"\"\n\nx",
        b"From: a@acme.example\nContent-Type: text/html\n\n" + b"&#" * 500_000,
        b"From: a@acme.example\n\n" + b"https://x.example/ " * 100_000,
        b"From: \xff\xfe@acme.example\n\n\x00",
        b"From: a@" + b"x." * 50_000 + b"example\n\nx",
    ],
)  # fmt: skip
def test_hostile_messages_are_judged_in_time(world: Mails, raw: bytes) -> None:
    began = time.monotonic()
    assert judge(world, raw).verdict == "fail"
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no message",
        b"\x00" * 1_000,
        b"From: a@acme.example\n" + b"X: y\n" * 2_000 + b"\n",
        b"From: a@acme.example\nX: " + b"y" * 300_000 + b"\n\n",
        b"From: a@acme.example\n\n" + b"x" * (11 * 1024 * 1024),
    ],
)
def test_what_is_no_message_or_too_large_a_one_is_refused(raw: bytes) -> None:
    with pytest.raises(InputError):
        read(raw)
