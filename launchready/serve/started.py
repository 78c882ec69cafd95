"""Rehearsals that were started from the page: processes of their own, ended with the page."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from launchready.errors import LaunchreadyError
from launchready.serve.record import RUN_VARIABLE, new_id
from launchready.serve.runs import Run

AT_ONCE = 2
"""Rehearsals that the page runs at the same time."""
TAIL = 2000
"""Characters kept of what a rehearsal says on standard error."""
ENDING_SECONDS = 60.0
"""What a rehearsal gets to take its edge down when the page ends."""


class RefusedError(LaunchreadyError):
    """It was not started: the client is unknown, or enough is running."""


@dataclass(slots=True)
class _Started:
    client: str
    began: datetime
    process: asyncio.subprocess.Process
    said: str = ""
    ended: datetime | None = None
    reader: asyncio.Task[None] | None = None


@dataclass(slots=True)
class Starter:
    """Starts `launch rehearse` for the clients of a project. ``close`` ends what still runs."""

    root: Path
    clients: Callable[[], Sequence[str]]
    command: tuple[str, ...] = (sys.executable, "-m", "launchready.cli", "rehearse")
    _all: dict[str, _Started] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def start(self, client: str) -> str:
        """The id that the run will have. Raises RefusedError."""
        async with self._lock:
            going = [one for one in self._all.values() if one.ended is None]
            if client not in self.clients():
                raise RefusedError("there is no such client")
            if any(one.client == client for one in going):
                raise RefusedError(f"a rehearsal of {client} is running already")
            if len(going) >= AT_ONCE:
                raise RefusedError(f"{AT_ONCE} rehearsals are running already: wait for one to end")
            name = new_id()
            try:
                process = await asyncio.create_subprocess_exec(
                    *self.command, "--json", "--", client,
                    cwd=self.root, env={**os.environ, RUN_VARIABLE: name}, start_new_session=True,
                    stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.PIPE,
                )  # fmt: skip
            except OSError as error:
                raise RefusedError(f"it can't be started: {error.strerror}") from error
            started = _Started(client, datetime.now(UTC), process)
            if process.stderr is not None:
                started.reader = asyncio.create_task(_read(started, process.stderr))
            self._all[name] = started
            return name

    def get(self, name: str) -> Run | None:
        """A started run as far as this process knows of it: before it records itself, or if it never did."""
        found = self._all.get(name)
        return None if found is None else _as_run(name, found)

    def all(self) -> list[Run]:
        """Every one, the newest first."""
        return [_as_run(name, found) for name, found in sorted(self._all.items(), reverse=True)]

    async def close(self) -> None:
        """End what still runs, and wait until it has taken down what it started."""
        for one in self._all.values():
            if one.ended is None:
                with contextlib.suppress(ProcessLookupError):
                    one.process.terminate()
        readers = [one.reader for one in self._all.values() if one.reader is not None and one.ended is None]
        if readers:
            _, late = await asyncio.wait(readers, timeout=ENDING_SECONDS)
            for one in self._all.values():
                if one.reader in late:
                    one.process.kill()
            if late:
                await asyncio.wait(late, timeout=5)


async def _read(started: _Started, stream: asyncio.StreamReader) -> None:
    """Keep the end of what it says, and note when it has ended."""
    while chunk := await stream.read(4096):
        started.said = (started.said + chunk.decode("utf-8", "replace"))[-TAIL:]
    await started.process.wait()
    started.ended = datetime.now(UTC)


def _as_run(name: str, one: _Started) -> Run:
    running = one.ended is None
    last = one.ended or datetime.now(UTC)
    said = " ".join(one.said.split())
    error = "" if running else said or f"it ended with exit code {one.process.returncode}"
    return Run(
        name,
        "rehearse",
        one.client,
        "",
        "",
        one.began,
        last,
        running,
        "starting" if running else "",
        error=error,
    )
