"""Reads of single records are served from one read of the whole zone, never older than the last write."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web
from gateway_api import served
from test_gateway_batches import QUICK, Caller, a

from launchready.gateway import Gateway

pytestmark = pytest.mark.slow


async def test_a_burst_of_record_reads_is_one_call() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        path = f"/zones/{zone}/dns_records"
        records = [await api.call("POST", path, a(f"h{i}", f"192.0.2.{i}")) for i in range(25)]
        answers = await asyncio.gather(*(caller.send("GET", f"{path}/{record['id']}") for record in records))
        assert [document["result"] for _, document in answers] == records
        assert all(document["success"] and status == 200 for status, document in answers)
        assert gateway.stats.reads == len(api.calls) == 1


async def test_a_zone_larger_than_a_page_is_read_page_by_page() -> None:
    async with served("enterprise") as api, Gateway(api.url, api.token) as gateway, Caller(gateway) as caller:
        zone = await api.zone()
        path = f"/zones/{zone}/dns_records"
        posts = [{"type": "TXT", "name": f"t{i}", "content": f'"{i}"', "ttl": 300} for i in range(5200)]
        for start in range(0, len(posts), 2600):
            result = await api.call("POST", f"{path}/batch", {"posts": posts[start : start + 2600]})
        last = result["posts"][-1]
        status, document = await caller.send("GET", f"{path}/{last['id']}")
        assert (status, document["result"]) == (200, last)
        assert gateway.stats.reads == 2


async def test_a_record_that_is_not_in_the_zone_is_the_apis_own_404() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        status, document = await caller.send("GET", f"/zones/{zone}/dns_records/{'0' * 32}")
        assert status == 404
        assert document["success"] is False
        assert document["errors"][0]["code"] == 81044


async def test_a_read_after_a_write_shows_the_write() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        path = f"/zones/{zone}/dns_records"
        _, made = await caller.send("POST", path, a("one"))
        record = f"{path}/{made['result']['id']}"
        assert (await caller.send("GET", record))[1]["result"]["content"] == "192.0.2.1"
        await caller.send("PUT", record, a("one", "192.0.2.9"))
        assert (await caller.send("GET", record))[1]["result"]["content"] == "192.0.2.9"
        await caller.send("DELETE", record)
        assert (await caller.send("GET", record))[0] == 404


async def test_a_write_that_passes_through_makes_reads_old_too() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        path = f"/zones/{zone}/dns_records"
        record = (await api.call("POST", path, a("one")))["id"]
        assert (await caller.send("GET", f"{path}/{record}"))[0] == 200
        await caller.send("POST", f"{path}/batch", {"deletes": [{"id": record}]})
        assert (await caller.send("GET", f"{path}/{record}"))[0] == 404


async def test_reads_are_old_after_a_while() -> None:
    async with served() as api, Gateway(api.url, api.token, fresh=0.0) as gateway, Caller(gateway) as caller:
        zone = await api.zone()
        path = f"/zones/{zone}/dns_records"
        record = (await api.call("POST", path, a("one")))["id"]
        assert (await caller.send("GET", f"{path}/{record}"))[0] == 200
        await api.call("DELETE", f"{path}/{record}")
        assert (await caller.send("GET", f"{path}/{record}"))[0] == 404


async def test_a_zone_that_cannot_be_read_is_never_a_missing_record() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        api.before = lambda call: web.json_response({"success": False, "errors": []}, status=500)
        status, _ = await caller.send("GET", f"/zones/{zone}/dns_records/{'0' * 32}")
        assert status == 500


async def test_an_answer_that_is_not_a_list_is_a_bad_gateway() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        for result in (None, [7], [{}]):
            answer = {"success": True, "result": result}
            api.before = lambda call, answer=answer: web.json_response(answer)
            status, _ = await caller.send("GET", f"/zones/{zone}/dns_records/{'0' * 32}")
            assert status == 502


async def test_a_zone_that_is_shown_in_part_is_never_a_missing_record() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        one: dict[str, Any] = {"id": "1" * 32, "name": "x", "type": "A"}

        def part(call: str) -> web.Response:
            shown = [one] if "page=1" in call.split("&") else []
            return web.json_response({"success": True, "result": shown, "result_info": {"total_count": 7}})

        api.before = part
        status, _ = await caller.send("GET", f"/zones/{zone}/dns_records/{'0' * 32}")
        assert status == 502


async def test_a_list_of_records_passes_through() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        await api.call("POST", f"/zones/{zone}/dns_records", a("one"))
        query = "?type=A&name.exact=one.acme.example"
        status, document = await caller.send("GET", f"/zones/{zone}/dns_records{query}")
        assert (status, len(document["result"])) == (200, 1)
        assert api.calls == [f"GET /zones/{zone}/dns_records{query}"]
