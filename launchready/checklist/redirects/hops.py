"""Following redirects over evidence: hop by hop, on declared hosts only, with loops recognised."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit, urlunsplit

from launchready.checklist.hosts import web_hosts
from launchready.checklist.registry import Subject
from launchready.evidence.types import Cause, HttpProbe, HttpResult, Probe

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
MOST_HOPS = 10
"""Followed at most: past that it is an endless chain, whatever comes next."""

_PORTS = {"http": ":80", "https": ":443"}
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Chain:
    """A walk from ``start``. ``urls``: every URL on it, the last one possibly not asked (another's host)."""

    start: str
    hops: tuple[HttpResult, ...]
    urls: tuple[str, ...]
    loop: bool = False
    external: bool = False
    """Did it leave the declared hosts?"""

    @property
    def redirects(self) -> int:
        return len(self.urls) - 1

    @property
    def final(self) -> HttpResult | None:
        """The last response that was seen; None when nothing was asked."""
        return self.hops[-1] if self.hops else None

    @property
    def broken(self) -> HttpResult | None:
        """The hop that could not be judged, if any."""
        return next((hop for hop in self.hops if hop.cause is not None), None)

    @property
    def words(self) -> str:
        return " → ".join(self.urls)


def target_of(result: HttpResult) -> str | None:
    """Where a redirect leads, absolute and without fragment; None when it is none, or leads nowhere."""
    locations = [value for name, value in result.headers if name == "location"]
    if result.status not in REDIRECTS or not locations:
        return None
    try:
        target = normal(urldefrag(urljoin(result.probe.url, locations[0].strip())).url)
        scheme = urlsplit(target).scheme
    except ValueError:
        return None
    return target if scheme in _PORTS else None


def normal(url: str) -> str:
    """A URL as it is compared (RFC 3986 §6.2): lower-case scheme and host, no default port, a path."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    netloc = parts.netloc.lower().removesuffix(_PORTS.get(scheme, "\n"))
    upper = [_ESCAPE.sub(lambda m: m[0].upper(), text) for text in (parts.path or "/", parts.query)]
    return urlunsplit((scheme, netloc, upper[0], upper[1], parts.fragment))


def host_of(url: str) -> str:
    return (urlsplit(url).hostname or "").lower().rstrip(".")


def hosts(subject: Subject) -> tuple[str, ...]:
    """The declared hosts that can be visited."""
    return web_hosts(subject.declared)


def is_declared(subject: Subject, url: str) -> bool:
    return host_of(url) in web_hosts(subject.declared)


def walk(subject: Subject, start: str) -> Chain:
    """Follow redirects from ``start``. Raises NotCollected for the first hop that is not there yet."""
    urls = [normal(start)]
    hops: list[HttpResult] = []
    while True:
        hops.append(subject.evidence.http(urls[-1]))
        target = target_of(hops[-1]) if hops[-1].cause in (None, Cause.PLACEHOLDER) else None
        if target is None:
            return Chain(start, tuple(hops), tuple(urls))
        loop = target in urls
        urls.append(target)
        if loop or len(hops) >= MOST_HOPS:
            return Chain(start, tuple(hops), tuple(urls), loop=loop)
        if not is_declared(subject, target):
            return Chain(start, tuple(hops), tuple(urls), external=True)


def front_pages(subject: Subject) -> Iterator[str]:
    for host in hosts(subject):
        yield f"http://{host}/"
        yield f"https://{host}/"


def starts(subject: Subject) -> list[str]:
    """Where visitors come in: every host by http and https, and every declared redirect's examples."""
    examples = (url for rule in subject.declared.redirects for url, _ in rule.examples)
    return list(dict.fromkeys(normal(url) for url in (*front_pages(subject), *examples)))


def hops_from(subject: Subject, urls: Iterable[str]) -> Iterator[Probe]:
    """The probes of every walk as far as it is known."""
    for start in urls:
        seen: set[str] = set()
        url: str | None = normal(start)
        while url is not None and url not in seen and len(seen) < MOST_HOPS:
            seen.add(url)
            probe = HttpProbe(url)
            yield probe
            found = subject.evidence.results.get(probe.id, ())
            result = found[0] if found else None
            url = target_of(result) if isinstance(result, HttpResult) else None
            if url is not None and not is_declared(subject, url):
                url = None
