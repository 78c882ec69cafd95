"""Calls to the API behind the gateway: within the budget, bounded, counted, 429s waited out."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from launchready.gateway.answers import Answer
from launchready.gateway.budget import Budget
from launchready.retry_after import retry_after

_KEPT = frozenset(
    {"content-type", "cf-ray", "ratelimit", "ratelimit-policy", "retry-after", "x-should-retry"}
)
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_FIRST_WAIT, _LONGEST_WAIT = 2.0, 60.0


def breath(attempt: int, first: float, answer: Answer) -> float:
    """Seconds until what was lost is tried again: as the answer asks, else ``first`` and doubling."""
    asked = retry_after(answer.headers.get("Retry-After"))
    return min(first * 2**attempt if asked is None else asked, _LONGEST_WAIT)


@dataclass(slots=True)
class Stats:
    """What went through. ``reads`` and ``writes`` are calls made upstream, the rest explains them."""

    requests: int = 0
    """Requests that callers made to the gateway."""
    reads: int = 0
    writes: int = 0
    batches: int = 0
    """Batch calls, those that were refused included."""
    batched: int = 0
    """Record writes that were accepted as part of a batch."""
    served_from_zone: int = 0
    """Single-record reads that cost no call of their own."""
    throttled: int = 0
    """429s that were waited out."""
    recovered: int = 0
    """Writes whose answer was lost and whose effect was found by reading the zone."""
    waited: float = 0.0
    """Seconds spent waiting for the budget."""

    @property
    def calls(self) -> int:
        """Calls made upstream."""
        return self.reads + self.writes


@dataclass(frozen=True, slots=True)
class Bounds:
    """Time-outs in seconds, sizes in bytes. ``patience``: how long 429s are waited out for one call.

    ``rereads``: how often a read whose answer was lost is made again, after ``wait`` seconds, doubling.
    """

    connect: float = 10.0
    answer: float = 120.0
    largest: int = 64 * 1024 * 1024
    patience: float = 330.0
    rereads: int = 3
    wait: float = 1.0


class Upstream:
    """The API behind the gateway. ``token`` None: each caller's own ``Authorization`` is passed on."""

    def __init__(
        self,
        base_url: str,
        token: str | None,
        session: aiohttp.ClientSession,
        budget: Budget,
        *,
        bounds: Bounds = Bounds(),
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._token = token
        self._session = session
        self._budget = budget
        self._bounds = bounds
        self._monotonic = monotonic
        self._sleep = sleep
        self._counts = Stats()

    @property
    def stats(self) -> Stats:
        self._counts.waited = self._budget.waited
        return self._counts

    def authorization(self, headers: Mapping[str, str]) -> str:
        """What a caller's call is authorised with upstream: never shown, only compared and sent."""
        return f"Bearer {self._token}" if self._token is not None else headers.get("Authorization", "")

    async def call(
        self,
        method: str,
        path: str,
        authorization: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One call's answer. ``path`` starts with / and holds the query, as it is to be sent.

        429s are waited out as long as the patience lasts, then passed on; reads whose answer was lost are
        made again. No answer is an Answer with status 0. Redirects are not followed.
        """
        sent = {**(headers or {}), "Authorization": authorization} if authorization else dict(headers or {})
        deadline = self._monotonic() + self._bounds.patience
        delay, lost = _FIRST_WAIT, 0
        while True:
            await self._budget.take()
            if method in _READING:
                self._counts.reads += 1
            else:
                self._counts.writes += 1
            answer = await self._once(method, path, body, sent)
            self._budget.heed(answer.headers.get("Ratelimit"))
            if answer.lost and method in _READING and lost < self._bounds.rereads:
                await self._sleep(breath(lost, self._bounds.wait, answer))
                lost += 1
                continue
            if answer.status != 429:
                return answer
            asked = retry_after(answer.headers.get("Retry-After"))
            wait = delay if asked is None else asked
            if self._monotonic() + wait > deadline:
                return answer
            self._counts.throttled += 1
            self._budget.pause(wait)
            delay = min(delay * 2, _LONGEST_WAIT)

    async def _once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        timeout = aiohttp.ClientTimeout(total=self._bounds.answer, connect=self._bounds.connect)
        url = URL(self._base + path, encoded=True)
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                content = await self._read(response)
                kept = {key.title(): value for key, value in response.headers.items() if key.lower() in _KEPT}
                return Answer(response.status, content, kept)
        except TimeoutError:
            return Answer(0, b"no answer in time")
        except aiohttp.ClientError as error:
            return Answer(0, type(error).__name__.encode())

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in response.content.iter_any():
            size += len(part)
            if size > self._bounds.largest:
                raise aiohttp.ClientPayloadError("the answer is too large")
            parts.append(part)
        return b"".join(parts)

    async def call_json(self, method: str, path: str, authorization: str, document: Any = None) -> Answer:
        """A call with a JSON body."""
        if document is None:
            return await self.call(method, path, authorization)
        body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        return await self.call(method, path, authorization, body=body, headers=headers)
