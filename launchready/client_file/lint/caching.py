"""Lints of ``cache``: what the plan lacks, paths that contradict each other, and times that make no sense."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file import caching
from launchready.client_file.cache_model import Cache, QueryParts
from launchready.client_file.caching import Place
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.names import within
from launchready.client_file.plans import FEATURES, LIMITS
from launchready.client_file.rate_limits import MAX_EXPRESSION

_RULES = "developers.cloudflare.com/cache/how-to/cache-rules"
_LISTS = ("immutable", "bypass", "respect_origin")
DOCUMENTS = ("html", "htm", "xhtml", "php", "json", "xml", "txt", "asp", "aspx", "jsp", "")
"""Extensions of what is a page or an answer of an API, and no static file."""
MOST_BROWSER = 31_536_000
"""Seconds of a year: longer is taken as that (RFC 9111 has no bound, browsers do)."""


def _cache(context: Context) -> Cache | None:
    cache = context.client.cache
    return cache if isinstance(cache, Cache) else None


def _places(context: Context, key: str) -> Iterator[tuple[int, str, Place]]:
    """The entries of a list that are places; the others are another lint's."""
    cache = _cache(context)
    for number, text in enumerate(() if cache is None else getattr(cache, key)):
        try:
            yield number, text, caching.place(context.client, text)
        except ValueError:
            continue


@rule(
    "client_file.cache.path",
    reference=f"{_RULES}/settings (http.request.uri.path is normalised and has no query)",
    fix="write /path, /path/* or host/path, percent-encoded and without a query",
)
def cache_paths_are_paths(context: Context) -> Iterator[Hit]:
    """Every entry of immutable, bypass and respect_origin is a path, maybe with a host in front."""
    cache = _cache(context)
    if cache is None:
        return
    for key in _LISTS:
        for number, text in enumerate(getattr(cache, key)):
            try:
                caching.place(context.client, text)
            except ValueError as error:
                yield Hit(f"cache.{key}[{number}]", str(error))


@rule(
    "client_file.cache.extension",
    reference="developers.cloudflare.com/cache/concepts/default-cache-behavior",
    fix="write it without dot and star, such as pdf; pages are cache.html's",
)
def cache_extensions_are_those_of_files(context: Context) -> Iterator[Hit]:
    """A further static extension is one, and not that of pages or of an API's answers."""
    cache = _cache(context)
    for number, text in enumerate(() if cache is None else cache.extensions):
        at = f"cache.extensions[{number}]"
        try:
            suffix = caching.extension_of(text)
        except ValueError as error:
            yield Hit(at, str(error))
            continue
        if suffix in DOCUMENTS:
            yield Hit(
                at, f"{suffix} is what pages and APIs answer with: every visitor would get the first one's"
            )


@rule(
    "client_file.cache.host",
    reference="design: hosts (what is DNS only never meets the edge)",
    fix="name a proxied host of hosts or records",
)
def cache_paths_are_of_proxied_hosts(context: Context) -> Iterator[Hit]:
    """A host in front of a path is one that the edge answers for."""
    for key in _LISTS:
        for number, _, place in _places(context, key):
            if place.host is None or "*" in place.host:
                continue
            at = f"cache.{key}[{number}]"
            if not within(place.host, context.domain):
                yield Hit(at, f"{place.host} is not in {context.domain}")
            elif not context.answered_by(place.host, context.proxied_names):
                yield Hit(at, f"{place.host} is not proxied, so the edge keeps nothing of it")


@rule(
    "client_file.cache.unused",
    level=Level.WARNING,
    reference="design: hosts (what is DNS only never meets the edge)",
    fix="set proxied: true for a host, or take cache out",
)
def cache_has_something_to_keep(context: Context) -> Iterator[Hit]:
    """A zone with ``cache`` has a proxied host with an origin."""
    client = context.client
    if isinstance(client.cache, Cache) and client.cache != Cache() and caching.settings(client) is None:
        yield Hit("cache", "no host is proxied, so cache does nothing")


def _shortest(context: Context, seconds: int, key: str, what: str) -> Iterator[Hit]:
    least = context.limits.minimum_edge_ttl
    if seconds == 0:
        yield Hit(key, f"{what} for 0 s is no caching", "write bypass (for browser: origin)")
    elif seconds < least:
        plan = next((name for name, held in LIMITS.items() if held.minimum_edge_ttl <= seconds), None)
        enough = f"; {plan.value} allows it" if plan else "; no plan allows less than a second"
        instead = FEATURES["minimum_edge_ttl"].instead
        allowed = f"{context.client.plan.value} allows {least} s or more"
        yield Hit(
            key, f"{what} for {seconds} s, and {allowed}{enough}", f"raise it, raise the plan, or {instead}"
        )


