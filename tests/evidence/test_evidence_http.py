"""The HTTP prober: one request, no redirect followed, everything bounded, every failure typed."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from launchready.evidence.dialer import Target
from launchready.evidence.http_probe import place, request
from launchready.evidence.limits import Limits
from launchready.evidence.tls_probe import Contexts
from launchready.evidence.types import Cause, HttpProbe, HttpResult
from tests.evidence.loopback import Handler, listening, says

LIMITS = Limits(http_timeout=5.0, body_bytes=1000, header_bytes=4000)
URL = "http://www.acme.example/a?b=c"


async def fetch(handler: Handler, probe: HttpProbe | None = None, limits: Limits = LIMITS) -> HttpResult:
    async with listening(handler) as (host, port):
        return await request(probe or HttpProbe(URL), Target("192.0.2.1", host, port), Contexts(), limits)


async def test_a_redirect_is_reported_and_not_followed() -> None:
    result = await fetch(
        says(b"HTTP/1.1 301 Moved\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n")
    )
    assert (result.cause, result.status) == (None, 301)
    assert result.header("location") == "https://elsewhere.example/"


async def test_headers_keep_their_order_and_repeats() -> None:
    result = await fetch(
        says(b"HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nX: y\r\nset-cookie: b\r\ncontent-length: 2\r\n\r\nhi")
    )
    assert result.headers[:3] == (("set-cookie", "a"), ("x", "y"), ("set-cookie", "b"))
    assert (result.header("set-cookie"), result.body) == ("a, b", b"hi")


async def test_the_request_names_the_host_and_not_the_address() -> None:
    seen = bytearray()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.extend(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    await fetch(handle, HttpProbe(URL, "HEAD", (("Origin", "https://x.example"),)))
    head = seen.decode().lower()
    assert head.startswith("head /a?b=c http/1.1\r\n")
    assert "host: www.acme.example\r\n" in head
    assert "origin: https://x.example\r\n" in head


async def test_a_long_body_is_cut() -> None:
    result = await fetch(says(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000))
    assert (result.cause, len(result.body)) == (None, 1000)
    assert "cut" in result.detail


async def test_an_endless_header_is_too_large() -> None:
    result = await fetch(says(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000))
    assert result.cause is Cause.TOO_LARGE


async def test_a_compressed_bomb_stays_bounded() -> None:
    body = gzip.compress(b"x" * 1_000_000)[:900]
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    result = await fetch(says(head + body))
    assert (result.cause, result.body) == (None, b"x" * 1000)


async def test_chunks_are_joined() -> None:
    result = await fetch(
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    )
    assert result.body == b"abcde"


@pytest.mark.parametrize(
    ("response", "cause"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", Cause.MALFORMED),
        (b"SSH-2.0-OpenSSH\r\n\r\n", Cause.MALFORMED),
        (b"", Cause.MALFORMED),
        (b"HTTP/1.1 403 Forbidden\r\ncf-mitigated: challenge\r\nContent-Length: 0\r\n\r\n", Cause.CHALLENGE),
    ],
)
async def test_what_is_no_answer_of_the_site_is_typed(response: bytes, cause: Cause) -> None:
    assert (await fetch(says(response))).cause is cause


async def test_a_slow_answer_is_a_timeout() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    assert (await fetch(slow, limits=Limits(http_timeout=0.2))).cause is Cause.TIMEOUT


async def test_a_dripping_answer_is_a_timeout() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    assert (await fetch(drip, limits=Limits(http_timeout=0.4))).cause is Cause.TIMEOUT


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "https:///", "mailto:a@b.example", "http://a.example:x/"]
)
def test_what_is_no_web_url_has_no_place(url: str) -> None:
    with pytest.raises(ValueError, match=r"http|Port"):
        place(url)
