"""What browsers ask of a public certificate beside its chain: public logs, and a staple it promises."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.x509 import (
    AuthorityInformationAccess,
    Certificate,
    ExtensionNotFound,
    PrecertificateSignedCertificateTimestamps,
    TLSFeature,
    TLSFeatureType,
)
from cryptography.x509.oid import AuthorityInformationAccessOID

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
)
from launchready.checklist.tls import x509
from launchready.checklist.tls.caa import ISSUERS
from launchready.checklist.tls.hosts import each_handshake, handshakes
from launchready.evidence.types import Cause, TlsResult

LONG = 180 * 86_400.0
"""Seconds: a certificate that lasts longer needs a third log."""
RENEW = Fix("launchready:hosts", "proxy the host, or have its certificate issued anew by a public authority")


@check(
    "tls.certificate.transparency",
    severity=Severity.MEDIUM,
    needs=[handshakes],
    reference="RFC 6962 §3.3; Chrome Certificate Transparency Policy (2 logs, 3 above 180 days)",
    defect="a public certificate is in too few public logs, so that browsers refuse it",
    fix=RENEW,
)
def public_certificates_are_logged(subject: Subject) -> Iterable[Outcome]:
    """A public authority's certificate has timestamps of two logs in it, of three above 180 days."""

    def judge(host: str, result: TlsResult) -> Outcome:
        leaf = x509.parse(result.chain[0])
        name = x509.issuer_name(leaf)
        if not any(words in name.lower() for words, _ in ISSUERS):
            return not_applicable(host, f"{name} is no public authority that is known here")
        logs = {stamp.log_id for stamp in _timestamps(leaf)}
        wanted = 3 if x509.lifetime(leaf) > LONG else 2
        verdict = passed if len(logs) >= wanted else failed
        return verdict(host, f"{len(logs)} log(s)", expected=f"{wanted} logs", evidence=[result.probe.id])

    return each_handshake(subject, judge)


def _timestamps(leaf: Certificate) -> PrecertificateSignedCertificateTimestamps | tuple[()]:
    try:
        return leaf.extensions.get_extension_for_class(PrecertificateSignedCertificateTimestamps).value
    except ExtensionNotFound:
        return ()


@check(
    "tls.certificate.staple",
    severity=Severity.MEDIUM,
    needs=[handshakes],
    reference="RFC 7633 §4.2.3.1; CA/B Baseline Requirements §7.1.2.7.7 (OCSP is optional)",
    defect="a certificate demands an OCSP answer with every handshake, and names nobody who gives one",
    fix=Fix("launchready:hosts", "have the certificate issued anew without must-staple"),
)
def no_certificate_demands_what_nobody_gives(subject: Subject) -> Iterable[Outcome]:
    """A certificate that demands a stapled OCSP answer names a responder."""

    def judge(host: str, result: TlsResult) -> Outcome:
        leaf = x509.parse(result.chain[0])
        evidence = [result.probe.id]
        if not _must_staple(leaf):
            return passed(host, "demands no staple", evidence=evidence)
        responders = _responders(leaf)
        if not responders:
            return failed(host, "must-staple, and no OCSP responder", expected="neither", evidence=evidence)
        why = f"must-staple, by {responders[0]}: whether the server staples can't be seen from here"
        return inconclusive(host, Cause.NOT_PROBED, why, evidence=evidence)

    return each_handshake(subject, judge)


def _must_staple(leaf: Certificate) -> bool:
    try:
        features = leaf.extensions.get_extension_for_class(TLSFeature).value
    except ExtensionNotFound:
        return False
    return TLSFeatureType.status_request in features


def _responders(leaf: Certificate) -> list[str]:
    try:
        access = leaf.extensions.get_extension_for_class(AuthorityInformationAccess).value
    except ExtensionNotFound:
        return []
    found = (one for one in access if one.access_method == AuthorityInformationAccessOID.OCSP)
    return [str(one.access_location.value) for one in found]
