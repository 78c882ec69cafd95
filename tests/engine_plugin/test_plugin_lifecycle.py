"""Every resource kind lives its whole life against the API: made, read, changed, imported, ended."""

from __future__ import annotations

from typing import Any

import pytest
from plugin_rig import ACCOUNT, Plugin, Served, rig

from launchready.engine.cloudflare_plugin.kinds import KINDS

Inputs = dict[str, Any]


def rule(ref: str, expression: str = 'http.host eq "www.acme.example"') -> Inputs:
    target = {"expression": 'concat("https://acme.example", http.request.uri.path)'}
    from_value = {"statusCode": 301, "preserveQueryString": True, "targetUrl": target}
    return {
        "ref": ref,
        "expression": expression,
        "action": "redirect",
        "actionParameters": {"fromValue": from_value},
    }


LIVES: list[tuple[str, Inputs, Inputs, str]] = [
    ("DnsRecord", {"name": "www.acme.example", "type": "A", "content": "192.0.2.1", "ttl": 1,
                   "proxied": True},
     {"content": "192.0.2.2", "comment": "moved"}, "{zone}/{id}"),
    ("DnsRecord", {"name": "acme.example", "type": "CAA", "ttl": 3600,
                   "data": {"flags": 0, "tag": "issue", "value": "letsencrypt.org"}},
     {"data": {"flags": 0, "tag": "issue", "value": "pki.goog"}}, "{zone}/{id}"),
    ("DnsRecord", {"name": "acme.example", "type": "MX", "ttl": 300, "content": "mx.example.net",
                   "priority": 10},
     {"priority": 20}, "{zone}/{id}"),
    ("ZoneSetting", {"settingId": "min_tls_version", "value": "1.2"}, {"value": "1.3"},
     "{zone}/min_tls_version"),
    ("ZoneSetting", {"settingId": "security_header", "value": {"strict_transport_security": {
        "enabled": True, "max_age": 31536000}}},
     {"value": {"strict_transport_security": {"enabled": True, "max_age": 300}}}, "{zone}/security_header"),
    ("ZoneDnssec", {"status": "active"}, {"status": "disabled"}, "{zone}"),
    ("Ruleset", {"kind": "zone", "name": "redirects", "phase": "http_request_dynamic_redirect",
                 "rules": [rule("www")]},
     {"rules": [rule("www"), rule("old", 'http.request.uri.path eq "/old"')]}, "zones/{zone}/{id}"),
    ("UniversalSslSetting", {"enabled": True}, {"enabled": False}, "{zone}"),
    ("TieredCache", {"value": "on"}, {"value": "off"}, "{zone}"),
    ("BotManagement", {"fightMode": True}, {"fightMode": False}, "{zone}"),
    ("Healthcheck", {"name": "hc", "address": "www.acme.example", "type": "HTTPS", "checkRegions": ["WEU"],
                     "httpConfig": {"path": "/up"}},
     {"interval": 120}, "{zone}/{id}"),
    ("PageRule", {"target": "acme.example/a/*", "actions": {"cacheLevel": "bypass"}, "status": "active"},
     {"actions": {"forwardingUrl": {"url": "https://acme.example/b", "statusCode": 301}}}, "{zone}/{id}"),
]  # fmt: skip
"""(kind, inputs without the zone, what changes, its import id)."""
IDS = [
    f"{kind}-{inputs.get('type', inputs.get('settingId', ''))}".rstrip("-") for kind, inputs, _, _ in LIVES
]


async def zone_of(api: Served) -> str:
    body = {"name": "acme.example", "account": {"id": ACCOUNT}, "type": "full"}
    return str((await api.call("POST", "/zones", body))["id"])


