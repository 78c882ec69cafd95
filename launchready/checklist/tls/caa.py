"""CAA: may the authority that issued the certificate issue for the host?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from launchready.checklist.dns import rdata
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
from launchready.checklist.tls import x509
from launchready.checklist.tls.hosts import each_handshake, handshakes, hosts
from launchready.evidence.types import DnsProbe, DnsResult, Probe, TlsResult

ISSUERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("let's encrypt", ("letsencrypt.org",)),
    ("google trust services", ("pki.goog",)),
    ("ssl corp", ("ssl.com",)),
    ("ssl.com", ("ssl.com",)),
    ("digicert", ("digicert.com",)),
    ("sectigo", ("sectigo.com", "comodoca.com", "usertrust.com")),
    ("comodo", ("comodoca.com", "sectigo.com")),
    ("zerossl", ("sectigo.com",)),
    ("amazon", ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")),
    ("globalsign", ("globalsign.com",)),
    ("entrust", ("entrust.net",)),
    ("godaddy", ("godaddy.com", "starfieldtech.com")),
    ("microsoft", ("microsoft.com",)),
    ("buypass", ("buypass.com",)),
)
"""Words of an issuer's name, and the CAA names by which it goes (its certification practice statement)."""


def _climb(subject: Subject, host: str) -> list[str]:
    """The names whose CAA may apply, nearest first, up to the client's domain (RFC 8659 §3)."""
    names = [host]
    while names[-1] != subject.declared.domain and "." in names[-1]:
        names.append(names[-1].partition(".")[2])
    return names


def _questions(subject: Subject) -> Iterator[Probe]:
    yield from handshakes(subject)
    names = {name for host in hosts(subject) for name in _climb(subject, host)}
    yield from (DnsProbe(name, "CAA") for name in sorted(names | {subject.declared.domain}))


def _relevant(subject: Subject, host: str) -> DnsResult:
    """The answer that decides for a host: the nearest one with CAA records, or the last one asked."""
    result = subject.evidence.dns(host, "CAA")
    for name in _climb(subject, host):
        result = subject.evidence.dns(name, "CAA")
        if result.data or not result.answered:
            return result
    return result


def _allowed(records: Iterable[str], *, wildcard: bool) -> set[str] | None:
    """The issuers that CAA records allow; None when they don't restrict (RFC 8659 §4.2, §4.3)."""
    tags: dict[str, set[str]] = {}
    for text in records:
        _, tag, value = text.split(maxsplit=2)
        tags.setdefault(tag.lower(), set()).add(value.strip('"').partition(";")[0].strip().lower())
    if wildcard and "issuewild" in tags:
        return tags["issuewild"] - {""}
    return tags["issue"] - {""} if "issue" in tags else None


@check(
    "tls.caa.permits",
    severity=Severity.MEDIUM,
    needs=[_questions],
    reference="RFC 8659 §4.2",
    defect="CAA forbids the authority that issued the certificate: the next renewal will fail",
    fix=Fix("launchready:tls.caa", "add the authority that issues for the host"),
)
def caa_permits_the_issuer(subject: Subject) -> Iterable[Outcome]:
    """The CAA records that apply to each host allow its certificate's issuer."""
    if subject.evidence.on_edge and not subject.evidence.public:
        return [_as_declared(subject)]

    def judge(host: str, result: TlsResult) -> Outcome:
        answer = _relevant(subject, host)
        if not answer.answered:
            return undecided(host, answer)
        leaf = x509.parse(result.chain[0])
        name = x509.issuer_name(leaf)
        known = next((names for words, names in ISSUERS if words in name.lower()), None)
        allowed = _allowed(answer.data, wildcard=(x509.covering(leaf, host) or "").startswith("*"))
        evidence = [result.probe.id, answer.probe.id]
        if allowed is None:
            return passed(host, f"{name}; CAA does not restrict", evidence=evidence)
        if known is None:
            return not_applicable(host, f"no CAA name is known for {name}")
        if allowed & set(known):
            return passed(host, f"{name}, allowed by {rdata.show(allowed)}", evidence=evidence)
        return failed(host, f"issued by {name}; CAA allows {rdata.show(allowed)}", evidence=evidence)

    return each_handshake(subject, judge)


def _as_declared(subject: Subject) -> Outcome:
    """A rehearsal's authority is in no CAA record: the declared issuers must be what the world reads."""
    domain = subject.declared.domain
    answer = subject.evidence.dns(domain, "CAA")
    wanted = [r.presentation for r in subject.declared.records if r.type == "CAA" and r.name == domain]
    if not answer.answered:
        return undecided(f"{domain} CAA", answer)
    allowed = [_allowed(texts, wildcard=wild) for texts in (wanted, answer.data) for wild in (False, True)]
    evidence = [answer.probe.id]
    expected = rdata.show(wanted)
    if allowed[:2] == allowed[2:]:
        return passed(f"{domain} CAA", rdata.show(answer.data), expected=expected, evidence=evidence)
    return failed(f"{domain} CAA", rdata.show(answer.data), expected=expected, evidence=evidence)
