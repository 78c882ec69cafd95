"""What a purge names, judged against the zone before anything is sent, and cut into calls.

Source: developers.cloudflare.com/cache/how-to/purge-cache (availability and limits, read 2026-11). Every
plan purges by URL, host, prefix and tag; how many fit one call is in client_file/plans.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from launchready.client_file.model import Plan
from launchready.client_file.names import to_ascii, within
from launchready.client_file.plans import LIMITS
from launchready.errors import InputError

Call = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to go; nothing at all means everything."""

    urls: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        return self == EVERYTHING

    @property
    def words(self) -> str:
        """For a person."""
        named = (("URL", self.urls), ("host", self.hosts), ("prefix", self.prefixes), ("tag", self.tags))
        parts = [f"{len(items)} {word}{'' if len(items) == 1 else 's'}" for word, items in named if items]
        return "everything" if self.everything else ", ".join(parts).replace("prefixs", "prefixes")


EVERYTHING = Selection()


def check(selection: Selection, domain: str) -> Selection:
    """The selection in Cloudflare's form. Raises InputError for what is not the zone's."""
    return Selection(
        tuple(dict.fromkeys(_url(url, domain) for url in selection.urls)),
        tuple(dict.fromkeys(_host(host, domain, f"--host {host}") for host in selection.hosts)),
        tuple(dict.fromkeys(_prefix(prefix, domain) for prefix in selection.prefixes)),
        tuple(dict.fromkeys(tag.strip() for tag in selection.tags if tag.strip())),
    )


def _host(host: str, domain: str, given: str) -> str:
    if host.strip() == "@":
        return domain
    try:
        name = to_ascii(host)
    except ValueError as error:
        raise InputError(f"{given}: {error}") from error
    if not within(name, domain):
        name = f"{name}.{domain}" if "." not in name else name
    if not within(name, domain):
        raise InputError(f"{given}: {name} is not in {domain}")
    return name


def _url(url: str, domain: str) -> str:
    given = f"--url {url}"
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
    except ValueError as error:
        raise InputError(f"{given}: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise InputError(f"{given}: no URL with https://", fix=f"write https://{domain}/path")
    if "*" in url:
        raise InputError(f"{given}: a URL is purged as it stands, without *", fix="purge a --prefix instead")
    name = _host(host, domain, given)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{name}{parts.path or '/'}{query}"


def _prefix(prefix: str, domain: str) -> str:
    """``host/path``: no scheme, no query, no star."""
    given = f"--prefix {prefix}"
    bare = prefix.strip().partition("://")[2] or prefix.strip()
    host, _, path = bare.partition("/")
    if not host:
        host = "@"
    if any(mark in path for mark in "?#*"):
        raise InputError(f"{given}: a prefix has neither query nor *", fix="write host/path")
    return f"{_host(host, domain, given)}/{path}"


def calls(selection: Selection, plan: Plan) -> Iterator[Call]:
    """The bodies of the calls, in order."""
    if selection.everything:
        yield {"purge_everything": True}
        return
    limits = LIMITS[plan]
    for key, items, size in (
        ("files", selection.urls, limits.purge_urls),
        ("hosts", selection.hosts, limits.purge_items),
        ("prefixes", selection.prefixes, limits.purge_items),
        ("tags", selection.tags, limits.purge_items),
    ):
        for start in range(0, len(items), size):
            yield {key: list(items[start : start + size])}
