"""One request of a health checker: connect, shake hands, ask, read the first bytes. Real, and bounded."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from dataclasses import dataclass
from typing import Any

import h11

MAX_HEAD = 64 * 1024
_CHUNK = 16 * 1024


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked, of whom. ``host`` and ``port`` are where it really listens."""

    host: str
    port: int
    context: ssl.SSLContext | None
    """None: plain HTTP."""
    server_name: str | None
    """The SNI; None sends none."""
    host_header: str
    target: str
    agent: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: int = 0
    """How many bytes of the body are wanted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for connecting, for the status line after that, and for the body after that."""

    connect: float
    status: float
    body: float


@dataclass(slots=True)
class Answer:
    """What came back. ``failure`` says at which step it ended, and ``detail`` how."""

    status: int | None = None
    reason: str = ""
    body: bytes = b""
    location: str = ""
    failure: str = ""
    """"": none; else ``connect``, ``connect-timeout``, ``tls``, ``timeout``, ``protocol``, ``body``."""
    detail: str = ""
    connected: float = 0.0
    """Seconds until connected."""
    shaken: float = 0.0
    """Seconds of the TLS handshake (connecting included)."""
    first_byte: float = 0.0


async def connect_only(host: str, port: int, seconds: float) -> Answer:
    """Open a connection and close it."""
    began = time.perf_counter()
    answer = Answer()
    writer = await _open(answer, host, port, seconds)
    answer.connected = time.perf_counter() - began
    if writer is not None:
        writer[1].close()
    return answer


async def ask(request: Ask, limits: Limits) -> Answer:
    """Send it. Never raises for what the other side does."""
    answer, began = Answer(), time.perf_counter()
    streams = await _open(answer, request.host, request.port, limits.connect)
    if streams is None:
        return answer
    reader, writer = streams
    answer.connected = time.perf_counter() - began
    try:
        if request.context is not None:
            name = request.server_name or ""
            try:
                await writer.start_tls(
                    request.context, server_hostname=name, ssl_handshake_timeout=limits.connect
                )
            except (OSError, ValueError) as error:  # ValueError: a name that can't be a server's
                answer.failure, answer.detail = "tls", _words(error)
                return answer
            answer.shaken = time.perf_counter() - began
        await _exchange(request, limits, answer, reader, writer)
    finally:
        writer.transport.abort()
    return answer


async def _open(
    answer: Answer, host: str, port: int, seconds: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.open_connection(host, port, limit=MAX_HEAD)
    except TimeoutError:
        answer.failure, answer.detail = "connect-timeout", f"no connection within {seconds:g} s"
    except OSError as error:
        answer.failure, answer.detail = "connect", _words(error)
    return None


async def _exchange(
    request: Ask,
    limits: Limits,
    answer: Answer,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
    began = time.perf_counter()
    headers = [("host", request.host_header), ("user-agent", request.agent), ("accept", "*/*"),
               ("connection", "close"), *request.headers]  # fmt: skip
    try:
        head = h11.Request(method=request.method, target=request.target, headers=headers)
        async with asyncio.timeout(limits.status):
            writer.write((connection.send(head) or b"") + (connection.send(h11.EndOfMessage()) or b""))
            await writer.drain()
            response = await _head(connection, reader)
        answer.first_byte = time.perf_counter() - began
        answer.status = response.status_code
        answer.reason = response.reason.decode("latin-1")
        answer.location = next((v.decode("latin-1") for k, v in response.headers if k == b"location"), "")
    except TimeoutError:
        answer.failure, answer.detail = "timeout", f"no answer within {limits.status:g} s"
        return
    except (h11.ProtocolError, OSError, ConnectionError) as error:
        answer.failure, answer.detail = "protocol", _words(error)
        return
    if request.body:
        try:
            async with asyncio.timeout(limits.body):
                await _body(connection, reader, answer, request.body)
        except TimeoutError:
            answer.failure, answer.detail = "body", f"the body did not arrive within {limits.body:g} s"
        except (h11.ProtocolError, OSError) as error:
            answer.failure, answer.detail = "body", _words(error)


async def _next(connection: h11.Connection, reader: asyncio.StreamReader) -> Any:
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await reader.read(_CHUNK))
    return event


async def _head(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Response:
    while not isinstance(event := await _next(connection, reader), h11.Response):
        if isinstance(event, h11.ConnectionClosed):
            raise ConnectionError("the connection was closed without an answer")
    return event


async def _body(
    connection: h11.Connection, reader: asyncio.StreamReader, answer: Answer, wanted: int
) -> None:
    parts = bytearray()
    with contextlib.suppress(EOFError):
        while len(parts) < wanted:
            event = await _next(connection, reader)
            if isinstance(event, h11.Data):
                parts += event.data
            elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
                break
            answer.body = bytes(parts[:wanted])


def _words(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
