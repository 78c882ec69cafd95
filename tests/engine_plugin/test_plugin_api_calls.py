"""Calls are tried again as the official plugin does, within bounds, and a lost answer makes nothing twice."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import grpc
import pytest
from aiohttp import web
from plugin_rig import ACCOUNT, Call, Served, rig
from test_plugin_lifecycle import zone_of

from launchready.engine.cloudflare_plugin.config import Retry, version
from launchready.errors import InputError


class Failing:
    """Answers the first ``times`` calls with a failure; ``after``: once they took effect."""

    def __init__(self, status: int, times: int = 1, **headers: str) -> None:
        self.status, self.left, self.headers = (
            status,
            times,
            {k.replace("_", "-"): v for k, v in headers.items()},
        )

    def __call__(self, call: Call) -> web.Response | None:
        if self.left == 0:
            return None
        self.left -= 1
        errors = [{"code": 1, "message": "later"}]
        return web.json_response(
            {"success": False, "errors": errors}, status=self.status, headers=self.headers
        )


async def record_inputs(api: Served) -> dict[str, Any]:
    zone = await zone_of(api)
    return {"zoneId": zone, "name": "www", "type": "A", "content": "192.0.2.1", "ttl": 300}


def posts(api: Served) -> int:
    """Without the look-ups of what a call may have made."""
    return sum(call.method == "POST" for call in api.calls)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
async def test_a_failure_that_may_pass_is_tried_again(status: int) -> None:
    async with rig() as (plugin, api):
        inputs = await record_inputs(api)
        api.before = Failing(status, times=2)
        own_id, _ = await plugin.create("DnsRecord", inputs)
        assert len(own_id) == 32
        assert len(api.calls) == 3


@pytest.mark.parametrize(
    ("status", "headers"), [(400, {}), (403, {}), (404, {}), (500, {"x_should_retry": "false"})]
)
async def test_a_failure_that_will_not_pass_is_told_at_once(status: int, headers: dict[str, str]) -> None:
    async with rig() as (plugin, api):
        inputs = await record_inputs(api)
        api.before = Failing(status, times=9, **headers)
        with pytest.raises(grpc.aio.AioRpcError, match=f"HTTP {status}, code 1: later"):
            await plugin.create("DnsRecord", inputs)
        assert posts(api) == 1


async def test_the_attempts_are_bounded_and_counted_in_the_message() -> None:
    async with rig() as (plugin, api):
        inputs = await record_inputs(api)
        api.before = Failing(503, times=99)
        with pytest.raises(grpc.aio.AioRpcError, match=r"HTTP 503.*after 4 attempts"):
            await plugin.create("DnsRecord", inputs)
        assert posts(api) == 4


async def test_retry_after_is_honoured() -> None:
    async with rig() as (plugin, api):
        inputs = await record_inputs(api)
        api.before = Failing(429, Retry_After="1")
        started = time.monotonic()
        await plugin.create("DnsRecord", inputs)
        assert time.monotonic() - started >= 1.0


async def test_a_wait_longer_than_the_time_left_is_not_begun() -> None:
    async with rig() as (plugin, api):
        inputs = await record_inputs(api)
        api.before = Failing(429, times=99, Retry_After="60")
        started = time.monotonic()
        with pytest.raises(grpc.aio.AioRpcError, match="HTTP 429"):
            await plugin.create("DnsRecord", inputs)
        assert time.monotonic() - started < 3


async def test_cancel_ends_the_waiting_but_not_a_call_in_flight() -> None:
    async with rig(retry=Retry(attempts=9, first=60, longest=60, total=600)) as (plugin, api):
        inputs = await record_inputs(api)
        api.before = Failing(503, times=99)
        pending = asyncio.ensure_future(plugin.create("DnsRecord", inputs))
        async with asyncio.timeout(10):
            while not api.calls:  # noqa: ASYNC110 – the API counts, it does not tell
                await asyncio.sleep(0.005)
        await plugin.cancel()
        async with asyncio.timeout(10):
            with pytest.raises(grpc.aio.AioRpcError, match="HTTP 503"):
                await pending


async def test_a_record_whose_answer_was_lost_is_found_and_not_made_twice() -> None:
    async with rig() as (plugin, api):
        inputs = await record_inputs(api)
        api.after = Failing(500)
        own_id, state = await plugin.create("DnsRecord", inputs)
        assert list(api.state.zones[inputs["zoneId"]].records) == [own_id]
        assert state["name"] == "www.acme.example"


async def test_a_zone_whose_answer_was_lost_is_found_and_not_made_twice() -> None:
    async with rig() as (plugin, api):
        api.after = Failing(502)
        own_id, _ = await plugin.create("Zone", {"name": "Acme.example", "account": {"id": ACCOUNT}})
        assert list(api.state.zones) == [own_id]


async def test_a_record_that_somebody_else_made_is_not_taken_over() -> None:
    async with rig() as (plugin, api):
        inputs = await record_inputs(api)
        await plugin.create("DnsRecord", inputs)
        with pytest.raises(grpc.aio.AioRpcError, match="8105"):
            await plugin.create("DnsRecord", inputs)


async def test_a_connection_that_breaks_is_tried_again() -> None:
    async with rig() as (plugin, api):
        inputs = await record_inputs(api)
        broken: list[str] = []

        def break_once(call: Call) -> web.Response | None:
            if broken:
                return None
            broken.append(call.path)
            raise ConnectionResetError("the wire is cut")

        api.before = break_once
        own_id, _ = await plugin.create("DnsRecord", inputs)
        assert own_id in api.state.zones[inputs["zoneId"]].records


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'"x"'])
async def test_an_answer_that_is_not_an_object_is_told(body: bytes) -> None:
    async with rig() as (plugin, api):
        inputs = await record_inputs(api)
        api.before = lambda call: web.Response(body=body, content_type="application/json")
        with pytest.raises(grpc.aio.AioRpcError, match=r"not (JSON|a JSON object)"):
            await plugin.create("DnsRecord", inputs)


async def test_a_create_whose_answer_has_no_id_is_an_error_and_not_an_empty_id() -> None:
    async with rig() as (plugin, api):
        inputs = await record_inputs(api)
        api.before = lambda call: web.json_response({"success": True, "result": None})
        with pytest.raises(grpc.aio.AioRpcError, match="no id"):
            await plugin.create("DnsRecord", inputs)


async def test_a_redirect_is_never_followed() -> None:
    async with rig() as (plugin, api):
        inputs = await record_inputs(api)
        api.before = lambda call: web.Response(status=307, headers={"Location": "http://192.0.2.1/"})
        with pytest.raises(grpc.aio.AioRpcError, match="HTTP 307"):
            await plugin.create("DnsRecord", inputs)
        assert posts(api) == 1


async def test_every_call_names_the_local_plugin_and_carries_only_the_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("CLOUDFLARE_API_KEY", "CLOUDFLARE_EMAIL", "CLOUDFLARE_API_USER_SERVICE_KEY"):
        monkeypatch.setenv(name, "must-not-be-sent")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with rig() as (plugin, api):
        await plugin.configure(
            {"apiToken": api.token, "baseUrl": api.url, "userAgentOperatorSuffix": "acme/1"}
        )
        await plugin.create("DnsRecord", await record_inputs(api))
        sent = api.headers[-1]
        assert sent["User-Agent"] == f"launchready-local-plugin/{version()} acme/1"
        assert sent["Authorization"] == f"Bearer {api.token}"
        assert "must-not-be-sent" not in str(sent)


@pytest.mark.parametrize("bad", ["..", "../../settings/ssl", "a b", "a?b", "a%2fb", "\u00e9"])
async def test_an_id_that_could_lead_to_another_path_is_refused(bad: str) -> None:
    async with rig() as (plugin, api):
        for own_id, zone in ((bad, "1" * 32), ("1" * 32, bad)):
            with pytest.raises(grpc.aio.AioRpcError, match="is not an id"):
                await plugin.delete("DnsRecord", own_id, {"zoneId": zone})
        assert api.calls == []


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        ("DnsRecord", "onlyone"),
        ("DnsRecord", "a/"),
        ("Ruleset", "a/b"),
        ("Ruleset", "teams/a/b"),
        ("Zone", "a/b"),
    ],
)
async def test_a_bad_import_id_is_told_with_the_right_form(kind: str, bad: str) -> None:
    async with rig() as (plugin, api):
        with pytest.raises(grpc.aio.AioRpcError, match="is not an import id"):
            await plugin.read(kind, bad)
        assert api.calls == []


async def test_two_hundred_creates_at_once_are_made_at_forty_a_second_or_more() -> None:
    async with rig("pro") as (plugin, api):
        zone = await zone_of(api)
        common = {"zoneId": zone, "type": "A", "content": "192.0.2.1", "ttl": 1}
        await plugin.create("DnsRecord", {**common, "name": "warm"})
        started = time.monotonic()
        made = await asyncio.gather(
            *(plugin.create("DnsRecord", {**common, "name": f"h{index}"}) for index in range(200))
        )
        seconds = time.monotonic() - started
        assert len({own_id for own_id, _ in made}) == 200
        assert 200 / seconds >= 40


def test_retry_parameters_are_read_from_text() -> None:
    assert Retry.from_text("") == Retry(10, 2.0, 30.0, 330.0)
    assert Retry.from_text("attempts=3, first=0.01,total=5") == Retry(3, 0.01, 30.0, 5.0)
    for bad in ("tries=3", "first=soon", "3"):
        with pytest.raises(InputError):
            Retry.from_text(bad)


async def test_the_lookups_find_zones_by_id_and_by_filter() -> None:
    async with rig() as (plugin, api):
        zone = await zone_of(api)
        for args in (
            {"zoneId": zone},
            {"filter": {"name": "acme.example", "match": "all", "account": {"id": ACCOUNT}}},
        ):
            found, failures = await plugin.invoke("getZone", args)
            assert failures == {}
            assert (found["zoneId"], found["id"], found["name"]) == (zone, zone, "acme.example")
            assert found["plan"]["legacyId"] == "pro"
        found, failures = await plugin.invoke("getZones", {"name": "acme.example"})
        assert [result["id"] for result in found["results"]] == [zone]


async def test_a_lookup_that_fits_no_zone_or_several_says_so() -> None:
    async with rig() as (plugin, api):
        _, failures = await plugin.invoke("getZone", {"filter": {"name": "none.example", "match": "all"}})
        assert "no zone fits" in failures["filter"]
        for name in ("a.example", "b.example"):
            await api.call("POST", "/zones", {"name": name, "account": {"id": ACCOUNT}})
        _, failures = await plugin.invoke("getZone", {"filter": {"match": "all"}})
        assert "more than one" in failures["filter"]
        _, failures = await plugin.invoke("getZone", {})
        assert failures
        with pytest.raises(grpc.aio.AioRpcError, match="getZone"):
            await plugin.invoke("getUser", {})


async def test_many_zones_are_looked_up_page_by_page() -> None:
    async with rig() as (plugin, api):
        for index in range(53):
            await api.call("POST", "/zones", {"name": f"z{index}.example", "account": {"id": ACCOUNT}})
        found, _ = await plugin.invoke("getZones", {})
        assert len(found["results"]) == 53
        found, _ = await plugin.invoke("getZones", {"maxItems": 7})
        assert len(found["results"]) == 7
