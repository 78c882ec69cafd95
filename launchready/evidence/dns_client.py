"""Asks DNS servers: one connected UDP socket for each, tries with time-outs, TCP after truncation.

A connected socket lets the kernel drop what other addresses send, and shows a closed port at once
(ICMP) instead of after a time-out. Query ids are random; a response must repeat the question.
Written here because volume counts: an own client does several thousand questions a second and core,
dnspython's about 1,900 (facts/verification.md).
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import dns.exception

from launchready.evidence.dns_wire import answers, is_truncated, parse, query, question, rcode
from launchready.evidence.limits import Limits
from launchready.evidence.types import Cause, DnsProbe, DnsResult

FORMERR, NOTIMP = 1, 4
TCP_MESSAGE_BYTES = 65_535

Endpoint = tuple[str, int]


class NoAnswer(Exception):  # noqa: N818 - becomes a typed cause in the result, never reaches a user
    """A server did not answer; says why."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail


@dataclass(slots=True)
class _Waiting:
    question: bytes
    future: asyncio.Future[bytes]


class _Socket(asyncio.DatagramProtocol):
    """One connected UDP socket, and who waits for which query id."""

    def __init__(self) -> None:
        self.waiting: dict[int, _Waiting] = {}
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        found = self.waiting.get(int.from_bytes(data[:2], "big"))
        if found is not None and not found.future.done() and answers(data, found.question):
            found.future.set_result(data)

    def error_received(self, exc: Exception) -> None:
        cause = Cause.CONNECTION_REFUSED if isinstance(exc, ConnectionRefusedError) else Cause.UNREACHABLE
        for found in self.waiting.values():
            if not found.future.done():
                found.future.set_exception(NoAnswer(cause, str(exc)))

    def free_id(self) -> int:
        while True:
            query_id = secrets.randbelow(65_536)
            if query_id not in self.waiting:
                return query_id


@dataclass(slots=True)
class _Server:
    """What is known of one server: its socket, how many may ask at once, whether it ever answered."""

    gate: asyncio.Semaphore
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    socket: _Socket | None = None
    answered: bool = False
    silent: int = 0


class DnsClient:
    """Sends probes to servers. Use as an async context manager, or call ``close()``."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._servers: dict[Endpoint, _Server] = {}

    async def __aenter__(self) -> DnsClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for server in self._servers.values():
            if server.socket is not None and server.socket.transport is not None:
                server.socket.transport.close()
        self._servers.clear()

    async def ask(
        self, probe: DnsProbe, endpoint: Endpoint, *, label: str, zone: str, unchecked: bool = False
    ) -> DnsResult:
        """One server's answer; never raises for what the network or the server does.

        ``label``: the server as the result names it (its address in DNS). ``zone``: what it serves.
        ``unchecked``: ask a validating resolver for what it can't validate, too.
        """
        server = self._servers.setdefault(endpoint, _Server(asyncio.Semaphore(self._limits.dns_in_flight)))
        async with server.gate:
            began = time.monotonic()
            try:
                wire, tcp = await self._exchange(probe, endpoint, server, unchecked)
            except NoAnswer as error:
                result = DnsResult(probe, label, error.cause, detail=error.detail)
            except dns.exception.DNSException as error:
                result = DnsResult(probe, label, Cause.MALFORMED, detail=f"not a name: {error}")
            else:
                server.answered = True
                result = parse(wire, probe, label, zone, tcp=tcp)
            return _timed(result, time.monotonic() - began)

    async def _exchange(
        self, probe: DnsProbe, endpoint: Endpoint, server: _Server, unchecked: bool
    ) -> tuple[bytes, bool]:
        if probe.transport == "tcp":
            return await self._over_tcp(probe, endpoint), True
        ask = partial(query, probe, unchecked=unchecked)
        wire = await self._over_udp(probe, endpoint, server, ask)
        if rcode(wire) in (FORMERR, NOTIMP):
            wire = await self._over_udp(probe, endpoint, server, partial(ask, edns=False))
        if is_truncated(wire):
            return await self._over_tcp(probe, endpoint), True
        return wire, False

    async def _over_udp(
        self, probe: DnsProbe, endpoint: Endpoint, server: _Server, ask: Callable[[int], bytes]
    ) -> bytes:
        if not server.answered and server.silent >= self._limits.dns_give_up_after:
            raise NoAnswer(Cause.TIMEOUT, f"given up after {server.silent} questions without an answer")
        sock = await self._open(endpoint, server)
        for timeout in self._limits.dns_timeouts:
            waiting = _Waiting(question(probe), asyncio.get_running_loop().create_future())
            query_id = sock.free_id()
            sock.waiting[query_id] = waiting
            try:
                if sock.transport is None or sock.transport.is_closing():
                    raise NoAnswer(Cause.UNREACHABLE, "the socket was closed")
                sock.transport.sendto(ask(query_id))
                async with asyncio.timeout(timeout):
                    return await waiting.future
            except TimeoutError:
                continue
            finally:
                del sock.waiting[query_id]
        server.silent += 1
        tries = len(self._limits.dns_timeouts)
        raise NoAnswer(Cause.TIMEOUT, f"no answer to {tries} tries in {sum(self._limits.dns_timeouts):g} s")

    async def _open(self, endpoint: Endpoint, server: _Server) -> _Socket:
        async with server.opening:
            if server.socket is None:
                try:
                    _, server.socket = await asyncio.get_running_loop().create_datagram_endpoint(
                        _Socket, remote_addr=endpoint
                    )
                except OSError as error:
                    raise NoAnswer(Cause.UNREACHABLE, error.strerror or str(error)) from error
            return server.socket

    async def _over_tcp(self, probe: DnsProbe, endpoint: Endpoint) -> bytes:
        """RFC 7766: a two-byte length before each message."""
        timeout = self._limits.dns_timeouts[-1]
        try:
            async with asyncio.timeout(timeout):
                return await self._tcp_exchange(probe, endpoint)
        except TimeoutError as error:
            raise NoAnswer(Cause.TIMEOUT, f"no answer over TCP in {timeout:g} s") from error
        except ConnectionRefusedError as error:
            raise NoAnswer(Cause.CONNECTION_REFUSED, "TCP: connection refused") from error
        except (ConnectionResetError, BrokenPipeError, asyncio.IncompleteReadError) as error:
            raise NoAnswer(Cause.RESET, "TCP: closed before the answer") from error
        except OSError as error:
            raise NoAnswer(Cause.UNREACHABLE, f"TCP: {error.strerror or error}") from error

    async def _tcp_exchange(self, probe: DnsProbe, endpoint: Endpoint) -> bytes:
        message = query(probe, secrets.randbelow(65_536))
        reader, writer = await asyncio.open_connection(*endpoint, limit=TCP_MESSAGE_BYTES + 2)
        try:
            writer.write(len(message).to_bytes(2, "big") + message)
            await writer.drain()
            size = int.from_bytes(await reader.readexactly(2), "big")
            wire = await reader.readexactly(size)
        finally:
            writer.close()
        if wire[:2] != message[:2] or not answers(wire, question(probe)):
            raise NoAnswer(Cause.MALFORMED, "TCP: the response is to another question")
        return wire


def _timed(result: DnsResult, seconds: float) -> DnsResult:
    return DnsResult(
        result.probe,
        result.server,
        result.cause,
        result.answer,
        result.authority,
        result.additional,
        result.flags,
        result.detail,
        round(seconds, 4),
    )
