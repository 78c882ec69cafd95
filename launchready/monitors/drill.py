"""The drill: break a watched path, wait for the alert on every declared channel, mend, await the all-clear.

The path is broken by the world that is drilled (``edge_world``, ``live_world``); everything else is the
same, and what was broken is mended whatever happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from launchready.client_file.model import ClientFile
from launchready.client_file.monitors_model import watches
from launchready.declared.monitors import Alarm, Monitor, Monitoring
from launchready.declared.types import Declared
from launchready.errors import InputError, LaunchreadyError
from launchready.monitors import aws
from launchready.monitors.aws import Target
from launchready.monitors.result import Channel, Drill
from launchready.monitors.world import World

MINUTE = 60.0
SETTLE_SECONDS = 240.0
"""How long an alarm may take to be OK before anything is broken."""
Say = Callable[[str], None]


def monitor_of(declared: Declared, path: str | None) -> tuple[Monitoring, Monitor, Alarm]:
    """The monitor of a path (``/login``, ``app.acme.example/login`` or a URL), or the first, and its alarm.

    Raises InputError naming what is watched.
    """
    monitoring = declared.monitoring
    if monitoring is None or monitoring.provider != "aws" or not monitoring.monitors:
        raise InputError(
            "there is nothing to drill: the client file declares no monitors on AWS",
            fix="launchready:monitors: {paths: [/], notify: {email: [you@example.org]}}",
        )
    wanted = (path or "").removeprefix("https://")
    found = [one for one in monitoring.monitors if not wanted or wanted in (one.path, one.name)]
    if not found:
        watched = ", ".join(one.name for one in monitoring.monitors)
        raise InputError(f"{path} is not watched", fix=f"--path takes one of: {watched}")
    monitor = found[0]
    alarm = next(one for one in monitoring.alarms if one.monitor == monitor.name)
    return monitoring, monitor, alarm


def can_drill(client: ClientFile, declared: Declared) -> bool:
    """Are there monitors on AWS, and somebody whom they tell?"""
    monitoring = declared.monitoring
    watched = monitoring is not None and monitoring.provider == "aws" and bool(monitoring.monitors)
    return watched and bool(channels_of(client))


def channels_of(client: ClientFile) -> list[Channel]:
    """One for each declared owner."""
    monitors = watches(client.monitors)
    if monitors is None:
        return []
    notify = monitors.notify
    found = [Channel("email", address) for address in notify.email]
    found += [Channel("sms", number) for number in notify.sms]
    return [*found, Channel("slack", "slack")] if notify.slack is not None else found


async def drill(
    client: ClientFile,
    declared: Declared,
    world: World,
    *,
    path: str | None = None,
    say: Say = lambda _: None,
) -> Drill:
    """Drill one path and write down what was proved. Raises InputError, ApiError, EdgeError."""
    _, monitor, alarm = monitor_of(declared, path)
    channels = channels_of(client)
    if not channels:
        raise InputError("nobody is told: monitors.notify names no owner", fix="launchready:monitors.notify")
    target = await asyncio.to_thread(aws.find, world.client, alarm.name)
    found = Drill(
        client=client.client,
        domain=client.domain,
        target=world.target,
        url=monitor.url,
        health_check=target.health_check,
        alarm=target.alarm,
        alarm_arn=target.arn,
        interval=monitor.interval,
        failure_threshold=monitor.failure_threshold,
        limit=MINUTE + monitor.interval * monitor.failure_threshold,
        method=world.method,
        started=await world.now(),
        channels=channels,
    )
    await world.prepare(target)
    if await _is_well(world, target, found, say):
        await _rehearse(world, target, found, say)
    await _record(world, target, found)
    return found


async def _is_well(world: World, target: Target, found: Drill, say: Say) -> bool:
    """A drill begins with an alarm that is OK: one that already rings proves nothing."""
    say("waiting for the alarm to be OK")
    if await asyncio.to_thread(aws.silenced, world.client, target.alarm):
        found.problems.append(f"the actions of the alarm {target.alarm} are switched off")
        return False
    if await _until(world, target, "OK", SETTLE_SECONDS, found.started) is not None:
        if await asyncio.to_thread(aws.inverted, world.client, target):
            return True  # it complains while all is well
        complaint = await asyncio.to_thread(aws.failing, world.client, target)
        if complaint is None:
            return True
        found.problems.append(f"{found.url} did not answer well before anything was broken: {complaint}")
        return False
    now, _ = await asyncio.to_thread(aws.state, world.client, target.alarm)
    found.problems.append(f"the alarm was {now} before anything was broken: {found.url} is not watched well")
    return False


async def _rehearse(world: World, target: Target, found: Drill, say: Say) -> None:
    """Break, wait for the alert, mend at once (people are asked afterwards), wait for the all-clear."""
    say(f"breaking {found.url} on purpose")
    found.broken_at = await world.now()
    try:
        await _to_its_end(world.break_(target))
        say("waiting for the alert")
        found.alarm_at = await _until(world, target, "ALARM", found.limit, found.broken_at, found.channels)
    finally:
        await _to_its_end(world.mend(target))
    found.mended_at = await world.now()
    await _judge(world, target, found)
    say("mended; waiting for the all-clear")
    await _all_clear(world, target, found)


async def _judge(world: World, target: Target, found: Drill) -> None:
    """Did the alarm ring, and did every channel get its alert?"""
    if found.alarm_at is None:
        found.problems.append(f"the alarm did not ring within {found.limit:.0f} s")
        return
    unknown = await world.ask(found.channels, target.alarm, found.alarm_at)
    for channel in found.channels:
        if unknown is not None and channel.name in unknown:
            found.unproved.append(f"nobody said whether the alert reached {channel.name}")
        elif channel.alarm_at is None:
            found.problems.append(f"the alert did not reach {channel.name} within {found.limit:.0f} s")


async def _all_clear(world: World, target: Target, found: Drill) -> None:
    assert found.mended_at is not None  # noqa: S101 - set by the caller
    since = found.mended_at
    told = [channel for channel in found.channels if channel.alarm_at is not None and world.clears_told]
    found.ok_at = await _until(world, target, "OK", world.all_clear, since, told, clear=True)
    if found.ok_at is None:
        found.problems.append(f"the alarm was not over {world.all_clear:.0f} s after mending")
    found.problems += [f"the all-clear did not reach {one.name}" for one in told if one.ok_at is None]


async def _until(
    world: World,
    target: Target,
    state: str,
    seconds: float,
    since: datetime,
    channels: list[Channel] | None = None,
    *,
    clear: bool = False,
) -> datetime | None:
    """When the alarm entered ``state``; None if it did not within ``seconds``.

    Goes on until the channels have heard of it too, as far as the time allows.
    """
    begin, at = await world.now(), None
    while True:
        if at is None:
            now, changed = await asyncio.to_thread(aws.state, world.client, target.alarm)
            at = changed if now == state else None
        missing = await _listen(world, target, state, since, channels or (), clear)
        passed = (await world.now() - begin).total_seconds()
        if at is not None and (not missing or not world.clears_told):
            return at
        if passed >= seconds:
            return at
        await world.wait(min(world.step, max(1.0, seconds - passed)))


async def _listen(
    world: World, target: Target, state: str, since: datetime, channels: Any, clear: bool
) -> bool:
    """Is a channel still without its message?"""
    missing = False
    for channel in channels:
        known = channel.ok_at if clear else channel.alarm_at
        if known is None:
            known = await world.heard(channel, target.alarm, state, since)
            if clear:
                channel.ok_at = known
            else:
                channel.alarm_at = known
        missing = missing or known is None
    return missing


async def _record(world: World, target: Target, found: Drill) -> None:
    """Proved: written down. Failed: what was proved before is struck out. Unproved: left as it was."""
    if found.proved:
        at = await world.now()
        kinds = [channel.kind for channel in found.channels]
        await asyncio.to_thread(aws.record, world.client, target, at, kinds)
        found.recorded = True
    elif found.problems:
        await asyncio.to_thread(aws.strike, world.client, target)


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Finish it even when the drill is being cancelled, again and again; then let the cancellation on."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
        except LaunchreadyError:
            break
    task.result()
    if cancelled:
        raise asyncio.CancelledError
