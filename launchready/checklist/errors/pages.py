"""The page for an address that does not exist: its headers, and the server's signature in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from launchready.checklist.answers import (
    Asked,
    answering_hosts,
    front_pages,
    is_html,
    judged,
    values,
    worth_asking,
)
from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    not_applicable,
    passed,
)
from launchready.checklist.surface.headers import banners
from launchready.evidence.types import HttpProbe, HttpResult, Probe

LOOKED_AT_BYTES = 100_000
_SIGNATURES = (
    re.compile(rb"\b(Apache(?:-Coyote| Tomcat)?/\d[\w.]*)", re.IGNORECASE),
    re.compile(rb"\b(nginx/\d[\w.]*)", re.IGNORECASE),
    re.compile(rb"\b(openresty/\d[\w.]*)", re.IGNORECASE),
    re.compile(rb"\b(Microsoft-IIS/\d[\w.]*)", re.IGNORECASE),
    re.compile(rb"\b(PHP/\d[\w.]*)"),
    re.compile(rb"\b(Jetty(?:://|\()\d[\w.]*)", re.IGNORECASE),
    re.compile(rb"\b(Werkzeug/\d[\w.]*)"),
    re.compile(rb"(ASP\.NET Version:\s*\d[\w.]*)", re.IGNORECASE),
    re.compile(rb"(Powered by Jetty|Whitelabel Error Page)", re.IGNORECASE),
)
"""How servers and frameworks sign their own error pages."""


def _missing(subject: Subject) -> Iterator[Asked]:
    nonce = subject.evidence.nonce
    return (Asked(host, HttpProbe(f"https://{host}/{nonce}")) for host in answering_hosts(subject))


def _probes(subject: Subject) -> Iterator[Probe]:
    return worth_asking(subject, _missing(subject))


def _each(subject: Subject, judge: Callable[[str, HttpResult], Outcome]) -> list[Outcome]:
    """One outcome for each host's answer to an address that nobody has."""

    def errors_only(host: str, result: HttpResult) -> Outcome:
        if (result.status or 0) < 400:
            return not_applicable(host, f"answers {result.status} to an address that does not exist")
        return judge(host, result)

    return [judged(subject, asked, errors_only) for asked in _missing(subject)]


@check(
    "errors.headers",
    severity=Severity.MEDIUM,
    needs=[front_pages, _probes],
    reference="OWASP HTTP Headers Cheat Sheet; OWASP API8:2023",
    defect="error pages lack the protection that other answers have",
    fix=Fix(
        "launchready:headers", "send the headers with every status (nginx: always), or let the edge send them"
    ),
)
def error_pages_are_protected_too(subject: Subject) -> Iterable[Outcome]:
    """The answer to an unknown address has nosniff, no banner, and as a page a policy or X-Frame-Options."""

    def judge(host: str, result: HttpResult) -> Outcome:
        wrong = list(banners(result))
        if not any("nosniff" in value.lower() for value in values(result, "x-content-type-options")):
            wrong.append("no X-Content-Type-Options: nosniff")
        framing = values(result, "content-security-policy") or values(result, "x-frame-options")
        if is_html(result) and not framing:
            wrong.append("neither Content-Security-Policy nor X-Frame-Options")
        evidence = [result.probe.id]
        if wrong:
            observed = f"{result.status}: {'; '.join(wrong)}"
            return failed(host, observed, expected="the headers of other answers", evidence=evidence)
        return passed(host, f"{result.status} with its headers", evidence=evidence)

    return _each(subject, judge)


@check(
    "errors.signature",
    severity=Severity.MEDIUM,
    needs=[front_pages, _probes],
    reference="OWASP WSTG-INFO-02 (fingerprint web server); OWASP API8:2023",
    defect="an error page is signed by the server: its name and version",
    fix=Fix(
        "launchready:hosts",
        "turn the server's signature off (server_tokens, ServerSignature) and serve own pages",
    ),
)
def error_pages_are_not_signed(subject: Subject) -> Iterable[Outcome]:
    """No error page names the server's software and version."""

    def judge(host: str, result: HttpResult) -> Outcome:
        body = result.body[:LOOKED_AT_BYTES]
        found = [m[1].decode("ascii", "replace") for pattern in _SIGNATURES if (m := pattern.search(body))]
        evidence = [result.probe.id]
        if found:
            return failed(host, ", ".join(found), expected="no signature", evidence=evidence)
        return passed(host, "no signature", evidence=evidence)

    return _each(subject, judge)
