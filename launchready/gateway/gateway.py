"""The proxy itself: who may use it, and which request goes which way."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import re
import secrets
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from importlib import metadata
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from launchready.errors import InputError
from launchready.gateway.answers import RECORD_MISSING, Answer, accepted, refused
from launchready.gateway.budget import CLOUDFLARE, Budget
from launchready.gateway.careful import Careful
from launchready.gateway.operations import parse
from launchready.gateway.upstream import Bounds, Stats, Upstream
from launchready.gateway.writes import Gathering, ZoneWrites
from launchready.gateway.zone_reads import FRESH_SECONDS, ReadFailedError, ZoneReads

PREFIX = "/client/v4"
LOCAL_PLUGIN = "launchready-local-plugin"
_RECORDS = re.compile(r"/zones/([^/?]+)/dns_records")
_RECORD = re.compile(r"/zones/([^/?]+)/dns_records/([0-9A-Za-z_-]+)")
_ZONE = re.compile(r"/zones/([^/?]+)")
_NOT_RECORDS = frozenset({"batch", "export", "import", "scan", "usage", "review"})
_PASSED_HEADERS = ("Accept", "Content-Type", "User-Agent")
_LARGEST_REQUEST = 64 * 1024 * 1024
_CLOSE_SECONDS = 30.0


class Gateway:
    """A proxy on loopback for one API and one token.

    ``upstream_base_url`` is the API's base URL (``https://…/client/v4``); TLS certificates are verified.
    ``token`` authorises every call; None passes each caller's own on. ``limits`` are (calls, seconds).
    Knowing ``base_url`` is what lets a caller in: its first path segment is a secret of this gateway.
    Raises InputError for a base URL that is not http(s), or plain http to a host that is not loopback.
    """

    def __init__(
        self,
        upstream_base_url: str,
        token: str | None = None,
        *,
        gathering: Gathering | None = None,
        limits: Sequence[tuple[int, float]] = CLOUDFLARE,
        bounds: Bounds | None = None,
        fresh: float = FRESH_SECONDS,
        host: str = "127.0.0.1",
    ) -> None:
        parts = urlsplit(upstream_base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError("the API's base URL is not an http(s) URL")
        self._local = _is_loopback(parts.hostname)
        if parts.scheme == "http" and not self._local:
            raise InputError("plain http is for a loopback API only", fix="use the https base URL")
        self._upstream_url = upstream_base_url
        self._token = token
        self._gathering = gathering or Gathering()
        self._limits = limits
        self._bounds = bounds or Bounds()
        self._fresh = fresh
        self._host = host
        self._secret = secrets.token_urlsafe(32)
        self._reads: dict[tuple[str, str], ZoneReads] = {}
        self._writes: dict[tuple[str, str], ZoneWrites] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()
        self._port = 0

    # ---- life -----------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            connector = aiohttp.TCPConnector(limit=64)
            session = aiohttp.ClientSession(
                connector=connector, trust_env=not self._local, headers={"User-Agent": user_agent()}
            )
            await stack.enter_async_context(session)
            budget = Budget(self._limits)
            self._upstream = Upstream(self._upstream_url, self._token, session, budget, bounds=self._bounds)
            stack.push_async_callback(self._finish)
            app = web.Application(client_max_size=_LARGEST_REQUEST)
            app.router.add_route("*", "/{tail:.*}", self._handle)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_SECONDS)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            site = web.TCPSite(runner, self._host, 0)
            await site.start()
            self._port = runner.addresses[0][1]
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def _finish(self) -> None:
        """Let writes in flight end, then let go of what is left."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSE_SECONDS)
        for task in list(self._tasks):
            task.cancel()
        for reads in self._reads.values():
            await reads.close()

    @property
    def base_url(self) -> str:
        """What callers use as the API's base URL. It is a secret: it lets a caller in."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}/{self._secret}{PREFIX}"

    @property
    def stats(self) -> Stats:
        """The calls so far."""
        return self._upstream.stats

    # ---- requests -------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.Response:
        answer = await self._answer(request)
        if answer.status == 0:
            reason = answer.body.decode(errors="replace")[:80]
            answer = refused(502, 502, f"the gateway got no answer from the API ({reason})")
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    async def _answer(self, request: web.Request) -> Answer:
        raw = request.rel_url.raw_path_qs
        opening = f"/{self._secret}{PREFIX}"
        if not hmac.compare_digest(raw[: len(opening)].encode(), opening.encode()):
            return refused(404, 7000, "No route for that URI")
        agent = request.headers.get("User-Agent", "")
        if not self._local and agent.startswith(LOCAL_PLUGIN):
            reason = "the local Cloudflare plugin works against a local edge only; use the official plugin"
            return refused(403, 10000, reason, {"x-should-retry": "false"})
        self._upstream.stats.requests += 1
        path, body = raw[len(opening) :], await request.read()
        authorization = self._upstream.authorization(request.headers)
        if (answer := await self._about_records(request.method, path, body, authorization)) is not None:
            return answer
        return await self._pass(request, path, body, authorization)

    async def _about_records(self, method: str, path: str, body: bytes, authorization: str) -> Answer | None:
        """The answer to a plain read or write of one DNS record; None for any other request."""
        one, all_ = _RECORD.fullmatch(path), _RECORDS.fullmatch(path)
        if one is not None and one[2] not in _NOT_RECORDS:
            if method == "GET":
                return await self._read_record(one[1], one[2], authorization)
            if method in ("PUT", "PATCH", "DELETE") and (given := parse(body)) is not None:
                return await self._zone_writes(one[1], authorization).submit(method, one[2], given)
        if all_ is not None and method == "POST" and (given := parse(body)):
            return await self._zone_writes(all_[1], authorization).submit(method, "", given)
        return None

    async def _read_record(self, zone_id: str, record_id: str, authorization: str) -> Answer:
        try:
            records = await self._zone_reads(zone_id, authorization).records()
        except ReadFailedError as failed:
            return failed.answer
        self._upstream.stats.served_from_zone += 1
        record = records.get(record_id)
        if record is None:
            return refused(404, RECORD_MISSING, "Record does not exist.")
        return accepted(record)

    async def _pass(self, request: web.Request, path: str, body: bytes, authorization: str) -> Answer:
        """Everything else goes through as it is; a write in a zone makes reads of it old."""
        headers = {name: request.headers[name] for name in _PASSED_HEADERS if name in request.headers}
        zone = _ZONE.match(path)
        touched = [
            reads
            for (zone_id, _), reads in self._reads.items()
            if request.method not in ("GET", "HEAD") and zone is not None and zone_id == zone[1]
        ]
        for reads in touched:
            reads.forget()
        careful = Careful(self._upstream, self._gathering.retries, self._gathering.retry_wait)
        answer = await careful.call(request.method, path, authorization, body or None, headers)
        for reads in touched:
            reads.forget()
        return answer

    def _zone_reads(self, zone_id: str, authorization: str) -> ZoneReads:
        key = (zone_id, authorization)
        if key not in self._reads:
            self._reads[key] = ZoneReads(zone_id, authorization, self._upstream, fresh=self._fresh)
        return self._reads[key]

    def _zone_writes(self, zone_id: str, authorization: str) -> ZoneWrites:
        key = (zone_id, authorization)
        if key not in self._writes:
            reads = self._zone_reads(zone_id, authorization)
            self._writes[key] = ZoneWrites(
                zone_id, authorization, self._upstream, reads, self._gathering, spawn=self._spawn
            )
        return self._writes[key]

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def user_agent() -> str:
    """How the gateway names itself in calls of its own."""
    return f"launchready-gateway/{metadata.version('launchready')}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.rstrip(".").lower() == "localhost"
