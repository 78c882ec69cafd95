"""Servers that break TLS: before, in and after the handshake."""

from __future__ import annotations

import asyncio
import functools
import ssl
import tempfile
from pathlib import Path

from tests.bad_twins.certificates import Leaf, issue
from tests.evidence.loopback import Handler
from tests.hostile.http_cases import OK, PAUSE, _reset
from tests.hostile.kit import DOMAIN, Case, http_case, tls_case

ALERT = b"\x15\x03\x03\x00\x02\x02"
HELLO_BYTES = 4096
GOOD = Leaf((DOMAIN,))
SECURE = b"\0\5\xff\1\0\1\0"
"""The extension without which OpenSSL gives up at once (RFC 5746)."""


@functools.cache
def context(leaf: Leaf = GOOD, extra: int = 0) -> ssl.SSLContext:
    """A server's context, its certificate of an authority that nobody knows; ``extra``: more in its chain."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="hostile-") as directory:
        pem, authority = issue(leaf, Path(directory))
        if extra:
            pem.write_bytes(pem.read_bytes() + authority.read_bytes() * extra)
        made.load_cert_chain(pem)
    return made


def after_hello(*parts: bytes, pause: float = 0.0, stay: bool = False, reset: bool = False) -> Handler:
    """Reads a ClientHello, sends the parts, and ends (or stays)."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(HELLO_BYTES)
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        if reset:
            _reset(writer)
        elif stay:
            await reader.read()

    return handle


def drip(data: bytes) -> Handler:
    return after_hello(*(bytes((byte,)) for byte in data), pause=PAUSE, stay=True)


def record(kind: int, payload: bytes) -> bytes:
    return bytes((kind, 3, 3)) + len(payload).to_bytes(2, "big") + payload


def _server_hello(rest: bytes = b"") -> bytes:
    """A TLS 1.2 ServerHello with a cipher that clients offer."""
    body = b"\x03\x03" + bytes(range(32)) + b"\0" + b"\xc0\x2f" + b"\0" + rest
    return record(22, b"\x02" + len(body).to_bytes(3, "big") + body)


