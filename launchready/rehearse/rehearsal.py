"""One rehearsal, from nothing to a verdict, and back to nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.declared.created import needs_outputs
from launchready.edge.document import environment
from launchready.engine import Engine
from launchready.engine.operations import OnEvent, OperationResult, ignore_event
from launchready.errors import EngineError
from launchready.gateway import Gateway
from launchready.monitors import Drill
from launchready.rehearse import kept
from launchready.rehearse.edge_process import EdgeProcess
from launchready.rehearse.prepare import hold_drill, prepare
from launchready.rehearse.provision import Stack
from launchready.rehearse.workspace import PASSPHRASE, make_workspace
from launchready.verify import verify
from launchready.verify.expiry import publish

if TYPE_CHECKING:
    from launchready.verify import Verification

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of a rehearsal. ``edge`` is the edge's document when it was kept, else None."""

    verification: Verification
    up: OperationResult
    api_calls: int
    edge: Mapping[str, Any] | None
    directory: Path | None
    drill: Drill | None = None
    """What the drill of the monitors proved; None where none are declared."""


async def rehearse(
    client: ClientFile,
    root: Path,
    engine: Engine,
    *,
    say: Say,
    keep: bool = False,
    origin: str | None = None,
    on_event: OnEvent = ignore_event,
    progress: Any = None,
    fuzz: bool = False,
) -> Rehearsal:
    """Start an edge, run the real program against it, verify what is served, take it all down.

    Raises EngineError, EdgeError or InputError; whatever happens, no process and no file is left
    (with ``keep``, the edge and its directory are left on purpose once the rehearsal has succeeded).
    """
    async with AsyncExitStack() as cleanup:
        directory = Path(tempfile.mkdtemp(prefix=f"launchready-{client.client}-"))
        cleanup.callback(_remove, directory)
        say("starting the local edge")
        edge = await cleanup.enter_async_context(
            EdgeProcess(directory / "edge", plan=client.plan.value, account=client.account, origin=origin)
        )
        account = str(edge.document["account"])
        workspace = make_workspace(root, client, directory / "project", account=account)
        kept.note(directory / "edge", workspace)
        (directory / "pulumi-home").mkdir()
        say("running the Pulumi program against it")
        async with Gateway(edge.document["api"], edge.document["token"]) as gateway:
            env = _environment(edge.document, directory, gateway.base_url)
            stack = Stack(engine, workspace.directory, workspace.stack, env)
            try:
                await stack.ensure()
                up = await stack.operate("up", on_event=on_event)
            except EngineError:
                # A dead edge is the cause, not the engine's complaint about it.
                await edge.settle()
                edge.require_alive()
                raise
            outputs = await stack.outputs() if needs_outputs(declare(client)) else None
            calls = gateway.stats.calls
        document = await edge.refresh()
        # What was launched, with the canaries that stand in for its secrets.
        launched = workspace.client()
        await prepare(launched, document, say)
        drilled = await hold_drill(launched, document, say)
        say("verifying what is served")
        verification = await verify(launched, edge=document, progress=progress, outputs=outputs, fuzz=fuzz)
        await publish(declare(launched).monitoring, verification.evidence, document)
        edge.require_alive()
        if keep:
            left = edge.keep()
            cleanup.pop_all()
            return Rehearsal(verification, up, calls, left, directory, drilled)
    return Rehearsal(verification, up, calls, None, None, drilled)


def _remove(directory: Path, patience: float = 5.0) -> None:
    """Remove the rehearsal's directory; a process that is just ending may still write into it."""
    deadline = time.monotonic() + patience
    while directory.exists() and time.monotonic() < deadline:
        shutil.rmtree(directory, ignore_errors=True)
        if directory.exists():
            time.sleep(0.05)


def _environment(document: Mapping[str, Any], directory: Path, base_url: str) -> dict[str, str]:
    """The engine's environment: the edge instead of the world, nothing of the user's own state."""
    return {
        **os.environ,
        **environment(document),
        "CLOUDFLARE_BASE_URL": base_url,
        "PULUMI_HOME": str(directory / "pulumi-home"),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        # The state dies with the rehearsal, so nothing is lost by writing it once, at the end.
        "PULUMI_EXPERIMENTAL": "true",
        "PULUMI_SKIP_CHECKPOINTS": "true",
    }
