"""A load on one endpoint of onboarding, as one user: within its limit, the budget, and two minutes.

On an edge the clock is moved on between batches, so that a limit of the endpoint's never decides. Live the
rate stays below the limit instead; where that leaves too few requests in two minutes, it says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from launchready.client_file.portal_model import Call
from launchready.errors import LaunchreadyError
from launchready.evidence import load_client
from launchready.evidence.dialer import Unreachable
from launchready.evidence.load_client import LoadTarget, Shot
from launchready.evidence.portal import answers
from launchready.evidence.portal.stage import Stage, Stopped, Visitor
from launchready.evidence.types import Cause, HttpProbe, HttpResult, LoadProbe, LoadResult

WINDOW = 10.0
"""Seconds in which a limit counts."""
LEAST = 20
"""Answers without which a percentile means nothing."""
MOST = 200
"""Requests of one load, whatever the probe asks for."""
LONGEST = 120.0
"""Seconds that a live load may take."""
BELOW = 0.8
"""The share of a limit that a live load uses."""
REQUEST_SECONDS = 10.0
SHARE = 0.1
"""The part of its target that the client's own delay may be, before its figures are worth nothing."""
TRIES = 3
"""Calibrations, and loads on an edge, before a busy machine is believed to be one."""

Find = Callable[[str], Awaitable[LoadTarget]]


@dataclass(frozen=True, slots=True)
class Plan:
    """Batches of how many requests, at what rate, with a pause in between (an edge's time)."""

    batches: tuple[range, ...]
    per_second: float

    @property
    def count(self) -> int:
        return sum(len(batch) for batch in self.batches)


async def run_load(probe: LoadProbe, stage: Stage, find: Find) -> LoadResult:
    """The load and what became of it; never raises for what the portal does."""
    calls = stage.portal.onboarding
    if probe.number >= len(calls):
        return LoadResult(probe, Cause.NOT_PROBED, detail="portal.onboarding has no such entry")
    try:
        return await _run(probe, stage, calls[probe.number], find)
    except Stopped as stopped:
        return LoadResult(probe, stopped.cause, detail=stopped.detail)
    except Unreachable as error:
        return LoadResult(probe, error.cause, detail=error.detail)
    except LaunchreadyError as error:
        return LoadResult(probe, Cause.NOT_PROBED, detail=error.what)


def plan_of(probe: LoadProbe, left: int, *, on_edge: bool) -> Plan:
    """What may be sent with so many requests left. Raises Stopped when it is too little."""
    count = min(probe.count, MOST, left // 2)
    if count < LEAST:
        detail = f"{left} requests are left of portal.budget: a load takes half of them, and {LEAST} at least"
        raise Stopped(Cause.NOT_PROBED, detail)
    if not probe.limit or on_edge:
        size = probe.limit or count
        starts = range(0, count, size)
        return Plan(tuple(range(start, min(start + size, count)) for start in starts), probe.per_second)
    rate = min(probe.per_second, BELOW * probe.limit / WINDOW)
    count = min(count, int(rate * LONGEST))
    if count < LEAST:
        detail = (
            f"a limit of {probe.limit} in {WINDOW:g} s leaves {count} requests in {LONGEST:g} s; "
            f"{LEAST} are needed for a verdict"
        )
        raise Stopped(Cause.NOT_PROBED, detail)
    return Plan((range(count),), rate)


async def _run(probe: LoadProbe, stage: Stage, call: Call, find: Find) -> LoadResult:
    plan = plan_of(probe, stage.budget.left, on_edge=stage.on_edge)
    place = await find(stage.portal.base.rstrip("/") + "/")
    allowed = SHARE * probe.target
    floor = await load_client.floor()
    for _ in range(TRIES - 1):
        if floor > allowed:
            floor = min(floor, await load_client.floor())
    if floor > allowed:
        detail = f"this client adds {floor:.0f} ms by itself: this machine is too busy to tell"
        return LoadResult(probe, Cause.SATURATED, floor=floor, saturated=True, detail=detail)
    visitor = stage.visitor(call.identity)
    if call.identity is not None and not await visitor.login():
        return LoadResult(probe, Cause.NOT_PROBED, floor=floor, detail=f"{call.identity} can't log in")
    result = replace(await _load(probe, stage, visitor, call, place, plan), floor=floor)
    for _ in range(TRIES - 1):
        if not result.saturated or not stage.on_edge or stage.budget.left < 2 * plan.count:
            break
        result = replace(await _load(probe, stage, visitor, call, place, plan), floor=floor)
    return result


async def _load(
    probe: LoadProbe, stage: Stage, visitor: Visitor, call: Call, place: LoadTarget, plan: Plan
) -> LoadResult:
    """Every batch of the plan, and its figures."""
    shots: list[Shot] = []
    context = place.context if urlsplit(stage.portal.base).scheme == "https" else None
    async with load_client.session(REQUEST_SECONDS, place.target) as client:
        for batch in plan.batches:
            await _rest(stage, limited=bool(probe.limit))
            requests = {n: _prepared(stage, visitor, call, n) for n in batch}

            async def shoot(
                number: int, requests: dict[int, tuple[HttpProbe, bytes | None]] = requests
            ) -> HttpResult:
                return await load_client.send(client, *requests[number], context)

            shots += await load_client.steady(shoot, batch, plan.per_second)
    matched = [s for s in shots if s.answer.cause is None and answers.matches(call.success, s.answer)]
    found = load_client.figures(matched, probe.target / load_client.FINE)
    statuses, causes = load_client.tally(shots)
    lag = load_client.lag_of(shots)
    saturated = lag > SHARE * probe.target
    detail = f"requests left {lag:.0f} ms late: this machine is too busy to tell" if saturated else ""
    cause = Cause.SATURATED if saturated else None
    untrusted = next((shot.answer.detail for shot in shots if shot.answer.cause is Cause.TLS), None)
    if untrusted is not None and not statuses:  # whom nobody should talk to has not failed under load
        cause, detail = Cause.TLS, untrusted
    return LoadResult(
        probe, cause, len(shots), len(matched),
        tuple(sorted(statuses.items())), tuple(sorted(causes.items())),
        found.p50, found.p95, found.p99, found.most, found.encoded, found.buckets,
        lag=lag, saturated=saturated, detail=detail,
    )  # fmt: skip


async def _rest(stage: Stage, *, limited: bool) -> None:
    """Until nothing counts against the limit any more."""
    if not limited:
        return
    if stage.on_edge:
        await stage.advance(WINDOW + 1)
    else:
        await asyncio.sleep(WINDOW)


def _prepared(stage: Stage, visitor: Visitor, call: Call, number: int) -> tuple[HttpProbe, bytes | None]:
    """One request of the load, as its user's browser would send it, and paid for. Raises Stopped."""
    stage.budget.spend()
    return visitor.prepared(call, nonce=f"{stage.access.nonce}-{number}")
