"""HTTP Strict Transport Security: the header as declared, well-formed, long enough, and only over https."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from launchready.checklist.redirects.hops import host_of, target_of
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
from launchready.checklist.tls.hosts import (
    each_edge_page,
    front_pages,
    handshakes,
    hosts,
    is_proxied,
    plain_pages,
)
from launchready.client_file.model import Hsts
from launchready.evidence.types import Cause, HttpProbe, HttpResult, Probe

HEADER = "strict-transport-security"
LEAST_SECONDS = 15_552_000
"""180 days: what scanners and OWASP take for the least; preload wants a year."""
PRELOAD_SECONDS = 31_536_000
FIX = Fix("launchready:tls.hsts", "set max_age 31536000 and include_subdomains, and run `launch up`")


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed header; ``error`` says why a browser ignores it."""

    max_age: int = 0
    include_subdomains: bool = False
    preload: bool = False
    error: str = ""


def parse(value: str) -> Policy:
    """RFC 6797 §6.1: directives without order or repeats, unknown ones ignored."""
    seen: dict[str, str] = {}
    for directive in filter(None, (part.strip() for part in value.split(";"))):
        name, _, argument = directive.partition("=")
        name = name.strip().lower()
        if name in seen:
            return Policy(error=f"{name} is given twice")
        seen[name] = argument.strip().strip('"')
    if not re.fullmatch(r"[0-9]{1,18}", seen.get("max-age", "")):
        return Policy(error="no valid max-age")
    return Policy(int(seen["max-age"]), "includesubdomains" in seen, "preload" in seen)


def _values(result: HttpResult) -> list[str]:
    return [value for name, value in result.headers if name == HEADER]


def _policy(result: HttpResult) -> Policy | None:
    """What a browser takes: the first header field only (RFC 6797 §8.1)."""
    values = _values(result)
    return parse(values[0]) if values else None


def _words(policy: Policy | Hsts) -> str:
    words = [f"max-age={policy.max_age}"]
    words += ["includeSubDomains"] if policy.include_subdomains else []
    words += ["preload"] if policy.preload else []
    return "; ".join(words)


@check(
    "tls.hsts.declared",
    severity=Severity.HIGH,
    needs=[front_pages],
    reference="RFC 6797 §6.1",
    defect="Strict-Transport-Security is missing, or not what the client file declares",
    fix=Fix("launchready:tls.hsts", "run `launch up`; look for a rule or origin that sets the header too"),
    public=False,
)
def hsts_is_served_as_declared(subject: Subject) -> Iterable[Outcome]:
    """Every proxied host sends exactly the declared HSTS policy, or none when none is declared."""
    wanted = subject.client.tls.hsts

    def judge(host: str, result: HttpResult) -> Outcome:
        if not is_proxied(subject, host):
            return not_applicable(host, "not proxied: its own server decides")
        values = _values(result)
        policy = _policy(result)
        evidence = [result.probe.id]
        if not isinstance(wanted, Hsts):
            if values:
                return failed(host, values[0], expected="no HSTS", evidence=evidence)
            return passed(host, "no HSTS, as declared", evidence=evidence)
        expected = _words(wanted)
        if policy is None or policy.error or _words(policy) != expected:
            return failed(host, values[0] if values else "no header", expected=expected, evidence=evidence)
        return passed(host, values[0], expected=expected, evidence=evidence)

    return each_edge_page(subject, judge)


@check(
    "tls.hsts.duration",
    severity=Severity.MEDIUM,
    needs=[front_pages],
    reference="OWASP HTTP Strict Transport Security Cheat Sheet",
    defect="browsers forget within half a year that the host wants https, or are never told",
    fix=FIX,
)
def hsts_lasts_for_half_a_year(subject: Subject) -> Iterable[Outcome]:
    """Every host sends HSTS with a max-age of at least 180 days."""

    def judge(host: str, result: HttpResult) -> Outcome:
        policy = _policy(result)
        evidence = [result.probe.id]
        if policy is None or policy.error:
            reason = policy.error if policy is not None else "no header"
            return failed(host, reason, expected=f"max-age ≥ {LEAST_SECONDS}", evidence=evidence)
        if policy.max_age < LEAST_SECONDS:
            observed = f"max-age={policy.max_age}"
            return failed(host, observed, expected=f"max-age ≥ {LEAST_SECONDS}", evidence=evidence)
        return passed(host, f"max-age={policy.max_age}", evidence=evidence)

    return each_edge_page(subject, judge)


