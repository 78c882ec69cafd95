"""The AWS endpoint: moto's server behind a small listener that loads it on the first connection.

Loading moto costs half a second and some 80 MB, and many rehearsals never speak to AWS. moto's
backends belong to the Python process: two edges in one process share them, two processes don't.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from launchready.edge.faults import FaultDesk
from launchready.edge.faults import aws as faulty
from launchready.edge.sockets import listen
from launchready.errors import EdgeError

START_SECONDS = 60.0
_CHUNK = 64 * 1024


@dataclass(slots=True)
class AwsEndpoint:
    """Call ``start``, use ``url``, call ``close``."""

    url: str = ""
    loaded: Callable[[], Awaitable[None]] | None = None
    """Awaited once moto is there, before the first connection gets through to it."""
    faults: FaultDesk = field(default_factory=FaultDesk)
    """What calls meet instead of moto, while it has a plan."""
    _server: asyncio.Server | None = None
    _moto: Any = None
    _starting: asyncio.Task[tuple[str, int]] | None = None
    _connections: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self, host: str, port: int = 0) -> None:
        """Listens; raises EdgeError if the port is taken."""
        sock = listen(host, port, "aws")
        self._server = await asyncio.start_server(self._serve, sock=sock)
        self.url = f"http://{host}:{sock.getsockname()[1]}"

    async def close(self) -> None:
        """Ends connections and moto, and forgets what it held."""
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        if self._starting is not None:
            with contextlib.suppress(Exception):
                await self._starting
        if self._moto is not None:
            await asyncio.to_thread(_stop_moto, self._moto)
            self._moto = None

    async def _upstream(self) -> tuple[str, int]:
        """moto's own address; the first caller starts it, the others wait for the same start."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._start_moto())
        return await asyncio.wait_for(asyncio.shield(self._starting), START_SECONDS)

    async def _start_moto(self) -> tuple[str, int]:
        self._moto = await asyncio.to_thread(_run_moto)
        if self.loaded is not None:
            await self.loaded()
        host, port = self._moto.get_host_and_port()
        return str(host), int(port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            if self.faults.plan is not None:
                await faulty.serve(self.faults, reader, writer, self._upstream)
                return
            host, port = await self._upstream()
            there, back = await asyncio.open_connection(host, port)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(_pump(reader, back))
                    group.create_task(_pump(there, writer))
            finally:
                back.close()
        except* (OSError, EdgeError):
            pass  # the client sees its connection end
        finally:
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copies until the end, and passes the end on."""
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        with contextlib.suppress(OSError):
            writer.write_eof()


def _run_moto() -> Any:
    """Loads and starts moto's server on a free port of loopback, with nothing in it. Runs in a thread."""
    from moto.moto_api._internal.models import moto_api_backend
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    from launchready.edge.moto_ses import fill_gaps

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto_api_backend.reset()
    fill_gaps()
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    return server


def _stop_moto(server: Any) -> None:
    from moto.moto_api._internal.models import moto_api_backend

    server.stop()
    moto_api_backend.reset()
