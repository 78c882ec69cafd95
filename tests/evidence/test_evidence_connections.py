"""Connections that carry more than one answer: which may, which must not, and what never follows from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from launchready.evidence import http_probe
from launchready.evidence.connections import Connections
from launchready.evidence.dialer import Target
from launchready.evidence.limits import Limits
from launchready.evidence.tls_probe import Contexts
from launchready.evidence.types import HttpProbe, HttpResult
from tests.evidence.loopback import listening


async def test_pages_share_a_connection_that_is_kept() -> None:
    async with counting(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok") as (endpoint, seen):
        kept = Connections()
        for path in ("a", "b", "c"):
            result = await kept_request(endpoint, kept, path)
            assert (result.cause, result.body) == (None, b"ok")
        assert [len(paths) for paths in seen] == [3]
        kept.close()


async def test_what_must_be_fresh_makes_a_connection_of_its_own_and_leaves_it() -> None:
    async with counting(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok") as (endpoint, seen):
        kept = Connections()
        await kept_request(endpoint, kept, "a", fresh=True)
        await kept_request(endpoint, kept, "b", fresh=True)
        await kept_request(endpoint, kept, "c")
        assert sorted(len(paths) for paths in seen) == [1, 2]
        kept.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
    ],
)
async def test_a_connection_that_says_more_or_ends_is_not_used_again(answer: bytes) -> None:
    async with counting(answer) as (endpoint, seen):
        kept = Connections()
        for path in ("a", "b"):
            assert (await kept_request(endpoint, kept, path)).body == b"ok"
        assert [len(paths) for paths in seen] == [1, 1]
        kept.close()


async def test_a_kept_connection_that_was_hung_up_on_is_made_anew() -> None:
    async with counting(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", most=1) as (endpoint, seen):
        kept = Connections()
        for path in ("a", "b", "c"):
            result = await kept_request(endpoint, kept, path)
            assert (result.cause, result.body) == (None, b"ok")
        assert sum(len(paths) for paths in seen) >= 3
        kept.close()


@asynccontextmanager
async def counting(answer: bytes, most: int = 99) -> AsyncIterator[tuple[tuple[str, int], list[list[bytes]]]]:
    """A server that answers ``most`` requests of a connection; and what each connection asked."""
    seen: list[list[bytes]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked: list[bytes] = []
        seen.append(asked)
        while len(asked) < most:
            asked.append((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1])
            writer.write(answer)
            await writer.drain()
        await reader.read(1)  # the next request is read, and hung up on

    async with listening(handle) as endpoint:
        yield endpoint, seen


async def kept_request(
    endpoint: tuple[str, int], kept: Connections, path: str, *, fresh: bool = False
) -> HttpResult:
    probe = HttpProbe(f"http://site.example/{path}")
    target = Target("192.0.2.1", *endpoint)
    return await http_probe.request(probe, target, Contexts(), Limits(), kept=kept, fresh=fresh)
