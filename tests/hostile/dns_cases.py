"""Name servers that lie, loop, drown, fall silent, or answer for others."""

from __future__ import annotations

import asyncio
import itertools
import struct
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import dns.flags
import dns.message
import dns.opcode
import dns.rcode

from tests.evidence.loopback import Answer, Handler, name_server, reply
from tests.hostile.kit import DOMAIN, Case, dns_case, tcp_dns_case

WWW = f"www.{DOMAIN}"
SERVER = "192.0.2.53"
GOOD = f"{WWW}. 60 A 192.0.2.1"


def rcode(name: str) -> Answer:
    return lambda query: reply(query, rcode=name)


def wire(query: dns.message.Message, *answer: str, **changes: bytes) -> bytes:
    """A good answer's bytes with pieces put over it: ``at_N=bytes`` from the N-th byte on."""
    data = bytearray(reply(query, *answer).to_wire())
    for place, piece in changes.items():
        at = int(place.removeprefix("at_"))
        data[at : at + len(piece)] = piece
    return bytes(data)


def truncated(query: dns.message.Message) -> dns.message.Message:
    answer = reply(query)
    answer.flags |= dns.flags.TC
    return answer


def _loop(query: dns.message.Message) -> bytes:
    """The answer's owner is a compression pointer to itself."""
    message = reply(query).to_wire()
    question_end = 12 + len(query.question[0].name.to_wire()) + 4
    head = message[:6] + struct.pack("!HHH", 1, 0, 0)
    pointer = struct.pack("!H", 0xC000 | question_end)
    return head + message[12:question_end] + pointer + struct.pack("!HHIH", 1, 1, 60, 4) + b"\xc0\0\2\1"


def _other_id(query: dns.message.Message) -> bytes:
    return wire(query, GOOD, at_0=(query.id ^ 1).to_bytes(2, "big"))


def _other_question(query: dns.message.Message) -> bytes:
    other = dns.message.make_query("evil.example", "A", id=query.id)
    return reply(other, "evil.example. 60 A 192.0.2.66").to_wire()


def _echo(query: dns.message.Message) -> bytes:
    return query.to_wire()


def _without_question(query: dns.message.Message) -> bytes:
    answer = reply(query, GOOD)
    answer.question = []
    return answer.to_wire()


def _chain(length: int) -> Answer:
    def answer(query: dns.message.Message) -> dns.message.Message:
        names = [WWW, *(f"n{number}.{DOMAIN}" for number in range(length))]
        return reply(query, *(f"{a}. 60 CNAME {b}." for a, b in itertools.pairwise(names)))

    return answer


def _texts(query: dns.message.Message) -> dns.message.Message:
    strings = " ".join(f'"{"x" * 250}"' for _ in range(200))
    return reply(query, f"{WWW}. 60 TXT {strings}")


def _bad_edns(query: dns.message.Message) -> dns.message.Message | None:
    return reply(query, rcode="FORMERR") if query.edns >= 0 else None


def _silent(query: dns.message.Message) -> None:
    return None


def _resolver() -> list[Case]:
    return [
        dns_case("never answers", "TIMEOUT", _silent),
        dns_case("answers SERVFAIL", "SERVFAIL", rcode("SERVFAIL")),
        dns_case("refuses", "REFUSED", rcode("REFUSED")),
        dns_case("says that the name does not exist", "NXDOMAIN", rcode("NXDOMAIN")),
        dns_case(
            "says NXDOMAIN and gives an address", "NXDOMAIN", lambda q: reply(q, GOOD, rcode="NXDOMAIN")
        ),
        dns_case("answers with nothing", "NODATA", lambda q: reply(q)),
        dns_case(
            "answers with another name's address",
            "NODATA",
            lambda q: reply(q, "evil.example. 60 NS ns.evil.example."),
        ),
        dns_case("says NOTIMP to everything", "MALFORMED", rcode("NOTIMP")),
        dns_case("says FORMERR to everything", "MALFORMED", rcode("FORMERR")),
        dns_case("says BADVERS to everything", "MALFORMED", rcode("BADVERS")),
        dns_case(
            "uses a response code that does not exist", "MALFORMED", lambda q: wire(q, at_2=b"\x84\x0c")
        ),
        dns_case("refuses EDNS and then falls silent", "TIMEOUT", _bad_edns),
        dns_case("answers with another id", "TIMEOUT", _other_id),
        dns_case("answers another question", "TIMEOUT", _other_question),
        dns_case("sends the question back", "TIMEOUT", _echo),
        dns_case("leaves the question out", "TIMEOUT", _without_question),
        dns_case("answers with three bytes", "TIMEOUT", lambda q: q.to_wire()[:3]),
        dns_case(
            "has aliases that lead in a circle",
            "MALFORMED",
            lambda q: reply(q, f"{WWW}. 60 CNAME a.{DOMAIN}.", f"a.{DOMAIN}. 60 CNAME {WWW}."),
        ),
        dns_case("has an alias for itself", "MALFORMED", lambda q: reply(q, f"{WWW}. 60 CNAME {WWW}.")),
        dns_case("has a chain of a thousand aliases without an end", "NODATA", truncated, _chain(1000)),
        dns_case("answers with a name that points to itself", "MALFORMED", _loop),
        dns_case(
            "promises 65535 records and sends one", "MALFORMED", lambda q: wire(q, GOOD, at_6=b"\xff\xff")
        ),
        dns_case(
            "sends a record longer than its message",
            "MALFORMED",
            lambda q: wire(q, GOOD)[:-6] + b"\xff\xff" + b"\xc0\0\2\1",
        ),
        dns_case(
            "sends an address of two bytes", "MALFORMED", lambda q: wire(q, GOOD)[:-6] + b"\0\2" + b"\xc0\0"
        ),
        dns_case("sends half a message", "MALFORMED", lambda q: wire(q, GOOD)[:-9]),
        dns_case("answers with 50 KB of TXT", "answered", truncated, _texts, rdtype="TXT"),
    ]


