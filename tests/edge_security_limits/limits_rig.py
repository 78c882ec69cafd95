"""An edge with a client's limits and private hosts provisioned, and visitors from addresses of their own."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import httpx

from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.edge.api import Limits as ApiLimits
from launchready.edge.process import Edge, EdgeOptions, serve
from tests.bad_twins.provision import Api, provision

DOMAIN = "acme.example"
STAGING = f"staging.{DOMAIN}"
LOGIN = {"path": "/api/login", "requests": 5, "per": "10s"}
HOSTS: dict[str, Any] = {
    "@": {"address": "203.0.113.10"},
    "app": {"cname": "acme-app.host.example"},
    "staging": {
        "address": "203.0.113.11",
        "exposure": {"private": {"allow": ["127.0.0.1", "198.51.100.0/24"]}},
    },
}


def client_file(**more: Any) -> ClientFile:
    values = {"domain": DOMAIN, "hosts": HOSTS, "rate_limits": [LOGIN], "client": "acme"}
    return ClientFile.model_validate({**values, **more})


@dataclass
class Rig:
    edge: Edge
    api: Api
    zone: str

    async def ask(
        self,
        path: str = "/api/login",
        host: str = DOMAIN,
        *,
        source: str = "127.0.0.1",
        http2: bool = False,
        method: str = "GET",
        scheme: str = "https",
        headers: Mapping[str, str] | None = None,
        sni: str | None = None,
    ) -> httpx.Response:
        """One request over a connection of its own, from a loopback address; ``sni``: if not the host."""
        context = ssl.create_default_context(cafile=self.edge.document()["ca"])
        context.check_hostname = (
            False  # httpx compares with the URL's address; the SNI is checked by the edge
        )
        transport = httpx.AsyncHTTPTransport(
            verify=context, local_address=source, http1=not http2, http2=http2, trust_env=False
        )
        address = self.edge.https.https if scheme == "https" else self.edge.https.http
        async with httpx.AsyncClient(transport=transport, timeout=10.0) as client:
            return await client.request(
                method,
                f"{scheme}://{address}{path}",
                headers={"host": host, **(headers or {})},
                extensions={"sni_hostname": sni or host},
            )

    async def statuses(self, times: int, path: str = "/api/login", **how: Any) -> list[int]:
        return [(await self.ask(path, **how)).status_code for _ in range(times)]

    async def control(self, method: str, path: str, body: object = None) -> Any:
        document = self.edge.document()
        headers = {"authorization": f"Bearer {document['token']}"}
        async with httpx.AsyncClient(timeout=10.0, trust_env=False) as client:
            url = f"{document['control']}/{path}"
            answer = await client.request(method, url, json=body, headers=headers)
        return {**answer.json(), "status": answer.status_code}

    async def advance(self, seconds: float) -> None:
        assert (await self.control("POST", "clock", {"advance": seconds}))["status"] == 200

    async def rules(self, phase: str, *rules: dict[str, Any]) -> None:
        await self.api.phase_rules(self.zone, phase, list(rules))

    def pages(self, target: str, pages: Mapping[str, Mapping[str, Any]]) -> None:
        self.edge.https.origins.set_pages(target, pages)


@asynccontextmanager
async def running(directory: Path, client: ClientFile, origin: str | None = None) -> AsyncIterator[Rig]:
    """``origin``: the URL of an application behind every host."""
    async with AsyncExitStack() as stack:
        limits = ApiLimits(requests=0, per_second=0)
        options = EdgeOptions(
            dir=directory / "edge", plan=client.plan.value, limits=limits, origin_url=origin
        )
        edge = await serve(options)
        stack.push_async_callback(edge.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        api = Api(edge.document(), session)
        yield Rig(edge, api, await provision(api, declare(client)))
