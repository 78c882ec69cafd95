"""``cache`` → cache rules, zone settings and tiered cache.

Cloudflare applies every matching rule, and for each setting the last one wins
(developers.cloudflare.com/cache/how-to/cache-rules/order). So what is kept comes first, what must never be
kept last. No rule needs regular expressions (Business): extensions are a set, paths are wildcards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from launchready.client_file import caching
from launchready.client_file.cache_model import Cache, QueryParts
from launchready.client_file.caching import Place
from launchready.client_file.model import ClientFile, Portal
from launchready.declared import expression
from launchready.declared.draft import refused
from launchready.declared.types import Rule, Setting

T = TypeVar("T")
PHASE = "http_request_cache_settings"
ACTION = "set_cache_settings"
BROWSER_TTL, CACHE_LEVEL = "browser_cache_ttl", "cache_level"
PATH, EXTENSION = "http.request.uri.path", "http.request.uri.path.extension"
NO_ERRORS = (
    {"status_code_range": {"from": 300, "to": 399}, "value": 0},
    {"status_code_range": {"from": 400}, "value": -1},
)
"""Under a time of the rule's own: redirects are asked for again, errors never kept."""
BYPASS: Mapping[str, Any] = {"cache": False}


def settings(client: ClientFile) -> tuple[Setting, ...]:
    """Zone settings under the rules: the origin's Cache-Control reaches browsers, query strings count."""
    if caching.settings(client) is None:
        return ()
    return (Setting(BROWSER_TTL, 0, "cache.browser"), Setting(CACHE_LEVEL, "aggressive", "cache.query"))


def tiered(client: ClientFile) -> bool | None:
    """Is tiered cache on; None: not declared, the zone keeps its own."""
    cache = caching.settings(client)
    return None if cache is None else cache.tiered


def rules(client: ClientFile) -> Mapping[str, tuple[Rule, ...]]:
    """The phase's rules in order; empty without a proxied host. Raises InputError naming the key."""
    cache = caching.settings(client)
    return {} if cache is None else {PHASE: tuple(_rules(client, cache))}


def _rules(client: ClientFile, cache: Cache) -> Iterator[Rule]:
    suffixes = _checked(client, "cache.extensions", lambda: caching.extensions(cache))
    yield _pages(client, cache)
    yield from _static(client, cache, suffixes)
    immutable = _places(client, "immutable", cache.immutable)
    if cache.static != "bypass" and immutable:
        kept = _kept(cache.static, cache.static, armour=False)
        what = "files named by their content"
        yield _rule("cache-immutable", _anywhere(immutable), what, "immutable", kept)
    never = (*map(Place, caching.NEVER), *caching.portal_places(client))
    yield _rule("cache-never", _anywhere(never), "APIs, log-in and accounts are never kept", "bypass", BYPASS)
    origin = _places(client, "respect_origin", cache.respect_origin)
    if origin:
        said = {
            "cache": True,
            "edge_ttl": {"mode": "bypass_by_default"},
            "browser_ttl": {"mode": "respect_origin"},
        }
        what = "the origin's Cache-Control decides"
        yield _rule("cache-origin", _anywhere(origin), what, "respect_origin", said)
    credentials = 'any(http.request.headers["authorization"][*] ne "")'
    mine = _places(client, "bypass", cache.bypass)
    last = f"{credentials} or {_anywhere(mine)}" if mine else credentials
    yield _rule("cache-bypass", last, "requests with credentials, and cache.bypass", "bypass", BYPASS)


def _pages(client: ClientFile, cache: Cache) -> Rule:
    pages = f"{EXTENSION} in {_set(('', *caching.PAGES))}"
    if cache.html == "bypass":
        return _rule("cache-pages", pages, "pages are not kept", "html", BYPASS)
    cookies = client.portal.cookies if isinstance(client.portal, Portal) else ()
    names = dict.fromkeys((*caching.SESSIONS, *(name.lower() for name in cookies)))
    anonymous = " and ".join(f"not lower(http.cookie) contains {expression.literal(name)}" for name in names)
    kept = _kept(cache.html, None, armour=False)
    return _rule("cache-pages", f"{pages} and {anonymous}", "pages for visitors who are nobody", "html", kept)


