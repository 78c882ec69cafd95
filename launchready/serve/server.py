"""The page of `launch serve`: routes on loopback, and live parts by server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from launchready.errors import InputError
from launchready.serve import guard as guards
from launchready.serve.pages import Narrow, Pages, asset
from launchready.serve.record import DOCUMENT, PLACE, REPORT
from launchready.serve.runs import Run, Runs
from launchready.serve.started import RefusedError, Starter

HOST = "127.0.0.1"
POLL_SECONDS, ALIVE_SECONDS, WRITE_SECONDS = 0.3, 15.0, 10.0
STREAMS = 32
"""Live pages at the same time."""
FORM_BYTES = 16 << 10
Render = Callable[[], tuple[str, bool]]
"""Gives a live part, and whether it will never change again."""


@dataclass(slots=True)
class Server:
    """The routes, on what a project's runs directory holds."""

    runs: Runs
    starter: Starter
    guard: guards.Guard
    pages: Pages
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _streams: int = 0

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._guarded], client_max_size=FORM_BYTES)
        app.add_routes(
            [
                web.get("/", self._overview),
                web.get("/events", self._overview_events),
                web.get("/runs/{id}", self._run),
                web.get("/runs/{id}/events", self._run_events),
                web.get("/runs/{id}/report.html", self._report),
                web.get("/runs/{id}/verification.json", self._document),
                web.get("/start", self._form),
                web.post("/start", self._start),
                web.get("/watch.mjs", self._script),
                web.get("/style.css", self._style),
            ]
        )
        return app

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuses strangers, and puts our headers on every answer that does not have its own."""
        refusal = self.guard.refusal_to_look(request.headers)
        try:
            if refusal is not None:
                answer: web.StreamResponse = self._said("Refused", refusal, 403)
            else:
                answer = await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            answer = self._said(error.reason, "There is no such page here.", error.status)
        if not answer.prepared:
            for name, value in guards.HEADERS.items():
                answer.headers.setdefault(name, value)
        return answer

    def _said(self, heading: str, sentence: str, status: int) -> web.Response:
        return _html(self.pages.said(heading, sentence), status)

    # ---- looking ----------------------------------------------------------------------------------

    def _all(self) -> list[Run]:
        kept = self.runs.all()
        known = {run.id for run in kept}
        return sorted([*kept, *(r for r in self.starter.all() if r.id not in known)],
                      key=lambda run: run.id, reverse=True)  # fmt: skip

    def _find(self, name: str) -> Run | None:
        return self.runs.get(name) or self.starter.get(name)

    async def _overview(self, request: web.Request) -> web.Response:
        narrow = _narrow(request)
        return _html(await asyncio.to_thread(lambda: self.pages.overview(self._all(), narrow)))

    async def _overview_events(self, request: web.Request) -> web.StreamResponse:
        narrow = _narrow(request)
        return await self._stream(
            request, lambda: (self.pages.overview(self._all(), narrow, part=True), False)
        )

    async def _run(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        run = await asyncio.to_thread(self._find, name)
        if run is None:
            raise web.HTTPNotFound
        return _html(await asyncio.to_thread(lambda: self.pages.run(run, self.runs.document(name))))

    async def _run_events(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["id"]
        if await asyncio.to_thread(self._find, name) is None:
            raise web.HTTPNotFound

        def render() -> tuple[str, bool]:
            run = self._find(name)
            if run is None:
                return "", True
            document = {} if run.running else self.runs.document(name)
            return self.pages.run(run, document, part=True), not run.running

        return await self._stream(request, render)

    async def _report(self, request: web.Request) -> web.Response:
        return await self._stored(request, REPORT, "text/html")

    async def _document(self, request: web.Request) -> web.Response:
        return await self._stored(request, DOCUMENT, "application/json")

    async def _stored(self, request: web.Request, file: str, kind: str) -> web.Response:
        """A file of a run: it shows what strangers' servers said, so nothing of it may do anything."""
        body = await asyncio.to_thread(self.runs.text, request.match_info["id"], file)
        if body is None:
            raise web.HTTPNotFound
        policy = {"Content-Security-Policy": guards.REPORT_POLICY}
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=policy)

    async def _script(self, request: web.Request) -> web.Response:
        return web.Response(text=asset("watch.mjs"), content_type="text/javascript")

    async def _style(self, request: web.Request) -> web.Response:
        return web.Response(text=asset("style.css.j2"), content_type="text/css")

    async def _stream(self, request: web.Request, render: Render) -> web.StreamResponse:
        """Sends a live part whenever it has changed, until it never will again, or one side leaves."""
        if self._streams >= STREAMS:
            return self._said("Busy", "Too many pages are open here.", 503)
        self._streams += 1
        try:
            answer = web.StreamResponse(headers={**guards.HEADERS, "Content-Type": "text/event-stream"})
            await answer.prepare(request)
            with contextlib.suppress(ConnectionError, TimeoutError):
                async for text in self._changes(render):
                    async with asyncio.timeout(WRITE_SECONDS):
                        await answer.write(text.encode("utf-8", "replace"))
            return answer
        finally:
            self._streams -= 1

    async def _changes(self, render: Render) -> AsyncIterator[str]:
        last, quiet = "", 0.0
        while not self.stopping.is_set():
            text, over = await asyncio.to_thread(render)
            if text != last:
                last, quiet = text, 0.0
                yield "".join(f"data: {line}\n" for line in text.splitlines()) + "\n"
            elif quiet >= ALIVE_SECONDS:
                quiet = 0.0
                yield ": still here\n\n"
            if over:
                yield "event: over\ndata: .\n\n"
                return
            quiet += POLL_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), POLL_SECONDS)

    # ---- starting ---------------------------------------------------------------------------------

    async def _form(self, request: web.Request) -> web.Response:
        if self.guard.token is None:
            raise web.HTTPNotFound
        return _html(self.pages.start(await asyncio.to_thread(self.starter.clients)))

    async def _start(self, request: web.Request) -> web.StreamResponse:
        """The one route that changes something."""
        form = {}
        if request.content_type == "application/x-www-form-urlencoded":
            form = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
        refusal = self.guard.refusal_to_change(request.headers, form.get("token", ""))
        if refusal is not None:
            return self._said("Refused", f"Nothing was started: {refusal}.", 403)
        try:
            name = await self.starter.start(form.get("client", ""))
        except RefusedError as error:
            return _html(self.pages.start(self.starter.clients(), f"Nothing was started: {error.what}."), 409)
        return web.Response(status=303, headers={"Location": f"/runs/{name}"})


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(
        body=text.encode("utf-8", "replace"), status=status, content_type="text/html", charset="utf-8"
    )


