"""Row ``dns`` on the internet, over evidence made by hand: what a rehearsal can't show."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from launchready import checklist
from launchready.checklist.dns import rdata
from launchready.checklist.dns.cloudflare_ranges import is_cloudflare
from launchready.checklist.dns.expect import Kind, expected, wildcard_for
from launchready.checklist.registry import Outcome, Status, Subject
from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.evidence.types import (
    EACH_AUTHORITATIVE,
    PARENT,
    Cause,
    DnsProbe,
    DnsResult,
    Evidence,
    Result,
    RRset,
)

DOMAIN = "acme.example"
CHECKS = checklist.load().checks


def subject(values: dict[str, Any], *results: DnsResult, **facts: object) -> Subject:
    client = ClientFile.model_validate({"domain": DOMAIN, "email": "none", **values})
    found: dict[str, tuple[Result, ...]] = {}
    for result in results:
        found[result.probe.id] = (*found.get(result.probe.id, ()), result)
    known: dict[str, object] = {"now": datetime(2026, 11, 24, tzinfo=UTC), "target": "live", **facts}
    return Subject(client, declare(client), Evidence(found, known))


def run(check_id: str, seen: Subject) -> list[Outcome]:
    outcome = CHECKS[check_id].run(seen)
    return [outcome] if isinstance(outcome, Outcome) else list(outcome)


def answer(
    name: str, rdtype: str, data: Iterable[str] = (), *, server: str = EACH_AUTHORITATIVE, ttl: int = 300,
    cause: Cause | None = None, label: str = "192.0.2.53", **sections: tuple[RRset, ...],
) -> DnsResult:  # fmt: skip
    data = tuple(data)
    rrsets = (RRset(name, rdtype, ttl, data),) if data else ()
    if not data and cause is None:
        cause = Cause.NODATA
    return DnsResult(
        DnsProbe(name, rdtype, server), label, cause, rrsets, flags=frozenset({"aa", "edns"}), **sections
    )


PROXIED = {"hosts": {"@": {"address": "203.0.113.10"}}, "tls": {"caa": "none", "dnssec": False}}


def served(*results: DnsResult, values: dict[str, Any] = PROXIED) -> dict[str, Outcome]:
    return {outcome.subject: outcome for outcome in run("dns.record.served", subject(values, *results))}


def test_a_proxied_name_is_served_by_cloudflares_networks() -> None:
    good = served(answer(DOMAIN, "A", ["104.21.4.7"]), answer(DOMAIN, "AAAA", ["2606:4700::6815:407"]))
    assert {outcome.status for outcome in good.values()} == {Status.PASS}
    bare = served(answer(DOMAIN, "A", ["203.0.113.10"]), answer(DOMAIN, "AAAA"))
    assert bare[f"{DOMAIN} A"].status is Status.FAIL
    assert "not proxied" in bare[f"{DOMAIN} A"].observed
    assert bare[f"{DOMAIN} AAAA"].status is Status.PASS
    none = served(answer(DOMAIN, "A"), answer(DOMAIN, "AAAA"))
    assert none[f"{DOMAIN} A"].status is Status.FAIL


@pytest.mark.parametrize(
    "cause",
    [Cause.SERVFAIL, Cause.TIMEOUT, Cause.REFUSED, Cause.LAME, Cause.CONNECTION_REFUSED, Cause.MALFORMED],
)
def test_a_failure_to_find_out_keeps_its_cause_and_advises_nothing(cause: Cause) -> None:
    found = served(answer(DOMAIN, "A", cause=cause), answer(DOMAIN, "AAAA", cause=cause))
    assert {(outcome.status, outcome.cause) for outcome in found.values()} == {(Status.INCONCLUSIVE, cause)}
    assert {outcome.fix for outcome in found.values()} == {None}


def test_one_wrong_server_outweighs_one_that_does_not_answer() -> None:
    wrong = answer(DOMAIN, "A", ["203.0.113.10"], label="192.0.2.1")
    silent = answer(DOMAIN, "A", cause=Cause.TIMEOUT, label="192.0.2.2")
    found = served(silent, wrong, answer(DOMAIN, "AAAA"))
    assert found[f"{DOMAIN} A"].status is Status.FAIL
    assert "192.0.2.1" in found[f"{DOMAIN} A"].observed


def test_absent_names_are_told_apart_from_absent_data() -> None:
    values = PROXIED | {"hosts": {}, "records": [{"name": "x", "type": "A", "content": "203.0.113.9"}]}
    gone = served(answer(f"x.{DOMAIN}", "A", cause=Cause.NXDOMAIN), values=values)[f"x.{DOMAIN} A"]
    empty = served(answer(f"x.{DOMAIN}", "A"), values=values)[f"x.{DOMAIN} A"]
    assert ("NXDOMAIN" in gone.observed, "NODATA" in empty.observed) == (True, True)


CAA = {"hosts": {}, "tls": {"caa": ["letsencrypt.org"], "dnssec": False}}
DECLARED_CAA = ('0 issue "letsencrypt.org"', '0 issuewild "letsencrypt.org"')


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ((), Status.PASS),
        (('0 issue "pki.goog; cansignhttpexchanges=yes"', '0 issue "digicert.com"'), Status.PASS),
        (('0 issue "other.example"',), Status.FAIL),
    ],
)
def test_cloudflares_own_caa_records_are_no_drift(more: tuple[str, ...], status: Status) -> None:
    found = served(answer(DOMAIN, "CAA", (*DECLARED_CAA, *more)), values=CAA)
    assert found[f"{DOMAIN} CAA"].status is status


FLAT = {"hosts": {"@": {"cname": "pool.example", "proxied": False}}, "tls": {"caa": "none", "dnssec": False}}


@pytest.mark.parametrize(
    ("addresses", "status"),
    [(["192.0.2.1"], Status.PASS), (["192.0.2.1", "192.0.2.7"], Status.PASS), (["192.0.2.9"], Status.FAIL)],
)
def test_a_flattened_apex_shares_addresses_with_its_target(addresses: list[str], status: Status) -> None:
    target = answer("pool.example", "A", ["192.0.2.1", "192.0.2.2"], server="resolver")
    none = answer("pool.example", "AAAA", server="resolver")
    found = served(answer(DOMAIN, "A", addresses), answer(DOMAIN, "AAAA"), target, none, values=FLAT)
    assert found[f"{DOMAIN} A"].status is status


def test_a_target_that_cannot_be_resolved_leaves_flattening_undecided() -> None:
    lost = [answer("pool.example", kind, cause=Cause.SERVFAIL, server="resolver") for kind in ("A", "AAAA")]
    found = served(answer(DOMAIN, "A", ["192.0.2.1"]), answer(DOMAIN, "AAAA"), *lost, values=FLAT)
    assert found[f"{DOMAIN} A"].cause is Cause.SERVFAIL


DELEGATED = {
    "hosts": {}, "tls": {"caa": "none", "dnssec": False},
    "records": [
        {"name": "sub", "type": "NS", "content": "ns1.host.example"},
        {"name": "deep.sub", "type": "A", "content": "203.0.113.9"},
    ],
}  # fmt: skip


def test_a_delegation_is_served_as_a_referral_and_hides_what_is_below() -> None:
    name = f"sub.{DOMAIN}"
    referral = DnsResult(
        DnsProbe(name, "NS", EACH_AUTHORITATIVE), "192.0.2.1", None,
        authority=(RRset(name, "NS", 300, ("ns1.host.example.",)),),
    )  # fmt: skip
    found = served(referral, values=DELEGATED)
    assert found[f"{name} NS"].status is Status.PASS
    assert found[f"deep.{name} A"].status is Status.NOT_APPLICABLE


def test_kinds_of_expectation() -> None:
    client = ClientFile.model_validate({"domain": DOMAIN, "email": "none", **DELEGATED})
    assert {item.subject: item.kind for item in expected(declare(client))} == {
        f"sub.{DOMAIN} NS": Kind.DELEGATION,
        f"deep.sub.{DOMAIN} A": Kind.OCCLUDED,
    }


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("a.pages", "*.pages"),
        ("b.a.pages", "*.pages"),
        ("there.pages", None),
        ("x.there.pages", None),
        ("other", None),
    ],
)
def test_a_wildcard_covers_what_nothing_nearer_declares(name: str, covered: str | None) -> None:
    records = [{"name": n, "type": "A", "content": "203.0.113.9"} for n in ("*.pages", "there.pages")]
    client = ClientFile.model_validate({"domain": DOMAIN, "email": "none", "records": records})
    found = wildcard_for(declare(client), f"{name}.{DOMAIN}")
    assert found == (f"{covered}.{DOMAIN}" if covered else None)


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "127.0.0.1", "169.254.1.1", "100.64.0.1", "192.0.2.1", "fd00::1", "224.0.0.1"]
)
def test_an_address_that_is_not_public_fails_on_the_internet(address: str) -> None:
    kind = "AAAA" if ":" in address else "A"
    other = "A" if kind == "AAAA" else "AAAA"
    results = [
        answer(DOMAIN, kind, [address], server="resolver"),
        answer(DOMAIN, other, server="resolver"),
    ]
    (outcome,) = run("dns.address.public", subject(PROXIED, *results))
    assert (outcome.status, outcome.observed) == (Status.FAIL, address)


def test_a_delegation_that_is_missing_is_a_mismatch() -> None:
    results = [
        answer(DOMAIN, "NS", server=PARENT, cause=Cause.NXDOMAIN),
        answer(DOMAIN, "NS", ["ns1.host.example."]),
    ]
    (outcome,) = run("dns.delegation.matches", subject(PROXIED, *results))
    assert outcome.status is Status.FAIL


@pytest.mark.parametrize(
    ("rdtype", "one", "other"),
    [
        ("CNAME", "Host.Example.", "host.example"),
        ("MX", "10 mail.example.", "10 MAIL.example"),
        ("AAAA", "2001:db8:0:0::1", "2001:db8::1"),
        ("TXT", '"a" "b"', '"a" "b"'),
        ("SRV", "1 2 3 A.example.", "1 2 3 a.example"),
    ],
)
def test_data_compares_as_it_means(rdtype: str, one: str, other: str) -> None:
    assert rdata.comparable(rdtype, one) == rdata.comparable(rdtype, other)


def test_data_that_differs_does_not_compare() -> None:
    assert rdata.comparable("TXT", '"ab"') != rdata.comparable("TXT", '"a" "b"')
    assert rdata.comparable("TXT", '"A"') != rdata.comparable("TXT", '"a"')


@pytest.mark.parametrize(
    ("rdtype", "text", "target"),
    [
        ("MX", "0 .", None),
        ("MX", "10 M.example.", "m.example"),
        ("SRV", "1 2 3 s.example.", "s.example"),
        ("A", "192.0.2.1", None),
    ],
)
def test_targets(rdtype: str, text: str, target: str | None) -> None:
    assert rdata.target(rdtype, text) == target


def test_cloudflares_networks() -> None:
    assert is_cloudflare("104.16.0.1")
    assert is_cloudflare("2606:4700::1")
    assert not is_cloudflare("203.0.113.10")
