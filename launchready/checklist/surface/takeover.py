"""Hosts that point at somebody else's service, where their name is free to be claimed by anyone.

Only declared hosts are asked, and only their own front pages; the services are those of ``takeovers.json``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from launchready.checklist.answers import is_stand_in
from launchready.checklist.hosts import WEB_TYPES, web_hosts
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
from launchready.checklist.surface.services import Service, service_at, service_of
from launchready.checklist.tls.hosts import OWN_SERVER
from launchready.evidence.types import Cause, DnsProbe, DnsResult, HttpProbe, Probe

NOT_THERE = frozenset({Cause.REFUSED, Cause.LAME, Cause.NXDOMAIN, Cause.NODATA})
"""How a server answers for a zone that it does not have."""


@dataclass(frozen=True, slots=True)
class Pointing:
    """A host (a wildcard's is a name below it), and what it points at by declaration."""

    host: str
    targets: tuple[str, ...]
    addresses: tuple[str, ...]


def _pointing(subject: Subject) -> Iterator[Pointing]:
    declared = subject.declared
    own = [record for record in declared.records if record.type in WEB_TYPES]
    names = (*web_hosts(declared), *(record.name for record in own))
    for name in dict.fromkeys(names):
        if any(label.startswith("_") for label in name.split(".")):
            continue
        here = [record for record in own if record.name == name]
        yield Pointing(
            name.replace("*", subject.evidence.nonce, 1),
            tuple(record.content.rstrip(".").lower() for record in here if record.type == "CNAME"),
            tuple(record.content for record in here if record.type != "CNAME"),
        )


def _look_ups(subject: Subject) -> Iterator[Probe]:
    for one in _pointing(subject):
        yield from (DnsProbe(name, "A") for name in (one.host, *one.targets))


def _fronts(subject: Subject) -> Iterator[Probe]:
    """The front pages of hosts at a service whose answer tells."""
    for one in _pointing(subject):
        found = _service(subject, one)
        if found is not None and found[1].text and not _absent(subject, one):
            yield HttpProbe(f"https://{one.host}/")


def _answers(subject: Subject, one: Pointing) -> list[DnsResult]:
    return [subject.evidence.dns(name, "A") for name in (one.host, *one.targets)]


def _service(subject: Subject, one: Pointing) -> tuple[str, Service] | None:
    """Where a host points and the service that is there: by declaration, by alias, by address."""
    answers = _answers(subject, one)
    aliases = [text for answer in answers for r in answer.answer if r.type == "CNAME" for text in r.data]
    for target in (*one.targets, *aliases):
        service = service_of(target)
        if service is not None:
            return target.rstrip("."), service
    addresses = (*one.addresses, *(text for answer in answers for text in answer.data))
    service = service_at(addresses)
    return (", ".join(addresses), service) if service is not None else None


def _absent(subject: Subject, one: Pointing) -> DnsResult | None:
    """The answer by which what the host points at does not exist."""
    for answer in _answers(subject, one):
        alias = answer.probe.name in one.targets or any(r.type == "CNAME" for r in answer.answer)
        if alias and answer.cause is Cause.NXDOMAIN:
            return answer
    return None


@check(
    "surface.takeover",
    severity=Severity.CRITICAL,
    needs=[_look_ups, _fronts],
    reference="OWASP WSTG-CONF-10; learn.microsoft.com/azure/security/fundamentals/subdomain-takeover",
    defect="a host points at a service where nobody has claimed it: whoever does answers in its name",
    fix=Fix("launchready:hosts", "claim the host at the service again, or take its record away today"),
)
def nobody_can_claim_a_host(subject: Subject) -> Iterator[Outcome]:
    """No host points at a service's free name, and none gets a service's "no such site"."""
    found = False
    for one in _pointing(subject):
        at = _service(subject, one)
        broken = next((answer for answer in _answers(subject, one) if not answer.answered), None)
        if at is not None:
            found = True
            yield _claimed(subject, one, *at)
        elif broken is not None:
            found = True
            yield undecided(one.host, broken, expected="no alias of a service's free name")
    if not found:
        yield not_applicable(subject.declared.domain, "no host points at a service that is known for it")


def _claimed(subject: Subject, one: Pointing, target: str, service: Service) -> Outcome:
    where, expected = f"{one.host} → {target}", f"a name that is claimed at {service.service}"
    absent = _absent(subject, one)
    if absent is not None and service.absent:
        return failed(where, f"NXDOMAIN at {service.service}", expected=expected, evidence=[absent.probe.id])
    broken = next((answer for answer in _answers(subject, one) if not answer.answered), None)
    if broken is not None:
        return undecided(where, broken, expected=expected)
    if absent is not None or not service.text:
        return passed(where, f"{service.service}: no sign of a free name")
    result = subject.evidence.http(f"https://{one.host}/")
    if service.says_unclaimed(result):
        observed = f"{result.status}: {service.text.decode()}"
        return failed(where, observed, expected=expected, evidence=[result.probe.id])
    if is_stand_in(subject, one.host):
        return not_applicable(where, OWN_SERVER)
    if result.cause is not None and result.cause is not Cause.PLACEHOLDER:
        return undecided(where, result, expected=expected)
    return passed(where, f"{service.service} answers {result.status}", evidence=[result.probe.id])


def _cuts(subject: Subject) -> Iterator[tuple[str, str]]:
    """(name, server) of every part of the zone that is delegated away."""
    for record in subject.declared.records:
        if record.type == "NS" and record.name != subject.declared.domain:
            yield record.name, record.content.rstrip(".").lower()


def _servers(subject: Subject) -> Iterator[Probe]:
    for _, server in _cuts(subject):
        yield from (DnsProbe(server, rdtype) for rdtype in ("A", "AAAA"))
    for name, server in _cuts(subject):
        yield from (DnsProbe(name, "SOA", address) for address in _addresses(subject, server))


def _addresses(subject: Subject, server: str) -> tuple[str, ...]:
    """Of the server; IPv6 only where there is nothing else."""
    return subject.evidence.dns(server, "A").data or subject.evidence.dns(server, "AAAA").data


@check(
    "surface.takeover.delegation",
    severity=Severity.CRITICAL,
    needs=[_servers],
    reference="RFC 1912 §2.8; OWASP WSTG-CONF-10",
    defect="a part of the zone is delegated to servers that don't have it: whoever gets it there owns it",
    fix=Fix("launchready:records", "create the zone at those servers again, or take the NS records away"),
    public=False,
)
def no_delegation_is_free(subject: Subject) -> Iterator[Outcome]:
    """Every server that a part of the zone is delegated to exists, and has that part."""
    found = False
    for name, server in _cuts(subject):
        found = True
        yield _served(subject, name, server)
    if not found:
        yield not_applicable(subject.declared.domain, "no part of the zone is delegated away")


def _served(subject: Subject, name: str, server: str) -> Outcome:
    where, expected = f"{name} NS {server}", "a server that has the zone"
    known = [subject.evidence.dns(server, rdtype) for rdtype in ("A", "AAAA")]
    addresses = _addresses(subject, server)
    broken = next((answer for answer in known if not answer.answered), None)
    if broken is not None and not addresses:
        if subject.evidence.on_edge and broken.cause is Cause.SERVFAIL:
            return not_applicable(where, "in a rehearsal nobody serves what is delegated away")
        return undecided(where, broken, expected=expected)
    if not addresses:
        return failed(where, str(known[0].cause), expected=expected, evidence=[known[0].probe.id])
    for address in addresses:
        answer = subject.evidence.dns_at(name, "SOA", address)
        if answer.cause in NOT_THERE:
            observed = f"{address}: {answer.cause}"
            return failed(where, observed, expected=expected, evidence=[answer.probe.id])
        if not answer.answered:
            return undecided(where, answer, expected=expected)
    return passed(where, f"{len(addresses)} addresses answer for it")
