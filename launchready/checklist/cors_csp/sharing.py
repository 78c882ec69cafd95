"""Cross-origin sharing as declared: the named origins may read, preflights are answered, caches are told."""

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
from launchready.checklist.cors_csp.cors import asked_by, with_origin
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
from launchready.client_file.headers_model import Cors
from launchready.evidence.types import HttpProbe, HttpResult, Probe
from launchready.websec.cors import SAFE_METHODS, grant

MOST_ORIGINS = 4
"""Declared origins that are tried at a host: the rule is one and the same for all of them."""
FIX = Fix(
    "launchready:headers.cors", "run `launch up`; look for a rule or Worker that changes the headers too"
)


def _shared(subject: Subject) -> Iterator[tuple[str, Cors]]:
    for host in answering_hosts(subject):
        declared = declared_headers(subject, host)
        if declared is not None and declared.cors is not None:
            yield host, declared.cors


def _declared(subject: Subject) -> Iterator[tuple[Asked, Cors, str]]:
    for host, cors in _shared(subject):
        for origin in _tried(cors):
            yield Asked(host, with_origin(f"https://{host}{cors.probe}", origin)), cors, origin


def _tried(cors: Cors) -> tuple[str, ...]:
    origins = tuple(dict.fromkeys(cors.origins))
    return origins if len(origins) <= MOST_ORIGINS else (*origins[: MOST_ORIGINS - 1], origins[-1])


def _declared_probes(subject: Subject) -> Iterator[Probe]:
    return worth_asking(subject, (asked for asked, _, _ in _declared(subject)))


@check(
    "cors_csp.cors.declared",
    severity=Severity.HIGH,
    needs=[front_pages, _declared_probes],
    reference="Fetch, CORS protocol",
    defect="a declared origin can't read, or with other rights than declared",
    fix=FIX,
    public=False,
)
def declared_origins_may_read(subject: Subject) -> Iterable[Outcome]:
    """Every declared origin is granted exactly what is declared."""
    outcomes = []
    for asked, cors, origin in _declared(subject):

        def judge(host: str, result: HttpResult, cors: Cors = cors, origin: str = origin) -> Outcome:
            given, evidence = grant(result.headers), [result.probe.id]
            expected = f"{origin} may read, {'with' if cors.credentials else 'without'} credentials"
            if given.origin != origin or given.several:
                observed = f"Access-Control-Allow-Origin: {given.origin or 'not sent'}"
                return failed(host, observed, expected=expected, evidence=evidence)
            if given.credentials != cors.credentials:
                observed = f"{'with' if given.credentials else 'without'} credentials"
                return failed(host, observed, expected=expected, evidence=evidence)
            return passed(host, expected, evidence=evidence)

        outcomes.append(judged(subject, asked, judge))
    return outcomes


def _strangers(subject: Subject) -> Iterator[Probe]:
    return worth_asking(subject, (asked for asked, _ in asked_by(subject, "reflection")))


@check(
    "cors_csp.cors.vary",
    severity=Severity.MEDIUM,
    needs=[front_pages, _declared_probes, _strangers],
    reference="Fetch, CORS protocol and HTTP caches",
    defect="an answer that depends on the origin does not say so: a cache gives one site another's answer",
    fix=FIX,
)
def answers_vary_by_origin(subject: Subject) -> Iterable[Outcome]:
    """Where an origin is granted or declared, answers carry ``Vary: Origin``."""
    shared = {host for host, _ in _shared(subject)}

    def judge(host: str, result: HttpResult) -> Outcome:
        given, evidence = grant(result.headers), [result.probe.id]
        if host not in shared and given.origin in (None, "*"):
            return not_applicable(host, "its answers are the same for every origin")
        if "origin" in given.vary or "*" in given.vary:
            return passed(host, "Vary: Origin", evidence=evidence)
        observed = f"Vary: {', '.join(sorted(given.vary)) or 'not sent'}"
        return failed(host, observed, expected="Vary: Origin", evidence=evidence)

    asked = [*(a for a, _, _ in _declared(subject)), *(a for a, _ in asked_by(subject, "reflection"))]
    return [judged(subject, one, judge) for one in asked]


def _preflight(host: str, cors: Cors, origin: str) -> HttpProbe:
    method = next((m.upper() for m in cors.methods if m.upper() not in SAFE_METHODS), "POST")
    headers = [("origin", origin), ("access-control-request-method", method)]
    if cors.headers:
        headers.append(("access-control-request-headers", ",".join(sorted(h.lower() for h in cors.headers))))
    return HttpProbe(f"https://{host}{cors.probe}", "OPTIONS", tuple(headers))


def _preflighted(subject: Subject) -> Iterator[tuple[Asked, Cors, str]]:
    """Hosts whose declared methods or headers need a preflight (Fetch, CORS-preflight fetch)."""
    for host, cors in _shared(subject):
        if cors.headers or any(method.upper() not in SAFE_METHODS for method in cors.methods):
            origin = _tried(cors)[0]
            yield Asked(host, _preflight(host, cors, origin)), cors, origin


def _preflights(subject: Subject) -> Iterator[Probe]:
    return worth_asking(subject, (asked for asked, _, _ in _preflighted(subject)))


@check(
    "cors_csp.cors.preflight",
    severity=Severity.HIGH,
    needs=[front_pages, _preflights],
    reference="Fetch, CORS-preflight fetch",
    defect="browsers' preflights fail: the front-end's requests never leave the browser",
    fix=Fix(
        "launchready:headers.cors",
        "answer OPTIONS with 204 at the origin; probe names the path that is asked",
    ),
    public=False,
)
def preflights_are_answered(subject: Subject) -> Iterable[Outcome]:
    """A preflight by a declared origin gets a 2xx answer that allows the declared methods and headers."""
    outcomes = []
    for asked, cors, origin in _preflighted(subject):

        def judge(host: str, result: HttpResult, cors: Cors = cors, origin: str = origin) -> Outcome:
            wrong = _wrong_with(result, cors, origin)
            evidence = [result.probe.id]
            if wrong:
                expected = f"a 2xx answer that allows {origin}"
                return failed(host, f"OPTIONS {cors.probe}: {wrong}", expected=expected, evidence=evidence)
            return passed(host, f"OPTIONS {cors.probe} is answered", evidence=evidence)

        outcomes.append(judged(subject, asked, judge))
    return outcomes


def _wrong_with(result: HttpResult, cors: Cors, origin: str) -> str | None:
    """Why a browser would stop after this preflight, or None."""
    given = grant(result.headers)
    if not 200 <= (result.status or 0) < 300:
        return f"answers {result.status}"
    if not given.admits(origin):
        return f"Access-Control-Allow-Origin: {given.origin or 'not sent'}"
    asked = {method.upper() for method in cors.methods} - SAFE_METHODS
    every = set() if cors.credentials else {"*"}
    if not asked <= given.methods and not every & given.methods:
        return f"allows the methods {', '.join(sorted(given.methods)) or 'none'}"
    if not {h.lower() for h in cors.headers} <= given.headers and not every & given.headers:
        return f"allows the headers {', '.join(sorted(given.headers)) or 'none'}"
    return None
