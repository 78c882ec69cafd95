"""One HTTP/1.1 request, never following a redirect: status, headers in order, a bounded body.

h11 keeps the protocol, asyncio the connection: half the import time of the usual clients, and nothing
between the check and what was sent (repeated headers, order, raw Location). Certificates are not
verified here: content from a host with a bad one is still evidence, and the ``tls`` row judges trust.
"""

from __future__ import annotations

import asyncio
import errno
import ssl
import time
import zlib
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, urlsplit

import h11

from launchready.evidence.connections import Connection, Connections, Place
from launchready.evidence.dialer import Target
from launchready.evidence.limits import Limits
from launchready.evidence.tls_probe import Contexts, cause_of
from launchready.evidence.types import Cause, HttpProbe, HttpResult

USER_AGENT = "launchready-verify/1"
READ_BYTES = 65_536
CUT = "the body was cut"
"""The detail of an answer whose body is longer than the limit, as sent or unpacked."""
MOST_INTERIM = 20
"""Interim answers (1xx) before the one that counts; more are a flood."""
REPEATABLE = ("GET", "HEAD", "OPTIONS")
"""Methods of which a second try changes nothing."""
DEFAULT_PORTS = {"http": 80, "https": 443}


def place(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an http(s) URL. Raises ValueError on anything else."""
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"not an http(s) URL: {url!r}")
    return parts.scheme, parts.hostname.rstrip("."), parts.port or DEFAULT_PORTS[parts.scheme]


async def request(
    probe: HttpProbe,
    target: Target,
    contexts: Contexts,
    limits: Limits,
    *,
    body: bytes | None = None,
    source: str | None = None,
    trusted: bool = False,
    kept: Connections | None = None,
    fresh: bool = True,
) -> HttpResult:
    """One response; never raises for what the network or the peer does.

    ``body``: what is sent, None for nothing. ``source``: the local address to connect from. ``trusted``: only
    to who can prove the name, since credentials are sent. ``kept``: where the connection goes afterwards, and
    where one comes from unless it must be a ``fresh`` one.
    """
    result = HttpResult(probe, None, address=target.address)
    source = source or probe.source or None
    context = None
    if probe.url.startswith("https:"):
        context = contexts.trusted_http() if trusted else contexts.http()
    kept = kept if source is None and not trusted else None
    call = _Call(probe, target, context, limits, body, source, kept, fresh)
    began = time.monotonic()
    try:
        async with asyncio.timeout(limits.http_timeout):
            result = await call.answer()
    except (TimeoutError, OSError) as error:
        cause, detail = cause_of(error)
        if source and isinstance(error, OSError) and error.errno == errno.EADDRNOTAVAIL:
            cause, detail = Cause.NOT_PROBED, f"this machine has no address {source} to ask from"
        return replace(result, cause=cause, detail=detail, seconds=_since(began))
    except (h11.RemoteProtocolError, h11.LocalProtocolError, UnicodeEncodeError) as error:
        too_large = "too large" in str(error) or "Receive buffer too long" in str(error)
        cause = Cause.TOO_LARGE if too_large else Cause.MALFORMED
        return replace(result, cause=cause, detail=str(error), seconds=_since(began))
    return replace(result, cause=_cause(result), seconds=_since(began))


@dataclass(frozen=True, slots=True)
class _Call:
    """A request and the connections that it may use."""

    probe: HttpProbe
    target: Target
    context: ssl.SSLContext | None
    limits: Limits
    body: bytes | None
    source: str | None
    kept: Connections | None
    fresh: bool

    async def answer(self) -> HttpResult:
        """The answer, over a kept connection first. A kept one that was hung up on says nothing."""
        _, host, _ = place(self.probe.url)
        where = (self.target.host, self.target.port, host if self.context else "")
        if self.kept is None:
            return (await self._over(await self._new(host)))[0]
        old = None if self.fresh else self.kept.take(where)
        if old is not None:
            try:
                return await self._over_and_keep(old, where)
            except (ConnectionError, h11.RemoteProtocolError):
                if self.probe.method not in REPEATABLE:
                    raise
        return await self._over_and_keep(await self._new(host), where)

    async def _new(self, host: str) -> Connection:
        return Connection(*await _open(self.target, self.context, host, self.limits, self.source))

    async def _over_and_keep(self, connection: Connection, where: Place) -> HttpResult:
        answer, again = await self._over(connection, keep=True)
        if again and self.kept is not None:
            self.kept.give(where, connection)
        return answer

    async def _over(self, connection: Connection, *, keep: bool = False) -> tuple[HttpResult, bool]:
        """The answer, and whether the connection can be used again; it is cut unless it can."""
        again = False
        result = HttpResult(self.probe, None, address=self.target.address)
        try:
            exchange = _exchange(result, connection, self.limits, self.body, keep=keep)
            result, again = await exchange
        finally:
            if not again:
                connection.abort()
        return result, again


async def _open(
    target: Target, context: ssl.SSLContext | None, host: str, limits: Limits, source: str | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    local = (source, 0) if source is not None else None
    async with asyncio.timeout(limits.connect_timeout + (limits.handshake_timeout if context else 0)):
        if context is None:
            return await asyncio.open_connection(target.host, target.port, local_addr=local)
        return await asyncio.open_connection(
            target.host, target.port, ssl=context, server_hostname=host, local_addr=local,
            ssl_handshake_timeout=limits.handshake_timeout,
        )  # fmt: skip


def _request_head(probe: HttpProbe, body: bytes | None, *, keep: bool) -> h11.Request:
    parts = urlsplit(probe.url)
    given = {name.lower() for name, _ in probe.headers}
    standard = [
        ("host", _authority(parts)),
        ("user-agent", USER_AGENT),
        ("accept", "*/*"),
        ("accept-encoding", "identity"),
        ("connection", "keep-alive" if keep else "close"),
    ]
    if body is not None:
        standard.append(("content-length", str(len(body))))
    headers = [(name, value) for name, value in standard if name not in given]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return h11.Request(method=probe.method, target=path, headers=[*headers, *probe.headers])


def _authority(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


async def _exchange(
    result: HttpResult, over: Connection, limits: Limits, sent: bytes | None, *, keep: bool
) -> tuple[HttpResult, bool]:
    """The answer, and whether the connection may carry another."""
    reader, writer = over.reader, over.writer
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=limits.header_bytes)
    events = [
        _request_head(result.probe, sent, keep=keep),
        *([h11.Data(sent)] if sent else []),
        h11.EndOfMessage(),
    ]
    writer.write(b"".join(connection.send(event) or b"" for event in events))
    await writer.drain()
    body, interim = bytearray(), 0
    began = time.monotonic()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(READ_BYTES))
        elif isinstance(event, h11.InformationalResponse):
            interim += 1
            if interim > MOST_INTERIM:
                raise h11.RemoteProtocolError("a flood of interim answers")
        elif isinstance(event, h11.Response):
            result = replace(_with_head(result, event), first_byte=_since(began))
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > limits.body_bytes:
                cut = bytes(body[: limits.body_bytes])
                return replace(result, body=cut, wire_bytes=len(body), detail=CUT), False
        elif isinstance(event, h11.EndOfMessage):
            whole = replace(result, body=bytes(body), wire_bytes=len(body))
            again = keep and connection.our_state is h11.DONE and connection.their_state is h11.DONE
            return _decoded(whole, limits.body_bytes), again and not connection.trailing_data[0]
        elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
            raise h11.RemoteProtocolError("closed before the response was complete")


def _with_head(result: HttpResult, event: h11.Response) -> HttpResult:
    headers = tuple(
        (name.decode("ascii", "replace"), value.decode("utf-8", "replace")) for name, value in event.headers
    )
    version = event.http_version.decode("ascii", "replace")
    return replace(result, status=event.status_code, headers=headers, http_version=version)


def _decoded(result: HttpResult, limit: int) -> HttpResult:
    """Undo gzip or deflate that a server sent although it was not asked for; bounded against bombs.

    What was asked for by name stays packed: whoever asked knows. Any other coding leaves nothing to read.
    """
    coding = (result.header("content-encoding") or "").strip().lower()
    if coding in ("", "identity") or not result.body:
        return result
    if coding not in ("gzip", "x-gzip", "deflate"):
        if any(name.lower() == "accept-encoding" for name, _ in result.probe.headers):
            return result
        detail = f"packed as {coding[:40]!r}, which nobody asked for"
        return replace(result, cause=Cause.MALFORMED, detail=detail)
    wbits = 47 if coding != "deflate" else (zlib.MAX_WBITS if result.body[:1] == b"\x78" else -zlib.MAX_WBITS)
    try:
        packed = zlib.decompressobj(wbits)
        body = packed.decompress(result.body, limit)
    except zlib.error as error:
        return replace(result, cause=Cause.MALFORMED, detail=f"{coding}: {error}")
    if packed.eof:
        return replace(result, body=body)
    if len(body) < limit:
        return replace(result, cause=Cause.MALFORMED, detail=f"{coding}: it ends too early")
    return replace(result, body=body, detail=CUT)


def _cause(result: HttpResult) -> Cause | None:
    """A challenge is not the site, whatever its status says (Cloudflare: ``cf-mitigated``)."""
    if (result.header("cf-mitigated") or "").strip().lower() == "challenge":
        return Cause.CHALLENGE
    return result.cause


def _since(began: float) -> float:
    return round(time.monotonic() - began, 4)
