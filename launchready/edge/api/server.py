"""The HTTP front of the API: authentication, rate limits, bodies, dispatch, the envelope.

It is a low-level aiohttp handler, so that a simple call costs little; ``process.py`` puts it and the
control API behind one listener.
"""

from __future__ import annotations

import asyncio
import hmac
import inspect
import json
import re
import secrets
from typing import Any

from aiohttp import web

from launchready.edge.api import catalogue
from launchready.edge.api.envelope import RefusalError, error, refuse
from launchready.edge.api.limits import Limiter, Limits
from launchready.edge.api.registrar import refresh
from launchready.edge.api.router import Call, timestamp
from launchready.edge.state import EdgeState
from launchready.edge.workers import WorkerRuntime

PREFIX = "/client/v4"
MAX_BODY = 64 * 1024 * 1024
"""Bytes of the largest request body taken: a zone file or a batch of thousands of records."""
BODY_SECONDS = 60.0
_BEARER = re.compile(r"Bearer\s+[A-Za-z0-9_\-]{40,80}")
_JSON = {"Content-Type": "application/json; charset=UTF-8"}


def request_factory(
    message: Any, payload: Any, protocol: Any, writer: Any, task: asyncio.Task[None]
) -> web.BaseRequest:
    """aiohttp's request with our limit on bodies."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY)


class CloudflareApi:
    """Serves ``/client/v4``. Call ``handle`` for each request under that prefix."""

    def __init__(
        self, state: EdgeState, limits: Limits | None = None, workers: WorkerRuntime | None = None
    ) -> None:
        self.state = state
        self.workers = workers
        self.limiter = Limiter(limits or Limits(), state.clock)
        self._router = catalogue.ROUTES
        state.account.setdefault("created_on", timestamp(state))

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """One call, from headers to envelope; never raises for what a client sent."""
        headers = dict(_JSON)
        try:
            self._authenticate(request, headers)
            path = request.path[len(PREFIX) :]
            handler, params = self._router.find(request.method, path)
            self._check_account(params)
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read_body(request)
            call = Call(self.state, request.method, path, request.query, body, params, self.workers)
            answered = handler(call)
            reply = await answered if inspect.isawaitable(answered) else answered
            if request.method not in ("GET", "HEAD"):
                self._settle_soon()
        except TimeoutError:
            late = refuse(408, 6009, f"The request body did not arrive within {BODY_SECONDS:.0f} seconds")
            return web.Response(body=late.body(), status=late.status, headers=headers)
        except ConnectionError:  # the client hung up half-way: nobody will read this
            return web.Response(status=400)
        except RefusalError as refusal:
            headers.update(refusal.headers)
            return web.Response(body=refusal.body(), status=refusal.status, headers=headers)
        if reply.raw is not None:
            headers["Content-Type"] = "text/plain; charset=UTF-8"
        if reply.bare:
            del headers["Content-Type"]
            return web.Response(status=204, headers=headers)
        headers["cf-ray"] = f"{secrets.token_hex(8)}-EDGE"
        return web.Response(body=reply.body(), status=reply.status, headers=headers)

    def _settle_soon(self) -> None:
        """Tells who watches, and lets the registrar follow at the next turn of the loop."""
        self.state.changed()
        if any(zone.extra.get("unsettled") for zone in self.state.zones.values()):
            asyncio.get_running_loop().call_soon(self._settle)

    def _settle(self) -> None:
        moved = False
        for zone in list(self.state.zones.values()):
            if zone.extra.pop("unsettled", False):
                moved = refresh(self.state, zone) or moved
        if moved:
            self.state.changed()

    def _authenticate(self, request: web.BaseRequest, headers: dict[str, str]) -> None:
        """A bearer token of the right form, within its limits, and the right one."""
        given = request.headers.get("Authorization")
        verdict = self.limiter.admit(given or "", request.remote or "")
        headers.update(verdict.headers)
        if not verdict.allowed:
            raise RefusalError(
                429,
                error(10429, "More than the allowed number of requests: please wait and try again."),
                headers=verdict.headers,
            )
        if given is None:
            raise refuse(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")
        if not _BEARER.fullmatch(given):
            chain = [error(6111, "Invalid format for Authorization header")]
            raise refuse(400, 6003, "Invalid request headers", error_chain=chain)
        if not hmac.compare_digest(given.split()[1], self.state.token):
            if request.path.endswith("/tokens/verify"):
                raise refuse(401, 1000, "Invalid API Token")
            raise refuse(403, 10000, "Authentication error")

    def _check_account(self, params: dict[str, str]) -> None:
        account = params.get("account_id")
        if account is not None and account != self.state.account_id:
            raise refuse(403, 9109, "Unauthorized to access requested resource")


async def _read_body(request: web.BaseRequest) -> Any:
    """The body as JSON or form fields; None where there is none."""
    if not request.can_read_body:
        return None
    kind = request.content_type
    try:
        if kind == "multipart/form-data":
            return await _form(request)
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge as exc:
        raise refuse(413, 6008, f"Request body is larger than {MAX_BODY} bytes") from exc
    except ValueError as exc:
        raise refuse(400, 6007, "Malformed form in request body") from exc
    if not raw:
        return None
    if "Content-Type" in request.headers and kind != "application/json":
        chain = [
            error(6105, "Invalid Content-Type header, valid values are application/json,multipart/form-data")
        ]
        raise refuse(400, 6003, "Invalid request headers", error_chain=chain)
    try:
        body = json.loads(raw, parse_constant=_no_constant)
        if b"\\ud" in raw.lower():  # half a surrogate pair is no text, and could not be answered with
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as exc:
        raise refuse(400, 6007, "Malformed JSON in request body") from exc
    return body


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


async def _form(request: web.BaseRequest) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            fields[name] = value.file.read().decode(errors="replace")
        elif isinstance(value, (bytes, bytearray)):
            fields[name] = bytes(value).decode(errors="replace")
        else:
            fields[name] = value
    return fields
