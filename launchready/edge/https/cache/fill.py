"""An answer on its way from the origin into the cache, while its first visitor reads it.

The origin is read as fast as it sends, up to what the cache may keep; so a slow visitor holds nobody up,
and a visitor who leaves ends nothing. What grows too long is handed over: the visitor then reads the
origin alone, and nothing is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from launchready.edge.https.cache.store import Store
from launchready.edge.https.messages import Response, close_body

CHUNK = 65_536


class Fill:
    """``settled`` is set once it is known whether the answer was kept."""

    def __init__(self) -> None:
        self.settled = asyncio.Event()
        self._more = asyncio.Event()
        self._parts: list[bytes] = []
        self._whole: bytes | None = None
        self._rest: AsyncIterator[bytes] | None = None
        self._error: ConnectionError | None = None
        self._reader: Reader | None = None

    def reader(self) -> Reader:
        """The first visitor's body. There is one."""
        self._reader = Reader(self)
        return self._reader

    @property
    def is_over(self) -> bool:
        """Has the origin been read to its end (or is nobody left to read it)?"""
        return self._rest is None

    def settle(self) -> None:
        """Nothing more is to be expected; who waits looks again."""
        self.settled.set()
        self._more.set()

    async def pump(self, body: AsyncIterator[bytes], store: Store, limit: int) -> bytes | None:
        """Read the origin to its end; the whole body, or None when it is not to be kept."""
        size = 0
        try:
            async for part in body:
                self._parts.append(part)
                self._more.set()
                if size + len(part) > limit or not store.reserve(len(part)):
                    await self._hand_over(body)
                    return None
                size += len(part)
            self._whole = b"".join(self._parts)
            self._parts.clear()
            return self._whole
        except (ConnectionError, TimeoutError) as error:
            self._error = ConnectionError(str(error) or "the origin broke off its answer")
            return None
        finally:
            store.release(size)
            self._more.set()

    async def _hand_over(self, body: AsyncIterator[bytes]) -> None:
        """To the visitor, if there still is one."""
        if self._reader is not None and not self._reader.closed:
            self._rest = body
        else:
            self._parts.clear()
            await close_body(Response(200, [], body))


class Reader:
    """The body of one answer, as an iterator that may be closed at any point, begun or not."""

    def __init__(self, fill: Fill) -> None:
        self._fill = fill
        self._sent = 0
        self._index = 0
        self.closed = False

    def __aiter__(self) -> Reader:
        return self

    async def __anext__(self) -> bytes:
        fill = self._fill
        while not self.closed:
            if fill._whole is not None:
                part = fill._whole[self._sent : self._sent + CHUNK]
                if not part:
                    break
                return self._count(part)
            if self._index < len(fill._parts):
                self._index += 1
                return self._count(fill._parts[self._index - 1])
            if fill._rest is not None:
                return await anext(fill._rest)
            if fill._error is not None:
                raise fill._error
            fill._more.clear()
            await fill._more.wait()
        raise StopAsyncIteration

    def _count(self, part: bytes) -> bytes:
        self._sent += len(part)
        return part

    async def aclose(self) -> None:
        self.closed = True
        if self._fill._rest is not None:
            await close_body(Response(200, [], self._fill._rest))
