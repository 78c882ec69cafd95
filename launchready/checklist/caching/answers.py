"""What is asked for this row: front pages, the files that they link to, and the same URL again and again.

Only GETs of declared hosts. A file is found in a host's own front page, so that what is judged is what
visitors load. Further turns of a URL carry a header of their own, which is no part of a cache key.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urldefrag, urljoin, urlsplit

from launchready.checklist.registry import Subject
from launchready.checklist.tls.content import is_page
from launchready.checklist.tls.hosts import hosts, is_proxied, stand_in
from launchready.client_file import caching
from launchready.client_file.caching import Treatment
from launchready.client_file.model import ClientFile
from launchready.evidence.types import HttpProbe, HttpResult, Probe

TURNS = 4
"""How often a file is asked for until the edge has it: a data centre has several machines."""
FILES_PER_HOST = 4
KEPT = frozenset({"HIT", "STALE", "UPDATING", "REVALIDATED"})
"""Statuses of answers that came out of the cache."""
ELIGIBLE = KEPT | {"MISS", "EXPIRED"}
"""Statuses of requests whose answers the edge may keep (Cloudflare: cache responses)."""
STATIC = frozenset({Treatment.STATIC, Treatment.IMMUTABLE, Treatment.PRIVATE_STATIC, Treatment.ORIGIN})

_LINKS = (("link[href]", "href"), ("script[src]", "src"), ("img[src]", "src"))
_LOADED = frozenset({"stylesheet", "icon", "preload", "modulepreload", "manifest", "shortcut"})


def asked(url: str, turn: int = 1) -> HttpProbe:
    """The probe of one turn; the first is everyone's."""
    return HttpProbe(url, headers=() if turn == 1 else (("x-launch-check", str(turn)),))


def found(subject: Subject, url: str, turn: int = 1) -> HttpResult | None:
    """What a turn brought, if it has been asked."""
    results = subject.evidence.results.get(asked(url, turn).id, ())
    return results[0] if results and isinstance(results[0], HttpResult) else None


def turns(subject: Subject, url: str) -> tuple[HttpResult, ...]:
    """What the turns of a URL brought so far."""
    brought = (found(subject, url, turn) for turn in range(1, TURNS + 1))
    return tuple(result for result in brought if result is not None)


def until_kept(subject: Subject, url: str) -> Iterator[Probe]:
    """Ask until an answer comes out of the cache, one turn after the other."""
    for turn in range(1, TURNS + 1):
        result = found(subject, url, turn)
        if result is None:
            yield asked(url, turn)
            return
        if status(result) in KEPT or status(result) not in ELIGIBLE or result.status != 200:
            return


def status(result: HttpResult) -> str:
    """cf-cache-status in capitals, "" where there is none."""
    return (result.header("cf-cache-status") or "").strip().upper()


def history(results: tuple[HttpResult, ...]) -> str:
    """For a person: ``MISS, HIT``."""
    return ", ".join(status(result) or "no cf-cache-status" for result in results)


def visited(subject: Subject) -> tuple[str, ...]:
    """The hosts whose answers say something of a launch's caching: a redirect-only one has none to keep."""
    client = subject.client
    leading = {client.fqdn(name) for name, host in client.hosts.items() if host.redirect is not None}
    return tuple(host for host in hosts(subject) if host not in leading and not stand_in(subject, host))


def kept_hosts(subject: Subject) -> tuple[str, ...]:
    """Those that the edge answers for, with something declared of caching."""
    if caching.settings(subject.client) is None:
        return ()
    return tuple(host for host in visited(subject) if is_proxied(subject, host))


def front(host: str) -> str:
    return f"https://{host}/"


def fronts(subject: Subject) -> Iterator[Probe]:
    return (asked(front(host)) for host in visited(subject))


def files(subject: Subject, host: str) -> tuple[tuple[str, Treatment], ...]:
    """Static files that the front page links to on its own host: one of each kind, with its treatment."""
    page = found(subject, front(host))
    if page is None or not is_page(page):
        return ()
    chosen: dict[tuple[Treatment, str], str] = {}
    for url in linked(front(host), page.body):
        path = urlsplit(url).path or "/"
        suffix = caching.suffix_of(path)
        treatment = _treatment(subject, host, path, suffix)
        if treatment in STATIC:
            chosen.setdefault((treatment, _kind(suffix)), url)
    return tuple((url, treatment) for (treatment, _), url in chosen.items())[:FILES_PER_HOST]


def _treatment(subject: Subject, host: str, path: str, suffix: str) -> Treatment:
    if suffix not in caching.ASSETS and suffix != "":
        return Treatment.OTHER
    known = _treatments(subject.client)
    if (host, path) not in known:
        known[host, path] = caching.treatment(subject.client, host, path)
    declared = known[host, path]
    if declared is Treatment.OTHER and suffix in caching.ASSETS:
        return Treatment.ORIGIN
    return declared


_known: list[tuple[ClientFile, dict[tuple[str, str], Treatment]]] = []


def _treatments(client: ClientFile) -> dict[tuple[str, str], Treatment]:
    """What was found out of a client's URLs; of the last client only, by identity: it does not change."""
    if not _known or _known[0][0] is not client:
        _known[:] = [(client, {})]
    return _known[0][1]


def _kind(suffix: str) -> str:
    return {"css": "style", "js": "script", "mjs": "script"}.get(suffix, "picture")


@lru_cache(maxsize=256)
def linked(url: str, body: bytes) -> tuple[str, ...]:
    """URLs of the same host over https that a page loads, in order, without fragments."""
    from selectolax.lexbor import LexborHTMLParser  # lazily: only pages need it

    urls: dict[str, None] = {}
    for selector, attribute in _LINKS:
        for node in LexborHTMLParser(body).css(selector):
            relations = set((node.attributes.get("rel") or "").lower().split())
            if node.tag == "link" and not relations & _LOADED:
                continue
            try:
                target = urldefrag(urljoin(url, (node.attributes.get(attribute) or "").strip())).url
                parts = urlsplit(target)
                same = parts.scheme == "https" and parts.netloc.lower() == urlsplit(url).netloc
            except ValueError:
                continue
            if same and target.isascii() and not any(c.isspace() for c in target):
                urls[target] = None
    return tuple(urls)


def asked_files(subject: Subject) -> Iterator[Probe]:
    """Front pages, and the files that they link to, until those come out of the cache."""
    yield from fronts(subject)
    for host in visited(subject):
        for url, _ in files(subject, host):
            yield from until_kept(subject, url)


def seen(subject: Subject, host: str) -> tuple[HttpResult, ...]:
    """Every answer of a host's front page and files that came about."""
    urls = [front(host), *(url for url, _ in files(subject, host))]
    return tuple(result for url in urls for result in turns(subject, url) if result.cause is None)
