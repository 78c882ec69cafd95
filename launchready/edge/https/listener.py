"""Listening sockets: accept, look at the ClientHello, choose what the host gets, hand over to HTTP.

The hello is peeked at (MSG_PEEK) because OpenSSL, once it has begun, no longer lets a server refuse
versions per host. A connection costs one task until its handshake is done, and none after.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from launchready.edge.https import client_hello, pages
from launchready.edge.https.client_hello import ClientHello, HelloError
from launchready.edge.https.contexts import ALERT_HANDSHAKE_FAILURE, Contexts
from launchready.edge.https.defects import TlsPolicy
from launchready.edge.https.http1 import Http1Server
from launchready.edge.https.http2 import Http2Protocol
from launchready.edge.https.messages import App, Request, Response
from launchready.errors import EdgeError

log = logging.getLogger(__name__)

BACKLOG = 512
MAX_HANDSHAKES = 512
"""Connections that have not finished their handshake; more wait in the kernel's queue."""
LINGER_SECONDS = 1.0
HANG_SECONDS = 60.0
SHUTDOWN_SECONDS = 2.0

ChoosePolicy = Callable[[ClientHello], TlsPolicy | None]
"""What the named host gets, or None: a handshake failure."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds. ``hello``: for the whole ClientHello; ``handshake``: for the rest of the handshake."""

    hello: float = 10.0
    handshake: float = 10.0
    first_request: float = 15.0


class Listener:
    """One listening socket; every connection goes through ``_guard``."""

    def __init__(self, app: App, scheme: str, deadlines: Deadlines | None = None) -> None:
        deadlines = deadlines or Deadlines()
        self._app = _safely(app)
        self._http1 = Http1Server(self._app, scheme, deadlines.first_request)
        self._deadlines = deadlines
        self._http2: set[Http2Protocol] = set()
        self._runner: asyncio.Task[None] | None = None
        self._slots = asyncio.Semaphore(MAX_HANDSHAKES)
        self.address = ""

    async def start(self, host: str, port: int) -> None:
        """Raises EdgeError when the port is taken."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        server = socket.socket(family, socket.SOCK_STREAM)
        try:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.setblocking(False)
            server.bind((host, port))
            server.listen(BACKLOG)
        except OSError as error:
            server.close()
            raise EdgeError(
                f"can't listen on {host}:{port}: {error.strerror}", fix="free the port or use port 0"
            ) from error
        self.address = f"{host}:{server.getsockname()[1]}"
        self._runner = asyncio.create_task(self._run(server), name=f"edge listener {self.address}")

    async def close(self) -> None:
        """Stop accepting, end every connection, wait for their tasks."""
        if self._runner is None:
            return
        self._runner.cancel()
        with suppress(asyncio.CancelledError):
            await self._runner
        self._runner = None
        running = [task for connection in self._http2 for task in connection.tasks]
        for connection in list(self._http2):
            connection.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._http1.shutdown(0.2)

    async def _run(self, server: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with server:
            async with asyncio.TaskGroup() as group:
                while True:
                    await self._slots.acquire()
                    try:
                        connection, _ = await loop.sock_accept(server)
                    except OSError as error:
                        # Out of descriptors, or the client was gone already: let others finish first.
                        log.warning("accept failed: %s", error)
                        self._slots.release()
                        await asyncio.sleep(0.05)
                        continue
                    except BaseException:
                        self._slots.release()
                        raise
                    group.create_task(self._guard(connection))

    async def _guard(self, connection: socket.socket) -> None:
        """A connection's failure is its own: whatever it is, the listener goes on."""
        try:
            handshake = await self._before_handshake(connection)
            if handshake is not None:
                # From here on the transport owns the socket, and closes it if the handshake fails.
                loop = asyncio.get_running_loop()
                await loop.connect_accepted_socket(self._protocol, connection, **handshake)
        except (OSError, EOFError, TimeoutError) as error:
            log.debug("a connection ended in its handshake: %s", error)
        except Exception:  # a zone or certificate that can't be served must not end the listener
            log.exception("a connection failed")
        finally:
            self._slots.release()

    async def _before_handshake(self, connection: socket.socket) -> dict[str, Any] | None:
        """``_prepare``; the socket is closed unless it is to be handed over."""
        handshake = None
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            handshake = await self._prepare(connection)
        finally:
            if handshake is None:
                connection.close()
        return handshake

    async def _prepare(self, connection: socket.socket) -> dict[str, Any] | None:
        """How asyncio should take the connection over; None when it has been answered already."""
        return {}

    def _protocol(self) -> asyncio.BaseProtocol:
        return _Chooser(self._http1, lambda: Http2Protocol(self._app, self._http2))


