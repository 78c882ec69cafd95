"""Who may use the gateway, what passes through it, and how it keeps within the API's limits."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from gateway_api import ACCOUNT, served
from test_gateway_batches import QUICK, Caller, a

from launchready.edge.api import Limits
from launchready.errors import InputError
from launchready.gateway import Gateway
from launchready.gateway.budget import Budget

pytestmark = pytest.mark.slow


async def test_without_the_secret_nothing_is_answered_or_passed_on() -> None:
    async with served() as api, Gateway(api.url, api.token) as gateway, aiohttp.ClientSession() as session:
        secret = gateway.base_url.split("/")[3]
        root = gateway.base_url.split(f"/{secret}")[0]
        paths = [
            "/client/v4/zones",
            f"/{secret[:-1]}x/client/v4/zones",
            f"/{secret}/zones",
            "/",
            f"/{secret}",
        ]
        for path in paths:
            async with session.get(root + path) as response:
                assert response.status == 404
                assert secret not in await response.text()
        assert api.calls == []


async def test_everything_else_passes_through_as_it_is() -> None:
    async with served() as api, Gateway(api.url, api.token) as gateway, Caller(gateway) as caller:
        body = {"name": "acme.example", "account": {"id": ACCOUNT}, "type": "full"}
        status, document = await caller.send("POST", "/zones", body)
        zone = document["result"]["id"]
        assert status == 200
        status, document = await caller.send("PATCH", f"/zones/{zone}/settings/ssl", {"value": "strict"})
        assert (status, document["result"]["value"]) == (200, "strict")
        status, document = await caller.send("PATCH", f"/zones/{zone}/settings/ssl", {"value": "nonsense"})
        assert (status, document["success"]) == (400, False)
        status, document = await caller.send("GET", "/zones?name=acme.example&per_page=5")
        assert [found["id"] for found in document["result"]] == [zone]
        assert api.agents[0] == "pulumi-cloudflare/6"
        assert gateway.stats.writes == 3


async def test_the_gateways_token_is_used_whatever_the_caller_sends() -> None:
    async with served() as api, Gateway(api.url, api.token) as gateway, aiohttp.ClientSession() as session:
        headers = {"Authorization": "Bearer " + "w" * 40}
        async with session.get(gateway.base_url + "/zones", headers=headers) as response:
            assert response.status == 200


async def test_without_a_token_of_its_own_the_callers_is_passed_on() -> None:
    async with served() as api, Gateway(api.url) as gateway, aiohttp.ClientSession() as session:
        for token, status in ((api.token, 200), ("w" * 40, 403)):
            headers = {"Authorization": f"Bearer {token}"}
            async with session.get(gateway.base_url + "/zones", headers=headers) as response:
                assert response.status == status


async def test_the_local_plugin_is_refused_for_an_api_that_is_not_loopback() -> None:
    async with (
        Gateway("https://api.invalid/client/v4", "t" * 40) as gateway,
        aiohttp.ClientSession() as session,
    ):
        headers = {"User-Agent": "launchready-local-plugin/0.1.0"}
        async with session.get(gateway.base_url + "/zones", headers=headers) as response:
            assert response.status == 403
            assert response.headers["x-should-retry"] == "false"
            assert "official plugin" in (await response.json())["errors"][0]["message"]
        assert gateway.stats.calls == 0


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "nonsense", "http://192.0.2.1/client/v4", ""])
def test_a_base_url_that_would_show_the_token_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        Gateway(url, "t" * 40)


async def test_an_api_that_is_gone_is_a_bad_gateway_and_not_a_hang() -> None:
    async with Gateway("http://127.0.0.1:9/client/v4", "t" * 40) as gateway, Caller(gateway) as caller:
        status, document = await caller.send("GET", "/zones")
        assert (status, document["success"]) == (502, False)
        status, document = await caller.send("GET", f"/zones/{'0' * 32}/dns_records/{'0' * 32}")
        assert status == 502


async def test_calls_beyond_the_budget_wait_for_it() -> None:
    loop = asyncio.get_running_loop()
    limits = [(5, 0.4)]
    async with (
        served() as api,
        Gateway(api.url, api.token, limits=limits) as gateway,
        Caller(gateway) as caller,
    ):
        started = loop.time()
        answers = await asyncio.gather(*(caller.send("GET", "/zones") for _ in range(11)))
        assert all(status == 200 for status, _ in answers)
        assert loop.time() - started >= 0.8
        assert gateway.stats.waited > 0.5


async def test_a_429_is_waited_out_for_everyone() -> None:
    async with (
        served(limits=Limits(requests=0, per_second=3)) as api,
        Gateway(api.url, api.token) as gateway,
        Caller(gateway) as caller,
    ):
        answers = await asyncio.gather(*(caller.send("GET", "/zones") for _ in range(6)))
        assert [status for status, _ in answers] == [200] * 6
        assert gateway.stats.waited > 0


async def test_a_429_that_does_not_end_is_passed_on() -> None:
    async with served() as api, Gateway(api.url, api.token) as gateway, Caller(gateway) as caller:
        api.before = lambda call: web.json_response(
            {"errors": []}, status=429, headers={"Retry-After": "999"}
        )
        status, _ = await caller.send("GET", "/zones")
        assert status == 429


async def test_no_token_nor_secret_is_ever_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with (
        served() as api,
        Gateway(api.url, api.token, gathering=QUICK) as gateway,
        Caller(gateway) as caller,
    ):
        zone = await api.zone()
        await caller.send("POST", f"/zones/{zone}/dns_records", a("one"))
        await caller.send("GET", "/zones")
        assert api.token not in caplog.text
        assert gateway.base_url.split("/")[3] not in caplog.text
        assert api.token not in repr(gateway.stats)


class Clock:
    """A clock whose sleeping takes no time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def budget(*limits: tuple[int, float]) -> tuple[Budget, Clock]:
    clock = Clock()
    return Budget(limits, monotonic=clock.monotonic, sleep=clock.sleep), clock


async def test_no_stretch_of_the_period_holds_more_calls_than_the_limit() -> None:
    calls, clock = budget((1200, 300.0), (200, 1.0))
    times: list[float] = []
    for _ in range(4000):
        await calls.take()
        times.append(clock.now)
    for limit, seconds in ((1200, 300.0), (200, 1.0)):
        assert all(later - earlier >= seconds for earlier, later in zip(times, times[limit:], strict=False))


@pytest.mark.parametrize(
    ("header", "free", "wait"),
    [('"default";r=2;t=30', 2, 30.0), ('"default";r=0;t=7', 0, 7.0), ("nonsense", 5, 300.0)],
)
async def test_what_the_api_says_is_left_is_heeded(header: str, free: int, wait: float) -> None:
    calls, clock = budget((5, 300.0))
    start: Any = clock.now
    calls.heed(header)
    for _ in range(free):
        await calls.take()
    assert clock.now == start
    await calls.take()
    assert clock.now == start + wait
