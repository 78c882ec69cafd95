"""Zones, their activation by the registrar, DNSSEC, and the smaller zone areas."""

from __future__ import annotations

from typing import Any

import pytest
from edge_api_kit import ACCOUNT, Client

from launchready.edge.api.registrar import assigned_names
from launchready.edge.world import registrar


async def test_a_zone_is_pending_at_first_and_active_once_the_registrar_follows(api: Client) -> None:
    made = (await api.post("/zones", {"name": "Acme.Example.", "account": {"id": ACCOUNT}})).result
    assert (made["name"], made["status"], made["activated_on"]) == ("acme.example", "pending", None)
    assert made["name_servers"] == assigned_names(made["id"])
    assert len(set(made["name_servers"])) == 2
    shown = (await api.get(f"/zones/{made['id']}")).result
    assert shown["status"] == "active"
    assert shown["activated_on"] is not None
    assert api.state.registry["acme.example"].nameservers == made["name_servers"]


async def test_by_hand_a_zone_waits_for_its_delegation(start_api: Any) -> None:
    api: Client = await start_api(registrar_auto=False)
    zone = await api.zone()
    path = f"/zones/{zone}"
    assert (await api.put(f"{path}/activation_check", None)).result == {"id": zone}
    assert (await api.get(path)).result["status"] == "pending"
    names = (await api.get(path)).result["name_servers"]
    registrar.set_ns(api.state, "acme.example", [*names, "ns3.elsewhere.example"])
    assert (await api.get(path)).result["status"] == "pending", "one name server too many"
    registrar.set_ns(api.state, "acme.example", [name.upper() + "." for name in names])
    assert (await api.get(path)).result["status"] == "active"
    registrar.set_ns(api.state, "acme.example", ["ns1.elsewhere.example"])
    assert (await api.get(path)).result["status"] == "moved"


async def test_a_stale_ds_at_the_registrar_blocks_activation(start_api: Any) -> None:
    api: Client = await start_api(registrar_auto=False)
    zone = await api.zone()
    names = (await api.get(f"/zones/{zone}")).result["name_servers"]
    registrar.set_ns(api.state, "acme.example", names)
    registrar.set_ds(api.state, "acme.example", [f"1 13 2 {'AB' * 32}"])
    assert (await api.get(f"/zones/{zone}")).result["status"] == "pending"
    registrar.set_ds(api.state, "acme.example", [])
    assert (await api.get(f"/zones/{zone}")).result["status"] == "active"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", 1002),
        ("nodots", 1002),
        ("-bad.example", 1002),
        ("a b.example", 1002),
        ("1.2.3.4", 1002),
        (7, 1002),
        ("www.acme.example", 1099),
        ("co.uk", 1099),
    ],
)
async def test_what_is_no_registrable_domain_is_refused(api: Client, name: Any, code: int) -> None:
    answer = await api.post("/zones", {"name": name, "account": {"id": ACCOUNT}})
    assert (answer.status, answer.codes) == (400, [code])


async def test_a_zone_exists_once(api: Client) -> None:
    await api.zone()
    again = await api.post("/zones", {"name": "ACME.example", "account": {"id": ACCOUNT}})
    assert (again.status, again.codes) == (400, [1061])


async def test_subdomain_zones_need_enterprise_and_names_become_a_labels(start_api: Any) -> None:
    big: Client = await start_api("enterprise")
    assert (await big.get(f"/zones/{await big.zone('shop.acme.example')}")).status == 200
    made = await big.post("/zones", {"name": "bücher.example"})
    assert made.result["name"] == "xn--bcher-kva.example"
    assert made.result["plan"]["legacy_id"] == "enterprise"


