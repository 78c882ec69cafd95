"""Live = good, whatever is declared: nothing private is shared, pages stay fresh, files are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from launchready.checklist.caching.answers import (
    KEPT,
    asked,
    asked_files,
    files,
    found,
    front,
    fronts,
    seen,
    status,
    turns,
    visited,
)
from launchready.checklist.caching.control import contradictions, directives, lifetime
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
from launchready.evidence.types import HttpResult, Probe

CLOUDFLARES = ("__cf_bm", "__cflb", "__cfruid", "_cfuvid", "cf_clearance", "__cfwaitingroom", "cf_ob_info")
"""Cookies that Cloudflare itself adds to answers, those out of the cache included."""
LONG_PAGE = 86_400.0
"""Seconds: a page that browsers keep for longer can't be corrected in a day."""
SHORT_FILE = 60.0
"""Seconds: a file that browsers keep for less is asked for on every page."""


def _each(
    subject: Subject, host: str, judge: Callable[[tuple[HttpResult, ...]], tuple[str, list[str]]], good: str
) -> Outcome:
    """One outcome for a host: ``judge`` says what is wrong with its answers, and in which."""
    page = subject.evidence.http(front(host))
    answers = seen(subject, host)
    if page.cause is not None:
        return undecided(host, page)
    if not answers:
        return not_applicable(host, "nothing was answered")
    wrong, evidence = judge(answers)
    if wrong:
        return failed(host, wrong, expected=good, evidence=evidence)
    return passed(host, f"{len(answers)} answer(s)", evidence=[page.probe.id])


def _listed(found_: Iterable[tuple[HttpResult, str]]) -> tuple[str, list[str]]:
    pairs = list(found_)
    words = dict.fromkeys(f"{result.probe.url}: {what}" for result, what in pairs)
    return "; ".join(list(words)[:4]), list(dict.fromkeys(result.probe.id for result, _ in pairs))


@check(
    "caching.cookies.shared",
    severity=Severity.CRITICAL,
    needs=[asked_files],
    reference="RFC 9111 §7.3; CWE-524; developers.cloudflare.com/cache/concepts/cache-behavior (Set-Cookie)",
    defect="an answer out of the cache sets a cookie: every visitor gets the first one's",
    fix=Fix("launchready:cache.respect_origin", "let no cached path set cookies, and run `launch purge`"),
)
def no_cached_answer_sets_a_cookie(subject: Subject) -> Iterable[Outcome]:
    """No answer that comes out of a cache sets a cookie."""

    def judge(answers: tuple[HttpResult, ...]) -> tuple[str, list[str]]:
        kept = (result for result in answers if status(result) in KEPT)
        return _listed((r, f"{status(r)} sets {name}") for r in kept for name in _cookies(r))

    for host in visited(subject):
        yield _each(subject, host, judge, "no Set-Cookie")


def _cookies(result: HttpResult) -> list[str]:
    """Names of the cookies that the site sets."""
    lines = [value for name, value in result.headers if name == "set-cookie"]
    names = [line.partition("=")[0].strip() for line in lines]
    return [name for name in names if not name.startswith(CLOUDFLARES)]


@check(
    "caching.pages.fresh",
    severity=Severity.MEDIUM,
    needs=[fronts],
    reference="RFC 9111 §5.2.2.1; web.dev/articles/http-cache",
    defect="browsers keep pages for days: a correction does not reach who was there before",
    fix=Fix("launchready:cache.html", "let pages say no-cache, or a short max-age, at the origin"),
)
def browsers_do_not_keep_pages_for_long(subject: Subject) -> Iterable[Outcome]:
    """Browsers keep front pages for a day at most."""
    for host in visited(subject):
        page = subject.evidence.http(front(host))
        if page.cause is not None:
            yield undecided(host, page)
        elif not is_page(page):
            yield not_applicable(host, f"the front page is no HTML page ({page.status})")
        else:
            said = page.header("cache-control") or "no Cache-Control"
            life = lifetime(page, subject.evidence.now) or 0.0
            long = life > LONG_PAGE or (life > 0 and "immutable" in directives(page))
            judge = failed if long else passed
            yield judge(host, said, expected="a day at most", evidence=[page.probe.id])


