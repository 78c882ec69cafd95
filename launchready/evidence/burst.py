"""A burst of requests: does the edge refuse the one that is too many, and when?

Not every 429 is the edge's: what an origin answers, Cloudflare marks with ``cf-cache-status``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from launchready.evidence.types import BurstProbe, BurstResult, HttpProbe, HttpResult

MOST = 200
"""Requests of one burst, whatever the probe asks for."""
TOO_MANY_REQUESTS = 429

Ask = Callable[[HttpProbe], Awaitable[HttpResult]]


async def burst(probe: BurstProbe, ask: Ask) -> BurstResult:
    """One request after another, each over a connection of its own, until the edge refuses one.

    What can't be asked ends it with its cause; the statuses until then stay.
    """
    statuses: list[int] = []
    first, *others = probe.urls
    for number in range(1, min(probe.count, MOST) + 1):
        answer = await ask(HttpProbe(first, probe.method, source=probe.source))
        if answer.status is None:
            return BurstResult(probe, answer.cause, tuple(statuses), detail=answer.detail)
        statuses.append(answer.status)
        if refused_by_edge(answer):
            seen = [(url, await _status(probe, url, ask)) for url in others]
            wait = answer.header("retry-after")
            return BurstResult(probe, None, tuple(statuses), number, wait, tuple(seen))
        await asyncio.sleep(probe.pause)
    return BurstResult(probe, None, tuple(statuses))


async def _status(probe: BurstProbe, url: str, ask: Ask) -> int:
    """0 when there was no answer."""
    return (await ask(HttpProbe(url, probe.method, source=probe.source))).status or 0


def refused_by_edge(answer: HttpResult) -> bool:
    return answer.status == TOO_MANY_REQUESTS and answer.header("cf-cache-status") is None
