"""Each preset in a whole edge: provisioned, resolved in the edge's world, passing the checks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import dns.asyncquery
import dns.message
import pytest
import pytest_asyncio

from launchready import checklist
from launchready.checklist.registry import Registry
from tests.bad_twins.clients import unsigned
from tests.bad_twins.email_auth_twins import KEY
from tests.bad_twins.harness import Stage, Twin, stage

pytestmark = [pytest.mark.edge, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

TOKEN = "abcdefghijklmnopqrstuvwxyz234567"


def own(selector: str) -> dict[str, Any]:
    return {selector: {"public_key": KEY}}


def mails(*senders: object, receive: str | None = "google", **more: Any) -> dict[str, Any]:
    return {"senders": list(senders), "receive": receive, **more}


SES_KEY = {TOKEN: {"cname": f"{TOKEN}.dkim.amazonses.com"}}
PDK1 = {"pdk1": {"cname": "pdk1._domainkey.c0e6d9.dkim1.us.mgsend.org"}}
GOOD: dict[str, dict[str, Any]] = {
    "google": mails("google", dkim=own("google")),
    "microsoft365": mails(
        {"preset": "microsoft365", "account": "acme.r-v1.dkim.mail.microsoft"}, receive="microsoft365"
    ),
    "ses": mails("ses", dkim=SES_KEY),
    "ses, MAIL FROM": mails({"preset": "ses", "region": "eu-north-1", "return_path": "mail"}, dkim=SES_KEY),
    "postmark": mails({"preset": "postmark", "return_path": "pm-bounces"}, dkim=own("20261124093000pm")),
    "sendgrid": mails({"preset": "sendgrid", "account": "u7654321.wl042", "return_path": "em9876"}),
    "mailgun": mails("mailgun", dkim=PDK1),
    "mailgun, mg in the EU": mails(
        {"preset": "mailgun", "region": "eu", "return_path": "mg"}, dkim=own("mailo")
    ),
    "zoho": mails("zoho", receive="zoho", dkim=own("zmail")),
    "zoho in India": mails({"preset": "zoho", "region": "in"}, receive="zoho", dkim=own("zmail")),
    "fastmail": mails("fastmail", receive="fastmail"),
}
UNSIGNED = {name: mails(name) for name in ("ses", "postmark", "sendgrid")}
"""Senders whose return path is elsewhere, and no key of the domain to make up for it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[Stage]:
    async with stage() as running:
        yield running


def mail_checks() -> Registry:
    return Registry(
        {c.id: c for c in checklist.load() if c.row == "email_auth" or c.id.startswith("dns.record")}
    )


@pytest.mark.parametrize("name", GOOD)
async def test_a_preset_passes_every_mail_check(scene: Stage, name: str) -> None:
    verification = await scene.verification(Twin(unsigned(email=GOOD[name]), frozenset()), mail_checks())
    unclear = [f for f in verification.findings if f.status in ("fail", "inconclusive")]
    assert unclear == []
    assert {f.check for f in verification.findings if f.status == "pass"} >= {
        "email_auth.spf.lookups", "email_auth.dkim.key", "email_auth.mx.resolves",
    }  # fmt: skip
    if "return_path" in str(GOOD[name]):
        passed = {f.check for f in verification.findings if f.status == "pass"}
        assert {"email_auth.return_path.spf", "email_auth.return_path.bounces"} <= passed


@pytest.mark.parametrize("name", UNSIGNED)
async def test_a_sender_that_passes_by_nothing_trips_exactly_that(scene: Stage, name: str) -> None:
    twin = Twin(unsigned(email=UNSIGNED[name]), frozenset())
    found = await scene.observe(twin, mail_checks())
    assert found == {"email_auth.dmarc.senders", "email_auth.dkim.present"}


async def test_reports_to_a_domain_that_the_world_knows_nothing_of_are_undecided(scene: Stage) -> None:
    receivers = {
        "dmarc-reports.cloudflare.net": "pass",
        "noreports.example.net": "fail",
        "rua.unheard-of.example.org": "inconclusive",
    }
    for receiver, status in receivers.items():
        email = GOOD["google"] | {"dmarc": {"rua": [f"mailto:acme@{receiver}"]}}
        verification = await scene.verification(Twin(unsigned(email=email), frozenset()), mail_checks())
        (finding,) = [f for f in verification.findings if f.check == "email_auth.dmarc.reports_allowed"]
        assert finding.status == status, receiver
        assert (finding.cause == "SERVFAIL") == (status == "inconclusive")


@pytest.mark.parametrize(
    ("name", "rdtype", "expected"),
    [
        ("feedback-smtp.ap-southeast-3.amazonses.com", "A", "192.0.2.30"),
        ("u1.wl1.eu.sendgrid.net", "TXT", "v=spf1 include:sendgrid.net ~all"),
        ("s2.domainkey.u1.wl1.sendgrid.net", "TXT", "v=DKIM1"),
        ("mx3.zoho.com.au", "A", "192.0.2."),
        ("feedback-smtp.nowhere.amazonses.com", "A", None),
    ],
)
async def test_the_edges_resolver_answers_what_providers_serve(
    scene: Stage, name: str, rdtype: str, expected: str | None
) -> None:
    host, _, port = str(scene.edge.document()["resolver"]).rpartition(":")
    answer = await dns.asyncquery.udp(dns.message.make_query(name, rdtype), host, port=int(port), timeout=10)
    text = " ".join(str(rdata) for rrset in answer.answer for rdata in rrset)
    assert (expected in text) if expected is not None else not answer.answer
