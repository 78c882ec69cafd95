"""The plugin as the engine starts it: a process that prints its port and ends when it is told to."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from google.protobuf import empty_pb2
from plugin_rig import ACCOUNT, Plugin, served
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from launchready.engine.cloudflare_plugin.kinds import KINDS

COMMAND = [sys.executable, "-m", "launchready.engine.cloudflare_plugin", "127.0.0.1:1"]


@asynccontextmanager
async def started(**environment: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    process = await asyncio.create_subprocess_exec(
        *COMMAND, stdout=asyncio.subprocess.PIPE, env={**os.environ, **environment}
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            yield process, int(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_it_prints_a_port_serves_and_ends_on_sigterm() -> None:
    async with served() as api:
        environment = {"CLOUDFLARE_BASE_URL": api.url, "CLOUDFLARE_API_TOKEN": api.token}
        async with started(**environment) as (process, port):
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                plugin = Plugin(provider_pb2_grpc.ResourceProviderStub(channel))
                await plugin.configure({})
                own_id, _ = await plugin.create("Zone", {"name": "a.example", "account": {"id": ACCOUNT}})
                assert own_id in api.state.zones
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0


async def test_it_ends_at_once_when_the_engine_has_finished() -> None:
    """The engine closes its plugins with SIGINT, and would wait five seconds for one that ignores it."""
    async with started() as (process, port):
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            assert (await stub.GetPluginInfo(empty_pb2.Empty())).version.startswith("6.")
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 4) == 0


async def test_what_it_says_of_itself_is_what_the_engine_needs() -> None:
    async with started() as (_, port), grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        shaken = await stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
        assert shaken.accept_secrets
        schema = (await stub.GetSchema(provider_pb2.GetSchemaRequest())).schema
        assert all(token in schema for token in KINDS)
