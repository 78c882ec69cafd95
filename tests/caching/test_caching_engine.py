"""The real engine declares caching in a zone that had its own, changes it, and gives everything back."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession

from tests.components.test_components_engine import TOKEN, Launch, launch

__all__ = ["launch"]
pytestmark = [pytest.mark.engine, pytest.mark.slow]
PHASE = "http_request_cache_settings"


async def call(found: Launch, method: str, path: str, body: object) -> dict[str, object]:
    async with (
        ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session,
        session.request(method, found.url + path, json=body) as response,
    ):
        document = await response.json()
        assert document["success"], document
        return dict(document["result"])


async def test_caching_is_declared_without_a_second_change_and_given_back(launch: Launch) -> None:
    made = await call(
        launch, "POST", "/zones", {"name": "acme.example", "account": {"id": "0" * 32}, "type": "full"}
    )
    zone = launch.state.zones[str(made["id"])]
    await call(launch, "PATCH", f"/zones/{zone.id}/settings/browser_cache_ttl", {"value": 1800})
    await call(launch, "PATCH", f"/zones/{zone.id}/settings/cache_level", {"value": "simplified"})
    smart = f"/zones/{zone.id}/cache/tiered_cache_smart_topology_enable"
    await call(launch, "PATCH", smart, {"value": "on"})

    def found() -> tuple[object, ...]:
        toggles = ("tiered_cache_smart_topology_enable", "tiered_caching")
        held = [zone.extra.get(name, {}).get("value", "off") for name in toggles]
        return zone.setting("browser_cache_ttl"), zone.setting("cache_level"), *held

    before = found()
    cache = {
        "html": "2h",
        "query": "ignore",
        "bypass": ["/reports/*"],
        "respect_origin": ["/feed"],
        "tiered": False,
    }
    own = {"zone": {"id": zone.id}, "guard": None}
    await launch.up(cache=cache, **own)
    assert found() == (0, "aggressive", "off", "off")
    ruleset = zone.ruleset(PHASE)
    assert ruleset is not None
    static = next(rule for rule in ruleset["rules"] if rule["ref"] == "cache-static")
    assert static["action_parameters"]["edge_ttl"]["status_code_ttl"][1] == {
        "status_code_range": {"from": 400}, "value": -1,
    }  # fmt: skip
    assert static["action_parameters"]["cache_key"]["custom_key"] == {
        "query_string": {"exclude": {"all": True}}
    }

    assert (await launch.run("preview", "--refresh", "--expect-no-changes")).code == 0
    assert await launch.up(cache=cache, **own) == []
    assert sorted(await launch.up(**own)) == ["PATCH ['argo']", "PATCH ['cache']", "PUT ['rulesets']"]
    assert found() == (0, "aggressive", "on", "on")

    assert await launch.up(cache="none", **own)
    assert zone.ruleset(PHASE) is None
    assert found() == before, "taken out of the file: given back"
    await launch.up(cache=cache, **own)
    gone = await launch.run("destroy", "--yes", "--skip-preview", "--exclude-protected")
    assert gone.code == 0, gone.errors
    assert found() == before