async def stays(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


def _huge_chain() -> bytes:
    """A Certificate message of 16 MB: more than any chain is long."""
    size = 0xFFFFFF
    head = b"\x0b" + size.to_bytes(3, "big") + (size - 3).to_bytes(3, "big")
    return record(22, head + bytes(16_000)) + record(22, bytes(16_384)) * 200


def _handshakes() -> list[Case]:
    garbage = bytes(range(1, 250))
    return [
        tls_case("takes the ClientHello and says nothing", "TIMEOUT", after_hello(stay=True)),
        tls_case("drips a ServerHello", "TIMEOUT", drip(_server_hello())),
        tls_case("stalls after its ServerHello", "TIMEOUT", after_hello(_server_hello(SECURE), stay=True)),
        tls_case("hangs up on the ClientHello", "RESET", after_hello()),
        tls_case("resets at the ClientHello", "RESET", after_hello(reset=True)),
        tls_case("answers with garbage", "TLS", after_hello(garbage, stay=True)),
        tls_case(
            "speaks HTTP on the port of https",
            "TLS",
            after_hello(OK + b"content-length: 0\r\n\r\n", stay=True),
        ),
        tls_case(
            "speaks HTTP/1.0 with an error in clear",
            "TLS",
            after_hello(b"HTTP/1.0 400 Bad Request\r\n\r\nplain HTTP", stay=True),
        ),
        tls_case("refuses by alert: handshake_failure", "TLS", after_hello(ALERT + b"\x28")),
        tls_case("refuses by alert: unrecognized_name", "TLS", after_hello(ALERT + b"\x70")),
        tls_case("refuses by alert: protocol_version", "TLS", after_hello(ALERT + b"\x46")),
        tls_case("refuses by alert: internal_error", "TLS", after_hello(ALERT + b"\x50")),
        tls_case("refuses by an alert that does not exist", "TLS", after_hello(ALERT + b"\xf0")),
        tls_case(
            "answers with a version that was not offered",
            "TLS",
            after_hello(record(22, b"\x02\x00\x00\x26\x03\x00" + bytes(32) + b"\0\xc0\x2f\0"), stay=True),
        ),
        tls_case(
            "answers with a cipher that was not offered",
            "TLS",
            after_hello(record(22, b"\x02\x00\x00\x26\x03\x03" + bytes(32) + b"\0\x00\x04\0"), stay=True),
        ),
        tls_case(
            "sends a record of 65535 bytes",
            "TLS",
            after_hello(b"\x16\x03\x03\xff\xff" + bytes(65_535), stay=True),
        ),
        tls_case(
            "sends a chain of 16 MB", "TLS", after_hello(_server_hello(SECURE), _huge_chain(), stay=True)
        ),
        tls_case(
            "floods with warnings", "TLS", after_hello(b"\x15\x03\x03\x00\x02\x01\x70" * 5_000, stay=True)
        ),
        tls_case("floods with ChangeCipherSpec", "TLS", after_hello(record(20, b"\x01") * 5_000, stay=True)),
        tls_case(
            "floods with empty handshake records", "TLS", after_hello(record(22, b"") * 5_000, stay=True)
        ),
        tls_case(
            "asks to begin anew (HelloRequest) without end",
            "TIMEOUT",
            after_hello(record(22, b"\x00\x00\x00\x00") * 50, stay=True),
        ),
        tls_case(
            "sends its own ClientHello back",
            "TLS",
            after_hello(record(22, b"\x01\x00\x00\x26\x03\x03" + bytes(32) + b"\0\0\0\0"), stay=True),
        ),
    ]


def _weak() -> list[Case]:
    """Answers to the bare ClientHello with which weak ciphers are offered."""
    return [
        tls_case(
            "answers a weak hello with garbage",
            "MALFORMED",
            after_hello(b"garbage, and more of it"),
            weak=True,
        ),
        tls_case("answers a weak hello with nothing", "TIMEOUT", after_hello(stay=True), weak=True),
        tls_case(
            "promises a weak hello 65535 bytes",
            "TIMEOUT",
            after_hello(b"\x16\x03\x03\xff\xff", stay=True),
            weak=True,
        ),
        tls_case(
            "breaks off its answer to a weak hello",
            "RESET",
            after_hello(b"\x16\x03\x03\x00\x40half"),
            weak=True,
        ),
        tls_case(
            "answers a weak hello with another cipher", "MALFORMED", after_hello(_server_hello()), weak=True
        ),
    ]


def _certificates() -> list[Case]:
    return [
        tls_case(
            "shows an expired certificate", "untrusted", stays, context=context(Leaf((DOMAIN,), age=91))
        ),
        tls_case(
            "shows a certificate that is not valid yet",
            "untrusted",
            stays,
            context=context(Leaf((DOMAIN,), age=-2)),
        ),
        tls_case("shows a certificate of nobody's authority", "untrusted", stays, context=context()),
        tls_case(
            "shows a certificate for another name",
            "untrusted",
            stays,
            context=context(Leaf(("evil.example",))),
        ),
        tls_case(
            "shows a certificate with script for a name",
            "untrusted",
            stays,
            context=context(Leaf(("evil.example",), authority="<script>alert(1)</script>")),
        ),
        tls_case(
            "sends an authority's certificate as its own",
            "untrusted",
            stays,
            context=context(Leaf((DOMAIN,), ca=True)),
        ),
        tls_case("sends a chain of two hundred certificates", "untrusted", stays, context=context(extra=200)),
    ]


def _afterwards() -> list[Case]:
    """The handshake is good; what comes then is not."""

    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        plain = writer.transport.get_extra_info("socket")
        with plain.dup() if hasattr(plain, "dup") else plain as below:
            below.send(record(23, b"this was never encrypted"))
        await reader.read()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        await asyncio.sleep(5)

    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    made = context()
    return [
        http_case("says nothing after a good handshake", "TIMEOUT", silent, context=made, group="https"),
        http_case(
            "ends the session instead of answering", "MALFORMED", hangs_up, context=made, group="https"
        ),
        http_case("sends in clear after a good handshake", "TLS", garbage, context=made, group="https"),
    ]


CASES = [*_handshakes(), *_weak(), *_certificates(), *_afterwards()]
