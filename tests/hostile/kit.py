"""A hostile case: what a server does, and what a verification makes of it.

The servers run in the test's process, the probes in a child of their own, whose memory is measured: what a
server sends must not become ours. A case is (behaviour, outcome); the outcome is a typed cause, ``cut`` for
an answer of which only the allowed part was read, or ``untrusted`` for a certificate.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.message

from tests.evidence.loopback import Answer, Handler, listening, name_server, reply

DOMAIN = "acme.example"
ADDRESS = "192.0.2.80"
"""What the test's resolver says of every name; the map says where that is."""
DEADLINE = 8.0
"""Seconds that a case may take; the probes' own time-outs are 1 s, and several of them may add up."""
MEMORY_MB = 150.0
"""Of the whole child, at its highest."""
GROWTH_MB = 40.0
"""By which one case may raise it."""
CHILD_SECONDS = 120.0

Serve = Callable[[AsyncExitStack], Awaitable[Mapping[str, Any]]]
"""Starts what a case needs; gives members of its specification (``connect``, ``resolver``)."""


@dataclass(frozen=True)
class Case:
    """``probe``: as the child reads it (tests/hostile/child.py). ``outcome``: what must come of it."""

    group: str
    behaviour: str
    outcome: str
    probe: Mapping[str, Any]
    serve: Serve | None = None

    @property
    def id(self) -> str:
        return f"{self.group}: {self.behaviour}"


@dataclass(frozen=True)
class Observed:
    """What the child saw. ``peak``: its highest memory until then, ``growth``: by how much this case
    raised it, both in MB."""

    outcome: str
    detail: str
    seconds: float
    peak: float
    growth: float


def http_case(
    behaviour: str,
    outcome: str,
    handler: Handler,
    *,
    context: ssl.SSLContext | None = None,
    path: str = "/page",
    group: str = "http",
    headers: Iterable[tuple[str, str]] = (),
) -> Case:
    """A request to a server that answers like that; over TLS with a context."""
    scheme, port = ("https", 443) if context is not None else ("http", 80)

    async def serve(stack: AsyncExitStack) -> Mapping[str, Any]:
        host, own = await stack.enter_async_context(listening(handler, context))
        return {"connect": {f"{ADDRESS}:{port}": f"{host}:{own}"}}

    probe = {"kind": "http", "url": f"{scheme}://{DOMAIN}{path}", "headers": list(headers)}
    return Case(group, behaviour, outcome, probe, serve)


def tls_case(
    behaviour: str,
    outcome: str,
    handler: Handler,
    *,
    context: ssl.SSLContext | None = None,
    weak: bool = False,
    host: str = DOMAIN,
) -> Case:
    """A handshake with a server that behaves like that."""

    async def serve(stack: AsyncExitStack) -> Mapping[str, Any]:
        address, own = await stack.enter_async_context(listening(handler, context))
        return {"connect": {f"{ADDRESS}:443": f"{address}:{own}"}}

    return Case("tls", behaviour, outcome, {"kind": "tls", "host": host, "weak": weak}, serve)


def dns_case(
    behaviour: str,
    outcome: str,
    udp: Answer,
    tcp: Answer | None = None,
    *,
    rdtype: str = "A",
    name: str = f"www.{DOMAIN}",
    server: str = "resolver",
) -> Case:
    """A question to a resolver that answers like that, or to an authoritative server (``server``)."""

    async def serve(stack: AsyncExitStack) -> Mapping[str, Any]:
        found = await stack.enter_async_context(name_server(udp, tcp))
        where = f"{found.endpoint[0]}:{found.endpoint[1]}"
        return {"resolver": where, "connect": {f"{server}:53": where}}

    return Case(
        "dns", behaviour, outcome, {"kind": "dns", "name": name, "rdtype": rdtype, "server": server}, serve
    )


def tcp_dns_case(behaviour: str, outcome: str, handler: Handler) -> Case:
    """A question over TCP alone, to a server that speaks like that."""

    async def serve(stack: AsyncExitStack) -> Mapping[str, Any]:
        host, port = await stack.enter_async_context(listening(handler))
        return {"resolver": f"{host}:{port}"}

    probe = {"kind": "dns", "name": DOMAIN, "rdtype": "TXT", "server": "resolver", "transport": "tcp"}
    return Case("dns", behaviour, outcome, probe, serve)


def every_name(query: dns.message.Message) -> dns.message.Message:
    """A resolver by which every name is at ADDRESS."""
    question = query.question[0]
    if question.rdtype != dns.rdatatype.A:
        return reply(query)
    return reply(query, f"{question.name} 60 A {ADDRESS}")


@asynccontextmanager
async def served(cases: Iterable[Case]) -> AsyncIterator[list[dict[str, Any]]]:
    """Every case's server, and the specifications for a child."""
    async with AsyncExitStack() as stack:
        plain = await stack.enter_async_context(name_server(every_name))
        specifications = []
        for case in cases:
            own = dict(await case.serve(stack)) if case.serve is not None else {}
            resolver = f"{plain.endpoint[0]}:{plain.endpoint[1]}"
            specifications.append(
                {
                    "id": case.id,
                    "resolver": resolver,
                    "connect": {},
                    **own,
                    "probe": case.probe,
                    "slow": case.outcome == "TIMEOUT",
                }
            )
        yield specifications


async def observe(cases: Iterable[Case]) -> dict[str, Observed]:
    """What a child of its own sees of each case, by the case's id."""
    async with served(cases) as specifications:
        root = Path(__file__).resolve().parents[2]
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.hostile.child",
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(CHILD_SECONDS):
                output, _ = await child.communicate(json.dumps(specifications).encode())
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        assert child.returncode == 0
    lines = (json.loads(line) for line in output.splitlines())
    return {line.pop("id"): Observed(**line) for line in lines}
