"""How many calls may be made in how many seconds, by our own count and by what the API says is left."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

CLOUDFLARE = ((1200, 300.0), (190, 1.0))
"""(calls, seconds): 1,200 in 5 minutes a token, and a little under the 200 a second an address."""
_REMAINING = re.compile(r'"(?P<name>[^"]*)"\s*;\s*r=(?P<left>\d+)\s*;\s*t=(?P<seconds>\d+)')


@dataclass(slots=True)
class _Window:
    """At most ``calls`` in any stretch of ``seconds``; times of the latest calls, oldest first."""

    calls: int
    seconds: float
    times: deque[float] = field(default_factory=deque)

    def free_at(self, now: float) -> float:
        while self.times and self.times[0] <= now - self.seconds:
            self.times.popleft()
        return now if len(self.times) < self.calls else self.times[0] + self.seconds


class Budget:
    """Callers take a turn in the order in which they came; ``waited`` is the seconds spent waiting."""

    def __init__(
        self,
        limits: Sequence[tuple[int, float]] = CLOUDFLARE,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._windows = [_Window(calls, seconds) for calls, seconds in limits]
        self._monotonic = monotonic
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._paused_until = 0.0
        self._left: int | None = None
        self._left_until = 0.0
        self.waited = 0.0

    async def take(self) -> None:
        """Return when one call may be made; that call is counted."""
        async with self._turn:
            while (seconds := self._wait()) > 0:
                self.waited += seconds
                await self._sleep(seconds)
            now = self._monotonic()
            for window in self._windows:
                window.times.append(now)
            if self._left is not None:
                self._left -= 1

    def _wait(self) -> float:
        now = self._monotonic()
        if now >= self._left_until:
            self._left = None
        spent_until = self._left_until if self._left is not None and self._left <= 0 else now
        return max(self._paused_until, spent_until, *(w.free_at(now) for w in self._windows)) - now

    def pause(self, seconds: float) -> None:
        """No call for that long: the API said 429."""
        self._paused_until = max(self._paused_until, self._monotonic() + seconds)

    def heed(self, header: str | None) -> None:
        """Take in a ``Ratelimit: "default";r=50;t=30`` header: calls left, seconds until they are anew.

        Source: draft-ietf-httpapi-ratelimit-headers; other clients of the same token count there too.
        """
        match = _REMAINING.search(header or "")
        if match is None:
            return
        now, left = self._monotonic(), int(match["left"])
        until = now + float(match["seconds"])
        if self._left is None or now >= self._left_until:
            self._left, self._left_until = left, until
        else:
            self._left = min(self._left, left)
