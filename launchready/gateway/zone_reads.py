"""One zone's records, read whole: what single-record reads are served from.

A read is shared by everyone who asks while it runs and for a short while after. Any write through the
gateway makes it old: whoever asks after a write gets a read that began after it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from launchready.gateway.answers import Answer, refused
from launchready.gateway.operations import Record
from launchready.gateway.upstream import Upstream

PER_PAGE = 5000
"""The most that the API gives in one page."""
FRESH_SECONDS = 5.0
_TRIES = 3
_MOST_PAGES = 200


class ReadFailedError(Exception):
    """The zone could not be read whole; ``answer`` is what the caller gets. Never means "no record"."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"HTTP {answer.status}")
        self.answer = answer


@dataclass(slots=True)
class _Read:
    records: dict[str, Record]
    at: float


class ZoneReads:
    """The records of one zone as one authorisation sees them."""

    def __init__(
        self,
        zone_id: str,
        authorization: str,
        upstream: Upstream,
        *,
        fresh: float = FRESH_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = f"/zones/{zone_id}"
        self._authorization = authorization
        self._upstream = upstream
        self._fresh = fresh
        self._monotonic = monotonic
        self._generation = 0
        self._running: tuple[int, asyncio.Task[_Read]] | None = None
        self._last: _Read | None = None
        self._zone: Record | None = None

    def forget(self) -> None:
        """A write began or ended: what was read before it is old."""
        self._generation += 1
        self._last = None

    async def zone(self) -> Record:
        """The zone object, read once: its plan and its name. Raises ReadFailedError."""
        if self._zone is None:
            answer = await self._upstream.call("GET", self._path, self._authorization)
            found = answer.document().get("result")
            if not answer.ok or not isinstance(found, dict):
                raise ReadFailedError(_passed_on(answer))
            self._zone = found
        return self._zone

    async def records(self) -> dict[str, Record]:
        """Every record by its id, no older than the last write. Raises ReadFailedError."""
        if self._last is not None and self._monotonic() - self._last.at <= self._fresh:
            return self._last.records
        if self._running is None or self._running[0] != self._generation or self._running[1].done():
            self._running = (self._generation, asyncio.ensure_future(self._read()))
        generation, task = self._running
        read = await asyncio.shield(task)
        if generation == self._generation:
            self._last = read
        return read.records

    async def _read(self) -> _Read:
        for _ in range(_TRIES):
            started = self._monotonic()
            records, whole = await self._pages()
            if whole:
                return _Read(records, started)
        raise ReadFailedError(refused(502, 502, "the zone changed while it was read, time and again"))

    async def _pages(self) -> tuple[dict[str, Record], bool]:
        """All pages, and whether they are as many records as the API counts."""
        records: dict[str, Record] = {}
        for page in range(1, _MOST_PAGES + 1):
            path = f"{self._path}/dns_records?per_page={PER_PAGE}&page={page}"
            answer = await self._upstream.call("GET", path, self._authorization)
            document = answer.document()
            found: Any = document.get("result")
            if not answer.ok or not _are_records(found):
                raise ReadFailedError(_passed_on(answer))
            records.update((record["id"], record) for record in found)
            info: Any = document.get("result_info") or {}
            total = info.get("total_count")
            if not found or (len(records) >= total if isinstance(total, int) else len(found) < PER_PAGE):
                return records, not isinstance(total, int) or len(records) == total
        raise ReadFailedError(refused(502, 502, "the zone has more pages than can be read"))

    async def close(self) -> None:
        if self._running is not None:
            self._running[1].cancel()


def _are_records(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(record, dict) and "id" in record for record in found)


def _passed_on(answer: Answer) -> Answer:
    """The API's refusal as it is; no answer, or one without a result, as a bad gateway."""
    if answer.status == 0 or answer.ok:
        return refused(502, 502, "the API gave no usable answer when the zone was read")
    return answer
