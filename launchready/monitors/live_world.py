"""Production as a drill breaks it: its health check is inverted for a while, so that nothing is really down.

An inverted health check reports the opposite of what it sees: the alarm, the topic and the owners are the
real ones, the site is not touched. It is turned back whatever happens; what ``kill -9`` leaves behind is
found by a tag on the alarm, and undone by the next drill.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from launchready.errors import ApiError, LaunchreadyError
from launchready.monitors import aws
from launchready.monitors.aws import Client, Target
from launchready.monitors.result import Channel

STEP_SECONDS = 10.0
ALL_CLEAR_SECONDS = 600.0
TRIES = 4
Received = Callable[[list[Channel]], Awaitable["set[str] | None"]]
"""Asks a person: the names of the channels whose alert they have seen; None when nobody can be asked."""
Sleep = Callable[[float], Awaitable[None]]


class LiveWorld:
    """``clock`` and ``sleep`` are the real ones but for tests."""

    target = "live"
    method = "the health check was inverted"
    step = STEP_SECONDS
    all_clear = ALL_CLEAR_SECONDS
    clears_told = False

    def __init__(
        self,
        client: Client,
        received: Received,
        *,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        step: float = STEP_SECONDS,
    ) -> None:
        self.client = client
        self.step = step
        self._received, self._sleep, self._clock = received, sleep, clock
        self._before: bool | None = None

    async def now(self) -> datetime:
        return self._clock()

    async def prepare(self, target: Target) -> None:
        """Undo what a drill that was killed left behind."""
        left = (await asyncio.to_thread(aws.tags, self.client, target)).get(aws.UNDERWAY)
        if left is not None:
            await asyncio.to_thread(aws.invert, self.client, target, left == "true")
            await asyncio.to_thread(aws.untag, self.client, target, aws.UNDERWAY)

    async def break_(self, target: Target) -> None:
        """The tag goes first: whoever finds an inverted health check knows what it was before."""
        before = await asyncio.to_thread(aws.inverted, self.client, target)
        mark = {aws.UNDERWAY: str(before).lower()}
        self._before = before
        await asyncio.to_thread(aws.tag, self.client, target, mark)
        await asyncio.to_thread(aws.invert, self.client, target, not before)

    async def mend(self, target: Target) -> None:
        """As it was before, in several tries: an inverted health check would hide a real outage."""
        if self._before is None:
            return
        for attempt in range(TRIES):
            try:
                await asyncio.to_thread(aws.invert, self.client, target, self._before)
                await asyncio.to_thread(aws.untag, self.client, target, aws.UNDERWAY)
            except LaunchreadyError as error:
                if attempt + 1 == TRIES:
                    raise ApiError(
                        f"the health check {target.health_check} is still inverted: {error.what}",
                        fix=f"turn it back now: aws route53 update-health-check --health-check-id "
                        f"{target.health_check} --{'' if self._before else 'no-'}inverted",
                    ) from error
                await self._sleep(1.0)
            else:
                self._before = None
                return

    async def wait(self, seconds: float) -> None:
        await self._sleep(seconds)

    async def heard(self, channel: Channel, alarm: str, state: str, since: datetime) -> datetime | None:
        return None

    async def ask(self, channels: list[Channel], alarm: str, at: datetime) -> list[str] | None:
        """What the owners say. A channel that nobody speaks of is not proved; one denied stays silent."""
        seen = await self._received(channels)
        if seen is None:
            return [channel.name for channel in channels]
        for channel in channels:
            if channel.name in seen or channel.kind in seen:
                channel.alarm_at = at
        return []
