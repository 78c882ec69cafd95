"""Servers that speak HTTP badly, endlessly, slowly, or not at all."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import socket
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator

from tests.evidence.loopback import Handler
from tests.hostile.kit import Case, http_case

OK = b"HTTP/1.1 200 OK\r\n"
MEGABYTE = b"x" * 1_000_000
PAUSE = 0.05


def sends(parts: Callable[[], Iterable[bytes]], *, pause: float = 0.0, reset: bool = False) -> Handler:
    """Reads a request's head, then sends the parts as fast as they are taken, and ends."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts():
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        if reset:
            _reset(writer)

    return handle


def says(*parts: bytes) -> Handler:
    return sends(lambda: parts)


def drips(text: bytes) -> Handler:
    """One byte after another, for ever."""
    return sends(lambda: (bytes((byte,)) for byte in itertools.cycle(text)), pause=PAUSE)


def waits(*parts: bytes) -> Handler:
    """Sends the parts and then nothing more, the connection open."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"".join(parts))
        await reader.read()

    return handle


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    _reset(writer)


def forever(part: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: itertools.repeat(part)


def bomb(coding: str, megabytes: int = 200) -> bytes:
    """A small body that unpacks to hundreds of megabytes."""
    wbits = {"gzip": 31, "deflate": 15, "raw": -15}[coding]
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return b"".join([*(packer.compress(bytes(1_000_000)) for _ in range(megabytes)), packer.flush()])


def packed(coding: str, body: bytes) -> Handler:
    head = OK + b"content-encoding: %s\r\ncontent-length: %d\r\n\r\n" % (coding.encode(), len(body))
    return says(head, body)


def _dripping() -> list[Case]:
    return [
        http_case("accepts a connection and says nothing", "TIMEOUT", waits()),
        http_case("drips the status line", "TIMEOUT", drips(b"H")),
        http_case(
            "drips header lines without end",
            "TIMEOUT",
            sends(lambda: itertools.chain((OK,), itertools.repeat(b"a: b\r\n")), pause=PAUSE),
        ),
        http_case(
            "drips a body of a known length",
            "TIMEOUT",
            sends(
                lambda: itertools.chain((OK + b"content-length: 100000\r\n\r\n",), itertools.repeat(b"x")),
                pause=PAUSE,
            ),
        ),
        http_case(
            "drips chunks of one byte",
            "TIMEOUT",
            sends(
                lambda: itertools.chain(
                    (OK + b"transfer-encoding: chunked\r\n\r\n",), itertools.repeat(b"1\r\nx\r\n")
                ),
                pause=PAUSE,
            ),
        ),
        http_case(
            "promises 10^17 bytes and sends none",
            "TIMEOUT",
            waits(OK + b"content-length: 100000000000000000\r\n\r\n"),
        ),
        http_case(
            "drips interim answers", "TIMEOUT", sends(forever(b"HTTP/1.1 100 Continue\r\n\r\n"), pause=0.3)
        ),
    ]


def _endless() -> list[Case]:
    chunk = b"f4240\r\n" + MEGABYTE + b"\r\n"
    length = OK + b"content-length: 2000000000\r\n\r\n"
    return [
        http_case(
            "sends two gigabytes of a known length",
            "cut",
            sends(lambda: itertools.chain((length,), itertools.repeat(MEGABYTE, 2000))),
        ),
        http_case(
            "sends a body that never ends",
            "cut",
            sends(lambda: itertools.chain((OK + b"\r\n",), itertools.repeat(MEGABYTE))),
        ),
        http_case(
            "sends chunks that never end",
            "cut",
            sends(
                lambda: itertools.chain(
                    (OK + b"transfer-encoding: chunked\r\n\r\n",), itertools.repeat(chunk)
                )
            ),
        ),
        http_case("answers with a gzip bomb", "cut", packed("gzip", bomb("gzip"))),
        http_case("answers with a deflate bomb", "cut", packed("deflate", bomb("deflate"))),
        http_case("answers with a bomb in raw deflate", "cut", packed("deflate", bomb("raw"))),
        http_case(
            "answers with a bomb packed twice", "MALFORMED", packed("gzip, gzip", gzip.compress(bomb("gzip")))
        ),
        http_case("packs with brotli though nobody asked for it", "MALFORMED", packed("br", bomb("raw", 1))),
        http_case("breaks off a gzip stream", "MALFORMED", packed("gzip", gzip.compress(MEGABYTE)[:-40])),
        http_case("calls random bytes gzip", "MALFORMED", packed("gzip", b"\x1f\x8b nothing of the kind")),
        http_case("sends a hundred thousand headers", "TOO_LARGE", says(OK, b"a: b\r\n" * 100_000)),
        http_case(
            "sends a header of megabytes",
            "TOO_LARGE",
            sends(lambda: itertools.chain((OK + b"a: ",), itertools.repeat(MEGABYTE, 5))),
        ),
        http_case(
            "sends a status line of megabytes",
            "TOO_LARGE",
            sends(lambda: itertools.chain((b"HTTP/1.1 200 ",), itertools.repeat(MEGABYTE, 5))),
        ),
        http_case("folds a header over and over", "TOO_LARGE", says(OK, b"a: b\r\n", b" c\r\n" * 100_000)),
        http_case("sends a cookie bomb", "TOO_LARGE", says(OK, b"set-cookie: a=" + b"x" * 100_000 + b"\r\n")),
        http_case(
            "sends trailers without end",
            "TOO_LARGE",
            says(OK + b"transfer-encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n" * 100_000),
        ),
        http_case(
            "sends a chunk extension of megabytes",
            "TOO_LARGE",
            sends(
                lambda: itertools.chain(
                    (OK + b"transfer-encoding: chunked\r\n\r\n1;",), itertools.repeat(MEGABYTE, 5)
                )
            ),
        ),
        http_case(
            "floods with interim answers",
            "MALFORMED",
            sends(forever(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50)),
        ),
    ]


def _broken() -> list[Case]:
    chunked = OK + b"transfer-encoding: chunked\r\n\r\n"
    return [
        http_case("hangs up before it has answered", "MALFORMED", says()),
        http_case("resets the connection before its answer", "RESET", resets),
        http_case(
            "resets the connection in the body",
            "RESET",
            sends(lambda: (OK + b"content-length: 100\r\n\r\n", b"half"), pause=0.1, reset=True),
        ),
        http_case("hangs up in the head", "MALFORMED", says(OK + b"content-le")),
        http_case(
            "hangs up in a body of a known length", "MALFORMED", says(OK + b"content-length: 9\r\n\r\nhal")
        ),
        http_case("hangs up in a chunk", "MALFORMED", says(chunked, b"9\r\nhal")),
        http_case(
            "gives a chunk size that is no number", "MALFORMED", says(chunked, b"zz\r\nxx\r\n0\r\n\r\n")
        ),
        http_case("gives a negative chunk size", "MALFORMED", says(chunked, b"-1\r\nx\r\n0\r\n\r\n")),
        http_case(
            "gives a chunk size of a hundred digits", "MALFORMED", says(chunked, b"f" * 100 + b"\r\nx\r\n")
        ),
        http_case("sends more than a chunk holds", "MALFORMED", says(chunked, b"1\r\nxyz\r\n0\r\n\r\n")),
        http_case("gives a negative content-length", "MALFORMED", says(OK + b"content-length: -1\r\n\r\nx")),
        http_case(
            "gives two different content-lengths",
            "MALFORMED",
            says(OK + b"content-length: 1\r\ncontent-length: 2\r\n\r\nxy"),
        ),
        http_case(
            "gives a content-length in words", "MALFORMED", says(OK + b"content-length: two\r\n\r\nxy")
        ),
        http_case(
            "uses a transfer coding of its own", "MALFORMED", says(OK + b"transfer-encoding: zip\r\n\r\nxy")
        ),
        http_case("answers in HTTP/0.9", "MALFORMED", says(b"<html>plain</html>")),
        http_case(
            "answers in HTTP/2 without being asked",
            "MALFORMED",
            says(b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80"),
        ),
        http_case("gives a status of six digits", "MALFORMED", says(b"HTTP/1.1 200200 OK\r\n\r\n")),
        http_case("gives a status in letters", "MALFORMED", says(b"HTTP/1.1 abc OK\r\n\r\n")),
        http_case("names another protocol", "MALFORMED", says(b"ICY 200 OK\r\n\r\n")),
        http_case(
            "switches protocols",
            "MALFORMED",
            says(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
        ),
        http_case(
            "puts a NUL into a header", "MALFORMED", says(OK + b"a: b\0c\r\ncontent-length: 0\r\n\r\n")
        ),
        http_case(
            "puts an escape sequence into a header",
            "answered",
            says(OK + b"a: \x1b[2J\r\ncontent-length: 0\r\n\r\n"),
        ),
        http_case(
            "splits a header with a bare CR",
            "MALFORMED",
            says(OK + b"a: b\rset-cookie: x=y\r\ncontent-length: 0\r\n\r\n"),
        ),
        http_case(
            "sends a header without a name", "MALFORMED", says(OK + b": b\r\ncontent-length: 0\r\n\r\n")
        ),
        http_case(
            "puts a space before a header's colon", "MALFORMED", says(OK + b"content-length : 0\r\n\r\n")
        ),
        http_case("answers as SSH does", "MALFORMED", says(b"SSH-2.0-OpenSSH_9.9\r\n")),
        http_case("answers as SMTP does", "MALFORMED", says(b"220 mail.acme.example ESMTP\r\n")),
        http_case("answers in UTF-16", "MALFORMED", says("HTTP/1.1 200 OK\r\n\r\n".encode("utf-16"))),
        http_case("answers with a TLS alert in clear", "MALFORMED", says(b"\x15\x03\x01\x00\x02\x02\x46")),
    ]


CASES = [*_dripping(), *_endless(), *_broken()]
