"""Good clients raise no alarm, whatever kind of mail they have."""

from __future__ import annotations

import pytest

from launchready.checklist.registry import REGISTRY, Status
from launchready.declared import declare
from launchready.declared.types import Declared
from launchready.evidence.types import Cause
from tests.checklist_email.mailworld import (
    DOMAIN,
    KEY,
    MAILS,
    NEVER,
    World,
    client,
    failing,
    judge,
    undecided,
    world,
)

GOOD = {
    "mails": MAILS,
    "never": NEVER,
    "google": {"senders": ["google"], "receive": "google", "dkim": {"google": {"public_key": KEY}}},
    "microsoft365": {
        "senders": ["microsoft365"],
        "receive": "microsoft365",
        "dkim": {
            selector: {"cname": f"{selector}-acme-example._domainkey.acme.onmicrosoft.com"}
            for selector in ("selector1", "selector2")
        },
    },
    "fastmail": {"senders": ["fastmail"], "receive": "fastmail"},
    "zoho and mailgun": {
        "senders": ["zoho", "mailgun"], "receive": "zoho", "dkim": {"zmail": {"public_key": KEY}},
        "tls_rpt": ["mailto:tls@acme.example"], "bimi": {"logo": "https://acme.example/logo.svg"},
    },
    "custom": {
        "senders": [{"name": "own", "spf": ["ip4:198.51.100.7"]}], "receive": "google",
        "dkim": {"own": {"public_key": KEY}}, "dmarc": {"policy": "reject"},
    },
}  # fmt: skip


@pytest.mark.parametrize("email", GOOD.values(), ids=GOOD)
async def test_a_good_client_passes_every_mail_check(email) -> None:
    outcomes = await judge(email)
    assert failing(outcomes) == set()
    assert undecided(outcomes) == set()
    statuses = {o.status for found in outcomes.values() for o in found}
    assert statuses == {Status.PASS, Status.NOT_APPLICABLE}


def never_mailing() -> World:
    return (
        world("none")
        .put(DOMAIN, "MX", "0 .")
        .put(DOMAIN, "TXT", "v=spf1 -all")
        .put(f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=reject; adkim=s; aspf=s")
    )


async def test_a_domain_that_shows_it_never_mails_needs_no_reports_to_be_read() -> None:
    outcomes = await judge("none", never_mailing())
    assert failing(outcomes) == set()


async def test_a_domain_that_admits_a_sender_needs_its_reports_read() -> None:
    outcomes = await judge("none", never_mailing().put(DOMAIN, "TXT", "v=spf1 ip4:192.0.2.1 -all"))
    assert "dmarc.reports" in failing(outcomes)


async def test_a_domain_that_never_mails_is_judged_not_skipped() -> None:
    outcomes = await judge(NEVER)
    passing = {i for i, found in outcomes.items() if all(o.status is Status.PASS for o in found)}
    assert {
        "email_auth.spf.nobody", "email_auth.spf.all", "email_auth.dmarc.policy", "email_auth.mx.null",
        "email_auth.dkim.nobody", "email_auth.mx.declared",
    } <= passing  # fmt: skip


async def test_email_none_and_no_sign_of_mail_is_not_applicable() -> None:
    outcomes = await judge("none")
    assert {o.status for found in outcomes.values() for o in found} == {Status.NOT_APPLICABLE}


async def test_email_none_is_judged_by_what_is_served_when_there_is_mail() -> None:
    served = world("none").put(DOMAIN, "MX", "1 smtp.google.com.").put(DOMAIN, "TXT", "v=spf1 +all")
    outcomes = await judge("none", served)
    assert failing(outcomes) == {"spf.all", "dmarc.present"}


async def test_without_a_client_file_the_public_record_is_judged_by_itself() -> None:
    nothing = Declared(DOMAIN, "free", (), (), (), dnssec=False, universal_ssl=False)
    served = World.of(nothing).put(DOMAIN, "TXT", "v=spf1 include:_spf.google.com ~all")
    served.put(f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=reject; rua=mailto:a@acme.example; adkim=s; aspf=s")
    assert failing(await judge(NEVER, served, nothing)) == set()


async def test_every_outcome_names_a_subject_and_its_evidence() -> None:
    for found in (await judge(MAILS)).values():
        for outcome in found:
            assert DOMAIN in outcome.subject or outcome.subject.endswith(".com")
            if outcome.status is Status.PASS and "email_auth.dkim.present" not in outcome.subject:
                assert all(probe.startswith("dns:") for probe in outcome.evidence)
    lookups = (await judge(MAILS))["email_auth.spf.lookups"][0]
    assert "dns:TXT:_spf.google.com" in lookups.evidence


def test_each_check_has_its_own_reference_and_defect() -> None:
    checks = [check for check in REGISTRY if check.row == "email_auth"]
    assert len({(check.reference, check.defect) for check in checks}) == len(checks) >= 40
    assert len({check.defect for check in checks}) == len(checks)
    assert all(check.proves.endswith(".") and check.fix.text for check in checks)


@pytest.mark.parametrize("cause", [Cause.SERVFAIL, Cause.TIMEOUT, Cause.REFUSED])
async def test_a_failed_lookup_is_inconclusive_with_its_cause_and_never_missing(cause: Cause) -> None:
    served = world(MAILS)
    for name, rdtype in ((DOMAIN, "TXT"), (DOMAIN, "MX"), (f"_dmarc.{DOMAIN}", "TXT")):
        served.fail(name, rdtype, cause)
    outcomes = await judge(MAILS, served)
    assert failing(outcomes) == set()
    for check_id in (
        "spf.present",
        "spf.single",
        "spf.lookups",
        "dmarc.present",
        "dmarc.policy",
        "mx.declared",
    ):
        (outcome,) = outcomes[f"email_auth.{check_id}"]
        assert (outcome.status, outcome.cause) == (Status.INCONCLUSIVE, cause), check_id
        assert outcome.fix is None


async def test_a_zone_below_another_inherits_its_dmarc_record_when_mail_is_not_managed() -> None:
    domain = "client.host.example"
    email, asked = "none", client("none", domain)
    live = World.of(declare(asked)).put(domain, "MX", "1 smtp.google.com.").put(domain, "TXT", "v=spf1 -all")
    live.put("_dmarc.host.example", "TXT", "v=DMARC1; p=reject; sp=quarantine")
    (outcome,) = (await judge(email, live, declare(asked), domain=domain))["email_auth.dmarc.present"]
    assert (outcome.status, outcome.observed) == (Status.PASS, "inherits quarantine from host.example")
    live.fail("_dmarc.host.example", "TXT", Cause.SERVFAIL)
    (outcome,) = (await judge(email, live, declare(asked), domain=domain))["email_auth.dmarc.present"]
    assert (outcome.status, outcome.cause) == (Status.INCONCLUSIVE, Cause.SERVFAIL)


@pytest.mark.parametrize(("aspf", "trips"), [("s", {"dmarc.senders"}), ("r", {"dmarc.alignment"})])
async def test_a_return_path_below_the_domain_is_aligned_only_when_relaxed(
    aspf: str, trips: set[str]
) -> None:
    sender = {"name": "news", "spf": ["ip4:198.51.100.7"], "return_path": f"bounce.{DOMAIN}"}
    email = {"senders": [sender, "google"], "receive": "google", "dmarc": {"aspf": aspf}}
    outcomes = await judge(email)
    assert failing(outcomes) == trips | {"dkim.present"}
