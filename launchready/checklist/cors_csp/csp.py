"""Content-Security-Policy of every page: there, enforced, understood, strict, fresh, and as declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from launchready.checklist.answers import (
    declared_headers,
    each_answer,
    each_page,
    front_pages,
    fronts,
    is_stand_in,
    values,
)
from launchready.checklist.cors_csp.policies import (
    REPORT_HEADER,
    blocked_inline,
    enforced,
    header_policies,
    nonces,
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
    undecided,
)
from launchready.evidence.types import HttpProbe, HttpResult, Probe
from launchready.websec.csp import Policy, PolicyError, parse, same
from launchready.websec.csp_judge import (
    INJECTION_RISKS,
    SCRIPT_RISKS,
    WRITTEN_WRONG,
    Finding,
    Kind,
    judge_all,
)

KEY = "launchready:headers.csp"
AGAIN = (("accept", "text/html"),)
"""Makes a second request for the front page another probe than the first."""


def _with_policy(host: str, result: HttpResult, judge: Callable[[tuple[Policy, ...]], Outcome]) -> Outcome:
    """The judgement of a page's policies; without any, csp.present says so and the rest doesn't repeat it."""
    try:
        policies = enforced(result)
    except PolicyError:
        return not_applicable(host, "no policy that can be read: see cors_csp.csp.valid")
    return judge(policies) if policies else not_applicable(host, "no policy: see cors_csp.csp.present")


@check(
    "cors_csp.csp.present",
    severity=Severity.HIGH,
    needs=[front_pages],
    reference="CSP3 §3.1; OWASP Content Security Policy Cheat Sheet",
    defect="a page comes without an enforced Content-Security-Policy, or only with one that reports",
    fix=Fix(KEY, "leave headers.csp out for the baseline policy, or declare one, and run `launch up`"),
)
def pages_have_an_enforced_policy(subject: Subject) -> Iterable[Outcome]:
    """Every HTML front page comes with an enforced Content-Security-Policy."""

    def judge(host: str, result: HttpResult) -> Outcome:
        evidence = [result.probe.id]
        try:
            policies = enforced(result)
        except PolicyError as error:
            return passed(host, f"a policy that can't be read: {error.what}", evidence=evidence)
        if policies:
            return passed(host, policies[0].text[:300], evidence=evidence)
        reports = values(result, REPORT_HEADER)
        observed = f"report-only: {reports[0][:200]}" if reports else "no policy"
        return failed(host, observed, expected="an enforced Content-Security-Policy", evidence=evidence)

    return each_page(subject, judge)


@check(
    "cors_csp.csp.valid",
    severity=Severity.MEDIUM,
    needs=[front_pages],
    reference="CSP3 §2.2, §2.3.1",
    defect="browsers ignore a part of the policy: an unknown directive, an unquoted keyword, a repeated one",
    fix=Fix(KEY, "correct what the finding names, where the policy is made"),
)
def policies_are_understood(subject: Subject) -> Iterable[Outcome]:
    """Nothing in a policy is unknown, misspelt, repeated or without effect."""

    def judge(host: str, result: HttpResult) -> Outcome:
        evidence = [result.probe.id]
        try:
            policies = enforced(result)
        except PolicyError as error:
            return failed(host, error.what, expected="a policy that browsers read", evidence=evidence)
        if not policies:
            return not_applicable(host, "no policy: see cors_csp.csp.present")
        wrong = [f for f in judge_all(policies) if f.kind in WRITTEN_WRONG and f.kind is not Kind.DEPRECATED]
        return _verdict(host, wrong, "every directive and source understood", evidence)

    return each_page(subject, judge)


def _verdict(host: str, found: list[Finding], expected: str, evidence: list[str]) -> Outcome:
    if found:
        observed = "; ".join(str(finding) for finding in found[:5])
        return failed(host, observed, expected=expected, evidence=evidence)
    return passed(host, expected, evidence=evidence)


def _strict(subject: Subject, kinds: frozenset[Kind], expected: str) -> Iterable[Outcome]:
    def judge(host: str, result: HttpResult) -> Outcome:
        def judge_policies(policies: tuple[Policy, ...]) -> Outcome:
            found = [finding for finding in judge_all(policies) if finding.kind in kinds]
            return _verdict(host, found, expected, [result.probe.id])

        return _with_policy(host, result, judge_policies)

    return each_page(subject, judge)


@check(
    "cors_csp.csp.scripts",
    severity=Severity.HIGH,
    needs=[front_pages],
    reference="CSP3 §7; csp-evaluator.withgoogle.com",
    defect="the policy lets injected script run: unsafe-inline, unsafe-eval, a wildcard, data:",
    fix=Fix(KEY, "name scripts by nonce or hash, or by exact file; take unsafe-inline and unsafe-eval out"),
)
def injected_scripts_do_not_run(subject: Subject) -> Iterable[Outcome]:
    """No policy lets script run that an attacker brings into the page."""
    return _strict(subject, SCRIPT_RISKS, "only known scripts run")


@check(
    "cors_csp.csp.injection",
    severity=Severity.MEDIUM,
    needs=[front_pages],
    reference="CSP3 §6.1.7 (object-src), §6.3.1 (base-uri)",
    defect="the policy leaves plug-ins or <base> to whoever gets markup into the page",
    fix=Fix(KEY, "add object-src 'none' and base-uri 'self'"),
)
def plugins_and_base_are_governed(subject: Subject) -> Iterable[Outcome]:
    """Every policy governs object-src and base-uri."""
    return _strict(subject, INJECTION_RISKS, "object-src and base-uri governed")


@check(
    "cors_csp.csp.framing",
    severity=Severity.HIGH,
    needs=[front_pages],
    reference="CSP3 §6.4.2 (frame-ancestors); RFC 7034 (X-Frame-Options)",
    defect="any site may put the page into a frame (clickjacking)",
    fix=Fix("launchready:headers.frame_options", "leave it out, or add frame-ancestors to the policy"),
)
def pages_cannot_be_framed_by_anyone(subject: Subject) -> Iterable[Outcome]:
    """Every page says who may frame it: by frame-ancestors, or by X-Frame-Options where there is none."""

    def judge(host: str, result: HttpResult) -> Outcome:
        evidence = [result.probe.id]
        expected = "frame-ancestors, or X-Frame-Options DENY or SAMEORIGIN"
        try:
            policies = header_policies(result)
        except PolicyError:
            policies = ()
        naming = [policy for policy in policies if policy.get("frame-ancestors") is not None]
        if naming:  # browsers then ignore X-Frame-Options
            wide = [finding for finding in judge_all(naming) if finding.kind is Kind.FRAMING]
            return _verdict(host, wide, expected, evidence)
        options = {
            part.strip().upper() for value in values(result, "x-frame-options") for part in value.split(",")
        }
        if options and options <= {"DENY", "SAMEORIGIN"} and len(options) == 1:
            return passed(host, f"X-Frame-Options: {options.pop()}", expected=expected, evidence=evidence)
        observed = f"X-Frame-Options: {', '.join(sorted(options))}" if options else "neither"
        return failed(host, observed, expected=expected, evidence=evidence)

    return each_page(subject, judge)


def _second_looks(subject: Subject) -> Iterator[Probe]:
    for asked in fronts(subject):
        if not is_stand_in(subject, asked.host) and nonces(subject.evidence.http(asked.probe.url)):
            yield HttpProbe(asked.probe.url, headers=AGAIN)


@check(
    "cors_csp.csp.nonce",
    severity=Severity.HIGH,
    needs=[front_pages, _second_looks],
    reference="CSP3 §7.1 (a nonce is unique for each answer)",
    defect="the policy's nonce is the same in two answers: an attacker can read and reuse it",
    fix=Fix(KEY, "make the nonce anew for each answer, and never cache pages that carry one"),
)
def nonces_are_used_once(subject: Subject) -> Iterable[Outcome]:
    """A page that is asked for twice has two different nonces."""

    def judge(host: str, result: HttpResult) -> Outcome:
        first = nonces(result)
        if not first:
            return not_applicable(host, "no nonce")
        again = subject.evidence.http(f"https://{host}/", headers=AGAIN)
        if again.cause is not None:
            return undecided(host, again, expected="another nonce")
        evidence = [result.probe.id, again.probe.id]
        if first & nonces(again):
            return failed(host, "the same nonce twice", expected="another nonce", evidence=evidence)
        return passed(host, "another nonce in the second answer", evidence=evidence)

    return each_page(subject, judge)


@check(
    "cors_csp.csp.fits",
    severity=Severity.MEDIUM,
    needs=[front_pages],
    reference="CSP3 §6.7.3 (does element match source list)",
    defect="the policy blocks inline scripts of the page itself: parts of it don't work",
    fix=Fix(KEY, "move the script into a file, name it by hash, or let the application send its own policy"),
)
def policies_let_the_page_work(subject: Subject) -> Iterable[Outcome]:
    """No inline script or event attribute of a page is blocked by the page's own policy."""

    def judge(host: str, result: HttpResult) -> Outcome:
        def judge_policies(policies: tuple[Policy, ...]) -> Outcome:
            evidence = [result.probe.id]
            blocked = list(dict.fromkeys(one for p in policies for one in blocked_inline(p, result)))
            if blocked:
                observed = f"blocked: {'; '.join(blocked[:5])}"
                return failed(
                    host, observed, expected="inline scripts named by the policy", evidence=evidence
                )
            return passed(host, "nothing of the page is blocked", evidence=evidence)

        return _with_policy(host, result, judge_policies)

    return each_page(subject, judge)


