"""Putting right what a run left that died or failed, in order, before anything else is done.

Processes of the dead run are ended, the engine's lock is taken away, what was under way is looked up and
put into the state (or left out where it never happened), and what may have changed is read anew. It can be
interrupted itself: each step leaves the note of the last run until what it stands for is done.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from launchready.engine.operations import OperationResult, run_command
from launchready.engine.state_file import PROJECT, pending_in_file
from launchready.errors import EngineError
from launchready.recovery import leftover
from launchready.recovery.found import api_of, look_up, needs_looking
from launchready.recovery.lock import RUN, Lock, Unfinished
from launchready.recovery.pending import noted, settled, under_way
from launchready.rehearse.provision import Stack, advice, said

Say = Callable[[str], None]
MOST_TARGETS = 400
"""More than that many resources are not read one by one: then all are."""


async def clear(stack: Stack, lock: Lock, say: Say) -> None:
    """End what the last run left running, and mend what it left half written.

    Call it inside ``lock.work()`` before the engine is asked anything. Raises EngineError.
    """
    if lock.last is not None:
        say("the last run did not end well: looking at what it left")
        ended = await leftover.end_processes(RUN, lock.last.runs)
        if ended:
            say(f"ended {ended} processes of it")
    if leftover.mend_directory(stack.env.get("PULUMI_BACKEND_URL", ""), PROJECT, stack.name):
        say("took away what it left half written in the state's directory")


async def recover(stack: Stack, lock: Lock, say: Say) -> None:
    """Settle what the last run left. Call it after ``clear``, once the stack is there.

    Raises EngineError for a stack that another engine holds, ApiError where the API does not tell what became
    of something; the next run then begins here again.
    """
    last = lock.last
    await _free(stack, say)
    if last is None and not await _something_pending(stack):
        return
    await _settle(stack, lock, last, say)


async def _free(stack: Stack, say: Say) -> None:
    """Take away the lock of an engine that is dead. Raises EngineError where one is alive."""
    locks = leftover.locks_in_directory(stack.env.get("PULUMI_BACKEND_URL", ""), PROJECT, stack.name)
    if locks:
        leftover.refuse_living(locks)
        await _cancel(stack)
        say("took away the stack's lock, which a dead engine had left")


async def _cancel(stack: Stack) -> None:
    await _command(stack, ["cancel", "--yes"], "the stack's lock can't be taken away")


async def _something_pending(stack: Stack) -> bool:
    """Whether the state has operations that never ended, of an engine that ran without a lock of ours."""
    told = pending_in_file(stack.env.get("PULUMI_BACKEND_URL", ""), stack.name)
    return bool((await _export(stack))["deployment"].get("pending_operations")) if told is None else told


async def _settle(stack: Stack, lock: Lock, last: Unfinished | None, say: Say) -> None:
    document = await _export(stack)
    deployment = document["deployment"]
    open_ = under_way(deployment, last.failed if last is not None else ())
    stale = [*(last.stale if last is not None else ()), *open_.stale]
    asked = [making for making in open_.makings if needs_looking(making)]
    ids: dict[str, str] = {}
    if asked:
        taken = frozenset(
            str(one.get("id", "")).rpartition("/")[2] for one in deployment.get("resources") or ()
        )
        api = api_of(stack.env)
        try:
            ids = await look_up(api, asked, taken, last.began if last is not None else None)
        finally:
            await api.close()
    after, adopted = settled(noted(deployment, asked), ids)
    if adopted or deployment.get("pending_operations"):
        await _import(stack, {**document, "deployment": after}, say)
    if open_.makings:
        say(f"of {len(open_.makings)} creates under way, {len(adopted)} had happened and are taken over")
    known = {one["urn"] for one in after.get("resources") or () if one.get("custom")}
    anew = [urn for urn in dict.fromkeys([*stale, *adopted]) if urn in known]
    lock.settle(anew)
    if anew:
        await _read_anew(stack, anew)
        say(f"read {len(anew)} resources anew")
    lock.settle([])


async def _read_anew(stack: Stack, urns: Sequence[str]) -> None:
    targets = [f"--target={urn}" for urn in urns] if len(urns) <= MOST_TARGETS else []
    await stack.operate("refresh", options=targets)


async def _export(stack: Stack) -> dict[str, Any]:
    """The state as the engine exports it; secrets stay encrypted in it, and the file goes."""
    with tempfile.TemporaryDirectory(prefix="launchready-state-") as scratch:
        target = Path(scratch) / "state.json"
        await _command(stack, ["stack", "export", "--file", str(target)], "the state can't be read")
        found: dict[str, Any] = json.loads(target.read_bytes())
    if not isinstance(found.get("deployment"), Mapping):
        raise EngineError("the exported state is no document of the engine")
    return found


async def _import(stack: Stack, document: Mapping[str, Any], say: Say) -> None:
    """Put a state in the place of the one there; frees it first where a dead engine holds it."""
    with tempfile.TemporaryDirectory(prefix="launchready-state-") as scratch:
        source = Path(scratch) / "state.json"
        source.touch(mode=0o600)
        source.write_text(json.dumps(document))
        arguments = ["stack", "import", "--file", str(source)]
        result = await _run(stack, arguments)
        if result.code != 0 and (locks := leftover.locks_told(said(result))):
            leftover.refuse_living(locks)
            await _cancel(stack)
            say("took away the stack's lock, which a dead engine had left")
            result = await _run(stack, arguments)
    if result.code != 0:
        raise EngineError(f"the state can't be put right: {said(result)}", fix=advice(result))


async def _command(stack: Stack, arguments: Sequence[str], problem: str) -> OperationResult:
    result = await _run(stack, arguments)
    if result.code != 0:
        raise EngineError(f"{problem}: {said(result)}", fix=advice(result))
    return result


async def _run(stack: Stack, arguments: Sequence[str]) -> OperationResult:
    return await run_command(stack.engine, [*arguments, "-s", stack.name], cwd=stack.directory, env=stack.env)
