"""Mixed content: pages over https that pull in something over http."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import urldefrag, urljoin, urlsplit

from launchready.checklist.redirects.hops import host_of, normal
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
from launchready.checklist.tls.hosts import front_pages, hosts
from launchready.evidence.types import Cause, HttpProbe, HttpResult, Probe

PAGES_PER_HOST = 5
"""The front page, and this many less one that it links to on the same host."""

ACTIVE = (
    ("script", "src"), ("iframe", "src"), ("frame", "src"), ("embed", "src"), ("object", "data"),
    ("link", "href"), ("form", "action"), ("base", "href"),
)  # fmt: skip
"""Blocked by browsers, or (form, base) worse: they send or take everything in clear."""
PASSIVE = (
    ("img", "src"),
    ("audio", "src"),
    ("video", "src"),
    ("video", "poster"),
    ("source", "src"),
    ("track", "src"),
)
"""Upgraded or shown with a warning (W3C Mixed Content, upgradeable)."""

_LOADED_LINKS = {"stylesheet", "preload", "modulepreload", "icon", "manifest", "prefetch", "shortcut"}
_CSS_URL = re.compile(r"""(?:url\(\s*|@import\s+)['"]?(http://[^'")\s]+)""", re.IGNORECASE)
_PAGE = re.compile(r"text/html|application/xhtml\+xml", re.IGNORECASE)


def is_page(result: HttpResult) -> bool:
    return result.status == 200 and bool(_PAGE.search(result.header("content-type") or ""))


@lru_cache(maxsize=256)
def mixed(body: bytes, upgraded: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(active, passive) http:// URLs in a page, once each, as ``<tag attribute>: URL``.

    ``upgraded``: the page's policy upgrades insecure requests, which leaves navigation targets only.
    """
    from selectolax.lexbor import LexborHTMLParser  # lazily: only pages need it

    tree = LexborHTMLParser(body)
    active = list(_attributes(tree, ACTIVE))
    passive = list(_attributes(tree, PASSIVE))
    for node in tree.css("style"):
        passive += [f"<style>: {url}" for url in _CSS_URL.findall(node.text() or "")]
    for node in tree.css("[style]"):
        passive += [
            f"<{node.tag} style>: {url}" for url in _CSS_URL.findall(node.attributes.get("style") or "")
        ]
    for node in tree.css("[srcset]"):
        passive += [
            f"<{node.tag} srcset>: {part.split()[0]}"
            for part in (node.attributes.get("srcset") or "").split(",")
            if part.strip().lower().startswith("http://")
        ]
    if upgraded or _meta_upgrade(tree):
        active, passive = [found for found in active if found.startswith("<base")], []
    return tuple(dict.fromkeys(active)), tuple(dict.fromkeys(passive))


def _attributes(tree: object, wanted: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for tag, attribute in wanted:
        for node in tree.css(f"{tag}[{attribute}]"):  # type: ignore[attr-defined]
            value = (node.attributes.get(attribute) or "").strip()
            relations = set((node.attributes.get("rel") or "").lower().split())
            if tag == "link" and not relations & _LOADED_LINKS:
                continue
            if value.lower().startswith("http://"):
                yield f"<{tag} {attribute}>: {value}"


def _meta_upgrade(tree: object) -> bool:
    return any(
        "upgrade-insecure-requests" in (node.attributes.get("content") or "").lower()
        for node in tree.css('meta[http-equiv="Content-Security-Policy" i]')  # type: ignore[attr-defined]
    )


@lru_cache(maxsize=256)
def links(url: str, body: bytes) -> tuple[str, ...]:
    """The first pages of the same host that a page links to."""
    from selectolax.lexbor import LexborHTMLParser

    found: dict[str, None] = {}
    for node in LexborHTMLParser(body).css("a[href]"):
        try:
            target = normal(urldefrag(urljoin(url, node.attributes.get("href") or "")).url)
        except ValueError:
            continue
        parts = urlsplit(target)
        if parts.scheme == "https" and host_of(target) == host_of(url) and not parts.query and target != url:
            found[target] = None
    return tuple(found)[: PAGES_PER_HOST - 1]


def _pages(subject: Subject, host: str) -> list[str]:
    """The pages of a host that are looked at, as far as its front page is known."""
    front = f"https://{host}/"
    found = subject.evidence.results.get(HttpProbe(front).id, ())
    result = found[0] if found else None
    linked = links(front, result.body) if isinstance(result, HttpResult) and is_page(result) else ()
    return [front, *linked]


def _look(subject: Subject) -> Iterator[Probe]:
    yield from front_pages(subject)
    for host in hosts(subject):
        yield from (HttpProbe(url) for url in _pages(subject, host))


def _judge(subject: Subject, *, active: bool) -> Iterator[Outcome]:
    for host in hosts(subject):
        front = subject.evidence.http(f"https://{host}/")
        pages = [subject.evidence.http(url) for url in _pages(subject, host)]
        shown = [page for page in pages if is_page(page) and page.cause is None]
        found = [
            (page, url) for page in shown for url in mixed(page.body, _upgrades(page))[0 if active else 1]
        ]
        if found:
            words = "; ".join(f"{page.probe.url} {url}" for page, url in found[:5])
            more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
            ids = list(dict.fromkeys(page.probe.id for page, _ in found))
            yield failed(host, words + more, expected="https only", evidence=ids)
        elif front.cause is not None and front.cause is not Cause.TOO_LARGE:
            yield undecided(host, front)
        elif shown:
            yield passed(host, f"{len(shown)} page(s) without", evidence=[page.probe.id for page in shown])
        else:
            yield not_applicable(host, f"no HTML page ({front.status})")


def _upgrades(page: HttpResult) -> bool:
    return "upgrade-insecure-requests" in (page.header("content-security-policy") or "").lower()


@check(
    "tls.content.active",
    severity=Severity.HIGH,
    needs=[_look],
    reference="W3C Mixed Content §3.2",
    defect="a page over https loads scripts, styles or frames, or sends forms, over http",
    fix=Fix("launchready:tls.rewrites", "write the URL with https:// in the page, and keep rewrites on"),
)
def no_page_loads_active_content_over_http(subject: Subject) -> Iterable[Outcome]:
    """No page over https pulls in scripts, styles, frames or forms over http."""
    return _judge(subject, active=True)


@check(
    "tls.content.passive",
    severity=Severity.MEDIUM,
    needs=[_look],
    reference="W3C Mixed Content §3.1",
    defect="a page over https shows images, sound or video from http",
    fix=Fix("launchready:tls.rewrites", "write the URL with https:// in the page, and keep rewrites on"),
)
def no_page_shows_passive_content_over_http(subject: Subject) -> Iterable[Outcome]:
    """No page over https pulls in images, sound or video over http."""
    return _judge(subject, active=False)
