"""Every check of the row: what breaks it, and exactly which checks that trips."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from launchready.checklist.registry import REGISTRY, Status
from launchready.evidence.types import Cause
from tests.bad_twins.catalogue import TWINS
from tests.checklist_email.mailworld import (
    DOMAIN,
    KEY,
    LOGO,
    MAILS,
    NEVER,
    TOKEN,
    World,
    failing,
    judge,
    undecided,
    world,
)

DMARC = f"_dmarc.{DOMAIN}"
GOOGLE = f"google._domainkey.{DOMAIN}"
LOGO_URL = f"https://{DOMAIN}/logo.svg"
FOUR = {"A": ["198.51.100.1"], "AAAA": ["2001:db8::1"]}


def rsa_key(bits: int) -> str:
    key = rsa.generate_private_key(65537, bits).public_key()
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def nothing(_: World) -> None:
    """What is served is what is declared; the client file has the defect."""


def served(name: str, *texts: str) -> Callable[[World], object]:
    return lambda w: w.put(name, "TXT", *texts)


def appended(name: str, more: str) -> Callable[[World], object]:
    return lambda w: w.put(name, "TXT", w.txt(name) + more)


def added(name: str, text: str) -> Callable[[World], object]:
    return lambda w: w.put(name, "TXT", w.txt(name), text)


def custom(*terms: str) -> dict[str, Any]:
    return MAILS | {"senders": ["google", "ses", {"name": "own", "spf": list(terms)}]}


def dmarc(**options: object) -> dict[str, Any]:
    return MAILS | {"dmarc": options}


@dataclass(frozen=True)
class Bad:
    """A client, what is done to the served world, and the checks that fail then."""

    trips: set[str]
    break_it: Callable[[World], object] = nothing
    email: object = field(default_factory=lambda: MAILS)
    more: dict[str, Any] = field(default_factory=dict)


def many_mx(w: World) -> None:
    w.names["many.acme.example"] = {"MX": [f"{i} h{i}.many.acme.example." for i in range(11)]}


def alias(w: World) -> None:
    w.names["smtp.google.com"] = {"CNAME": ["real.google.com."]}
    w.names["real.google.com"] = dict(FOUR)


SPF_LIVE = "v=spf1 include:_spf.google.com"
RETURN_PATH = MAILS | {"senders": ["google", {"preset": "ses", "region": "eu-west-1", "return_path": "mail"}]}
BOUNCES = f"mail.{DOMAIN}"
REPORTS = dmarc(accept_reports_from=["client.example", "*"])
OWN = "own.example.net"
FLAT = custom(f"include:{OWN}") | {"spf": {"flatten": ["own"]}}


def taken(*terms: str, on: str = "2026-11-20") -> dict[str, Any]:
    return {"spf_flattened": {"taken": on, "includes": {OWN: list(terms)}}}


def own_spf(*terms: str) -> Callable[[World], object]:
    """What the flattened include resolves to now; one address is what the client file knows."""
    return served(OWN, " ".join(["v=spf1", *terms, "-all"]))


ONE = taken("ip4:192.0.2.1")
APP = {"name": "app", "spf": ["ip4:198.51.100.7"]}
OURS = {"senders": [APP], "receive": "google", "dkim": {"s1": {"generate": "ed25519"}}}
POLICY = f"https://mta-sts.{DOMAIN}/.well-known/mta-sts.txt"
ENFORCED = MAILS | {"mta_sts": "enforce", "tls_rpt": ["mailto:t@acme.example"]}


def policy(text: str, status: int = 200, kind: str = "text/plain") -> Callable[[World], object]:
    """The policy host serves this instead."""
    return lambda w: w.pages.update({POLICY: (status, kind, text.encode())})


def sts(mode: str = "enforce", mx: str = "smtp.google.com", age: int = 604_800) -> str:
    return f"version: STSv1\r\nmode: {mode}\r\nmx: {mx}\r\nmax_age: {age}\r\n"


CREATED: dict[str, Bad] = {
    "created key is old": Bad({"dkim.age"}, nothing, OURS, {"created": "2025-10-01T00:00:00Z"}),
    "retired key stays": Bad(
        {"dkim.retired"},
        nothing,
        OURS | {"dkim": OURS["dkim"] | {"s0": {"generate": "ed25519", "until": "2026-11-23"}}},  # type: ignore[operator]
    ),
    "created key is another": Bad(
        {"dkim.declared"}, served(f"s1._domainkey.{DOMAIN}", f"v=DKIM1; k=rsa; p={KEY}"), OURS
    ),
    "policy is gone": Bad({"mta_sts.policy", "mta_sts.declared"}, policy("nothing here", 404), ENFORCED),
    "policy is a page": Bad(
        {"mta_sts.policy", "mta_sts.declared"}, policy(sts(), kind="text/html"), ENFORCED
    ),
    "policy is redirected": Bad({"mta_sts.policy", "mta_sts.declared"}, policy("", 301), ENFORCED),
    "policy host is untrusted": Bad(
        {"mta_sts.policy"}, lambda w: w.untrusted.add(f"mta-sts.{DOMAIN}"), ENFORCED
    ),
    "policy leaves a mail host out": Bad(
        {"mta_sts.hosts", "mta_sts.declared"}, policy(sts(mx="mx.other.example")), ENFORCED
    ),
    "policy is older than the file": Bad({"mta_sts.declared"}, policy(sts(age=86_400)), ENFORCED),
    "policy id did not change": Bad(
        {"mta_sts.declared"}, served(f"_mta-sts.{DOMAIN}", "v=STSv1; id=20260101"), ENFORCED
    ),
}

MORE: dict[str, Bad] = {
    "flattened, address added": Bad(
        {"spf.flattened.fresh"}, own_spf("ip4:192.0.2.1", "ip4:192.0.2.9"), FLAT, ONE
    ),
    "flattened, address behind an include added": Bad(
        {"spf.flattened.fresh"},
        lambda w: (own_spf("ip4:192.0.2.1", "include:b.example.net")(w)).put(  # type: ignore[attr-defined]
            "b.example.net", "TXT", "v=spf1 ip4:192.0.2.9 ?all"
        ),
        FLAT,
        ONE,
    ),
    "flattened, macro added": Bad(
        {"spf.flattened.fresh"}, own_spf("ip4:192.0.2.1", "exists:%{i}.x.example.net"), FLAT, ONE
    ),
    "flattened, include is gone": Bad({"spf.flattened.fresh"}, nothing, FLAT, ONE),
    "flattened, address given up": Bad(
        {"spf.flattened.extra"}, own_spf("ip4:192.0.2.1"), FLAT, taken("ip4:192.0.2.0/24")
    ),
    "flattened, address refused now": Bad(
        {"spf.flattened.extra"},
        own_spf("-ip4:192.0.2.7", "ip4:192.0.2.0/24"),
        FLAT,
        taken("ip4:192.0.2.0/24"),
    ),
    "flattened long ago": Bad(
        {"spf.flattened.age"}, own_spf("ip4:192.0.2.1"), FLAT, taken("ip4:192.0.2.1", on="2026-10-01")
    ),
    "return path without spf": Bad({"return_path.spf"}, served(BOUNCES), RETURN_PATH),
    "return path of another": Bad({"return_path.spf"}, served(BOUNCES, SPF_LIVE + " -all"), RETURN_PATH),
    "return path without mx": Bad({"return_path.bounces"}, lambda w: w.put(BOUNCES, "MX"), RETURN_PATH),
    "return path in another region": Bad(
        {"return_path.bounces"},
        lambda w: w.put(BOUNCES, "MX", "10 feedback-smtp.us-east-1.amazonses.com."),
        RETURN_PATH,
    ),
    "permission is gone": Bad(
        {"dmarc.accepts_reports"},
        lambda w: w.put(f"client.example._report._dmarc.{DOMAIN}", "TXT", "x"),
        REPORTS,
    ),
    "permission for everyone is gone": Bad(
        {"dmarc.accepts_reports"}, lambda w: w.put(f"*._report._dmarc.{DOMAIN}", "TXT"), REPORTS
    ),
    "logo with a script": Bad(
        {"bimi.logo"},
        lambda w: w.pages.update(
            {LOGO_URL: (200, "image/svg+xml", LOGO.replace(b"<title>", b"<script/><title>"))}
        ),
        MAILS | {"bimi": {"logo": LOGO_URL}},
    ),
    "logo as text": Bad(
        {"bimi.logo"},
        lambda w: w.pages.update({LOGO_URL: (200, "text/plain", LOGO)}),
        MAILS | {"bimi": {"logo": LOGO_URL}},
    ),
    "no logo": Bad(
        {"bimi.logo"},
        lambda w: w.pages.update({LOGO_URL: (404, "text/html", b"")}),
        MAILS | {"bimi": {"logo": LOGO_URL}},
    ),
}

BAD: dict[str, Bad] = {
    "no spf": Bad({"spf.present", "spf.declared"}, served(DOMAIN)),
    "spf that isn't": Bad(
        {"spf.present", "spf.declared"}, served(DOMAIN, "v=spf1;" + SPF_LIVE[6:] + " -all")
    ),
    "two spf": Bad({"spf.single"}, added(DOMAIN, "V=SPF1 +all")),
    "broken term": Bad({"spf.syntax", "spf.declared"}, served(DOMAIN, SPF_LIVE + " ip4:198.51.100.300 -all")),
    "twelve look-ups": Bad(
        {"spf.lookups"},
        email=MAILS
        | {
            "senders": [
                "google",
                "mailgun",
                "zoho",
                "microsoft365",
                "fastmail",
                "ses",
                {"name": "x", "spf": ["+INCLUDE:sendgrid.net"]},
            ]
        },
    ),
    "a loop": Bad(
        {"spf.lookups"},
        served("loop.acme.example", "v=spf1 include:loop.acme.example -all"),
        custom("include:loop.acme.example"),
    ),
    "redirect chain": Bad(
        {"spf.lookups", "spf.declared"},
        lambda w: [
            w.put(DOMAIN, "TXT", SPF_LIVE + " redirect=r0.acme.example"),
            *(
                w.put(f"r{i}.acme.example", "TXT", f"v=spf1 redirect=r{i + 1}.acme.example")
                for i in range(10)
            ),
            w.put("r10.acme.example", "TXT", "v=spf1 -all"),
        ],
    ),
    "void look-ups": Bad({"spf.void"}, email=custom(*(f"a:gone{i}.acme.example" for i in range(3)))),
    "void for ipv6": Bad(
        {"spf.void"},
        lambda w: [w.put(f"v{i}.acme.example", "A", "198.51.100.1") for i in range(3)],
        custom(*(f"a:v{i}.acme.example" for i in range(3))),
    ),
    "eleven mx hosts": Bad({"spf.mx_hosts"}, many_mx, custom("mx:many.acme.example")),
    "include of nothing": Bad({"spf.includes"}, email=custom("include:nothing.acme.example")),
    "include of two": Bad(
        {"spf.includes"},
        served("two.acme.example", "v=spf1 -all", "v=spf1 ~all"),
        custom("include:two.acme.example"),
    ),
    "neutral end": Bad({"spf.all", "spf.declared"}, served(DOMAIN, SPF_LIVE + " ?all")),
    "everyone passes": Bad({"spf.all", "spf.declared"}, served(DOMAIN, SPF_LIVE + " +ALL")),
    "no end": Bad({"spf.all", "spf.declared"}, served(DOMAIN, SPF_LIVE)),
    "redirect to a weak end": Bad(
        {"spf.all", "spf.declared"},
        lambda w: w.put(DOMAIN, "TXT", SPF_LIVE + " redirect=weak.acme.example").put(
            "weak.acme.example", "TXT", "v=spf1 ?all"
        ),
    ),
    "the whole internet": Bad({"spf.breadth"}, email=custom("ip4:0.0.0.0/1", "ip4:128.0.0.0/1")),
    "after all": Bad({"spf.order", "spf.declared"}, served(DOMAIN, SPF_LIVE + " -all ip4:198.51.100.7")),
    "ptr": Bad({"spf.no_ptr"}, email=custom("ptr")),
    "other spf": Bad({"spf.declared"}, served(DOMAIN, SPF_LIVE + " ~all")),
    "sender not admitted": Bad(
        {"spf.senders", "spf.declared"}, served(DOMAIN, "v=spf1 ip4:198.51.100.7 -all")
    ),
    "somebody is admitted": Bad(
        {"spf.nobody", "spf.declared"}, served(DOMAIN, "v=spf1 ip4:198.51.100.7 -all"), NEVER
    ),
    "never, but soft": Bad({"spf.nobody", "spf.all", "spf.declared"}, served(DOMAIN, "v=spf1 ~all"), NEVER),
    "no dmarc": Bad({"dmarc.present", "dmarc.declared"}, served(DMARC)),
    "dmarc in lower case": Bad({"dmarc.present", "dmarc.declared"}, served(DMARC, "v=dmarc1; p=reject")),
    "two dmarc": Bad({"dmarc.single"}, added(DMARC, "v=DMARC1; p=none")),
    "dmarc grammar": Bad({"dmarc.syntax", "dmarc.declared"}, appended(DMARC, "; t=maybe")),
    "stage none": Bad({"dmarc.policy"}, email=dmarc(policy="none")),
    "quarantine as a test": Bad({"dmarc.policy", "dmarc.testing"}, email=dmarc(testing=True)),
    "never, but quarantine": Bad(
        {"dmarc.policy", "dmarc.declared"}, served(DMARC, "v=DMARC1; p=quarantine; adkim=s; aspf=s"), NEVER
    ),
    "weak subdomains": Bad({"dmarc.subdomains"}, email=dmarc(policy="reject", sp="quarantine")),
    "weak absent names": Bad({"dmarc.subdomains"}, email=dmarc(np="none")),
    "relaxed": Bad({"dmarc.alignment"}, email=dmarc(aspf="r")),
    "testing": Bad({"dmarc.testing"}, email=dmarc(policy="reject", testing=True)),
    "pct": Bad({"dmarc.obsolete", "dmarc.declared"}, appended(DMARC, "; pct=50")),
    "no reports": Bad({"dmarc.reports"}, email=dmarc(rua=[])),
    "reports not allowed": Bad(
        {"dmarc.reports_allowed"}, email=dmarc(rua=["mailto:x@noreports.example.net"])
    ),
    "other dmarc": Bad(
        {"dmarc.declared"}, served(DMARC, "v=DMARC1; p=reject; rua=mailto:d@acme.example; adkim=s; aspf=s")
    ),
    "no key": Bad({"dkim.key", "dkim.declared"}, served(GOOGLE)),
    "revoked key": Bad({"dkim.key", "dkim.declared"}, served(GOOGLE, "v=DKIM1; k=rsa; p=")),
    "two keys": Bad({"dkim.key", "dkim.declared"}, added(GOOGLE, "v=DKIM1; p=")),
    "delegation to nothing": Bad(
        {"dkim.key", "dmarc.senders"}, lambda w: w.names.pop("*.dkim.amazonses.com")
    ),
    "other delegation": Bad(
        {"dkim.declared"},
        lambda w: w.names.update({f"{TOKEN}._domainkey.{DOMAIN}": {"CNAME": ["other.dkim.amazonses.com."]}}),
    ),
    "short key": Bad(
        {"dkim.strength"}, email=MAILS | {"dkim": MAILS["dkim"] | {"google": {"public_key": rsa_key(1024)}}}
    ),
    "key in test mode": Bad({"dkim.test_mode", "dkim.declared"}, served(GOOGLE, f"v=DKIM1; t=y; p={KEY}")),
    "other key": Bad({"dkim.declared"}, served(GOOGLE, f"v=DKIM1; k=rsa; p={rsa_key(2048)}")),
    "no dkim": Bad({"dkim.present"}, email={"senders": ["google"], "receive": "google"}),
    "never, but signed": Bad({"dkim.nobody"}, served(GOOGLE, f"v=DKIM1; p={KEY}"), NEVER),
    "sender without a way": Bad({"dmarc.senders"}, email=MAILS | {"dkim": {"google": {"public_key": KEY}}}),
    "other mx": Bad({"mx.declared"}, lambda w: w.put(DOMAIN, "MX", "10 mx.zoho.com.")),
    "mx to nowhere": Bad({"mx.resolves"}, lambda w: w.names.pop("smtp.google.com")),
    "mx alias": Bad({"mx.alias"}, alias),
    "no null mx": Bad({"mx.null", "mx.declared"}, lambda w: w.put(DOMAIN, "MX"), NEVER),
    "null mx and a host": Bad(
        {"mx.null", "mx.declared"}, lambda w: w.put(DOMAIN, "MX", "0 .", "10 mx.zoho.com."), NEVER
    ),
    "null mx of a sender": Bad(
        {"mx.null", "mx.declared", "mx.bounces"}, lambda w: w.put(DOMAIN, "MX", "0 .")
    ),
    "no bounces": Bad({"mx.bounces"}, email=MAILS | {"receive": None}),
    "tls reports": Bad(
        {"tls_rpt.record"}, served(f"_smtp._tls.{DOMAIN}", "v=TLSRPTv1; rua=tls@acme.example")
    ),
    "tls reports gone": Bad(
        {"tls_rpt.record"},
        served(f"_smtp._tls.{DOMAIN}", "x"),
        MAILS | {"tls_rpt": ["mailto:t@acme.example"]},
    ),
    "mta-sts": Bad({"mta_sts.record"}, served(f"_mta-sts.{DOMAIN}", "v=STSv1; id=not-an-id")),
    "bimi": Bad(
        {"bimi.record"}, served(f"default._bimi.{DOMAIN}", "v=BIMI1; l=http://acme.example/logo.svg")
    ),
    **MORE,
    **CREATED,
    "bimi without dmarc": Bad(
        {"bimi.enforced", "dmarc.policy"},
        email=dmarc(policy="none") | {"bimi": {"logo": "https://acme.example/logo.svg"}},
    ),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_a_defect_trips_exactly_its_checks(bad: Bad) -> None:
    live = world(bad.email, **bad.more)
    bad.break_it(live)
    outcomes = await judge(bad.email, live, **bad.more)
    assert failing(outcomes) == bad.trips
    assert undecided(outcomes) == set()
    for found in outcomes.values():
        for outcome in found:
            if outcome.status is Status.FAIL:
                assert outcome.observed
                assert DOMAIN in outcome.subject or outcome.subject.endswith(("google.com", OWN))


def test_every_check_of_the_row_is_tripped_by_something() -> None:
    """Here, or by one of the twins that need more than mail and DNS (a portal, a key that was made)."""
    ids = {check.id.removeprefix("email_auth.") for check in REGISTRY if check.row == "email_auth"}
    here = set().union(*(bad.trips for bad in BAD.values()))
    elsewhere = {trip.removeprefix("email_auth.") for twin in TWINS.values() for trip in twin.trips}
    assert ids - here - elsewhere == set()


@pytest.mark.parametrize(
    ("name", "rdtype", "inconclusive"),
    [
        ("_spf.google.com", "TXT", {"spf.lookups", "spf.void", "spf.includes", "spf.mx_hosts"}),
        (GOOGLE, "TXT", {"dkim.key", "dkim.declared", "dkim.strength", "dkim.test_mode"}),
        (DMARC, "TXT", {
            "dmarc.present", "dmarc.single", "dmarc.syntax", "dmarc.policy", "dmarc.subdomains",
            "dmarc.alignment",
            "dmarc.testing", "dmarc.obsolete", "dmarc.reports", "dmarc.reports_allowed", "dmarc.declared",
        }),
        (f"_smtp._tls.{DOMAIN}", "TXT", {"tls_rpt.record"}),
    ],
)  # fmt: skip
async def test_one_failed_lookup_leaves_open_only_what_hangs_on_it(
    name: str, rdtype: str, inconclusive: set[str]
) -> None:
    outcomes = await judge(MAILS, world(MAILS).fail(name, rdtype, Cause.TIMEOUT))
    assert failing(outcomes) == set()
    assert undecided(outcomes) == inconclusive
    for check_id in inconclusive:
        causes = {o.cause for o in outcomes[f"email_auth.{check_id}"] if o.status is Status.INCONCLUSIVE}
        assert causes == {Cause.TIMEOUT}


async def test_a_limit_that_is_passed_already_fails_though_more_is_unknown() -> None:
    email = custom(*(f"a:x{i}.acme.example" for i in range(11)), "include:_spf.google.com")
    outcomes = await judge(email, world(email).fail("_spf.google.com", "TXT"))
    assert {"spf.lookups", "spf.void"} <= failing(outcomes)


async def test_the_lookups_finding_shows_the_tree() -> None:
    (outcome,) = (await judge(MAILS))["email_auth.spf.lookups"]
    assert outcome.observed.startswith("1 of 10")
    assert "include:_spf.google.com (1)" in outcome.observed
