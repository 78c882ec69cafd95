"""The composed edge: it starts whole, is found by its document, is controlled, and ends without a trace."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import dns.asyncquery
import dns.message
import pytest

from launchready.edge.document import environment, is_running, read_document, stop, write_document
from launchready.edge.process import Edge, EdgeOptions, serve
from launchready.errors import EdgeError, InputError

pytestmark = [pytest.mark.edge, pytest.mark.slow]
SECONDS = 10.0


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    running = await serve(EdgeOptions(dir=tmp_path / "edge"))
    yield running
    await running.close()


class Caller:
    """Calls an edge by its document."""

    def __init__(self, document: dict[str, Any], session: aiohttp.ClientSession) -> None:
        self.document = document
        self.session = session

    async def __call__(self, method: str, url: str, body: Any = None, token: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token or self.document['token']}"}
        async with self.session.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json()

    async def api(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = await self(method, self.document["api"] + path, body)
        assert status < 300, answer
        return answer["result"]

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = await self(method, f"{self.document['control']}/{path}", body)
        assert status == 200, answer
        return answer


@pytest.fixture
async def call(edge: Edge) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(edge.document(), session)


async def until(condition: Any) -> Any:
    """Waits for a condition, with a deadline."""
    deadline = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true"
        await asyncio.sleep(0.01)
    return found


async def ask(address: str, name: str, kind: str) -> dns.message.Message:
    host, port = address.rsplit(":", 1)
    return await dns.asyncquery.udp(dns.message.make_query(name, kind), host, port=int(port), timeout=SECONDS)


async def test_what_the_api_accepts_is_what_every_part_serves(edge: Edge, call: Caller) -> None:
    zone = await call.api("POST", "/zones", {"name": "acme.example"})
    record = {"type": "A", "name": "@", "content": "203.0.113.10", "proxied": True}
    await call.api("POST", f"/zones/{zone['id']}/dns_records", record)
    answer = await ask(call.document["dns"], "acme.example", "A")
    assert [rdata.address for rdata in answer.answer[0]] == ["127.0.0.1"]
    resolved = await ask(call.document["resolver"], "acme.example", "A")
    assert resolved.answer[0] == answer.answer[0]
    current = await call.control("GET", "edge.json")
    assert current["connect"]["acme.example:80"] == current["http"]
    async with call.session.get(
        f"http://{current['http']}/", headers={"Host": "acme.example"}, allow_redirects=False
    ) as response:
        assert response.status == 200
        assert response.headers["server"] == "cloudflare"


async def test_the_document_names_every_part_and_is_written(edge: Edge, tmp_path: Path) -> None:
    document = read_document(tmp_path / "edge")
    assert document == json.loads(json.dumps(edge.document()))
    for key in (
        "api",
        "aws",
        "control",
        "dns",
        "http",
        "https",
        "resolver",
        "rdap",
        "ca",
        "token",
        "account",
    ):
        assert document[key], key
    assert len(document["nameservers"]) >= 2
    assert set(document["sink"]) == {"smtp", "http"}
    assert document["pid"] == os.getpid()
    assert (tmp_path / "edge" / "ca.pem").read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert document["ca"] == str(tmp_path / "edge" / "ca.pem")
    assert (tmp_path / "edge" / "edge.json").stat().st_mode & 0o077 == 0, "it holds the token"


async def test_the_file_follows_the_zone(edge: Edge, call: Caller, tmp_path: Path) -> None:
    zone = await call.api("POST", "/zones", {"name": "acme.example"})
    record = {"type": "A", "name": "www", "content": "203.0.113.10", "proxied": True}
    await call.api("POST", f"/zones/{zone['id']}/dns_records", record)
    path = tmp_path / "edge" / "edge.json"
    document = await until(
        lambda: (d := json.loads(path.read_text()))["connect"].get("www.acme.example:443") and d
    )
    assert document["connect"]["203.0.113.10:80"]
    await call.api("DELETE", f"/zones/{zone['id']}")
    await until(lambda: "www.acme.example:443" not in json.loads(path.read_text())["connect"])


async def test_the_exports_point_tools_at_the_edge(edge: Edge) -> None:
    document = edge.document()
    exports = environment(document)
    assert exports["CLOUDFLARE_BASE_URL"] == document["api"]
    assert exports["CLOUDFLARE_API_TOKEN"] == document["token"]
    assert exports["AWS_ENDPOINT_URL"] == document["aws"]
    assert exports["PULUMI_BACKEND_URL"] == f"file://{Path(document['ca']).parent / 'backend'}"
    assert (edge.options.dir / "backend").is_dir()
    assert exports["PULUMI_CONFIG_PASSPHRASE"] == "rehearsal"
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"} <= set(exports)


async def test_the_control_api_wants_the_token(edge: Edge, call: Caller) -> None:
    status, answer = await call("GET", f"{call.document['control']}/edge.json", token="x" * 40)
    assert status == 401
    assert "token" in answer["error"]
    status, _ = await call("GET", f"{call.document['control']}/nothing")
    assert status == 404


async def test_the_clock_moves_forward_only(edge: Edge, call: Caller) -> None:
    before = edge.state.clock.now()
    await call.control("POST", "clock", {"advance": 3600})
    assert 3599 < (edge.state.clock.now() - before).total_seconds() < 3700
    for bad in ({"advance": -1}, {"advance": "1"}, {"advance": True}, {}, []):
        status, _ = await call("POST", f"{call.document['control']}/clock", bad)
        assert status == 400, bad


async def test_defects_are_set_listed_and_dropped_by_name(edge: Edge, call: Caller) -> None:
    zone = await call.api("POST", "/zones", {"name": "acme.example"})
    record = {"type": "TXT", "name": "@", "content": "here"}
    await call.api("POST", f"/zones/{zone['id']}/dns_records", record)
    await call.control("POST", "defects", {"kind": "dns.nxdomain", "where": "acme.example"})
    answer = await ask(call.document["dns"], "acme.example", "TXT")
    assert not answer.answer
    listed = await call.control("GET", "defects")
    assert listed["defects"] == [{"kind": "dns.nxdomain", "where": "acme.example", "options": {}}]
    assert "tls.expired" in listed["kinds"]
    await call.control("POST", "defects", {"kind": "tls.expired", "where": "acme.example"})
    assert await call.control("DELETE", "defects", {"kind": "dns.nxdomain"}) == {"dropped": 1}
    assert (await ask(call.document["dns"], "acme.example", "TXT")).answer
    assert await call.control("DELETE", "defects") == {"dropped": 1}
    status, answer = await call("POST", f"{call.document['control']}/defects", {"kind": "dns.sulks"})
    assert status == 400
    assert "dns.timeout" in answer["fix"]


async def test_the_registrar_can_be_played(edge: Edge, call: Caller) -> None:
    zone = await call.api("POST", "/zones", {"name": "acme.example"})
    shown = await call.control("GET", "registrar/acme.example")
    assert shown["nameservers"] == zone["name_servers"]
    stale = f"1 13 2 {'AB' * 32}"
    changed = await call.control("POST", "registrar/acme.example", {"ds": [stale]})
    assert (changed["ds"], changed["manual"]) == ([stale], ["ds"])
    moved = {"nameservers": ["ns1.elsewhere.example"], "glue": {}}
    await call.control("POST", "registrar/acme.example", moved)
    assert (await call.api("GET", f"/zones/{zone['id']}"))["status"] == "moved"
    followed = await call.control("POST", "registrar/acme.example", {"follow": True})
    assert (followed["nameservers"], followed["ds"]) == (zone["name_servers"], [])
    assert (await call.api("GET", f"/zones/{zone['id']}"))["status"] == "active"
    for bad in ({}, {"ds": "x"}, {"ds": ["nonsense"]}, {"colour": "red"}, {"glue": []}):
        status, _ = await call("POST", f"{call.document['control']}/registrar/acme.example", bad)
        assert status == 400, bad


async def test_origins_serve_the_pages_that_are_set(edge: Edge, call: Caller) -> None:
    zone = await call.api("POST", "/zones", {"name": "acme.example"})
    record = {"type": "A", "name": "@", "content": "203.0.113.10", "proxied": True}
    await call.api("POST", f"/zones/{zone['id']}/dns_records", record)
    pages = {"/hello": {"status": 203, "headers": {"x-a": "b"}, "body": "hi"}}
    await call.control("POST", "origin/203.0.113.10", {"pages": pages})
    async with call.session.get(
        f"http://{call.document['http']}/hello", headers={"Host": "acme.example"}
    ) as response:
        assert (response.status, await response.text()) == (203, "hi")
    for bad in ({}, {"pages": []}, {"pages": {"/": {"status": 7}}}, {"pages": {"x": {}}}):
        status, _ = await call("POST", f"{call.document['control']}/origin/203.0.113.10", bad)
        assert status == 400, bad


async def test_stopping_ends_the_wait_and_removes_the_document(tmp_path: Path) -> None:
    edge = await serve(EdgeOptions(dir=tmp_path))
    document = edge.document()
    async with aiohttp.ClientSession() as session:
        await Caller(document, session).control("POST", "stop")
    await asyncio.wait_for(edge.wait_stopped(), SECONDS)
    await edge.close()
    assert not (tmp_path / "edge.json").exists()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*document["dns"].split(":"))


async def test_two_edges_run_side_by_side_but_not_in_one_directory(tmp_path: Path) -> None:
    one = await serve(EdgeOptions(dir=tmp_path / "one"))
    try:
        with pytest.raises(EdgeError, match="another edge is running") as caught:
            await serve(EdgeOptions(dir=tmp_path / "one"))
        assert "launch edge stop" in (caught.value.fix or "")
        two = await serve(EdgeOptions(dir=tmp_path / "two", plan="pro"))
        try:
            assert one.document()["token"] != two.document()["token"]
            assert one.document()["dns"] != two.document()["dns"]
        finally:
            await two.close()
    finally:
        await one.close()
    again = await serve(EdgeOptions(dir=tmp_path / "one"))
    await again.close()


@pytest.mark.parametrize("part", ["api", "dns", "http", "https", "aws"])
async def test_a_port_in_use_is_named_and_nothing_is_left_running(tmp_path: Path, part: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EdgeError, match=str(port)) as caught:
            await serve(EdgeOptions(dir=tmp_path, **{f"{part}_port": port}))
        assert caught.value.fix
    assert not (tmp_path / "edge.json").exists()
    edge = await serve(EdgeOptions(dir=tmp_path, **{f"{part}_port": port}))
    assert f":{port}" in str(edge.document()[part])
    await edge.close()


@pytest.mark.parametrize(
    "change",
    [
        {"plan": "gold"},
        {"registrar": "sometimes"},
        {"account": "abc"},
        {"token": "short"},
        {"host": "0.0.0.0"},
        {"host": "example.com"},
        {"api_port": 70000},
        {"origin_url": "https://example.com"},
    ],
)
async def test_options_that_can_not_be_are_bad_input(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        await serve(EdgeOptions(dir=tmp_path, **change))


def test_a_stale_document_is_recognised(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    keys = ["api", "aws", "control", "dns", "http", "https", "ca", "token", "account", "plan"]
    document = {"schema": "launchready.edge/1", **dict.fromkeys(keys, "x"), "pid": gone.pid}
    write_document(tmp_path / "edge.json", document)
    with pytest.raises(EdgeError, match="ended without"):
        read_document(tmp_path)
    with pytest.raises(EdgeError, match="gone"):
        stop(tmp_path)
    assert not (tmp_path / "edge.json").exists()
    reused = {**document, "pid": os.getpid(), "pid_started": "1"}
    assert not is_running(reused), "another process has that id now"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "launchready.edge/1"}', "nonsense"])
def test_what_is_no_edge_document_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "edge.json").write_text(text)
    with pytest.raises(EdgeError):
        read_document(tmp_path / "edge.json")


def test_no_document_says_how_to_start_an_edge(tmp_path: Path) -> None:
    with pytest.raises(EdgeError, match="no edge is running here") as caught:
        read_document(tmp_path)
    assert "launch edge" in (caught.value.fix or "")


def start_process(directory: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "launchready.edge", "--dir", str(directory), "--json", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_process_cleanly(tmp_path: Path, number: int) -> None:
    process = start_process(tmp_path)
    assert process.stdout is not None
    document = json.loads(process.stdout.readline())
    assert document["pid"] == process.pid
    process.send_signal(number)
    _, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, errors) == (0, "")
    assert not (tmp_path / "edge.json").exists()


def test_a_killed_edge_is_replaced_and_stop_ends_the_new_one(tmp_path: Path) -> None:
    first = start_process(tmp_path)
    assert first.stdout is not None
    first.stdout.readline()
    first.kill()
    first.communicate()
    assert (tmp_path / "edge.json").exists()
    second = start_process(tmp_path, "--plan", "pro")
    assert second.stdout is not None
    document = json.loads(second.stdout.readline())
    assert read_document(tmp_path)["pid"] == second.pid
    assert document["plan"] == "pro"
    third = start_process(tmp_path)
    _, errors = third.communicate(timeout=SECONDS)
    assert third.returncode == 3
    assert "another edge is running" in errors
    stop(tmp_path)
    assert second.wait(SECONDS) == 0
    with pytest.raises(EdgeError):
        stop(tmp_path)


def test_bad_input_ends_with_exit_code_2(tmp_path: Path) -> None:
    process = start_process(tmp_path, "--account", "abc")
    _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 2
    assert "32 hexadecimal" in errors


@pytest.mark.slow
async def test_aws_answers_and_forgets_with_the_edge(tmp_path: Path) -> None:
    import boto3

    def client(url: str) -> Any:
        return boto3.client(
            "ssm", endpoint_url=url, region_name="us-east-1",
            aws_access_key_id="edge", aws_secret_access_key="edge",
        )  # fmt: skip

    def write(url: str) -> Any:
        client(url).put_parameter(Name="/a", Value="b", Type="SecureString")
        return client(url).get_parameter(Name="/a", WithDecryption=True)["Parameter"]["Value"]

    for name in ("one", "two"):
        edge = await serve(EdgeOptions(dir=tmp_path / name))
        try:
            url = edge.document()["aws"]
            listed = await asyncio.to_thread(lambda url=url: client(url).describe_parameters())
            assert listed["Parameters"] == [], "nothing is left of another edge"
            assert await asyncio.to_thread(write, url) == "b"
        finally:
            await edge.close()


async def test_an_edge_outlives_its_directory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    edge = await serve(EdgeOptions(dir=tmp_path / "edge"))
    async with aiohttp.ClientSession() as session:
        call = Caller(edge.document(), session)
        for path in (tmp_path / "edge").iterdir():
            if path.is_file():
                path.unlink()
        (tmp_path / "edge").rename(tmp_path / "moved")
        zone = await call.api("POST", "/zones", {"name": "acme.example"})
        record = {"type": "A", "name": "@", "content": "203.0.113.10"}
        await call.api("POST", f"/zones/{zone['id']}/dns_records", record)
        await until(lambda: "can't be written" in caplog.text)
        assert (await call.control("GET", "edge.json"))["pid"] == os.getpid()
    await edge.close()
