"""Running `pulumi up|preview|refresh|destroy` as a child, with its events as they happen.

The engine's event log is written to a private directory and read as it grows; it is deleted with the
run, since it repeats configuration.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from launchready.engine.locate import Engine
from launchready.errors import EngineError

CHANGES = ("create", "update", "delete", "replace", "import", "discard", "read-replacement")
"""Operations that change the world or the state."""
PHASES = {"resourcePreEvent": "start", "resOutputsEvent": "done", "resOpFailedEvent": "failed"}
SHIM_NOTICE = "from $PATH"
"""What the engine says at each plugin that it finds there: our own doing, and nobody's news."""
GRACE_SECONDS = 30.0
"""How long an interrupted engine may take to finish the calls that are under way."""


@dataclass(slots=True)
class OperationResult:
    """What an engine run did: exit code, operations counted by kind, errors as the engine put them."""

    code: int
    changes: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=40))
    interrupted: bool = False

    @property
    def changed(self) -> int:
        """How many operations were not "same"."""
        return sum(n for op, n in self.changes.items() if op in CHANGES)


OnEvent = Callable[[str, str, str], None]
"""Called with (phase, operation, resource name): phase is ``start``, ``done`` or ``failed``."""
OnRaw = Callable[[dict[str, Any]], None]
"""Called with each event as the engine logs it. What is secret is masked in it by the engine."""


def ignore_event(phase: str, operation: str, name: str) -> None:
    """An OnEvent that says nothing."""


async def run_operation(
    engine: Engine,
    arguments: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    on_event: OnEvent = ignore_event,
    on_line: Callable[[str], None] | None = None,
    on_raw: OnRaw | None = None,
) -> OperationResult:
    """Run one engine operation to its end; a cancelled task interrupts the engine and waits for it.

    ``arguments``: such as ``["up", "--yes", "-s", "acme"]``. Never raises for a failed run: the
    caller judges ``result.code``. Raises EngineError when the engine can't be started.
    """
    with tempfile.TemporaryDirectory(prefix="launchready-events-") as scratch:
        log = Path(scratch) / "events.json"
        log.touch(mode=0o600)
        command = [*tied(), str(engine.pulumi), *arguments, "--non-interactive", "--event-log", str(log)]
        full_env = {**engine.environment(dict(env)), "PULUMI_DEBUG_COMMANDS": "true"}
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=cwd,
                env=full_env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise EngineError(f"{engine.pulumi} can't be started: {error}") from error
        result = OperationResult(code=-1)
        done = asyncio.Event()
        reader = asyncio.create_task(_read_output(process, result, on_line))
        events = asyncio.create_task(_read_events(log, done, result, on_event, on_raw))
        try:
            result.code = await process.wait()
        except asyncio.CancelledError:
            result.interrupted = True
            await asyncio.shield(_interrupt(process))
            raise
        finally:
            done.set()
            await asyncio.gather(reader, events, return_exceptions=True)
            _end_group(process.pid)
        return result


def tied() -> list[str]:
    """What goes before a command that must not outlive this process, where the system can see to that."""
    if sys.platform != "linux":
        return []
    return [sys.executable, "-I", "-S", str(Path(__file__).with_name("tied.py")), str(os.getpid())]


async def _read_output(
    process: asyncio.subprocess.Process, result: OperationResult, on_line: Callable[[str], None] | None
) -> None:
    while process.stdout is not None and (line := await _line(process.stdout)):
        text = line.decode(errors="replace").rstrip()
        if SHIM_NOTICE in text:
            continue
        result.tail.append(text)
        if on_line is not None:
            on_line(text)


async def _line(stream: asyncio.StreamReader) -> bytes:
    """One line, however long; b"" at the end."""
    try:
        return await stream.readline()
    except ValueError:  # longer than the stream's limit
        return (await stream.read(65536)) or b"\n"


async def _read_events(
    log: Path, done: asyncio.Event, result: OperationResult, on_event: OnEvent, on_raw: OnRaw | None
) -> None:
    async for event in _follow(log, done):
        _take(event, result, on_event)
        if on_raw is not None:
            on_raw(event)


async def _follow(log: Path, done: asyncio.Event) -> AsyncIterator[dict[str, Any]]:
    """Each JSON line of a growing file, until ``done`` is set and the file is read out."""
    with log.open("rb") as file:
        buffer = b""
        while True:
            finished = done.is_set()
            buffer += file.read()
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                if line.strip():
                    yield json.loads(line)
            if finished:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), 0.1)


def _take(event: dict[str, Any], result: OperationResult, on_event: OnEvent) -> None:
    for key, phase in PHASES.items():
        if key in event:
            metadata = event[key]["metadata"]
            on_event(phase, metadata["op"], metadata["urn"].rsplit("::", 1)[-1])
            return
    if "summaryEvent" in event:
        result.changes.update(event["summaryEvent"].get("resourceChanges") or {})
    diagnostic = event.get("diagnosticEvent")
    if diagnostic is not None and diagnostic.get("severity") == "error":
        text = diagnostic["message"].strip()
        if text and text not in result.errors:
            result.errors.append(text)


async def _interrupt(process: asyncio.subprocess.Process) -> None:
    """Ask the engine to stop after the calls under way; insist once its grace is over."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(sign)
        try:
            await asyncio.wait_for(process.wait(), GRACE_SECONDS)
        except TimeoutError:
            continue
        return


def _end_group(pid: int) -> None:
    """End whatever the engine left of its own process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGTERM)


async def run_command(
    engine: Engine,
    arguments: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    on_line: Callable[[str], None] | None = None,
) -> OperationResult:
    """Run a short engine command (``stack select`` …) and keep what it says. Never raises for its failure."""
    result = OperationResult(code=-1)
    try:
        process = await asyncio.create_subprocess_exec(
            str(engine.pulumi),
            *arguments,
            "--non-interactive",
            cwd=cwd,
            env=engine.environment(dict(env)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
    except OSError as error:
        raise EngineError(f"{engine.pulumi} can't be started: {error}") from error
    try:
        await _read_output(process, result, on_line)
        result.code = await process.wait()
    except asyncio.CancelledError:
        # It must not write into what its caller is about to take away.
        await asyncio.shield(_interrupt(process))
        raise
    return result
