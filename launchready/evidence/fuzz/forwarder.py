"""A server on loopback that passes requests on to the portal, and nowhere else.

It has a secret first path segment, so that nobody else on this machine can use the session that it adds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from launchready.evidence.fuzz.description import SESSION_HEADER
from launchready.evidence.portal.stage import Stopped, Visitor
from launchready.evidence.types import Cause, HttpResult

MAX_REQUEST = 1 << 20
_OURS = {
    SESSION_HEADER.lower(), "host", "connection", "keep-alive", "transfer-encoding", "content-length", "te",
    "accept-encoding", "proxy-authorization", "proxy-connection", "upgrade", "expect", "trailer",
    "x-schemathesis-testcaseid", "user-agent",
}  # fmt: skip
_NOT_BACK = {
    "connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "set-cookie",
    "location", "refresh", "alt-svc", "date", "server",
}  # fmt: skip
"""``location``: a redirect would lead the client past the forwarder."""
_SILENT = logging.getLogger(f"{__name__}.quiet")
"""What the fuzzer sends on purpose is no news."""
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
NOT_YET = 429
"""What is told when the budget is spent: it counts neither as taken nor as an error."""


@dataclass
class Forwarder:
    """``allowance``: requests at most, within the budget. ``mark``: stands for ``visitor``'s session.

    Any other value of its header stands for a wrong one.
    """

    visitor: Visitor
    allowance: int
    mark: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    room: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    spent: bool = False
    port: int = 0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{self.room}"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Forwarder]:
        """Listening on a port of its own, until the block ends."""
        application = web.Application(client_max_size=MAX_REQUEST)
        application.router.add_route("*", "/{rest:.*}", self._handler)
        runner = web.AppRunner(application, access_log=None, logger=_SILENT, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.port = int(runner.addresses[0][1])
            yield self
        finally:
            await runner.cleanup()

    @property
    def _handler(self) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        return self._handle

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        start = f"/{self.room}"
        target = request.raw_path
        if not target.startswith(f"{start}/"):
            return web.Response(status=404)
        body = await request.read()
        async with self._turn:
            try:
                result = await self._pass_on(request, target[len(start) :], body)
            except Stopped:
                self.spent = True
                return web.Response(status=NOT_YET)
        if result.cause is not None or result.status is None:
            self.failures[result.cause.value if result.cause else "MALFORMED"] += 1
            if request.transport is not None:
                request.transport.close()  # no answer is none: not an error of the portal's
            return web.Response(status=NOT_YET)
        self.statuses[result.status] += 1
        back = [(name, value) for name, value in result.headers if name not in _NOT_BACK]
        return web.Response(status=result.status, headers=back, body=result.body)

    async def _pass_on(self, request: web.Request, target: str, body: bytes) -> HttpResult:
        headers = {
            name.lower(): value
            for name, value in request.headers.items()
            if name.lower() not in _OURS and name.lower() not in ("cookie", "authorization")
        }
        given = request.headers.get(SESSION_HEADER)
        if self.sent >= self.allowance:
            raise Stopped(Cause.NOT_PROBED, "its share of the budget is spent")
        self.sent += 1
        raw = body if body or request.method not in ("GET", "HEAD") else None
        return await self._as(given).pass_on(request.method, target, raw, headers)

    def _as(self, given: str | None) -> Visitor:
        """Who asks: the visitor himself, someone with a wrong session, or nobody."""
        if given == self.mark:
            return self.visitor
        stranger = self.visitor.stage.visitor(source=self.visitor.source)
        if given is not None:
            wrong = secrets.token_urlsafe(24)
            stranger.cookies = dict.fromkeys(self.visitor.cookies, wrong)
            stranger.bearer = wrong if self.visitor.bearer else ""
        return stranger


def told(counts: Mapping[str, int]) -> str:
    """``TIMEOUT 3, RESET 1``."""
    return ", ".join(f"{name} {times}" for name, times in sorted(counts.items()))
