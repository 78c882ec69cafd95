"""Row ``tls``: the rules behind the checks, and what only the internet shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509 as crypto
from cryptography.hazmat.primitives.serialization import Encoding

from launchready import checklist
from launchready.checklist.registry import Outcome, Status, Subject
from launchready.checklist.tls import caa, x509
from launchready.checklist.tls.certificate import lifetime_limit
from launchready.checklist.tls.content import links, mixed
from launchready.checklist.tls.hsts import Policy, parse
from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.evidence.types import (
    Cause,
    DnsProbe,
    DnsResult,
    Evidence,
    HttpProbe,
    HttpResult,
    Result,
    RRset,
    TlsProbe,
    TlsResult,
)
from tests.bad_twins.certificates import Leaf, issue

DOMAIN = "acme.example"
CHECKS = checklist.load().checks


def subject(*results: Result, **changes: Any) -> Subject:
    client = ClientFile.model_validate(
        {"domain": DOMAIN, "hosts": {"@": {"address": "203.0.113.10"}}, "email": "none", **changes}
    )
    facts: dict[str, object] = {"now": datetime.now(UTC), "target": "live"}
    return Subject(client, declare(client), Evidence({r.probe.id: (r,) for r in results}, facts))


def run(check_id: str, seen: Subject) -> Outcome:
    outcome = CHECKS[check_id].run(seen)
    return outcome if isinstance(outcome, Outcome) else next(iter(outcome))


def chain(tmp_path: Path, *names: str, **more: Any) -> tuple[bytes, ...]:
    pem, _ = issue(Leaf(names or (DOMAIN,), **more), tmp_path)
    return tuple(c.public_bytes(Encoding.DER) for c in crypto.load_pem_x509_certificates(pem.read_bytes()))


@pytest.mark.parametrize(
    ("issued", "days"),
    [("2019-01-01", None), ("2026-03-14", 398), ("2026-03-15", 200), ("2027-03-15", 100), ("2029-03-15", 47)],
)
def test_the_longest_lifetime_depends_on_the_day_of_issue(issued: str, days: int | None) -> None:
    assert lifetime_limit(datetime.fromisoformat(issued).replace(tzinfo=UTC)) == days


@pytest.mark.parametrize(
    ("names", "host", "covered"),
    [
        (("acme.example",), "acme.example", "acme.example"),
        (("*.acme.example",), "www.acme.example", "*.acme.example"),
        (("*.acme.example",), "acme.example", None),
        (("*.acme.example",), "a.b.acme.example", None),
        (("www.acme.example",), "app.acme.example", None),
    ],
)
def test_names_cover_themselves_and_wildcards_one_label(
    tmp_path: Path, names: tuple[str, ...], host: str, covered: str | None
) -> None:
    assert x509.covering(x509.parse(chain(tmp_path, *names)[0]), host) == covered


@pytest.mark.parametrize(
    ("header", "policy"),
    [
        ("max-age=31536000; includeSubDomains; preload", Policy(31_536_000, True, True)),
        ("MAX-AGE=60", Policy(60)),
        ('max-age="300" ;', Policy(300)),
        ("includeSubDomains", Policy(error="no valid max-age")),
        ("max-age=-1", Policy(error="no valid max-age")),
        ("max-age=1; max-age=2", Policy(error="max-age is given twice")),
        ("max-age=5; unknown=thing", Policy(5)),
    ],
)
def test_hsts_is_read_as_browsers_read_it(header: str, policy: Policy) -> None:
    assert parse(header) == policy


@pytest.mark.parametrize(
    ("html", "active", "passive"),
    [
        ('<script src="http://x/a.js">', 1, 0),
        ("<SCRIPT SRC=HTTP://x/a.js>", 1, 0),
        ('<link rel="stylesheet" href="http://x/a.css">', 1, 0),
        ('<link rel="canonical" href="http://x/">', 0, 0),
        ('<form action="http://x/">', 1, 0),
        ('<iframe src="http://x/"></iframe>', 1, 0),
        ('<a href="http://x/">link</a>', 0, 0),
        ('<img src="http://x/a.png">', 0, 1),
        ('<img src="//x/a.png" srcset="https://x/a 1x, http://x/b 2x">', 0, 1),
        ('<p style="background: url(http://x/a.png)">', 0, 1),
        ("<style>@import 'http://x/a.css'; p {}</style>", 0, 1),
        ("<!-- <script src='http://x/a.js'> -->", 0, 0),
        ('<script>var u = "http://x/";</script>', 0, 0),
        (
            '<meta http-equiv="content-security-policy" content="upgrade-insecure-requests"><img src="http://x/a">',
            0,
            0,
        ),
    ],
)
def test_mixed_content_is_what_a_page_loads(html: str, active: int, passive: int) -> None:
    found = mixed(html.encode(), False)
    assert (len(found[0]), len(found[1])) == (active, passive)


def test_linked_pages_are_those_of_the_same_host() -> None:
    html = b"""<a href="/a"></a><a href="b#x"></a><a href="https://acme.example/"></a><a href="http://acme.example/c"></a>
    <a href="https://other.example/d"></a><a href="/e?q=1"></a><a href="mailto:x@y"></a><a href="/a"></a>
    <a href="https://[bad/"></a>"""
    assert links("https://acme.example/", html) == ("https://acme.example/a", "https://acme.example/b")


def answered(name: str, *data: str) -> DnsResult:
    rrsets = (RRset(name, "CAA", 300, data),) if data else ()
    return DnsResult(DnsProbe(name, "CAA"), "r", None if data else Cause.NODATA, rrsets)


@pytest.mark.parametrize(
    ("records", "wildcard", "allowed"),
    [
        ((), False, None),
        (('0 iodef "mailto:x@y"',), False, None),
        (('0 issue "letsencrypt.org; validationmethods=dns-01"',), False, {"letsencrypt.org"}),
        (('0 issue ";"',), False, set()),
        (('0 issue "a.example"', '0 issuewild "b.example"'), True, {"b.example"}),
        (('0 issue "a.example"', '0 issuewild "b.example"'), False, {"a.example"}),
        (('0 issue "a.example"',), True, {"a.example"}),
        (('0 ISSUE "A.example"',), False, {"a.example"}),
    ],
)
def test_caa_allows_by_tag(records: tuple[str, ...], wildcard: bool, allowed: set[str] | None) -> None:
    assert caa._allowed(records, wildcard=wildcard) == allowed


@pytest.mark.parametrize(
    ("issuer", "records", "status"),
    [
        ("Let's Encrypt", ('0 issue "letsencrypt.org"',), Status.PASS),
        ("Google Trust Services", ('0 issue "letsencrypt.org"',), Status.FAIL),
        ("Google Trust Services", (), Status.PASS),
        ("Somebody New", ('0 issue "letsencrypt.org"',), Status.NOT_APPLICABLE),
    ],
)
def test_caa_must_allow_who_issued(
    tmp_path: Path, issuer: str, records: tuple[str, ...], status: Status
) -> None:
    sent = chain(tmp_path, authority=f"{issuer} R10")
    tls = TlsResult(TlsProbe(DOMAIN), None, "TLSv1.3", "c", "h2", sent, True)
    assert run("tls.caa.permits", subject(tls, answered(DOMAIN, *records))).status is status


HELLO = TlsResult(TlsProbe(DOMAIN), None, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "h2", (b"x",), True)


def offer(version: str, **changes: Any) -> TlsResult:
    return replace(
        TlsResult(TlsProbe(DOMAIN, version=version), Cause.TLS, alert="protocol_version"), **changes
    )


@pytest.mark.parametrize(
    ("old", "status", "cause"),
    [
        ({}, Status.PASS, None),
        ({"alert": "handshake_failure"}, Status.PASS, None),
        ({"cause": None, "alert": ""}, Status.FAIL, None),
        ({"cause": Cause.RESET, "alert": ""}, Status.INCONCLUSIVE, Cause.RESET),
        ({"cause": Cause.TIMEOUT, "alert": ""}, Status.INCONCLUSIVE, Cause.TIMEOUT),
        ({"alert": ""}, Status.INCONCLUSIVE, Cause.TLS),
        ({"alert": "internal_error"}, Status.INCONCLUSIVE, Cause.TLS),
        ({"cause": Cause.NOT_PROBED, "alert": ""}, Status.INCONCLUSIVE, Cause.NOT_PROBED),
    ],
)
def test_only_an_alert_refuses_a_version(old: dict[str, Any], status: Status, cause: Cause | None) -> None:
    accepted = offer("1.2", cause=None, alert="")
    outcome = run("tls.version.minimum", subject(HELLO, offer("1.0"), offer("1.1", **old), accepted))
    assert (outcome.status, outcome.cause) == (status, cause)


def test_a_host_that_refuses_every_handshake_does_not_pass_for_refusing_old_ones() -> None:
    closed = replace(HELLO, cause=Cause.TLS, alert="handshake_failure", chain=())
    outcome = run("tls.version.minimum", subject(closed, offer("1.0"), offer("1.1"), offer("1.2")))
    assert outcome.status is Status.INCONCLUSIVE


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (HttpResult(HttpProbe(f"http://{DOMAIN}/"), Cause.CONNECTION_REFUSED), Status.PASS),
        (HttpResult(HttpProbe(f"http://{DOMAIN}/"), Cause.TIMEOUT), Status.INCONCLUSIVE),
        (HttpResult(HttpProbe(f"http://{DOMAIN}/"), Cause.CHALLENGE, 403), Status.INCONCLUSIVE),
        (HttpResult(HttpProbe(f"http://{DOMAIN}/"), None, 200), Status.FAIL),
        (HttpResult(HttpProbe(f"http://{DOMAIN}/"), None, 403), Status.FAIL),
        (HttpResult(HttpProbe(f"http://{DOMAIN}/"), Cause.PLACEHOLDER, 200), Status.FAIL),
    ],
)
def test_https_is_forced_when_http_shows_nothing(result: HttpResult, status: Status) -> None:
    assert run("tls.https.forced", subject(result)).status is status


@pytest.mark.parametrize("cause", [Cause.TIMEOUT, Cause.RESET, Cause.DISAGREE, Cause.NXDOMAIN, Cause.BOGUS])
def test_a_handshake_that_was_not_seen_is_inconclusive_for_every_certificate_check(cause: Cause) -> None:
    unseen = subject(TlsResult(TlsProbe(DOMAIN), cause, detail="why"))
    for check_id in (c for c in CHECKS if c.startswith(("tls.certificate.", "tls.chain.", "tls.name."))):
        outcome = run(check_id, unseen)
        assert (check_id, outcome.status, outcome.cause) == (check_id, Status.INCONCLUSIVE, cause)
