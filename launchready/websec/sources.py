"""One source expression of a policy: keyword, nonce, hash, scheme or host (CSP3 §2.3.1)."""

from __future__ import annotations

import base64
import binascii
import difflib
import ipaddress
import re
from dataclasses import dataclass
from typing import Literal

from launchready.errors import InputError
from launchready.websec.vocabulary import HASH_BYTES, KEYWORDS

Kind = Literal["keyword", "nonce", "hash", "scheme", "host"]
LEAST_NONCE_BYTES = 16
"""128 bits (CSP3 §7.1)."""

_NONCE = re.compile(r"'nonce-([A-Za-z0-9+/_-]+={0,2})'", re.IGNORECASE)
_HASH = re.compile(r"'(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})'", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_LABEL = r"[a-z0-9_-]+"
_HOST = re.compile(
    rf"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>\*|(?:\*\.)?{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9a-f:.]+\])"
    r"(?P<port>:(?:\d{1,5}|\*))?(?P<path>/[^\s;,?#]*)?",
    re.IGNORECASE,
)
_BARE = {word.strip("'") for word in KEYWORDS}
_QUOTES = "'\"`‘’“”"


class SourceError(InputError):
    """A source that no browser understands as it was meant; ``meant`` is the nearest right one, if any."""

    def __init__(self, source: str, reason: str, meant: str | None = None) -> None:
        fix = f"write {meant}" if meant else "write a quoted keyword, a scheme such as https:, or a host"
        super().__init__(f"{source}: {reason}", fix=fix)
        self.source = source
        self.reason = reason
        self.meant = meant


@dataclass(frozen=True, slots=True)
class Source:
    """``text`` in normal form. ``host`` of "*" is any; ``bits``: of a nonce, as far as its length tells."""

    text: str
    kind: Kind
    scheme: str = ""
    host: str = ""
    port: str = ""
    path: str = ""
    bits: int = 0

    @property
    def any_host(self) -> bool:
        """Does it admit every server: ``*``, ``https:``, ``https://*``?"""
        if self.kind == "scheme":
            return self.scheme in ("http", "https", "ws", "wss", "ftp")
        return self.kind == "host" and self.host == "*"

    @property
    def address(self) -> bool:
        """Is the host an IP address? Browsers match 127.0.0.1 at most (CSP3 §6.7.2.9)."""
        try:
            ipaddress.ip_address(self.host.strip("[]"))
        except ValueError:
            return False
        return True


def parse_source(text: str) -> Source:
    """A source in its kind. Raises SourceError with what was probably meant."""
    if not text.isascii() or any(c in text for c in " \t\r\n\f;,") or not text:
        raise SourceError(text, "no source may hold a space, a comma, a semicolon or a letter beyond ASCII",
                          _requoted(text))  # fmt: skip
    lower = text.lower()
    if lower in KEYWORDS:
        return Source(lower, "keyword")
    if match := _NONCE.fullmatch(text):
        return Source(f"'nonce-{match[1]}'", "nonce", bits=len(match[1].rstrip("=")) * 6)
    if match := _HASH.fullmatch(text):
        return _hash(text, match[1].lower(), match[2])
    if text[0] in _QUOTES or text[-1] in _QUOTES:
        raise SourceError(
            text, "it is no keyword, nonce or hash, and nothing else is quoted", _requoted(text)
        )
    if lower in _BARE or lower.startswith(("nonce-", *(f"{name}-" for name in HASH_BYTES))):
        raise SourceError(text, "without quotes it is taken for a host name", f"'{text}'")
    if _SCHEME.fullmatch(text):
        return Source(lower, "scheme", scheme=lower[:-1])
    return _host(text)


def _hash(text: str, algorithm: str, value: str) -> Source:
    try:
        raw = base64.b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        raise SourceError(text, "its value is no base64") from None
    if len(raw) != HASH_BYTES[algorithm]:
        raise SourceError(text, f"{algorithm} has {HASH_BYTES[algorithm]} bytes, and this has {len(raw)}")
    return Source(f"'{algorithm}-{value}'", "hash")


def _host(text: str) -> Source:
    match = _HOST.fullmatch(text)
    if match is None:
        raise SourceError(
            text, "it is no host: only *, *.example.com, names, ports and paths are", _meant(text)
        )
    host, port = match["host"].lower(), (match["port"] or "")[1:]
    if port.isdigit() and not 0 < int(port) < 65_536:
        raise SourceError(text, f"{port} is no port")
    scheme, path = (match["scheme"] or "").lower(), match["path"] or ""
    shown = f"{scheme}://" if scheme else ""
    return Source(f"{shown}{host}{':' + port if port else ''}{path}", "host", scheme, host, port, path)


def _requoted(text: str) -> str | None:
    """What was meant by wrong quotes: typographic ones, double ones, or quotes around a host."""
    bare = text.strip().strip(_QUOTES)
    if not bare or " " in bare:
        return None
    if bare.lower() in _BARE:
        return f"'{bare.lower()}'"
    near = difflib.get_close_matches(bare.lower(), sorted(_BARE), 1, 0.75)
    if near:
        return f"'{near[0]}'"
    return bare if _HOST.fullmatch(bare) or _SCHEME.fullmatch(bare) else None


def _meant(text: str) -> str | None:
    without = re.split(r"[?#]", text)[0]
    if without != text and _HOST.fullmatch(without):
        return without
    match = re.fullmatch(r"(?:[a-z]+://)?\*([a-z0-9-]+(?:\.[a-z0-9-]+)+)", text, re.IGNORECASE)
    return f"*.{match[1]}" if match else None
