"""A create whose answer was lost is found and taken over: by the gateway, by the local plugin, by both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import pytest
from faults_kit import Control, faulty_edge
from things import THINGS, Thing, filled

from launchready.gateway import Gateway
from launchready.gateway.upstream import Bounds
from launchready.gateway.writes import Gathering
from tests.engine_plugin.plugin_rig import Plugin, plugin

LOST = (
    "5xx_before",
    "5xx_after",
    "timeout_before",
    "timeout_after",
    "reset_before",
    "reset_after",
    "truncated",
)
named = pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.kind)
lost = pytest.mark.parametrize("kind", LOST)


@pytest.fixture
async def control(tmp_path: Path) -> AsyncIterator[Control]:
    async with faulty_edge(tmp_path) as found:
        yield found


@asynccontextmanager
async def gateway(control: Control, answer: float = 5.0) -> AsyncIterator[Gateway]:
    """A gateway that waits for next to nothing."""
    gathering = Gathering(quiet=0.005, patient=0.01, longest=0.05, retry_wait=0.001)
    bounds = Bounds(answer=answer, wait=0.001)
    url, token = control.document["api"], control.document["token"]
    async with Gateway(url, token, gathering=gathering, bounds=bounds, limits=(), fresh=0.0) as found:
        yield found


async def plan(control: Control, thing: Thing, kind: str, nth: int = 1) -> None:
    """The thing's own call, as one or as a batch of one, meets ``kind``."""
    path = thing.path.replace("{zone}", "*").replace("{account}", "*")
    faults = [{"kind": kind, "method": "POST", "path": path, "nth": nth}]
    assert (await control.faults("POST", {"hold": 0.1, "faults": faults}))["status"] == 200


async def names(control: Control) -> dict[str, str]:
    return {"zone": await control.zone(), "account": control.document["account"]}


def held(control: Control, thing: Thing) -> int:
    zone = control.edge.state.zone_for("acme.example")
    assert zone is not None
    return thing.held(control.edge.state, zone)


async def post(gate: Gateway, path: str, body: Any) -> tuple[int, Any]:
    """As a client posts that does not try again."""
    async with aiohttp.ClientSession() as session, session.post(gate.base_url + path, json=body) as answer:
        return answer.status, (await answer.json())["result"]


@named
@lost
async def test_the_gateway_answers_with_what_was_made_once(control: Control, thing: Thing, kind: str) -> None:
    known = await names(control)
    await plan(control, thing, kind)
    async with gateway(control) as gate:
        status, result = await post(gate, filled(thing.path, **known), filled(thing.body, **known))
    assert status == 200
    assert result["id"]
    assert held(control, thing) == 1
    assert [fired["kind"] for fired in (await control.faults())["fired"]] == [kind]
    if thing.kind == "Ruleset":
        assert result["rules"]


@named
@lost
async def test_the_plugin_makes_it_once(control: Control, thing: Thing, kind: str) -> None:
    known = await names(control)
    await plan(control, thing, kind)
    async with plugin() as under_test:
        await configured(under_test, control)
        own_id, outputs = await under_test.create(thing.kind, filled(thing.inputs, **known))
    assert own_id
    assert outputs["name"] == filled(thing.inputs["name"], **known)
    assert held(control, thing) == 1
    assert len((await control.faults())["fired"]) == 1


@named
async def test_both_together_make_it_once_whatever_each_call_meets(control: Control, thing: Thing) -> None:
    """The create, its repetition and the look-ups: each of the first four calls loses its answer."""
    known = await names(control)
    for nth in range(1, 5):
        body = {"hold": 0.1, "faults": [{"kind": "reset_after", "nth": nth}]}
        await control.faults("POST", body)
        async with gateway(control) as gate, plugin() as under_test:
            settings = {"apiToken": control.document["token"], "baseUrl": gate.base_url}
            await under_test.configure(settings)
            own_id, state = await under_test.create(thing.kind, filled(thing.inputs, **known))
            assert held(control, thing) == 1
            await under_test.delete(thing.kind, own_id, state)
            assert held(control, thing) == 0


@named
async def test_a_delete_whose_answer_was_lost_is_done(control: Control, thing: Thing) -> None:
    known = await names(control)
    async with plugin() as under_test, gateway(control) as gate:
        await configured(under_test, control)
        own_id, state = await under_test.create(thing.kind, filled(thing.inputs, **known))
        await control.faults("POST", {"faults": [{"kind": "reset_after", "method": "DELETE", "nth": 1}]})
        await under_test.delete(thing.kind, own_id, state)
        assert held(control, thing) == 0
        path = f"{filled(thing.path, **known)}/{own_id}"
        async with aiohttp.ClientSession() as session, session.delete(gate.base_url + path) as answer:
            assert answer.status == 404  # gone before this one began: the API's own word is passed on


@named
async def test_what_was_there_before_is_nobodys_lost_answer(control: Control, thing: Thing) -> None:
    """The same thing made an hour ago is not taken for what this call made."""
    known = await names(control)
    path = filled(thing.path, **known)
    assert (await control.call("POST", path, filled(thing.body, **known)))[0] == 200
    backdate(control)
    await plan(control, thing, "5xx_before")
    async with plugin() as under_test:
        await configured(under_test, control)
        if thing.kind in ("Healthcheck", "NotificationPolicy"):  # the API takes a second one
            await under_test.create(thing.kind, filled(thing.inputs, **known))
            assert held(control, thing) == 2
        elif thing.kind in ("DnsRecord", "Zone"):
            with pytest.raises(grpc.aio.AioRpcError):
                await under_test.create(thing.kind, filled(thing.inputs, **known))
            assert held(control, thing) == 1


def backdate(control: Control) -> None:
    """Everything that the edge holds was made an hour before."""
    state = control.edge.state
    zones = [zone.info for zone in state.zones.values()]
    records = [record for zone in state.zones.values() for record in zone.records.values()]
    more = [one for zone in state.zones.values() for one in zone.extra.get("healthchecks", {}).values()]
    for one in (*zones, *records, *more, *state.account.get("policies", {}).values()):
        for key in ("created_on", "created"):
            if key in one:
                one[key] = "2020-01-01T00:00:00.000000Z"


async def test_a_batch_whose_answer_was_lost_is_made_once(control: Control) -> None:
    zone = await control.zone()
    await control.faults("POST", {"faults": [{"kind": "partial_batch", "path": "*/batch"}]})
    async with gateway(control) as gate, aiohttp.ClientSession() as session:

        async def one(n: int) -> int:
            body = {"name": f"h{n}.acme.example", "type": "A", "content": f"192.0.2.{n}", "ttl": 300}
            async with session.post(f"{gate.base_url}/zones/{zone}/dns_records", json=body) as answer:
                return answer.status

        assert await asyncio.gather(*(one(n) for n in range(1, 21))) == [200] * 20
        assert gate.stats.recovered == 20
    assert len(control.records()) == 20


async def test_a_read_whose_answer_was_lost_is_made_again(control: Control) -> None:
    zone = await control.zone()
    await control.faults("POST", {"faults": [{"kind": "truncated", "method": "GET", "times": 2}]})
    async with gateway(control) as gate, aiohttp.ClientSession() as session:
        answer = await session.get(f"{gate.base_url}/zones/{zone}/settings/ssl")
        assert (await answer.json())["result"]["id"] == "ssl"


async def configured(under_test: Plugin, control: Control) -> None:
    settings = {"apiToken": control.document["token"], "baseUrl": control.document["api"]}
    await under_test.configure(settings)