def _static(client: ClientFile, cache: Cache, suffixes: tuple[str, ...]) -> Iterator[Rule]:
    files = f"{EXTENSION} in {_set(suffixes)}"
    if cache.static == "bypass":
        yield _rule("cache-static", files, "static files are not kept", "static", BYPASS)
        return
    browser = None if cache.browser == "origin" else cache.browser
    kept = _kept(cache.static, browser, armour=True, query=_query(cache))
    yield _rule("cache-static", files, "static files", "static", kept)
    portal = caching.portal_host(client)
    if portal is not None:
        # Under a time of its own a rule keeps what the origin calls private: not where people log in.
        careful = {
            "cache": True,
            "edge_ttl": {"mode": "respect_origin"},
            "browser_ttl": {"mode": "respect_origin"},
            "cache_key": {"cache_deception_armor": True, **_query(cache)},
        }
        where = f"http.host eq {expression.literal(portal)} and {files}"
        yield _rule("cache-portal-static", where, "the portal's files, as its origin says", "static", careful)


def _kept(
    edge: int, browser: int | None, *, armour: bool, query: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Parameters of a rule that keeps answers; ``browser`` None: as the origin says."""
    kept: dict[str, Any] = {
        "cache": True,
        "edge_ttl": {"mode": "override_origin", "default": edge, "status_code_ttl": list(NO_ERRORS)},
        "browser_ttl": {"mode": "respect_origin"}
        if browser is None
        else {"mode": "override_origin", "default": browser},
    }
    if armour or query:
        kept["cache_key"] = {**({"cache_deception_armor": True} if armour else {}), **(query or {})}
    return kept


def _query(cache: Cache) -> dict[str, Any]:
    if isinstance(cache.query, QueryParts):
        kind, names = ("include", cache.query.only) if cache.query.only else ("exclude", cache.query.besides)
        return {"custom_key": {"query_string": {kind: {"list": list(names)}}}}
    if cache.query == "ignore":
        return {"custom_key": {"query_string": {"exclude": {"all": True}}}}
    return {"ignore_query_strings_order": True} if cache.query == "sort" else {}


def notes(client: ClientFile) -> tuple[str, ...]:
    """What a reader of the report must know."""
    cache = caching.settings(client)
    if client.cache == "none":
        return ("cache: none – the zone's own cache rules stay as they are, and nothing of them is compared",)
    if cache is None:
        return ()
    told = []
    if cache.html != "bypass":
        told.append(
            f"cache.html: pages are kept for {cache.html} s for visitors without a session's cookie; "
            "a cookie that such a page sets is taken off"
        )
    if cache.static != "bypass":
        told.append("cache.static: after a deployment that keeps file names, run `launch purge`")
    return tuple(told)


def _rule(ref: str, where: str, what: str, key: str, parameters: Mapping[str, Any]) -> Rule:
    return Rule(ref, where, ACTION, what, f"cache.{key}", parameters)


def _places(client: ClientFile, key: str, texts: tuple[str, ...]) -> tuple[Place, ...]:
    return _checked(client, f"cache.{key}", lambda: caching.places(client, texts))


def _checked(client: ClientFile, key: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except ValueError as error:
        raise refused(client, key, error) from None


def _anywhere(these: Iterable[Place]) -> str:
    """True for a request to any of the places: exact paths as a set, the others as wildcards."""
    by_host: dict[str | None, list[str]] = {}
    for one in these:
        by_host.setdefault(one.host, []).append(one.path)
    parts = []
    for host, paths in by_host.items():
        exact = [path for path in dict.fromkeys(paths) if "*" not in path]
        both = dict.fromkeys(form.lower() for path in exact for form in (path, path.rstrip("/") + "/"))
        tests = [f"lower({PATH}) in {_set(both)}"] if exact else []
        tests += [_wildcard(PATH, path) for path in dict.fromkeys(paths) if "*" in path]
        joined = " or ".join(tests)
        parts.append(joined if host is None else f"({_host(host)} and ({joined}))")
    return " or ".join(parts)


def _host(host: str) -> str:
    return _wildcard("http.host", host) if "*" in host else f"http.host eq {expression.literal(host)}"


def _wildcard(field: str, pattern: str) -> str:
    return f"{field} wildcard {expression.raw(expression.wildcard_pattern(pattern))}"


def _set(values: Iterable[str]) -> str:
    return "{" + " ".join(expression.literal(value) for value in values) + "}"
