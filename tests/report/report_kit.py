"""Verifications made by hand for the reports' tests: plain, hostile, and with evidence for pictures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from launchready.checklist.registry import Fix, Severity, Status
from launchready.client_file.source import read_source
from launchready.evidence.types import (
    Cause,
    DnsProbe,
    DnsResult,
    Evidence,
    HttpProbe,
    HttpResult,
    LoadProbe,
    LoadResult,
    RRset,
    TlsProbe,
    TlsResult,
)
from launchready.report import Context
from launchready.verify import judge
from launchready.verify.document import Finding, Verification, WaiverNote

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOSTILE = (
    "</style><script>alert(1)</script>\x1b[2J\x1b]0;owned\x07 ]]> | a\nb\r\n# c\x00 \u202eevil\u2028 &amp; "
    "\ufffe\uffff \ud800 `x` <!-- --> ${y} {{ 7*7 }} {0} [z](javascript:alert(1)) "
    "@everyone #1 <details> \\| %s"
)
"""Everything that has ever harmed a report, in one value."""


def finding(status: Status, **changes: Any) -> Finding:
    fix = Fix("launchready:tls.min_version", 'set it to "1.2"') if status is Status.FAIL else None
    made = Finding(
        "tls.version.minimum", "tls", status, Severity.HIGH, "www.acme.example", "nothing below TLS 1.2",
        "accepts TLS 1.0", None, "RFC 8996 §1", "an old TLS version is accepted", fix,
        ("tls:www.acme.example:443+tls1.0",),
    )  # fmt: skip
    return replace(made, **changes)


def unknown(**changes: Any) -> Finding:
    return finding(
        Status.INCONCLUSIVE,
        **{
            "check": "dns.record.served",
            "row": "dns",
            "cause": Cause.SERVFAIL,
            "observed": "from 192.0.2.1",
            "subject": "acme.example TXT",
            "defect": "a record is not served",
            "reference": "RFC 1034",
        }
        | changes,
    )


def waived(**changes: Any) -> Finding:
    note = WaiverNote("moves next week", date(2027, 1, 31))
    made = {"check": "tls.hsts.preload", "severity": Severity.LOW, "waiver": note, "subject": "acme.example",
            "reference": "hstspreload.org/#submission; RFC 6797"}  # fmt: skip
    return finding(Status.WAIVED, **made | changes)


def everything() -> tuple[Finding, ...]:
    """A finding of each kind, and a second one where one check fails at two places."""
    return (
        finding(Status.FAIL),
        finding(Status.FAIL, subject="app.acme.example"),
        finding(Status.PASS, check="tls.chain.valid", subject="acme.example", observed="3 certificates"),
        finding(Status.NOT_APPLICABLE, check="authn.cookies.secure", row="authn", observed="portal: none"),
        finding(Status.FAIL, check="email_auth.dmarc.policy", row="email_auth", severity=Severity.CRITICAL,
                subject="acme.example", fix=Fix("launchready:email.dmarc.policy", "quarantine or reject")),
        unknown(),
        waived(),
    )  # fmt: skip


def hostile() -> tuple[Finding, ...]:
    """Findings of each kind whose every text from outside is hostile."""
    bad: dict[str, Any] = {
        "subject": HOSTILE,
        "observed": HOSTILE,
        "expected": HOSTILE,
        "evidence": (HOSTILE,),
    }
    return (
        finding(Status.FAIL, fix=Fix("launchready:tls.min_version", HOSTILE), **bad),
        finding(Status.PASS, check="tls.chain.valid", **bad),
        finding(Status.NOT_APPLICABLE, check="authn.cookies.secure", row="authn", **bad),
        unknown(**bad),
        waived(waiver=WaiverNote(HOSTILE, date(2027, 1, 31)), **bad),
    )


def verification(*findings: Finding, **changes: Any) -> Verification:
    rows = judge.rows(findings)
    made = Verification(
        "acme", "acme.example", "live", NOW, 1.25, judge.verdict(rows), judge.score(findings), rows, findings,
        not_checked=("deployment",), notes=("portal: none – nothing behind a login was checked",),
    )  # fmt: skip
    return replace(made, **changes)


def client_file(directory: Path) -> Context:
    """A client file on disk, and the context that reports have with it."""
    path = directory / "Pulumi.acme.yaml"
    path.write_text(
        "config:\n"
        "  launchready:domain: acme.example\n"
        "  launchready:tls:\n"
        '    min_version: "1.0"\n'
        "  launchready:email: {senders: []}\n"
    )
    return Context("stacks/Pulumi.acme.yaml", read_source(path).positions)


def certificate(*names: str, days: int = 60, age: int = 30) -> bytes:
    """A self-signed certificate (DER) that began ``age`` days before NOW and ends ``days`` after it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test <b>Authority</b>")])
    built = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(),
        NOW - timedelta(days=age), NOW + timedelta(days=days),
    )  # fmt: skip
    names_extension = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
    signed = built.add_extension(names_extension, critical=False).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def dns(name: str, rdtype: str, *data: str) -> DnsResult:
    answer = (RRset(name, rdtype, 300, data),) if data else ()
    return DnsResult(DnsProbe(name, rdtype), "resolver", None if data else Cause.NODATA, answer)


def redirect(url: str, target: str, status: int = 301) -> HttpResult:
    return HttpResult(HttpProbe(url), None, status, (("location", target),))


def evidence(*results: Any) -> Evidence:
    found = {result.probe.id: (result,) for result in results}
    return Evidence(found, {"now": NOW, "target": "live", "domain": "acme.example"})


def pictured() -> Evidence:
    """Evidence for every picture."""
    load = LoadProbe(0, "/api/onboarding")
    return evidence(
        dns("acme.example", "TXT", '"v=spf1 include:_spf.mail.example mx -all"'),
        dns("_spf.mail.example", "TXT", '"v=spf1 ip4:192.0.2.0/24 include:b.mail.example ~all"'),
        dns("b.mail.example", "TXT"),
        dns("acme.example", "MX", "10 mx.acme.example."),
        dns("mx.acme.example", "A", "192.0.2.9"),
        dns("mx.acme.example", "AAAA"),
        redirect("http://www.acme.example/", "https://www.acme.example/"),
        redirect("https://www.acme.example/", "https://acme.example/"),
        redirect("http://acme.example/", "https://acme.example/", 302),
        redirect("https://acme.example/?q=launchready", "https://acme.example/lost"),
        TlsResult(TlsProbe("acme.example"), None, chain=(certificate("acme.example"),), trusted=True),
        TlsResult(TlsProbe("old.acme.example"), None, chain=(certificate("old.acme.example", days=-2),)),
        LoadResult(load, None, 100, 100, p50=60.0, p95=640.0, buckets=((50.0, 40), (75.0, 50), (650.0, 10))),
    )