async def test_zones_are_listed_by_name_status_and_page(api: Client) -> None:
    for number in range(7):
        await api.zone(f"client{number}.example")
    first = await api.get("/zones?per_page=5")
    assert first.document["result_info"] == {
        "page": 1,
        "per_page": 5,
        "count": 5,
        "total_count": 7,
        "total_pages": 2,
    }
    second = await api.get("/zones?per_page=5&page=2")
    names = [zone["name"] for zone in first.result + second.result]
    assert names == [f"client{number}.example" for number in range(7)]
    assert [z["name"] for z in (await api.get("/zones?name=client3.example")).result] == ["client3.example"]
    assert (await api.get("/zones?name=client3.example&status=pending")).result == []
    assert len((await api.get("/zones?name=contains:client&direction=desc")).result) == 7
    assert (await api.get(f"/zones?account.id={'b' * 32}")).result == []
    assert (await api.get("/zones?per_page=4")).status == 400
    assert (await api.get("/zones?page=x")).status == 400


async def test_a_deleted_zone_is_gone_and_its_delegation_too(api: Client) -> None:
    zone = await api.zone()
    await api.patch(f"/zones/{zone}/dnssec", {"status": "active"})
    assert (await api.get(f"/zones/{zone}/dnssec")).result["status"] == "active"
    assert (await api.delete(f"/zones/{zone}")).result == {"id": zone}
    assert (await api.get(f"/zones/{zone}")).status == 404
    entry = api.state.registry["acme.example"]
    assert (entry.nameservers, entry.ds) == ([], [])
    again = await api.zone()
    assert (await api.get(f"/zones/{again}")).result["status"] == "active"


async def test_dnssec_is_pending_until_the_registry_has_the_ds(start_api: Any) -> None:
    api: Client = await start_api(registrar_auto=False)
    path = f"/zones/{await api.zone()}/dnssec"
    assert (await api.get(path)).result["status"] == "disabled"
    enabled = (await api.patch(path, {"status": "active"})).result
    assert (enabled["status"], enabled["algorithm"], enabled["flags"]) == ("pending", "13", 257)
    assert enabled["ds"] == f"acme.example. 3600 IN DS {enabled['key_tag']} 13 2 {enabled['digest']}"
    assert (await api.get(path)).result["status"] == "pending"
    registrar.set_ds(api.state, "acme.example", [f"{enabled['key_tag']} 13 2 {enabled['digest'].lower()}"])
    assert (await api.get(path)).result["status"] == "active"
    disabled = (await api.patch(path, {"status": "disabled"})).result
    assert disabled["status"] == "pending-disabled", "its DS is still at the registry"
    registrar.set_ds(api.state, "acme.example", [])
    assert (await api.get(path)).result["status"] == "disabled"
    assert (await api.delete(path)).result == ""
    assert (await api.get(path)).result["ds"] is None


async def test_dnssec_keeps_its_key_when_switched_off_and_on(api: Client) -> None:
    path = f"/zones/{await api.zone()}/dnssec"
    first = (await api.patch(path, {"status": "active"})).result
    assert first["status"] == "pending"
    assert (await api.get(path)).result["status"] == "active", "the registrar followed"
    assert (await api.delete(path)).status == 400
    assert (await api.patch(path, {"status": "disabled"})).result["status"] == "disabled"
    second = (await api.patch(path, {"status": "active"})).result
    assert second["ds"] == first["ds"]
    assert (await api.patch(path, {"status": "on"})).status == 400


async def test_a_universal_certificate_is_listed_while_it_is_enabled(pro: Client) -> None:
    zone = await pro.zone()
    path = f"/zones/{zone}/ssl"
    packs = (await pro.get(f"{path}/certificate_packs")).result
    assert [pack["hosts"] for pack in packs] == [["acme.example", "*.acme.example"]]
    assert packs[0]["status"] == "active"
    assert (await pro.get(f"{path}/verification")).result[0]["certificate_status"] == "active"
    await pro.patch(f"{path}/universal/settings", {"enabled": False})
    assert (await pro.get(f"{path}/certificate_packs")).result == []


ORDER = {
    "type": "advanced",
    "hosts": ["acme.example", "*.app.acme.example"],
    "validation_method": "txt",
    "validity_days": 90,
    "certificate_authority": "lets_encrypt",
}


