"""The API that gateway tests run against: the edge's own, with a log of calls and faults on request."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from launchready.edge.api import CloudflareApi, Limits
from launchready.edge.state import EdgeState

ACCOUNT = "a" * 32


@dataclass
class Api:
    """A served API. ``fault(call)`` may answer instead of it, before or after it took effect."""

    url: str
    token: str
    state: EdgeState
    session: aiohttp.ClientSession
    calls: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    before: Callable[[str], web.Response | None] = lambda call: None
    after: Callable[[str], web.Response | None] = lambda call: None

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the test's own, straight to the API; its result."""
        headers = {"Authorization": f"Bearer {self.token}", "User-Agent": "the test"}
        async with self.session.request(method, self.url + path, json=body, headers=headers) as response:
            document = await response.json()
            assert response.status < 300, document
            return document["result"]

    async def zone(self, name: str = "acme.example") -> str:
        body = {"name": name, "account": {"id": ACCOUNT}, "type": "full"}
        return str((await self.call("POST", "/zones", body))["id"])

    def counted(self, method: str) -> int:
        return sum(call.startswith(method + " ") for call in self.calls)


@asynccontextmanager
async def served(plan: str = "free", limits: Limits | None = None) -> AsyncIterator[Api]:
    state = EdgeState(plan=plan, account_id=ACCOUNT, token=secrets.token_hex(20))
    cloudflare = CloudflareApi(state, limits or Limits(requests=0, per_second=0))

    async def handle(request: web.Request) -> web.StreamResponse:
        call = f"{request.method} {request.rel_url.raw_path_qs.removeprefix('/client/v4')}"
        if request.headers.get("User-Agent") == "the test":
            return await cloudflare.handle(request)
        api.calls.append(call)
        api.agents.append(request.headers.get("User-Agent", ""))
        instead = api.before(call)
        if instead is not None:
            return instead
        answer = await cloudflare.handle(request)
        return api.after(call) or answer

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as session:
        api = Api(f"http://127.0.0.1:{port}/client/v4", state.token, state, session)
        yield api
    await runner.cleanup()