def _narrow(request: web.Request) -> Narrow:
    return Narrow(request.query.get("client", "")[:100], request.query.get("group", "")[:100])


@dataclass(frozen=True, slots=True)
class Address:
    """Where the page is. ``token`` is None where it only shows."""

    origin: str
    token: str | None

    @property
    def url(self) -> str:
        """With the token where a browser keeps it to itself: after the ``#``, which it never sends."""
        return f"{self.origin}/" + (f"#token={self.token}" if self.token else "")


@asynccontextmanager
async def serving(
    root: Path, clients: Callable[[], list[str]], *, port: int = 0, read_only: bool = False
) -> AsyncIterator[Address]:
    """The page of a project, on loopback only. Raises InputError when the port is taken.

    At the end, rehearsals that were started from it are ended, too.
    """
    token = None if read_only else secrets.token_urlsafe(24)
    starter = Starter(root, clients)
    with _bound(port) as listening:
        port = listening.getsockname()[1]
        server = Server(Runs(root / PLACE), starter, guards.Guard(port, token), Pages(not read_only))
        runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            yield Address(f"http://{HOST}:{port}", token)
        finally:
            server.stopping.set()
            await runner.cleanup()
            await starter.close()


@contextlib.contextmanager
def _bound(port: int) -> Iterator[socket.socket]:
    """A listening socket on loopback. Raises InputError for a port that is taken, or not ours to take."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
            listening.listen(64)
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            reason = "is taken" if taken else f"can't be used: {error.strerror}"
            raise InputError(
                f"--port {port} {reason}", fix="give another one, or 0 for any that is free"
            ) from error
        yield listening
    finally:
        listening.close()


async def until_told(announce: Callable[[], None]) -> None:
    """Wait for Ctrl-C, SIGTERM, or a terminal that closes, which are taken before anything is announced."""
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, told.set)
    try:
        announce()
        await told.wait()
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
