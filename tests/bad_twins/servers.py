"""Servers that a twin puts in front of the edge's: a name server that bends answers, a host of its own."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import dns.message

from launchready.client_file.headers import policy_text
from launchready.edge.https.client_hello import parse as parse_hello
from launchready.evidence.dialer import endpoint
from launchready.websec.headers import BASELINE, BASELINE_CSP
from tests.bad_twins.certificates import Leaf, issue
from tests.bad_twins.harness import Scene
from tests.ports import pair

Bend = Callable[[dns.message.Message], None]
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HELLO_BYTES = 16_384


# --- name servers ----------------------------------------------------------------------------


class _BentServer(asyncio.DatagramProtocol):
    """Passes questions on, and bends what comes back."""

    def __init__(self, upstream: tuple[str, int], bend: Bend) -> None:
        self._upstream = upstream
        self._bend = bend
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        reader, writer = await asyncio.open_connection(*self._upstream)
        try:
            writer.write(struct.pack("!H", len(data)) + data)
            (size,) = struct.unpack("!H", await reader.readexactly(2))
            message = dns.message.from_wire(await reader.readexactly(size))
        finally:
            writer.close()
        self._bend(message)
        self.transport.sendto(message.to_wire(), addr)  # type: ignore[attr-defined]


async def bend_dns(scene: Scene, bend: Bend) -> None:
    """Put a bending server in front of every name server of the edge; TCP passes through as it is."""
    document = scene.edge.document()
    for key, upstream in document["connect"].items():
        if key.endswith(":53") and upstream in document["nameservers"]:
            scene.connect[key] = await _bent(scene, upstream, bend)


async def _bent(scene: Scene, upstream: str, bend: Bend) -> str:
    async def straight(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _pipe(reader, writer, upstream, b"")

    tcp_socket, udp_socket = pair()
    address = await _listen(scene, straight, sock=tcp_socket)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _BentServer(endpoint(upstream), bend), sock=udp_socket
    )
    scene.stack.callback(transport.close)
    return address


# --- hosts -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Site:
    """What a host of the twin's own does: its certificate, what it speaks, the response to everything."""

    leaf: Leaf | None = None
    headers: tuple[tuple[str, str], ...] = (
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("content-type", "text/html"),
        ("content-security-policy", policy_text(BASELINE_CSP)),
        *BASELINE.items(),
    )
    body: bytes = b"<!doctype html><title>A site</title><p>Hello"
    status: str = "200 OK"
    alpn: tuple[str, ...] = ("h2", "http/1.1")
    ciphers: str | None = None
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2

    def response(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status}", *(f"{name}: {value}" for name, value in self.headers)]
        lines += [f"content-length: {len(self.body)}", "connection: close"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


async def own_https(scene: Scene, host: str, site: Site) -> None:
    """Answer TLS for one host ourselves; every other host still reaches the edge."""
    directory = Path(scene.stack.enter_context(tempfile.TemporaryDirectory(prefix="twin-site-")))
    pem, ca = issue(site.leaf or Leaf((host,)), directory)
    bundle = directory / "bundle.pem"
    _join(bundle, Path(scene.edge.document()["ca"]), ca)
    scene.ca = bundle
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = site.minimum
    context.set_ciphers(site.ciphers or "DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(pem)
    if site.alpn:
        context.set_alpn_protocols(list(site.alpn))
    inner = await _listen(scene, _answering(site), context)

    async def front(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        record = await _first_record(reader)
        name = parse_hello(record).server_name if record else ""
        await _pipe(reader, writer, inner if name == host else scene.edge.document()["https"], record)

    scene.connect["127.0.0.1:443"] = await _listen(scene, front)


def _join(bundle: Path, *parts: Path) -> None:
    bundle.write_bytes(b"".join(part.read_bytes() for part in parts))


async def own_http(scene: Scene, host: str, site: Site) -> None:
    """Answer plain HTTP for one host ourselves."""
    inner = await _listen(scene, _answering(site))

    async def front(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        ours = f"\r\nhost: {host}\r\n".encode() in head.lower()
        await _pipe(reader, writer, inner if ours else scene.edge.document()["http"], head)

    scene.connect["127.0.0.1:80"] = await _listen(scene, front)


def _answering(site: Site) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(site.response())
        await writer.drain()
        writer.close()

    return handle


async def _listen(
    scene: Scene,
    handler: Handler,
    context: ssl.SSLContext | None = None,
    sock: socket.socket | None = None,
) -> str:
    async def safely(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the verifier hangs up in the middle, on purpose
        finally:
            writer.close()

    where = {"host": "127.0.0.1", "port": 0} if sock is None else {"sock": sock}
    server = await asyncio.start_server(safely, ssl=context, **where)  # type: ignore[arg-type]
    scene.stack.callback(server.close)
    host, port = server.sockets[0].getsockname()
    return f"{host}:{port}"


async def _first_record(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(5)
    return head + await reader.readexactly(int.from_bytes(head[3:5], "big"))


async def _pipe(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upstream: str, first: bytes
) -> None:
    """Carry bytes both ways until either side ends."""
    up_reader, up_writer = await asyncio.open_connection(*endpoint(upstream))
    up_writer.write(first)

    async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()

    tasks = [asyncio.ensure_future(carry(reader, up_writer)), asyncio.ensure_future(carry(up_reader, writer))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        up_writer.close()


async def own_server(scene: Scene, address: str, site: Site) -> None:
    """Answer TLS at one address ourselves, with a certificate that nobody trusts."""
    directory = Path(scene.stack.enter_context(tempfile.TemporaryDirectory(prefix="twin-site-")))
    pem, _ = issue(site.leaf or Leaf((address,)), directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    scene.connect[f"{address}:443"] = await _listen(scene, _answering(site), context)
