"""Running module Workers in one Node process (``host.mjs``), with limits of time, memory and size.

The process is started by the first request that needs it and again after it died; it ends with the edge,
however the edge ends, since its standard input closes. It gets no environment, no files but its own
script, and no child processes; scripts get neither Node's modules nor the network.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import logging
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from launchready.errors import EdgeError

log = logging.getLogger(__name__)

HOST = "host.mjs"
MINIMUM_NODE = 20
PERMISSION_RENAMED = 23
"""Node 23.5 calls ``--experimental-permission`` ``--permission``."""
MISSING = "no JavaScript runtime: Node 20 or newer is not on PATH, so this edge can't run Workers"
START_SECONDS = 20.0
GRACE_SECONDS = 5.0
_LINE = 64 * 1024 * 1024


class NoRuntimeError(EdgeError):
    """This machine has no Node, so that Workers can't be run."""

    def __init__(self) -> None:
        super().__init__(MISSING, fix="install Node 20 or newer and start the edge again")


class WorkerError(EdgeError):
    """A script failed. ``kind``: threw, time, memory, stopped or large (see host.mjs)."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"the Worker failed ({kind}): {detail}")
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True, slots=True)
class RuntimeLimits:
    """``seconds`` for a request, ``memory`` in megabytes for a script; ``answer`` and ``body`` in bytes."""

    seconds: float = 10.0
    memory: int = 64
    answer: int = 8 * 1024 * 1024
    body: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Script:
    """A module Worker. ``key`` tells versions apart; ``env`` holds its text bindings, secret ones too."""

    key: str
    main: str
    modules: Mapping[str, str]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)

    def wire(self) -> dict[str, Any]:
        return {"main": self.main, "modules": dict(self.modules), "env": dict(self.env)}


@dataclass(frozen=True, slots=True)
class WorkerRequest:
    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class WorkerResponse:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def find_node() -> Path | None:
    """Node on PATH, of whatever version."""
    found = shutil.which("node")
    return Path(found) if found else None


class WorkerRuntime:
    """``run`` scripts; ``close`` when done. ``node``: None finds it on PATH at the first use."""

    def __init__(self, node: Path | None = None, limits: RuntimeLimits | None = None) -> None:
        self._node = node
        self.limits = limits or RuntimeLimits()
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._loaded: set[str] = set()
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._starting = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The running process's id."""
        return self._process.pid if self._process is not None else None

    async def run(self, script: Script, request: WorkerRequest) -> WorkerResponse:
        """The script's answer. Raises WorkerError, NoRuntimeError, or EdgeError if Node can't be started.

        A request that was under way while another one ended the thread or the process is tried again.
        """
        wire = {
            "method": request.method,
            "url": request.url,
            "headers": [list(pair) for pair in request.headers],
            "body": None if request.body is None else base64.b64encode(request.body).decode(),
        }
        for last in (False, True):
            await self._load(script)
            found = await self._ask({"op": "run", "key": script.key, "request": wire})
            if found.get("error") == "stopped" and not last:
                continue
            break
        if "error" in found:
            raise WorkerError(str(found["error"]), str(found.get("detail", "")))
        response = found["response"]
        headers = tuple((str(name).lower(), str(value)) for name, value in response["headers"])
        return WorkerResponse(int(response["status"]), headers, base64.b64decode(response["body"]))

    async def check(self, script: Script) -> tuple[str | None, tuple[str, ...]]:
        """Why the script can't be loaded (None: it can), and the handlers that it exports.

        Raises NoRuntimeError, or EdgeError if Node can't be started.
        """
        await self._started()
        found = await self._ask({"op": "check", "script": script.wire()})
        if "error" in found:
            return f"{found['error']}: {found.get('detail', '')}", ()
        return found["problem"], tuple(found["handlers"])

    async def forget(self, key: str) -> None:
        """Ends a script that was replaced or deleted."""
        if key in self._loaded:
            self._loaded.discard(key)
            with contextlib.suppress(EdgeError):
                await self._send({"op": "drop", "key": key})

    async def close(self) -> None:
        """Ends the process and whatever still waits for it."""
        process, self._process = self._process, None
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), GRACE_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ---- the process ------------------------------------------------------------------------------

    async def _load(self, script: Script) -> None:
        await self._started()
        if script.key not in self._loaded:
            self._loaded.add(script.key)
            await self._send({"op": "load", "key": script.key, "script": script.wire()})

    async def _started(self) -> None:
        async with self._starting:
            if self._process is not None and self._process.returncode is None:
                return
            self._loaded.clear()
            self._process = await _spawn(self._node, self.limits)
            for work in (self._read(self._process), _relay(self._process)):
                task = asyncio.create_task(work)
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _ask(self, document: dict[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            await self._send({**document, "id": number})
            return await asyncio.wait_for(answer, self.limits.seconds + GRACE_SECONDS)
        except TimeoutError:
            # the main thread itself does not answer: only a new process helps
            if self._process is not None:
                self._process.kill()
            return {"error": "time", "detail": "the runtime did not answer"}
        finally:
            self._waiting.pop(number, None)

    async def _send(self, document: dict[str, Any]) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise EdgeError("the JavaScript runtime is not running")
        with contextlib.suppress(ConnectionError):  # it has just died: the reader tells who waits
            process.stdin.write(json.dumps(document).encode() + b"\n")
            await process.stdin.drain()

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Hands out answers until the process ends; who still waits then is told so."""
        try:
            while process.stdout is not None and (line := await process.stdout.readline()):
                document = json.loads(line)
                waiting = self._waiting.get(document["id"])
                if waiting is not None and not waiting.done():
                    waiting.set_result(document)
        except (ValueError, asyncio.LimitOverrunError) as error:
            log.warning("the JavaScript runtime wrote what is no answer: %s", error)
            process.kill()
        await process.wait()
        if self._process in (process, None):
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_result({"error": "stopped", "detail": "the runtime ended"})


async def _relay(process: asyncio.subprocess.Process) -> None:
    """What scripts print, and Node's own words, go to the edge's log."""
    while process.stderr is not None and (line := await process.stderr.readline()):
        log.info("worker: %s", line.decode(errors="replace").rstrip()[:2000])


async def _spawn(node: Path | None, limits: RuntimeLimits) -> asyncio.subprocess.Process:
    node = node or find_node()
    if node is None:
        raise NoRuntimeError
    major = await node_major(node)
    if major is None or major < MINIMUM_NODE:
        raise NoRuntimeError
    host = resources.files("launchready.edge.workers").joinpath(HOST)
    wire = {"seconds": limits.seconds, "memory": limits.memory, "answer": limits.answer}
    arguments = [
        "--experimental-vm-modules",
        "--permission" if major > PERMISSION_RENAMED else "--experimental-permission",
        f"--allow-fs-read={host}",
        "--allow-worker",
        "--disallow-code-generation-from-strings",
        "--disable-proto=delete",
        "--no-warnings",
        str(host),
        json.dumps(wire),
    ]
    try:
        return await asyncio.create_subprocess_exec(
            str(node),
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={},
            limit=_LINE,
        )
    except OSError as error:
        raise EdgeError(f"{node} can't be started: {error.strerror}") from error


async def node_major(node: Path) -> int | None:
    """Node's major version; None when it does not tell one."""
    try:
        process = await asyncio.create_subprocess_exec(
            str(node),
            "--version",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
        )
    except OSError:
        return None
    try:
        out, _ = await asyncio.wait_for(process.communicate(), START_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    found = re.match(rb"v(\d+)\.", out)
    return int(found[1]) if found else None
