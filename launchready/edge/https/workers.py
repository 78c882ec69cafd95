"""Requests that a Worker answers: the route's script, run, in place of cache and origin.

A script that fails is answered as Cloudflare answers it: 1101 when it threw, 1102 when it exceeded its
time or memory (developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors).
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from launchready.edge.api.workers import runnable, scripts
from launchready.edge.https import pages
from launchready.edge.https.exchange import Exchange
from launchready.edge.https.messages import Headers, Response, end_to_end, url_safe
from launchready.edge.https.upstream import forwarded
from launchready.edge.workers import NoRuntimeError, WorkerError, WorkerRequest, WorkerRuntime
from launchready.edge.workers.routes import ROUTES, script_for
from launchready.errors import EdgeError

log = logging.getLogger(__name__)

NO_RUNTIME = "no-javascript-runtime"
"""Value of the header ``x-launchready-edge`` on answers of an edge that can't run Workers."""
_BODILESS = frozenset({101, 204, 205, 304})


async def from_worker(exchange: Exchange, runtime: WorkerRuntime) -> Response | None:
    """The answer of the script whose route matches; None when no route does."""
    request, zone = exchange.request, exchange.zone
    if not zone.extra.get(ROUTES):
        return None
    path = urlsplit(url_safe(request.target)).path or "/"
    name = script_for(zone, request.scheme, request.host, path)
    stored = scripts(exchange.state).get(name) if name is not None else None
    if stored is None:
        return None
    body = bytearray()
    if request.body is not None:
        async for part in request.body:
            body += part
            if len(body) > runtime.limits.body:
                return pages.too_large()
    given = WorkerRequest(
        request.method,
        f"{request.scheme}://{request.host}{url_safe(request.target)}",
        _headers(exchange),
        bytes(body) if request.body is not None else None,
    )
    try:
        answer = await runtime.run(runnable(stored), given)
    except NoRuntimeError as error:
        return _unable(error.what)
    except WorkerError as error:
        log.warning("the Worker %s failed: %s", name, error.what)
        code = 1102 if error.kind in ("time", "memory") else 1101
        return pages.error(request, 503 if code == 1102 else 500, code, error.what)
    except EdgeError as error:
        return _unable(error.what)
    kept = [pair for pair in end_to_end(answer.headers) if pair[0] not in ("content-length", "server")]
    bodiless = request.method == "HEAD" or answer.status in _BODILESS
    return Response(answer.status, kept, b"" if bodiless else answer.body)


def _headers(exchange: Exchange) -> Headers:
    """What a Worker sees: the visitor's headers and those that the edge adds for an origin."""
    return [pair for pair in forwarded(exchange.request, 1) if pair[0] not in ("cdn-loop", "content-length")]


def _unable(why: str) -> Response:
    """503 with the reason: a rehearsal on this machine can't show what the Worker would answer."""
    headers = [
        ("content-type", "text/plain; charset=UTF-8"),
        ("cache-control", "no-store"),
        ("x-launchready-edge", NO_RUNTIME),
    ]
    return Response(503, headers, f"{why}\n".encode())
