"""Writes of records that arrive together become few calls, and every caller gets its own answer."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from gateway_api import served

from launchready.gateway import Gateway
from launchready.gateway.writes import Gathering

QUICK = Gathering(quiet=0.03, patient=0.06, longest=1.0, retry_wait=0.01)
AGENT = {"User-Agent": "pulumi-cloudflare/6"}


class Caller:
    """A client of the gateway, such as a provider plugin."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.session = aiohttp.ClientSession(headers=AGENT, connector=aiohttp.TCPConnector(limit=0))

    async def __aenter__(self) -> Caller:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def send(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        async with self.session.request(method, self.gateway.base_url + path, json=body) as response:
            return response.status, await response.json()


def a(name: str, address: str = "192.0.2.1") -> dict[str, Any]:
    return {"type": "A", "name": f"{name}.acme.example", "content": address, "ttl": 1, "proxied": False}


async def create_many(caller: Caller, zone: str, count: int) -> list[tuple[int, dict[str, Any]]]:
    path = f"/zones/{zone}/dns_records"
    return await asyncio.gather(
        *(caller.send("POST", path, a(f"h{i}", f"192.0.2.{i % 250}")) for i in range(count))
    )


async def test_two_hundred_creates_at_once_are_at_most_five_calls() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        answers = await create_many(caller, zone, 200)
        assert [status for status, _ in answers] == [200] * 200
        assert gateway.stats.writes == api.counted("POST") <= 5
        ids = {document["result"]["id"] for _, document in answers}
        assert len(ids) == 200
        assert ids == set(api.state.zones[zone].records)


async def test_each_caller_gets_the_answer_to_its_own_record() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        answers = await create_many(caller, await api.zone(), 30)
        for index, (_, document) in enumerate(answers):
            assert document["success"] is True
            assert document["result"]["name"] == f"h{index}.acme.example"
            assert document["result"]["content"] == f"192.0.2.{index}"


async def test_updates_patches_and_deletes_share_one_batch_with_creates() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        path = f"/zones/{zone}/dns_records"
        put, patch, gone = [
            (await api.call("POST", path, a(name)))["id"] for name in ("put", "patch", "gone")
        ]
        answers = await asyncio.gather(
            caller.send("POST", path, a("new")),
            caller.send("PUT", f"{path}/{put}", a("put", "192.0.2.7")),
            caller.send("PATCH", f"{path}/{patch}", {"comment": "kept"}),
            caller.send("DELETE", f"{path}/{gone}"),
        )
        assert [status for status, _ in answers] == [200] * 4
        assert answers[1][1]["result"]["content"] == "192.0.2.7"
        assert answers[2][1]["result"]["comment"] == "kept"
        assert answers[3][1]["result"] == {"id": gone}
        assert api.calls == [f"POST {path}/batch"]
        assert gone not in api.state.zones[zone].records


async def test_a_single_write_is_the_call_that_it_was() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        status, document = await caller.send("POST", f"/zones/{zone}/dns_records", a("one"))
        assert status == 200
        assert api.calls == [f"POST /zones/{zone}/dns_records"]
        assert document["result"]["id"] in api.state.zones[zone].records


async def test_one_bad_record_fails_alone_and_costs_few_calls() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        path = f"/zones/{zone}/dns_records"
        good = create_many(caller, zone, 127)
        bad = caller.send("POST", path, a("bad", "not-an-address"))
        answers, (status, document) = await asyncio.gather(good, bad)
        assert [code for code, _ in answers] == [200] * 127
        assert status == 400
        assert document["success"] is False
        assert 9005 in {error["code"] for error in document["errors"]} | {
            link["code"] for error in document["errors"] for link in error.get("error_chain", [])
        }
        assert len(api.state.zones[zone].records) == 127
        assert gateway.stats.writes <= 18


async def test_identical_records_in_one_batch_make_one_record_and_one_refusal() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        path = f"/zones/{zone}/dns_records"
        twins = [caller.send("POST", path, a("twin")) for _ in range(2)]
        answers = await asyncio.gather(*twins, create_many(caller, zone, 10))
        statuses = sorted([answers[0][0], answers[1][0]])
        assert statuses == [200, 400]
        assert len(api.state.zones[zone].records) == 11


async def test_a_write_to_a_record_that_is_gone_is_answered_404_and_the_rest_succeed() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        missing = caller.send("DELETE", f"/zones/{zone}/dns_records/{'0' * 32}")
        answers, (status, document) = await asyncio.gather(create_many(caller, zone, 9), missing)
        assert (status, document["errors"][0]["code"]) == (404, 81044)
        assert all(code == 200 for code, _ in answers)


async def test_more_writes_than_the_plan_takes_in_a_batch_are_several_batches() -> None:
    small = Gathering(quiet=0.2, longest=5.0, free=50)
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=small) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        answers = await create_many(caller, zone, 120)
        assert all(status == 200 for status, _ in answers)
        assert api.counted("POST") == 3
        assert api.calls.count(f"GET /zones/{zone}") == 1


