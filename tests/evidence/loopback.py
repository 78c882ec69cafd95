"""Small servers on loopback that the probes are tried on."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import dns.message

from tests.ports import pair

Answer = Callable[[dns.message.Message], "bytes | dns.message.Message | None"]
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class NameServer:
    """``udp`` and ``tcp`` answer a query with a message, raw bytes, or None for silence."""

    udp: Answer
    tcp: Answer | None = None
    endpoint: tuple[str, int] = ("", 0)
    asked: list[str] = field(default_factory=list)
    """Each query as ``udp A name`` with ``+edns``, ``+do``, ``+cd``, ``+rd``."""

    def note(self, how: str, query: dns.message.Message) -> None:
        question = query.question[0]
        flags = [
            word
            for word, on in (
                ("+edns", query.edns >= 0),
                ("+do", bool(query.ednsflags & dns.flags.DO)),
                ("+cd", bool(query.flags & dns.flags.CD)),
                ("+rd", bool(query.flags & dns.flags.RD)),
            )
            if on
        ]
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{how} {kind} {question.name.to_text(True)}" + "".join(flags))


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self.server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        self.server.note("udp", query)
        answer = self.server.udp(query)
        if answer is not None:
            wire = answer if isinstance(answer, bytes) else answer.to_wire()
            self.transport.sendto(wire, addr)  # type: ignore[attr-defined]


@asynccontextmanager
async def name_server(udp: Answer, tcp: Answer | None = None) -> AsyncIterator[NameServer]:
    server = NameServer(udp, tcp)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (size,) = struct.unpack("!H", await reader.readexactly(2))
        query = dns.message.from_wire(await reader.readexactly(size))
        server.note("tcp", query)
        answer = (server.tcp or server.udp)(query)
        if answer is not None:
            wire = answer if isinstance(answer, bytes) else answer.to_wire(max_size=65_535)
            writer.write(struct.pack("!H", len(wire)) + wire)
            await writer.drain()
        writer.close()

    tcp_socket, udp_socket = pair()
    async with listening(handle, sock=tcp_socket) as endpoint:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Udp(server), sock=udp_socket
        )
        server.endpoint = endpoint
        try:
            yield server
        finally:
            transport.close()


@asynccontextmanager
async def listening(
    handler: Handler, context: ssl.SSLContext | None = None, sock: socket.socket | None = None
) -> AsyncIterator[tuple[str, int]]:
    """A TCP (or TLS) server on loopback (on ``sock`` if given); a peer that hangs up is no error."""

    async def safely(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    where = {"host": "127.0.0.1", "port": 0} if sock is None else {"sock": sock}
    server = await asyncio.start_server(safely, ssl=context, **where)  # type: ignore[arg-type]
    try:
        host, port = server.sockets[0].getsockname()
        yield host, port
    finally:
        server.close()


def says(response: bytes) -> Handler:
    """Reads a request's head and answers with these bytes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(response)
        await writer.drain()

    return handle


def reply(
    query: dns.message.Message, *answer: str, rcode: str = "NOERROR", **sections: list[str]
) -> dns.message.Message:
    """A response; records as ``name ttl TYPE data``. ``aa`` is set unless RD was."""
    response = dns.message.make_response(query)
    response.set_rcode(dns.rcode.from_text(rcode))
    if not query.flags & dns.flags.RD:
        response.flags |= dns.flags.AA
    for section, texts in (("answer", answer), *sections.items()):
        for text in texts:
            name, ttl, kind, data = text.split(maxsplit=3)
            response.section_from_number(_SECTIONS[section]).append(
                dns.rrset.from_text(name, int(ttl), "IN", kind, data)
            )
    return response


_SECTIONS = {"answer": 1, "authority": 2, "additional": 3}
