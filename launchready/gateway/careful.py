"""Writes that are no DNS records, when their answer is lost: looked up, or made again where that is the same.

A PUT, PATCH or DELETE done twice is done once. A POST is looked for in the list where it would stand
(``launchready.lost_creates``) before it is made again; one that nothing tells apart is never repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from launchready.gateway.answers import Answer, accepted
from launchready.gateway.operations import parse
from launchready.gateway.upstream import Upstream, breath
from launchready.lost_creates import Json, Search, search_for

_REPEATABLE = frozenset({"PUT", "PATCH", "DELETE"})


@dataclass(slots=True)
class Careful:
    """``retries``: how often a lost write is tried again, after ``wait`` seconds, doubling."""

    upstream: Upstream
    retries: int
    wait: float
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    async def call(
        self, method: str, path: str, authorization: str, body: bytes | None, headers: dict[str, str]
    ) -> Answer:
        """The call's answer, or what the look-up of its effect gives in its place."""
        search = search_for(path, parse(body)) if method == "POST" and body else None
        began, lost = self.now(), 0
        while True:
            answer = await self.upstream.call(method, path, authorization, body=body, headers=headers)
            if answer.ok or (not answer.lost and not lost):
                return answer
            if search is not None:
                found, told = await self._look(search, authorization, began)
                if found is not None:
                    self.upstream.stats.recovered += 1
                    return accepted(dict(found))
                if not told:
                    return answer
            if not answer.lost:
                gone = method == "DELETE" and answer.status == 404
                return accepted({"id": path.rpartition("/")[2]}) if gone else answer
            if lost >= self.retries or (search is None and method not in _REPEATABLE):
                return answer
            await self.sleep(breath(lost, self.wait, answer))
            lost += 1

    async def _look(self, search: Search, authorization: str, began: datetime) -> tuple[Json | None, bool]:
        """What was made after all, and whether that could be found out."""
        answer = await self.upstream.call("GET", search.path, authorization)
        listed = answer.document().get("result")
        if not answer.ok or not isinstance(listed, list):
            return None, False
        found = search.pick(listed, began)
        if found is None or search.item is None:
            return found, True
        whole = await self.upstream.call("GET", search.item.format(found["id"]), authorization)
        shown = whole.document().get("result")
        return (shown, True) if whole.ok and isinstance(shown, dict) else (None, False)
