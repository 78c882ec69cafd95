"""What records point to, and what names mean to a resolver: the view of the launch's users."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from launchready.checklist.dns import rdata
from launchready.checklist.dns.expect import Kind, expected
from launchready.checklist.dns.undeclared import asked_types, probe_all
from launchready.checklist.hosts import web_hosts
from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    inconclusive,
    not_applicable,
    passed,
    undecided,
)
from launchready.checklist.surface.services import service_of
from launchready.evidence.types import EACH_AUTHORITATIVE, Cause, DnsProbe, DnsResult, Probe

DAY = 86_400
SHORTEST_TTL = 30
"""Cloudflare's own minimum (Enterprise; 60 elsewhere): less than that is served by no declared record."""
TESTING_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in (
        "127.0.0.0/8",
        "192.0.2.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "2001:db8::/32",
        "::1/128",
    )
)
"""Loopback and documentation: what a rehearsal's own world and its example files are made of."""


def _pointing(subject: Subject) -> list[tuple[str, str]]:
    """(name, type) of every RRset whose targets must be hosts with addresses."""
    found = [(subject.declared.domain, "NS"), (subject.declared.domain, "MX")]
    found += [
        (item.name, item.type)
        for item in expected(subject.declared)
        if item.type in ("MX", "SRV") and item.kind is Kind.DIRECT
    ]
    return list(dict.fromkeys(found))


def _targets(subject: Subject) -> list[tuple[str, str]]:
    """(target, who points to it), once for each target."""
    found: dict[str, str] = {}
    for name, rdtype in _pointing(subject):
        for result in subject.evidence.authoritative(name, rdtype):
            for text in result.data:
                host = rdata.target(rdtype, text)
                if host is not None:
                    found.setdefault(host, f"{name} {rdtype}")
    return list(found.items())


def _pointed_to(subject: Subject) -> Iterator[Probe]:
    yield from (DnsProbe(name, rdtype, EACH_AUTHORITATIVE) for name, rdtype in _pointing(subject))
    for host, _ in _targets(subject):
        yield from (DnsProbe(host, rdtype) for rdtype in ("A", "AAAA"))


def _unread(subject: Subject) -> list[Outcome]:
    """Inconclusive outcomes for the RRsets that could not be read."""
    outcomes = []
    for name, rdtype in _pointing(subject):
        results = subject.evidence.authoritative(name, rdtype)
        broken = next((result for result in results if not result.answered), None)
        if broken is not None:
            outcomes.append(undecided(f"{name} {rdtype}", broken))
    return outcomes


@check(
    "dns.targets.resolve",
    severity=Severity.HIGH,
    needs=[_pointed_to],
    reference="RFC 5321 §5.1",
    defect="an MX, NS or SRV record points to a host without an address",
    fix=Fix("launchready:records", "correct the target, or give it an address"),
)
def targets_have_addresses(subject: Subject) -> Iterable[Outcome]:
    """Every target of MX, NS and SRV records has an address."""
    yield from _unread(subject)
    for host, source in _targets(subject):
        answers = [subject.evidence.dns(host, rdtype) for rdtype in ("A", "AAAA")]
        where = f"{source} → {host}"
        if any(answer.data for answer in answers):
            yield passed(where, rdata.show(text for answer in answers for text in answer.data))
        elif all(answer.answered for answer in answers):
            yield failed(where, str(answers[0].cause), expected="an address", evidence=[answers[0].probe.id])
        else:
            broken = next(answer for answer in answers if not answer.answered)
            yield undecided(where, broken, expected="an address")


