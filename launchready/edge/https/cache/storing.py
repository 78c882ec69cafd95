"""May an answer be kept, and for how long: the origin's words, the rule's, and the defaults by status.

Sources: developers.cloudflare.com/cache/concepts (default-cache-behavior, cache-control, cache-behavior,
cache-responses) and …/cache/how-to/configure-cache-status-code; RFC 9111 §3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from launchready.edge.https.cache import directives as control
from launchready.edge.https.cache.directives import Directives
from launchready.edge.https.cache.extensions import is_deception
from launchready.edge.https.cache.settings import CacheSettings
from launchready.edge.https.messages import Request, Response

DEFAULT_TTLS = {200: 7200, 206: 7200, 301: 7200, 302: 1200, 303: 1200, 404: 180, 410: 180}
"""Seconds by status, where neither the origin nor a rule says anything."""
FORBIDDING = ("no-store", "private", "no-cache")
SHARED = ("public", "must-revalidate", "s-maxage")
"""One of these lets the answer to a request with credentials be shared (RFC 9111 §3.5)."""
NO_STALE = ("must-revalidate", "proxy-revalidate", "s-maxage", "no-cache")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``ttl`` None: not kept, and ``status`` says why. ``without_cookies``: Set-Cookie is taken off."""

    ttl: float | None
    status: str = "MISS"
    without_cookies: bool = False
    swr: float = 0.0
    stale_if_error: float = 0.0


def judge(
    request: Request, response: Response, settings: CacheSettings, extension: bytes, now: datetime
) -> Verdict:
    """The verdict on a complete answer of the origin."""
    said = control.of(response)
    if response.status in (206, 304) or response.header("vary").strip() == "*":
        return Verdict(None, "BYPASS")
    credentials = request.header("authorization")
    if credentials and settings.strict and not any(word in said for word in SHARED):
        return Verdict(None, "BYPASS")
    ttl = settings.status_ttl(response.status)
    explicit = ttl is not None
    if ttl is None and settings.overrides:
        explicit, ttl = True, int(settings.edge_ttl.get("default") or 0)
        if response.status >= 500:
            return Verdict(None, "MISS")
    if ttl is not None and ttl < 0:
        return Verdict(None, "BYPASS")
    if explicit:
        return Verdict(float(ttl or 0), without_cookies=True, swr=_window(said, settings))
    return _by_origin(response, settings, said, extension, now)


def _by_origin(
    response: Response, settings: CacheSettings, said: Directives, extension: bytes, now: datetime
) -> Verdict:
    """Where no rule's time counts."""
    if any(word in said for word in FORBIDDING):
        return Verdict(None, "BYPASS")
    if response.header("set-cookie") and settings.by_rule:
        return Verdict(None, "MISS")
    if response.header("set-cookie") and settings.strict:
        return Verdict(None, "BYPASS")
    media = response.header("content-type").partition(";")[0].strip().lower()
    if settings.cache_key.get("cache_deception_armor") and is_deception(extension, media):
        return Verdict(None, "BYPASS")
    ttl = control.lifetime(response, said, now)
    if ttl is None and settings.edge_ttl.get("mode") == "bypass_by_default" and not said.present:
        return Verdict(None, "BYPASS")
    if ttl is None:
        ttl = DEFAULT_TTLS.get(response.status)
        if ttl is None:
            return Verdict(None, "MISS")
    elif ttl <= 0:
        return Verdict(None, "BYPASS")
    swr, error = _window(said, settings), float(said.seconds("stale-if-error") or 0)
    if any(word in said for word in NO_STALE):
        swr = error = 0.0
    return Verdict(float(ttl), without_cookies=True, swr=swr, stale_if_error=error)


def _window(said: Directives, settings: CacheSettings) -> float:
    if not settings.swr or any(word in said for word in NO_STALE):
        return 0.0
    return float(said.seconds("stale-while-revalidate") or 0)
