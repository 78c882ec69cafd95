"""A DNS socket pair on loopback: UDP and TCP on the same port, for one responder.

A responder is a plain function from a message to a message; it never waits. TCP connections are
kept open for pipelined questions, with an idle time-out and a bound on their number.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final, cast

from launchready.errors import EdgeError

Responder = Callable[[bytes, bool], bytes | None]
"""(message, over TCP) → the reply, None for no reply at all."""

_MAX_CONNECTIONS: Final = 256
_BIND_ATTEMPTS: Final = 20
_RECEIVE_BUFFER: Final = 1 << 20


class DnsEndpoint:
    """Listens after :meth:`start`; ``address`` is then ``host:port``."""

    def __init__(
        self,
        respond: Responder,
        *,
        accepts_tcp: Callable[[], bool] = lambda: True,
        idle_seconds: float = 10.0,
    ) -> None:
        self._respond = respond
        self._accepts_tcp = accepts_tcp
        self._idle = idle_seconds
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.address = ""

    async def start(self, host: str, port: int = 0) -> None:
        """Listen on *host*; port 0 takes a port that is free for both UDP and TCP.

        :raises EdgeError: when the port is taken.
        """
        listener, datagram = _bind_pair(host, port)
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self._respond), sock=datagram)
        self._tcp = await asyncio.start_server(self._connected, sock=listener)
        self.address = f"{host}:{listener.getsockname()[1]}"

    async def close(self) -> None:
        """Stop listening and end the open connections."""
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        if self._tcp is not None:
            await self._tcp.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= _MAX_CONNECTIONS or not self._accepts_tcp():
            writer.transport.abort()
            return
        self._connections.add(task)
        try:
            with suppress(TimeoutError, ConnectionError, asyncio.IncompleteReadError):
                await self._converse(reader, writer)
        finally:
            self._connections.discard(task)
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer question after question, in order, until the client is silent or has left."""
        while True:
            async with asyncio.timeout(self._idle):
                length = int.from_bytes(await reader.readexactly(2), "big")
                message = await reader.readexactly(length)
                reply = self._respond(message, True)
                if reply is None:
                    continue
                writer.write(len(reply).to_bytes(2, "big") + reply)
                await writer.drain()


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, respond: Responder) -> None:
        self._respond = respond
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        reply = self._respond(data, False)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)


def _bind_pair(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for attempt in range(_BIND_ATTEMPTS):
        listener = socket.socket(family, socket.SOCK_STREAM)
        datagram = socket.socket(family, socket.SOCK_DGRAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            datagram.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            datagram.bind((host, listener.getsockname()[1]))
        except OSError as error:
            listener.close()
            datagram.close()
            if port or attempt == _BIND_ATTEMPTS - 1:
                raise EdgeError(
                    f"DNS can't listen on {host}:{port}: {error.strerror}", fix="choose a free port, or 0"
                ) from None
        else:
            listener.setblocking(False)
            datagram.setblocking(False)
            return listener, datagram
    raise EdgeError(f"DNS can't listen on {host}")
