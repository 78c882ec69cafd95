"""The edge's answer to one request: find the site, run the phases, ask the origin, finish the headers."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import AsyncIterator
from email.utils import format_datetime
from typing import Protocol

from launchready.edge.https import pages
from launchready.edge.https.cache import EdgeCache
from launchready.edge.https.defects import broken_status, http_defect
from launchready.edge.https.exchange import Exchange
from launchready.edge.https.fields import RequestFields
from launchready.edge.https.messages import Request, Response, is_sound
from launchready.edge.https.phases import BEFORE_ORIGIN, ON_EVERY_ANSWER, ON_ORIGIN_ANSWERS
from launchready.edge.https.policy import edge_certificate
from launchready.edge.https.rewrite import rewrite_links
from launchready.edge.https.sites import Site, Sites, is_address
from launchready.edge.https.trace import asks_for_trace, trace
from launchready.edge.https.upstream import OriginError, Upstream, forwarded
from launchready.edge.https.workers import from_worker
from launchready.edge.state import EdgeState, Zone
from launchready.edge.workers import WorkerRuntime

log = logging.getLogger(__name__)

COLO = "LRE"
MAX_LOOPS = 8
"""A request that passed the edge this often goes round in circles (RFC 8586)."""

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_MEGABYTE = 1_000_000
_BODY_LIMITS = {"business": 200 * _MEGABYTE, "enterprise": 500 * _MEGABYTE}
"""Bytes of a request's body by plan; 100 MB for the others."""

_LOOPS = re.compile(r"cloudflare(?:;\s*loops=(\d{1,4}))?", re.IGNORECASE)


class OriginAddresses(Protocol):
    """Where the origins listen: ``host:port`` for http and https."""

    @property
    def http(self) -> str: ...
    @property
    def https(self) -> str: ...


class EdgeApp:
    """Call it with a request."""

    def __init__(
        self,
        state: EdgeState,
        sites: Sites,
        upstream: Upstream,
        origins: OriginAddresses,
        cache: EdgeCache,
        workers: WorkerRuntime,
    ) -> None:
        self._state = state
        self._sites = sites
        self._upstream = upstream
        self._origins = origins
        self._cache = cache
        self._workers = workers

    async def __call__(self, request: Request) -> Response:
        ray = secrets.token_hex(8)
        request.client = self._state.visitors.get(request.client, request.client)
        response = await self._answer(request, ray)
        response.set("date", format_datetime(self._state.clock.now(), usegmt=True))
        response.set("server", "cloudflare")
        response.set("cf-ray", f"{ray}-{COLO}")
        return response

    async def _answer(self, request: Request, ray: str) -> Response:
        if not is_sound(request):
            return pages.bad_request("malformed request line")
        site = self._sites.find(request.host)
        if site is None or not site.proxied:
            return _stranger(request)
        if asks_for_trace(request):
            return trace(request, self._state.clock, COLO)
        if request.method == "CONNECT" or request.target == "*":
            return Response(204 if request.target == "*" else 405, [("allow", _METHODS)])
        fields = RequestFields(request, self._state.clock, site.zone.name, ray)
        exchange = Exchange(self._state, request, site, fields)
        response = next((r for phase in BEFORE_ORIGIN if (r := phase(exchange)) is not None), None)
        if response is None:
            response = await from_worker(exchange, self._workers) or await self._from_origin(exchange)
            for change in ON_ORIGIN_ANSWERS:
                change(exchange, response)
        for finish in ON_EVERY_ANSWER:
            finish(exchange, response)
        return response

    async def _from_origin(self, exchange: Exchange) -> Response:
        request, site = exchange.request, exchange.site
        if (status := broken_status(self._state, site.host, request.target)) is not None:
            return pages.error(request, status)
        loops = _loops(request)
        if loops > MAX_LOOPS:
            return pages.error(request, 403, 1000, "The origin sends requests back to the edge.")
        limit = _body_limit(site.zone)
        if (request.length or 0) > limit:
            return pages.too_large()
        upload = _Upload(request.body, limit) if request.body is not None else None
        request.body = upload.parts() if upload is not None else None
        try:
            response = await self._cache.answer(exchange, lambda asked: self._ask(exchange, asked, loops))
        except OriginError as error:
            if upload is not None and upload.fault is not None:
                return upload.fault
            log.info("the origin of %s failed (%d): %s", site.host, error.status, error.reason)
            return pages.error(request, error.status, detail=error.reason)
        if request.method == "HEAD":
            response.remove("content-length")  # what the edge does to a page may change it
        secured = request.scheme == "https" and exchange.setting("automatic_https_rewrites", "on") == "on"
        if secured and response.status != 206:  # a part of a page is not rewritten
            response = await rewrite_links(response, self._speaks_https)
        if http_defect(self._state, "http.mixed_content", site.host):
            await _mix_content(response, site.host)
        return response

    async def _ask(self, exchange: Exchange, request: Request, loops: int) -> Response:
        """The scheme follows the SSL mode, and in the full modes what the visitor used."""
        self._reachable(exchange.site)
        encrypted = exchange.origin_scheme == "https"
        base = f"https://{self._origins.https}" if encrypted else f"http://{self._origins.http}"
        strict = encrypted and exchange.ssl_mode != "full"
        response = await self._upstream.send(request, base, forwarded(request, loops), strict=strict)
        response.remove("server")
        return response

    def _reachable(self, site: Site) -> None:
        if not site.targets:
            raise OriginError(530, f"{site.host} leads to a name that does not exist")
        if site.originless:
            raise OriginError(522, f"{', '.join(site.targets)} is an address that discards everything")
        places = (site.host, *site.targets)
        if http_defect(self._state, "http.origin_down", *places):
            raise OriginError(521, "the origin refuses connections")
        if http_defect(self._state, "http.origin_timeout", *places):
            raise OriginError(522, "the origin does not answer")

    def _speaks_https(self, host: str) -> bool:
        site = self._sites.find(host)
        return site is not None and (not site.proxied or edge_certificate(site.zone, host) is not None)


