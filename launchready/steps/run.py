"""Walking through the steps: look, tell, wait with a back-off, stop where it does not go on, keep it all.

Whatever ends a walk (a deadline, Ctrl-C, a kill) loses nothing: every look is kept before the next wait.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from launchready.errors import ApiError
from launchready.evidence.types import Cause
from launchready.steps.context import Context
from launchready.steps.document import to_document
from launchready.steps.outcome import Look, State, failed, unknown
from launchready.steps.plan import PLAN, Step
from launchready.steps.render import told
from launchready.steps.store import Entry, Progress, save

LOOK_SECONDS = 150.0
"""The longest that one look may take, whatever it asks."""
TELL_SECONDS = 15.0
"""How often it is said that nothing has changed."""


@dataclass(frozen=True, slots=True)
class Run:
    """How to walk. ``wait``: seconds to wait in all, also for a person; None: each step's own patience, and
    for nobody. ``path``: where what is seen is kept; None keeps nothing. ``scale``: of back-off and patience.
    """

    say: Callable[[str], None]
    wait: float | None = None
    path: Path | None = None
    scale: float = 1.0
    plan: tuple[Step, ...] = PLAN
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    monotonic: Callable[[], float] = field(default=time.monotonic)


async def walk(context: Context, progress: Progress, run: Run) -> None:
    """Go through the steps from the first on; what is done is looked at again, once. ``progress`` holds what
    came of it. Raises LaunchreadyError when it can't be kept, or an input is wrong.
    """
    ends = None if run.wait is None else run.monotonic() + run.wait
    for number, step in enumerate(run.plan):
        context.entry = entry = progress.entry(step.name)
        late = _overdue(step, entry, context.clock()) and entry.look.state is not State.WAITING
        if run.path is not None and (late or entry.look.state is State.FAILED):
            entry.began = None  # a new run is a new try
        head = f"{number + 1}/{len(run.plan)} {step.name}"
        await _until_done(step, context, progress, run, ends, head)
        if entry.look.state is not State.DONE:
            _not_come_to(progress, run.plan[number + 1 :], known=entry.look.state is not State.UNKNOWN)
            _keep(progress, run)
            return


async def _until_done(
    step: Step, context: Context, progress: Progress, run: Run, ends: float | None, head: str
) -> None:
    """Look until the step is done, or this run has nothing more to wait for."""
    entry = context.entry
    since = before = entry.done
    begun = spoke = run.monotonic()
    pause = step.first * run.scale
    last: Look | None = None
    while True:
        _take(entry, await _look(step, context), context.clock().replace(microsecond=0), step, since)
        since = entry.done
        _keep(progress, run)
        look, now = entry.look, run.monotonic()
        if look != last:
            run.say(told(head, look, before if look.state is State.DONE else None))
            last, spoke = look, now
        until = begun + step.patience * run.scale if ends is None else ends
        left = until - now
        if look.state in (State.DONE, State.FAILED) or left <= 0 or _nobody_comes(look, ends):
            return
        if _overdue(step, entry, context.clock()):
            return
        pause_now = min(pause, left)
        if now - spoke >= TELL_SECONDS:
            run.say(f"{head}: still so after {now - begun:.0f} s; looking again in {pause_now:.0f} s")
            spoke = now
        await run.sleep(pause_now)
        pause = min(pause * 2, step.longest * run.scale)


def _nobody_comes(look: Look, ends: float | None) -> bool:
    """Without a time to wait, nobody is waited for."""
    return look.state is State.PERSON and ends is None


def _overdue(step: Step, entry: Entry, now: datetime) -> bool:
    return entry.began is not None and now - entry.began > step.deadline


async def _look(step: Step, context: Context) -> Look:
    """One look; what the API does not say is not known, rather than not there."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await step.look(context)
    except ApiError as error:
        fix = (error.fix,) if error.fix else ()
        return unknown(context.api.cause, error.what, todo=fix)
    except TimeoutError:
        return unknown(Cause.TIMEOUT, f"looking took longer than {LOOK_SECONDS:.0f} s")


def _take(entry: Entry, look: Look, now: datetime, step: Step, since: datetime | None) -> None:
    """Put a look into the entry: since when, until when, and what it means that it takes so long."""
    entry.looked = now
    if look.state is State.DONE:
        entry.look, entry.done, entry.began = look, entry.done or now, entry.began or now
        return
    if since is not None and look.state is not State.UNKNOWN:
        entry.began, entry.done = now, None
        look = replace(
            look, evidence=(*look.evidence, f"it was done since {since:%Y-%m-%d %H:%M} UTC, and is no longer")
        )
    entry.began = entry.began or now
    if look.state is State.WAITING and _overdue(step, entry, now):
        late = f"this has been waited for since {entry.began:%Y-%m-%d %H:%M} UTC, longer than it should take"
        look = failed(
            *look.evidence, late, todo=(*look.todo, "ask Cloudflare's support, or run it again later")
        )
    entry.look = look


def _not_come_to(progress: Progress, steps: tuple[Step, ...], *, known: bool) -> None:
    """What comes after a step that is not done is not known; where that one is undone, it begins anew."""
    for step in steps:
        entry = progress.entry(step.name)
        entry.look = Look(State.PENDING, ())
        if known:
            entry.began = entry.done = None


def _keep(progress: Progress, run: Run) -> None:
    if run.path is not None:
        save(run.path, to_document(progress))
