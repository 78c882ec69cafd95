"""A front on loopback, over an EdgeState that is built by hand as the API would leave it."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web

from launchready.edge.ca import CertificateAuthority
from launchready.edge.https.server import Https
from launchready.edge.state import EdgeState, Zone

ZONE = "acme.example"


def add_record(zone: Zone, name: str, kind: str, content: str, *, proxied: bool = True) -> dict[str, Any]:
    record = {"id": secrets.token_hex(16), "name": name, "type": kind, "content": content, "proxied": proxied}
    zone.put_record(record)
    return record


def put_setting(zone: Zone, name: str, value: Any) -> None:
    zone.settings[name] = {"id": name, "value": value, "editable": True}


def put_rules(zone: Zone, phase: str, *rules: dict[str, Any]) -> None:
    zone.rulesets[phase] = {"id": phase, "phase": phase, "kind": "zone", "rules": list(rules)}


def redirect(expression: str, target: dict[str, str], **value: Any) -> dict[str, Any]:
    return {
        "expression": expression,
        "action": "redirect",
        "action_parameters": {"from_value": {"target_url": target, **value}},
        "enabled": True,
    }


def build_zone(name: str = ZONE) -> Zone:
    zone = Zone(id=secrets.token_hex(16), name=name, info={"status": "active", "plan": {"legacy_id": "free"}})
    add_record(zone, name, "A", "203.0.113.10")
    add_record(zone, f"www.{name}", "AAAA", "100::")
    add_record(zone, f"app.{name}", "CNAME", "acme-app.host.example")
    add_record(zone, f"direct.{name}", "A", "203.0.113.20", proxied=False)
    add_record(zone, f"deep.er.{name}", "A", "203.0.113.10")
    add_record(zone, f"*.wild.{name}", "A", "203.0.113.30", proxied=False)
    put_setting(zone, "ssl", "strict")
    put_setting(zone, "min_tls_version", "1.2")
    put_setting(zone, "tls_1_3", "on")
    put_setting(zone, "always_use_https", "on")
    return zone


@dataclass(frozen=True)
class Handshake:
    version: str
    cipher: str
    alpn: str | None


@dataclass
class Front:
    """The started parts, and clients that find hosts through ``state.connect``."""

    state: EdgeState
    zone: Zone
    authority: CertificateAuthority
    https: Https
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def port(self, host: str, port: int = 443) -> int:
        self.https.refresh_connect()
        return int(self.state.connect[f"{host}:{port}"].rpartition(":")[2])

    def context(self, **changes: Any) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.authority.root_path))
        for name, value in changes.items():
            setattr(context, name, value)
        return context

    async def get(
        self, url: str, *, method: str = "GET", http2: bool = False, at: str | None = None, **more: Any
    ) -> httpx.Response:
        """Ask the listener that the edge document names for the URL's host (or for ``at``)."""
        target = httpx.URL(url)
        port = self.port(at or target.host, 443 if target.scheme == "https" else 80)
        client = httpx.AsyncClient(verify=self.context(), http1=not http2, http2=http2, timeout=10)
        self.clients.append(client)
        headers = {"host": target.host, **more.pop("headers", {})}
        moved = target.copy_with(host="127.0.0.1", port=port)
        return await client.request(
            method, moved, headers=headers, extensions={"sni_hostname": target.host}, **more
        )

    async def handshake(self, host: str | None, context: ssl.SSLContext, at: str = ZONE) -> Handshake:
        """Raises ssl.SSLError, OSError."""
        _, writer = await asyncio.open_connection(
            "127.0.0.1", self.port(at), ssl=context, server_hostname=host or ""
        )
        tls = writer.get_extra_info("ssl_object")
        result = Handshake(tls.version(), tls.cipher()[0], tls.selected_alpn_protocol())
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        return result


async def start_front(tmp_path: Path, https: Https | None = None) -> AsyncIterator[Front]:
    before = asyncio.all_tasks()
    state = EdgeState()
    zone = build_zone()
    state.zones[zone.id] = zone
    authority = CertificateAuthority(tmp_path)
    part = https or Https()
    await part.start("127.0.0.1", state, authority)
    made = Front(state, zone, authority, part)
    try:
        yield made
    finally:
        for client in made.clients:
            await client.aclose()
        await part.close()
        assert [task for task in asyncio.all_tasks() - before if _ours(task)] == []


def _ours(task: asyncio.Task[Any]) -> bool:
    """Made by the edge (and not by a test's own server)."""
    frame = getattr(task.get_coro(), "cr_frame", None)
    owner = frame.f_locals.get("self") if frame is not None else None
    return "launchready" in type(owner).__module__


@asynccontextmanager
async def application() -> AsyncIterator[str]:
    """A user's own application: tells what it was sent."""

    async def echo(request: web.Request) -> web.StreamResponse:
        body = b"".join([part async for part in request.content.iter_any()])
        if request.path == "/gzip":
            page = b'<a href="http://app.acme.example/x">x</a>'
            return web.Response(
                body=gzip.compress(page), headers={"content-type": "text/html", "content-encoding": "gzip"}
            )
        if request.path == "/stream":
            response = web.StreamResponse()
            await response.prepare(request)
            for _ in range(50):
                await response.write(b"x" * 20_000)
            return response
        if request.path == "/broken" and request.transport is not None:
            request.transport.close()
        return web.json_response(
            {
                "method": request.method,
                "target": request.raw_path,
                "headers": {key.lower(): value for key, value in request.headers.items()},
                "size": len(body),
                "digest": hashlib.sha256(body).hexdigest(),
            },
            headers={"connection": "keep-alive", "server": "theirs", "set-cookie": "a=1"},
        )

    runner = web.ServerRunner(web.Server(echo))  # type: ignore[arg-type]
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
