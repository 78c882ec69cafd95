"""HTTP/1.1 (and 1.0) by aiohttp's server protocol: its C parser, our requests and responses.

aiohttp rather than Hypercorn: its parser is compiled, its limits can be set, and as a plain asyncio
protocol it can be chosen after the TLS handshake, by ALPN.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import ssl
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from multidict import CIMultiDict

from launchready.edge.https import pages
from launchready.edge.https.messages import App, Request, Response, close_body, host_of, text_of

log = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 75.0
FIRST_REQUEST_SECONDS = 15.0
"""A connection that has not sent a whole header section by then is closed (slow loris)."""
BODY_SECONDS = 30.0
"""The longest silence inside a request's body."""
SEND_SECONDS = 60.0
"""The longest that a visitor may take to accept one part of an answer."""
MAX_HEADER_BYTES = 32_768
_CHUNK = 65_536

_NO_ACCESS_LOG = logging.getLogger(f"{__name__}.access")
_NO_ACCESS_LOG.setLevel(logging.CRITICAL)
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class Http1Server(web.Server):
    """Makes protocols for connections; ``scheme`` is what visitors used."""

    def __init__(self, app: App, scheme: str, first_request: float = FIRST_REQUEST_SECONDS) -> None:
        super().__init__(self._respond, handler_cancellation=True)
        self._app = app
        self._scheme = scheme
        self.first_request = first_request

    def __call__(self) -> RequestHandler:
        return _Protocol(
            self,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=KEEP_ALIVE_SECONDS,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            access_log=_NO_ACCESS_LOG,
            auto_decompress=False,
            lingering_time=1.0,
        )

    async def _respond(self, raw: web.BaseRequest) -> web.StreamResponse:
        request = _request(raw, self._scheme)
        if request is None:
            return _refused(pages.bad_request("the Host header is missing or malformed"))
        return await _send(raw, await self._app(request))


class _Protocol(RequestHandler):
    """aiohttp's, with a deadline for the header section and our own page for what it can't parse."""

    __slots__ = ("_deadline",)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        server = self._manager
        assert isinstance(server, Http1Server)  # noqa: S101 - Http1Server makes every protocol
        self._deadline = asyncio.get_running_loop().call_later(server.first_request, self._too_slow)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._deadline.cancel()
        super().connection_lost(exc)

    def _too_slow(self) -> None:
        if self._request_count == 0:
            log.info("closed a connection that sent no whole request in time")
            self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if status >= 500:
            log.error("a request failed", exc_info=exc)
        else:
            log.info("refused a malformed request: %s", message)
        return _refused(pages.bad_request("malformed request") if status < 500 else pages.internal_error())


def _refused(page: Response) -> web.StreamResponse:
    """The page, after which the connection ends."""
    response = web.Response(status=page.status, body=page.body, headers=CIMultiDict(page.headers))
    response.force_close()
    return response


def _request(raw: web.BaseRequest, scheme: str) -> Request | None:
    """None when the request names no host."""
    headers = [(text_of(key).lower(), text_of(value)) for key, value in raw.raw_headers]
    target = raw.raw_path
    authority = raw.headers.get("Host", "")
    if not target.startswith("/"):
        authority, target = _absolute(target, authority)
    host = host_of(authority)
    if not host:
        return None
    transport = raw.transport
    peer = transport.get_extra_info("peername") if transport else None
    local = transport.get_extra_info("sockname") if transport else None
    tls = transport.get_extra_info("ssl_object") if transport else None
    has_body = raw.body_exists or raw.method not in _BODILESS
    return Request(
        method=raw.method,
        scheme=scheme,
        host=host,
        target=target,
        headers=headers,
        client=ipaddress.ip_address(peer[0] if peer else "127.0.0.1"),
        version=f"HTTP/{raw.version.major}.{raw.version.minor}",
        body=_body(raw) if has_body else None,
        length=raw.content_length,
        tls_version=(tls.version() or "") if isinstance(tls, ssl.SSLObject) else "",
        tls_cipher=_cipher(tls),
        port=local[1] if local else 0,
    )


def _cipher(tls: object) -> str:
    found = tls.cipher() if isinstance(tls, ssl.SSLObject) else None
    return found[0] if found else ""


def _absolute(raw_path: str, authority: str) -> tuple[str, str]:
    """RFC 9112 §3.2: ``*`` stays, an absolute URL's host wins over Host, the rest is refused."""
    if raw_path == "*":
        return authority, raw_path
    scheme, _, rest = raw_path.partition("://")
    if scheme.lower() not in ("http", "https"):
        return "", "/"
    end = next((index for index, char in enumerate(rest) if char in "/?"), len(rest))
    target = rest[end:]
    return rest[:end], target if target.startswith("/") else f"/{target}"


async def _body(raw: web.BaseRequest) -> AsyncIterator[bytes]:
    if raw.headers.get("Expect", "").lower() == "100-continue" and raw.transport is not None:
        raw.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    while True:
        async with asyncio.timeout(BODY_SECONDS):
            part = await raw.content.readany()
        if not part:
            return
        yield part


async def _send(raw: web.BaseRequest, response: Response) -> web.StreamResponse:
    headers = CIMultiDict(response.headers)
    try:
        if raw.method == "HEAD" or response.status in (204, 304):
            if isinstance(response.body, bytes) and response.body and response.status not in (204, 304):
                headers.setdefault("content-length", str(len(response.body)))
            return web.StreamResponse(status=response.status, headers=headers)
        if isinstance(response.body, bytes):
            headers["content-length"] = str(len(response.body))
            if len(response.body) <= _CHUNK:
                return web.Response(status=response.status, headers=headers, body=response.body)
        stream = web.StreamResponse(status=response.status, headers=headers)
        await stream.prepare(raw)
        await _stream(raw, stream, response)
        return stream
    finally:
        await close_body(response)


async def _stream(raw: web.BaseRequest, stream: web.StreamResponse, response: Response) -> None:
    """Send the parts. What breaks off has to look so: the connection is cut, not ended."""
    try:
        async for part in _parts(response):
            async with asyncio.timeout(SEND_SECONDS):
                await stream.write(part)
        await stream.write_eof()
    except (OSError, TimeoutError) as error:
        log.info("an answer was broken off: %s", error or type(error).__name__)
        if raw.transport is not None:
            raw.transport.abort()


async def _parts(response: Response) -> AsyncIterator[bytes]:
    if isinstance(response.body, bytes):
        for start in range(0, len(response.body), _CHUNK):
            yield response.body[start : start + _CHUNK]
    else:
        async for part in response.body:
            yield part