def _stranger(request: Request) -> Response:
    """A host that the edge does not answer for: unknown, DNS-only, or a bare address."""
    if is_address(request.host):
        return pages.error(request, 403, 1003, "Ask by name, not by address.")
    return pages.error(request, 409, 1001, f"{request.host} is not a proxied host of any zone here.")


def _loops(request: Request) -> int:
    found = _LOOPS.search(request.header("cdn-loop"))
    return 1 if found is None else int(found[1] or 1) + 1


def _body_limit(zone: Zone) -> int:
    plan = (zone.info.get("plan") or {}).get("legacy_id", "free")
    return _BODY_LIMITS.get(plan, 100 * _MEGABYTE)


class _Upload:
    """A request's body on its way to the origin; ``fault`` is the answer if the visitor was to blame."""

    def __init__(self, body: AsyncIterator[bytes], limit: int) -> None:
        self._body = body
        self._left = limit
        self.fault: Response | None = None

    async def parts(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._body:
                self._left -= len(part)
                if self._left < 0:
                    self.fault = pages.too_large()
                    raise ConnectionError("the request body is too long")
                yield part
        except TimeoutError as error:
            self.fault = pages.too_slow()
            raise ConnectionError("the request body does not arrive") from error


async def _mix_content(response: Response, host: str) -> None:
    """Put an http:// image into a page, past the rewriting."""
    html = response.header("content-type").startswith("text/html")
    if not html or response.body == b"" or response.header("content-encoding"):
        return
    body = response.body
    page = body if isinstance(body, bytes) else b"".join([part async for part in body])
    image = f'<img src="http://{host}/insecure.png" alt="">'.encode()
    head, mark, tail = page.rpartition(b"</body>")
    response.body = head + image + mark + tail if mark else page + image
    response.set("content-length", str(len(response.body)))
