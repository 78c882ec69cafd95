"""The edge as a client of the origins: which scheme, what is checked, and what a failure is called.

SSL modes: developers.cloudflare.com/ssl/origin-configuration/ssl-modes/. Error codes:
developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from launchready.edge.https.messages import Headers, Request, Response, end_to_end, url_safe

log = logging.getLogger(__name__)

CHUNK = 65_536
_SKIPPED = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
_EMPTY = frozenset({204, 304})


class OriginError(Exception):
    """The origin did not answer as it should; ``status`` is Cloudflare's code for it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class OriginTimeouts:
    """Seconds: to connect (522), and between bytes of the answer (524; Cloudflare's default is 100)."""

    connect: float = 15.0
    read: float = 100.0


class Upstream:
    """Connections to the origins, kept alive and shared."""

    def __init__(self, root_pem: str, timeouts: OriginTimeouts | None = None) -> None:
        times = timeouts or OriginTimeouts()
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=times.connect, sock_read=times.read)
        self._strict = ssl.create_default_context(cadata=root_pem)
        self._lax = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._lax.check_hostname = False
        self._lax.verify_mode = ssl.CERT_NONE
        self._lax.set_ciphers("DEFAULT:@SECLEVEL=0")
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=256, keepalive_timeout=30, ttl_dns_cache=None),
            timeout=self._timeout,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=CHUNK,
            max_line_size=32_768,
            max_field_size=32_768,
            trust_env=False,
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, request: Request, base: str, headers: Headers, *, strict: bool = False) -> Response:
        """Pass the request on to ``base`` (scheme, host and port on loopback) with these headers.

        ``strict``: the certificate must be the authority's, for the request's host. Raises OriginError.
        The answer's body is streamed.
        """
        if self._session is None:
            raise OriginError(520, "the edge is shutting down")
        url = URL(f"{base}{url_safe(request.target)}", encoded=True)
        encrypted = base.startswith("https:")
        try:
            answer = await self._session.request(
                request.method,
                url,
                headers=CIMultiDict(headers),
                data=request.body,
                skip_auto_headers=_SKIPPED,
                allow_redirects=False,
                ssl=(self._strict if strict else self._lax) if encrypted else True,
                server_hostname=request.host if encrypted else None,
            )
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise _named(error) from error
        received = end_to_end([(key.lower(), value) for key, value in answer.headers.items()])
        if request.method == "HEAD" or answer.status in _EMPTY:
            answer.release()
            return Response(answer.status, received)
        return Response(answer.status, received, _body(answer))


async def _body(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        while part := await answer.content.readany():
            yield part
    except (aiohttp.ClientError, TimeoutError) as error:
        log.info("an origin broke off its answer: %s", error)
        raise ConnectionError("the origin broke off its answer") from error
    finally:
        answer.close() if not answer.content.is_eof() else answer.release()


def forwarded(request: Request, loops: int) -> Headers:
    """What Cloudflare sends to an origin (developers.cloudflare.com/fundamentals/reference/http-headers/)."""
    visitor, before = str(request.client), request.header("x-forwarded-for")
    headers = [(key, value) for key, value in end_to_end(request.headers) if key not in _REPLACED]
    headers += [
        ("accept-encoding", "gzip" if "gzip" in request.header("accept-encoding") else "identity"),
        ("x-forwarded-for", f"{before},{visitor}" if before else visitor),
        ("x-forwarded-proto", request.scheme),
        ("cf-connecting-ip", visitor),
        ("cf-visitor", f'{{"scheme":"{request.scheme}"}}'),
        ("cdn-loop", f"cloudflare; loops={loops}"),
    ]
    if request.body is not None and request.length is not None:
        headers.append(("content-length", str(request.length)))
    return headers


_REPLACED = frozenset(
    (
        "accept-encoding",
        "cdn-loop",
        "cf-connecting-ip",
        "cf-visitor",
        "content-length",
        "expect",
        "x-forwarded-for",
        "x-forwarded-proto",
    )
)


def _named(error: BaseException) -> OriginError:
    """The Cloudflare code that says what went wrong."""
    reason = str(error) or type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return OriginError(526, reason)
    if isinstance(error, aiohttp.ClientConnectorSSLError | ssl.SSLError):
        return OriginError(525, reason)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return OriginError(522, reason)
    if isinstance(error, aiohttp.ClientConnectorError):
        return OriginError(521, reason)
    if isinstance(error, asyncio.TimeoutError):
        return OriginError(524, reason)
    return OriginError(520, reason)
