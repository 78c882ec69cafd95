"""Limits by address, by account and by user, counted in windows of the edge's time."""

from __future__ import annotations

from collections import OrderedDict, deque

from launchready.edge.portal.messages import Refusal
from launchready.edge.state import Clock

_MAX_KEYS = 10_000


class Throttle:
    """``take`` counts and refuses; keys that nobody used for longest are forgotten first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def full(self, kind: str, key: str, limit: int, seconds: float) -> float:
        """Seconds until there is room again, 0 when there is."""
        times = self._recent(kind, key, seconds)
        return max(0.0, times[0] + seconds - self._clock.monotonic()) if len(times) >= limit else 0.0

    def count(self, kind: str, key: str, seconds: float) -> None:
        times = self._recent(kind, key, seconds)
        times.append(self._clock.monotonic())
        self._seen[kind, key] = times
        self._seen.move_to_end((kind, key))
        while len(self._seen) > _MAX_KEYS:
            self._seen.popitem(last=False)

    def take(self, kind: str, key: str, limit: int, seconds: float) -> None:
        """Count one more. Raises Refusal 429 with ``retry-after`` when ``limit`` was reached."""
        self.refuse_when_full(kind, key, limit, seconds)
        self.count(kind, key, seconds)

    def refuse_when_full(self, kind: str, key: str, limit: int, seconds: float) -> None:
        wait = self.full(kind, key, limit, seconds)
        if wait > 0:
            after = {"retry-after": str(int(wait) + 1)}
            raise Refusal(429, "too_many_requests", "Too many requests. Try again later.", after)

    def clear(self, kind: str, key: str) -> None:
        self._seen.pop((kind, key), None)

    def _recent(self, kind: str, key: str, seconds: float) -> deque[float]:
        times = self._seen.get((kind, key), deque())
        oldest = self._clock.monotonic() - seconds
        while times and times[0] <= oldest:
            times.popleft()
        return times