@rule(
    "client_file.cache.static_ttl",
    reference=FEATURES["minimum_edge_ttl"].reference,
    fix="write a time that the plan allows, or bypass",
)
def static_ttl_fits_the_plan(context: Context) -> Iterator[Hit]:
    """``static`` is no shorter than a cache rule of the plan may say."""
    cache = _cache(context)
    if cache is not None and cache.static != "bypass":
        yield from _shortest(context, cache.static, "cache.static", "static files are kept")


@rule(
    "client_file.cache.html_ttl",
    reference=FEATURES["minimum_edge_ttl"].reference,
    fix="write a time that the plan allows, or bypass",
)
def html_ttl_fits_the_plan(context: Context) -> Iterator[Hit]:
    """``html`` is no shorter than a cache rule of the plan may say."""
    cache = _cache(context)
    if cache is not None and cache.html != "bypass":
        yield from _shortest(context, cache.html, "cache.html", "pages are kept")


@rule(
    "client_file.cache.browser_ttl",
    reference=FEATURES["minimum_edge_ttl"].reference,
    fix="write a time that the plan allows, or origin",
)
def browser_ttl_fits_the_plan(context: Context) -> Iterator[Hit]:
    """``browser`` is no shorter than a cache rule of the plan may say."""
    cache = _cache(context)
    if cache is not None and cache.browser != "origin":
        yield from _shortest(context, cache.browser, "cache.browser", "browsers keep static files")


@rule(
    "client_file.cache.html_long",
    level=Level.WARNING,
    reference="web.dev/articles/http-cache (versioned files long, pages short)",
    fix="take a day or less: a page that is wrong stays wrong as long, wherever no purge reaches",
)
def pages_are_not_kept_for_long(context: Context) -> Iterator[Hit]:
    """Pages are kept for a day at most."""
    cache = _cache(context)
    if cache is not None and cache.html != "bypass" and cache.html > 86_400:
        yield Hit("cache.html", f"pages are kept for {cache.html} s, which is more than a day")


@rule(
    "client_file.cache.browser_longer",
    level=Level.WARNING,
    reference="developers.cloudflare.com/cache/how-to/edge-browser-cache-ttl (purges reach no browser)",
    fix="let browser be a day or less, and give files that change another name (cache.immutable)",
)
def browsers_do_not_outlive_a_deployment(context: Context) -> Iterator[Hit]:
    """Files that keep their name are not kept in browsers for more than a week."""
    cache = _cache(context)
    if cache is not None and cache.browser != "origin" and cache.browser > 604_800:
        yield Hit(
            "cache.browser", f"browsers keep files that may change for {cache.browser} s, beyond any purge"
        )


@rule(
    "client_file.cache.longest",
    reference="RFC 9111 §5.2.2.1; browsers and caches cap lifetimes at about a year",
    fix="write 1y at most",
)
def nothing_is_kept_for_more_than_a_year(context: Context) -> Iterator[Hit]:
    """No time is longer than a year."""
    cache = _cache(context)
    for key in ("static", "browser", "html") if cache is not None else ():
        seconds = getattr(cache, key)
        if isinstance(seconds, int) and seconds > MOST_BROWSER:
            yield Hit(f"cache.{key}", f"{seconds} s are more than a year")


@rule(
    "client_file.cache.query_parts",
    reference=FEATURES["cache_key_parts"].reference,
    fix="write query: ignore, sort or keep",
)
def single_parameters_need_their_plan(context: Context) -> Iterator[Hit]:
    """A cache key with single query parameters needs a plan that has it."""
    cache = _cache(context)
    if cache is None or not isinstance(cache.query, QueryParts) or context.limits.cache_key_parts:
        return
    plan = next(plan.value for plan, limits in LIMITS.items() if limits.cache_key_parts)
    what = f"a cache key with single parameters, which {context.client.plan.value} lacks; {plan} has it"
    yield Hit("cache.query", what, FEATURES["cache_key_parts"].instead)


@rule(
    "client_file.cache.query_origin",
    level=Level.WARNING,
    reference="developers.cloudflare.com/cache/how-to/cache-keys (Ignore query string)",
    fix="write query: keep, unless no file's name depends on its version parameter",
)
def ignored_queries_are_meant(context: Context) -> Iterator[Hit]:
    """``query: ignore`` with long-lived files: style.css?v=2 would be style.css?v=1."""
    cache = _cache(context)
    if cache is not None and cache.query == "ignore" and cache.static != "bypass":
        yield Hit("cache.query", "style.css?v=2 is served from style.css?v=1 until a purge")


