"""Faults of the AWS endpoint: one request a connection is read whole, judged, and passed on or not.

Calls are known as ``/service/Operation`` (``/ssm/PutParameter``); those of REST protocols by their path
(``/route53/2013-04-01/healthcheck``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from launchready.edge.faults.desk import FaultDesk
from launchready.edge.faults.plan import AWS, Fault
from launchready.edge.faults.serving import reset

log = logging.getLogger(__name__)
MAX_HEAD, MAX_BODY = 64 * 1024, 64 * 1024 * 1024
READ_SECONDS = 60.0
_SCOPE = re.compile(rb"Credential=[^/]*/[^/]*/[^/]*/([a-z0-9-]+)/", re.IGNORECASE)
_MOVING = ("x-amz-target", "content-length", "authorization", "connection", "transfer-encoding")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came: ``head`` with its last empty line, ``body`` whole."""

    head: bytes
    body: bytes

    def described(self) -> tuple[str, str]:
        """(method, ``/service/Operation`` or ``/service/path``)."""
        line, headers = _parsed(self.head)
        method, target = line.split(" ")[0], line.split(" ")[1] if " " in line else "/"
        scope = _SCOPE.search(headers.get("authorization", "").encode())
        service = scope[1].decode() if scope else "unknown"
        named = headers.get("x-amz-target", "").rpartition(".")[2]
        if not named and method == "POST":
            named = parse_qs(self.body[:4096].decode("latin-1")).get("Action", [""])[0]
        return method, f"/{service}/{named}" if named else f"/{service}{urlsplit(target).path}"

    def once(self) -> bytes:
        """The request for a connection of its own."""
        head = re.sub(rb"\r\nconnection:[^\r\n]*", b"", self.head, flags=re.IGNORECASE)
        return head.removesuffix(b"\r\n\r\n") + b"\r\nConnection: close\r\n\r\n" + self.body


async def serve(
    desk: FaultDesk,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    upstream: Callable[[], Awaitable[tuple[str, int]]],
) -> None:
    """One request with its fault; then the connection ends. Raises OSError as networks do."""
    request = await _read(reader)
    if request is None:
        return
    arrival = desk.arrive(AWS, *request.described())
    fault = arrival.fault
    if fault is not None:
        log.info("fault %s at call %d: %s %s", fault.kind, arrival.number, arrival.method, arrival.path)
    if fault is not None and fault.kind == "slow":
        await asyncio.sleep(fault.options.seconds)
        fault = None
    answer = b""
    if fault is None or fault.after:
        answer = await _answered(request, upstream)
    if fault is None:
        writer.write(answer)
        await writer.drain()
        return
    await _instead(desk, reader, writer, fault, answer)


async def _instead(
    desk: FaultDesk,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    fault: Fault,
    answer: bytes,
) -> None:
    if fault.kind.startswith("5xx"):
        status = f"HTTP/1.1 {fault.options.status} Service Unavailable\r\n"
        writer.write(status.encode() + b"Content-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        return
    if fault.kind == "truncated":
        head, _, body = answer.partition(b"\r\n\r\n")
        writer.write(head + b"\r\n\r\n" + body[: len(body) // 2])
        await writer.drain()
        return
    if fault.kind.startswith("kill"):
        desk.kill(fault)
    if fault.kind.startswith("timeout"):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reader.read(1), fault.options.hold)  # ends when the client hangs up
    reset(writer.transport)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    """One request; None when none came, or one that is not understood."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
            _, headers = _parsed(head)
            length = headers.get("content-length", "0")
            if len(head) > MAX_HEAD or not length.isdigit() or int(length) > MAX_BODY:
                return None
            if "transfer-encoding" in headers:
                return Request(head, await _chunks(reader))
            return Request(head, await reader.readexactly(int(length)))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
        return None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """A chunked body as it came (RFC 9112 §7.1), trailers and all."""
    raw = b""
    while len(raw) <= MAX_BODY:
        line = await reader.readuntil(b"\r\n")
        raw += line
        size = int(line.split(b";")[0], 16)
        if size == 0:
            while (trailer := await reader.readuntil(b"\r\n")) != b"\r\n":
                raw += trailer
            return raw + b"\r\n"
        raw += await reader.readexactly(size + 2)
    raise asyncio.LimitOverrunError("the body is too large", len(raw))


async def _answered(request: Request, upstream: Callable[[], Awaitable[tuple[str, int]]]) -> bytes:
    there, back = await asyncio.open_connection(*await upstream())
    try:
        back.write(request.once())
        await back.drain()
        answer = await there.read(-1)
    finally:
        back.close()
    head, mark, body = answer.partition(b"\r\n\r\n")
    head = re.sub(rb"\r\nconnection:[^\r\n]*", b"", head, flags=re.IGNORECASE)
    return head + b"\r\nConnection: close" + mark + body


def _parsed(head: bytes) -> tuple[str, dict[str, str]]:
    """The first line, and those headers that matter here."""
    first, *lines = head.decode("latin-1").split("\r\n")
    found = (line.partition(":") for line in lines)
    return first, {name.lower(): value.strip() for name, _, value in found if name.lower() in _MOVING}