async def test_advanced_certificates_are_ordered_and_deleted(pro: Client) -> None:
    path = f"/zones/{await pro.zone()}/ssl/certificate_packs"
    made = (await pro.post(f"{path}/order", ORDER)).result
    assert (await pro.get(f"{path}/{made['id']}")).result["hosts"] == ORDER["hosts"]
    assert (await pro.get(f"{path}/quota")).result["advanced"]["used"] == 1
    assert (await pro.delete(f"{path}/{made['id']}")).result == {"id": made["id"]}
    assert (await pro.get(f"{path}/{made['id']}")).status == 404
    for change in ({"hosts": ["other.example"]}, {"validity_days": 91}, {"certificate_authority": "x"}):
        assert (await pro.post(f"{path}/order", {**ORDER, **change})).status == 400


async def test_tiered_cache_and_purge(api: Client) -> None:
    zone = await api.zone()
    path = f"/zones/{zone}/cache/tiered_cache_smart_topology_enable"
    assert (await api.get(path)).result["value"] == "off"
    assert (await api.delete(path)).status == 404
    assert (await api.patch(path, {"value": "on"})).result["value"] == "on"
    assert (await api.patch(path, {"value": "maybe"})).status == 400
    assert (await api.delete(path)).status == 200
    assert (await api.get(path)).result["value"] == "off"
    assert (await api.post(f"/zones/{zone}/purge_cache", {"purge_everything": True})).result == {"id": zone}
    assert (await api.post(f"/zones/{zone}/purge_cache", {"hosts": ["acme.example"]})).status == 200
    assert (await api.post(f"/zones/{zone}/purge_cache", {})).status == 400
    assert [list(p)[1] for p in api.state.zones[zone].extra["purges"]] == ["purge_everything", "hosts"]


async def test_health_checks_exist_from_pro_on_and_echo_their_defaults(api: Client, pro: Client) -> None:
    free = await api.post(f"/zones/{await api.zone()}/healthchecks", {"name": "a", "address": "acme.example"})
    assert free.status == 403
    path = f"/zones/{await pro.zone()}/healthchecks"
    made = (await pro.post(path, {"name": "a", "address": "acme.example", "type": "HTTPS"})).result
    assert (made["status"], made["interval"], made["http_config"]["port"]) == ("unknown", 60, 443)
    patched = (await pro.patch(f"{path}/{made['id']}", {"http_config": {"path": "/up"}})).result
    assert (patched["http_config"]["path"], patched["created_on"]) == ("/up", made["created_on"])
    replaced = await pro.put(f"{path}/{made['id']}", {"name": "b", "address": "x.example", "type": "TCP"})
    assert "http_config" not in replaced.result
    assert replaced.result["tcp_config"]["port"] == 80
    assert (await pro.post(path, {"name": "a", "address": "x", "interval": 10})).status == 400
    assert (await pro.post(path, {"name": "a"})).status == 400
    assert (await pro.delete(f"{path}/{made['id']}")).result == {"id": made["id"]}
    assert (await pro.delete(f"{path}/{made['id']}")).status == 404
    for number in range(10):
        await pro.post(path, {"name": str(number), "address": "acme.example"})
    assert (await pro.post(path, {"name": "too many", "address": "acme.example"})).status == 403


async def test_page_rules_belong_to_the_zone(api: Client) -> None:
    path = f"/zones/{await api.zone()}/pagerules"
    rule: dict[str, Any] = {
        "targets": [{"target": "url", "constraint": {"operator": "matches", "value": "*acme.example/a/*"}}],
        "actions": [{"id": "always_use_https"}],
    }
    made = (await api.post(path, rule)).result
    assert (made["status"], made["priority"]) == ("disabled", 1)
    assert (await api.patch(f"{path}/{made['id']}", {"status": "active"})).result["status"] == "active"
    rule["targets"][0]["constraint"]["value"] = "other.example/*"
    assert (await api.put(f"{path}/{made['id']}", rule)).status == 400
    rule["targets"][0]["constraint"]["value"] = "acme.example/*"
    for _ in range(2):
        assert (await api.post(path, rule)).status == 200
    assert (await api.post(path, rule)).status == 403, "three on Free"
    assert len((await api.get(f"{path}?status=active")).result) == 1
    assert (await api.delete(f"{path}/{made['id']}")).result == {"id": made["id"]}


