"""Protecting headers on every front page: as declared, and as good practice wants them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from launchready.checklist.answers import (
    declared_headers,
    each_answer,
    each_page,
    front_pages,
    is_private,
    values,
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
from launchready.evidence.types import HttpResult
from launchready.websec.headers import BANNERS, LEAKING_REFERRERS, REFERRER_POLICIES, parse_permissions

_OWASP = "OWASP HTTP Headers Cheat Sheet"
_VERSION = re.compile(r"/\s*v?\d|\(\w+\)|\d+\.\d+")
_CSP = ("content-security-policy", "content-security-policy-report-only")


@check(
    "surface.headers.declared",
    severity=Severity.HIGH,
    needs=[front_pages],
    reference="developers.cloudflare.com/rules/transform/response-header-modification",
    defect="a declared header is not served, or with another value; or one that should be gone is there",
    fix=Fix("launchready:headers", "run `launch up`; look for a rule or Worker that changes the header too"),
    public=False,
)
def declared_headers_are_served(subject: Subject) -> Iterable[Outcome]:
    """Every proxied host serves the declared headers, and none of those declared away."""

    def judge(host: str, result: HttpResult) -> Outcome:
        declared = declared_headers(subject, host)
        if declared is None:
            return not_applicable(host, "no headers are declared for it")
        # the policy has its own check; Vary grows by origin; a private host is noindex whatever else is said
        skipped = {*_CSP, "vary", *(("x-robots-tag",) if is_private(subject, host) else ())}
        wanted = {name: value for name, value in declared.fields.items() if name not in skipped}
        wrong = [
            f"{name}: {' and '.join(values(result, name)) or 'not sent'}"
            for name, value in wanted.items()
            if values(result, name) != [value]
        ]
        wrong += [f"{name}: still sent" for name in declared.removed if values(result, name)]
        evidence = [result.probe.id]
        if wrong:
            expected = "; ".join(f"{name}: {value}" for name, value in wanted.items())
            return failed(host, "; ".join(wrong), expected=expected[:500], evidence=evidence)
        return passed(host, f"{len(wanted)} headers as declared", evidence=evidence)

    return each_answer(subject, judge)


@check(
    "surface.banner",
    severity=Severity.MEDIUM,
    needs=[front_pages],
    reference="OWASP Secure Headers Project (headers to remove); OWASP API8:2023",
    defect="answers tell what the server runs: X-Powered-By and its kind, or Server with a version",
    fix=Fix("launchready:headers.remove", "leave headers to its baseline, or name the header under remove"),
)
def servers_do_not_introduce_themselves(subject: Subject) -> Iterable[Outcome]:
    """No answer names the server's software; ``Server`` without a version, such as cloudflare, passes."""

    def judge(host: str, result: HttpResult) -> Outcome:
        found = list(banners(result))
        evidence = [result.probe.id]
        if found:
            return failed(host, "; ".join(found), expected="no such header", evidence=evidence)
        return passed(host, "nothing told", evidence=evidence)

    return each_answer(subject, judge)


def banners(result: HttpResult) -> Iterator[str]:
    """The headers of an answer that tell what runs there."""
    for name, value in result.headers:
        if name in BANNERS or (name == "server" and _VERSION.search(value)):
            yield f"{name}: {value[:80]}"


@check(
    "surface.nosniff",
    severity=Severity.MEDIUM,
    needs=[front_pages],
    reference=f"{_OWASP} (X-Content-Type-Options); Fetch, nosniff",
    defect="browsers may guess another type than the server says: an upload becomes a script",
    fix=Fix("launchready:headers.nosniff", "leave nosniff out, and run `launch up`"),
)
def types_are_not_guessed(subject: Subject) -> Iterable[Outcome]:
    """Every answer says X-Content-Type-Options: nosniff."""

    def judge(host: str, result: HttpResult) -> Outcome:
        found = [
            part.strip().lower()
            for value in values(result, "x-content-type-options")
            for part in value.split(",")
        ]
        evidence = [result.probe.id]
        if found[:1] == ["nosniff"]:
            return passed(host, "nosniff", evidence=evidence)
        return failed(host, ", ".join(found) or "not sent", expected="nosniff", evidence=evidence)

    return each_answer(subject, judge)