@check(
    "tls.hsts.single",
    severity=Severity.MEDIUM,
    needs=[front_pages],
    reference="RFC 6797 §8.1",
    defect="Strict-Transport-Security is sent twice or malformed: browsers ignore it, or part of it",
    fix=Fix("launchready:tls.hsts", "remove the header at the origin: the edge sets it"),
)
def hsts_is_sent_once_and_well_formed(subject: Subject) -> Iterable[Outcome]:
    """Where HSTS is sent, it is one header with directives that browsers understand."""

    def judge(host: str, result: HttpResult) -> Outcome:
        values = _values(result)
        evidence = [result.probe.id]
        if not values:
            return not_applicable(host, "no header")
        if len(values) > 1 or "," in values[0]:
            return failed(host, " and ".join(values), expected="one header", evidence=evidence)
        error = parse(values[0]).error
        if error:
            return failed(host, f"{values[0]}: {error}", expected="max-age=seconds", evidence=evidence)
        return passed(host, values[0], evidence=evidence)

    return each_edge_page(subject, judge)


@check(
    "tls.hsts.plain_http",
    severity=Severity.LOW,
    needs=[plain_pages],
    reference="RFC 6797 §7.2",
    defect="Strict-Transport-Security is sent over http, where it must not be",
    fix=Fix("launchready:tls.hsts", "remove the header at the origin: the edge sets it over https only"),
)
def hsts_is_not_sent_over_http(subject: Subject) -> Iterable[Outcome]:
    """No plain http response carries HSTS."""
    for host in hosts(subject):
        result = subject.evidence.http(f"http://{host}/")
        evidence = [result.probe.id]
        if _values(result):
            yield failed(host, _values(result)[0], expected="no header over http", evidence=evidence)
        elif result.cause is Cause.CONNECTION_REFUSED:
            yield passed(host, "port 80 is closed", evidence=evidence)
        elif result.cause is not None and result.cause is not Cause.PLACEHOLDER:
            yield undecided(host, result)
        else:
            yield passed(host, "not sent", evidence=evidence)


def _preload(subject: Subject) -> Iterator[Probe]:
    domain = subject.declared.domain
    if domain not in hosts(subject):
        return
    yield from (HttpProbe(f"{scheme}://{domain}/") for scheme in ("http", "https"))
    yield from handshakes(subject)


@check(
    "tls.hsts.preload",
    severity=Severity.MEDIUM,
    needs=[_preload],
    reference="hstspreload.org: submission requirements",
    defect="preload is asked for, but the domain does not meet its conditions",
    fix=Fix("launchready:tls.hsts", "set max_age 31536000, include_subdomains, preload, and always_https"),
)
def preload_conditions_are_met(subject: Subject) -> Outcome:
    """With ``preload`` the apex sends a year, includeSubDomains and preload, and every host has https."""
    domain = subject.declared.domain
    if domain not in hosts(subject):
        return not_applicable(domain, "the apex is no web host")
    page = subject.evidence.http(f"https://{domain}/")
    policy = _policy(page) or Policy()
    wanted = subject.client.tls.hsts
    declared = isinstance(wanted, Hsts) and wanted.preload and not subject.evidence.public
    if not declared and not policy.preload:
        return undecided(domain, page) if page.cause is not None else not_applicable(domain, "no preload")
    if page.cause is not None and page.cause is not Cause.PLACEHOLDER:
        return undecided(domain, page)
    reasons = _unmet(subject, policy)
    plain = subject.evidence.http(f"http://{domain}/")
    target = target_of(plain)
    if target is not None and (not target.startswith("https:") or host_of(target) != domain):
        reasons.append(f"http://{domain}/ leads to {target} first")
    evidence = [page.probe.id, plain.probe.id]
    if reasons:
        return failed(domain, "; ".join(reasons), expected="all conditions", evidence=evidence)
    return passed(domain, _words(policy), evidence=evidence)


def _unmet(subject: Subject, policy: Policy) -> list[str]:
    reasons = [f"max-age={policy.max_age}"] if policy.max_age < PRELOAD_SECONDS else []
    reasons += [] if policy.include_subdomains else ["no includeSubDomains"]
    reasons += [] if policy.preload else ["no preload"]
    untrusted = [host for host in hosts(subject) if subject.evidence.tls(host).trusted is False]
    return reasons + [f"{host} has no valid certificate" for host in untrusted]