@rule(
    "client_file.cache.contradiction",
    reference=f"{_RULES}/order (the last rule that matches wins)",
    fix="name the path in one of the lists",
)
def a_path_is_in_one_list(context: Context) -> Iterator[Hit]:
    """No path is at once never kept and kept, or kept in two ways."""
    seen: dict[Place, str] = {}
    for key in _LISTS:
        for number, text, place in _places(context, key):
            before = seen.setdefault(place, key)
            if before != key:
                yield Hit(f"cache.{key}[{number}]", f"{text} is in {before}, too")


@rule(
    "client_file.cache.shadowed",
    level=Level.WARNING,
    reference=f"{_RULES}/order (the last rule that matches wins)",
    fix="take it out of immutable, or make the bypass narrower",
)
def immutable_files_are_not_bypassed(context: Context) -> Iterator[Hit]:
    """No immutable path lies wholly below one that is never kept."""
    never = [place for _, _, place in _places(context, "bypass")]
    never += [*map(Place, caching.NEVER), *caching.portal_places(context.client)]
    cache = _cache(context)
    if cache is None or "immutable" not in cache.model_fields_set:
        return
    for number, text, place in _places(context, "immutable"):
        sample = place.path.replace("*", "sample")
        host = (place.host or context.domain).replace("*", "sample")
        shadow = next((one for one in never if one.covers(host, sample)), None)
        if shadow is not None and (shadow.host is None or place.host is not None):
            yield Hit(f"cache.immutable[{number}]", f"{text} is never kept, because of {shadow.path}")


@rule(
    "client_file.cache.static_bypassed",
    level=Level.WARNING,
    reference=f"{_RULES}/order (the last rule that matches wins)",
    fix="say static: bypass if that is meant, or name the files more narrowly",
)
def bypass_leaves_static_files(context: Context) -> Iterator[Hit]:
    """A bypass does not take the caching of static files away as a whole."""
    cache = _cache(context)
    if cache is None or cache.static == "bypass":
        return
    for number, text, place in _places(context, "bypass"):
        suffix = caching.suffix_of(place.path.replace("*", "x"))
        if place.path == "/*" or suffix in caching.ASSETS:
            yield Hit(f"cache.bypass[{number}]", f"{text} takes static files out of the cache")


@rule(
    "client_file.cache.portal",
    reference="OWASP ASVS 5.0 V14.2 (no caching of sensitive data)",
    fix="take the path out: the portal's paths are never kept",
)
def the_portal_is_not_kept(context: Context) -> Iterator[Hit]:
    """No path that the portal names is to be kept by the origin's word or for ever."""
    portal = caching.portal_places(context.client)
    for key in ("immutable", "respect_origin"):
        for number, text, place in _places(context, key):
            hit = next((one for one in portal if _overlap(place, one, context.domain)), None)
            if hit is not None:
                yield Hit(f"cache.{key}[{number}]", f"{text} covers {hit.path} of the portal")


def _overlap(place: Place, portal: Place, domain: str) -> bool:
    """Is a request to the portal's path one to the place, too?"""
    host = portal.host or domain
    return place.covers(host, portal.path.replace("*", "sample"))


@rule(
    "client_file.cache.length",
    reference="developers.cloudflare.com/ruleset-engine/rules-language/expressions (4,096 characters)",
    fix="join paths with *",
)
def cache_lists_fit_an_expression(context: Context) -> Iterator[Hit]:
    """A list of paths, and what the portal names, fits the expression of one rule."""
    for key in _LISTS:
        yield from _fitting(f"cache.{key}", _length(tuple(place for _, _, place in _places(context, key))))
    portal = caching.portal_places(context.client)
    if portal and _cache(context) is not None:
        yield from _fitting("portal", _length((*map(Place, caching.NEVER), *portal)))


def _length(places: tuple[Place, ...]) -> int:
    """About how many characters a rule needs for them: a wildcard test each, the host once."""
    hosts = {place.host or "" for place in places}
    return sum(len(place.path) + 40 for place in places) + sum(len(host) + 40 for host in hosts)


def _fitting(key: str, size: int) -> Iterator[Hit]:
    if size > MAX_EXPRESSION:
        yield Hit(key, f"its rule would be of about {size} characters, and {MAX_EXPRESSION} is the most")
