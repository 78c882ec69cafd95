"""Going back: how long the world keeps an address that has to change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from launchready.checklist.hosts import web_hosts
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
from launchready.evidence.types import EACH_AUTHORITATIVE, DnsProbe, DnsResult, Probe

LONGEST = 3_600
"""Seconds: a launch that is moved back is back for everyone after this."""
TYPES = ("A", "AAAA")


def _own_servers(subject: Subject) -> list[str]:
    """Hosts that lead to servers of their own: only there does an address change with a rollback."""
    proxied = {record.name for record in subject.declared.records if record.proxied}
    return [host for host in web_hosts(subject.declared) if host not in proxied]


def addresses(subject: Subject) -> Iterator[Probe]:
    for host in _own_servers(subject):
        yield from (DnsProbe(host, kind, EACH_AUTHORITATIVE) for kind in TYPES)


@check(
    "deployment.ttl.rollback",
    severity=Severity.MEDIUM,
    needs=[addresses],
    reference="RFC 2181 §8 (TTL); RFC 1034 §3.6 (lower it before a change)",
    defect="resolvers keep an address for hours: a rollback to another server does not reach customers",
    fix=Fix("launchready:hosts", "set ttl: 5m (an hour at most) while a launch may have to be moved back"),
)
def addresses_can_be_changed_within_the_hour(subject: Subject) -> Iterable[Outcome]:
    """Addresses of hosts that are not proxied have a TTL of an hour at most, at every name server."""
    hosts = _own_servers(subject)
    if not hosts:
        return [not_applicable(subject.declared.domain, "every host is proxied: its addresses never change")]
    return [_judged(subject, host) for host in hosts]


def _judged(subject: Subject, host: str) -> Outcome:
    answers = [one for kind in TYPES for one in subject.evidence.authoritative(host, kind)]
    expected = f"{LONGEST} s at most"
    longest = max((_ttl(answer) for answer in answers), default=0)
    evidence = list(dict.fromkeys(answer.probe.id for answer in answers))
    if longest > LONGEST:
        return failed(host, f"TTL {longest} s", expected=expected, evidence=evidence)
    unknown = next((answer for answer in answers if not answer.answered), None)
    if unknown is not None:
        return undecided(host, unknown, expected=expected)
    if not longest:
        return not_applicable(host, "has no address")
    return passed(host, f"TTL {longest} s", expected=expected, evidence=evidence)


def _ttl(answer: DnsResult) -> int:
    """The longest of an answer's address records and of the aliases that lead to them."""
    return max((rrset.ttl for rrset in answer.answer if rrset.type in (*TYPES, "CNAME")), default=0)
