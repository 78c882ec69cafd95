"""The plugin under test: its real gRPC server on loopback, a channel to it, and an API behind it."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import grpc
from aiohttp import web
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from launchready.edge.api import CloudflareApi, Limits
from launchready.edge.state import EdgeState
from launchready.engine.cloudflare_plugin.api import Api
from launchready.engine.cloudflare_plugin.config import Retry, Settings
from launchready.engine.cloudflare_plugin.server import start
from launchready.engine.cloudflare_plugin.servicer import CloudflareServicer
from launchready.engine.cloudflare_plugin.values import from_struct, to_struct

ACCOUNT = "a" * 32


@dataclass
class Call:
    """A request that came to the API."""

    method: str
    path: str
    body: Any = None


Handler = Callable[[Call], "web.Response | None"]


def urn(kind: str, name: str = "it") -> str:
    token = f"cloudflare:index/{kind[0].lower()}{kind[1:]}:{kind}"
    return f"urn:pulumi:test::launchready::launchready:index:ClientLaunch${token}::{name}"


@dataclass
class Plugin:
    """What the engine would call, in plain Python."""

    stub: Any

    async def configure(self, args: dict[str, Any]) -> None:
        await self.stub.Configure(provider_pb2.ConfigureRequest(args=to_struct(args), acceptSecrets=True))

    async def check(self, kind: str, news: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        request = provider_pb2.CheckRequest(urn=urn(kind), news=to_struct(news))
        answer = await self.stub.Check(request)
        return from_struct(answer.inputs), {failure.property: failure.reason for failure in answer.failures}

    async def diff(
        self,
        kind: str,
        old: dict[str, Any],
        news: dict[str, Any],
        state: dict[str, Any] | None = None,
        id: str = "1",
    ) -> Any:
        request = provider_pb2.DiffRequest(
            id=id,
            urn=urn(kind),
            olds=to_struct(old if state is None else state),
            news=to_struct(news),
            old_inputs=to_struct(old),
        )
        return await self.stub.Diff(request)

    async def create(
        self, kind: str, inputs: dict[str, Any], *, preview: bool = False
    ) -> tuple[str, dict[str, Any]]:
        request = provider_pb2.CreateRequest(urn=urn(kind), properties=to_struct(inputs), preview=preview)
        answer = await self.stub.Create(request)
        return answer.id, from_struct(answer.properties)

    async def read(
        self, kind: str, id: str, state: dict[str, Any] | None = None, inputs: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        answer = await self.stub.Read(
            provider_pb2.ReadRequest(
                id=id, urn=urn(kind), properties=to_struct(state or {}), inputs=to_struct(inputs or {})
            )
        )
        return answer.id, from_struct(answer.properties), from_struct(answer.inputs)

    async def update(
        self,
        kind: str,
        id: str,
        old: dict[str, Any],
        news: dict[str, Any],
        state: dict[str, Any] | None = None,
        *,
        preview: bool = False,
    ) -> dict[str, Any]:
        answer = await self.stub.Update(
            provider_pb2.UpdateRequest(
                id=id,
                urn=urn(kind),
                olds=to_struct(old if state is None else state),
                old_inputs=to_struct(old),
                news=to_struct(news),
                preview=preview,
            )
        )
        return from_struct(answer.properties)

    async def delete(self, kind: str, id: str, state: dict[str, Any]) -> None:
        request = provider_pb2.DeleteRequest(id=id, urn=urn(kind), properties=to_struct(state))
        await self.stub.Delete(request)

    async def invoke(self, name: str, args: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        token = f"cloudflare:index/{name}:{name}"
        answer = await self.stub.Invoke(provider_pb2.InvokeRequest(tok=token, args=to_struct(args)))
        failures = {failure.property: failure.reason for failure in answer.failures}
        return from_struct(getattr(answer, "return")), failures

    async def cancel(self) -> None:
        await self.stub.Cancel(empty_pb2.Empty())


@dataclass
class Served:
    """An API on loopback: every request that came, and a way to answer in its place."""

    url: str
    token: str
    state: EdgeState
    session: aiohttp.ClientSession
    calls: list[Call] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    before: Handler = lambda call: None
    after: Handler = lambda call: None

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "User-Agent": "the test"}
        async with self.session.request(method, self.url + path, json=body, headers=headers) as response:
            document = await response.json() if response.status != 204 else {"result": None}
            assert response.status < 300, document
            return document["result"]


@asynccontextmanager
async def served(plan: str = "pro") -> AsyncIterator[Served]:
    """The edge's own API."""
    state = EdgeState(plan=plan, account_id=ACCOUNT, token=secrets.token_hex(20))
    cloudflare = CloudflareApi(state, Limits(requests=0, per_second=0))

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.headers.get("User-Agent") == "the test":
            return await cloudflare.handle(request)
        call = Call(request.method, request.rel_url.raw_path_qs.removeprefix("/client/v4"))
        api.calls.append(call)
        api.headers.append(dict(request.headers))
        answer = api.before(call) or await cloudflare.handle(request)
        if request.content_type == "application/json":
            call.body = json.loads(await request.read() or b"null")
        return api.after(call) or answer

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        api = Served(f"http://127.0.0.1:{runner.addresses[0][1]}/client/v4", state.token, state, session)
        yield api
    await runner.cleanup()


@asynccontextmanager
async def plugin(retry: Retry | None = None) -> AsyncIterator[Plugin]:
    """A started, not yet configured plugin; between attempts it waits next to nothing."""
    quick = retry or Retry(attempts=4, first=0.001, longest=0.01, total=5.0)

    def make(settings: Settings) -> Api:
        return Api(Settings(settings.base_url, settings.token, settings.user_agent, quick))

    servicer = CloudflareServicer(make)
    server, port = await start(servicer)
    direct = [("grpc.enable_http_proxy", 0)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=direct) as channel:
        yield Plugin(provider_pb2_grpc.ResourceProviderStub(channel))
    await server.stop(0)
    await servicer.close()


@asynccontextmanager
async def rig(plan: str = "pro", retry: Retry | None = None) -> AsyncIterator[tuple[Plugin, Served]]:
    """A plugin that is configured for an API of its own."""
    async with served(plan) as api, plugin(retry) as under_test:
        await under_test.configure({"apiToken": api.token, "baseUrl": api.url})
        yield under_test, api
