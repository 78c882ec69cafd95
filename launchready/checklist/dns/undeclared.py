"""``dns.record.undeclared``: nothing is served that the client file does not declare."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator

from launchready.checklist.dns import rdata
from launchready.checklist.dns.expect import Kind, by_question, names, wildcard_for
from launchready.checklist.dns.served import CLOUDFLARE_CAA
from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    inconclusive,
    passed,
)
from launchready.evidence.types import EACH_AUTHORITATIVE, Cause, DnsProbe, DnsResult, RRset

TYPES = ("A", "AAAA", "CNAME", "MX", "TXT", "CAA", "NS", "SRV", "TLSA")
FEW_TYPES = ("A", "AAAA", "MX", "TXT")
"""Asked instead where the zone has more than MANY names: A shows aliases and delegations too."""
MANY = 100

WELL_KNOWN = (
    "www", "mail", "webmail", "smtp", "imap", "pop", "mx", "ftp", "sftp", "cpanel", "whm", "autodiscover",
    "autoconfig", "mta-sts", "ns1", "ns2", "vpn", "remote", "dev", "test", "stage", "staging", "beta", "demo",
    "old", "new", "backup", "api", "app", "portal", "admin", "login", "blog", "shop", "static", "cdn", "m",
    "status", "git", "db", "_dmarc", "_mta-sts", "_smtp._tls", "default._domainkey", "google._domainkey",
    "selector1._domainkey", "k1._domainkey",
)  # fmt: skip
"""Names under which forgotten records are found."""

_INFRASTRUCTURE = frozenset(
    {"SOA", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY", "HTTPS"}
)
"""Served without being declared: by DNSSEC, or (HTTPS) by Cloudflare for proxied names."""


def _server(subject: Subject, name: str) -> str:
    """One name server for a name, always the same; agreement of the servers is another check's."""
    servers = subject.evidence.nameservers
    return servers[zlib.crc32(name.encode()) % len(servers)][1] if servers else EACH_AUTHORITATIVE


def _probe(subject: Subject, name: str, rdtype: str) -> DnsProbe:
    return DnsProbe(name, rdtype, _server(subject, name))


def probe_all(subject: Subject) -> Iterator[DnsProbe]:
    """At declared names the usual types; at well-known names A, and the rest where the name exists.

    Where a wildcard answers for everything, a random name stands for all the well-known ones.
    """
    nobody = _probe(subject, f"{subject.evidence.nonce}.{subject.declared.domain}", "A")
    yield nobody
    for name in names(subject.declared):
        for rdtype in asked_types(subject):
            yield _probe(subject, name, rdtype)
    if _exists(subject, nobody):
        return
    for name in _well_known(subject):
        yield _probe(subject, name, "A")
    for name in _well_known(subject):
        if _exists(subject, _probe(subject, name, "A")):
            yield from (_probe(subject, name, rdtype) for rdtype in TYPES)


def asked_types(subject: Subject) -> tuple[str, ...]:
    return FEW_TYPES if len(names(subject.declared)) > MANY else TYPES


def _well_known(subject: Subject) -> Iterator[str]:
    known = {*names(subject.declared), *(pending.record.name for pending in subject.declared.pending)}
    for label in WELL_KNOWN:
        name = f"{label}.{subject.declared.domain}"
        if name not in known and wildcard_for(subject.declared, name) is None:
            yield name


def _exists(subject: Subject, probe: DnsProbe) -> bool:
    """Was the name found to exist, with or without data of the asked type?"""
    found = subject.evidence.results.get(probe.id, ())
    return any(isinstance(result, DnsResult) and result.cause in (None, Cause.NODATA) for result in found)


@check(
    "dns.record.undeclared",
    severity=Severity.MEDIUM,
    needs=[probe_all],
    reference="OWASP API9:2023 Improper Inventory Management",
    defect="a name server serves a record that the client file does not declare",
    fix=Fix("launchready:records", "declare it, or delete it from the zone"),
    public=False,
)
def nothing_undeclared_is_served(subject: Subject) -> Iterable[Outcome]:
    """At declared and well-known names, nothing is served beyond what the file declares."""
    extra: dict[tuple[str, str], set[str]] = defaultdict(set)
    unknown: dict[Cause, list[DnsResult]] = defaultdict(list)
    asked = list(_results(subject))
    nobody = f"{subject.evidence.nonce}.{subject.declared.domain}"
    for result in asked:
        if not result.answered:
            unknown[result.cause or Cause.MALFORMED].append(result)
        for rrset in result.answer:
            if rrset.name == result.probe.name:
                owner = f"*.{subject.declared.domain}" if rrset.name == nobody else rrset.name
                extra[owner, rrset.type] |= set(_undeclared(subject, rrset))
    found = {question: texts for question, texts in extra.items() if texts}
    for (name, rdtype), texts in found.items():
        probe = _probe(subject, name, rdtype)
        yield failed(
            f"{name} {rdtype}",
            rdata.show(texts),
            expected="no record that is not declared",
            evidence=[probe.id],
        )
    for cause, results in unknown.items():
        ids = [result.probe.id for result in results]
        words = f"{len(ids)} of {len(asked)} questions without an answer: {results[0].detail or cause}"
        yield inconclusive(subject.declared.domain, cause, words, evidence=ids[:5])
    if not found and not unknown:
        yield passed(subject.declared.domain, f"{len(asked)} questions brought nothing undeclared")


def _results(subject: Subject) -> Iterator[DnsResult]:
    """Every answer that may show something: the planner's, and each server's for declared RRsets."""
    questions = list(probe_all(subject))
    declared = (
        DnsProbe(item.name, item.type, EACH_AUTHORITATIVE)
        for item in by_question(subject.declared).values()
        if item.kind is Kind.DIRECT
    )
    for probe in (*questions, *declared):
        found = subject.evidence.results.get(probe.id, ())
        yield from (result for result in found if isinstance(result, DnsResult))


def _undeclared(subject: Subject, rrset: RRset) -> list[str]:
    declared = subject.declared
    if rrset.type in _INFRASTRUCTURE or (rrset.type == "NS" and rrset.name == declared.domain):
        return []
    owner = wildcard_for(declared, rrset.name) or rrset.name
    item = by_question(declared).get((owner, rrset.type))
    if item is None:
        return list(rrset.data)
    if item.kind is not Kind.DIRECT:
        return []
    extra = rdata.missing(rrset.type, rrset.data, item.data)
    if rrset.type == "CAA" and not subject.evidence.on_edge and declared.universal_ssl:
        return [text for text in extra if not any(f'"{issuer}' in text for issuer in CLOUDFLARE_CAA)]
    return extra
