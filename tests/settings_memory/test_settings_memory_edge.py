"""Remembering and giving back against the local edge's own API, and through the dynamic provider."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Thread
from typing import Any

import pytest
from aiohttp import web
from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config
from pulumi.dynamic.dynamic import serialize_provider

from components.settings_memory import _Provider
from launchready import settings_memory as memory
from launchready.edge.api.server import CloudflareApi
from launchready.edge.state import EdgeState
from launchready.settings_memory import DNSSEC, UNIVERSAL_SSL, SettingsApi

ACCOUNT, TOKEN = "0" * 32, "t" * 40
IDS = ["ssl", "min_tls_version", "security_header", UNIVERSAL_SSL, DNSSEC]


@dataclass
class Edge:
    url: str
    calls: list[str]

    def api(self) -> SettingsApi:
        return memory.from_environment({}, {"CLOUDFLARE_BASE_URL": self.url, "CLOUDFLARE_API_TOKEN": TOKEN})


@pytest.fixture
def edge() -> Iterator[Edge]:
    """The edge's API on loopback in a thread of its own: the memory's client is synchronous."""
    loop, ready = asyncio.new_event_loop(), []

    async def start() -> None:
        api = CloudflareApi(EdgeState(account_id=ACCOUNT, token=TOKEN, registrar_auto=False))
        calls: list[str] = []

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            calls.append(f"{request.method} {request.path.split('/zones', 1)[1]}")
            return await api.handle(request)

        runner = web.ServerRunner(web.Server(handle))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        ready.append((runner, Edge(f"http://127.0.0.1:{runner.addresses[0][1]}/client/v4", calls)))

    loop.run_until_complete(start())
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner, found = ready[0]
    yield found
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def zone(edge: Edge) -> str:
    with edge.api() as api:
        body = {"name": "acme.example", "account": {"id": ACCOUNT}, "type": "full"}
        return str(api._call("POST", "/zones", body)["id"])


def change_everything(api: SettingsApi, zone: str) -> None:
    api.patch(f"/zones/{zone}/settings/ssl", {"value": "strict"})
    api.patch(f"/zones/{zone}/settings/min_tls_version", {"value": "1.3"})
    header = {
        "enabled": True,
        "max_age": 31536000,
        "include_subdomains": True,
        "preload": False,
        "nosniff": True,
    }
    api.patch(f"/zones/{zone}/settings/security_header", {"value": {"strict_transport_security": header}})
    api.patch(f"/zones/{zone}/ssl/universal/settings", {"enabled": False})
    api.patch(f"/zones/{zone}/dnssec", {"status": "disabled"})


def test_everything_that_was_found_comes_back(edge: Edge, zone: str) -> None:
    with edge.api() as api:
        api.patch(f"/zones/{zone}/settings/ssl", {"value": "full"})
        api.patch(f"/zones/{zone}/dnssec", {"status": "active"})
        found = memory.remember(api, zone, IDS)
        assert (found["ssl"], found[DNSSEC], found[UNIVERSAL_SSL]) == ("full", "active", True)
        change_everything(api, zone)
        assert memory.give_back(api, zone, found) == tuple(IDS)
        assert memory.remember(api, zone, IDS) == found
        assert memory.signing_status(api, zone) == "pending"


def test_only_what_differs_is_written(edge: Edge, zone: str) -> None:
    with edge.api() as api:
        found = memory.remember(api, zone, IDS)
        api.patch(f"/zones/{zone}/settings/ssl", {"value": "strict"})
        edge.calls.clear()
        assert memory.give_back(api, zone, found) == ("ssl",)
        assert [call for call in edge.calls if call.startswith("PATCH")] == [f"PATCH /{zone}/settings/ssl"]
        edge.calls.clear()
        assert memory.give_back(api, zone, found) == ()


def test_all_settings_are_read_with_one_call(edge: Edge, zone: str) -> None:
    with edge.api() as api:
        edge.calls.clear()
        memory.remember(api, zone, ["ssl", "min_tls_version", "tls_1_3", "always_use_https"])
    assert edge.calls == [f"GET /{zone}/settings"]


def test_numbers_that_went_through_the_state_are_whole_again(edge: Edge, zone: str) -> None:
    found = {
        "security_header": {
            "strict_transport_security": {
                "enabled": True, "max_age": 86400.0, "include_subdomains": False, "preload": False,
                "nosniff": False,
            }
        }
    }  # fmt: skip
    with edge.api() as api:
        assert memory.give_back(api, zone, found) == ("security_header",)
        now = memory.remember(api, zone, found)["security_header"]["strict_transport_security"]["max_age"]
    assert (now, type(now)) == (86400, int)


def test_a_zone_that_is_gone_needs_nothing_back(edge: Edge, zone: str) -> None:
    with edge.api() as api:
        found = memory.remember(api, zone, IDS)
        api._call("DELETE", f"/zones/{zone}", None)
        assert memory.give_back(api, zone, found) == ()


# --- the dynamic provider ----------------------------------------------------------------------


def provider(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> _Provider:
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", edge.url)
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", TOKEN)
    made = _Provider()
    made.configure(ConfigureRequest(Config({}, "launchready")))
    return made


def test_the_resource_remembers_on_create_and_gives_back_on_delete(
    edge: Edge, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = provider(edge, monkeypatch)
    with edge.api() as api:
        before = memory.remember(api, zone, IDS)
        created = shell.create({"zone_id": zone, "ids": IDS})
        assert created.outs is not None
        assert created.outs["found"] == before
        change_everything(api, zone)
        shell.delete(created.id, created.outs)
        assert memory.remember(api, zone, IDS) == before


def test_an_update_gives_back_what_is_no_longer_declared_and_keeps_what_was_found_first(
    edge: Edge, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = provider(edge, monkeypatch)
    with edge.api() as api:
        created = shell.create({"zone_id": zone, "ids": ["ssl", "min_tls_version"]})
        change_everything(api, zone)
        news = {"zone_id": zone, "ids": ["min_tls_version", "tls_1_3"]}
        updated = shell.update(created.id, created.outs or {}, news)
        assert updated.outs is not None
        assert updated.outs["found"] == {
            "min_tls_version": "1.0",
            "tls_1_3": memory.remember(api, zone, ["tls_1_3"])["tls_1_3"],
        }
        assert memory.remember(api, zone, ["ssl", "min_tls_version"]) == {
            "ssl": "off",
            "min_tls_version": "1.3",
        }


def test_a_difference_is_another_zone_or_other_settings_and_nothing_else() -> None:
    shell, olds = _Provider(), {"zone_id": "z", "ids": ["a"], "found": {"a": 1}, "__provider": "old"}
    assert shell.diff("id", olds, {"zone_id": "z", "ids": ["a"], "__provider": "new"}).changes is False
    assert shell.diff("id", olds, {"zone_id": "z", "ids": ["a", "b"]}).changes is True
    assert shell.diff("id", olds, {"zone_id": "y", "ids": ["a"]}).replaces == ["zone_id"]
    assert shell.read("id", olds).outs == olds


def test_the_pickled_provider_is_a_reference_without_code_or_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", TOKEN)
    pickled = base64.b64decode(serialize_provider(_Provider()))
    assert b"components.settings_memory" in pickled
    assert TOKEN.encode() not in pickled
    assert len(pickled) < 200, "code in the state shows as a difference at every change of it"
    assert pickled == base64.b64decode(serialize_provider(_Provider()))


def test_the_providers_configuration_wins_over_the_environment(
    edge: Edge, zone: str, monkeypatch: Any
) -> None:
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", "http://127.0.0.1:1/client/v4")
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN", raising=False)
    shell = _Provider()
    config = {"cloudflare:baseUrl": edge.url, "cloudflare:apiToken": TOKEN}
    shell.configure(ConfigureRequest(Config(config, "launchready")))
    assert (shell.create({"zone_id": zone, "ids": ["ssl"]}).outs or {})["found"] == {"ssl": "off"}