class TlsListener(Listener):
    """TLS: ``choose`` says what a hello's host gets."""

    def __init__(
        self, app: App, choose: ChoosePolicy, contexts: Contexts, deadlines: Deadlines | None = None
    ) -> None:
        super().__init__(app, "https", deadlines)
        self._choose = choose
        self._contexts = contexts

    async def _prepare(self, connection: socket.socket) -> dict[str, Any] | None:
        try:
            async with asyncio.timeout(self._deadlines.hello):
                hello = await peek_hello(connection)
        except HelloError as error:
            await self._not_tls(connection, error)
            return None
        policy = self._choose(hello)
        if policy is None or policy.behaviour == "refuse":
            await self._alert(connection, ALERT_HANDSHAKE_FAILURE)
        elif policy.behaviour == "hang":
            await self._hang(connection)
        elif policy.behaviour == "plaintext":
            await self._say(connection, _as_http1(pages.bad_request("this port speaks plain HTTP")))
        elif (refusal := self._contexts.refusal(policy, hello)) is not None:
            await self._alert(connection, refusal)
        else:
            return {
                "ssl": self._contexts.get(policy),
                "ssl_handshake_timeout": self._deadlines.handshake,
                "ssl_shutdown_timeout": SHUTDOWN_SECONDS,
            }
        return None

    async def _not_tls(self, connection: socket.socket, error: HelloError) -> None:
        start = connection.recv(16, socket.MSG_PEEK)
        if start.split(b" ")[0] in (b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH"):
            await self._say(connection, _as_http1(pages.plain_on_tls()))
            return
        log.info("closed a connection on the TLS port: %s", error)
        await self._alert(connection, 10)  # unexpected_message

    async def _alert(self, connection: socket.socket, description: int) -> None:
        """A fatal alert in the clear (RFC 8446 §6.2), as the version of the record wants it: any."""
        await self._say(connection, bytes((21, 3, 1, 0, 2, 2, description)))

    async def _say(self, connection: socket.socket, data: bytes) -> None:
        """Send, then wait for the client to close: unread input would turn the close into a reset."""
        loop = asyncio.get_running_loop()
        with connection, suppress(TimeoutError, OSError):
            async with asyncio.timeout(LINGER_SECONDS):
                await loop.sock_sendall(connection, data)
                connection.shutdown(socket.SHUT_WR)
                while await loop.sock_recv(connection, 65_536):
                    pass

    async def _hang(self, connection: socket.socket) -> None:
        """Take everything and answer nothing, until the client gives up or a minute has passed."""
        loop = asyncio.get_running_loop()
        with suppress(TimeoutError):
            async with asyncio.timeout(HANG_SECONDS):
                while await loop.sock_recv(connection, 65_536):
                    pass


def _safely(app: App) -> App:
    """A failure inside is an answer, too: 500, and the reason in the log."""

    async def answer(request: Request) -> Response:
        try:
            return await app(request)
        except Exception:  # the visitor gets an answer, the operator the trace
            log.exception("the answer to %s %s failed", request.method, request.host)
            return pages.internal_error()

    return answer


class _Chooser(asyncio.Protocol):
    """Takes the place of the HTTP protocol until ALPN has decided which it is."""

    def __init__(self, http1: Callable[[], asyncio.Protocol], http2: Callable[[], asyncio.Protocol]) -> None:
        self._http1 = http1
        self._http2 = http2

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        tls = transport.get_extra_info("ssl_object")
        chosen = tls.selected_alpn_protocol() if isinstance(tls, ssl.SSLObject) else None
        protocol = self._http2() if chosen == "h2" else self._http1()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)


async def peek_hello(connection: socket.socket) -> ClientHello:
    """The ClientHello, left unread in the socket, however many segments it comes in.

    The kernel is asked to wake us only once enough has arrived (SO_RCVLOWAT); so an incomplete hello that
    stays unread does not spin. Raises HelloError, EOFError. The caller sets the deadline.
    """
    needed = client_hello.RECORD_HEADER
    try:
        while True:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, needed)
            await _readable(connection)
            data = connection.recv(client_hello.MAX_HELLO, socket.MSG_PEEK)
            if not data:
                raise EOFError("closed before the ClientHello")
            more = client_hello.wanted(data)
            if more <= len(data):
                return client_hello.parse(data[:more])
            if len(data) < needed:
                # Awake below the mark: the client has closed its side, or this system ignores the mark.
                if _ended(connection):
                    raise EOFError("closed in the middle of the ClientHello")
                await asyncio.sleep(0.01)
            needed = more
    finally:
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)


_TCP_ESTABLISHED = 1


def _ended(connection: socket.socket) -> bool:
    """Whether the peer has shut its side (Linux tells by TCP_INFO; elsewhere the deadline ends it)."""
    option = getattr(socket, "TCP_INFO", None)
    if option is None:
        return False
    (state,) = struct.unpack("B", connection.getsockopt(socket.IPPROTO_TCP, option, 1))
    return bool(state != _TCP_ESTABLISHED)


async def _readable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    descriptor = connection.fileno()
    loop.add_reader(descriptor, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)


def _as_http1(response: Response) -> bytes:
    """A page for a connection that never becomes an HTTP connection."""
    body = response.body if isinstance(response.body, bytes) else b""
    lines = [f"HTTP/1.1 {response.status} Bad Request", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{key}: {value}" for key, value in response.headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
