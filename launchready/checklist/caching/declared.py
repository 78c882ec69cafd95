"""Live = declared: what the edge keeps, what it tells browsers, and what it must never keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from launchready.checklist.caching.answers import (
    ELIGIBLE,
    KEPT,
    asked,
    asked_files,
    files,
    found,
    front,
    fronts,
    history,
    kept_hosts,
    status,
    turns,
    until_kept,
)
from launchready.checklist.caching.control import directives, seconds
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
from launchready.checklist.tls.content import is_page
from launchready.client_file import caching
from launchready.client_file.caching import Treatment
from launchready.evidence.types import HttpResult, Probe

MOST_PATHS = 8
"""Paths that are asked for on one host to prove that they are never kept."""
NO_EDGE = "no cf-cache-status: another server answered; see dns.record.served"
NO_FILES = "the front page links to no static file of this host"


def _declared_files(subject: Subject, host: str) -> tuple[tuple[str, Treatment], ...]:
    kinds = (Treatment.STATIC, Treatment.IMMUTABLE)
    return tuple((url, treatment) for url, treatment in files(subject, host) if treatment in kinds)


def _no_front(subject: Subject, host: str) -> Outcome | None:
    """What to say of a host whose front page gives nothing to look at."""
    page = subject.evidence.http(front(host))
    if page.cause is not None:
        return undecided(host, page)
    if not is_page(page):
        return not_applicable(host, f"the front page is no HTML page ({page.status})")
    return not_applicable(host, NO_FILES)


@check(
    "caching.static.kept",
    severity=Severity.MEDIUM,
    needs=[asked_files],
    reference="developers.cloudflare.com/cache/concepts/cache-responses; RFC 9111 §3",
    defect="static files that should come out of the edge's cache are fetched from the origin every time",
    fix=Fix("launchready:cache.static", "run `launch up`, and turn development mode off"),
    public=False,
)
def static_files_come_out_of_the_cache(subject: Subject) -> Iterable[Outcome]:
    """A stylesheet, a script and a picture of each front page come out of the edge's cache."""
    for host in kept_hosts(subject):
        chosen = _declared_files(subject, host)
        outcomes = [_kept(url, turns(subject, url)) for url, _ in chosen]
        judged = [outcome for outcome in outcomes if outcome is not None]
        if judged:
            yield from judged
        elif (nothing := _no_front(subject, host)) is not None:
            yield nothing


def _kept(url: str, results: tuple[HttpResult, ...]) -> Outcome | None:
    last = results[-1]
    evidence = [result.probe.id for result in results]
    if last.cause is not None:
        return undecided(url, last)
    if last.status != 200:
        return not_applicable(url, f"the link is broken: {last.status}")
    if not status(last):
        return not_applicable(url, NO_EDGE)
    if status(last) in KEPT:
        return passed(url, history(results), evidence=evidence)
    return failed(url, history(results), expected="HIT", evidence=evidence)


@check(
    "caching.static.browser",
    severity=Severity.MEDIUM,
    needs=[asked_files],
    reference="developers.cloudflare.com/cache/how-to/edge-browser-cache-ttl; RFC 9111 §5.2.2.1",
    defect="browsers are told to keep static files for another time than is declared",
    fix=Fix("launchready:cache.browser", "run `launch up`; a header rule of yours may change Cache-Control"),
    public=False,
)
def browsers_are_told_the_declared_time(subject: Subject) -> Iterable[Outcome]:
    """The max-age of static files is the declared one."""
    cache = caching.settings(subject.client)
    if cache is None:
        return
    wanted = {Treatment.STATIC: cache.browser, Treatment.IMMUTABLE: cache.static}
    for host in kept_hosts(subject):
        judged = [
            _told(url, turns(subject, url)[-1], wanted[treatment])
            for url, treatment in _declared_files(subject, host)
            if isinstance(wanted[treatment], int)
        ]
        if judged:
            yield from judged
        elif (nothing := _no_front(subject, host)) is not None:
            yield nothing


