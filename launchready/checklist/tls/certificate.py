"""The certificate itself: dates, lifetime, key, signature and usage."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    passed,
)
from launchready.checklist.tls import x509
from launchready.checklist.tls.hosts import each_handshake, handshakes
from launchready.evidence.types import TlsResult

DAY = 86_400.0
LEAST_SHARE_LEFT = 0.25
"""Renewal is due when a third is left (Cloudflare: 30 of 90 days); at a quarter it has failed for a while."""

LIFETIME_LIMITS = (
    (datetime(2029, 3, 15, tzinfo=UTC), 47),
    (datetime(2027, 3, 15, tzinfo=UTC), 100),
    (datetime(2026, 3, 15, tzinfo=UTC), 200),
    (datetime(2020, 9, 1, tzinfo=UTC), 398),
)
"""(issued on or after, days): CA/Browser Forum Baseline Requirements §6.3.2."""
RENEW = Fix(
    "launchready:hosts", "renew the certificate: at Cloudflare check the certificate's status and CAA"
)
REISSUE = Fix("launchready:hosts", "have the certificate issued again with a current authority and key")


@check(
    "tls.certificate.valid_now",
    severity=Severity.CRITICAL,
    needs=[handshakes],
    reference="RFC 5280 §4.1.2.5",
    defect="a certificate of the chain has expired or is not valid yet",
    fix=RENEW,
)
def certificates_are_valid_now(subject: Subject) -> Iterable[Outcome]:
    """Now lies between first and last moment of every certificate that is sent."""
    now = subject.evidence.now

    def judge(host: str, result: TlsResult) -> Outcome:
        for certificate in x509.chain(result.chain):
            begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
            if not begin <= now <= end:
                word = f"not valid before {begin:%Y-%m-%d}" if now < begin else f"expired on {end:%Y-%m-%d}"
                observed = f"{x509.short(certificate.subject)}: {word}"
                return failed(host, observed, expected="valid now", evidence=[result.probe.id])
        return passed(host, f"until {x509.parse(result.chain[0]).not_valid_after_utc:%Y-%m-%d}")

    return each_handshake(subject, judge)


@check(
    "tls.certificate.expiry",
    severity=Severity.HIGH,
    needs=[handshakes],
    reference="RFC 9773 §4.2",
    defect="the certificate should have been renewed by now",
    fix=RENEW,
)
def certificates_were_renewed_in_time(subject: Subject) -> Iterable[Outcome]:
    """At least a quarter of the certificate's lifetime is left."""

    def judge(host: str, result: TlsResult) -> Outcome:
        leaf = x509.parse(result.chain[0])
        share = x509.share_left(leaf, subject.evidence.now)
        days = x509.lifetime(leaf) / DAY
        observed = f"{max(share, 0):.0%} of {days:.0f} days left, until {leaf.not_valid_after_utc:%Y-%m-%d}"
        if share < LEAST_SHARE_LEFT:
            return failed(
                host, observed, expected=f"{LEAST_SHARE_LEFT:.0%} or more", evidence=[result.probe.id]
            )
        return passed(host, observed, evidence=[result.probe.id])

    return each_handshake(subject, judge)


def lifetime_limit(issued: datetime) -> int | None:
    """Days that a public certificate issued then may last; None before there was a limit."""
    return next((days for since, days in LIFETIME_LIMITS if issued >= since), None)


@check(
    "tls.certificate.lifetime",
    severity=Severity.MEDIUM,
    needs=[handshakes],
    reference="CA/B Baseline Requirements §6.3.2",
    defect="the certificate lasts longer than browsers accept",
    fix=REISSUE,
)
def lifetimes_are_within_the_limit(subject: Subject) -> Iterable[Outcome]:
    """A certificate lasts no longer than the limit of the day it was issued."""

    def judge(host: str, result: TlsResult) -> Outcome:
        leaf = x509.parse(result.chain[0])
        limit = lifetime_limit(leaf.not_valid_before_utc)
        days = x509.lifetime(leaf) / DAY
        if limit is not None and days > limit:
            return failed(host, f"{days:.0f} days", expected=f"at most {limit}", evidence=[result.probe.id])
        return passed(host, f"{days:.0f} days", evidence=[result.probe.id])

    return each_handshake(subject, judge)


@check(
    "tls.certificate.key",
    severity=Severity.HIGH,
    needs=[handshakes],
    reference="CA/B Baseline Requirements §6.1.5",
    defect="a public key of the chain is weak",
    fix=REISSUE,
)
def keys_are_strong(subject: Subject) -> Iterable[Outcome]:
    """Keys are RSA of 2048 bits, EC of 256 bits, or better."""

    def judge(host: str, result: TlsResult) -> Outcome:
        for certificate in x509.chain(result.chain):
            weak = x509.weak_key(certificate)
            if weak:
                return failed(
                    host, f"{x509.short(certificate.subject)}: {weak}", expected="RSA ≥ 2048, EC ≥ 256",
                    evidence=[result.probe.id],
                )  # fmt: skip
        return passed(host, x509.key_words(x509.parse(result.chain[0])), evidence=[result.probe.id])

    return each_handshake(subject, judge)


@check(
    "tls.certificate.signature",
    severity=Severity.HIGH,
    needs=[handshakes],
    reference="CA/B Baseline Requirements §7.1.3.2",
    defect="a certificate of the chain is signed with SHA-1 or MD5",
    fix=REISSUE,
)
def signatures_are_sound(subject: Subject) -> Iterable[Outcome]:
    """No certificate but a root is signed with a broken hash."""

    def judge(host: str, result: TlsResult) -> Outcome:
        for certificate in x509.chain(result.chain):
            weak = x509.weak_signature(certificate)
            if weak and not (x509.is_self_issued(certificate) and x509.is_ca(certificate)):
                return failed(
                    host, f"{x509.short(certificate.subject)}: {weak}", expected="SHA-256 or better",
                    evidence=[result.probe.id],
                )  # fmt: skip
        return passed(host, "no broken hash", evidence=[result.probe.id])

    return each_handshake(subject, judge)


@check(
    "tls.certificate.usage",
    severity=Severity.MEDIUM,
    needs=[handshakes],
    reference="RFC 5280 §4.2.1.12",
    defect="the certificate is not meant for a TLS server, or is an authority's own",
    fix=REISSUE,
)
def certificates_are_for_servers(subject: Subject) -> Iterable[Outcome]:
    """The leaf is no CA, and its extended key usage allows a server."""

    def judge(host: str, result: TlsResult) -> Outcome:
        leaf = x509.parse(result.chain[0])
        evidence = [result.probe.id]
        if x509.is_ca(leaf):
            return failed(host, "an authority's certificate", expected="a server's", evidence=evidence)
        if not x509.serves(leaf):
            return failed(host, "its key usage excludes servers", expected="serverAuth", evidence=evidence)
        return passed(host, "serverAuth", evidence=evidence)

    return each_handshake(subject, judge)
