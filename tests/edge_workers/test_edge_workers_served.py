"""A Worker from the API's upload to what a visitor gets, in a whole edge."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from launchready.declared.mta_sts import source
from launchready.edge.api import Limits
from launchready.edge.process import Edge, EdgeOptions, serve
from launchready.edge.workers import WorkerRuntime

DOMAIN, HOST = "acme.example", "mta-sts.acme.example"
PATH = "/.well-known/mta-sts.txt"
POLICY = "version: STSv1\r\nmode: testing\r\nmx: mx.example\r\nmax_age: 604800\r\n"
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node on PATH")


@dataclass
class Front:
    """An edge with a zone that has the policy host."""

    edge: Edge
    session: aiohttp.ClientSession
    zone: str = ""

    async def call(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        document = self.edge.document()
        headers = {"Authorization": f"Bearer {document['token']}"}
        async with self.session.request(method, document["api"] + path, headers=headers, **more) as response:
            text = await response.text()
        return response.status, json.loads(text) if text.startswith("{") else text

    async def upload(self, content: str, name: str = "sts", **metadata: Any) -> tuple[int, Any]:
        form = aiohttp.FormData()
        told = {"main_module": "w.mjs", "compatibility_date": "2025-11-01", **metadata}
        form.add_field("metadata", json.dumps(told), content_type="application/json")
        kind = "application/javascript+module"
        form.add_field("w.mjs", content, filename="w.mjs", content_type=kind)
        return await self.call("PUT", self.script(name), data=form)

    def script(self, name: str = "sts") -> str:
        return f"/accounts/{self.edge.state.account_id}/workers/scripts/{name}"

    async def route(self, pattern: str = f"{HOST}/*", script: str = "sts") -> tuple[int, Any]:
        body = {"pattern": pattern, "script": script}
        return await self.call("POST", f"/zones/{self.zone}/workers/routes", json=body)

    async def get(self, path: str = PATH, method: str = "GET") -> str:
        return await asyncio.to_thread(self._get, path, method)

    def _get(self, path: str, method: str) -> str:
        document = self.edge.document()
        host, port = document["https"].rsplit(":", 1)
        context = ssl.create_default_context(cafile=document["ca"])
        with (
            socket.create_connection((host, int(port)), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as tls,
        ):
            tls.sendall(f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            received = b""
            while part := tls.recv(65536):
                received += part
        return received.decode()


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    edge = await serve(EdgeOptions(dir=tmp_path, limits=Limits(requests=0, per_second=0)))
    async with aiohttp.ClientSession() as session:
        started = Front(edge, session)
        body = {"name": DOMAIN, "account": {"id": edge.state.account_id}, "type": "full"}
        _, made = await started.call("POST", "/zones", json=body)
        started.zone = made["result"]["id"]
        record = {"type": "AAAA", "name": HOST, "content": "100::", "proxied": True, "ttl": 1}
        await started.call("POST", f"/zones/{started.zone}/dns_records", json=record)
        await started.call("PATCH", f"/zones/{started.zone}/settings/ssl", json={"value": "strict"})
        yield started
    await edge.close()


def binding(text: str = POLICY) -> list[dict[str, str]]:
    return [{"type": "plain_text", "name": "POLICY", "text": text}]


@needs_node
async def test_the_policy_is_served_as_the_binding_has_it(front: Front) -> None:
    assert (await front.upload(source("mta-sts.mjs"), bindings=binding()))[0] == 200
    assert (await front.route())[0] == 200
    head, _, body = (await front.get()).partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200")
    assert "content-type: text/plain; charset=utf-8" in head.lower()
    assert body == POLICY
    assert (await front.get("/other")).startswith("HTTP/1.1 404")
    assert (await front.get(method="POST")).startswith("HTTP/1.1 405")
    head, _, body = (await front.get(method="HEAD")).partition("\r\n\r\n")
    assert (head.startswith("HTTP/1.1 200"), body) == (True, "")


@needs_node
async def test_a_changed_binding_is_served_at_once(front: Front) -> None:
    await front.upload(source("mta-sts.mjs"), bindings=binding())
    await front.route()
    await front.get()
    await front.upload(source("mta-sts.mjs"), bindings=binding("version: STSv1\r\nmode: none\r\n"))
    assert "mode: none" in await front.get()


@needs_node
async def test_without_a_route_or_script_the_host_leads_nowhere(front: Front) -> None:
    await front.upload(source("mta-sts.mjs"), bindings=binding())
    assert (await front.get()).startswith("HTTP/1.1 522")
    _, made = await front.route()
    assert (await front.get()).startswith("HTTP/1.1 200")
    path = f"/zones/{front.zone}/workers/routes/{made['result']['id']}"
    assert (await front.call("DELETE", path))[0] == 200
    assert (await front.get()).startswith("HTTP/1.1 522")
    assert (await front.call("GET", path))[0] == 404


@needs_node
async def test_a_script_that_throws_is_error_1101(front: Front) -> None:
    await front.upload("export default { fetch() { throw new Error('x'); } };")
    await front.route()
    answer = await front.get()
    assert answer.startswith("HTTP/1.1 500")
    assert "1101" in answer


@needs_node
async def test_what_cloudflare_refuses_is_refused(front: Front) -> None:
    code = [
        (await front.upload("nope nope"))[1]["errors"][0]["code"],
        (await front.upload("export default {};"))[1]["errors"][0]["code"],
        (await front.upload("export default {fetch(){}}", main_module="gone.mjs"))[1]["errors"][0]["code"],
        (await front.upload("export default {fetch(){}}", compatibility_date="2199-01-01"))[1]["errors"][0][
            "code"
        ],
        (await front.upload("export default {fetch(){}}", bindings=binding("x" * 6000)))[1]["errors"][0][
            "code"
        ],
        (await front.upload("export default {fetch(){}}", bindings=[{"type": "kv_namespace", "name": "K"}]))[
            1
        ]["errors"][0]["code"],
        (await front.call("GET", front.script("none") + "/settings"))[1]["errors"][0]["code"],
        (await front.route(script="none"))[1]["errors"][0]["code"],
    ]
    assert code == [10021, 10068, 10021, 10021, 10054, 10021, 10007, 10019]
    await front.upload("export default {fetch(){}}")
    assert (await front.route("other.example/*"))[0] == 400
    assert (await front.route())[0] == 200
    assert (await front.route())[1]["errors"][0]["code"] == 10020


@needs_node
async def test_the_api_shows_what_was_uploaded_but_no_secret(front: Front) -> None:
    secret = {"type": "secret_text", "name": "KEY", "text": "hidden"}
    await front.upload(source("mta-sts.mjs"), bindings=[*binding(), secret])
    _, settings = await front.call("GET", front.script() + "/settings")
    assert settings["result"]["bindings"] == [*binding(), {"type": "secret_text", "name": "KEY"}]
    assert (await front.call("GET", front.script() + "/content/v2"))[1] == source("mta-sts.mjs")
    _, service = await front.call("GET", front.script().replace("/scripts/", "/services/"))
    assert service["result"]["default_environment"]["script"]["id"] == "sts"


async def test_without_node_uploads_are_taken_and_requests_say_why(front: Front, tmp_path: Path) -> None:
    front.edge.https.workers._node = tmp_path / "absent"
    assert (await front.upload(source("mta-sts.mjs"), bindings=binding()))[0] == 200
    assert (await front.route())[0] == 200
    answer = await front.get()
    assert answer.startswith("HTTP/1.1 503")
    assert "x-launchready-edge: no-javascript-runtime" in answer.lower()
    assert "Node 20 or newer" in answer


@needs_node
async def test_the_runtime_ends_with_the_edge(tmp_path: Path) -> None:
    runtime = WorkerRuntime()
    from launchready.edge.workers import Script, WorkerRequest

    await runtime.run(
        Script("a", "m", {"m": "export default { fetch() { return new Response(''); } };"}),
        WorkerRequest("GET", "https://a.example/", []),
    )
    process = runtime._process
    assert process is not None
    await runtime.close()
    assert process.returncode == 0
