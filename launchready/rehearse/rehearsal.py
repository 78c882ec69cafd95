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
from launchready.edge.document import environment
from launchready.engine import Engine
from launchready.engine.operations import OnEvent, OperationResult, ignore_event
from launchready.errors import EngineError
from launchready.gateway import Gateway
from launchready.rehearse.edge_process import EdgeProcess
from launchready.rehearse.provision import Stack
from launchready.rehearse.workspace import PASSPHRASE, make_workspace
from launchready.verify import verify

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
            calls = gateway.stats.calls
        document = await edge.refresh()
        say("verifying what is served")
        verification = await verify(client, edge=document, progress=progress)
        edge.require_alive()
        if keep:
            kept = edge.keep()
            cleanup.pop_all()
            return Rehearsal(verification, up, calls, kept, directory)
    return Rehearsal(verification, up, calls, None, None)


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
