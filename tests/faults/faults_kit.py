"""What the fault tests share: a whole edge in this process, its control API, and counting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from launchready.edge.api import Limits
from launchready.edge.process import Edge, EdgeOptions, serve


class Control:
    """The edge's API and control API, as a test calls them."""

    def __init__(self, edge: Edge, session: aiohttp.ClientSession) -> None:
        self.edge = edge
        self.session = session
        self.document = edge.document()

    async def faults(self, method: str = "GET", body: Any = None) -> dict[str, Any]:
        url = f"{self.document['control']}/faults"
        async with self.session.request(method, url, json=body, headers=self._headers()) as answer:
            found: dict[str, Any] = await answer.json()
            return {"status": answer.status, **found}

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Mapping[str, str], Any]:
        """(status, headers, document). Raises what aiohttp raises."""
        url = self.document["api"] + path
        async with self.session.request(method, url, json=body, headers=self._headers()) as answer:
            return answer.status, answer.headers, await answer.json()

    async def zone(self, name: str = "acme.example") -> str:
        body = {"name": name, "account": {"id": self.document["account"]}, "type": "full"}
        return str((await self.call("POST", "/zones", body))[2]["result"]["id"])

    def records(self, name: str = "acme.example") -> list[tuple[str, str, str]]:
        zone = self.edge.state.zone_for(name)
        found = [] if zone is None else list(zone.records.values())
        return sorted((str(r["name"]), str(r["type"]), str(r.get("content"))) for r in found)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.document['token']}"}


@asynccontextmanager
async def faulty_edge(directory: Path, plan: str = "pro") -> AsyncIterator[Control]:
    """An edge without limits of its own."""
    edge = await serve(EdgeOptions(dir=directory, plan=plan, limits=Limits(0, 0, 0)))
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
            yield Control(edge, session)
    finally:
        await edge.close()
