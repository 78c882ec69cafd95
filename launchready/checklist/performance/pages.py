"""What a visitor waits for and loads: front pages and log-in pages, their scripts and style sheets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from launchready.checklist.answers import answering_hosts, is_private, is_stand_in
from launchready.checklist.caching.answers import linked
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
from launchready.client_file.watched import LOG_IN, watched
from launchready.evidence.types import Cause, HttpProbe, HttpResult, Probe

ENCODINGS = (("accept-encoding", "gzip, br"),)
SLOW = 800.0
"""Milliseconds to the first byte, above which a page "needs improvement"."""
LEAST_BYTES = 10_000
"""A text shorter than this is not worth packing for long."""
HEAVY = 700_000
"""Bytes on the wire of a page with its own scripts and style sheets."""
FILES = 12
"""Scripts and style sheets of one page that are looked at."""
_TEXTS = ("text/", "application/javascript", "application/json", "application/xml", "image/svg+xml")
KEY = "launchready:cache"


def pages(subject: Subject) -> tuple[str, ...]:
    """Front pages of hosts with an application, and the log-in pages that the file knows."""
    hosts = answering_hosts(subject)
    logins = [one.url for one in watched(subject.client) if one.host in hosts and LOG_IN.search(one.path)]
    return tuple(dict.fromkeys([f"https://{host}/" for host in hosts] + logins))


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _asked(subject: Subject) -> Iterator[str]:
    return (url for url in pages(subject) if not is_stand_in(subject, _host(url)))


def quietly(subject: Subject) -> Iterator[Probe]:
    return (HttpProbe(url, headers=ENCODINGS, quiet=True) for url in _asked(subject))


def texts_of(subject: Subject) -> Iterator[Probe]:
    """Pages, and then what they load from their own host."""
    for url in _asked(subject):
        yield _text(url)
    for url in _asked(subject):
        yield from (_text(file) for file in _files(subject, url))


def _text(url: str) -> HttpProbe:
    return HttpProbe(url, headers=ENCODINGS)


def _files(subject: Subject, url: str) -> list[str]:
    """Scripts and style sheets of a page, by its plain answer (which need not be unpacked)."""
    page = subject.evidence.http(url)
    if page.cause is not None or not is_page(page):
        return []
    suffixes = (".js", ".mjs", ".css")
    return [one for one in linked(url, page.body) if urlsplit(one).path.endswith(suffixes)][:FILES]


def _settled(subject: Subject, url: str, result: HttpResult) -> Outcome | None:
    """Why a page is not judged: another answers for it, it redirects, fails, or is not for everyone."""
    if result.cause is not None and result.cause is not Cause.PLACEHOLDER:
        return undecided(url, result)
    status = result.status or 0
    if 300 <= status < 400:
        return not_applicable(url, f"redirects to {result.header('location')}")
    if status == 403 and is_private(subject, _host(url)):
        return not_applicable(url, "private: its answers are not for everyone")
    if status >= 500:
        return inconclusive(url, Cause.UNREACHABLE, f"answers {status}", evidence=[result.probe.id])
    return None


@check(
    "performance.page.ttfb",
    severity=Severity.MEDIUM,
    needs=[quietly],
    reference="web.dev/articles/ttfb (0.8 s or less is good)",
    defect="a visitor waits for a page's first byte for longer than most would",
    fix=Fix(KEY, "let the edge keep the page, or find what the origin waits for"),
)
def pages_begin_in_time(subject: Subject) -> Iterable[Outcome]:
    """The first byte of each front and log-in page comes within 800 ms, the middle one of three."""
    for url in pages(subject):
        if is_stand_in(subject, _host(url)):
            yield not_applicable(url, OWN_SERVER)
            continue
        result = subject.evidence.quiet(url, ENCODINGS)
        settled = _settled(subject, url, result)
        if settled is not None:
            yield settled
            continue
        took = result.first_byte * 1_000
        verdict = passed if took <= SLOW else failed
        yield verdict(
            url, f"{took:.0f} ms", expected=f"{SLOW:.0f} ms at most", evidence=[result.probe.id]
        )  # fmt: skip


@check(
    "performance.page.compressed",
    severity=Severity.MEDIUM,
    needs=[texts_of],
    reference="RFC 9110 §8.4; developers.cloudflare.com/speed/optimization/content/compression",
    defect="long texts are sent unpacked to browsers that would take them packed",
    fix=Fix(KEY, "drop no-transform from Cache-Control, or pack at the origin (gzip or Brotli)"),
)
def long_texts_are_packed(subject: Subject) -> Iterable[Outcome]:
    """Pages, scripts and style sheets of 10 kB or more are packed for who takes gzip or Brotli."""
    for url in pages(subject):
        if is_stand_in(subject, _host(url)):
            yield not_applicable(url, OWN_SERVER)
            continue
        page = _answer(subject, url)
        settled = _settled(subject, url, page)
        if settled is not None:
            yield settled
            continue
        answers = [page, *(_answer(subject, file) for file in _files(subject, url))]
        plain = [answer for answer in answers if _is_plain(answer)]
        evidence = [answer.probe.id for answer in plain or answers]
        expected = "Content-Encoding: gzip or br"
        if plain:
            shown = "; ".join(f"{urlsplit(a.probe.url).path}: {a.wire_bytes} bytes" for a in plain)
            yield failed(url, shown, expected=expected, evidence=evidence)
        else:
            yield passed(url, f"{len(answers)} text(s)", expected=expected, evidence=evidence)


def _answer(subject: Subject, url: str) -> HttpResult:
    return subject.evidence.http(url, headers=ENCODINGS)


def _is_plain(result: HttpResult) -> bool:
    if result.cause is not None or result.status != 200 or result.wire_bytes < LEAST_BYTES:
        return False
    kind = (result.header("content-type") or "").strip().lower()
    packed = (result.header("content-encoding") or "identity").strip().lower()
    return kind.startswith(_TEXTS) and packed == "identity"


@check(
    "performance.page.weight",
    severity=Severity.LOW,
    needs=[texts_of],
    reference="web.dev/articles/your-first-performance-budget",
    defect="a page and its own scripts weigh more than a phone loads in time",
    fix=Fix(KEY, "split the script, drop what the page does not use, pack what is left"),
)
def pages_are_light(subject: Subject) -> Iterable[Outcome]:
    """A page with its own host's scripts and style sheets has less than 700 kB on the wire."""
    for url in pages(subject):
        if is_stand_in(subject, _host(url)):
            yield not_applicable(url, OWN_SERVER)
            continue
        page = _answer(subject, url)
        settled = _settled(subject, url, page)
        if settled is not None:
            yield settled
            continue
        answers = [page, *(_answer(subject, file) for file in _files(subject, url))]
        total = sum(answer.wire_bytes for answer in answers)
        unknown = next((answer for answer in answers if answer.cause is not None), None)
        expected = f"less than {HEAVY // 1_000} kB"
        evidence = [answer.probe.id for answer in answers]
        if total >= HEAVY:
            yield failed(url, f"{total // 1_000} kB", expected=expected, evidence=evidence)
        elif unknown is not None:
            yield undecided(url, unknown, expected=expected)
        else:
            shown = f"{total / 1_000:.1f} kB in {len(answers)} file(s)"
            yield passed(url, shown, expected=expected, evidence=evidence)
