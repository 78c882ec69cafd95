"""Zone settings: values, plans, several at once, development mode."""

from __future__ import annotations

from typing import Any

import pytest
from edge_api_kit import Client


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("ssl", "strict", "very strict"),
        ("min_tls_version", "1.2", "1.4"),
        ("min_tls_version", "1.3", 1.3),
        ("tls_1_3", "zrt", "yes"),
        ("always_use_https", "on", True),
        ("browser_cache_ttl", 0, -1),
        ("browser_cache_ttl", 14400, "14400"),
        ("browser_cache_ttl", 31536000, True),
        ("challenge_ttl", 300, 301),
        ("security_header", {"strict_transport_security": {"max_age": 1}}, {"enabled": True}),
        (
            "security_header",
            {"strict_transport_security": {"enabled": True}},
            {"strict_transport_security": {"max_age": "1"}},
        ),
        ("nel", {"enabled": True}, {"enabled": "on"}),
        ("security_level", "under_attack", "paranoid"),
    ],
)
async def test_each_setting_takes_its_own_values_only(api: Client, name: str, good: Any, bad: Any) -> None:
    path = f"/zones/{await api.zone()}/settings/{name}"
    taken = (await api.patch(path, {"value": good})).result
    assert (taken["id"], taken["editable"]) == (name, True)
    assert taken["modified_on"] is not None
    before = (await api.get(path)).result
    refused = await api.patch(path, {"value": bad})
    assert (refused.status, refused.codes) == (400, [1007])
    assert (await api.get(path)).result == before


async def test_defaults_are_cloudflares(api: Client) -> None:
    zone = await api.zone()
    found = {s["id"]: s["value"] for s in (await api.get(f"/zones/{zone}/settings")).result}
    expected = {
        "ssl": "off",
        "min_tls_version": "1.0",
        "tls_1_3": "off",
        "always_use_https": "off",
        "automatic_https_rewrites": "on",
        "brotli": "off",
        "http3": "off",
        "0rtt": "off",
        "browser_cache_ttl": 14400,
        "cache_level": "aggressive",
    }
    assert {name: found[name] for name in expected} == expected
    assert len(found) > 45


async def test_two_zones_do_not_share_a_setting(api: Client) -> None:
    first, second = await api.zone("one.example"), await api.zone("two.example")
    value = {"strict_transport_security": {"enabled": True, "max_age": 5}}
    await api.patch(f"/zones/{first}/settings/security_header", {"value": value})
    other = (await api.get(f"/zones/{second}/settings/security_header")).result["value"]
    assert other["strict_transport_security"]["enabled"] is False


async def test_what_the_plan_lacks_is_1015(api: Client, pro: Client) -> None:
    free = await api.zone()
    refused = await api.patch(f"/zones/{free}/settings/polish", {"value": "lossy"})
    assert (refused.status, refused.codes) == (403, [1015])
    assert (await api.get(f"/zones/{free}/settings/polish")).result["editable"] is False
    paid = await pro.zone()
    assert (await pro.patch(f"/zones/{paid}/settings/polish", {"value": "lossy"})).status == 200
    assert (await pro.patch(f"/zones/{paid}/settings/ciphers", {"value": ["AES128-SHA"]})).status == 403
    assert (await pro.patch(f"/zones/{paid}/settings/advanced_ddos", {"value": "off"})).codes == [1016]


async def test_an_unknown_setting_and_a_missing_value_are_refused(api: Client) -> None:
    path = f"/zones/{await api.zone()}/settings"
    assert (await api.get(f"{path}/nonsense")).status == 404
    assert (await api.patch(f"{path}/nonsense", {"value": "on"})).status == 404
    assert (await api.patch(f"{path}/ssl", {})).status == 400


async def test_many_settings_change_together_or_not_at_all(api: Client) -> None:
    path = f"/zones/{await api.zone()}/settings"
    items = [{"id": "ssl", "value": "full"}, {"id": "tls_1_3", "value": "on"}]
    assert [s["value"] for s in (await api.patch(path, {"items": items})).result] == ["full", "on"]
    bad = [{"id": "ssl", "value": "strict"}, {"id": "tls_1_3", "value": "?"}]
    assert (await api.patch(path, bad)).status == 400
    assert (await api.get(f"{path}/ssl")).result["value"] == "full"


async def test_development_mode_ends_by_itself_after_three_hours(api: Client) -> None:
    zone = await api.zone()
    path = f"/zones/{zone}/settings/development_mode"
    assert (await api.patch(path, {"value": "on"})).result["time_remaining"] == 10800
    api.state.clock.advance(3600)
    assert 7190 <= (await api.get(path)).result["time_remaining"] <= 7200
    api.state.clock.advance(7300)
    assert (await api.get(path)).result["value"] == "off"
    assert (await api.get(f"/zones/{zone}")).result["development_mode"] == 0
