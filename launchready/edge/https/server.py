"""The front as one part of the edge: start it, ask it where it listens, close it."""

from __future__ import annotations

from contextlib import AsyncExitStack

from launchready.edge.ca import CertificateAuthority
from launchready.edge.https.app import EdgeApp
from launchready.edge.https.cache import CacheLimits, EdgeCache
from launchready.edge.https.connect import Addresses, ConnectMap
from launchready.edge.https.contexts import Contexts
from launchready.edge.https.listener import Deadlines, Listener, TlsListener
from launchready.edge.https.policy import edge_policy
from launchready.edge.https.sites import Sites
from launchready.edge.https.upstream import OriginTimeouts, Upstream
from launchready.edge.origin import Origins
from launchready.edge.state import EdgeState
from launchready.edge.workers import WorkerRuntime


class Https:
    """The two fronts, the origins behind them, and the map of who listens where.

    ``origin_url``: the user's own application (http or https on loopback) in place of the plain pages.
    """

    def __init__(
        self,
        origin_url: str | None = None,
        deadlines: Deadlines | None = None,
        timeouts: OriginTimeouts | None = None,
        cache_limits: CacheLimits | None = None,
        workers: WorkerRuntime | None = None,
    ) -> None:
        self.origins = Origins(origin_url)
        self._deadlines = deadlines or Deadlines()
        self._timeouts = timeouts
        self._cache_limits = cache_limits
        self.workers = workers or WorkerRuntime()
        self._stack = AsyncExitStack()
        self._http: Listener | None = None
        self._https: TlsListener | None = None
        self._connect: ConnectMap | None = None

    async def start(
        self,
        host: str,
        state: EdgeState,
        authority: CertificateAuthority,
        http_port: int = 0,
        https_port: int = 0,
    ) -> None:
        """Listen on ``host`` (a loopback address). Raises EdgeError when a port is taken."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.workers.close)
            sites = Sites(state)
            stack.callback(sites.close)
            stack.push_async_callback(self.origins.close)
            await self.origins.start(host, state, authority, sites)
            upstream = Upstream(authority.root_pem, self._timeouts)
            stack.push_async_callback(upstream.close)
            await upstream.start()
            self.cache = EdgeCache(state, sites, self._cache_limits)
            stack.push_async_callback(self.cache.close)
            app = EdgeApp(state, sites, upstream, self.origins, self.cache, self.workers)
            self._http = Listener(app, "http", self._deadlines)
            self._https = TlsListener(
                app, lambda hello: edge_policy(state, sites, hello), Contexts(authority), self._deadlines
            )
            for listener, port in ((self._http, http_port), (self._https, https_port)):
                stack.push_async_callback(listener.close)
                await listener.start(host, port)
            where = Addresses(self.http, self.https, self.origins.http, self.origins.https)
            self._connect = ConnectMap(state, sites, where)
            stack.callback(self._connect.close)
            self._stack = stack.pop_all()

    async def close(self) -> None:
        await self._stack.aclose()

    @property
    def http(self) -> str:
        """``host:port`` of the plain front."""
        return self._http.address if self._http is not None else ""

    @property
    def https(self) -> str:
        return self._https.address if self._https is not None else ""

    def refresh_connect(self) -> None:
        """Bring ``state.connect`` up to date at once, ahead of its short delay."""
        if self._connect is not None:
            self._connect.refresh()
