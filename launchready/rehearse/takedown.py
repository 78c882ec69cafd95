"""Taking a launch down: all of it where the zone was made here, all but the zone where it was adopted.

An adopted zone is protected and kept (``retain_on_delete``), so that the engine alone refuses to destroy
the launch at all. What the launch made goes first; then the state lets the zone go, which stays live as
it was found.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from launchready.engine.operations import OnEvent, OperationResult, ignore_event, run_command
from launchready.errors import EngineError
from launchready.rehearse.provision import OnLine, Stack, advice, said

EXCLUDE = ("--exclude-protected",)


async def plan_down(stack: Stack, *, adopted: bool, on_line: OnLine) -> OperationResult:
    """What ``take_down`` would do to the world, told line by line; changes nothing."""
    return await stack.plan("destroy", options=EXCLUDE if adopted else (), on_line=on_line)


async def take_down(stack: Stack, *, adopted: bool, on_event: OnEvent = ignore_event) -> Counter[str]:
    """Destroy what the launch made; the operations, counted by kind.

    ``adopted``: the zone was there before the launch, and stays. Raises EngineError, with everything that
    was not taken down still in the state.
    """
    if not adopted:
        return (await stack.operate("destroy", on_event=on_event)).changes
    changes = Counter((await stack.operate("destroy", options=EXCLUDE, on_event=on_event)).changes)
    deployment = await _state(stack)
    if not deployment:
        return changes
    kept = [resource for resource in deployment if resource.get("protect")]
    owned = [resource["urn"] for resource in kept if not resource.get("retainOnDelete")]
    if owned:
        raise EngineError(
            f"{len(owned)} protected resources would be deleted with the zone: {', '.join(owned)}",
            fix="`launch pulumi -- state unprotect URN -s CLIENT` for each that is to go",
        )
    if kept:
        freed = await run_command(
            stack.engine,
            ["state", "unprotect", "--all", "--yes", "-s", stack.name],
            cwd=stack.directory,
            env=stack.env,
        )
        if freed.code != 0:
            raise EngineError(f"the state does not let the zone go: {said(freed)}", fix=advice(freed))
    await stack.operate("destroy", on_event=ignore_event)  # retained: leaves the state, not the world
    return changes


async def _state(stack: Stack) -> list[Mapping[str, Any]]:
    """The resources that the state holds. Secrets in the export stay encrypted; the file is ours and goes."""
    with tempfile.TemporaryDirectory(prefix="launchready-state-") as scratch:
        target = Path(scratch) / "state.json"
        exported = await run_command(
            stack.engine,
            ["stack", "export", "--file", str(target), "-s", stack.name],
            cwd=stack.directory,
            env=stack.env,
        )
        if exported.code != 0:
            raise EngineError(f"the state can't be read: {said(exported)}", fix=advice(exported))
        found = json.loads(target.read_bytes())["deployment"].get("resources") or []
    return list(found)
