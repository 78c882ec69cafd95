"""DANE for mail: TLSA records of the client's own mail hosts, which senders follow or ignore as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    not_applicable,
    passed,
    undecided,
)
from launchready.checklist.tls.dane import parse
from launchready.client_file.names import within
from launchready.evidence.types import DnsProbe, DnsResult
from launchready.mailauth.dns import mx_hosts

SMTP = "_25._tcp."


def _hosts(subject: Subject) -> list[str]:
    """MX hosts of the domain's own, as DNS serves them."""
    domain = subject.declared.domain
    answer = subject.evidence.dns(domain, "MX")
    return [host for _, host in mx_hosts(answer.data) if host and within(host, domain)]


def questions(subject: Subject) -> Iterator[DnsProbe]:
    domain = subject.declared.domain
    yield DnsProbe(domain, "MX")
    yield DnsProbe(domain, "DNSKEY")
    for host in _hosts(subject):
        yield DnsProbe(f"{SMTP}{host}", "TLSA")


@check(
    "email_auth.dane.usable",
    severity=Severity.MEDIUM,
    needs=[questions],
    reference="RFC 7672 §2.2 and §3.1",
    defect="a mail host has TLSA records that senders can't use, or that make them hold mail back",
    fix=Fix(
        "launchready:records",
        "sign the zone (tls.dnssec), and publish usage 3 or 2 with selector 1 and SHA-256",
    ),
)
def tlsa_records_of_mail_hosts_can_be_used(subject: Subject) -> Iterable[Outcome]:
    """TLSA records of own MX hosts are well-formed, of usage 2 or 3, and the zone is signed."""
    exchangers = subject.evidence.dns(subject.declared.domain, "MX")
    if not exchangers.answered:
        return [undecided(subject.declared.domain, exchangers)]
    found = [_judged(subject, host) for host in _hosts(subject)]
    return found or [not_applicable(subject.declared.domain, "no MX host of its own")]


def _judged(subject: Subject, host: str) -> Outcome:
    answer = subject.evidence.dns(f"{SMTP}{host}", "TLSA")
    if not answer.answered:
        return undecided(host, answer)
    if not answer.data:
        return not_applicable(host, "no TLSA record: DANE is not used")
    keys = subject.evidence.dns(subject.declared.domain, "DNSKEY")
    if not keys.answered:
        return undecided(host, keys)
    evidence = [answer.probe.id, keys.probe.id]
    expected = "usage 2 or 3 in a signed zone"
    wrong = list(_problems(answer, signed=bool(keys.data)))
    if wrong:
        return failed(host, "; ".join(wrong), expected=expected, evidence=evidence)
    return passed(host, f"{len(answer.data)} TLSA record(s)", expected=expected, evidence=evidence)


def _problems(answer: DnsResult, *, signed: bool) -> Iterator[str]:
    if not signed:
        yield "the zone is not signed: senders ignore the records"
    for text in answer.data:
        found = parse(text)
        if found is None or found.problem:
            yield f"{text[:60]}: {found.problem if found is not None else 'no TLSA'}"
        elif found.usage not in (2, 3):
            yield f"usage {found.usage} is not for mail (RFC 7672 §3.1.3)"
