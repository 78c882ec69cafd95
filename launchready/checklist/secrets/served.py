"""No secret is in what a browser is given: pages, scripts, source maps, answers of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from launchready.checklist.answers import is_html
from launchready.checklist.played import judged_by, missing, place, scenario
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
    undecided,
)
from launchready.checklist.secrets.material import (
    map_probes,
    map_urls,
    page_probes,
    script_probes,
    script_urls,
    shown,
)
from launchready.checklist.secrets.shapes import hashes_in, kinds_in
from launchready.client_file.portal_model import Portal
from launchready.evidence.http_probe import CUT
from launchready.evidence.types import Cause, HttpResult, PortalResult

FIX = Fix(
    "launchready:environment.variables",
    "rotate it at once, keep it on the server (scope: server), and build again without it",
)
API = "OWASP API8:2023 Security Misconfiguration"


def _clean(url: str, result: HttpResult) -> Outcome:
    """An outcome about one text that was served."""
    found = kinds_in(result.body)
    if found:
        return failed(url, "; ".join(found), expected="no secret", evidence=(result.probe.id,))
    if result.detail == CUT:
        return inconclusive(url, Cause.TOO_LARGE, f"only the first {len(result.body)} bytes were read")
    return passed(url, f"{len(result.body)} bytes, nothing of a secret's form")


def _each(
    subject: Subject,
    found: Iterable[tuple[str, HttpResult]],
    judge: Callable[[str, HttpResult], Outcome],
    none: str,
) -> Iterator[Outcome]:
    """One outcome for each text; what is not there says nothing."""
    any_ = False
    for url, result in found:
        if result.status in (404, 410, 403, 401) or (result.status or 0) in range(300, 400):
            continue
        any_ = True
        yield undecided(url, result) if result.cause is not None else judge(url, result)
    if not any_:
        yield not_applicable(subject.client.domain, none)


@check(
    "secrets.page.clean",
    severity=Severity.CRITICAL,
    needs=[page_probes],
    reference=f"CWE-615, CWE-798; {API}",
    defect="a key lies in the source of a page",
    fix=FIX,
)
def pages_hold_no_secret(subject: Subject) -> Iterator[Outcome]:
    """No page has a string of a secret's form in its source."""
    found = ((url, result) for url, result in shown(subject) if result.cause is not None or is_html(result))
    return _each(subject, found, _clean, "no page is served")


@check(
    "secrets.script.clean",
    severity=Severity.CRITICAL,
    needs=[page_probes, script_probes],
    reference=f"CWE-540, CWE-798; {API}",
    defect="a key lies in the JavaScript that browsers get",
    fix=FIX,
)
def scripts_hold_no_secret(subject: Subject) -> Iterator[Outcome]:
    """No script that a page loads has a string of a secret's form in it."""
    found = ((url, subject.evidence.http(url)) for url in script_urls(subject))
    return _each(subject, found, _clean, "no page loads a script of its own")


def _maps(subject: Subject) -> Iterator[tuple[str, HttpResult]]:
    return ((url, subject.evidence.http(url)) for _, url in map_urls(subject))


@check(
    "secrets.source_map.absent",
    severity=Severity.MEDIUM,
    needs=[page_probes, script_probes, map_probes],
    reference="OWASP WSTG-INFO-05; CWE-540",
    defect="source maps are served: the application's own source, comments included",
    fix=Fix("launchready:hosts", "don't publish source maps (upload them to the error tracker instead)"),
)
def source_maps_are_not_served(subject: Subject) -> Iterator[Outcome]:
    """A script's source map is not public."""

    def judge(url: str, result: HttpResult) -> Outcome:
        if result.status == 200 and b'"mappings"' in result.body:
            return failed(url, f"answered 200 with {len(result.body)} bytes", expected="404")
        return passed(url, f"answered {result.status}, no source map")

    found = list(_maps(subject))
    if found and all(result.status in (404, 410, 403, 401) for _, result in found):
        yield passed(found[0][0], f"answered {found[0][1].status}")
        return
    yield from _each(subject, found, judge, "no script names a source map")


@check(
    "secrets.source_map.clean",
    severity=Severity.CRITICAL,
    needs=[page_probes, script_probes, map_probes],
    reference=f"CWE-540, CWE-798; {API}",
    defect="a key lies in a source map",
    fix=FIX,
)
def source_maps_hold_no_secret(subject: Subject) -> Iterator[Outcome]:
    """No source map that is served has a string of a secret's form in it."""
    return _each(subject, _maps(subject), _clean, "no source map is served")


@check(
    "secrets.body.clean",
    severity=Severity.HIGH,
    needs=[scenario("session")],
    reference="OWASP API3:2023 Broken Object Property Level Authorization (excessive data exposure)",
    defect="an answer of the API contains a password's hash or a key",
    fix=Fix("launchready:portal.session", "answer with named fields only, never with whole records"),
    public=False,
)
@judged_by("session")
def answers_hold_no_secret(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """What a user is told of his own account has no stored password and no key in it."""
    if portal.session is None:
        return not_applicable(place(portal), "portal.session is not declared")
    step = seen.step("logged in")
    if step is None or step.cause is not None or not step.matched:
        return missing(portal, seen, "logged in", portal.session.path)
    found = [*kinds_in(step.body), *(["a stored password"] if hashes_in(step.body) else [])]
    subject = place(portal, portal.session.path)
    if found:
        return failed(subject, "; ".join(found), expected="nothing of the kind")
    return passed(subject, f"{len(step.body)} bytes, nothing of the kind")
