"""The API on a loopback port of its own, for each test that asks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from edge_api_kit import ACCOUNT, TOKEN, UNLIMITED, Client

from launchready.edge.api import CloudflareApi, Limits
from launchready.edge.state import EdgeState

StartApi = Callable[..., Awaitable[Client]]


@pytest.fixture
async def start_api() -> AsyncIterator[StartApi]:
    """``await start_api(plan="pro", limits=…)`` gives a client of a fresh edge state."""
    opened: list[Any] = []

    async def start(plan: str = "free", *, limits: Limits = UNLIMITED, registrar_auto: bool = True) -> Client:
        state = EdgeState(plan=plan, account_id=ACCOUNT, token=TOKEN, registrar_auto=registrar_auto)
        api = CloudflareApi(state, limits)
        runner = web.ServerRunner(web.Server(api.handle))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        session = aiohttp.ClientSession()
        opened.append((session, runner))
        host, port = runner.addresses[0][:2]
        return Client(f"http://{host}:{port}/client/v4", state, session)

    yield start
    for session, runner in opened:
        await session.close()
        await runner.cleanup()


@pytest.fixture
async def api(start_api: StartApi) -> Client:
    """A Free edge without rate limits."""
    return await start_api()


@pytest.fixture
async def pro(start_api: StartApi) -> Client:
    return await start_api("pro")
