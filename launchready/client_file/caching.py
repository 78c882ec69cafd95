"""What ``cache`` amounts to: static extensions, paths that are never kept, and how a URL is treated.

Rules and checks are made from here, so that what is provisioned and what is proved are one thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlsplit

from launchready.client_file.cache_model import Cache
from launchready.client_file.model import ClientFile, Portal
from launchready.client_file.names import fqdn, relative
from launchready.client_file.rdata import PROXIABLE

ASSETS = (
    *("avif", "bmp", "css", "cur", "eot", "gif", "ico", "jpeg", "jpg", "js", "m4a", "mjs", "mp3", "mp4"),
    *("ogg", "opus", "otf", "png", "svg", "ttf", "wasm", "webm", "webmanifest", "webp", "woff", "woff2"),
)
"""Extensions of what every visitor gets alike: styles, scripts, fonts, images, sound and film. Documents
(pdf, csv, zip …) are not among them: those are often made for one visitor."""
PAGES = ("asp", "aspx", "htm", "html", "jsp", "php", "shtml", "xhtml")
"""Extensions of pages; a path without any extension is one too."""
NEVER = (
    *("/api", "/api/*", "/graphql", "/graphql/*", "/rpc/*", "/trpc/*"),
    *("/login", "/login/*", "/log-in", "/log-in/*", "/signin", "/signin/*", "/sign-in", "/sign-in/*"),
    *("/logout", "/signup", "/sign-up", "/register", "/auth/*", "/oauth/*", "/oauth2/*", "/sso/*", "/saml/*"),
    *("/account", "/account/*", "/admin", "/admin/*", "/wp-admin/*", "/wp-login.php", "/.well-known/*"),
)
"""Paths that are never cached on any host: APIs, log-in, accounts, and what proves ownership."""
SESSIONS = ("sess", "sid", "auth", "token", "jwt", "logged_in", "login", "user")
"""Parts of cookie names that show a visitor who is somebody."""

_PATH = re.compile(r"/[!$%&'()*+,;=:@~._/0-9A-Za-z-]*")
_EXTENSION = re.compile(r"[a-z0-9]{1,10}")


class Treatment(StrEnum):
    """What the declared rules do with a URL."""

    NEVER = "never"
    """Never kept."""
    ORIGIN = "origin"
    """The origin's Cache-Control decides."""
    IMMUTABLE = "immutable"
    STATIC = "static"
    PRIVATE_STATIC = "private_static"
    """A static file of the portal's host: kept as the origin says."""
    PAGE = "page"
    OTHER = "other"
    """No rule: Cloudflare's defaults."""


@dataclass(frozen=True, slots=True)
class Place:
    """A path with ``*``; ``host`` None: on every host (FQDN, maybe with ``*``)."""

    path: str
    host: str | None = None

    def covers(self, host: str, path: str) -> bool:
        """As the rule does: hosts and paths in any case; without a star, with or without the last slash."""
        if self.host is not None and not _fits(self.host, host):
            return False
        return _fits(self.path, path) or ("*" not in self.path and _fits(self.path.rstrip("/") + "/", path))


def place(client: ClientFile, text: str) -> Place:
    """``/path`` on every host, or ``host/path`` with a name of the zone. Raises ValueError, saying why."""
    bare = re.sub(r"^https?://", "", text.strip(), flags=re.IGNORECASE)
    host, slash, path = bare.partition("/")
    if not slash:
        raise ValueError(f"{text!r} has no path: write /path, or host/path")
    path = "/" + path
    if "**" in path:
        raise ValueError(f"two stars in a row in {text!r}: one matches as much")
    if not _PATH.fullmatch(path):
        raise ValueError(f"{path!r} is no path of a URL: rules see it without query and percent-encoded")
    if not host:
        return Place(path)
    return Place(path, fqdn(relative(host, client.domain), client.domain))


def places(client: ClientFile, texts: tuple[str, ...]) -> tuple[Place, ...]:
    """All of them. Raises ValueError."""
    return tuple(place(client, text) for text in texts)


