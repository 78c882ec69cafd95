"""The edge as one process: API, control, DNS, the world, HTTPS and AWS over one state.

``serve`` starts them all on loopback and writes ``edge.json`` once everything answers; ``Edge.close``
takes them down in the other order and removes it. A lock file keeps two edges out of one directory.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import ipaddress
import logging
import os
import re
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from aiohttp import web

from launchready.edge.api import CloudflareApi, Limits
from launchready.edge.api import server as api_server
from launchready.edge.api.envelope import unroutable
from launchready.edge.api.plans import PLANS
from launchready.edge.aws import AwsEndpoint
from launchready.edge.ca import CertificateAuthority
from launchready.edge.control import PREFIX as CONTROL_PREFIX
from launchready.edge.control import ControlApi
from launchready.edge.dns.authority import Authority
from launchready.edge.document import NAME, SCHEMA, process_started, write_document
from launchready.edge.faults import FaultDesk, serving
from launchready.edge.https.server import Https
from launchready.edge.monitoring import Monitoring, Network
from launchready.edge.portal.install import install
from launchready.edge.sockets import listen
from launchready.edge.state import EdgeState
from launchready.edge.world.world import World
from launchready.errors import EdgeError, InputError, Where

log = logging.getLogger(__name__)

SETTLE_SECONDS = 0.05
"""How long changes are gathered before edge.json is written again."""
SHUTDOWN_SECONDS = 0.5
_TOKEN = re.compile(r"[0-9A-Za-z\-_]{40,80}")
_ACCOUNT = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class EdgeOptions:
    """How an edge is started. Empty ``account`` and ``token``: fresh ones; port 0: any free port."""

    dir: Path
    host: str = "127.0.0.1"
    plan: str = "free"
    account: str | None = None
    token: str | None = None
    origin_url: str | None = None
    """The user's own running application, behind every host."""
    registrar: str = "auto"
    """``auto``: the registrar follows the API at once; ``manual``: a person plays the registrar."""
    api_port: int = 0
    dns_port: int = 0
    http_port: int = 0
    https_port: int = 0
    aws_port: int = 0
    limits: Limits = field(default_factory=Limits)

    def check(self) -> None:
        """:raises InputError: names the option that can't be used."""
        if self.plan not in PLANS:
            raise InputError(f"plan {self.plan!r} does not exist", fix=f"one of {', '.join(PLANS)}")
        if self.registrar not in ("auto", "manual"):
            raise InputError(f"registrar {self.registrar!r} does not exist", fix="auto or manual")
        if self.account and not _ACCOUNT.fullmatch(self.account):
            raise InputError("an account id has 32 hexadecimal characters, in lower case")
        if self.token and not _TOKEN.fullmatch(self.token):
            raise InputError("a token has 40 to 80 characters out of letters, digits, - and _")
        try:
            loopback = ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            raise InputError(f"the edge listens on loopback only, not on {self.host}", fix="127.0.0.1")
        for name in ("api_port", "dns_port", "http_port", "https_port", "aws_port"):
            if not 0 <= getattr(self, name) <= 65535:
                raise InputError(f"{name} {getattr(self, name)} is no port")