@check(
    "dns.targets.alias",
    severity=Severity.MEDIUM,
    needs=[_pointed_to],
    reference="RFC 2181 §10.3",
    defect="an MX, NS or SRV record points to an alias",
    fix=Fix("launchready:records", "point to the host that the CNAME leads to"),
)
def targets_are_no_aliases(subject: Subject) -> Iterable[Outcome]:
    """No target of MX, NS and SRV records is a CNAME."""
    yield from _unread(subject)
    for host, source in _targets(subject):
        answer = subject.evidence.dns(host, "A")
        where = f"{source} → {host}"
        alias = next((r for r in answer.answer if r.type == "CNAME" and r.name == host), None)
        if alias is not None:
            yield failed(where, f"a CNAME to {rdata.show(alias.data)}", evidence=[answer.probe.id])
        elif answer.answered:
            yield passed(where, "no alias", evidence=[answer.probe.id])
        else:
            yield undecided(where, answer)


def _aliases(subject: Subject) -> Iterator[tuple[str, str]]:
    """(name, target) of declared CNAMEs: those behind the edge can't be seen from outside."""
    for record in subject.declared.records:
        if record.type == "CNAME":
            yield record.name, record.content.rstrip(".").lower()


def _alias_targets(subject: Subject) -> Iterator[Probe]:
    return (DnsProbe(target, "A") for target in dict.fromkeys(target for _, target in _aliases(subject)))


@check(
    "dns.cname.dangling",
    severity=Severity.HIGH,
    needs=[_alias_targets],
    reference="OWASP WSTG-CONF-10",
    defect="a CNAME points to a name that does not exist: whoever registers it takes the host over",
    fix=Fix("launchready:hosts", "remove the CNAME, or create what it points to"),
    public=False,
)
def no_cname_dangles(subject: Subject) -> Iterable[Outcome]:
    """Every declared CNAME's target exists."""
    for name, target in _aliases(subject):
        answer = subject.evidence.dns(target, "A")
        where = f"{name} → {target}"
        service = service_of(target)
        if answer.cause is Cause.NXDOMAIN and service is not None and service.absent:
            yield not_applicable(where, f"free at {service.service}: see surface.takeover")
        elif answer.cause is Cause.NXDOMAIN:
            yield failed(where, "NXDOMAIN", expected="a name that exists", evidence=[answer.probe.id])
        elif answer.answered:
            yield passed(where, "exists", evidence=[answer.probe.id])
        else:
            yield undecided(where, answer)


def _hosts(subject: Subject) -> Iterator[str]:
    return iter(web_hosts(subject.declared))


def _host_addresses(subject: Subject) -> Iterator[Probe]:
    for host in _hosts(subject):
        yield from (DnsProbe(host, rdtype) for rdtype in ("A", "AAAA"))


@check(
    "dns.hosts.resolve",
    severity=Severity.CRITICAL,
    needs=[_host_addresses],
    reference="RFC 1034 §5.3.1",
    defect="a host of the launch has no address for a resolver",
    fix=Fix("launchready:hosts", "run `launch up`, then check the delegation"),
)
def every_host_resolves(subject: Subject) -> Iterable[Outcome]:
    """Every declared host, the apex included, has an address for a recursive resolver."""
    for host in _hosts(subject):
        answers = [subject.evidence.dns(host, rdtype) for rdtype in ("A", "AAAA")]
        if any(answer.data for answer in answers):
            yield passed(host, rdata.show(text for answer in answers for text in answer.data))
        elif all(answer.answered for answer in answers):
            yield failed(host, str(answers[0].cause), expected="an address", evidence=[answers[0].probe.id])
        else:
            yield undecided(host, next(answer for answer in answers if not answer.answered))


@check(
    "dns.address.public",
    severity=Severity.HIGH,
    needs=[_host_addresses],
    reference="RFC 6890 §2.2",
    defect="a public name has an address that is not reachable on the internet",
    fix=Fix("launchready:hosts", "give the host a public address, or take it out of public DNS"),
)
def no_private_address_is_published(subject: Subject) -> Iterable[Outcome]:
    """No host answers with a private, reserved or link-local address."""
    for host in _hosts(subject):
        answers = [subject.evidence.dns(host, rdtype) for rdtype in ("A", "AAAA")]
        addresses = [text for answer in answers for text in answer.data]
        private = [text for text in addresses if not _is_public(text, on_edge=subject.evidence.on_edge)]
        if private:
            yield failed(
                host, rdata.show(private), expected="public addresses", evidence=[answers[0].probe.id]
            )
        elif addresses:
            yield passed(host, rdata.show(addresses), evidence=[answers[0].probe.id])
        else:
            broken = next((answer for answer in answers if not answer.answered), None)
            yield undecided(host, broken) if broken else not_applicable(host, "no address")


