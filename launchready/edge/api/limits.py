"""Cloudflare's rate limits: so many requests a window and token, and so many a second and address.

Past the first one every call is refused until a whole window has gone by. Time is the edge's clock,
so a rehearsal can advance it. Source: facts/cloudflare-api.md, "Envelope, errors, limits".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from launchready.edge.state import Clock


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests per window (seconds) and token, and per second and address; 0 is no limit."""

    requests: int = 1200
    window: float = 300.0
    per_second: int = 200


@dataclass(slots=True)
class _Window:
    ends: float
    used: int = 0
    blocked: bool = False


@dataclass(slots=True)
class Verdict:
    """Whether the call may go on, and the headers that say how much is left."""

    allowed: bool
    headers: dict[str, str]


@dataclass(slots=True)
class Limiter:
    """Counts calls; ``admit`` answers for each."""

    limits: Limits
    clock: Clock
    _tokens: dict[str, _Window] = field(default_factory=dict)
    _addresses: dict[str, _Window] = field(default_factory=dict)

    def admit(self, token: str, address: str) -> Verdict:
        now = self.clock.monotonic()
        if self.limits.per_second and not self._spend(
            self._addresses, address, now, 1.0, self.limits.per_second, penalty=1.0
        ):
            policy = f'"burst";q={self.limits.per_second};w=1'
            return Verdict(False, self._headers('"burst";r=0;t=1', policy, 1.0))
        if not self.limits.requests:
            return Verdict(True, {})
        window = self.limits.window
        allowed = self._spend(self._tokens, token, now, window, self.limits.requests, penalty=window)
        entry = self._tokens[token]
        seconds = max(1, math.ceil(entry.ends - now))
        left = max(0, self.limits.requests - entry.used)
        policy = f'"default";q={self.limits.requests};w={math.ceil(window)}'
        rate = f'"default";r={left};t={seconds}'
        return Verdict(allowed, self._headers(rate, policy, None if allowed else seconds))

    @staticmethod
    def _spend(
        table: dict[str, _Window], key: str, now: float, length: float, quota: int, *, penalty: float
    ) -> bool:
        entry = table.get(key)
        if entry is None or now >= entry.ends:
            if len(table) > 10_000:  # addresses come and go: forget those whose window is over
                for old in [k for k, w in table.items() if now >= w.ends]:
                    del table[old]
            entry = table[key] = _Window(now + length)
        if entry.blocked:
            return False
        if entry.used >= quota:
            entry.blocked, entry.ends = True, now + penalty
            return False
        entry.used += 1
        return True

    @staticmethod
    def _headers(rate: str, policy: str, retry: float | None) -> dict[str, str]:
        headers = {"Ratelimit": rate, "Ratelimit-Policy": policy}
        if retry is not None:
            headers["Retry-After"] = str(math.ceil(retry))
        return headers
