"""Running the engine for one client: the stack, the operation, and errors a person can act on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launchready.engine import Engine
from launchready.engine.operations import (
    OnEvent,
    OnRaw,
    OperationResult,
    ignore_event,
    run_command,
    run_operation,
)
from launchready.errors import EngineError

OnLine = Callable[[str], None]
PARALLEL = 200
"""How many resource operations may be under way: high, so that the gateway's batches fill."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack of the engine: the project directory, the name, the environment (with no secret in argv)."""

    engine: Engine
    directory: Path
    name: str
    env: Mapping[str, str]
    watch: OnRaw | None = None
    """Gets every event of operations that change something."""

    async def ensure(self) -> None:
        """Create the stack where it does not exist yet."""
        arguments = ["stack", "select", "--create", self.name]
        selected = await run_command(self.engine, arguments, cwd=self.directory, env=self.env)
        if selected.code != 0:
            raise EngineError(f"the stack {self.name} can't be made: {said(selected)}", fix=advice(selected))

    async def outputs(self) -> dict[str, Any]:
        """The stack's outputs; a secret one is shown as ``[secret]``. Raises EngineError."""
        lines: list[str] = []
        shown = await run_command(
            self.engine,
            ["stack", "output", "--json", "-s", self.name],
            cwd=self.directory,
            env=self.env,
            on_line=lines.append,
        )
        if shown.code != 0:
            raise EngineError(
                f"the outputs of the stack {self.name} can't be read: {said(shown)}", fix=advice(shown)
            )
        # the engine's warnings come before the document
        start = next((n for n, line in enumerate(lines) if line.startswith("{")), None)
        try:
            found = None if start is None else json.loads("\n".join(lines[start:]))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise EngineError(f"the outputs of the stack {self.name} are no JSON document")
        return found

    async def plan(
        self,
        operation: str,
        *,
        refresh: bool = False,
        options: Sequence[str] = (),
        on_event: OnEvent = ignore_event,
        on_line: OnLine | None = None,
        on_raw: OnRaw | None = None,
    ) -> OperationResult:
        """What ``up`` or ``destroy`` would do, told line by line; changes nothing."""
        arguments = ["destroy", "--preview-only"] if operation == "destroy" else ["preview"]
        if refresh:
            arguments.append("--refresh")
        return await self._run([*arguments, *options], on_event, on_line, on_raw)

    async def operate(
        self, operation: str, *, options: Sequence[str] = (), on_event: OnEvent = ignore_event
    ) -> OperationResult:
        """Run ``up``, ``refresh`` or ``destroy``; raises EngineError when it fails."""
        arguments = [operation, "--yes", "--skip-preview", *options]
        return await self._run(arguments, on_event, on_raw=self.watch)

    async def _run(
        self,
        arguments: list[str],
        on_event: OnEvent,
        on_line: OnLine | None = None,
        on_raw: OnRaw | None = None,
    ) -> OperationResult:
        result = await run_operation(
            self.engine,
            [*arguments, "-s", self.name, "--parallel", str(PARALLEL)],
            cwd=self.directory,
            env=self.env,
            on_event=on_event,
            on_line=on_line,
            on_raw=on_raw,
        )
        if result.code != 0:
            raise EngineError(f"pulumi {arguments[0]} failed: {said(result)}", fix=advice(result))
        return result


_CLASS = re.compile(r"^(?:[a-z_]\w*\.)+[A-Z]\w*: ")
_NOISE = "but none were seen"
"""How an engine that is held to a plan tells, after a failure, of each step that it did not come to."""


def said(result: OperationResult) -> str:
    """What the engine said of its failure: its errors, else its last lines."""
    if result.code < 0:
        return f"the engine was killed (signal {-result.code})"
    if told := [error for error in result.errors if _NOISE not in error] or result.errors:
        return "\n".join(map(_without_trace, told))
    lines = [line.strip() for line in result.tail if line.strip()]
    return "\n".join(lines[-12:]) or f"exit code {result.code}"


def _without_trace(text: str) -> str:
    """An error of a dynamic provider without the stack that its host puts before it (pulumi.dynamic)."""
    kept: list[str] = []
    trace = False
    for line in text.splitlines():
        head, mark, _ = line.partition("Traceback (most recent call last):")
        if mark:
            trace = True
            kept += [head.rstrip()] if head.strip() else []
        elif trace and (line.startswith("  ") or not line.strip()):
            continue
        else:
            kept.append(_CLASS.sub("", line) if trace else line)
            trace = False
    return "\n".join(kept)


def advice(result: OperationResult) -> str | None:
    """What to do about the failures that people meet most."""
    text = said(result)
    if "currently locked" in text:
        return "another run holds the stack; if it is dead, the next `launch up` sees that and frees it"
    if "failed to load checkpoint" in text:
        return "a run died while it wrote the state; the next `launch up` mends that"
    if "protected" in text and "delete" in text:
        return "the zone is protected: set `launchready:guard: {destroy: true}` to take it down on purpose"
    if "passphrase" in text:
        return "set PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE) to the stack's passphrase"
    return None