@check(
    "caching.static.lasting",
    severity=Severity.LOW,
    needs=[asked_files],
    reference="web.dev/articles/uses-long-cache-ttl; RFC 9111 §4.2",
    defect="browsers fetch the same stylesheets and scripts again on every page",
    fix=Fix("launchready:cache.static", "give static files a time, or let the origin send max-age"),
)
def browsers_keep_static_files(subject: Subject) -> Iterable[Outcome]:
    """Browsers may keep the files that a front page loads for a minute at least."""
    for host in visited(subject):
        page = subject.evidence.http(front(host))
        results = [turns(subject, url)[-1] for url, _ in files(subject, host) if turns(subject, url)]
        loaded = [result for result in results if result.status == 200 and result.cause is None]
        if subject.evidence.on_edge:  # what the edge does not answer is a stand-in's, which proves nothing
            loaded = [result for result in loaded if status(result)]
        short = [r for r in loaded if (lifetime(r, subject.evidence.now) or 0.0) < SHORT_FILE]
        if page.cause is not None:
            yield undecided(host, page)
        elif not loaded:
            yield not_applicable(host, "the front page loads no static file of this host")
        elif short:
            said = ((r, r.header("cache-control") or "no Cache-Control") for r in short)
            words, evidence = _listed(said)
            yield failed(host, words, expected="max-age of a minute or more", evidence=evidence)
        else:
            yield passed(host, f"{len(loaded)} file(s)", evidence=[r.probe.id for r in loaded])


@check(
    "caching.control.consistent",
    severity=Severity.LOW,
    needs=[asked_files],
    reference="RFC 9111 §4.2.1 and §5.2",
    defect="Cache-Control says two things at once: each cache picks another",
    fix=Fix("launchready:cache.respect_origin", "send one Cache-Control, from one place"),
)
def cache_control_says_one_thing(subject: Subject) -> Iterable[Outcome]:
    """No answer's Cache-Control contradicts itself."""

    def judge(answers: tuple[HttpResult, ...]) -> tuple[str, list[str]]:
        return _listed((result, words) for result in answers for words in contradictions(result))

    for host in visited(subject):
        yield _each(subject, host, judge, "one meaning")


@check(
    "caching.age.told",
    severity=Severity.LOW,
    needs=[asked_files],
    reference="RFC 9111 §5.1; developers.cloudflare.com/cache/concepts/cache-responses (Age)",
    defect="an answer out of the cache does not say how old it is: browsers keep it too long",
    fix=Fix("launchready:headers", "don't remove or set Age"),
)
def cached_answers_tell_their_age(subject: Subject) -> Iterable[Outcome]:
    """Answers that come out of the cache have an Age in seconds."""

    def judge(answers: tuple[HttpResult, ...]) -> tuple[str, list[str]]:
        hits = (result for result in answers if status(result) == "HIT")
        wrong = ((r, r.header("age")) for r in hits)
        return _listed((r, f"Age: {age}") for r, age in wrong if not (age or "").isdigit())

    for host in visited(subject):
        yield _each(subject, host, judge, "Age in seconds")


# --- web cache deception ------------------------------------------------------------------------


def made_up(subject: Subject, host: str) -> str:
    """A stylesheet that nobody has."""
    return f"https://{host}/launch-check-{subject.evidence.nonce}/none.css"


def _deceptive(subject: Subject) -> Iterator[Probe]:
    """Again only where a page came instead of "not found"."""
    for host in visited(subject):
        first = found(subject, made_up(subject, host))
        yield asked(made_up(subject, host))
        if first is not None and first.cause is None and is_page(first):
            yield asked(made_up(subject, host), 2)


@check(
    "caching.deception.refused",
    severity=Severity.MEDIUM,
    needs=[_deceptive],
    reference="CWE-524; developers.cloudflare.com/cache/cache-security/cache-deception-armor",
    defect="a page answers under the name of any file and is kept: a lured visitor's page is everyone's",
    fix=Fix("launchready:cache.respect_origin", "answer 404 for files that don't exist, or list the paths"),
)
def pages_are_not_kept_under_the_names_of_files(subject: Subject) -> Iterable[Outcome]:
    """A made-up file's name does not get a page that the edge then keeps."""
    for host in visited(subject):
        url = made_up(subject, host)
        first = subject.evidence.http(url)
        if first.cause is not None:
            yield undecided(url, first)
        elif not is_page(first):
            yield passed(url, f"{first.status}", evidence=[first.probe.id])
        else:
            again = found(subject, url, 2) or first
            words = (
                f"{first.status} {first.header('content-type')}, then {status(again) or 'from the origin'}"
            )
            judge = failed if status(again) in KEPT or status(first) in KEPT else passed
            yield judge(url, words, expected="404, or no HIT", evidence=[first.probe.id, again.probe.id])
