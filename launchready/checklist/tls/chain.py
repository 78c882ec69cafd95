"""Handshake, chain and names: would a strict client connect, and get everything it needs?"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

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
from launchready.evidence.types import Cause, TlsResult

EDGE_CERTIFICATE = Fix(
    "launchready:hosts", "proxy the host, or renew and install the whole chain at its own server"
)
DEEP_NAME = Fix(
    "launchready:tls.certificates",
    "universal certificates cover the apex and one label: use `advanced` for deeper hosts",
)
HOST_MISMATCH = ("hostname mismatch", "ip address mismatch")
"""How OpenSSL says that a trusted chain is for somebody else."""


@check(
    "tls.handshake.completes",
    severity=Severity.CRITICAL,
    needs=[handshakes],
    reference="RFC 8446 §4.1.1",
    defect="a host refuses every TLS handshake, or does not speak TLS on port 443",
    fix=Fix("launchready:hosts", "wait for the certificate to be issued; check that the host is proxied"),
)
def every_host_completes_a_handshake(subject: Subject) -> Iterable[Outcome]:
    """Every declared host completes a TLS handshake on port 443."""
    for host in hosts(subject):
        result = subject.evidence.tls(host)
        evidence = [result.probe.id]
        if result.cause is None:
            yield passed(host, f"{result.version}, {result.cipher}", evidence=evidence)
        elif result.cause is Cause.TLS or result.cause is Cause.CONNECTION_REFUSED:
            observed = f"refused: {result.alert or result.detail}"
            yield failed(host, observed, expected="a handshake", evidence=evidence)
        else:
            yield undecided(host, result, expected="a handshake")


@check(
    "tls.chain.valid",
    severity=Severity.CRITICAL,
    needs=[handshakes],
    reference="RFC 5280 §6.1",
    defect="browsers warn: the certificate is not trusted, out of date, or for another name",
    fix=EDGE_CERTIFICATE,
)
def every_chain_is_trusted(subject: Subject) -> Iterable[Outcome]:
    """A strict client accepts the chain and the name of every host."""

    def judge(host: str, result: TlsResult) -> Outcome:
        evidence = [result.probe.id]
        if result.trusted:
            return passed(host, f"{len(result.chain)} certificate(s), trusted", evidence=evidence)
        return failed(
            host, result.trust_error or "not trusted", expected="a trusted chain", evidence=evidence
        )

    return each_handshake(subject, judge)


@check(
    "tls.chain.complete",
    severity=Severity.HIGH,
    needs=[handshakes],
    reference="RFC 8446 §4.4.2",
    defect="an intermediate certificate is not sent: clients that don't have it by chance fail",
    fix=EDGE_CERTIFICATE,
)
def every_chain_is_complete(subject: Subject) -> Iterable[Outcome]:
    """Every certificate below the root is sent along."""

    def judge(host: str, result: TlsResult) -> Outcome:
        sent = x509.chain(result.chain)
        last = sent[0]
        for _ in sent:
            issuer = next((c for c in sent if c != last and x509.is_issued_by(last, c)), None)
            if issuer is None:
                break
            last = issuer
        evidence = [result.probe.id]
        if result.trusted or x509.is_self_issued(last) or x509.is_ca(last):
            return passed(host, f"up to {x509.short(last.issuer)}", evidence=evidence)
        missing = x509.short(last.issuer)
        return failed(host, f"{missing}, which issued the certificate, is not sent", evidence=evidence)

    return each_handshake(subject, judge)


@check(
    "tls.chain.order",
    severity=Severity.LOW,
    needs=[handshakes],
    reference="RFC 5246 §7.4.2",
    defect="certificates are sent in the wrong order, twice, or without belonging to the chain",
    fix=EDGE_CERTIFICATE,
)
def every_chain_is_in_order(subject: Subject) -> Iterable[Outcome]:
    """Each certificate sent certifies the one before it."""

    def judge(host: str, result: TlsResult) -> Outcome:
        sent = x509.chain(result.chain)
        if len(sent) == 1:
            return not_applicable(host, "one certificate")
        for lower, upper in itertools.pairwise(sent):
            if not x509.is_issued_by(lower, upper):
                return failed(
                    host, f"{x509.short(upper.subject)} follows {x509.short(lower.subject)}",
                    expected=x509.short(lower.issuer), evidence=[result.probe.id],
                )  # fmt: skip
        return passed(host, " ← ".join(x509.short(c.subject) for c in sent), evidence=[result.probe.id])

    return each_handshake(subject, judge)


@check(
    "tls.name.covered",
    severity=Severity.CRITICAL,
    needs=[handshakes],
    reference="RFC 9525 §6.3",
    defect="the certificate does not name the host",
    fix=DEEP_NAME,
)
def every_certificate_names_its_host(subject: Subject) -> Iterable[Outcome]:
    """A subjectAltName covers each host: itself, or a wildcard for its first label."""

    def judge(host: str, result: TlsResult) -> Outcome:
        leaf = x509.parse(result.chain[0])
        name = x509.covering(leaf, host)
        evidence = [result.probe.id]
        if name is not None:
            return passed(host, f"covered by {name}", evidence=evidence)
        names = ", ".join(x509.dns_names(leaf)[:5]) or "no name at all"
        return failed(host, f"the certificate is for {names}", expected=host, evidence=evidence)

    return each_handshake(subject, judge)


@check(
    "tls.name.foreign",
    severity=Severity.LOW,
    needs=[handshakes],
    reference="Cloudflare SSL/TLS: universal certificates are not shared",
    defect="the certificate is shared with other people's names",
    fix=EDGE_CERTIFICATE,
)
def no_certificate_is_shared_with_strangers(subject: Subject) -> Iterable[Outcome]:
    """A certificate that covers the host names nothing outside the client's domain."""
    domain = subject.declared.domain

    def judge(host: str, result: TlsResult) -> Outcome:
        leaf = x509.parse(result.chain[0])
        if x509.covering(leaf, host) is None:
            return not_applicable(host, "for another name altogether; see tls.name.covered")
        foreign = [
            n for n in x509.dns_names(leaf) if n.removeprefix("*.") != domain and not n.endswith(f".{domain}")
        ]
        evidence = [result.probe.id]
        if foreign:
            more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
            return failed(
                host, ", ".join(foreign[:3]) + more, expected=f"names of {domain}", evidence=evidence
            )
        return passed(host, f"{len(x509.dns_names(leaf))} name(s), all of {domain}", evidence=evidence)

    return each_handshake(subject, judge)
