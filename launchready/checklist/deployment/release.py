"""The release that answers: it says its name, the same one on every connection, and all of it is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from launchready.checklist.answers import answering_hosts, is_stand_in
from launchready.checklist.caching.answers import KEPT, linked, status
from launchready.checklist.played import place
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
from launchready.checklist.tls.content import is_page
from launchready.checklist.tls.hosts import OWN_SERVER
from launchready.client_file.portal_model import Portal
from launchready.evidence.types import Cause, HttpProbe, HttpResult, Probe

LOOKS = 6
"""Connections, each of its own, that must show the same release."""
KEYS = (
    "release",
    "version",
    "commit",
    "revision",
    "sha",
    "build",
    "git_sha",
    "gitsha",
    "buildid",
    "build_id",
)
"""Keys of the document that may name a release; the first that is there counts."""
FILES = 16
"""Scripts and style sheets of one page that are looked for."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]{0,99}")
KEY = "launchready:portal.release"


def _looks(subject: Subject) -> list[HttpProbe]:
    """The same question several times; the header keeps each a probe, and a connection, of its own."""
    portal = subject.client.portal
    if not isinstance(portal, Portal) or portal.release is None:
        return []
    url = place(portal, portal.release)
    return [HttpProbe(url, headers=(("x-launch-look", str(number)),)) for number in range(1, LOOKS + 1)]


def looks(subject: Subject) -> Iterator[Probe]:
    return iter(_looks(subject))


def _answers(subject: Subject) -> list[HttpResult] | Outcome:
    """What the looks brought, or why there are none."""
    portal = subject.client.portal
    if not isinstance(portal, Portal):
        return not_applicable(subject.client.domain, "portal: none")
    if portal.release is None:
        return not_applicable(place(portal), "portal.release is not declared")
    return [subject.evidence.http(one.url, one.method, one.headers) for one in _looks(subject)]


def release_of(result: HttpResult) -> str | None:
    """The release that a document names: a value of one of ``KEYS`` at its top, or its only word."""
    try:
        found = json.loads(result.body)
    except (ValueError, RecursionError):
        text = result.body[:200].decode("utf-8", "replace").strip()
        return text if _PLAIN.fullmatch(text) else None
    if isinstance(found, dict):
        named = {str(key).lower(): value for key, value in found.items()}
        found = next((named[key] for key in KEYS if named.get(key)), None)
    is_word = isinstance(found, str | int | float) and not isinstance(found, bool)
    return str(found).strip()[:100] or None if is_word else None


@check(
    "deployment.release.marker",
    severity=Severity.MEDIUM,
    needs=[looks],
    reference="client file: portal.release (live = declared); The Twelve-Factor App, V (releases have ids)",
    defect="nothing tells which release answers, so that nobody can say whether a deployment arrived",
    fix=Fix(KEY, 'serve {"release": "<commit or version>"} there, written when the release is built'),
    public=False,
)
def the_release_says_its_name(subject: Subject) -> Outcome:
    """The declared release document answers 200 and names a release."""
    answers = _answers(subject)
    if isinstance(answers, Outcome):
        return answers
    first = answers[0]
    if first.cause is not None:
        return undecided(first.probe.url, first)
    if (first.status or 0) >= 500:
        return inconclusive(first.probe.url, Cause.UNREACHABLE, f"answers {first.status}")
    named = release_of(first) if first.status == 200 else None
    evidence, expected = [first.probe.id], f"200, with one of {', '.join(KEYS[:4])}"
    if named is None:
        return failed(
            first.probe.url, f"answers {first.status}, no release in it", expected=expected, evidence=evidence
        )
    return passed(first.probe.url, named, expected=expected, evidence=evidence)


