"""DANE: what TLSA records that the client file declares say of certificates must be true of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

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
from launchready.checklist.tls.hosts import hosts
from launchready.evidence.types import DnsProbe, Probe, TlsProbe

HTTPS = "_443._tcp."
_HASHES = {1: hashlib.sha256, 2: hashlib.sha512}
_LENGTHS = {1: 64, 2: 128}
"""Hexadecimal digits of each matching type's data."""


@dataclass(frozen=True, slots=True)
class Association:
    """One TLSA record (RFC 6698 §2.1). ``data``: hexadecimal, lower case."""

    usage: int
    selector: int
    matching: int
    data: str

    @property
    def problem(self) -> str:
        """What makes it useless, "" when nothing does."""
        if self.usage > 3 or self.selector > 1 or self.matching > 2:
            return f"{self.usage} {self.selector} {self.matching} is no combination of RFC 6698"
        wanted = _LENGTHS.get(self.matching)
        if wanted is not None and len(self.data) != wanted:
            return f"{len(self.data) // 2} bytes for matching type {self.matching}"
        return ""


def parse(text: str) -> Association | None:
    """The rdata's parts, None when it is no TLSA."""
    parts = text.split()
    if len(parts) < 4 or not all(part.isdigit() for part in parts[:3]):
        return None
    data = "".join(parts[3:]).lower()
    if not data or set(data) - set("0123456789abcdef"):
        return None
    return Association(int(parts[0]), int(parts[1]), int(parts[2]), data)


def matches(association: Association, chain: tuple[bytes, ...]) -> bool:
    """Does it name a certificate of the chain: the leaf (usages 1 and 3), or one above it (0 and 2)?"""
    candidates = chain[:1] if association.usage in (1, 3) else chain[1:]
    return any(_is(association, der) for der in candidates)


def _is(association: Association, der: bytes) -> bool:
    content = der
    if association.selector == 1:
        key = x509.parse(der).public_key()
        content = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    hashed = _HASHES.get(association.matching)
    return (hashed(content).hexdigest() if hashed is not None else content.hex()) == association.data


def _declared(subject: Subject) -> list[str]:
    """Web hosts for which the file declares a TLSA record."""
    named = {r.name for r in subject.declared.records if r.type == "TLSA" and r.name.startswith(HTTPS)}
    return [host for host in hosts(subject) if f"{HTTPS}{host}" in named]


def _questions(subject: Subject) -> Iterator[Probe]:
    for host in _declared(subject):
        yield DnsProbe(f"{HTTPS}{host}", "TLSA")
        yield TlsProbe(host)


@check(
    "tls.dane.matches",
    severity=Severity.MEDIUM,
    needs=[_questions],
    reference="RFC 6698 §2.1; RFC 7671 §5",
    defect="a TLSA record names another certificate than the host shows",
    fix=Fix(
        "launchready:records", "publish the TLSA of the certificate in use, and of the next one beside it"
    ),
)
def tlsa_records_are_true_of_their_hosts(subject: Subject) -> Iterable[Outcome]:
    """One of a host's declared TLSA records matches its certificate."""
    found = [_judged(subject, host) for host in _declared(subject)]
    return found or [not_applicable(subject.declared.domain, "no TLSA record of a web host is declared")]


def _judged(subject: Subject, host: str) -> Outcome:
    answer, shown = subject.evidence.dns(f"{HTTPS}{host}", "TLSA"), subject.evidence.tls(host)
    evidence = [answer.probe.id, shown.probe.id]
    expected = "one that matches the certificate"
    if not answer.answered:
        return undecided(host, answer, expected=expected)
    if shown.cause is not None or not shown.chain:
        return undecided(host, shown, expected=expected)
    found = [one for one in map(parse, answer.data) if one is not None and not one.problem]
    if any(matches(one, shown.chain) for one in found):
        return passed(host, f"{len(found)} TLSA record(s)", expected=expected, evidence=evidence)
    told = "; ".join(answer.data)[:200] or "no TLSA record"
    return failed(host, f"{told}: none matches", expected=expected, evidence=evidence)