async def live_through(
    plugin: Plugin, api: Served, kind: str, inputs: Inputs, change: Inputs, import_id: str
) -> None:
    checked, failures = await plugin.check(kind, inputs)
    assert failures == {}
    assert checked == inputs
    own_id, state = await plugin.create(kind, checked)
    assert own_id

    refreshed_id, refreshed, kept = await plugin.read(kind, own_id, state, checked)
    assert refreshed_id == own_id
    assert kept == checked, "a refresh after a create shows no drift"
    assert refreshed.keys() >= checked.keys()

    changed = {**checked, **change}
    difference = await plugin.diff(kind, checked, changed, refreshed, own_id)
    assert difference.changes == difference.DIFF_SOME
    assert not difference.replaces
    state = await plugin.update(kind, own_id, checked, changed, refreshed)
    _, state, kept = await plugin.read(kind, own_id, state, changed)
    assert kept == changed, "a refresh after an update shows no drift"

    owner = inputs.get("zoneId", ACCOUNT)
    imported_id, _, declared = await plugin.read(kind, import_id.format(zone=owner, id=own_id))
    assert imported_id == own_id
    same = await plugin.diff(kind, declared, changed, state, own_id)
    assert same.changes == same.DIFF_NONE, dict(same.detailedDiff)

    await plugin.delete(kind, own_id, state)


@pytest.mark.parametrize(("kind", "inputs", "change", "import_id"), LIVES, ids=IDS)
async def test_a_resource_in_a_zone_lives_its_life(
    kind: str, inputs: Inputs, change: Inputs, import_id: str
) -> None:
    async with rig() as (plugin, api):
        inputs = {**inputs, "zoneId": await zone_of(api)}
        await live_through(plugin, api, kind, inputs, change, import_id)
        if KINDS[f"cloudflare:index/{kind[0].lower()}{kind[1:]}:{kind}"].deletes:
            assert api.calls[-1].method == "DELETE"
        else:
            assert api.calls[-1].method == "GET"


async def test_a_zone_lives_its_life() -> None:
    async with rig() as (plugin, api):
        inputs = {"name": "acme.example", "account": {"id": ACCOUNT}}
        await live_through(plugin, api, "Zone", inputs, {"paused": True}, "{id}")
        assert api.state.zones == {}


async def test_a_zones_outputs_are_what_components_need() -> None:
    async with rig() as (plugin, _):
        own_id, state = await plugin.create("Zone", {"name": "acme.example", "account": {"id": ACCOUNT}})
        assert len(own_id) == 32
        assert len(state["nameServers"]) == 2
        assert state["plan"]["legacyId"] == "pro"
        assert state["status"] in ("pending", "active")


async def test_a_policy_and_its_webhook_live_their_lives() -> None:
    async with rig() as (plugin, api):
        hook = {"accountId": ACCOUNT, "name": "wh", "url": "https://hook.example/x"}
        await live_through(
            plugin, api, "NotificationPolicyWebhooks", hook, {"name": "other"}, f"{ACCOUNT}/{{id}}"
        )
        policy = {
            "accountId": ACCOUNT,
            "name": "np",
            "alertType": "health_check_status_notification",
            "mechanisms": {"emails": [{"id": "ops@acme.example"}]},
        }
        change = {"description": "changed", "mechanisms": {"emails": [{"id": "a@b.example"}]}}
        await live_through(plugin, api, "NotificationPolicy", policy, change, f"{ACCOUNT}/{{id}}")


async def test_dnssec_that_waits_for_the_registrar_is_no_difference_and_a_disabled_one_is() -> None:
    async with rig() as (plugin, api):
        zone = await zone_of(api)
        inputs = {"zoneId": zone, "status": "active"}
        own_id, state = await plugin.create("ZoneDnssec", inputs)
        assert state["status"] in ("pending", "active")
        assert state["ds"]
        await api.call("PATCH", f"/zones/{zone}/dnssec", {"status": "disabled"})
        _, state, drifted = await plugin.read("ZoneDnssec", own_id, state, inputs)
        assert drifted == {"zoneId": zone, "status": "disabled"}
        found = await plugin.diff("ZoneDnssec", drifted, inputs, state, own_id)
        assert list(found.detailedDiff) == ["status"]


@pytest.mark.parametrize("kind", ["DnsRecord", "Ruleset", "PageRule", "Healthcheck"])
async def test_what_is_gone_reads_as_gone_and_deletes_as_deleted(kind: str) -> None:
    inputs, import_id = next((i, import_id) for k, i, _, import_id in LIVES if k == kind)
    async with rig() as (plugin, api):
        inputs = {**inputs, "zoneId": await zone_of(api)}
        own_id, state = await plugin.create(kind, inputs)
        await plugin.delete(kind, own_id, state)
        assert await plugin.read(kind, own_id, state, inputs) == ("", {}, {})
        assert (await plugin.read(kind, import_id.format(zone=inputs["zoneId"], id=own_id)))[0] == ""
        await plugin.delete(kind, own_id, state)


