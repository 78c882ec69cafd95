"""What a browser is given: pages, the scripts that they load from their own host, and source maps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

from launchready.checklist.answers import answering_hosts, is_html
from launchready.checklist.registry import Subject
from launchready.checklist.tls.hosts import stand_in
from launchready.client_file.portal_model import Portal
from launchready.evidence.types import HttpProbe, HttpResult, Probe

SCRIPTS_PER_PAGE = 12
_MAP = re.compile(rb"[#@]\s*sourceMappingURL=([^\s'\"*]{1,500})")
PORTAL_PAGES = ("/login", "/signup", "/onboarding")
"""Where portals have the pages that load their application; what is not there says 404 and is passed over."""


def pages(subject: Subject) -> Iterator[str]:
    """URLs of the pages that are looked at: front pages, and the portal's."""
    for host in answering_hosts(subject):
        if not stand_in(subject, host):
            yield f"https://{host}/"
    portal = subject.client.portal
    if isinstance(portal, Portal):
        base = portal.base.rstrip("/")
        yield from (f"{base}{path}" for path in PORTAL_PAGES)


def page_probes(subject: Subject) -> Iterator[Probe]:
    return (HttpProbe(url) for url in pages(subject))


def shown(subject: Subject) -> Iterator[tuple[str, HttpResult]]:
    """(URL, answer) of each page."""
    for url in pages(subject):
        yield url, subject.evidence.http(url)


def script_urls(subject: Subject) -> Iterator[str]:
    """The scripts that the pages load from declared hosts, once each."""
    seen: set[str] = set()
    hosts = set(answering_hosts(subject))
    for url, result in shown(subject):
        if result.cause is not None or not is_html(result):
            continue
        for source in _sources(result.body)[:SCRIPTS_PER_PAGE]:
            script = urljoin(url, source).partition("#")[0]
            parts = urlsplit(script)
            if parts.scheme == "https" and parts.hostname in hosts and script not in seen:
                seen.add(script)
                yield script


def script_probes(subject: Subject) -> Iterator[Probe]:
    return (HttpProbe(url) for url in script_urls(subject))


def map_urls(subject: Subject) -> Iterator[tuple[str, str]]:
    """(script, source map) where a script names one on a declared host."""
    hosts = set(answering_hosts(subject))
    for script in script_urls(subject):
        result = subject.evidence.http(script)
        for match in list(_MAP.finditer(result.body))[-1:]:
            name = match[1].decode("utf-8", "replace")
            url = urljoin(script, name)
            if not name.startswith("data:") and urlsplit(url).hostname in hosts:
                yield script, url


def map_probes(subject: Subject) -> Iterator[Probe]:
    return (HttpProbe(url) for _, url in map_urls(subject))


@lru_cache(maxsize=256)
def _sources(body: bytes) -> list[str]:
    from selectolax.lexbor import LexborHTMLParser  # lazily: only pages need it

    nodes = LexborHTMLParser(body).css("script[src], link[rel=modulepreload][href]")
    found = [node.attributes.get("src") or node.attributes.get("href") for node in nodes]
    return [one for one in found if one]
