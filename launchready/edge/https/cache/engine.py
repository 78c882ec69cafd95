"""The cache's way with one request: kept and fresh, kept and stale, or not kept.

Statuses: developers.cloudflare.com/cache/concepts/cache-responses. Requests for the same key wait for the
first one's answer (request collapsing). Time is the edge's clock.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from launchready.edge.https.cache import browser, purging, serving
from launchready.edge.https.cache.fill import Fill
from launchready.edge.https.cache.key import Key, cache_key
from launchready.edge.https.cache.settings import CacheSettings, cache_settings
from launchready.edge.https.cache.store import CacheLimits, Entry, Store
from launchready.edge.https.cache.storing import Verdict, judge
from launchready.edge.https.defects import http_defect
from launchready.edge.https.exchange import Exchange
from launchready.edge.https.fields import RequestFields
from launchready.edge.https.messages import Headers, Request, Response, close_body
from launchready.edge.https.phases import configuration
from launchready.edge.https.sites import Sites
from launchready.edge.https.upstream import OriginError
from launchready.edge.state import EdgeState, Zone

log = logging.getLogger(__name__)

Fetch = Callable[[Request], Awaitable[Response]]
WAIT_SECONDS = 30.0
"""The longest that a request waits for another one's answer; then it asks for itself."""
_ERRORS = (500, 502, 503, 504)
"""Answers that stale-if-error is for (RFC 5861 §4)."""
_DROPPED = ("age", "cache-tag", "cloudflare-cdn-cache-control")
"""The origin's words for this cache alone."""
_KEPT_ON_304 = ("content-encoding", "content-length", "content-type", "content-range", "transfer-encoding")


@dataclass(slots=True)
class _Asked:
    """One eligible request: what the rules say of it, and where its answer is kept."""

    exchange: Exchange
    settings: CacheSettings
    key: Key
    fetch: Fetch
    purges: int
    """Purges of the zone so far: an answer fetched before one is not kept after it."""

    @property
    def zone(self) -> Zone:
        return self.exchange.zone

    @property
    def request(self) -> Request:
        return self.exchange.request

    @property
    def place(self) -> tuple[str, Key]:
        return self.zone.id, self.key


