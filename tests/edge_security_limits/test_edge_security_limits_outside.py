"""What a visitor sees of rate limits and private hosts, over HTTP/1.1 and HTTP/2, and with curl."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web
from limits_rig import DOMAIN, STAGING, Rig, client_file, running

BOTH = pytest.mark.parametrize("http2", [False, True], ids=["http/1.1", "h2"])


@BOTH
async def test_the_sixth_log_in_in_ten_seconds_gets_429_and_the_next_window_lets_it_in(
    rig: Rig, http2: bool
) -> None:
    rig.pages("203.0.113.10", {"/api/login": {"status": 200, "body": "welcome"}})
    assert await rig.statuses(6, http2=http2) == [200] * 5 + [429]
    refused = await rig.ask(http2=http2)
    assert refused.status_code == 429
    assert refused.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
    assert 1 <= int(refused.headers["retry-after"]) <= 10
    assert refused.text == "error code: 1015"
    await rig.advance(10.5)
    assert (await rig.ask(http2=http2)).status_code == 200


@BOTH
async def test_staging_answers_403_from_outside_and_200_from_an_allowed_address(
    rig: Rig, http2: bool
) -> None:
    inside = await rig.ask("/", STAGING, source="127.0.0.1", http2=http2)
    outside = await rig.ask("/", STAGING, source="127.0.0.2", http2=http2)
    assert (inside.status_code, outside.status_code) == (200, 403)
    assert inside.headers["x-robots-tag"] == outside.headers["x-robots-tag"] == "noindex"
    public = await rig.ask("/", DOMAIN, source="127.0.0.2", http2=http2)
    assert (public.status_code, public.headers.get("x-robots-tag")) == (200, None)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
async def test_curl_sees_the_same(rig: Rig, version: str) -> None:
    port = rig.edge.https.https.rpartition(":")[2]

    async def curl(path: str, host: str, source: str) -> str:
        process = await asyncio.create_subprocess_exec(
            "curl", "-sS", version, "-o", "/dev/null", "-w", "%{http_code}", "--interface", source,
            "--cacert", rig.edge.document()["ca"], "--resolve", f"{host}:{port}:127.0.0.1",
            f"https://{host}:{port}{path}", stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await asyncio.wait_for(process.communicate(), 20)
        return out.decode()

    assert [await curl("/", STAGING, source) for source in ("127.0.0.2", "127.0.0.1")] == ["403", "200"]
    seen = [await curl("/api/login", DOMAIN, "127.0.0.3") for _ in range(6)]
    assert (seen[5], "429" in seen[:5]) == ("429", False)


async def test_every_address_has_a_counter_of_its_own(rig: Rig) -> None:
    assert (await rig.statuses(6, source="127.0.0.1"))[-1] == 429
    assert 429 not in await rig.statuses(5, source="127.0.0.2")


async def test_a_forwarded_address_neither_hides_a_visitor_nor_lets_one_in(rig: Rig) -> None:
    spoofed = [
        (await rig.ask(headers={"x-forwarded-for": f"198.51.100.{n}", "cf-connecting-ip": "198.51.100.9"}))
        for n in range(6)
    ]
    assert [answer.status_code for answer in spoofed][-1] == 429
    for header in ("x-forwarded-for", "cf-connecting-ip", "true-client-ip", "x-real-ip"):
        outside = await rig.ask("/", STAGING, source="127.0.0.2", headers={header: "198.51.100.7"})
        assert outside.status_code == 403, header


@pytest.mark.parametrize(
    "path",
    [
        "/API/Login",
        "/api/login/",
        "/api//login",
        "/api/x/../login",
        "/api/%6Cogin",
        "/api/login?next=/",
        "/./api/login",
    ],
)
async def test_another_spelling_of_a_path_is_no_way_around_its_limit(rig: Rig, path: str) -> None:
    await rig.statuses(5)
    assert (await rig.ask(path)).status_code == 429


async def test_what_is_not_limited_is_never_refused(rig: Rig) -> None:
    assert 429 not in await rig.statuses(12, "/")
    assert 429 not in await rig.statuses(12, "/api/logins")
    await rig.statuses(6)
    assert (await rig.ask("/")).status_code == 200


async def test_waiting_visitors_are_let_in_again_however_often_they_knock(rig: Rig) -> None:
    await rig.statuses(6)
    for _ in range(3):
        await rig.advance(3)
        assert (await rig.ask()).status_code == 429, "a refused request does not make the wait longer"
    await rig.advance(1.5)
    assert (await rig.ask()).status_code != 429


async def test_all_entries_on_free_share_one_counter(tmp_path: Path) -> None:
    limits = [{"path": path, "requests": 5, "per": "10s"} for path in ("/login", "/reset", "/invite/*")]
    async with running(tmp_path, client_file(rate_limits=limits)) as rig:
        paths = ["/login", "/reset", "/invite/1", "/invite/2", "/login"]
        assert 429 not in [(await rig.ask(path)).status_code for path in paths]
        assert [(await rig.ask(path)).status_code for path in ("/reset", "/invite/3")] == [429, 429]


async def test_what_custom_rules_block_is_not_counted(tmp_path: Path) -> None:
    async with running(tmp_path, client_file()) as rig:
        assert await rig.statuses(8, host=STAGING, source="127.0.0.2") == [403] * 8
        assert 429 not in await rig.statuses(5, source="127.0.0.2")


async def test_a_visitor_can_stand_for_a_public_address(rig: Rig) -> None:
    named = await rig.control("POST", "visitors", {"127.0.0.9": "198.51.100.7", "127.0.0.8": "203.0.113.77"})
    assert named["visitors"] == {"127.0.0.9": "198.51.100.7", "127.0.0.8": "203.0.113.77"}
    allowed = await rig.ask("/", STAGING, source="127.0.0.9")
    outside = await rig.ask("/", STAGING, source="127.0.0.8")
    assert (allowed.status_code, outside.status_code) == (200, 403)
    trace = await rig.ask("/cdn-cgi/trace", STAGING, source="127.0.0.8")
    assert "ip=203.0.113.77" in trace.text.splitlines(), "the trace answers whoever asks"
    await rig.control("DELETE", "visitors/127.0.0.9")
    assert (await rig.ask("/", STAGING, source="127.0.0.9")).status_code == 403
    assert (await rig.control("DELETE", "visitors"))["visitors"] == {}


@pytest.mark.parametrize(
    "body",
    [{"192.0.2.1": "198.51.100.7"}, {"127.0.0.9": "someone"}, {"127.0.0.9": 7}, [1], {"": "198.51.100.7"}],
)
async def test_visitors_that_make_no_sense_are_refused(rig: Rig, body: object) -> None:
    assert (await rig.control("POST", "visitors", body))["status"] == 400


async def test_the_origin_is_told_the_visitors_address(tmp_path: Path) -> None:
    seen: dict[str, str] = {}

    async def tell(request: web.BaseRequest) -> web.Response:
        seen.update({key.lower(): value for key, value in request.headers.items()})
        return web.Response(text="ok")

    async with AsyncExitStack() as stack:
        runner = web.ServerRunner(web.Server(tell))
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        rig = await stack.enter_async_context(running(tmp_path, client_file(), url))
        await rig.control("POST", "visitors", {"127.0.0.9": "198.51.100.7"})
        told = {"x-forwarded-for": "10.1.1.1", "cf-connecting-ip": "10.1.1.2"}
        assert (await rig.ask("/", headers=told, source="127.0.0.9")).text == "ok"
    assert seen["cf-connecting-ip"] == "198.51.100.7"
    assert seen["x-forwarded-for"] == "10.1.1.1,198.51.100.7"


@BOTH
async def test_a_private_host_stays_closed_behind_another_hosts_name(rig: Rig, http2: bool) -> None:
    """A certificate for a public host (SNI) with a request for the private one, however it is spelled."""
    for host in (STAGING, STAGING.upper(), f"{STAGING}."):
        answer = await rig.ask("/", host, sni=DOMAIN, source="127.0.0.2", http2=http2)
        assert answer.status_code == 403, host
