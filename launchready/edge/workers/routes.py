"""Worker routes: which patterns a zone may have, and which script a request goes to.

Source: developers.cloudflare.com/workers/configuration/routing/routes (matching behavior): ``*`` stands at
the beginning of the host and at the end of the path only, the most specific pattern wins, and a route
without a script turns Workers off there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from launchready.edge.state import Zone

_PATTERN = re.compile(r"(?:(https?)://)?(\*?[A-Za-z0-9._-]*)((?:/[^*?#]*)?\*?)")
ROUTES = "workers_routes"
"""Where a zone keeps its routes, in ``Zone.extra``: id → {"id", "pattern", "script"}."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """``scheme`` "": both. ``host`` may begin and ``path`` end with ``*``."""

    scheme: str
    host: str
    path: str

    def matches(self, scheme: str, host: str, path: str) -> bool:
        if self.scheme and self.scheme != scheme:
            return False
        if self.host.startswith("*"):
            if not host.endswith(self.host[1:]):
                return False
        elif host != self.host:
            return False
        if self.path.endswith("*"):
            return path.startswith(self.path[:-1])
        return path == (self.path or "/")

    @property
    def rank(self) -> tuple[bool, int, bool, int, bool]:
        """Greater is more specific."""
        return (
            not self.host.startswith("*"),
            len(self.host),
            not self.path.endswith("*"),
            len(self.path),
            bool(self.scheme),
        )


def parse(pattern: str) -> Pattern:
    """Raises ValueError with the reason."""
    found = _PATTERN.fullmatch(pattern)
    if found is None:
        if "?" in pattern or "#" in pattern:
            raise ValueError("a pattern has no query and no fragment")
        raise ValueError("a pattern is host/path, with * at the host's beginning and the path's end only")
    scheme, host, path = found.groups()
    if not host.strip("*."):
        raise ValueError("a pattern needs a host of the zone")
    if path == "*":
        raise ValueError("a star after the host must follow a slash: host/*")
    return Pattern(scheme or "", host.lower(), path)


def belongs_to(pattern: Pattern, domain: str) -> bool:
    """Is every host that matches of that zone?"""
    host = pattern.host.removeprefix("*.") if pattern.host.startswith("*.") else pattern.host.lstrip("*")
    return host == domain or host.endswith(f".{domain}")


def script_for(zone: Zone, scheme: str, host: str, path: str) -> str | None:
    """The name of the script that answers, by the most specific route; None: none does."""
    matching = [
        (pattern.rank, route.get("script"))
        for route in zone.extra.get(ROUTES, {}).values()
        for pattern in (parse(route["pattern"]),)
        if pattern.matches(scheme, host, path)
    ]
    return max(matching, key=lambda found: found[0])[1] if matching else None
