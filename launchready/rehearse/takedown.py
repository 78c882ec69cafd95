"""Taking a launch down: all of it where the zone was made here, all but the zone where it was adopted.

An adopted zone is protected and kept (``retain_on_delete``), so that the engine alone refuses to destroy
the launch at all. What the launch made goes first; then the state lets the zone go, which stays live as
it was found. What `launch adopt --live` found in the zone and took over was not made by the launch either:
its report, beside the client file, names it by its ids, and the state lets that go, too.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from launchready.client_file.loader import STACKS
from launchready.engine.operations import OnEvent, OperationResult, ignore_event, run_command
from launchready.errors import EngineError, InputError, Where
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
    await _retain_found(stack)
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


def found_before(directory: Path, client: str) -> frozenset[tuple[str, str]]:
    """(type, id) of everything that the report of `launch adopt --live` says was there before the launch.

    Empty where nothing was adopted so. Raises InputError for a report that can't be read: what was found
    must not be taken for the launch's own.
    """
    report = directory / STACKS / f"{client}.adopted.json"
    try:
        live = json.loads(report.read_bytes()).get("live") or {}
        imports = dict(live.get("imports") or {})
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise InputError(
            f"can't be read: {error}", where=Where(report), fix="bring it back as `launch adopt` wrote it"
        ) from error
    return frozenset((key.rpartition("::")[0], str(id_).rpartition("/")[2]) for key, id_ in imports.items())


def was_found(resource: Mapping[str, Any], found: frozenset[tuple[str, str]]) -> bool:
    """Is a resource of the state among ``found_before``? What was replaced since is not."""
    return (str(resource.get("type")), str(resource.get("id", "")).rpartition("/")[2]) in found


async def _retain_found(stack: Stack) -> None:
    """Have the state keep in the world what was found there. Raises EngineError, InputError."""
    found = found_before(stack.directory, stack.name)
    if not found:
        return
    document = await _export(stack)
    resources = document["deployment"].get("resources") or []
    kept = [one for one in resources if was_found(one, found)]
    if all(one.get("retainOnDelete") for one in kept):
        return
    for one in kept:
        one["retainOnDelete"] = True
    with tempfile.TemporaryDirectory(prefix="launchready-state-") as scratch:
        source = Path(scratch) / "state.json"
        source.touch(mode=0o600)
        source.write_text(json.dumps(document))
        arguments = ["stack", "import", "--file", str(source), "-s", stack.name]
        done = await run_command(stack.engine, arguments, cwd=stack.directory, env=stack.env)
    if done.code != 0:
        raise EngineError(f"the state does not keep what was found: {said(done)}", fix=advice(done))


async def _state(stack: Stack) -> list[Mapping[str, Any]]:
    """The resources that the state holds."""
    return list((await _export(stack))["deployment"].get("resources") or [])


async def _export(stack: Stack) -> dict[str, Any]:
    """The whole state. Secrets in the export stay encrypted; the file is ours and goes."""
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
        found: dict[str, Any] = json.loads(target.read_bytes())
    return found
