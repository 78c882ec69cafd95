"""A local edge in a process of its own: started, awaited, stopped, or kept."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from launchready.edge.document import current_document
from launchready.errors import EdgeError

START_SECONDS = 30.0
STOP_SECONDS = 10.0
KEEP = "keep"
"""A file of this name in the edge's directory lets it outlive the process that started it."""


class EdgeProcess:
    """``async with EdgeProcess(directory, plan=…) as edge: edge.document``; ends with this process."""

    def __init__(
        self, directory: Path, *, plan: str, account: str | None = None, origin: str | None = None
    ) -> None:
        self.directory = directory
        self.document: dict[str, Any] = {}
        self._arguments = ["--json", "--dir", str(directory), "--plan", plan, "--with-parent"]
        if account:
            self._arguments += ["--account", account]
        if origin:
            self._arguments += ["--origin", origin]
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> EdgeProcess:
        self.directory.mkdir(parents=True, exist_ok=True)
        log = (self.directory / "edge.log").open("wb")
        with contextlib.closing(log):
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "launchready.cli",
                "edge",
                *self._arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        try:
            self.document = await asyncio.wait_for(self._first_document(), START_SECONDS)
        except BaseException as error:
            await self.stop()
            if isinstance(error, TimeoutError):
                raise EdgeError(f"the local edge did not answer within {START_SECONDS:.0f} s") from error
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    async def _first_document(self) -> dict[str, Any]:
        process = self._process
        if process is None or process.stdout is None:
            raise EdgeError("the local edge was not started")
        # The document is one JSON value over several lines at most; the edge prints nothing before it.
        text = b""
        while line := await process.stdout.readline():
            text += line
            with contextlib.suppress(json.JSONDecodeError):
                document: dict[str, Any] = json.loads(text)
                return document
        raise EdgeError(f"the local edge ended before it answered: {self._last_words()}")

    def _last_words(self) -> str:
        lines = (self.directory / "edge.log").read_text(errors="replace").strip().splitlines()
        return " / ".join(lines[-3:]) or "it said nothing"

    async def settle(self, seconds: float = 1.0) -> None:
        """Give an edge that is ending the time to end, so that ``require_alive`` can tell."""
        if self._process is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), seconds)

    def require_alive(self) -> None:
        """Raises EdgeError with the edge's last words when it has died."""
        if self._process is not None and self._process.returncode is not None:
            raise EdgeError(
                f"the local edge died (exit code {self._process.returncode}): {self._last_words()}",
                fix="run it again; if it dies again, `launch edge` in a terminal shows why",
            )

    async def refresh(self) -> dict[str, Any]:
        """The edge's document as it stands now: what it connects changes with the zone."""
        self.require_alive()
        self.document = await asyncio.to_thread(current_document, self.document)
        return self.document

    def keep(self) -> Mapping[str, Any]:
        """Let the edge outlive this process; the caller must not leave the context after it."""
        (self.directory / KEEP).touch()
        return self.document

    async def stop(self) -> None:
        """End the edge; insist when it does not go by itself."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        for end in (process.terminate, process.kill):
            with contextlib.suppress(ProcessLookupError):
                end()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
                return
