"""The page's borders: whose requests are answered, and what starts something."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from launchready.errors import InputError
from launchready.serve.record import PLACE
from launchready.serve.server import Address, serving
from launchready.serve.started import RefusedError, Starter
from tests.serve.serve_kit import begun, ended, project

SECONDS = 15.0


@asynccontextmanager
async def served(
    root: Path, *, read_only: bool = False, clients: tuple[str, ...] = ("acme",)
) -> AsyncIterator[tuple[Address, httpx.AsyncClient]]:
    async with (
        serving(root, lambda: list(clients), read_only=read_only) as address,
        httpx.AsyncClient(base_url=address.origin, timeout=SECONDS, trust_env=False) as client,
    ):
        yield address, client


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", ""])
@pytest.mark.parametrize("path", ["/", "/events", "/start", "/watch.mjs"])
async def test_another_name_that_points_here_gets_nothing(tmp_path: Path, host: str, path: str) -> None:
    begun(tmp_path, "hidden").close()
    async with served(tmp_path) as (_, client):
        answer = await client.get(path, headers={"Host": host})
    assert answer.status_code in (400, 403)
    assert "hidden" not in answer.text


async def test_localhost_is_us_too(tmp_path: Path) -> None:
    async with served(tmp_path) as (address, client):
        port = address.origin.rpartition(":")[2]
        assert (await client.get("/", headers={"Host": f"LocalHost:{port}"})).status_code == 200


async def test_it_listens_on_one_loopback_address_only(tmp_path: Path) -> None:
    async with served(tmp_path) as (address, _):
        port = int(address.origin.rpartition(":")[2])
        with socket.socket() as other, pytest.raises(ConnectionRefusedError):
            other.connect(("127.0.0.2", port))


@pytest.mark.parametrize("mode", ["no-cors", "cors", "same-origin"])
async def test_other_sites_load_nothing(tmp_path: Path, mode: str) -> None:
    async with served(tmp_path) as (_, client):
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode}
        assert (await client.get("/", headers=headers)).status_code == 403


async def test_every_answer_has_the_headers(tmp_path: Path) -> None:
    name = ended(begun(tmp_path))
    paths = ["/", "/start", f"/runs/{name}", f"/runs/{name}/report.html", "/nothing", "/watch.mjs",
             f"/runs/{name}/events", f"/runs/{name}/verification.json"]  # fmt: skip
    async with served(tmp_path) as (_, client):
        for path in paths:
            answer = await client.get(path)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe-inline' 'self'" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert "Set-Cookie" not in answer.headers
            stored = path.endswith(("report.html", "verification.json"))
            assert policy.startswith("sandbox;") is stored


@pytest.mark.parametrize(
    "path",
    ["/runs/..%2f..%2f..%2fstacks/report.html", "/runs/../../Pulumi.yaml", "/runs/%2e%2e/report.html",
     "/runs/x/events.jsonl", "/runs/20261124T120000-00000000", "/runs/20261124T120000-00000000/events",
     "/runs/.gitignore", "/templates/base.html.j2"],
)  # fmt: skip
async def test_there_is_nothing_but_the_runs(tmp_path: Path, path: str) -> None:
    project(tmp_path, "acme")
    ended(begun(tmp_path))
    async with served(tmp_path) as (_, client):
        answer = await client.get(path)
    assert answer.status_code == 404
    assert "launchready:" not in answer.text


async def test_nothing_starts_without_token_and_origin(tmp_path: Path) -> None:
    async with served(tmp_path) as (address, client):
        good = {"client": "acme", "token": address.token}
        attempts = [
            ({}, good),
            ({"Origin": "http://evil.example"}, good),
            ({"Origin": "null"}, good),
            ({"Origin": address.origin, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, good),
            ({"Origin": address.origin}, {"client": "acme"}),
            ({"Origin": address.origin}, {"client": "acme", "token": ""}),
            ({"Origin": address.origin}, {"client": "acme", "token": "é" * 32}),
            ({"Origin": address.origin}, {"client": "acme", "token": f"{address.token}x"}),
        ]
        for headers, form in attempts:
            answer = await client.post("/start", data=form, headers=headers)
            assert answer.status_code == 403, (headers, form)
            assert "Nothing was started" in answer.text
        as_json = await client.post("/start", json=good, headers={"Origin": address.origin})
        assert as_json.status_code == 403
        in_address = await client.post(f"/start?token={address.token}", headers={"Origin": address.origin})
        assert in_address.status_code == 403
        too_long = await client.post(
            "/start", data={"token": "x" * 100_000}, headers={"Origin": address.origin}
        )
        assert too_long.status_code == 413
        for method in ("PUT", "DELETE", "PATCH"):
            assert (await client.request(method, "/start")).status_code == 405
    assert not (tmp_path / PLACE).exists()


async def test_an_unknown_client_is_not_started(tmp_path: Path) -> None:
    async with served(tmp_path) as (address, client):
        for name in ("other", "--help", "../x", "<script>"):
            answer = await client.post(
                "/start", data={"client": name, "token": address.token}, headers={"Origin": address.origin}
            )
            assert answer.status_code == 409
            assert "there is no such client" in answer.text


async def test_who_only_shows_has_no_form_and_no_token(tmp_path: Path) -> None:
    async with served(tmp_path, read_only=True) as (address, client):
        assert address.token is None
        assert address.url == f"{address.origin}/"
        assert (await client.get("/start")).status_code == 404
        assert "/start" not in (await client.get("/")).text
        for token in ("", "None"):
            answer = await client.post("/start", data={"client": "acme", "token": token},
                                       headers={"Origin": address.origin})  # fmt: skip
            assert answer.status_code == 403


async def test_each_page_has_a_token_of_its_own(tmp_path: Path) -> None:
    async with served(tmp_path) as (one, _), served(tmp_path) as (other, _):
        assert one.token != other.token
        assert len(one.token or "") >= 32


async def test_a_taken_port_is_bad_input(tmp_path: Path) -> None:
    async with served(tmp_path) as (address, _):
        port = int(address.origin.rpartition(":")[2])
        with pytest.raises(InputError, match="is taken"):
            async with serving(tmp_path, list, port=port):
                pass


async def test_a_stream_ends_with_its_run(tmp_path: Path) -> None:
    record = begun(tmp_path)
    async with (
        served(tmp_path) as (_, client),
        client.stream("GET", f"/runs/{record.id}/events") as answer,
        asyncio.timeout(SECONDS),
    ):
        text = ""
        async for chunk in answer.aiter_text():
            text += chunk
            if "running" in text and "ready" not in text:
                ended(record)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert "ready" in text
    assert text.endswith("event: over\ndata: .\n\n")


async def test_a_line_break_in_an_event_forges_no_event(tmp_path: Path) -> None:
    record = begun(tmp_path)
    record.step("a\n\nevent: over\ndata: x\r\rdata: y")
    ended(record)
    async with served(tmp_path) as (_, client):
        text = (await client.get(f"/runs/{record.id}/events")).text
    assert text.count("event: over") == text.count("\nevent: over\ndata: .\n\n") + 1
    assert all(line.startswith(("data: ", "event: over")) or not line for line in text.split("\n"))
    assert "\r" not in text


async def test_the_page_ends_while_somebody_watches(tmp_path: Path) -> None:
    record = begun(tmp_path)
    async with asyncio.timeout(SECONDS), httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client:
        async with serving(tmp_path, list) as address:
            request = client.build_request("GET", f"{address.origin}/runs/{record.id}/events")
            answer = await client.send(request, stream=True)
            assert answer.status_code == 200
        told = (await answer.aread()).decode()
    assert "running" in told
    record.close()


async def test_one_client_is_rehearsed_once_at_a_time_and_ends_with_the_page(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "import time; time.sleep(600)")
    starter = Starter(tmp_path, lambda: ["acme", "beta", "gamma"], command)
    async with asyncio.timeout(SECONDS):
        first = await starter.start("acme")
        with pytest.raises(RefusedError, match="running already"):
            await starter.start("acme")
        await starter.start("beta")
        with pytest.raises(RefusedError, match="wait for one"):
            await starter.start("gamma")
        assert [run.state for run in starter.all()] == ["running", "running"]
        await starter.close()
    assert [run.state for run in starter.all()] == ["failed", "failed"]
    run = starter.get(first)
    assert run is not None
    assert "exit code -15" in run.error
