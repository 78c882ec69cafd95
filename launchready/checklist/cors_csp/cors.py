"""Cross-origin sharing as strangers meet it: each origin that must not be trusted is tried, by GET only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from launchready.checklist.answers import (
    Asked,
    answering_hosts,
    declared_headers,
    front_pages,
    judged,
    worth_asking,
)
from launchready.checklist.registry import (
    Fix,
    Outcome,
    Planner,
    Severity,
    Subject,
    check,
    failed,
    not_applicable,
    passed,
)
from launchready.evidence.types import HttpProbe, HttpResult, Probe
from launchready.websec.cors import Grant, Stranger, grant, nobody, strangers

FIX = Fix("launchready:headers.cors", "declare the front-ends' exact origins, and run `launch up`")


def paths(subject: Subject, host: str) -> tuple[str, ...]:
    """The front page, and the path that ``cors.probe`` names."""
    declared = declared_headers(subject, host)
    probe = declared.cors.probe if declared is not None and declared.cors is not None else "/"
    return tuple(dict.fromkeys(("/", probe)))


def asked_by(subject: Subject, origin_of: str) -> Iterator[tuple[Asked, Stranger]]:
    """Requests of one kind of stranger to every host and path."""
    for host in answering_hosts(subject):
        declared = declared_headers(subject, host)
        trusted = declared.cors.origins if declared is not None and declared.cors is not None else ()
        for stranger in strangers(host, subject.declared.domain, subject.evidence.nonce, trusted):
            if stranger.kind == origin_of:
                for path in paths(subject, host):
                    yield Asked(host, with_origin(f"https://{host}{path}", stranger.origin)), stranger


def with_origin(url: str, origin: str) -> HttpProbe:
    return HttpProbe(url, headers=(("origin", origin),))


def _asking(*kinds: str) -> list[Planner]:
    """Planners for some kinds of strangers; those of ``reflection`` always, since it explains the others."""

    def plan(subject: Subject) -> Iterator[Probe]:
        for kind in dict.fromkeys(("reflection", *kinds)):
            yield from worth_asking(subject, (asked for asked, _ in asked_by(subject, kind)))

    return [front_pages, plan]


def _grant(result: HttpResult) -> Grant:
    return grant(result.headers)


def _trusts_strangers(subject: Subject, kind: str) -> list[Outcome]:
    outcomes = []
    for asked, stranger in asked_by(subject, kind):

        def judge(host: str, result: HttpResult, stranger: Stranger = stranger) -> Outcome:
            return _judge_stranger(subject, host, result, stranger)

        outcomes.append(judged(subject, asked, judge))
    return outcomes


def _judge_stranger(subject: Subject, host: str, result: HttpResult, stranger: Stranger) -> Outcome:
    given, evidence = _grant(result), [result.probe.id]
    if given.origin == "*":
        return not_applicable(host, "every origin may read: see cors_csp.cors.open")
    if stranger.kind != "reflection" and _reflects(subject, result.probe.url):
        return not_applicable(host, "any origin is trusted: see cors_csp.cors.reflection")
    expected = f"{stranger.origin} may not read"
    if given.admits(stranger.origin):
        more = ", with credentials" if given.credentials else ""
        observed = f"{stranger.origin} may read{more}: {stranger.mistake}"
        return failed(host, observed, expected=expected, evidence=evidence)
    return passed(host, expected, evidence=evidence)


def _reflects(subject: Subject, url: str) -> bool:
    stranger = nobody(subject.evidence.nonce)
    result = subject.evidence.http(url, headers=with_origin(url, stranger.origin).headers)
    return _grant(result).admits(stranger.origin)


@check(
    "cors_csp.cors.reflection",
    severity=Severity.CRITICAL,
    needs=_asking(),
    reference="OWASP API8:2023; Fetch, CORS protocol",
    defect="whatever origin asks is trusted: every site can read answers meant for the user",
    fix=FIX,
)
def strangers_are_not_trusted(subject: Subject) -> Iterable[Outcome]:
    """An origin that nobody has is granted nothing."""
    return _trusts_strangers(subject, "reflection")


@check(
    "cors_csp.cors.null",
    severity=Severity.HIGH,
    needs=_asking("null"),
    reference="RFC 6454 §7.3; PortSwigger, Exploiting CORS misconfigurations",
    defect="the origin null is trusted: a sandboxed frame on any site has it",
    fix=FIX,
)
def null_is_not_trusted(subject: Subject) -> Iterable[Outcome]:
    """The origin ``null`` is granted nothing."""
    return _trusts_strangers(subject, "null")


@check(
    "cors_csp.cors.lookalike",
    severity=Severity.HIGH,
    needs=_asking("suffix", "prefix"),
    reference="PortSwigger, Exploiting CORS misconfigurations (errors parsing origins)",
    defect="an origin is compared by its beginning or end: names that anyone can register are trusted",
    fix=FIX,
)
def lookalikes_are_not_trusted(subject: Subject) -> Iterable[Outcome]:
    """Names that begin or end like a trusted one are granted nothing."""
    return [*_trusts_strangers(subject, "suffix"), *_trusts_strangers(subject, "prefix")]


@check(
    "cors_csp.cors.subdomain",
    severity=Severity.MEDIUM,
    needs=_asking("subdomain"),
    reference="OWASP API8:2023; PortSwigger (trust relationships)",
    defect="every subdomain is trusted: one that is forgotten or taken over reads everything",
    fix=FIX,
)
def unknown_subdomains_are_not_trusted(subject: Subject) -> Iterable[Outcome]:
    """A subdomain that does not exist is granted nothing."""
    return _trusts_strangers(subject, "subdomain")


@check(
    "cors_csp.cors.downgrade",
    severity=Severity.HIGH,
    needs=_asking("downgrade"),
    reference="PortSwigger, Exploiting CORS misconfigurations (breaking TLS)",
    defect="a trusted name is trusted over http too: whoever is on the way can speak for it",
    fix=FIX,
)
def unencrypted_origins_are_not_trusted(subject: Subject) -> Iterable[Outcome]:
    """A trusted name over http is granted nothing."""
    return _trusts_strangers(subject, "downgrade")


@check(
    "cors_csp.cors.wildcard",
    severity=Severity.HIGH,
    needs=_asking(),
    reference="Fetch, CORS protocol and credentials",
    defect="Access-Control-Allow-Origin: * comes with Access-Control-Allow-Credentials: true",
    fix=FIX,
)
def wildcards_have_no_credentials(subject: Subject) -> Iterable[Outcome]:
    """``*`` never comes with credentials."""

    def judge(host: str, result: HttpResult) -> Outcome:
        given, evidence = _grant(result), [result.probe.id]
        if given.origin == "*" and given.credentials:
            return failed(host, "* with credentials", expected="no * with credentials", evidence=evidence)
        return passed(host, "no * with credentials", evidence=evidence)

    return [judged(subject, asked, judge) for asked, _ in asked_by(subject, "reflection")]


@check(
    "cors_csp.cors.open",
    severity=Severity.MEDIUM,
    needs=_asking(),
    reference="the launch checklist: allowed origins few and explicit",
    defect="Access-Control-Allow-Origin: * lets every site read the answers",
    fix=FIX,
)
def allowed_origins_are_explicit(subject: Subject) -> Iterable[Outcome]:
    """No host answers every origin with ``*``."""

    def judge(host: str, result: HttpResult) -> Outcome:
        given, evidence = _grant(result), [result.probe.id]
        if given.origin == "*":
            return failed(host, "Access-Control-Allow-Origin: *", expected="named origins", evidence=evidence)
        if given.several:
            observed = "several origins in Access-Control-Allow-Origin, which browsers refuse"
            return failed(host, observed, expected="one origin", evidence=evidence)
        return passed(host, "no *", evidence=evidence)

    return [judged(subject, asked, judge) for asked, _ in asked_by(subject, "reflection")]
