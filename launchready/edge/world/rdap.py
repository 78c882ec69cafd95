"""RDAP on loopback: what the registry tells about a domain, as RFC 9083 JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from launchready.edge.dns.names import labels_of
from launchready.edge.state import EdgeState, Registration
from launchready.edge.world.defects import as_recorded
from launchready.edge.world.registrar import registration
from launchready.errors import EdgeError

CONTENT_TYPE: Final = "application/rdap+json"
_CONFORMANCE: Final = ["rdap_level_0"]


class Rdap:
    """``GET /domain/{name}`` and ``GET /dns.json`` (a bootstrap file as RFC 9224 has it)."""

    def __init__(self, state: EdgeState) -> None:
        self._state = state
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self, host: str) -> None:
        """Listen on a free port of *host*; ``url`` is then the base URL, without a last slash."""
        app = web.Application(client_max_size=1)
        app.router.add_get("/domain/{name}", self._domain)
        app.router.add_get("/", self._bootstrap)
        app.router.add_get("/dns.json", self._bootstrap)
        app.router.add_get("/{tail:.*}", self._unknown)
        self._runner, port = await serve_app(app, host)
        self.url = f"http://{host}:{port}"

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _domain(self, request: web.Request) -> web.Response:
        try:
            labels_of(request.match_info["name"])
        except ValueError:
            return _error(400, "Bad Request", "That is not a domain name.")
        name = request.match_info["name"].lower().rstrip(".")
        if self._state.defect("world.no_rdap", name) is not None:
            return _error(503, "Service Unavailable", "The service is down.")
        entry = registration(self._state, name)
        if entry is None:
            return _error(404, "Not Found", f"{name} is not registered.")
        document = domain_document(as_recorded(self._state, entry), self.url, self._state.clock.now())
        return web.json_response(document, content_type=CONTENT_TYPE)

    async def _bootstrap(self, request: web.Request) -> web.Response:
        names = {*self._state.registry, *(zone.name for zone in self._state.zones.values())}
        names -= {name for name in names if self._state.defect("world.rdap_unlisted", name) is not None}
        suffixes = sorted({name.partition(".")[2] or name for name in names})
        document = {
            "version": "1.0",
            "publication": _date(self._state.clock.now()),
            "description": "RDAP bootstrap of the local edge",
            "services": [[suffixes, [f"{self.url}/"]]],
        }
        return web.json_response(document)

    async def _unknown(self, request: web.Request) -> web.Response:
        return _error(404, "Not Found", "Only /domain/{name} is served.")


def domain_document(entry: Registration, base: str, now: datetime) -> dict[str, Any]:
    """The domain object (RFC 9083 §5.3) of a registration."""
    return {
        "rdapConformance": _CONFORMANCE,
        "objectClassName": "domain",
        "handle": f"{entry.domain.upper()}-EDGE",
        "ldhName": entry.domain,
        "status": list(entry.statuses),
        "events": [
            {"eventAction": "registration", "eventDate": _date(entry.created)},
            {"eventAction": "expiration", "eventDate": _date(entry.expires)},
            {"eventAction": "last changed", "eventDate": _date(entry.created)},
            {"eventAction": "last update of RDAP database", "eventDate": _date(now)},
        ],
        "nameservers": [_nameserver(entry, name) for name in entry.nameservers],
        "secureDNS": _secure_dns(entry),
        "entities": [_registrar(entry)],
        "links": [{"rel": "self", "type": CONTENT_TYPE, "href": f"{base}/domain/{entry.domain}"}],
    }


def _nameserver(entry: Registration, name: str) -> dict[str, Any]:
    host = name.lower().rstrip(".")
    shown: dict[str, Any] = {"objectClassName": "nameserver", "ldhName": host}
    glue = entry.glue.get(host)
    if glue:
        kinds = {"v4": [a for a in glue if ":" not in a], "v6": [a for a in glue if ":" in a]}
        shown["ipAddresses"] = {kind: addresses for kind, addresses in kinds.items() if addresses}
    return shown


def _secure_dns(entry: Registration) -> dict[str, Any]:
    data = []
    for text in entry.ds:
        tag, algorithm, digest_type, digest = text.split(None, 3)
        data.append(
            {
                "keyTag": int(tag),
                "algorithm": int(algorithm),
                "digestType": int(digest_type),
                "digest": "".join(digest.split()).upper(),
            }
        )
    return {"delegationSigned": bool(data), **({"dsData": data} if data else {})}


def _registrar(entry: Registration) -> dict[str, Any]:
    card = [["version", {}, "text", "4.0"], ["fn", {}, "text", entry.registrar]]
    return {"objectClassName": "entity", "roles": ["registrar"], "vcardArray": ["vcard", card]}


def _date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _error(code: int, title: str, description: str) -> web.Response:
    document = {
        "rdapConformance": _CONFORMANCE,
        "errorCode": code,
        "title": title,
        "description": [description],
    }
    return web.json_response(document, status=code, content_type=CONTENT_TYPE)


async def serve_app(app: web.Application, host: str) -> tuple[web.AppRunner, int]:
    """Serve an aiohttp application on a free port; the runner to clean up, and the port.

    :raises EdgeError: when *host* can't be listened on.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, 0)
        await site.start()
    except OSError as error:
        await runner.cleanup()
        raise EdgeError(f"the world can't listen on {host}: {error.strerror}") from None
    addresses = runner.addresses
    return runner, int(addresses[0][1])
