"""A burst of requests: does the edge refuse the one that is too many, and when?

Not every 429 is the edge's: what an origin answers, Cloudflare marks with ``cf-cache-status``.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

from launchready.evidence.types import BurstProbe, BurstResult, HttpProbe, HttpResult
from launchready.evidence.waits import seconds_in

MOST = 200
"""Requests of one burst, whatever the probe asks for."""
TOO_MANY_REQUESTS = 429

Ask = Callable[[HttpProbe], Awaitable[HttpResult]]


async def burst(probe: BurstProbe, ask: Ask) -> BurstResult:
    """One request after another, each over a connection of its own, until the edge refuses one.

    What can't be asked ends it with its cause; the statuses until then stay.
    """
    statuses: list[int] = []
    patience = probe.patience
    first, *others = probe.urls
    while len(statuses) < min(probe.count, MOST):
        answer = await ask(HttpProbe(first, probe.method, source=probe.source))
        if answer.status is None:
            return BurstResult(probe, answer.cause, tuple(statuses), detail=answer.detail)
        if refused_by_edge(answer):
            wait = answer.header("retry-after")
            told = seconds_in(wait)
            seconds = told + 1 if told is not None else math.inf
            if not statuses and seconds <= patience:
                patience = 0.0
                await asyncio.sleep(seconds)
                continue
            statuses.append(answer.status)
            seen = [(url, await _status(probe, url, ask)) for url in others]
            return BurstResult(probe, None, tuple(statuses), len(statuses), wait, tuple(seen))
        statuses.append(answer.status)
        await asyncio.sleep(probe.pause)
    return BurstResult(probe, None, tuple(statuses))


async def _status(probe: BurstProbe, url: str, ask: Ask) -> int:
    """0 when there was no answer."""
    return (await ask(HttpProbe(url, probe.method, source=probe.source))).status or 0


def refused_by_edge(answer: HttpResult) -> bool:
    return answer.status == TOO_MANY_REQUESTS and answer.header("cf-cache-status") is None