@check(
    "cors_csp.csp.declared",
    severity=Severity.HIGH,
    needs=[front_pages],
    reference="CSP3 §3.1, §3.2",
    defect="the declared policy is not what is served",
    fix=Fix(KEY, "run `launch up`; look for a rule or Worker that changes the header too"),
    public=False,
)
def the_declared_policy_is_served(subject: Subject) -> Iterable[Outcome]:
    """Every proxied host serves the declared policy, or with ``if_absent`` at least its own."""

    def judge(host: str, result: HttpResult) -> Outcome:
        declared = declared_headers(subject, host)
        if declared is None or declared.csp is None:
            return not_applicable(host, "no policy is declared for it")
        wanted, served = declared.csp, values(result, declared.csp.name)
        evidence = [result.probe.id]
        if any(_says(value, wanted.text) for value in served):
            return passed(host, served[0][:300], expected=wanted.text, evidence=evidence)
        if served and wanted.if_absent:
            return passed(host, f"the application's own: {served[0][:300]}", evidence=evidence)
        observed = served[0] if served else f"no {wanted.name}"
        return failed(host, observed[:300], expected=wanted.text, evidence=evidence)

    return each_answer(subject, judge)


def _says(served: str, wanted: str) -> bool:
    try:
        return same(parse(served), parse(wanted))
    except PolicyError:
        return served.strip() == wanted
