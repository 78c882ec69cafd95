"""The control API under ``/_edge``: the rehearsal's clock, defects, registrar, origins, and stop.

Loopback only, with the edge's token as bearer. Shapes: docs/architecture.md, "The edge document".
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from aiohttp import web

from launchready.edge.dns.defects import KINDS as DNS_DEFECTS
from launchready.edge.faults import FaultDesk
from launchready.edge.https.defects import HTTP as HTTP_DEFECTS
from launchready.edge.https.defects import TLS as TLS_DEFECTS
from launchready.edge.monitoring.defects import KINDS as MONITOR_DEFECTS
from launchready.edge.portal import KINDS as PORTAL_DEFECTS
from launchready.edge.state import Defect, EdgeState, Json, Registration
from launchready.edge.world import registrar
from launchready.edge.world.defects import KINDS as WORLD_DEFECTS
from launchready.errors import InputError

PREFIX = "/_edge"
BODY_SECONDS = 30.0
MAX_VISITORS = 1_000
DEFECTS: frozenset[str] = frozenset(
    {*DNS_DEFECTS, *TLS_DEFECTS, *HTTP_DEFECTS, *MONITOR_DEFECTS, *PORTAL_DEFECTS, *WORLD_DEFECTS}
)
"""Every defect that some part of the edge knows how to serve."""


class Origins(Protocol):
    """What plain origins serve."""

    def set_pages(self, target: str, pages: Mapping[str, Json]) -> None: ...


class ControlApi:
    """Serves ``/_edge``. ``document`` gives the current edge document, ``stop`` begins the end."""

    def __init__(
        self,
        state: EdgeState,
        *,
        document: Callable[[], Json],
        origins: Origins,
        portal: Callable[[Json], Json],
        stop: Callable[[], None],
        advance: Callable[[float], Awaitable[None]] | None = None,
        owners: Callable[[bool], None] | None = None,
        faults: FaultDesk | None = None,
    ) -> None:
        self.state = state
        self._document = document
        self._origins = origins
        self._portal = portal
        self._stop = stop
        self._advance_time = advance or _at_once(state)
        self._owners = owners or (lambda confirm: setattr(state, "owners_confirm", confirm))
        self._faults = faults or FaultDesk()
        self._routes: dict[tuple[str, str], Callable[[Any, str], Json | Awaitable[Json]]] = {
            ("GET", "edge.json"): lambda _body, _name: self._document(),
            ("GET", "clock"): lambda _body, _name: self._clock(),
            ("POST", "clock"): self._advance,
            ("GET", "defects"): lambda _body, _name: self._list_defects(),
            ("POST", "defects"): self._add_defect,
            ("DELETE", "defects"): self._drop_defects,
            ("GET", "visitors"): lambda _body, _name: self._show_visitors(),
            ("POST", "visitors"): self._name_visitors,
            ("DELETE", "visitors"): self._forget_visitors,
            ("GET", "registrar"): self._show_registration,
            ("POST", "registrar"): self._change_registration,
            ("POST", "origin"): self._set_pages,
            ("POST", "portal"): lambda body, _name: self._portal(_object(body)),
            ("GET", "owners"): lambda _body, _name: {"confirm": self.state.owners_confirm},
            ("POST", "owners"): self._set_owners,
            ("GET", "faults"): lambda _body, _name: self._faults.show(),
            ("POST", "faults"): lambda body, _name: self._faults.put(body),
            ("DELETE", "faults"): lambda _body, _name: self._faults.drop(),
            ("POST", "stop"): self._begin_stop,
        }

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """One call; answers JSON, with ``{"error": …}`` for a refusal."""
        try:
            self._admit(request)
            area, _, name = request.path[len(PREFIX) :].strip("/").partition("/")
            route = self._routes.get((request.method, area))
            if route is None:
                return _answer({"error": f"no {request.method} {request.path} here"}, 404)
            found = route(await _body(request), name)
            return _answer(await found if isinstance(found, Awaitable) else found, 200)
        except PermissionError as exc:
            return _answer({"error": str(exc)}, 401)
        except (TimeoutError, ConnectionError):
            return _answer({"error": "the body did not arrive"}, 408)
        except InputError as exc:
            return _answer({"error": exc.what, "fix": exc.fix}, 400)

    def _admit(self, request: web.BaseRequest) -> None:
        remote = request.remote or ""
        if not remote or not ipaddress.ip_address(remote).is_loopback:
            raise PermissionError("the control API is for loopback only")
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.state.token}".encode()):
            raise PermissionError("the edge's token is needed: Authorization: Bearer …")

    # --- clock ------------------------------------------------------------------------------

    def _clock(self) -> Json:
        return {"now": self.state.clock.now().isoformat(), "offset": self.state.clock.offset}

    async def _advance(self, body: Any, _name: str) -> Json:
        """Move the clock on: what falls into that time (probes, alarms, messages) has happened afterwards."""
        seconds = _object(body).get("advance")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= 1e9:
            raise InputError('clock: {"advance": seconds}, 0 or more (time does not run backwards)')
        await self._advance_time(float(seconds))
        self.state.changed()
        return self._clock()

    def _set_owners(self, body: Any, _name: str) -> Json:
        confirm = _object(body).get("confirm")
        if not isinstance(confirm, bool):
            raise InputError('owners: {"confirm": true or false}: whether they confirm their subscriptions')
        self._owners(confirm)
        return {"confirm": confirm}

    # --- defects ----------------------------------------------------------------------------

    def _list_defects(self) -> Json:
        return {"defects": [_shown(defect) for defect in self.state.defects], "kinds": sorted(DEFECTS)}

    def _add_defect(self, body: Any, _name: str) -> Json:
        given = _object(body)
        kind, where, options = given.get("kind"), given.get("where", "*"), given.get("options", {})
        if kind not in DEFECTS:
            raise InputError(f"defect: there is no kind {kind!r}", fix=f"one of {', '.join(sorted(DEFECTS))}")
        if not isinstance(where, str) or not where or not isinstance(options, dict):
            raise InputError('defect: {"kind": text, "where": text, "options": {…}}')
        defect = Defect(str(kind), where, options)
        self.state.defects.append(defect)
        self.state.changed()
        return _shown(defect)

    def _drop_defects(self, body: Any, name: str) -> Json:
        """All, or those of ``kind``, ``where`` and ``options`` (in the body, or the kind in the path)."""
        given = _object(body) if body is not None else {}
        kind, where, options = given.get("kind") or name or None, given.get("where"), given.get("options")
        kept = [
            d
            for d in self.state.defects
            if kind not in (None, d.kind) or where not in (None, d.where) or options not in (None, d.options)
        ]
        dropped = len(self.state.defects) - len(kept)
        self.state.defects[:] = kept
        self.state.changed()
        return {"dropped": dropped}

    # --- visitors ---------------------------------------------------------------------------

    def _show_visitors(self) -> Json:
        return {"visitors": {str(client): str(public) for client, public in self.state.visitors.items()}}

    def _name_visitors(self, body: Any, _name: str) -> Json:
        """Loopback addresses that stand for public ones from now on, beside those that do already."""
        named = {_address(client): _address(public) for client, public in _object(body).items()}
        for client in named:
            if not client.is_loopback:
                raise InputError(f"visitors: {client} is no loopback address, so nobody comes from there")
        if len(self.state.visitors | named) > MAX_VISITORS:
            raise InputError(f"visitors: {MAX_VISITORS} at most")
        self.state.visitors |= named
        return self._show_visitors()

    def _forget_visitors(self, _body: Any, name: str) -> Json:
        """All, or the one in the path: it comes from its own address again."""
        if name:
            self.state.visitors.pop(_address(name), None)
        else:
            self.state.visitors.clear()
        return self._show_visitors()

    # --- registrar --------------------------------------------------------------------------

    def _show_registration(self, _body: Any, domain: str) -> Json:
        entry = registrar.registration(self.state, domain.lower().rstrip("."))
        if entry is None:
            raise InputError(f"{domain} is not registered")
        return _registration(entry)

    def _change_registration(self, body: Any, domain: str) -> Json:
        """Name servers, DS and glue by hand; ``{"follow": true}`` gives them back to the API."""
        given = _object(body)
        known = {"nameservers", "ds", "glue", "follow"}
        if not domain or not given or set(given) - known:
            raise InputError(f"registrar/DOMAIN takes {', '.join(sorted(known))}")
        names, ds, glue = given.get("nameservers"), given.get("ds"), given.get("glue")
        for key, value in (("nameservers", names), ("ds", ds)):
            if value is not None and not _texts(value):
                raise InputError(f"registrar: {key} is a list of texts")
        if glue is not None and not (isinstance(glue, dict) and all(_texts(a) for a in glue.values())):
            raise InputError("registrar: glue maps host names to lists of addresses")
        if given.get("follow") is True:
            registrar.follow(self.state, domain)
        if names is not None or glue is not None:
            held = registrar.registration(self.state, domain.lower().rstrip("."))
            current = held.nameservers if held is not None else []
            registrar.set_ns(self.state, domain, names if names is not None else current, glue)
        if ds is not None:
            registrar.set_ds(self.state, domain, ds)
        return self._show_registration(None, domain)

    # --- origins and stop -------------------------------------------------------------------

    def _set_pages(self, body: Any, target: str) -> Json:
        pages = _object(body).get("pages")
        if not target or not isinstance(pages, dict):
            raise InputError('origin/TARGET: {"pages": {"/": {"status": 200, "headers": {}, "body": ""}}}')
        self._origins.set_pages(target, pages)
        self.state.changed()
        return {"target": target, "pages": sorted(pages)}

    def _begin_stop(self, _body: Any, _name: str) -> Json:
        self._stop()
        return {"stopping": True}


def _at_once(state: EdgeState) -> Callable[[float], Awaitable[None]]:
    async def advance(seconds: float) -> None:
        state.clock.advance(seconds)

    return advance


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _address(text: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text if isinstance(text, str) else "")
    except ValueError:
        raise InputError(f"visitors: {text!r} is no address", fix='{"127.0.0.9": "198.51.100.7"}') from None


def _object(body: Any) -> Json:
    if not isinstance(body, dict):
        raise InputError("a JSON object is needed")
    return body


async def _body(request: web.BaseRequest) -> Any:
    async with asyncio.timeout(BODY_SECONDS):
        raw = await request.read()
    try:
        return json.loads(raw) if raw else None
    except ValueError as exc:
        raise InputError(f"the body is not JSON: {exc}") from exc


def _answer(value: Json, status: int) -> web.Response:
    return web.Response(body=json.dumps(value).encode(), status=status, content_type="application/json")


def _shown(defect: Defect) -> Json:
    return {"kind": defect.kind, "where": defect.where, "options": defect.options}


def _registration(entry: Registration) -> Json:
    return {
        "domain": entry.domain,
        "nameservers": entry.nameservers,
        "ds": entry.ds,
        "glue": entry.glue,
        "manual": sorted(entry.manual),
        "registrar": entry.registrar,
        "expires": entry.expires.isoformat(),
    }


Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
