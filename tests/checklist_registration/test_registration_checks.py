"""What the checks make of a registration that can't be read, and of registries that tell little."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from launchready.checklist import load
from launchready.checklist.registry import Severity, Status, Subject
from launchready.checklist.surface.security_txt import problems
from launchready.checklist.surface.services import service_at, service_of, services
from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.evidence.types import (
    PARENT,
    Cause,
    DnsProbe,
    DnsResult,
    Evidence,
    HttpProbe,
    HttpResult,
    RdapProbe,
    RdapResult,
    RRset,
)
from launchready.verify.judge import BLOCKS

NOW = datetime(2027, 1, 1, tzinfo=UTC)
TOLD = RdapResult(
    RdapProbe("acme.example"),
    None,
    registrar="Reg Ltd",
    statuses=("active",),
    events=(("expiration", "2027-06-01T00:00:00Z"),),
    nameservers=("ns1.host.example",),
    signed=False,
)


def outcome(
    check: str, result: RdapResult, *, delegated: Cause | None = None, domain: str = "acme.example"
) -> Any:
    """What a check says of a registration; ``delegated``: why the parent does not tell, None when it does."""
    client = ClientFile.model_validate(
        {"client": "acme", "domain": domain, "hosts": {"@": {"address": "203.0.113.10"}}}
    )
    rrset = RRset(domain, "NS", 300, ("ns1.host.example.",))
    ns, ds = (DnsProbe(domain, rdtype, PARENT) for rdtype in ("NS", "DS"))
    results = {
        f"rdap:{domain}": (replace(result, probe=RdapProbe(domain)),),
        ns.id: (DnsResult(ns, "p", delegated, authority=() if delegated else (rrset,)),),
        ds.id: (DnsResult(ds, "p", delegated or Cause.NODATA),),
    }
    return (
        load()
        .checks[f"dns.registration.{check}"]
        .run(Subject(client, declare(client), Evidence(results, {"now": NOW})))
    )


ALL = ("expiry", "lock", "registrar", "status", "nameservers", "ds")


def test_an_rdap_that_does_not_answer_blocks_no_launch():
    lost = RdapResult(TOLD.probe, Cause.TIMEOUT, detail="slow")
    for check in ALL:
        found = outcome(check, lost)
        blocks = load().checks[f"dns.registration.{check}"].severity in BLOCKS
        assert found.status is (Status.PASS if check == "status" else Status.INCONCLUSIVE)
        assert not (blocks and found.status is Status.INCONCLUSIVE)


def test_a_domain_that_neither_side_tells_of_is_not_proven_free_of_holds():
    lost = RdapResult(TOLD.probe, Cause.TIMEOUT, detail="slow")
    found = outcome("status", lost, delegated=Cause.NXDOMAIN)
    assert (found.status, found.cause) == (Status.INCONCLUSIVE, Cause.TIMEOUT)


def test_a_registry_without_rdap_is_no_defect():
    none = RdapResult(TOLD.probe, None, missing="the registry of .example has no RDAP in IANA's list")
    found = {check: outcome(check, none) for check in ALL}
    assert {one.status for check, one in found.items() if check != "status"} == {Status.NOT_APPLICABLE}
    assert found["status"].status is Status.PASS


def test_locks_are_wanted_only_where_the_registry_shows_them():
    assert outcome("lock", TOLD).status is Status.FAIL
    assert outcome("lock", TOLD, domain="acme.nl").status is Status.NOT_APPLICABLE
    other = replace(TOLD, statuses=("client delete prohibited",))
    assert outcome("lock", other, domain="acme.io").status is Status.FAIL


@pytest.mark.parametrize(
    ("date", "status"),
    [
        ("2027-01-30T00:00:00Z", Status.FAIL),
        ("2027-02-01T00:00:00Z", Status.PASS),
        ("2027-02-01T00:00:00", Status.PASS),
        ("2027-01-01T00:00:00.5+02:00", Status.FAIL),
        ("someday", Status.NOT_APPLICABLE),
    ],
)
def test_the_end_is_read_and_judged_at_thirty_days(date, status):
    assert outcome("expiry", replace(TOLD, events=(("expiration", date),))).status is status


def test_a_parent_that_does_not_answer_decides_nothing():
    for check in ("nameservers", "ds"):
        found = outcome(check, TOLD, delegated=Cause.SERVFAIL)
        assert (found.status, found.cause) == (Status.INCONCLUSIVE, Cause.SERVFAIL)


def test_a_registry_that_tells_no_servers_and_no_keys_is_not_judged():
    bare = replace(TOLD, nameservers=(), signed=None)
    assert {outcome(check, bare).status for check in ("nameservers", "ds")} == {Status.NOT_APPLICABLE}


# --- services --------------------------------------------------------------------------------------


def test_targets_belong_to_services_by_label():
    for name, wanted in (
        ("acme.github.io", "GitHub Pages"),
        ("ACME.GitHub.io.", "GitHub Pages"),
        ("a.s3-website-eu-west-1.amazonaws.com", "Amazon S3"),
        ("a.s3-website.eu-central-1.amazonaws.com", "Amazon S3"),
        ("cname.vercel-dns.com", "Vercel"),
        ("x.vercel-dns-017.com", "Vercel"),
        ("a.b.azurewebsites.net", "Microsoft Azure"),
    ):
        found = service_of(name)
        assert found is not None, name
        assert found.service == wanted
    for name in ("github.io", "evilgithub.io", "acme.github.io.evil.example", "ec2-1.compute.amazonaws.com"):
        assert service_of(name) is None, name
    found = service_at(["192.0.2.1", "185.199.110.153"])
    assert found is not None
    assert found.service == "GitHub Pages"


def test_every_service_can_be_told_and_has_a_source():
    for one in services():
        assert one.absent or one.text, one.service
        assert one.source.count("/") >= 1
        assert not one.source.startswith("http")


def test_a_service_form_needs_its_status_too():
    pages = service_of("acme.github.io")
    assert pages is not None
    answer = HttpResult(
        HttpProbe("https://a.example/"), None, 200, body=b"There isn't a GitHub Pages site here"
    )
    assert not pages.says_unclaimed(answer)
    assert pages.says_unclaimed(replace(answer, status=404))


# --- security.txt ----------------------------------------------------------------------------------

GOOD = "Contact: mailto:a@acme.example\nExpires: 2027-06-01T00:00:00.000Z\n"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (GOOD, []),
        ("# ours\r\n" + GOOD.replace("\n", "\r\n") + "X-Own: anything\r\n", []),
        ("\ufeff" + GOOD, []),
        (f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: X\n\n{GOOD}-----BEGIN PGP SIGNATURE-----\n\niQ==\n", []),
        (GOOD.replace("mailto:", ""), ["no URI"]),
        (GOOD + "Policy: http://acme.example/p\n", ["no URI"]),
        (GOOD + GOOD, ["2 fields Expires"]),
        (GOOD.replace("2027", "2026"), ["it expired on 2026-06-01"]),
        (GOOD.replace("2027-06-01T", "1 June 2027 "), ["no date"]),
        ("nothing", ["no Contact", "no Expires"]),
        ("Contact: https://[\nExpires: 2027-02-30T00:00:00Z\n", ["no URI", "no date"]),
    ],
)  # fmt: skip
def test_security_txt_is_judged_by_its_fields(body, wrong):
    probe = HttpProbe("https://acme.example/.well-known/security.txt")
    headers = (("content-type", "text/plain; charset=utf-8"),)
    found = problems(HttpResult(probe, None, 200, headers, body.encode()), NOW)
    assert len(found) == len(wrong), found
    assert all(part in text for part, text in zip(wrong, found, strict=True))


def test_security_txt_is_plain_text():
    probe = HttpProbe("https://acme.example/.well-known/security.txt")
    (found,) = problems(HttpResult(probe, None, 200, (), GOOD.encode()), NOW)
    assert "type" in found


def test_what_could_not_be_found_out_keeps_its_severity():
    severities = {check.id: check.severity for check in load() if check.id.startswith("dns.registration.")}
    assert {key for key, severity in severities.items() if severity is Severity.CRITICAL} == {
        "dns.registration.status"
    }