def _over_tcp() -> list[Case]:
    def framed(answer: Answer, *, pause: float = 0.0) -> Handler:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            (size,) = struct.unpack("!H", await reader.readexactly(2))
            query = dns.message.from_wire(await reader.readexactly(size))
            found = answer(query)
            data = found if isinstance(found, bytes) else found.to_wire(max_size=65_535) if found else b""
            for byte in struct.pack("!H", len(data)) + data:
                writer.write(bytes((byte,)))
                await asyncio.sleep(pause)
            await writer.drain()

        return handle

    def raw(data: bytes, *, stay: bool = False) -> Handler:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(512)
            writer.write(data)
            await writer.drain()
            if stay:
                await reader.read()

        return handle

    return [
        dns_case("says truncated for ever, over TCP too", "MALFORMED", truncated),
        tcp_dns_case("drips its answer over TCP", "TIMEOUT", framed(lambda q: reply(q), pause=0.1)),
        tcp_dns_case("takes a question over TCP and says nothing", "TIMEOUT", raw(b"", stay=True)),
        tcp_dns_case("hangs up on a question over TCP", "RESET", raw(b"")),
        tcp_dns_case("promises 65535 bytes over TCP and sends none", "TIMEOUT", raw(b"\xff\xff", stay=True)),
        tcp_dns_case("breaks off its answer over TCP", "RESET", raw(b"\xff\xff half")),
        tcp_dns_case("answers with another id over TCP", "MALFORMED", framed(_other_id)),
        tcp_dns_case("answers another question over TCP", "MALFORMED", framed(_other_question)),
        tcp_dns_case("speaks HTTP over TCP", "TIMEOUT", raw(b"HTTP/1.1 400 Bad Request\r\n\r\n", stay=True)),
    ]


def _authoritative() -> list[Case]:
    """Servers of the zone, asked themselves."""

    def case(behaviour: str, outcome: str, answer: Answer) -> Case:
        return dns_case(behaviour, outcome, answer, server=SERVER)

    def lame(query: dns.message.Message) -> dns.message.Message:
        answer = reply(query, GOOD)
        answer.flags &= ~dns.flags.AA
        return answer

    def refers(zone: str) -> Answer:
        def answer(query: dns.message.Message) -> dns.message.Message:
            found = reply(query, authority=[f"{zone.rstrip('.')}. 60 NS ns1.elsewhere.example."])
            found.flags &= ~dns.flags.AA
            return found

        return answer

    return [
        case("is lame: answers from hearsay", "LAME", lame),
        case("is lame: refers upwards", "LAME", refers(".")),
        case("is lame: refers to itself", "LAME", refers(DOMAIN)),
        case("is lame: refers to another zone", "LAME", refers("evil.example")),
        case("is lame: says NOTAUTH", "LAME", rcode("NOTAUTH")),
    ]


async def _closed(stack: AsyncExitStack) -> Mapping[str, Any]:
    """A port that nobody listens on."""
    async with name_server(_silent) as found:
        where = f"{found.endpoint[0]}:{found.endpoint[1]}"
    return {"resolver": where}


CASES = [
    *_resolver(),
    *_over_tcp(),
    *_authoritative(),
    replace(dns_case("is not there", "CONNECTION_REFUSED", _silent), serve=_closed),
]
