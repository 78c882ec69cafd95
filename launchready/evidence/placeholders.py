"""Pages that stand in for a site: a 200 from one of them proves nothing about the launch."""

from __future__ import annotations

import re

from launchready.evidence.types import HttpResult

LOOKED_AT_BYTES = 20_000

_TITLES = (
    "welcome to nginx!",
    "apache2 ubuntu default page: it works",
    "apache2 debian default page: it works",
    "test page for the apache http server",
    "iis windows server",
    "http server test page powered by",
    "default web site page",
    "domain default page",
    "web server's default page",
    "this domain is parked",
    "domain parking",
    "parked domain",
    "site not found · github pages",
    "there is nothing here yet",
    "no such app",
    "welcome to openresty!",
    "caddy works!",
)
"""Titles as the products ship them, in lower case."""

_TITLE = re.compile(rb"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)


def placeholder(result: HttpResult) -> str | None:
    """The title that gives a placeholder away, or None."""
    match = _TITLE.search(result.body[:LOOKED_AT_BYTES])
    if match is None:
        return None
    title = " ".join(match[1].decode("utf-8", "replace").split())
    return title if any(known in title.lower() for known in _TITLES) else None
