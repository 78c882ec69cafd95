"""Cross-origin sharing: what an origin is, whose origin a server must not trust, what its answer grants.

Sources: the Fetch standard (CORS protocol), RFC 6454 §6 and the URL standard (serialised origins), OWASP
API8:2023, PortSwigger's list of CORS mistakes (reflection, null, look-alike names, http).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from launchready.errors import InputError

DEFAULT_PORTS = {"http": 80, "https": 443}
SAFE_METHODS = frozenset({"GET", "HEAD", "POST"})
"""CORS-safelisted: they need no preflight of their own and no mention in an answer."""
FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


class OriginError(InputError):
    """Text that is no origin; ``meant`` is the origin that it probably means."""

    def __init__(self, text: str, reason: str, meant: str | None = None) -> None:
        super().__init__(f"{text!r} is no origin: {reason}", fix=f"write {meant}" if meant else None)
        self.reason = reason
        self.meant = meant


def parse_origin(text: str) -> str:
    """An origin exactly as a browser sends it. Raises OriginError for anything else.

    Lower case, no path, no default port: servers and browsers compare it byte by byte.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise OriginError(text, "it can't be read as a URL") from None
    host, scheme = (parts.hostname or ""), parts.scheme.lower()
    if scheme not in DEFAULT_PORTS or not host:
        raise OriginError(text, "it needs a scheme and a host", _guess(text))
    if not _HOST.fullmatch(host) and not _is_address(host):
        raise OriginError(text, f"{host!r} is no host name (as A-labels)")
    shown = f"[{host}]" if ":" in host else host
    serial = f"{scheme}://{shown}" + (f":{port}" if port not in (None, DEFAULT_PORTS[scheme]) else "")
    if text != serial:
        raise OriginError(text, _difference(text, parts.path, parts.query), serial)
    return serial


def _difference(text: str, path: str, query: str) -> str:
    if path == "/":
        return "it ends in a slash, which no browser sends"
    if path or query or "#" in text:
        return "it has a path, and an origin is scheme, host and port only"
    if "@" in text:
        return "it has a user name"
    return "browsers send it in another form"


def _guess(text: str) -> str | None:
    bare = text.strip().strip("/").lower()
    return f"https://{bare}" if "." in bare and _HOST.fullmatch(bare) else None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_token(text: str) -> bool:
    """May it be a method or a header's name (RFC 9110 §5.6.2)?"""
    return _TOKEN.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Stranger:
    """An origin that must not be trusted, and the mistake that trusting it gives away."""

    kind: str
    origin: str
    mistake: str


def nobody(nonce: str) -> Stranger:
    """An origin that has nothing to do with the launch."""
    return Stranger("reflection", f"https://{nonce}.invalid", "any origin is trusted")


def strangers(host: str, domain: str, nonce: str, trusted: Iterable[str]) -> Iterator[Stranger]:
    """Origins to try against a host, none of them trusted: all under reserved names that nobody has.

    ``trusted``: the declared origins; the look-alikes are made of the first of them, or of the host.
    """
    known = frozenset(trusted)
    base = next((o.partition("://")[2].partition(":")[0] for o in sorted(known)), host)
    names = dict.fromkeys((base, domain))
    tail = domain if base.endswith(f".{domain}") else base
    found = (
        nobody(nonce),
        Stranger("null", "null", "the origin null is trusted, which any sandboxed frame has"),
        *(Stranger("suffix", f"https://{n}.{nonce}.invalid", f"it begins like {n}") for n in names),
        # no separator: it is what a pattern without an anchor lets through
        Stranger("prefix", f"https://{nonce}{tail}", f"it ends like {tail}"),
        Stranger("subdomain", f"https://{nonce}.{domain}", "any subdomain is trusted"),
        Stranger("downgrade", f"http://{base}", "the same name over http, which anyone on the way can be"),
    )
    yield from (stranger for stranger in found if stranger.origin not in known)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a response grants to the origin that asked. Header values as sent; None: not sent."""

    origin: str | None
    credentials: bool
    methods: frozenset[str]
    headers: frozenset[str]
    vary: frozenset[str]
    several: bool = False
    """Access-Control-Allow-Origin came more than once or lists several: browsers refuse that."""

    def admits(self, origin: str) -> bool:
        """May that origin read the response?"""
        return not self.several and self.origin in (origin, "*")


def grant(headers: Iterable[tuple[str, str]]) -> Grant:
    """The CORS side of a response's headers (names in lower case)."""
    fields = tuple(headers)
    origins = [value.strip() for name, value in fields if name == "access-control-allow-origin"]
    credentials = [value.strip() for name, value in fields if name == "access-control-allow-credentials"]
    return Grant(
        origins[0] if origins else None,
        credentials == ["true"],
        frozenset(word.upper() for word in _words(fields, "access-control-allow-methods")),
        frozenset(word.lower() for word in _words(fields, "access-control-allow-headers")),
        frozenset(word.lower() for word in _words(fields, "vary")),
        len(origins) > 1 or any("," in value or " " in value for value in origins),
    )


def _words(fields: Iterable[tuple[str, str]], name: str) -> list[str]:
    values = (value for own, value in fields if own == name)
    return [word.strip() for value in values for word in value.split(",") if word.strip()]