class EdgeCache:
    """``answer`` takes the origin's place. ``close`` ends what is still being fetched."""

    def __init__(self, state: EdgeState, sites: Sites, limits: CacheLimits | None = None) -> None:
        self._state = state
        self._sites = sites
        self.store = Store(limits or CacheLimits())
        self._fills: dict[tuple[str, Key], Fill] = {}
        self._purged: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def answer(self, exchange: Exchange, fetch: Fetch) -> Response:
        """From the cache or from the origin, with cf-cache-status. Raises OriginError."""
        settings = cache_settings(exchange)
        if not settings.eligible or exchange.request.body is not None:
            return _marked(await fetch(exchange.request), settings.refusal)
        self.catch_up(exchange.zone)
        key = cache_key(exchange.request, exchange.origin_scheme, settings.cache_key)
        asked = _Asked(exchange, settings, key, fetch, self._purged.get(exchange.zone.id, 0))
        kept = self._kept(asked)
        if kept is None and (running := self._fills.get(asked.place)) is not None:
            await _settled(running)
            kept = self._kept(asked)
        if kept is not None:
            return kept
        return await self._from_origin(asked, self.store.get(*asked.place))

    # --- kept ---------------------------------------------------------------------------------

    def _kept(self, asked: _Asked) -> Response | None:
        """The kept answer, if it may be served as it is."""
        entry, now = self.store.get(*asked.place), self._state.clock.monotonic()
        if entry is None:
            return None
        if entry.is_fresh(now):
            return self._serve(asked, entry, "HIT")
        if not 0 <= entry.stale_for(now) < entry.swr:
            return None
        if asked.place not in self._fills:
            self._start(self._refresh(asked, entry))
        return self._serve(asked, entry, "UPDATING")

    def _serve(self, asked: _Asked, entry: Entry, status: str) -> Response | None:
        """None when the visitor can't read its encoding."""
        request = asked.request
        response = serving.kept_response(entry, request)
        if response is None:
            return None
        browser.apply(response, asked.settings, self._state.clock.now())
        if not http_defect(self._state, "http.cache_no_age", asked.exchange.site.host):
            response.set("age", str(entry.age(self._state.clock.monotonic())))
        if serving.is_unchanged(request, response):
            response = serving.not_modified(response)
        elif request.method == "GET" and request.header("range"):
            response = serving.ranged(request, response)
        return _marked(response, status)

    async def _refresh(self, asked: _Asked, entry: Entry) -> None:
        """Fetch anew in the background; the visitor has been served."""
        try:
            await close_body(await self._from_origin(asked, entry))
        except OriginError as error:
            log.info("could not refresh %s: %s", entry.path, error.reason)

    # --- from the origin ------------------------------------------------------------------------

    async def _from_origin(self, asked: _Asked, entry: Entry | None) -> Response:
        fill = Fill()
        self._fills.setdefault(asked.place, fill)
        handed = False
        try:
            response = await asked.fetch(_question(asked.request, entry))
            if entry is not None and response.status == 304:
                return self._revalidated(asked, entry, response)
            if response.status in _ERRORS and (stale := self._stale(asked, entry)) is not None:
                await close_body(response)
                return stale
            verdict = self._verdict(asked, response)
            if verdict.ttl is None or _too_long(response, asked.settings, self.store.limits):
                if entry is not None:
                    self.store.drop(*asked.place)
                return await self._passed_on(asked, response, verdict)
            handed = True
            return await self._filled(asked, fill, response, verdict, "MISS" if entry is None else "EXPIRED")
        except OriginError:
            if (stale := self._stale(asked, entry)) is not None:
                return stale
            raise
        finally:
            if not handed:
                self._settle(asked.place, fill)

    def _stale(self, asked: _Asked, entry: Entry | None) -> Response | None:
        """What is kept, when the origin fails and allowed that (RFC 5861 §4)."""
        if entry is None or entry.stale_for(self._state.clock.monotonic()) >= entry.stale_if_error:
            return None
        return self._serve(asked, entry, "STALE")

    def _verdict(self, asked: _Asked, response: Response) -> Verdict:
        if http_defect(self._state, "http.cache_off", asked.exchange.site.host):
            return Verdict(None, "MISS")
        extension = asked.exchange.fields["http.request.uri.path.extension"]
        return judge(asked.request, response, asked.settings, extension, self._state.clock.now())

    def _revalidated(self, asked: _Asked, entry: Entry, answer: Response) -> Response:
        """The kept answer with the new headers (RFC 9111 §4.3.4)."""
        news = [(key, value) for key, value in answer.headers if key not in _KEPT_ON_304]
        named = {key for key, _ in news}
        headers = [(key, value) for key, value in entry.headers if key not in named] + news
        merged = Response(entry.status, headers, entry.body)
        verdict = self._verdict(asked, merged)
        if verdict.ttl is None:
            self.store.drop(*asked.place)
            return _marked(merged, verdict.status)
        fresh = self._entry(asked, merged, verdict)
        fresh.body = entry.body
        self._put(asked, fresh)
        served = self._serve(asked, fresh, "REVALIDATED")
        return served if served is not None else _marked(fresh.response(), "REVALIDATED")

    async def _passed_on(self, asked: _Asked, response: Response, verdict: Verdict) -> Response:
        """An answer that is not kept, as the visitor asked for it."""
        request = asked.request
        if request.header("range") and response.status == 200:
            await close_body(response)
            return _marked(await asked.fetch(request), verdict.status)
        if request.method == "HEAD" or serving.is_unchanged(request, response):
            unchanged = serving.is_unchanged(request, response)
            await close_body(response)
            response = (
                serving.not_modified(response) if unchanged else Response(response.status, response.headers)
            )
        return _marked(response, verdict.status)

    async def _filled(
        self, asked: _Asked, fill: Fill, response: Response, verdict: Verdict, status: str
    ) -> Response:
        """Keep the answer while the visitor reads it."""
        request, entry = asked.request, self._entry(asked, response, verdict)
        shown = Response(entry.status, list(entry.headers))
        browser.apply(shown, asked.settings, self._state.clock.now())
        unchanged = serving.is_unchanged(request, shown)
        whole = request.method == "GET" and not unchanged
        if isinstance(response.body, bytes):
            entry.body = response.body
            self._put(asked, entry)
            self._settle(asked.place, fill)
            shown.body = response.body if whole else b""
        else:
            if whole and not request.header("range"):
                shown.body = fill.reader()
            self._start(self._keep(asked, fill, entry, response))
        if unchanged:
            return _marked(serving.not_modified(shown), status)
        if whole and request.header("range"):
            return await self._part(asked, fill, entry, status)
        return _marked(shown, status)

    async def _part(self, asked: _Asked, fill: Fill, entry: Entry, status: str) -> Response:
        """A range of an answer that is just arriving: from the cache once it is there."""
        await _settled(fill)
        if entry.body and (served := self._serve(asked, entry, status)) is not None:
            served.remove("age")
            return served
        return _marked(await asked.fetch(asked.request), status)

    async def _keep(self, asked: _Asked, fill: Fill, entry: Entry, response: Response) -> None:
        """Read the origin to its end, and keep what it sent."""
        assert not isinstance(response.body, bytes)  # noqa: S101 - the caller has dealt with those
        limit = min(self.store.limits.object, asked.settings.maximum)
        try:
            body = await fill.pump(response.body, self.store, limit)
            if body is not None:
                entry.body = body
                self._put(asked, entry)
        finally:
            if fill.is_over:
                await close_body(response)
            self._settle(asked.place, fill)

    # --- bookkeeping ----------------------------------------------------------------------------

    def _entry(self, asked: _Asked, response: Response, verdict: Verdict) -> Entry:
        headers: Headers = [(key, value) for key, value in response.headers if key not in _DROPPED]
        host = asked.exchange.site.host
        if verdict.without_cookies and not http_defect(self._state, "http.cache_cookies", host):
            headers = [(key, value) for key, value in headers if key != "set-cookie"]
        if not (response.header("etag") or response.header("last-modified")):
            headers.append(("last-modified", serving.http_time(self._state.clock.now())))
        tags = ",".join(value for key, value in response.headers if key == "cache-tag")
        return Entry(
            response.status,
            headers,
            b"",
            self._state.clock.monotonic(),
            verdict.ttl or 0.0,
            host,
            asked.request.target.partition("?")[0],
            frozenset(tag.strip().lower() for tag in tags.split(",") if tag.strip()),
            verdict.swr,
            verdict.stale_if_error,
        )

    def _put(self, asked: _Asked, entry: Entry) -> None:
        """Unless the zone was purged since the origin was asked, or is gone."""
        self.catch_up(asked.zone)
        if self._purged.get(asked.zone.id, 0) == asked.purges and asked.zone.id in self._state.zones:
            self.store.put(*asked.place, entry)

    def _settle(self, place: tuple[str, Key], fill: Fill) -> None:
        fill.settle()
        if self._fills.get(place) is fill:
            del self._fills[place]

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- purging --------------------------------------------------------------------------------

    def catch_up(self, zone: Zone) -> None:
        """Do what the API was asked to purge since the last request."""
        count = zone.extra.get("purge_count", 0)
        behind = count - self._purged.get(zone.id, 0)
        if behind <= 0:
            return
        self._purged[zone.id] = count
        purges = zone.extra.get("purges", [])
        if behind > len(purges):
            self.store.drop_where(zone.id, lambda _entry: True)
            return
        for item in purges[-behind:]:
            for file in item.get("files", ()):
                self._purge_file(*purging.file_of(file))
            if (judge_entry := purging.unwanted(item)) is not None:
                self.store.drop_where(zone.id, judge_entry)

    def _purge_file(self, url: str, headers: dict[str, str]) -> None:
        """The answer that a request with this URL and these headers would get."""
        parts = urlsplit(url)
        site = self._sites.find((parts.hostname or "").rstrip("."))
        if site is None or parts.scheme not in ("http", "https"):
            return
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        request = Request(
            "GET", parts.scheme, site.host, target, [("host", site.host), *headers.items()],
            ipaddress.ip_address("127.0.0.1"), "HTTP/1.1",
        )  # fmt: skip
        exchange = Exchange(
            self._state, request, site, RequestFields(request, self._state.clock, site.zone.name, "")
        )
        configuration(exchange)
        settings = cache_settings(exchange)
        self.store.drop(
            site.zone.id, cache_key(request, exchange.origin_scheme, settings.cache_key, purging=True)
        )


async def _settled(fill: Fill) -> None:
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await fill.settled.wait()
    except TimeoutError:
        log.info("another request's answer takes too long; asking again")


def _question(request: Request, entry: Entry | None) -> Request:
    """What the origin is asked: the whole, and whether what is kept still holds."""
    headers = [(key, value) for key, value in request.headers if key not in serving.CONDITIONS]
    if entry is not None:
        if tag := entry.header("etag"):
            headers.append(("if-none-match", tag))
        if changed := entry.header("last-modified"):
            headers.append(("if-modified-since", changed))
    return replace(request, method="GET", headers=headers)


def _too_long(response: Response, settings: CacheSettings, limits: CacheLimits) -> bool:
    length = response.header("content-length")
    return length.isdigit() and int(length) > min(settings.maximum, limits.object)


def _marked(response: Response, status: str) -> Response:
    response.set("cf-cache-status", status)
    return response
