"""The switches of tiered cache in the settings memory, and what an adopted zone keeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from launchready.adopt.writer import client_file_text
from launchready.client_file import load
from launchready.edge.api.limits import Limits
from launchready.edge.api.server import CloudflareApi
from launchready.edge.state import EdgeState
from launchready.settings_memory import (
    SMART_TIERED_CACHE,
    TIERED_CACHING,
    Backoff,
    SettingsApi,
    give_back,
    remember,
)

ACCOUNT, TOKEN = "0" * 32, "t" * 40
IDS = ("browser_cache_ttl", SMART_TIERED_CACHE, TIERED_CACHING)


@pytest.fixture(params=[False, True], ids=["the API shows off", "the API has 404 for what was never set"])
async def api(request: pytest.FixtureRequest) -> AsyncIterator[tuple[SettingsApi, EdgeState, str]]:
    """Cloudflare answers 404 for a smart topology that was never set; newer answers show it off."""
    state = EdgeState(account_id=ACCOUNT, token=TOKEN)
    served = CloudflareApi(state, Limits(0, 0, 0))

    async def handle(asked: web.BaseRequest) -> web.StreamResponse:
        zone = next(iter(state.zones.values()), None)
        unset = zone is not None and SMART_TIERED_CACHE not in zone.extra
        if request.param and unset and asked.method == "GET" and asked.path.endswith(SMART_TIERED_CACHE):
            body = {
                "success": False,
                "errors": [{"code": 1142, "message": "Unable to retrieve"}],
                "result": None,
            }
            return web.json_response(body, status=404)
        return await served.handle(asked)

    runner = web.ServerRunner(web.Server(handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    with SettingsApi(f"http://127.0.0.1:{runner.addresses[0][1]}/client/v4", TOKEN, Backoff(1)) as made:
        zone = await asyncio.to_thread(
            made.post, "/zones", {"name": "acme.example", "account": {"id": ACCOUNT}, "type": "full"}
        )
        yield made, state, zone["id"]
    await runner.cleanup()


async def test_tiered_cache_is_remembered_and_given_back(api: tuple[SettingsApi, EdgeState, str]) -> None:
    client, state, zone = api
    found = await asyncio.to_thread(remember, client, zone, IDS)
    assert found == {"browser_cache_ttl": 14400, SMART_TIERED_CACHE: "off", TIERED_CACHING: "off"}
    await asyncio.to_thread(client.patch, f"/zones/{zone}/argo/tiered_caching", {"value": "on"})
    await asyncio.to_thread(client.patch, f"/zones/{zone}/cache/{SMART_TIERED_CACHE}", {"value": "on"})
    # the state knows floating point only
    written = await asyncio.to_thread(give_back, client, zone, {**found, "browser_cache_ttl": 14400.0})
    assert written == (SMART_TIERED_CACHE, TIERED_CACHING)
    assert state.zones[zone].extra[SMART_TIERED_CACHE]["value"] == "off"
    assert await asyncio.to_thread(give_back, client, zone, found) == ()


async def test_a_zone_that_is_gone_needs_nothing_back(api: tuple[SettingsApi, EdgeState, str]) -> None:
    client, state, zone = api
    state.zones.clear()
    assert await asyncio.to_thread(give_back, client, zone, {SMART_TIERED_CACHE: "off"}) == ()


def test_an_adopted_zone_keeps_its_own_caching(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.acme.yaml"
    path.write_text(
        client_file_text(
            client="acme", domain="acme.example", plan="free", source="x", report="y", tls={"caa": "none"},
            hosts={"@": {"address": "203.0.113.10"}}, records=[], redirects=[],
        )
    )  # fmt: skip
    assert load(path).cache == "none"
