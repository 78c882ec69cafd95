"""A front whose origin is an application of the test's own: what it answers, and what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web

from launchready.edge.https.cache import CacheLimits
from launchready.edge.https.server import Https
from tests.edge_https.edge_https_front import ZONE, Front, put_rules, put_setting, start_front

Answer = Callable[[web.BaseRequest], "web.StreamResponse | None"]
PHASE = "http_request_cache_settings"


@dataclass
class Origin:
    """``files``: path → (headers, body) or a function; ``asked``: every request that arrived."""

    files: dict[str, Any] = field(default_factory=dict)
    asked: list[web.BaseRequest] = field(default_factory=list)
    gate: asyncio.Event | None = None
    """While it is not set, answers wait."""

    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def reached(self) -> None:
        """Until a request has arrived."""
        async with asyncio.timeout(5):
            await self.arrived.wait()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request)
        self.arrived.set()
        if self.gate is not None:
            await self.gate.wait()
        found = self.files.get(request.path)
        if found is None:
            return web.Response(status=404, text="none")
        if callable(found):
            made = found(request)
            return await made if asyncio.iscoroutine(made) else made
        headers, body = found
        tag = headers.get("etag")
        if tag and request.headers.get("if-none-match") == tag:
            return web.Response(status=304, headers=headers)
        return web.Response(headers=headers, body=body)


@dataclass
class Rig:
    front: Front
    origin: Origin

    async def get(self, path: str, host: str = ZONE, **more: Any) -> httpx.Response:
        return await self.front.get(f"https://{host}{path}", **more)

    async def status(self, path: str, **more: Any) -> str:
        return str((await self.get(path, **more)).headers["cf-cache-status"])

    async def statuses(self, path: str, times: int = 2, **more: Any) -> list[str]:
        return [await self.status(path, **more) for _ in range(times)]

    def rules(self, *rules: tuple[str, dict[str, Any]]) -> None:
        """(expression, action parameters) of the cache phase."""
        made = [{"expression": e, "action": "set_cache_settings", "action_parameters": p} for e, p in rules]
        put_rules(self.front.zone, PHASE, *made)

    def setting(self, name: str, value: Any) -> None:
        put_setting(self.front.zone, name, value)

    def advance(self, seconds: float) -> None:
        self.front.state.clock.advance(seconds)

    def purge(self, **item: Any) -> None:
        """As the API records it."""
        extra = self.front.zone.extra
        extra["purge_count"] = extra.get("purge_count", 0) + 1
        extra.setdefault("purges", []).append(item)


@asynccontextmanager
async def rig(tmp_path: Path, limits: CacheLimits | None = None) -> AsyncIterator[Rig]:
    origin = Origin()
    runner = web.ServerRunner(web.Server(origin.handle))  # type: ignore[arg-type]
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async for front in start_front(tmp_path, Https(url, cache_limits=limits)):
            yield Rig(front, origin)
    finally:
        await runner.cleanup()
