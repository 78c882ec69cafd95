"""Secrets stay secret on every way through, unknowns stay unknown, and no message shows either."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from aiohttp import web
from plugin_rig import ACCOUNT, Call, rig
from test_plugin_lifecycle import zone_of

from launchready.engine.cloudflare_plugin.values import UNKNOWN, Secret, from_struct, plain, to_struct

VALUES: dict[str, Any] = {
    "text": "x",
    "empty": "",
    "whole": 3,
    "part": 1.5,
    "yes": True,
    "no": False,
    "list": [1, [2], {"a": "b"}, None],
    "map": {"x": {"y": Secret({"z": [1]})}},
    "unknown": UNKNOWN,
    "hidden": Secret("s"),
    "empties": [{}, []],
}


def test_property_values_survive_the_wire() -> None:
    assert from_struct(to_struct(VALUES)) == VALUES


def test_a_secret_does_not_show_in_its_text_form() -> None:
    assert "hunter" not in repr(Secret("hunter2")) + str([Secret("hunter2")])


async def test_a_secret_input_is_a_secret_output_after_create_read_and_update() -> None:
    async with rig() as (plugin, api):
        zone = await zone_of(api)
        content = "v=DKIM1; p=c2VjcmV0"
        inputs = {"zoneId": zone, "name": "k", "type": "TXT", "content": Secret(content), "ttl": 300}
        own_id, state = await plugin.create("DnsRecord", inputs)
        assert isinstance(state["content"], Secret)
        assert api.calls[-1].body["content"] == content
        _, state, kept = await plugin.read("DnsRecord", own_id, state, inputs)
        assert isinstance(state["content"], Secret)
        assert kept == inputs
        state = await plugin.update("DnsRecord", own_id, inputs, {**inputs, "ttl": 60}, state)
        assert isinstance(state["content"], Secret)


async def test_a_secret_deep_in_a_rule_makes_the_whole_property_secret() -> None:
    async with rig() as (plugin, api):
        value = {"operation": "set", "value": Secret("deep-secret")}
        rule = {
            "ref": "h",
            "action": "rewrite",
            "expression": "true",
            "actionParameters": {"headers": {"X-Key": value}},
        }
        phase = "http_response_headers_transform"
        inputs = {"zoneId": await zone_of(api), "kind": "zone", "name": "r", "phase": phase, "rules": [rule]}
        _, state = await plugin.create("Ruleset", inputs)
        assert isinstance(state["rules"], Secret)
        assert "deep-secret" in str(plain(state["rules"]))


async def test_a_webhooks_secret_is_kept_as_a_secret_though_the_api_never_shows_it() -> None:
    async with rig() as (plugin, _):
        inputs = {"accountId": ACCOUNT, "name": "w", "url": "https://x.example", "secret": "s3cret-value"}
        own_id, state = await plugin.create("NotificationPolicyWebhooks", inputs)
        assert state["secret"] == Secret("s3cret-value")
        _, state, kept = await plugin.read("NotificationPolicyWebhooks", own_id, state, inputs)
        assert state["secret"] == Secret("s3cret-value")
        assert kept["secret"] == Secret("s3cret-value")
        found = await plugin.diff("NotificationPolicyWebhooks", kept, {**inputs, "secret": "other"}, state)
        assert list(found.detailedDiff) == ["secret"]


async def test_an_error_shows_the_apis_words_and_neither_token_nor_secret() -> None:
    async with rig() as (plugin, api):
        zone = await zone_of(api)

        def echo(call: Call) -> web.Response:
            words = f"no {call.body['content']} with {api.token}"
            errors = [{"code": 1004, "message": words, "error_chain": [{"code": 9005, "message": "chained"}]}]
            return web.json_response({"success": False, "errors": errors}, status=400)

        api.after = echo
        inputs = {"zoneId": zone, "name": "k", "type": "TXT", "content": Secret("hunter-two"), "ttl": 300}
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await plugin.create("DnsRecord", inputs)
        told = caught.value.details()
        assert f"POST /zones/{zone}/dns_records: HTTP 400" in told
        assert "code 1004: no [secret] with [secret]; code 9005: chained" in told
        assert api.token not in told
        assert "hunter-two" not in str(caught.value)


async def test_an_output_that_was_secret_is_still_secret_after_an_update() -> None:
    async with rig() as (plugin, api):
        inputs = {"zoneId": await zone_of(api), "status": "active"}
        own_id, state = await plugin.create("ZoneDnssec", inputs)
        state["ds"] = Secret(state["ds"])
        after = await plugin.update("ZoneDnssec", own_id, inputs, {**inputs, "status": "disabled"}, state)
        assert isinstance(after["ds"], Secret)


async def test_a_preview_knows_the_inputs_and_leaves_the_rest_unknown() -> None:
    async with rig() as (plugin, api):
        inputs = {"zoneId": UNKNOWN, "name": "k", "type": "TXT", "content": Secret("x"), "ttl": 300}
        own_id, state = await plugin.create("DnsRecord", inputs, preview=True)
        assert own_id == ""
        assert state["zoneId"] is UNKNOWN or repr(state["zoneId"]) == "UNKNOWN"
        assert state["content"] == Secret("x")
        assert state["proxied"] is False
        assert repr(state["createdOn"]) == "UNKNOWN"
        _, zone = await plugin.create("Zone", {"name": "a.example", "account": {"id": "a"}}, preview=True)
        assert repr(zone["nameServers"]) == "UNKNOWN"
        assert api.calls == []


async def test_a_preview_of_an_update_keeps_what_an_update_does_not_change() -> None:
    async with rig() as (plugin, api):
        old = {"name": "a.example", "account": {"id": "a"}}
        state = {**old, "nameServers": ["ns1.example"], "modifiedOn": "2026-01-01"}
        found = await plugin.update("Zone", "1", old, {**old, "paused": True}, state, preview=True)
        assert found["nameServers"] == ["ns1.example"]
        assert repr(found["modifiedOn"]) == "UNKNOWN"
        assert found["paused"] is True
        assert api.calls == []
