"""The portal as one application: routes by the client file's paths, errors that tell nothing inside."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit

from launchready.client_file.portal_model import Call, Portal
from launchready.edge.https.messages import Request, Response
from launchready.edge.portal.auth import Auth
from launchready.edge.portal.defects import Switches
from launchready.edge.portal.mail import Post, SigningKey
from launchready.edge.portal.messages import MAX_BODY, Refusal, Visit, as_json, as_text, cookies_of, read_body
from launchready.edge.portal.objects import Objects
from launchready.edge.portal.onboarding import Onboarding
from launchready.edge.portal.openapi import describe
from launchready.edge.portal.pages import Pages
from launchready.edge.portal.store import Store
from launchready.edge.portal.throttle import Throttle
from launchready.edge.portal.webhooks import Webhooks
from launchready.edge.state import EdgeState
from launchready.errors import InputError

log = logging.getLogger(__name__)

Handler = Callable[[Visit], Awaitable[Response]]
OVERSIZED = 64 * 1024 * 1024


class SamplePortal:
    """Call it with a request for its host.

    ``portal``: the client file's, secrets readable. ``domain``: who its mails come from. ``smtp``: gives
    ``host:port`` of the mail server. ``key``: signs its mails. Raises InputError when ``portal.base`` names
    no host.
    """

    def __init__(
        self,
        portal: Portal,
        domain: str,
        state: EdgeState,
        smtp: Callable[[], str],
        key: SigningKey | None = None,
    ) -> None:
        host = urlsplit(portal.base).hostname
        if not host:
            raise InputError(f"portal.base {portal.base!r} is no URL", fix="https://portal.acme.example")
        self.portal, self.host = portal, host
        self.switches = Switches(state, host)
        self.store = Store(state.clock)
        throttle = Throttle(state.clock)
        post = Post(smtp, domain, self.switches, key)
        self.auth = Auth(portal, self.store, throttle, self.switches, post)
        self.objects = Objects(portal, self.auth, self.switches)
        self.onboarding = Onboarding(portal, self.auth, throttle, self.switches)
        self.webhooks = Webhooks(self.switches)
        self.pages = Pages(portal, domain, self.switches)
        self.routes = self._routes()
        self._answers = 0
        for name, identity in portal.identities.items():
            password = identity.password if isinstance(identity.password, str) else identity.password.reveal()
            self.store.add(
                identity.user, password, role=identity.role or "member", tenant=identity.tenant or name,
                totp=identity.totp.reveal() if identity.totp else None, identity=name,
            )  # fmt: skip

    def _routes(self) -> dict[tuple[str, str], Handler]:
        portal, auth = self.portal, self.auth
        routes: dict[tuple[str, str], Handler] = {}

        def route(call: Call | None, handler: Handler) -> None:
            if call is not None:
                routes[call.method, call.path] = handler

        route(portal.login, auth.login)
        route(portal.login.mfa, auth.second_factor)
        route(portal.session, auth.who)
        route(portal.logout, auth.logout)
        route(portal.logout_all, auth.logout_all)
        if portal.reset is not None:
            route(portal.reset, partial(auth.reset, call=portal.reset))
            if portal.reset.confirm is not None:
                route(portal.reset.confirm, partial(auth.reset_confirm, call=portal.reset.confirm))
        for purpose, call, send in (
            ("invite", portal.invite, auth.invite),
            ("signup", portal.signup, auth.signup),
        ):
            if call is not None:
                route(call, partial(send, call=call))
                if call.confirm is not None:
                    route(call.confirm, partial(auth.accept, call=call.confirm, purpose=purpose))
        for step in portal.onboarding:
            route(step, partial(self.onboarding.handle, call=step))
        for hook in portal.webhooks:
            routes["POST", hook.path] = partial(self._webhook, hook=hook)
        return routes

    async def __call__(self, request: Request) -> Response:
        """Always an answer; a fault inside is a 500 that says nothing of it."""
        try:
            answer = await self._answer(request)
        except Refusal as refusal:
            answer = self._refused(refusal)
        except Exception as fault:  # noqa: BLE001 - the last resort of an application
            log.info("the sample portal failed on purpose or by mistake: %s", type(fault).__name__)
            answer = self._failed(fault)
        if self.switches.on("portal.errors.version"):
            answer.set("x-powered-by", "Portal/4.2.1 (Python 3.11.2)")
        if self.switches.on("portal.cors.reflects") and request.header("origin"):
            answer.set("access-control-allow-origin", request.header("origin"))
            answer.set("access-control-allow-credentials", "true")
        return answer

    async def _answer(self, request: Request) -> Response:
        limit = OVERSIZED if self.switches.on("portal.input.oversized") else MAX_BODY
        visit = Visit(request, self._address(request), await read_body(request, limit), cookies_of(request))
        if self.switches.on("portal.input.crashes") and visit.raw.startswith((b"{", b"[")):
            compile(visit.raw, "body", "eval")  # a parser that was never meant for visitors' input
        reading = request.method in ("GET", "HEAD")
        handler = self.routes.get((request.method, visit.path))
        if handler is None and self.switches.on("portal.login.by_get") and visit.query:
            handler = self.routes.get((self.portal.login.method, visit.path))
        if handler is not None:
            return await handler(visit)
        found = self.objects.find(visit)
        if found is not None:
            return await self.objects.handle(visit, *found)
        page = (self._document(visit) or self.pages.find(visit)) if reading else None
        if page is not None:
            if slow := self.switches.find("portal.page.slow"):
                await asyncio.sleep(float(slow.options.get("seconds", 1.0)))
            return page
        raise self._nothing(visit)

    def _address(self, request: Request) -> str:
        """The visitor's: what the edge says. A header that visitors write counts only by a defect."""
        if self.switches.on("portal.limits.spoofed") and request.header("x-real-ip"):
            return request.header("x-real-ip")
        return request.header("cf-connecting-ip") or str(request.client)

    def _document(self, visit: Visit) -> Response | None:
        if visit.path == self.portal.openapi:
            return as_json(200, describe(self.portal))
        if visit.path == self.portal.release and not self.switches.on("portal.release.missing"):
            self._answers += 1
            stale = self.switches.on("portal.release.stale") and self._answers % 2 == 0
            mark = hashlib.sha256(self.portal.base.encode()).hexdigest()[:12]
            return as_json(200, {"release": "0" * 12 if stale else mark})
        return None

    def _nothing(self, visit: Visit) -> Refusal:
        allowed = {method for method, path in self.routes if path == visit.path}
        allowed.update(self.objects.allowed(visit.path))
        if allowed:
            shown = {"allow": ", ".join(sorted(allowed))}
            if visit.request.method == "OPTIONS":
                return Refusal(405, "method_not_allowed", "This path takes other methods.", shown)
            return Refusal(405, "method_not_allowed", "This path takes other methods.", shown)
        return Refusal(404, "not_found", "There is nothing here.")

    async def _webhook(self, visit: Visit, hook: object) -> Response:
        found = next(one for one in self.portal.webhooks if one is hook)
        return self.webhooks.receive(found, visit)

    def _refused(self, refusal: Refusal) -> Response:
        """A refusal as it is, or as an application tells it that never thought of bad input."""
        on = self.switches.on
        if refusal.word == "malformed" and (on("portal.errors.stack_trace") or on("portal.errors.framework")):
            try:
                raise ValueError("Expecting value: line 1 column 1 (char 0)") from refusal
            except ValueError as fault:
                return self._failed(fault)
        if on("portal.errors.internal_id"):
            told = f"{refusal.sentence} (table tenant_objects, pk=48213, shard db-eu-3.internal)"
            return Refusal(refusal.status, refusal.word, told, refusal.headers).response()
        return refusal.response()

    def _failed(self, fault: Exception) -> Response:
        if self.switches.on("portal.errors.stack_trace"):
            return as_text(500, "text/plain", "".join(traceback.format_exception(fault)))
        if self.switches.on("portal.errors.framework"):
            title = f"{type(fault).__name__} // Werkzeug Debugger"
            return as_text(500, "text/html", f"<title>{title}</title><h1>{title}</h1>")
        if isinstance(fault, RuntimeError) and "SQLSTATE" in str(fault):
            return as_json(500, {"error": "database", "message": str(fault)})
        return as_json(500, {"error": "internal", "message": "Something went wrong. It has been noted."})