class Edge:
    """A running edge. Made by ``serve``; ``close`` it, or ``await wait_stopped()`` first."""

    def __init__(self, options: EdgeOptions) -> None:
        self.options = options
        self.state = EdgeState(
            plan=options.plan,
            account_id=options.account or secrets.token_hex(16),
            token=options.token or secrets.token_urlsafe(32),
            registrar_auto=options.registrar == "auto",
        )
        self.authority = Authority(self.state)
        self.world = World(self.state, self.authority)
        self.https = Https(options.origin_url or None)
        self.monitoring = Monitoring(self.state, Network(self.world.lookup, self._connect))
        self.faults = FaultDesk()
        self.aws = AwsEndpoint(loaded=self.monitoring.aws_started, faults=self.faults)
        self._base = ""
        self._ca = options.dir / "ca.pem"
        self.stopping = asyncio.Event()
        """Set once the edge is to end."""
        self._file = DocumentFile(options.dir / NAME, self.document)
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        """Starts every part; on failure those that were started are closed. Raises EdgeError."""
        options, state = self.options, self.state
        async with AsyncExitStack() as stack:
            stack.callback(_lock(options.dir).close)
            (options.dir / NAME).unlink(missing_ok=True)  # left behind by an edge that was killed
            (options.dir / "backend").mkdir(exist_ok=True)  # where environment() puts Pulumi's state
            certificates = CertificateAuthority(options.dir, state.clock.now)
            self._ca = certificates.root_path
            stack.push_async_callback(self.authority.close)
            await self.authority.start(options.host, options.dns_port)
            stack.push_async_callback(self.world.close)
            await self.world.start(options.host)
            stack.push_async_callback(self.https.close)
            await self.https.start(options.host, state, certificates, options.http_port, options.https_port)
            stack.push_async_callback(self.monitoring.close)
            await self.monitoring.start(options.host, self.world.sink, certificates.root_pem)
            stack.push_async_callback(self.aws.close)
            await self.aws.start(options.host, options.aws_port)
            stack.push_async_callback(await self._start_api())
            state.on_change.append(self._file.changed)
            stack.callback(state.on_change.remove, self._file.changed)
            stack.callback(self._file.remove)
            self._file.write()
            self._stack = stack.pop_all()

    async def _start_api(self) -> Callable[[], Any]:
        """One listener for the API and the control API; gives what ends it."""
        api = CloudflareApi(self.state, self.options.limits, self.https.workers)
        origins = self.https.origins
        portal = partial(install, state=self.state, places=origins, smtp=lambda: self.world.sink["smtp"])
        control = ControlApi(
            self.state,
            document=self.document,
            origins=origins,
            portal=portal,
            stop=self.stop,
            advance=self.monitoring.advance,
            owners=self.monitoring.owners,
            faults=self.faults,
        )

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            path = request.path
            if path.startswith(f"{api_server.PREFIX}/"):
                return await serving.serve(self.faults, request, api_server.PREFIX, api.handle)
            if path.startswith(f"{CONTROL_PREFIX}/"):
                return await control.handle(request)
            refusal = unroutable(path)
            return web.Response(body=refusal.body(), status=404, content_type="application/json")

        server = web.Server(handle, request_factory=api_server.request_factory)
        runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN_SECONDS)
        sock = listen(self.options.host, self.options.api_port, "api")
        await runner.setup()
        await web.SockSite(runner, sock).start()
        host = f"[{self.options.host}]" if ":" in self.options.host else self.options.host
        self._base = f"http://{host}:{sock.getsockname()[1]}"
        return runner.cleanup

    def _connect(self) -> Mapping[str, str]:
        """Who listens where, right now."""
        self.https.refresh_connect()
        return self.state.connect

    def document(self) -> dict[str, Any]:
        """The edge document as it stands now (docs/architecture.md)."""
        state = self.state
        self.https.refresh_connect()
        return {
            "schema": SCHEMA,
            "api": f"{self._base}{api_server.PREFIX}",
            "aws": self.aws.url,
            "control": f"{self._base}{CONTROL_PREFIX}",
            "dns": self.authority.nameservers[0],
            "nameservers": self.authority.nameservers,
            "http": self.https.http,
            "https": self.https.https,
            "resolver": self.world.resolver,
            "rdap": self.world.rdap,
            "sink": self.world.sink,
            "addresses": state.addresses,
            "ca": str(self._ca),
            "token": state.token,
            "account": state.account_id,
            "plan": state.plan,
            "origin": self.options.origin_url or None,
            "portals": self.https.origins.app_hosts,
            "pid": os.getpid(),
            "pid_started": process_started(os.getpid()),
            "connect": dict(state.connect),
        }

    def stop(self) -> None:
        """Ends the wait of ``wait_stopped``; closes nothing."""
        self.stopping.set()

    async def wait_stopped(self) -> None:
        """Until the control API, SIGINT or SIGTERM says stop; ``close`` is then the caller's."""
        with _signals(self.stop):
            await self.stopping.wait()

    async def close(self) -> None:
        """Ends every part and removes edge.json."""
        self.stop()
        await self._stack.aclose()


@dataclass(slots=True)
class DocumentFile:
    """``edge.json``: written again some time after a change, never more than a tenth of the time."""

    path: Path
    make: Callable[[], dict[str, Any]]
    _timer: asyncio.TimerHandle | None = None
    _written: dict[str, Any] | None = None
    _cost: float = 0.0

    def changed(self) -> None:
        if self._timer is None:
            delay = max(SETTLE_SECONDS, 10 * self._cost)
            self._timer = asyncio.get_running_loop().call_later(delay, self._rewrite)

    def _rewrite(self) -> None:
        """The edge goes on without its file: the control API still gives the document."""
        try:
            self.write()
        except OSError as exc:
            log.warning("%s can't be written: %s", self.path, exc.strerror)

    def write(self) -> None:
        """Writes if anything in it changed. Raises OSError."""
        self._timer = None
        clock = asyncio.get_running_loop().time
        began = clock()
        document = self.make()
        if document != self._written:
            write_document(self.path, document)
            self._written = document
        self._cost = clock() - began

    def remove(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.path.unlink(missing_ok=True)


async def serve(options: EdgeOptions) -> Edge:
    """A running edge whose ``edge.json`` is written.

    :raises InputError: an option that can't be used.
    :raises EdgeError: a port or the directory is taken, or a part can't start.
    """
    options.check()
    edge = Edge(options)
    await edge.start()
    return edge


async def run(options: EdgeOptions, announce: Callable[[dict[str, Any]], None]) -> None:
    """The edge in the foreground: ``announce`` gets its document once it answers; ends cleanly on a signal.

    Signals are taken from before the first part starts until the last one has ended.
    """
    options.check()
    edge = Edge(options)
    with _signals(edge.stop):
        await edge.start()
        try:
            announce(edge.document())
            await edge.stopping.wait()
        finally:
            await edge.close()


def _lock(directory: Path) -> TextIO:
    """Holds the directory for this edge; the kernel lets go of it however the process ends."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        stream = (directory / "edge.lock").open("w")
    except OSError as exc:
        raise EdgeError(
            f"the edge's directory can't be used: {exc.strerror}", where=Where(directory)
        ) from exc
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        stream.close()
        raise EdgeError(
            "another edge is running in this directory",
            where=Where(directory),
            fix=f"end it: launch edge stop --dir {directory}; or give this one another --dir",
        ) from exc
    return stream


@contextlib.contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM call ``stop`` meanwhile (main thread only: elsewhere they are not ours)."""
    if threading.current_thread() is not threading.main_thread() or sys.platform == "win32":
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
