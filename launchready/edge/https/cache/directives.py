"""Cache-Control as a cache reads it, and how long an origin lets an answer be fresh (RFC 9111 §4.2, §5.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from launchready.edge.https.messages import Response

OVERRIDES = ("cloudflare-cdn-cache-control", "cdn-cache-control")
"""Headers for caches like this one, before Cache-Control, in this order (RFC 9213)."""
FAR = 2**31
"""Seconds: what a larger delta means (RFC 9111 §1.2.2)."""

_ITEM = re.compile(
    r"""\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*)))?\s*(?:,|$)"""
)


@dataclass(frozen=True, slots=True)
class Directives:
    """``values``: lower-case name → argument, "" without one; ``present``: was there such a header."""

    values: Mapping[str, str]
    present: bool

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def seconds(self, name: str) -> int | None:
        """A delta in seconds; what is no number counts as 0, that is stale (RFC 9111 §4.2.1)."""
        value = self.values.get(name)
        if value is None:
            return None
        return min(int(value), FAR) if value.isascii() and value.isdigit() else 0


def parse(text: str) -> Directives:
    """The first of a repeated directive counts (RFC 9111 §4.2.1 leaves it open; so do most caches)."""
    found: dict[str, str] = {}
    for name, quoted, bare in _ITEM.findall(text):
        found.setdefault(name.lower(), quoted or bare)
    return Directives(found, bool(text.strip()))


def of(response: Response) -> Directives:
    """The directives that count for this cache."""
    for name in (*OVERRIDES, "cache-control"):
        values = [value for key, value in response.headers if key == name]
        if values:
            return parse(", ".join(values))
    return Directives({}, False)


def lifetime(response: Response, directives: Directives, now: datetime) -> float | None:
    """Seconds for which the origin calls the answer fresh, its Age taken off; None if it says nothing."""
    shared = directives.seconds("s-maxage")
    fresh: float | None = shared if shared is not None else directives.seconds("max-age")
    if fresh is None:
        expires = response.header("expires")
        if not expires:
            return None
        until = http_date(expires)
        if until is None:
            return 0.0  # "0" and other nonsense mean the past (RFC 9111 §5.3)
        fresh = (until - (http_date(response.header("date")) or now)).total_seconds()
    age = response.header("age")
    return max(0.0, fresh - (int(age) if age.isascii() and age.isdigit() else 0))


def http_date(text: str) -> datetime | None:
    """An HTTP date, or None (RFC 9110 §5.6.7)."""
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