@check(
    "surface.referrer_policy",
    severity=Severity.MEDIUM,
    needs=[front_pages],
    reference="W3C Referrer Policy §3, §8.1",
    defect="addresses of pages, with their tokens, are told to other sites",
    fix=Fix("launchready:headers.referrer_policy", "leave it out for strict-origin-when-cross-origin"),
)
def addresses_stay_private(subject: Subject) -> Iterable[Outcome]:
    """Every page has a Referrer-Policy that tells other sites at most the origin."""

    def judge(host: str, result: HttpResult) -> Outcome:
        words = [w.strip().lower() for value in values(result, "referrer-policy") for w in value.split(",")]
        known = [word for word in words if word in REFERRER_POLICIES]
        evidence, expected = [result.probe.id], "strict-origin-when-cross-origin, or tighter"
        if not known:  # an unknown word is skipped: what is left is the browser's default
            return failed(host, ", ".join(words) or "not sent", expected=expected, evidence=evidence)
        if known[-1] in LEAKING_REFERRERS:
            return failed(host, known[-1], expected=expected, evidence=evidence)
        return passed(host, known[-1], evidence=evidence)

    return each_page(subject, judge)


@check(
    "surface.permissions_policy",
    severity=Severity.LOW,
    needs=[front_pages],
    reference="W3C Permissions Policy §5; RFC 9651",
    defect="pages and what they embed may ask for camera, microphone and place, or the policy can't be read",
    fix=Fix("launchready:headers.permissions_policy", "leave it out for the baseline, and run `launch up`"),
)
def features_are_limited(subject: Subject) -> Iterable[Outcome]:
    """Every page has a Permissions-Policy that browsers can read."""

    def judge(host: str, result: HttpResult) -> Outcome:
        found, evidence = values(result, "permissions-policy"), [result.probe.id]
        if not found:
            return failed(host, "not sent", expected="a Permissions-Policy", evidence=evidence)
        try:
            features = parse_permissions(", ".join(found))
        except ValueError as error:
            return failed(host, str(error), expected="a policy that browsers read", evidence=evidence)
        return passed(host, f"{len(features)} features limited", evidence=evidence)

    return each_page(subject, judge)


@check(
    "surface.isolation",
    severity=Severity.LOW,
    needs=[front_pages],
    reference="HTML standard (COOP); Fetch (CORP); OWASP HTTP Headers Cheat Sheet",
    defect="other sites keep a hold on the page's window or may embed its answers",
    fix=Fix("launchready:headers.coop", "leave coop and corp out for the baseline, and run `launch up`"),
)
def pages_are_isolated(subject: Subject) -> Iterable[Outcome]:
    """Every page has a Cross-Origin-Opener-Policy and a Cross-Origin-Resource-Policy that do something."""

    def judge(host: str, result: HttpResult) -> Outcome:
        evidence = [result.probe.id]
        opener = [v.split(";")[0].strip() for v in values(result, "cross-origin-opener-policy")]
        resource = [value.strip() for value in values(result, "cross-origin-resource-policy")]
        wrong = []
        if opener not in (["same-origin"], ["same-origin-allow-popups"], ["noopener-allow-popups"]):
            wrong.append(f"Cross-Origin-Opener-Policy: {', '.join(opener) or 'not sent'}")
        if resource not in (["same-origin"], ["same-site"], ["cross-origin"]):
            wrong.append(f"Cross-Origin-Resource-Policy: {', '.join(resource) or 'not sent'}")
        if wrong:
            return failed(host, "; ".join(wrong), expected="both", evidence=evidence)
        return passed(host, f"{opener[0]}, {resource[0]}", evidence=evidence)

    return each_page(subject, judge)
