"""The origins behind the edge: one shared pair of listeners that plays every address and CNAME target."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

from launchready.edge.ca import CertificateAuthority, LeafSpec
from launchready.edge.https.client_hello import ClientHello
from launchready.edge.https.contexts import Contexts
from launchready.edge.https.defects import TlsPolicy, broken_status, damaged
from launchready.edge.https.listener import Listener, TlsListener
from launchready.edge.https.messages import App, Request, Response, end_to_end, is_sound
from launchready.edge.https.pages import bad_request
from launchready.edge.https.sites import Sites, is_address
from launchready.edge.https.upstream import OriginError, Upstream
from launchready.edge.origin.pages import PageError, Pages, plain_page
from launchready.edge.state import EdgeState
from launchready.errors import InputError

log = logging.getLogger(__name__)

__all__ = ["Origins", "PageError"]


class Origins:
    """Two sockets for all origins, however many: SNI and Host say which one is meant.

    A host leads to its target (address or CNAME target); a target may also be asked by its own name.
    """

    def __init__(self, application: str | None = None) -> None:
        """``application``: URL of the user's own, on loopback. Raises InputError for any other."""
        self._application = None if application is None else _loopback(application)
        self._pages: dict[str, Pages] = {}
        self._apps: dict[str, App] = {}
        self._stack = AsyncExitStack()
        self._plain: Listener | None = None
        self._tls: TlsListener | None = None
        self._upstream: Upstream | None = None

    async def start(
        self, host: str, state: EdgeState, authority: CertificateAuthority, sites: Sites | None = None
    ) -> None:
        """Raises EdgeError when no port can be had."""
        async with AsyncExitStack() as stack:
            if sites is None:
                sites = Sites(state)
                stack.callback(sites.close)
            self._state, self._sites = state, sites
            if self._application is not None:
                self._upstream = Upstream(authority.root_pem)
                stack.push_async_callback(self._upstream.close)
                await self._upstream.start()
            self._plain = Listener(self._answer, "http")
            self._tls = TlsListener(self._answer, self._policy, Contexts(authority))
            for listener in (self._plain, self._tls):
                stack.push_async_callback(listener.close)
                await listener.start(host, 0)
            self._stack = stack.pop_all()

    async def close(self) -> None:
        await self._stack.aclose()

    @property
    def http(self) -> str:
        """``host:port`` of the shared plain listener."""
        return self._plain.address if self._plain is not None else ""

    @property
    def https(self) -> str:
        return self._tls.address if self._tls is not None else ""

    def set_pages(self, target: str, pages: Mapping[str, Mapping[str, Any]]) -> None:
        """What the origin at ``target`` (address, CNAME target or host) serves; ``{}`` = the plain page.

        Keys: ``/path``, ``*`` for any other path, either with ``http:`` or ``https:`` in front to restrict
        it. Values: ``status`` (200), ``headers`` (name → value, with ``{host}`` and ``{uri}``), ``body``.
        Raises PageError.
        """
        self._pages[target.lower().rstrip(".")] = Pages.parse(pages)

    @property
    def app_hosts(self) -> list[str]:
        """The hosts that an application was put behind."""
        return sorted(self._apps)

    def set_app(self, host: str, app: App | None) -> None:
        """The application that answers at a host; None takes it away again. Pages that are set go first."""
        if app is None:
            self._apps.pop(host, None)
        else:
            self._apps[host] = app

    def _targets(self, host: str) -> tuple[str, ...]:
        site = self._sites.find(host)
        return (host,) if site is None else (host, *site.targets)

    async def _answer(self, request: Request) -> Response:
        if not is_sound(request):
            return bad_request("malformed request line")
        if (broken := self._broken(request)) is not None:
            return broken
        for target in self._targets(request.host):
            page = self._pages[target].find(request) if target in self._pages else None
            if page is not None:
                return page
        app = self._apps.get(request.host)
        if app is not None and request.target != "*":
            return await app(request)
        if self._upstream is not None and self._application is not None and request.target != "*":
            return await self._pass_on(request, self._upstream, self._application)
        return plain_page(request)

    def _broken(self, request: Request) -> Response | None:
        """What a host that is not behind the edge answers while the defect ``http.status`` is set on it."""
        site = self._sites.find(request.host)
        if site is not None and site.proxied:
            return None  # the edge itself has answered
        status = broken_status(self._state, request.host, request.target)
        if status is None:
            return None
        return Response(status, [("content-type", "text/plain")], b"Broken on purpose.\n")

    async def _pass_on(self, request: Request, upstream: Upstream, base: str) -> Response:
        """To the user's application, Host kept. The scheme is told where the edge has not told it."""
        headers = [(key, value) for key, value in end_to_end(request.headers) if key != "content-length"]
        if not request.header("x-forwarded-proto"):
            headers.append(("x-forwarded-proto", request.scheme))
        if request.body is not None and request.length is not None:
            headers.append(("content-length", str(request.length)))
        try:
            return await upstream.send(request, base, headers)
        except OriginError as error:
            log.warning("the application at %s failed: %s", base, error.reason)
            text = f"The application at {base} does not answer: {error.reason}\n"
            return Response(502, [("content-type", "text/plain; charset=utf-8")], text.encode())

    def _policy(self, hello: ClientHello) -> TlsPolicy:
        """Origins refuse nobody: who asks for a name that leads nowhere gets another certificate."""
        host = hello.server_name
        site = self._sites.find(host) if host else None
        if site is None and not is_address(host) and host not in self._state.origins:
            # A name that nobody declared: origins have a certificate of their own for those.
            names: tuple[str, ...] = ("origin.invalid",)
        elif is_address(host) or host.count(".") < 2:
            names = (host,)
        else:
            # One certificate for all hosts below a name: a zone may have thousands.
            parent = host.partition(".")[2]
            names = (parent, f"*.{parent}")
        policy = TlsPolicy(LeafSpec(names))
        if site is None:
            return damaged(policy, self._state, (host,))
        # A visitor of a proxied host never comes here: for the edge, its defects are the target's.
        places = site.targets if site.proxied else (host, *site.targets)
        return damaged(policy, self._state, places)


def _loopback(url: str) -> str:
    """The URL's scheme, host and port. Traffic stays on this machine."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    host = parts.hostname or ""
    local = host == "localhost" or (is_address(host) and ipaddress.ip_address(host).is_loopback)
    if parts.scheme not in ("http", "https") or not local:
        raise InputError(
            f"the origin {url!r} is not an http URL on this machine",
            fix="start your application on 127.0.0.1 and give its URL, such as http://127.0.0.1:3000",
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
