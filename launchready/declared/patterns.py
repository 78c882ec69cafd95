"""The source of a redirect: ``host[/path][?query]`` with ``*`` in host and path."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from launchready.client_file import names
from launchready.declared import expression

URL_SAFE = "!#$%&'()*+,/:;=?@[]~-._"
"""What RFC 3986 lets a URL hold as it is, besides letters and digits; clients encode the rest."""

_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})?")
_SOURCE = re.compile(r"([^/?#]+)(/[^?#]*)?(?:\?([^#]*))?")


@dataclass(frozen=True, slots=True)
class Pattern:
    """``path`` None: every path of the host. ``query`` None: any or none."""

    host: str
    path: str | None
    query: str | None

    @property
    def text(self) -> str:
        """The canonical source, from which the rule's stable ``ref`` is derived."""
        query = f"?{self.query}" if self.query is not None else ""
        return f"{self.host}{self.path or ''}{query}"

    @property
    def host_stars(self) -> int:
        return self.host.count("*")

    @property
    def path_stars(self) -> int:
        return (self.path or "").count("*")

    def matches_host(self, host: str) -> bool:
        """Does a host (A-labels) match?"""
        return fits(self.host, host)

    def matches(self, host: str, path: str, query: str) -> bool:
        """Does a request match, by its host, its path (never empty) and its query ("" = none)?"""
        return (
            self.matches_host(host)
            and (self.path is None or fits(self.path, path))
            and (self.query is None or fits(self.query, query))
        )

    def condition(self) -> str:
        """The expression that is true for the requests that match. Hosts ignore case, paths don't."""
        parts = [_condition("http.host", self.host)]
        if self.path is not None:
            parts.append(_condition("http.request.uri.path", self.path))
        if self.query is not None:
            parts.append(_condition("http.request.uri.query", self.query))
        return parts[0] if len(parts) == 1 else f"({' and '.join(parts)})"


def parse(source: str) -> Pattern:
    """Read a source. Raises ValueError with the reason."""
    match = _SOURCE.fullmatch(source.strip())
    if match is None:
        raise ValueError(f"{source!r} is no host with an optional path")
    host, path, query = match.groups()
    for part in (host, path or "", query or ""):
        if "**" in part:
            raise ValueError(f"two stars in a row in {source!r}: one matches as much")
    if ":" in host or "@" in host:
        raise ValueError(f"a port or user in {source!r}: the edge knows hosts only")
    return Pattern(
        ".".join(_host_label(label) for label in host.rstrip(".").split(".")),
        url_text(path) if path is not None else None,
        url_text(query) if query is not None else None,
    )


def url_text(text: str) -> str:
    """URL text as Cloudflare shows a request's: normalised by RFC 3986 §6.2.2.

    What a URL can't hold is percent-encoded as UTF-8, needless escapes are undone, and the others are in
    upper case (developers.cloudflare.com/rules/normalization: rules see the normalised path).
    """
    return _PERCENT.sub(_escape, quote(text, safe=URL_SAFE))


def _escape(match: re.Match[str]) -> str:
    if match[1] is None:
        return "%25"
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else f"%{match[1].upper()}"


def fits(pattern: str, text: str) -> bool:
    """Does ``text`` match ``pattern`` as a whole?"""
    return _regex(pattern).fullmatch(text) is not None if "*" in pattern else pattern == text


def captures(pattern: str, text: str) -> list[str]:
    """What the stars of ``pattern`` match in ``text``: each the shortest possible, as Cloudflare does."""
    match = _regex(pattern).fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} does not match {pattern!r}")
    return list(match.groups())


def _condition(field: str, text: str) -> str:
    if "*" not in text:
        return f"{field} eq {expression.literal(text)}"
    operator = "wildcard" if field == "http.host" else "strict wildcard"
    return f"{field} {operator} {expression.raw(expression.wildcard_pattern(text))}"


def _host_label(label: str) -> str:
    """One label; a star may stand beside other characters (``app-*``), which to_ascii must not see."""
    if "*" not in label:
        return names.to_ascii(label)
    if label.replace("*", "") and not label.replace("*", "").isascii():
        raise ValueError(f"a star beside other than ASCII in the label {label!r}")
    return label.lower()


@lru_cache(maxsize=2048)
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile("(.*?)".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)