def _is_public(text: str, *, on_edge: bool) -> bool:
    address = ipaddress.ip_address(text)
    if on_edge and any(address.version == net.version and address in net for net in TESTING_NETWORKS):
        return True
    return address.is_global and not address.is_multicast


def _served(subject: Subject) -> Iterator[DnsProbe]:
    yield DnsProbe(subject.declared.domain, "A", EACH_AUTHORITATIVE)
    for item in expected(subject.declared):
        if item.kind is not Kind.OCCLUDED:
            yield DnsProbe(item.name, item.type, EACH_AUTHORITATIVE)


@check(
    "dns.ttl.sane",
    severity=Severity.LOW,
    needs=[_served],
    reference="RFC 2181 §8",
    defect="a TTL is so short that caches don't work, or so long that a mistake stays for days",
    fix=Fix("launchready:records", "use 300 to 86400 seconds, or 1 (automatic)"),
)
def ttls_are_sane(subject: Subject) -> Iterable[Outcome]:
    """Served TTLs lie between 30 seconds and a day."""
    probes = list(_served(subject))
    odd: dict[str, int] = {}
    seen = 0
    unread: DnsResult | None = None
    for probe in probes:
        for result in subject.evidence.results[probe.id]:
            if not isinstance(result, DnsResult):
                continue
            unread = result if not result.answered else unread
            for rrset in result.answer:
                seen += 1
                if rrset.name == probe.name and not SHORTEST_TTL <= rrset.ttl <= DAY:
                    odd[f"{rrset.name} {rrset.type}"] = rrset.ttl
    for where, ttl in odd.items():
        yield failed(where, f"TTL {ttl}", expected=f"{SHORTEST_TTL}–{DAY}")
    if not odd and unread is not None:
        yield undecided(subject.declared.domain, unread)
    elif not odd and not seen:
        yield not_applicable(subject.declared.domain, "no record is served")
    elif not odd:
        yield passed(subject.declared.domain, f"{seen} RRsets between {SHORTEST_TTL} and {DAY} s")


@check(
    "dns.cname.alone",
    severity=Severity.HIGH,
    needs=[probe_all],
    reference="RFC 2181 §10.1",
    defect="a name has a CNAME and other data: resolvers see one or the other at random",
    fix=Fix("launchready:records", "keep the CNAME or the other records, not both"),
    public=False,
)
def no_cname_stands_beside_other_data(subject: Subject) -> Iterable[Outcome]:
    """Where a name server shows a CNAME, it shows nothing else."""
    shown: dict[str, set[str]] = {}
    asked: set[str] = set()
    unread: DnsResult | None = None
    for probe in probe_all(subject):
        asked.add(probe.name)
        for result in subject.evidence.results.get(probe.id, ()):
            if isinstance(result, DnsResult):
                unread = result if not result.answered else unread
                for rrset in result.answer:
                    if rrset.name == result.probe.name and rrset.type not in ("RRSIG", "NSEC"):
                        shown.setdefault(rrset.name, set()).add(rrset.type)
    mixed = {name: types for name, types in shown.items() if "CNAME" in types and len(types) > 1}
    for name, types in mixed.items():
        yield failed(name, rdata.show(types), expected="a CNAME alone")
    if not mixed and unread is not None:
        cause = unread.cause or Cause.MALFORMED
        yield inconclusive(subject.declared.domain, cause, unread.detail, evidence=[unread.probe.id])
    elif not mixed:
        words = f"{len(asked)} names asked for {', '.join(asked_types(subject))}"
        yield passed(subject.declared.domain, words)
