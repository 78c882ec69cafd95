"""One chromium process and the protocol that it speaks: commands, answers, events.

Source: chromedevtools.github.io/devtools-protocol. Over ``--remote-debugging-pipe`` messages end with a NUL.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VARIABLE = "LAUNCHREADY_BROWSER"
INSTALL = f"install chromium (Debian: apt-get install chromium), or name a browser in {VARIABLE}"
FLAGS = (
    "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
    "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
    "--disable-extensions", "--disable-sync", "--disable-domain-reliability", "--mute-audio",
    "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe",
)  # fmt: skip
"""Names lead nowhere: what the pages want is intercepted before anything is looked up."""
ANSWER_SECONDS = 30.0
"""One command; the first one includes the start."""
END_SECONDS = 10.0
MOST_BYTES = 64 * 1024 * 1024
_ABOVE = 10
"""File descriptors below it are the child's standard ones and the protocol's two."""

Listener = Callable[[str, dict[str, Any]], None]


class BrowserError(Exception):
    """The browser refused, did not answer, or ended; becomes a cause in the result."""


def find() -> str | None:
    """The browser's path, None where there is none."""
    named = os.environ.get(VARIABLE)
    if named:
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Chromium:
    """A running browser. Made by ``started``."""

    def __init__(self, reader: asyncio.StreamReader, write: int) -> None:
        self._reader, self._write = reader, write
        self._number = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listeners: dict[str, Listener] = {}
        self._told = asyncio.create_task(self._listen())

    def on_events(self, session: str, listener: Listener) -> None:
        """Who is told (method, parameters) of a session's events."""
        self._listeners[session] = listener

    async def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """One command's result. Raises BrowserError."""
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await asyncio.to_thread(_write_all, self._write, json.dumps(message).encode() + b"\0")
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._waiting[number]
        except TimeoutError:
            raise BrowserError(f"{method}: no answer in {ANSWER_SECONDS:g} s") from None
        except OSError as error:
            raise BrowserError(f"{method}: the browser has ended ({error.strerror})") from None
        finally:
            del self._waiting[number]
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error'].get('message')}")
        return dict(answer.get("result", {}))

    async def _listen(self) -> None:
        """Hand out answers and events until the browser ends."""
        try:
            while True:
                text = await self._reader.readuntil(b"\0")
                self._take(json.loads(text[:-1]))
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(BrowserError(f"the browser has ended ({type(error).__name__})"))

    def _take(self, message: dict[str, Any]) -> None:
        future = self._waiting.get(message.get("id", 0))
        if future is not None:
            if not future.done():
                future.set_result(message)
            return
        listener = self._listeners.get(str(message.get("sessionId", "")))
        if listener is not None and "method" in message:
            listener(message["method"], dict(message.get("params", {})))

    async def close(self) -> None:
        self._told.cancel()
        await asyncio.gather(self._told, return_exceptions=True)


@contextlib.asynccontextmanager
async def started(executable: str) -> AsyncIterator[Chromium]:
    """A browser with a profile of its own, gone at the end of the block. Raises BrowserError."""
    with tempfile.TemporaryDirectory(prefix="launchready-browser-", ignore_cleanup_errors=True) as profile:
        commands, answers = os.pipe(), os.pipe()
        pid = _spawn(executable, Path(profile), commands[0], answers[1])
        os.close(commands[0])
        os.close(answers[1])
        reader = asyncio.StreamReader(limit=MOST_BYTES)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(answers[0], "rb", buffering=0)
        )
        browser = Chromium(reader, commands[1])
        try:
            yield browser
        finally:
            await browser.close()
            os.close(commands[1])  # which ends it
            transport.close()
            await asyncio.shield(_ended(pid))


def _spawn(executable: str, profile: Path, commands: int, answers: int) -> int:
    """The process's id; it leads a group of its own, reads commands from 3, and writes answers to 4."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    arguments = [executable, *FLAGS, *sandbox, f"--user-data-dir={profile}", "about:blank"]
    places = {"HOME": str(profile), "XDG_CONFIG_HOME": str(profile), "XDG_CACHE_HOME": str(profile)}
    from_here, to_here = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _ABOVE) for fd in (commands, answers))
    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        return os.posix_spawn(
            executable, arguments, {**os.environ, **places}, setpgroup=0,
            file_actions=[
                *((os.POSIX_SPAWN_DUP2, nothing, standard) for standard in range(3)),
                (os.POSIX_SPAWN_DUP2, from_here, 3), (os.POSIX_SPAWN_DUP2, to_here, 4),
            ],
        )  # fmt: skip
    except OSError as error:
        raise BrowserError(f"{executable} can't be started: {error.strerror}") from error
    finally:
        for fd in (from_here, to_here, nothing):
            os.close(fd)


async def _ended(pid: int) -> None:
    """Wait for the browser's end; take it down with all its children when it takes too long."""
    deadline = asyncio.get_running_loop().time() + END_SECONDS
    while os.waitpid(pid, os.WNOHANG)[0] == 0:  # noqa: ASYNC222 - does not wait
        if asyncio.get_running_loop().time() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            await asyncio.to_thread(os.waitpid, pid, 0)
            return
        await asyncio.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