async def test_a_record_changed_behind_our_back_is_drift_in_that_property_alone() -> None:
    async with rig() as (plugin, api):
        zone = await zone_of(api)
        inputs = {"zoneId": zone, "name": "www", "type": "CNAME", "content": "acme.example", "ttl": 1}
        own_id, state = await plugin.create("DnsRecord", inputs)
        path = f"/zones/{zone}/dns_records/{own_id}"
        await api.call("PATCH", path, {"proxied": True})
        _, state, drifted = await plugin.read("DnsRecord", own_id, state, inputs)
        assert drifted == {**inputs, "proxied": True}
        found = await plugin.diff("DnsRecord", drifted, inputs, state, own_id)
        assert list(found.detailedDiff) == ["proxied"]
        await plugin.update("DnsRecord", own_id, drifted, inputs, state)
        assert (await api.call("GET", path))["proxied"] is False


async def test_a_rule_added_behind_our_back_is_drift() -> None:
    async with rig() as (plugin, api):
        zone = await zone_of(api)
        phase = "http_request_dynamic_redirect"
        inputs = {"zoneId": zone, "kind": "zone", "name": "r", "phase": phase, "rules": [rule("a")]}
        own_id, state = await plugin.create("Ruleset", inputs)
        path = f"/zones/{zone}/rulesets/{own_id}"
        live = await api.call("GET", path)
        extra = {**live["rules"][0], "ref": "b", "expression": 'http.host eq "b.acme.example"'}
        extra.pop("id")
        await api.call(
            "PUT", path, {"name": "r", "kind": "zone", "phase": phase, "rules": [*live["rules"], extra]}
        )
        _, state, drifted = await plugin.read("Ruleset", own_id, state, inputs)
        found = await plugin.diff("Ruleset", drifted, inputs, state, own_id)
        assert {path: d.kind for path, d in found.detailedDiff.items()} == {"rules[1]": 2}


async def test_an_update_keeps_the_ids_of_rules_that_keep_their_ref() -> None:
    async with rig() as (plugin, api):
        zone = await zone_of(api)
        phase = "http_request_dynamic_redirect"
        inputs = {"zoneId": zone, "kind": "zone", "name": "r", "phase": phase, "rules": [rule("a")]}
        own_id, state = await plugin.create("Ruleset", inputs)
        news = {**inputs, "rules": [rule("b", 'http.host eq "b.acme.example"'), rule("a")]}
        after = await plugin.update("Ruleset", own_id, inputs, news, state)
        assert after["rules"][1]["id"] == state["rules"][0]["id"]


async def test_a_certificate_pack_is_ordered_imported_and_replaced_by_any_change() -> None:
    async with rig("enterprise") as (plugin, api):
        zone = await zone_of(api)
        inputs = {
            "zoneId": zone,
            "type": "advanced",
            "hosts": ["acme.example", "*.acme.example"],
            "certificateAuthority": "google",
            "validationMethod": "txt",
            "validityDays": 90,
        }
        _, failures = await plugin.check("CertificatePack", inputs)
        assert failures == {}
        own_id, state = await plugin.create("CertificatePack", inputs)
        assert api.calls[-1].path == f"/zones/{zone}/ssl/certificate_packs/order"
        _, state, kept = await plugin.read("CertificatePack", own_id, state, inputs)
        assert kept == inputs
        assert state["status"]
        _, _, declared = await plugin.read("CertificatePack", f"{zone}/{own_id}")
        shuffled = {**inputs, "hosts": ["*.acme.example", "acme.example"]}
        assert (await plugin.diff("CertificatePack", declared, shuffled, state)).changes == 1
        found = await plugin.diff("CertificatePack", inputs, {**inputs, "validityDays": 30}, state)
        assert list(found.replaces) == ["validityDays"]
        await plugin.delete("CertificatePack", own_id, state)
        assert (await plugin.read("CertificatePack", own_id, state, inputs))[0] == ""