@check(
    "deployment.release.agrees",
    severity=Severity.HIGH,
    needs=[looks],
    reference="Cloudflare: propagation; facts: one good probe proves nothing",
    defect="two releases answer in turn: a deployment that is half done, or a server that was left behind",
    fix=Fix(KEY, "finish or undo the deployment on every server before customers come"),
    public=False,
)
def every_connection_shows_one_release(subject: Subject) -> Outcome:
    """Six connections of their own show the same release."""
    answers = _answers(subject)
    if isinstance(answers, Outcome):
        return answers
    url = answers[0].probe.url
    evidence = [answer.probe.id for answer in answers]
    named = [
        release_of(answer) if answer.cause is None and answer.status == 200 else None for answer in answers
    ]
    different = dict.fromkeys(name for name in named if name is not None)
    shown = ", ".join(f"{named.count(name)}× {name}" for name in different)
    expected = f"one release on {LOOKS} connections"
    if len(different) > 1:
        return failed(url, shown, expected=expected, evidence=evidence)
    silent = next((answer for answer in answers if answer.cause is not None), None)
    if silent is not None:
        return undecided(url, silent, expected=expected)
    if None in named:
        why = "not every connection shows a release"
        return inconclusive(url, Cause.MALFORMED, why, expected=expected, evidence=evidence)
    return passed(url, shown, expected=expected, evidence=evidence)


@check(
    "deployment.release.uncached",
    severity=Severity.MEDIUM,
    needs=[looks],
    reference="RFC 9111 §5.2.2.5 (no-store); developers.cloudflare.com/cache/concepts/cache-responses",
    defect="the release document comes out of a cache, and names a release that may be gone",
    fix=Fix(
        "launchready:cache.bypass", "bypass the cache for the release document, or send no-store with it"
    ),
    public=False,
)
def the_release_is_asked_of_the_origin(subject: Subject) -> Outcome:
    """No look at the release document is answered out of a cache."""
    answers = _answers(subject)
    if isinstance(answers, Outcome):
        return answers
    url = answers[0].probe.url
    silent = next((answer for answer in answers if answer.cause is not None), None)
    kept = [
        answer for answer in answers if status(answer) in KEPT or (answer.header("age") or "0").strip() != "0"
    ]
    expected = "no cf-cache-status HIT, and no Age"
    if kept:
        told = f"{status(kept[0]) or 'no cf-cache-status'}, Age {kept[0].header('age') or 'none'}"
        return failed(url, told, expected=expected, evidence=[answer.probe.id for answer in kept])
    if silent is not None:
        return undecided(url, silent, expected=expected)
    return passed(url, f"{len(answers)} answers of the origin", expected=expected)


def _pages(subject: Subject) -> Iterator[Probe]:
    """Front pages, and then what they load from their own host."""
    hosts = [host for host in answering_hosts(subject) if not is_stand_in(subject, host)]
    for host in hosts:
        yield HttpProbe(f"https://{host}/")
    for host in hosts:
        for url in _files(subject.evidence.http(f"https://{host}/")):
            yield HttpProbe(url)


def _files(page: HttpResult) -> list[str]:
    if page.cause is not None or not is_page(page):
        return []
    found = linked(page.probe.url, page.body)
    return [url for url in found if urlsplit(url).path.endswith((".js", ".mjs", ".css"))][:FILES]


@check(
    "deployment.assets.present",
    severity=Severity.HIGH,
    needs=[_pages],
    reference="HTML standard §4.12.1 and §4.2.4 (scripts and style sheets that can't be fetched)",
    defect="a page asks for scripts or styles that are not there: half of a release was deployed",
    fix=Fix(
        "launchready:cache.static",
        "deploy files before the pages that name them, and keep the last release's",
    ),
)
def every_file_of_a_page_is_there(subject: Subject) -> Iterable[Outcome]:
    """Every script and style sheet that a front page loads from its own host answers 200."""
    for host in answering_hosts(subject):
        url = f"https://{host}/"
        if is_stand_in(subject, host):
            yield not_applicable(url, OWN_SERVER)
            continue
        page = subject.evidence.http(url)
        if page.cause is not None and page.cause is not Cause.PLACEHOLDER:
            yield undecided(url, page)
            continue
        answers = [subject.evidence.http(file) for file in _files(page)]
        gone = [answer for answer in answers if answer.status in (404, 410)]
        unknown = next((answer for answer in answers if answer.cause is not None), None)
        evidence = [answer.probe.id for answer in gone or answers] or [page.probe.id]
        if gone:
            shown = "; ".join(f"{urlsplit(a.probe.url).path}: {a.status}" for a in gone[:4])
            yield failed(url, shown, expected="200 for each", evidence=evidence)
        elif unknown is not None:
            yield undecided(url, unknown)
        else:
            yield passed(url, f"{len(answers)} file(s) are there", evidence=evidence)