async def test_bot_management_takes_what_the_plan_has(api: Client, pro: Client) -> None:
    free = f"/zones/{await api.zone()}/bot_management"
    assert (await api.put(free, {"fight_mode": True})).result["fight_mode"] is True
    assert (await api.get(free)).result["fight_mode"] is True
    refused = await api.put(free, {"sbfm_definitely_automated": "block"})
    assert (refused.status, refused.codes) == (403, [1015])
    paid = f"/zones/{await pro.zone()}/bot_management"
    assert (await pro.put(paid, {"sbfm_definitely_automated": "block"})).status == 200
    assert (await pro.put(paid, {"sbfm_definitely_automated": "eat"})).status == 400


async def test_email_routing_is_ready_once_its_records_are_there(api: Client) -> None:
    zone = await api.zone()
    path = f"/zones/{zone}/email/routing"
    assert (await api.get(path)).result["status"] == "unconfigured"
    assert (await api.post(f"{path}/enable", {})).result["status"] == "misconfigured"
    for record in (await api.get(f"{path}/dns")).result:
        assert (await api.record(zone, **record)).status == 200
    assert (await api.get(path)).result["status"] == "ready"
    assert (await api.post(f"{path}/disable", {})).result["enabled"] is False


async def test_alerts_go_to_webhooks_that_exist_and_secrets_stay_secret(pro: Client) -> None:
    root = f"/accounts/{ACCOUNT}/alerting/v3"
    hook = await pro.post(
        f"{root}/destinations/webhooks", {"name": "h", "url": "https://hook.example", "secret": "s3"}
    )
    assert hook.status == 201
    number = hook.result["id"]
    assert "s3" not in (await pro.get(f"{root}/destinations/webhooks/{number}")).text
    bad = await pro.post(f"{root}/destinations/webhooks", {"name": "h", "url": "ftp://hook.example"})
    assert bad.status == 400
    policy: dict[str, Any] = {
        "name": "n",
        "alert_type": "http_alert_origin_error",
        "enabled": True,
        "mechanisms": {"webhooks": [{"id": "f" * 32}]},
    }
    assert (await pro.post(f"{root}/policies", policy)).status == 400
    policy["mechanisms"]["webhooks"][0]["id"] = number
    made = (await pro.post(f"{root}/policies", policy)).result
    assert list(made) == ["id"]
    shown = (await pro.get(f"{root}/policies/{made['id']}")).result
    assert {key: shown[key] for key in policy} == policy
    assert set(shown) - set(policy) == {"id", "created", "modified"}, "nothing that was not sent"
    assert (await pro.post(f"{root}/policies/{made['id']}/test", {})).status == 200
    assert pro.state.account["alerts"][0]["policy"] == made["id"]
    assert (await pro.put(f"{root}/policies/{made['id']}", {**policy, "enabled": False})).status == 200
    assert (await pro.get(f"{root}/policies/{made['id']}")).result["enabled"] is False
    assert (await pro.delete(f"{root}/policies/{made['id']}")).status == 200
    assert (await pro.get(f"{root}/policies/{made['id']}")).status == 404


async def test_health_check_alerts_need_a_paid_plan(api: Client) -> None:
    answer = await api.post(
        f"/accounts/{ACCOUNT}/alerting/v3/policies",
        {
            "name": "n",
            "alert_type": "health_check_status_notification",
            "mechanisms": {"email": [{"id": "a@b"}]},
        },
    )
    assert answer.status == 403


async def test_pausing_a_zone_is_shown(api: Client) -> None:
    path = f"/zones/{await api.zone()}"
    assert (await api.patch(path, {"paused": True})).result["paused"] is True
    assert (await api.get(path)).result["paused"] is True
    assert (await api.patch(path, {"paused": "yes"})).status == 400
    assert (await api.patch(path, {"plan": {"id": "x"}})).status == 403
