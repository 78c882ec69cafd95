"""Which URLs a client file's monitors watch: hosts × paths, the further endpoints, and the portal.

One reading for the lints and for what is declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from launchready.client_file.model import ClientFile
from launchready.client_file.monitors_model import watches
from launchready.client_file.names import relative, within
from launchready.client_file.portal_model import Portal

LOG_IN = re.compile(r"/(?:[^/]*[-_.])?(?:log|sign)[-_]?in\b", re.IGNORECASE)
"""A path that looks like a log-in page: /login, /users/sign_in, /account/log-in …"""
_API = re.compile(r"^/(?:[^/]+/)*(?:api|graphql|rpc)(?:/|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Watched:
    """One URL. ``host``: FQDN; ``expect``: exact status or None for any 2xx or 3xx; ``key``: who says so."""

    host: str
    path: str
    key: str
    expect: int | None = None
    contains: str | None = None

    @property
    def name(self) -> str:
        """Host and path: what tells one monitor from another."""
        return f"{self.host}{self.path}"

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.path}"


def declared_endpoints(client: ClientFile) -> Iterator[Watched]:
    """Every endpoint as the file lists it, repeats included."""
    monitors = watches(client.monitors)
    if monitors is None:
        return
    for number, name in enumerate(monitors.hosts):
        for index, path in enumerate(monitors.paths):
            key = f"monitors.paths[{index}]" if len(monitors.hosts) == 1 else f"monitors.hosts[{number}]"
            yield Watched(full_name(client, name), path, key)
    for number, entry in enumerate(monitors.endpoints):
        key = f"monitors.endpoints[{number}]"
        yield Watched(full_name(client, entry.host), entry.path, key, entry.expect, entry.contains)
    if monitors.portal:
        yield from portal_endpoints(client)


def portal_endpoints(client: ClientFile) -> Iterator[Watched]:
    """The portal's home, and its log-in where a GET can see it (not below /api/)."""
    portal = client.portal
    if not isinstance(portal, Portal):
        return
    parts = urlsplit(portal.base if "://" in portal.base else f"https://{portal.base}")
    host = (parts.hostname or "").rstrip(".")
    if not within(host, client.domain):
        return
    yield Watched(host, parts.path or "/", "portal.base")
    login = parts.path.rstrip("/") + "/" + portal.login.path.lstrip("/")
    if not _API.search(login):
        yield Watched(host, login, "portal.login.path")


def watched(client: ClientFile) -> tuple[Watched, ...]:
    """Each URL once; what an endpoint says of its answer goes before a bare path."""
    found: dict[str, Watched] = {}
    for one in declared_endpoints(client):
        known = found.get(one.name)
        if known is None or (known.expect, known.contains) == (None, None):
            found[one.name] = one
    return tuple(found.values())


def full_name(client: ClientFile, host: str) -> str:
    """The FQDN of a host as monitors name it; what is no name stays, for a lint to refuse."""
    try:
        return client.fqdn(relative(host, client.domain))
    except ValueError:
        return host
