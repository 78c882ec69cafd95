"""The plugin's process: a gRPC server on loopback whose port is its first line of output."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from launchready.engine.cloudflare_plugin.servicer import CloudflareServicer

_MESSAGE_BYTES = 400 * 1024 * 1024
"""The engine's own limit for a message."""
_GRACE_SECONDS = 2.0


async def start(servicer: CloudflareServicer, host: str = "127.0.0.1") -> tuple[grpc.aio.Server, int]:
    """A started server and its port, which the system chooses."""
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MESSAGE_BYTES),
            ("grpc.so_reuseport", 0),
        ]
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port(f"{host}:0")
    await server.start()
    return server, port


async def serve() -> None:
    """Serve until the engine ends this process: by SIGINT when it has finished, or by SIGTERM.

    The engine waits five seconds for an answer to its SIGINT, so it is heard at once. Calls in flight
    may end first, so that what they made is recorded.
    """
    servicer = CloudflareServicer()
    server, port = await start(servicer)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.add_signal_handler(signal.SIGINT, ended.set)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await ended.wait()
    await server.stop(_GRACE_SECONDS)
    await servicer.close()


def main(arguments: Sequence[str] = ()) -> None:
    """Run the plugin. The engine passes its own address, which we don't need: we send it no log lines."""
    from launchready.engine.orphan import end_with_parent

    end_with_parent()
    asyncio.run(serve())
