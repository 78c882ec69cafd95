"""Requests and responses as the front passes them on, whatever HTTP version carried them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

Headers = list[tuple[str, str]]
"""Names in lower case; values as text (``text_of``); order and repetitions kept."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

HOP_BY_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "http2-settings",
        "proxy-authenticate",
        "proxy-authorization",
    )
)
"""RFC 9110 §7.6.1: these belong to one connection."""


@dataclass(slots=True)
class Request:
    """``host`` is lower-case without port or trailing dot; ``target`` the raw path and query.

    ``body`` None: there is none. ``length``: its announced length in bytes, None when unknown.
    """

    method: str
    scheme: str
    host: str
    target: str
    headers: Headers
    client: Address
    version: str
    body: AsyncIterator[bytes] | None = None
    length: int | None = None
    tls_version: str = ""
    tls_cipher: str = ""
    port: int = 0

    def header(self, name: str) -> str:
        """The first value of a header, or ""."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(slots=True)
class Response:
    """``body`` is the whole, or an iterator over its parts, which is closed when the client is gone."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes | AsyncIterator[bytes] = b""

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def set(self, name: str, value: str) -> None:
        """Replace every value of a header."""
        self.remove(name)
        self.headers.append((name, value))

    def remove(self, name: str) -> None:
        self.headers = [(key, kept) for key, kept in self.headers if key != name]


App = Callable[[Request], Awaitable[Response]]


async def close_body(response: Response) -> None:
    """Release what a streamed body holds, read to its end or not."""
    close = getattr(response.body, "aclose", None)
    if close is not None:
        await close()


_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")
_TARGET = re.compile(r"/[^\x00-\x20\x7f]*")


def is_sound(request: Request) -> bool:
    """Whether method and target may go into a request line (RFC 9112 §3), and so on to an origin.

    HTTP/2 carries both as free text: without this, ``:path: @elsewhere/`` would name another server.
    """
    if request.target == "*":
        return request.method == "OPTIONS"
    return bool(_METHOD.fullmatch(request.method) and _TARGET.fullmatch(request.target))


def text_of(value: bytes | str) -> str:
    """A header as text: UTF-8 where it is that, else latin-1 (RFC 9110 §5.5)."""
    if isinstance(value, str):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def bytes_of(text: str) -> bytes:
    """The reverse; aiohttp marks bytes of a target that are no UTF-8 as surrogates."""
    return text.encode("utf-8", "surrogateescape")


def url_safe(url: str | bytes) -> str:
    """ASCII without spaces or controls: a URL can't smuggle in a header, whatever went into it."""
    raw = url if isinstance(url, bytes) else bytes_of(url)
    return "".join(chr(byte) if 0x21 <= byte <= 0x7E else f"%{byte:02X}" for byte in raw)


def host_of(authority: str) -> str:
    """``Host`` or ``:authority`` → the bare name or address, "" if it is neither."""
    authority = authority.strip().lower()
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    name, _, port = authority.partition(":")
    if port and not port.isdigit():
        return ""
    return name.rstrip(".")


def end_to_end(headers: Sequence[tuple[str, str]]) -> Headers:
    """Without what belongs to one connection, ``Connection``'s own list included."""
    named = {
        token.strip().lower() for key, value in headers if key == "connection" for token in value.split(",")
    }
    return [(key, value) for key, value in headers if key not in HOP_BY_HOP and key not in named]