def _told(url: str, result: HttpResult, wanted: int | str) -> Outcome:
    said = result.header("cache-control") or "no Cache-Control"
    if result.cause is not None:
        return undecided(url, result)
    if result.status != 200:
        return not_applicable(url, f"the link is broken: {result.status}")
    if not status(result):
        return not_applicable(url, NO_EDGE)
    if seconds(directives(result), "max-age") == wanted:
        return passed(url, said, evidence=[result.probe.id])
    return failed(url, said, expected=f"max-age={wanted}", evidence=[result.probe.id])


# --- what must never be kept -------------------------------------------------------------------


def private_urls(subject: Subject, host: str) -> tuple[str, ...]:
    """URLs of a host that no rule lets be kept: an API's, log-in, the portal's log-in, ``cache.bypass``."""
    cache = caching.settings(subject.client)
    if cache is None:
        return ()
    made_up = f"launch-check-{subject.evidence.nonce}"
    portal = caching.portal_places(subject.client)[:1]  # the log-in
    wanted = [
        *map(caching.Place, ("/api/*", "/login")),
        *portal,
        *caching.places(subject.client, cache.bypass),
    ]
    urls: dict[str, None] = {}
    for place in wanted:
        path = place.path.replace("*", made_up)
        here = place.host is None or place.covers(host, path)
        if here and caching.treatment(subject.client, host, path) is Treatment.NEVER:
            urls[f"https://{host}{path}"] = None
    return tuple(urls)[:MOST_PATHS]


def _private(subject: Subject) -> Iterator[Probe]:
    return (asked(url) for host in kept_hosts(subject) for url in private_urls(subject, host))


@check(
    "caching.private.bypassed",
    severity=Severity.CRITICAL,
    needs=[_private],
    reference="OWASP API8:2023; CWE-525; developers.cloudflare.com/cache/how-to/cache-rules",
    defect="the edge may keep answers of an API or of log-in, and give one visitor's to the next",
    fix=Fix(
        "launchready:cache.bypass", "run `launch up`, then `launch purge`; drop page rules that keep all"
    ),
    public=False,
)
def private_paths_are_never_kept(subject: Subject) -> Iterable[Outcome]:
    """Answers of APIs, log-in and declared paths are not even eligible for the edge's cache."""
    for host in kept_hosts(subject):
        for url in private_urls(subject, host):
            result = subject.evidence.http(url)
            if result.cause is not None:
                yield undecided(url, result)
            elif status(result) in ELIGIBLE:
                yield failed(
                    url, history((result,)), expected="DYNAMIC or BYPASS", evidence=[result.probe.id]
                )
            else:
                yield passed(url, history((result,)), evidence=[result.probe.id])


def _pages(subject: Subject) -> Iterator[Probe]:
    cache = caching.settings(subject.client)
    if cache is None or cache.html == "bypass":
        yield from fronts(subject)
        return
    for host in kept_hosts(subject):
        yield from until_kept(subject, front(host))


@check(
    "caching.pages.declared",
    severity=Severity.HIGH,
    needs=[_pages],
    reference="developers.cloudflare.com/cache/concepts/default-cache-behavior (HTML is not cached)",
    defect="the edge keeps pages that are to be asked for every time, or does not keep those that it should",
    fix=Fix("launchready:cache.html", "run `launch up`, then `launch purge`"),
    public=False,
)
def pages_are_kept_as_declared(subject: Subject) -> Iterable[Outcome]:
    """Front pages come from the origin with ``html: bypass``, and out of the cache otherwise."""
    cache = caching.settings(subject.client)
    for host in kept_hosts(subject) if cache is not None else ():
        page = found(subject, front(host)) or subject.evidence.http(front(host))
        results = turns(subject, front(host))
        evidence = [result.probe.id for result in results]
        treatment = caching.treatment(subject.client, host, "/")
        if page.cause is not None:
            yield undecided(host, page)
        elif not is_page(page):
            yield not_applicable(host, f"the front page is no HTML page ({page.status})")
        elif treatment is Treatment.ORIGIN:
            yield not_applicable(host, "its origin decides (cache.respect_origin)")
        elif treatment is Treatment.NEVER or cache is None or cache.html == "bypass":
            kept = status(page) in ELIGIBLE
            judge = failed if kept else passed
            yield judge(host, history((page,)), expected="DYNAMIC or BYPASS", evidence=[page.probe.id])
        else:
            judge = passed if status(results[-1]) in KEPT else failed
            yield judge(host, history(results), expected="HIT", evidence=evidence)