def extension_of(text: str) -> str:
    """An extension as rules see it: lower case, without its dot. Raises ValueError."""
    bare = text.strip().lower().removeprefix("*").removeprefix(".")
    if not _EXTENSION.fullmatch(bare):
        raise ValueError(f"{text!r} is no extension: write it like pdf")
    return bare


def extensions(cache: Cache) -> tuple[str, ...]:
    """Every static extension. Raises ValueError."""
    return tuple(sorted({*ASSETS, *(extension_of(text) for text in cache.extensions)}))


def settings(client: ClientFile) -> Cache | None:
    """What is declared, or None: ``cache: none``, or no proxied host with an origin."""
    return client.cache if isinstance(client.cache, Cache) and any(_proxied(client)) else None


def _proxied(client: ClientFile) -> Iterator[str]:
    """Names that the edge answers for, and asks an origin about."""
    for name, host in client.hosts.items():
        if host.proxied and host.redirect is None:
            yield name
    for record in client.records:
        if record.proxied and record.type in PROXIABLE:
            yield record.name


def portal_places(client: ClientFile) -> tuple[Place, ...]:
    """Everything that the portal names: none of it is for a second visitor."""
    portal = client.portal
    if not isinstance(portal, Portal):
        return ()
    base = urlsplit(portal.base)
    host, above = (base.hostname or "").rstrip(".").lower(), base.path.rstrip("/")
    found = (f"{above}/{path.lstrip('/')}" for path in _portal_paths(portal))
    shown = (re.sub(r"\*+", "*", re.sub(r"\$?\{[^}]*\}", "*", path.partition("?")[0])) for path in found)
    return tuple(dict.fromkeys(Place(path, host or None) for path in shown if _PATH.fullmatch(path)))


def _portal_paths(portal: Portal) -> Iterator[str]:
    calls = [portal.login, portal.login.mfa, portal.session, portal.logout, portal.logout_all]
    tokens = [call for call in (portal.reset, portal.invite, portal.signup) if call is not None]
    for call in (*calls, *tokens, *(call.confirm for call in tokens), *portal.onboarding):
        if call is not None:
            yield call.path
    for resource in portal.resources:
        yield resource.path
        if resource.list_ is not None:
            yield resource.list_
    yield from (webhook.path for webhook in portal.webhooks)
    yield from (path for path in (portal.openapi, portal.release) if path is not None)


def portal_host(client: ClientFile) -> str | None:
    """The portal's host (FQDN), where private pages live."""
    if not isinstance(client.portal, Portal):
        return None
    return (urlsplit(client.portal.base).hostname or "").rstrip(".").lower() or None


def treatment(client: ClientFile, host: str, path: str) -> Treatment:
    """What the rules do with a GET for a URL, without credentials and cookies; the last that matches wins.

    ``path``: percent-encoded, without the query. Raises ValueError for a client file that does not lint.
    """
    cache = settings(client)
    if cache is None:
        return Treatment.OTHER
    if any(one.covers(host, path) for one in places(client, cache.bypass)):
        return Treatment.NEVER
    if any(one.covers(host, path) for one in places(client, cache.respect_origin)):
        return Treatment.ORIGIN
    if any(one.covers(host, path) for one in (*map(Place, NEVER), *portal_places(client))):
        return Treatment.NEVER
    static = cache.static != "bypass"
    if static and any(one.covers(host, path) for one in places(client, cache.immutable)):
        return Treatment.IMMUTABLE
    suffix = suffix_of(path)
    if suffix in extensions(cache):
        if not static:
            return Treatment.NEVER
        return Treatment.PRIVATE_STATIC if host == portal_host(client) else Treatment.STATIC
    return Treatment.PAGE if suffix in ("", *PAGES) else Treatment.OTHER


def suffix_of(path: str) -> str:
    """The extension of a path as http.request.uri.path.extension has it: "" where there is none."""
    stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
    return suffix.lower() if dot and stem else ""


def _fits(pattern: str, text: str) -> bool:
    return _regex(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.IGNORECASE | re.DOTALL)