async def test_a_paid_plan_takes_more_than_two_hundred_writes_in_one_batch() -> None:
    gathering = Gathering(quiet=0.5, longest=10.0)
    async with (
        served("pro") as api,
        Gateway(api.url, api.token, gathering=gathering) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        answers = await create_many(caller, zone, 700)
        assert all(status == 200 for status, _ in answers)
        assert gateway.stats.writes <= 3


async def test_two_writes_to_one_record_are_never_in_the_same_batch() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        path = f"/zones/{zone}/dns_records"
        record = (await api.call("POST", path, a("one")))["id"]
        bodies = [a("one", "192.0.2.5"), a("one", "192.0.2.6")]
        answers = await asyncio.gather(*(caller.send("PUT", f"{path}/{record}", body) for body in bodies))
        assert [document["result"]["content"] for _, document in answers] == ["192.0.2.5", "192.0.2.6"]
        assert api.calls == [f"PUT {path}/{record}"] * 2


@pytest.mark.parametrize("took_effect", [True, False], ids=["took-effect", "did-not"])
async def test_a_batch_whose_answer_is_lost_is_neither_doubled_nor_dropped(took_effect: bool) -> None:
    lost: list[str] = []

    def once(call: str) -> web.Response | None:
        if call.endswith("/batch") and not lost:
            lost.append(call)
            return web.Response(status=502, text="bad gateway")
        return None

    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        if took_effect:
            api.after = once
        else:
            api.before = once
        answers = await create_many(caller, zone, 20)
        assert lost
        assert [status for status, _ in answers] == [200] * 20
        shown = {document["result"]["id"]: document["result"]["name"] for _, document in answers}
        held = {key: record["name"] for key, record in api.state.zones[zone].records.items()}
        assert shown == held
        assert gateway.stats.recovered == (20 if took_effect else 0)


@pytest.mark.parametrize("took_effect", [True, False], ids=["took-effect", "did-not"])
async def test_a_single_create_whose_answer_is_lost_is_looked_up(took_effect: bool) -> None:
    lost: list[str] = []

    def once(call: str) -> web.Response | None:
        if call.startswith("POST") and not lost:
            lost.append(call)
            return web.Response(status=500)
        return None

    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        if took_effect:
            api.after = once
        else:
            api.before = once
        body = {"type": "TXT", "name": "@", "content": '"v=spf1 -all"', "ttl": 300}
        status, _ = await caller.send("POST", f"/zones/{zone}/dns_records", body)
        assert status == 200
        assert len(api.state.zones[zone].records) == 1
        assert gateway.stats.recovered == int(took_effect)


async def test_a_refusal_about_the_caller_is_given_to_every_caller_without_a_hunt() -> None:
    async with served() as api:
        zone = await api.zone()
        async with Gateway(api.url, "x" * 40, gathering=QUICK) as gateway, Caller(gateway) as caller:
            answers = await create_many(caller, zone, 40)
            assert {status for status, _ in answers} == {403}
            assert gateway.stats.writes == 1


async def test_writes_in_flight_are_finished_when_the_gateway_closes() -> None:
    async with served() as api:
        zone = await api.zone()
        slow = Gathering(quiet=0.2, patient=0.2, longest=1.0)
        async with Gateway(api.url, api.token, gathering=slow) as gateway:
            caller = Caller(gateway)
            pending = asyncio.ensure_future(create_many(caller, zone, 5))
            async with asyncio.timeout(5):
                while gateway.stats.requests < 5:  # noqa: ASYNC110 – the gateway counts, it does not tell
                    await asyncio.sleep(0.005)
        answers = await pending
        await caller.session.close()
        assert [status for status, _ in answers] == [200] * 5
        assert len(api.state.zones[zone].records) == 5


async def test_nobody_waits_for_ever_for_an_answer_that_cannot_be_used() -> None:
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        api.before = lambda call: web.json_response({"success": True, "result": {"posts": [7, 7, 7]}})
        async with asyncio.timeout(10):
            answers = await create_many(caller, zone, 3)
        assert {status for status, _ in answers} == {502}
        api.before = lambda call: None
        assert [status for status, _ in await create_many(caller, zone, 3)] == [200] * 3
