"""Faults of the Cloudflare API, at the level of HTTP: what the client meets instead of the answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from launchready.edge.faults.desk import Arrival, FaultDesk
from launchready.edge.faults.plan import CLOUDFLARE, Fault

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
log = logging.getLogger(__name__)
_HEADERS = {"Content-Type": "application/json; charset=UTF-8"}
_LOOK_SECONDS = 0.02


async def serve(desk: FaultDesk, request: web.BaseRequest, prefix: str, handle: Handle) -> web.StreamResponse:
    """One call, with the fault that the plan has for it."""
    if desk.plan is None:
        return await handle(request)
    arrival = desk.arrive(CLOUDFLARE, request.method, request.path.removeprefix(prefix))
    fault = arrival.fault
    if fault is None:
        return await handle(request)
    _log(arrival, fault)
    if fault.kind == "slow":
        await asyncio.sleep(fault.options.seconds)
        return await handle(request)
    answer = await handle(request) if fault.after else None
    return await _instead(desk, request, fault, answer)


async def _instead(
    desk: FaultDesk, request: web.BaseRequest, fault: Fault, answer: web.StreamResponse | None
) -> web.StreamResponse:
    kind, options = fault.kind, fault.options
    if kind.startswith("429"):
        more = {"Retry-After": str(options.retry_after)} if kind == "429_retry_after" else {}
        return _refused(429, 10429, "More than the allowed number of requests: please wait.", more)
    if kind.startswith("5xx"):
        return _refused(options.status, 10000, "Internal error: please try again.", {})
    if kind.startswith("kill"):
        desk.kill(fault)
    if kind == "truncated" and isinstance(answer, web.Response):
        return await _half(request, answer)
    if kind.startswith("timeout"):
        await _hold(request, options.hold)
    reset(request.transport)
    return web.Response(status=503)  # nobody is there to read it


def _refused(status: int, code: int, message: str, headers: dict[str, str]) -> web.Response:
    errors = [{"code": code, "message": message}]
    body = {"result": None, "success": False, "errors": errors, "messages": []}
    return web.Response(body=json.dumps(body).encode(), status=status, headers={**_HEADERS, **headers})


async def _half(request: web.BaseRequest, answer: web.Response) -> web.StreamResponse:
    """The head of an answer with half of its body."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    cut = web.StreamResponse(status=answer.status, headers=_HEADERS)
    cut.content_length = len(body) + 1
    with contextlib.suppress(ConnectionError):
        await cut.prepare(request)
        await cut.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()  # what was written still goes out
    return cut


async def _hold(request: web.BaseRequest, seconds: float) -> None:
    """Say nothing, until the client hangs up or ``seconds`` are over."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end and not (request.transport is None or request.transport.is_closing()):  # noqa: ASYNC110
        await asyncio.sleep(_LOOK_SECONDS)  # a transport tells nobody that it closes


def reset(transport: Any) -> None:
    """Hang up with a reset instead of an end."""
    if transport is None:
        return
    held = transport.get_extra_info("socket")
    if held is not None:
        with contextlib.suppress(OSError):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _log(arrival: Arrival, fault: Fault) -> None:
    log.info("fault %s at call %d: %s %s", fault.kind, arrival.number, arrival.method, arrival.path)
