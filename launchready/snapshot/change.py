"""One change of a launch, from its preview to its snapshot: shown, judged, bound, snapshotted, applied.

Nothing is changed before the guard and a person have agreed. What was shown is what is applied: the
engine is given the plan of the preview, and the state, the zone and the client file must still be what
they were when it was made.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import yaml

from launchready.client_file.model import ClientFile
from launchready.engine.operations import OnEvent, OperationResult
from launchready.errors import EngineError, Where
from launchready.guard import Allowed, Loss, Plan, judge, losses, plan_of, render
from launchready.guard.judge import WorldChangedError
from launchready.guard.losses import record_losses
from launchready.rehearse.provision import Stack
from launchready.rehearse.takedown import EXCLUDE, found_before, take_down, was_found
from launchready.snapshot.api import Api
from launchready.snapshot.foreign import Difference, bring_back, difference, remove_records
from launchready.snapshot.git import revision_of
from launchready.snapshot.manifest import CLIENT_FILE, Kind, Manifest, sha256
from launchready.snapshot.seal import Sealer
from launchready.snapshot.state import State, export_state
from launchready.snapshot.store import Store
from launchready.snapshot.take import Snapshot, Taking, damage, listed, take
from launchready.snapshot.world import World, read_world


class Talk(Protocol):
    """The person at the other end. Without one, ``ask`` and ``named`` say no."""

    def show(self, text: str) -> None: ...

    def progress(self, phase: str, operation: str, name: str) -> None: ...

    def ask(self) -> bool:
        """Go on?"""

    def named(self, loss: Loss) -> bool:
        """Did a person type the name of what would be lost?"""


@dataclass(frozen=True, slots=True)
class Launch:
    """What is worked on. ``world_name``: "live", or which edge. ``root``: the project's checkout.

    ``client_path``: the client file that the stack is run with. ``store``: None keeps no snapshots.
    """

    stack: Stack
    client: ClientFile
    client_path: Path
    root: Path
    world_name: str
    store: Store | None
    sealer: Sealer
    talk: Talk

    def api(self) -> Api:
        """The API behind the stack's own gateway and token."""
        return Api(self.stack.env["CLOUDFLARE_BASE_URL"], self.stack.env["CLOUDFLARE_API_TOKEN"])


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done. ``operation``: "up" or "destroy". ``reason``: for the snapshots' list.

    ``names``: losses that were named beforehand. ``back``: the snapshot that a rollback goes to, ``step``
    that it undoes the last launch and nothing else (what that one did need not be named again).
    ``max_delete``: instead of the client file's.
    """

    operation: str
    reason: str
    names: frozenset[str] = frozenset()
    refresh: bool = False
    back: Snapshot | None = None
    step: bool = False
    max_delete: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """How things stood when the plan was made."""

    state: State
    world: World | None
    client_file: bytes


@dataclass(slots=True)
class Done:
    """What came of it. ``left``: what could not be brought back, in words."""

    plan: Plan
    changes: Counter[str] = field(default_factory=Counter)
    before: Manifest | None = None
    after: Manifest | None = None
    foreign: Difference = field(default_factory=Difference)
    left: list[str] = field(default_factory=list)
    changed: bool = False
    world_digest: str = ""
    """Of the zone as it is left."""


async def look(launch: Launch, api: Api) -> Seen:
    """State, zone and client file as they are now. Raises EngineError or ApiError."""
    state = await export_state(launch.stack)
    world = await read_world(api, launch.client.domain, state.zone_id or launch.client.zone.id)
    return Seen(state, world, launch.client_path.read_bytes())


async def carry_out(launch: Launch, wish: Wish) -> Done:
    """Preview, judge, ask, bind, snapshot, apply.

    Raises GuardError, WorldChangedError, EngineError or ApiError; whatever is raised before the snapshot is
    taken, nothing was changed.
    """
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(launch.api())
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="launchready-plan-")))
        seen = await look(launch, api)
        plan = await _preview(launch, wish, seen, scratch / "plan.json")
        done = Done(plan, foreign=_foreign(wish, seen))
        if plan.empty and done.foreign.empty and not seen.state.pending:
            launch.talk.show("Changes nothing.")
            done.changes = Counter(plan.counts)
            done.after = await _baseline(launch, wish, seen)
            done.world_digest = _digest(seen.world)
            return done
        _judge(launch, wish, done, seen)
        if not launch.talk.ask():
            raise DeclinedError("not gone on with; nothing was changed")
        seen = await _still(launch, api, seen)
        done.before = await _before(launch, wish, plan, seen)
        await _apply(launch, wish, api, scratch / "plan.json", done, seen)
        done.changed = True
        if wish.operation == "up":
            seen = await _put_back(launch, api, done, await look(launch, api))
            done.after = await _after(launch, wish, done, seen)
            done.world_digest = _digest(seen.world)
        return done


class DeclinedError(WorldChangedError):
    """A person said no."""


async def _preview(launch: Launch, wish: Wish, seen: Seen, target: Path) -> Plan:
    """The plan, kept in a file that only this user can read, for ``up`` to be held to."""
    events: list[Mapping[str, Any]] = []
    result = await launch.stack.plan(
        wish.operation,
        refresh=wish.refresh,
        options=_options(launch, wish, "--save-plan", target),
        on_event=launch.talk.progress,
        on_raw=events.append,
    )
    plan = plan_of(events, seen.state.retained | _found(launch, wish, seen))
    return plan if plan.counts else replace(plan, counts=result.changes)


def _found(launch: Launch, wish: Wish, seen: Seen) -> frozenset[str]:
    """URNs of what an adoption found in the zone, which a takedown leaves there."""
    if wish.operation != "destroy":
        return frozenset()
    found = found_before(launch.stack.directory, launch.stack.name)
    return frozenset(str(one["urn"]) for one in seen.state.resources if was_found(one, found))


def _options(launch: Launch, wish: Wish, flag: str, plan: Path) -> Sequence[str]:
    if wish.operation == "destroy":
        return EXCLUDE if launch.client.zone.id is not None else ()
    return (f"{flag}={plan}",)


def _foreign(wish: Wish, seen: Seen) -> Difference:
    back = wish.back
    if back is None or back.world is None:
        return Difference()
    return difference(seen.world, seen.state, back.world, back.state)


def _judge(launch: Launch, wish: Wish, done: Done, seen: Seen) -> None:
    """Show the plan, and refuse what the guard refuses. Raises GuardError."""
    apex, guard = launch.client.domain, launch.client.guard
    found = losses(done.plan, apex)
    if wish.step:  # what the last launch did is undone: only the zone itself is never a step
        found = tuple(loss for loss in found if loss.name.endswith(" zone"))
    after = wish.back.world.records if wish.back is not None and wish.back.world is not None else ()
    found += record_losses(done.foreign.remove, after, apex)
    text = render(done.plan, found)
    if lines := done.foreign.lines():
        text += "\nOf what no launch owns:\n" + "\n".join(f"  {line}" for line in lines)
    launch.talk.show(text)
    deleted = 0 if wish.step else done.plan.deleted
    most = guard.max_delete if wish.max_delete is None else wish.max_delete
    whole = wish.operation == "destroy" and (guard.destroy or _domain_named(wish.names, apex))
    verdict = judge(deleted + len(done.foreign.remove), found, Allowed(most, wish.names, whole))
    if verdict.unnamed and not verdict.excess:
        verdict = verdict.name([loss.name for loss in verdict.unnamed if launch.talk.named(loss)])
    for name in verdict.unused:
        launch.talk.show(f"--allow-loss {name}: nothing of that name would be lost")
    if verdict.refuses:
        raise _refusal(verdict.error(_where(launch, seen)), wish, apex)


def _refusal(error: Any, wish: Wish, apex: str) -> Any:
    """For a takedown there is one thing to name; for a rollback, the number is on the command line."""
    if wish.operation == "destroy":
        error.fix = (
            f"if all of it is to go, name the domain: --allow-loss {apex} "
            "(or set launchready:guard: {destroy: true})"
        )
    elif wish.back is not None and error.fix is not None:
        error.fix = re.sub(
            r"set launchready:guard: \{max_delete: (\d+)\}", r"give --max-delete \1", error.fix
        )
    return error


def _domain_named(names: frozenset[str], apex: str) -> bool:
    return any(name.strip().rstrip(".").lower() == apex for name in names)


def _where(launch: Launch, seen: Seen) -> Where:
    """The file, and the line that says how many may go (where it has one)."""
    lines = seen.client_file.decode("utf-8", errors="replace").splitlines()
    line = next((n for n, one in enumerate(lines, 1) if one.lstrip().startswith("launchready:guard:")), None)
    return Where(launch.client_path, line)


async def _still(launch: Launch, api: Api, seen: Seen) -> Seen:
    """How things stand now. Raises WorldChangedError where they stood otherwise when the plan was made."""
    now = await look(launch, api)
    differs = []
    if now.state.digest != seen.state.digest:
        differs.append("the state (another run has changed it)")
    if _digest(now.world) != _digest(seen.world):
        differs.append("the zone (other hands have changed it)")
    if _config(now.client_file) != _config(seen.client_file):
        differs.append(f"the client file {launch.client_path}")
    if differs:
        raise WorldChangedError(
            f"since the plan was shown, {' and '.join(differs)} changed: it would no longer be what is done. "
            "Nothing was changed",
            fix="run it again, and look at the new plan",
        )
    return now


def _config(client_file: bytes) -> Any:
    """What a client file declares; the engine writes its salt into one without, and lays it out anew."""
    try:
        return yaml.safe_load(client_file)["config"]
    except (yaml.YAMLError, LookupError, TypeError):
        return client_file


def _digest(world: World | None) -> str:
    return "" if world is None else world.digest


async def _apply(launch: Launch, wish: Wish, api: Api, plan: Path, done: Done, seen: Seen) -> None:
    """The change itself; what is not ours is taken away before, and brought back after."""
    try:
        if seen.world is not None and done.foreign.remove:
            await remove_records(api, seen.world.zone_id, done.foreign.remove)
        if wish.operation == "destroy":
            adopted = launch.client.zone.id is not None
            done.changes = await take_down(launch.stack, adopted=adopted, on_event=launch.talk.progress)
            return
        options = [f"--plan={plan}", *(["--refresh"] if wish.refresh else [])]
        done.changes = (await _operate(launch.stack, options, launch.talk.progress)).changes
    except EngineError as error:
        raise _explained(error, launch, done) from error


async def _put_back(launch: Launch, api: Api, done: Done, seen: Seen) -> Seen:
    """Bring back what no launch owns, now that there is a zone for it; how things stand then."""
    done.left += done.foreign.left
    if seen.world is None or done.foreign.empty:
        return seen
    done.left += await bring_back(api, seen.world.zone_id, done.foreign)
    return await look(launch, api)


async def _operate(stack: Stack, options: Sequence[str], on_event: OnEvent) -> OperationResult:
    return await stack.operate("up", options=options, on_event=on_event)


def _explained(error: EngineError, launch: Launch, done: Done) -> EngineError:
    """A plan that no longer holds is said as such; any other failure names the way back."""
    if "violates plan" in error.what:
        return EngineError(
            "the engine stopped where it would have done something else than the plan that was shown: "
            + error.what,
            fix="run it again, and look at the new plan",
        )
    if done.before is not None:
        command = f"launch rollback {launch.client.client} --to {done.before.id}"
        way = f"`{command}` brings back what was there before"
        error.fix = f"{error.fix}; or {way}" if error.fix else f"mend it and run it again, or {way}"
    return error


# ---- snapshots ----------------------------------------------------------------------------------


async def _before(launch: Launch, wish: Wish, plan: Plan, seen: Seen) -> Manifest | None:
    """What the change finds, with the client file that the launch which is live came from."""
    if launch.store is None:
        return None
    content, which = await asyncio.to_thread(_live_file, launch, seen)
    to = wish.back.manifest.id if wish.back is not None else None
    return await _take(launch, seen, Kind.BEFORE, wish.reason, content, which, plan=plan.hash, to=to)


def _live_file(launch: Launch, seen: Seen) -> tuple[bytes | None, str]:
    """The client file of the last launch of this world, where an intact snapshot has it."""
    if launch.store is None or not any(one.get("custom") for one in seen.state.resources):
        return None, "none"
    for manifest in reversed(listed(launch.store)[0]):
        if manifest.world == launch.world_name and manifest.kind is Kind.LAUNCH:
            content = launch.store.read(manifest.id, CLIENT_FILE)
            if content is not None and sha256(content) == manifest.client_sha256:
                return content, "launched"
    return seen.client_file, "assumed"


async def _after(launch: Launch, wish: Wish, done: Done, seen: Seen) -> Manifest | None:
    """The launch as it now is."""
    if launch.store is None:
        return None
    before = done.before.id if done.before is not None else None
    to = wish.back.manifest.id if wish.back is not None else None
    return await _take(
        launch, seen, Kind.LAUNCH, wish.reason, seen.client_file, "launched",
        plan=done.plan.hash, before=before, to=to,
    )  # fmt: skip


async def _baseline(launch: Launch, wish: Wish, seen: Seen) -> Manifest | None:
    """A launch that has no good snapshot yet, or whose file says the same in other words, gets one."""
    if launch.store is None or wish.operation != "up" or not seen.state.resources:
        return None
    mine = [one for one in listed(launch.store)[0] if one.world == launch.world_name]
    last = next((one for one in reversed(mine) if one.kind is Kind.LAUNCH), None)
    same = last is not None and last.client_sha256 == sha256(seen.client_file)
    if last is not None and same and mine[-1] is last and not damage(launch.store, last):
        return None
    before = last.before if last is not None else None
    return await _take(launch, seen, Kind.LAUNCH, wish.reason, seen.client_file, "launched", before=before)


async def _take(
    launch: Launch, seen: Seen, kind: Kind, reason: str, content: bytes | None, which: str, **more: Any
) -> Manifest:
    store = launch.store
    if store is None:
        raise RuntimeError("no store")
    taking = Taking(
        kind=kind, client=launch.client.client, domain=launch.client.domain, world_name=launch.world_name,
        reason=reason, state=seen.state, world=seen.world, client_file=content, client_file_is=which,
        git=revision_of(launch.root), **more,
    )  # fmt: skip
    key = launch.sealer.key(seen.state.salt, Where(launch.client_path))
    return await asyncio.to_thread(take, store, taking, key)
